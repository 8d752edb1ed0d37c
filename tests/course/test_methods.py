"""Every method of Table 3 through its two steps, and what a cell says of it."""

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors
from torch.nn import Conv2d

from dshcourse.study import ablation
from dshcourse.study.ablation import network_cell
from dshcourse.study.conventions import METRICS
from dshcourse.study.methods import METHODS, N_UNSEEN, ONLY_BITS, method_cell, unseen_cell
from dshlib.data import CLASS_NAMES
from dshlib.metrics import average_precision

LATE = "DSH, paper's network"  # it has learned nothing yet after a few epochs


def in_brief(make):
    """Make the same hasher; if it trains, then for few epochs, in small batches."""

    def made(n_bits, seed):
        hasher = make(n_bits, seed)
        for part in (hasher, getattr(hasher, "features", None)):
            if hasattr(part, "epochs"):
                part.set_params(epochs=6, batch_size=25)
        return hasher

    return made


class Watching:
    """A hasher that gives all images one code, and keeps what it was given."""

    def fit(self, images, labels):
        self.images, self.labels, self.encoded = images, set(labels), []
        return self

    def encode(self, images):
        self.encoded.append(images)
        return np.ones((len(images), 4), dtype=bool)


@pytest.mark.parametrize("method", [name for name in METHODS if name != LATE])
def test_every_method_beats_chance_and_says_what_it_costs(method, first_images, monkeypatch):
    monkeypatch.setitem(METHODS, method, in_brief(METHODS[method]))
    check_method(method, first_images(300))


@pytest.mark.slow
def test_the_papers_network_does_so_too_when_it_is_trained_for_long(first_images):
    check_method(LATE, first_images(300))


def check_method(method, small):
    n_bits = ONLY_BITS.get(method, 12)
    sets = small.database, small.database, small.queries
    cell = method_cell(*sets, method=method, n_bits=n_bits, seed=0)
    wanted = set(METRICS) - (set() if n_bits else {"eleven"})
    assert set(cell["metrics"]) == wanted
    assert cell["metrics"]["min"] > 0.15  # ten classes: chance is about 0.03
    assert cell["train_seconds"] > 0 and cell["encode_us"] > 0 and cell["query_ms"] > 0
    vectors = {"exact, HOG": 144 * 4, "exact, CNN features": 1152 * 4}
    assert cell["bytes"] == vectors.get(method, -(-n_bits // 8))


def test_exact_search_finds_the_neighbours_of_scikit_learn(
    classroom, query_hog, database_hog, first_images
):
    sets = classroom.database, classroom.database, first_images(50).queries
    cell = method_cell(*sets, method="exact, HOG", n_bits=0, seed=0)
    index = NearestNeighbors(n_neighbors=10, algorithm="brute").fit(database_hog)
    ids = index.kneighbors(query_hog[:50], return_distance=False)
    hits = classroom.database.labels[ids] == classroom.queries.labels[:50, None]
    expected = average_precision(hits, 10, "min", 600).mean()
    assert cell["metrics"]["min"] == pytest.approx(expected, abs=1e-6)
    assert cell["bytes"] == database_hog[0].nbytes


def test_classes_that_are_searched_were_not_in_training(classroom, monkeypatch):
    hasher = Watching()
    monkeypatch.setitem(METHODS, "watching", lambda n_bits, seed: hasher)
    cells = [
        unseen_cell(classroom, method="watching", n_bits=4, seed=seed) | {"train": hasher.labels}
        for seed in range(3)
    ]
    for cell in cells:
        classes = {CLASS_NAMES[i] for i in cell["train"]}
        assert len(cell["hidden"]) == N_UNSEEN and len(classes) == 10 - N_UNSEEN
        assert not classes & set(cell["hidden"])
        assert cell["metrics"]["full"] == pytest.approx(1 / N_UNSEEN, abs=0.02)  # all codes equal
    assert len({tuple(cell["hidden"]) for cell in cells}) == 3


def test_variants_of_the_deep_network_differ_in_mirroring_shifts_sides_and_convolutions():
    made = {name: make(12, 0) for name, make in ablation.VARIANTS.items()}
    shares = {name: (dsh.mirrored, dsh.max_shift) for name, dsh in made.items() if dsh.mirrored < 1}
    assert shares == {
        "deep, never mirrored": (0, 0),
        "deep, unmirrored at the end": (0.4, 0),
        "deep, shifted, unmirrored at the end": (0.4, 1),
        "deep, doubled, shifted, unmirrored at the end": (0.4, 1),
    }
    assert [n for n, dsh in made.items() if dsh.both_sides] == ["deep, both sides"]
    networks = {name: dsh.network(4) for name, dsh in made.items() if callable(dsh.network)}
    doubled = [n for n, net in networks.items() if sum(isinstance(x, Conv2d) for x in net) == 6]
    assert doubled == ["deep, doubled, shifted, unmirrored at the end"]


def test_four_methods_end_without_mirroring_and_two_of_these_are_shifted_for_30_epochs():
    trained = {n: make(12, 0) for n, make in METHODS.items() if n.startswith(("DSH", "class"))}
    unmirrored = {
        name: (hasher.network, hasher.max_shift, hasher.epochs)
        for name, hasher in trained.items()
        if hasher.mirrored < 1
    }
    assert unmirrored == {
        "class code, wide, shifted, 30 epochs": ("wide", 1, 30),
        "DSH, unmirrored end": ("small", 0, 20),
        "DSH, wide network": ("wide", 0, 20),
        "DSH, wide, shifted, 30 epochs": ("wide", 1, 30),
    }


def test_the_class_code_is_measured_with_the_small_and_the_wide_network():
    networks = [make(4, 0).network for n, make in METHODS.items() if n.startswith("class code")]
    assert networks == ["small", "wide", "wide"]


@pytest.mark.slow
@pytest.mark.parametrize("network", ablation.VARIANTS)
def test_every_network_of_the_ablation_trains(network, first_images, monkeypatch):
    monkeypatch.setitem(ablation.VARIANTS, network, in_brief(ablation.VARIANTS[network]))
    cell = network_cell(first_images(300), network=network, n_bits=12, seed=0)
    assert cell["metrics"]["min"] > 0.15


def test_networks_are_chosen_by_images_that_were_not_in_training_and_are_no_queries(
    first_images, monkeypatch
):
    hasher, small = Watching(), first_images(600)
    monkeypatch.setitem(ablation.VARIANTS, "watching", lambda n_bits, seed: hasher)
    network_cell(small, network="watching", n_bits=4, seed=0)
    train, asked, database = (
        {image.tobytes() for image in images}
        for images in (hasher.images, hasher.encoded[0], small.database.images)
    )
    assert len(train) == 500 and len(asked) == 100
    assert train | asked == database and not train & asked
