"""Exact search for disturbed queries, against SciPy's distances of all pairs."""

import itertools

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from dshcourse.demos import Neighbours
from dshlib.data import CLASS_NAMES, Dataset, LabelledImages
from dshlib.features import hog

SCIPY = {"euclidean": "euclidean", "cosine": "cosine", "manhattan": "cityblock"}
VARIANTS = list(itertools.product((0, 2, 7, 19), range(6), (100, 80, 60, 40)))
WAYS = list(itertools.product(("pixels", "HOG"), SCIPY))


@pytest.fixture(scope="module")
def demo(classroom):
    return Neighbours(classroom)


@pytest.fixture(scope="module")
def vectors(classroom, database_hog, demo):
    """Database and disturbed queries as vectors, for each kind of features."""
    disturbed = np.stack([demo.image(*variant) for variant in VARIANTS])
    pixels = [images.reshape(-1, 784) for images in (classroom.database.images, disturbed)]
    return {"pixels": pixels, "HOG": (database_hog, hog(disturbed))}


def test_query_is_shifted_to_the_right_and_faded(classroom, demo):
    for query, by, percent in VARIANTS:
        padded = np.pad(classroom.queries.images[query], ((0, 0), (by, 0)))[:, :28]
        assert np.abs(demo.image(query, by, percent) - padded * (percent / 100)).max() < 1
    assert (demo.image(3, 0, 100) == classroom.queries.images[3]).all()


@pytest.mark.parametrize(("features", "metric"), WAYS)
def test_ten_nearest_are_those_of_all_pairs(demo, vectors, features, metric):
    X, Q = (np.asarray(array, dtype=float) for array in vectors[features])
    for variant, d in zip(VARIANTS, cdist(Q, X, SCIPY[metric]), strict=True):
        query, by, percent = variant
        ids = demo.nearest(query, features, metric, by, percent)
        expected = np.argsort(d, kind="stable")[:10]
        assert np.allclose(d[ids], d[expected], rtol=0, atol=1e-12), variant
        assert len(set(ids)) == 10
        if features == "pixels" and metric != "cosine":  # whole numbers, exact in both
            assert (ids == expected).all(), variant


@pytest.mark.parametrize(("features", "metric"), WAYS)
def test_of_equal_images_the_smaller_id_comes_first(classroom, features, metric):
    images, labels = classroom.database.images[:300], classroom.database.labels[:300]
    once = LabelledImages(images, labels)
    once = Neighbours(Dataset(once, classroom.queries, CLASS_NAMES, "once"))
    twice = LabelledImages(np.tile(images, (2, 1, 1)), np.tile(labels, 2))
    twice = Neighbours(Dataset(twice, classroom.queries, CLASS_NAMES, "twice"))
    for query in range(20):
        five = once.nearest(query, features, metric, by=1, percent=80)[:5]
        ten = twice.nearest(query, features, metric, by=1, percent=80)
        assert (ten == np.stack([five, five + 300], axis=1).ravel()).all()


def test_every_value_draws_its_own_picture_and_words(demo):
    default = {"features": "pixels", "metric": "euclidean", "percent": 60}
    shown = {}
    for name, (_, values, _) in demo.choices.items():
        for value in values:
            strip, alt = demo(**default | {name: value})
            shown[alt] = strip.page
    choices = demo.choices.values()
    n = sum(len(values) for _, values, _ in choices) - len(choices) + 1
    assert len(shown) == len(set(shown.values())) == n


def test_words_have_the_classes_that_were_found(classroom, demo):
    ids = demo.nearest(4, "pixels", "cosine", 3, 40)
    _, alt = demo(query=4, features="pixels", metric="cosine", by=3, percent=40)
    wanted, found = classroom.queries.labels[4], classroom.database.labels[ids]
    said = "query 4; pixels, cosine, shifted by 3 pixels, contrast 40 %"
    right = np.sum(found == wanted)
    assert alt.startswith(f"{CLASS_NAMES[wanted]}, {said}: {right} of 10 are right")
    told = alt.partition("In order: ")[2].rstrip(".").split(", ")
    assert told == [f"{CLASS_NAMES[c]} {'right' if c == wanted else 'wrong'}" for c in found]
