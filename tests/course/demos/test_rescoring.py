"""Rescoring: recall, scores and bytes of the demo of chapter 11, by full sorts and a library."""

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from dshcourse.demos.rescoring import BITS, Rescoring
from dshcourse.figures.base import as_svg
from dshlib.hashers.lsh import RandomProjection
from dshlib.metrics import average_precision
from dshlib.ranking import rank

CENTRINGS, ASKED, N = ("off", "on"), 200, 6000
SHORTLISTS = [10, 20, 50, 100, 200, 500, 1000, 2000, 6000]


@pytest.fixture(scope="module")
def demo(classroom, query_hog, database_hog):
    return Rescoring(classroom, query_hog, database_hog)


@pytest.fixture(scope="module")
def true_ten(query_hog, database_hog):
    search = NearestNeighbors(n_neighbors=10, algorithm="brute").fit(database_hog)
    return search.kneighbors(query_hog[:ASKED], return_distance=False)


def shortlist(k, centring, query_hog, database_hog):
    """All items, nearest code first: a coder of its own for each length, and `rank`."""
    coder = RandomProjection(k, center=centring == "on").fit(database_hog)
    return rank(coder.encode(query_hog[:ASKED]), coder.encode(database_hog), N)[0]


def nearest(query, items, ids):
    """The ten of ids that lie nearest to a query, one subtraction at a time."""
    ids = np.sort(ids)
    far = ((items[ids].astype(float) - query) ** 2).sum(axis=1)
    return ids[np.argsort(far, kind="stable")[:10]]


@pytest.mark.parametrize(("k", "centring"), list(itertools.product(BITS, CENTRINGS)))
def test_recall_and_score_are_those_of_ranking_and_sorting_anew(
    k, centring, demo, classroom, query_hog, database_hog, true_ten
):
    order = shortlist(k, centring, query_hog, database_hog)
    labels, asked = classroom.database.labels, classroom.queries.labels[:ASKED]
    recall, quality = demo.curves(k, centring)
    for place, c in enumerate(SHORTLISTS):
        found = [np.isin(*pair).mean() for pair in zip(true_ten, order[:, :c], strict=True)]
        assert recall[place] == pytest.approx(np.mean(found))
        if c in (10, 100, 2000):
            ten = [nearest(q, database_hog, ids[:c])
                   for q, ids in zip(query_hog, order, strict=False)]  # fmt: skip
            right = labels[np.array(ten)] == asked[:, None]
            scores = average_precision(right, 10, "min", n_relevant=10)
            assert quality[place] == pytest.approx(scores.mean())


def test_recall_rises_with_c_and_all_settings_end_at_exact_search(demo, classroom, true_ten):
    right = classroom.database.labels[true_ten] == classroom.queries.labels[:ASKED, None]
    exact = average_precision(right, 10, "min", n_relevant=10).mean()
    for k, centring in itertools.product(BITS, CENTRINGS):
        recall, quality = demo.curves(k, centring)
        assert np.all(np.diff(recall) >= 0)
        assert (recall[-1], quality[-1]) == pytest.approx((1, exact))


def test_bytes_are_counted_from_the_arrays(demo, database_hog):
    for k, c in itertools.product(BITS, SHORTLISTS):
        codes = np.packbits(np.ones((N, k), dtype=bool), axis=1)
        read = demo.bytes_read(k, c)
        assert read["codes"] == codes.nbytes
        assert read["vectors"] == database_hog[:c].nbytes
        assert read["exact search"] == database_hog.nbytes


def test_each_value_draws_and_the_words_have_its_numbers(demo):
    pictures, defaults = {}, {"k": 64, "c": 100, "centring": "on"}
    for name, (_, values, _) in demo.choices.items():
        for value in values:
            k, c, centring = at = tuple((defaults | {name: value}).values())
            fig, alt = demo(k=k, c=c, centring=centring)
            recall, quality = (curve[SHORTLISTS.index(c)] for curve in demo.curves(k, centring))
            share = (N * k / 8 + c * 576) / (N * 576)
            assert alt.startswith(f"{k} bits, c = {c:,}, centring {centring}: recall {recall:.2f}")
            assert f"mAP@10 {quality:.3f}, reads {share:.1%} of exact." in alt
            assert f"codes {N * k / 8000:,.0f} kB, vectors {c * 576 / 1000:,.0f} kB, exact" in alt
            assert f"{recall:.2f} at {c:,}" in alt
            assert fig.axes[0].lines[1].get_xydata().ravel() == pytest.approx([c, recall])
            pictures[at] = as_svg(fig, fig.bbox_inches)
    assert demo.choices["c"][1] == SHORTLISTS
    assert len(set(pictures.values())) == len(pictures) == 7 + 9 + 2 - 2


def test_a_few_hundred_items_will_do(first_images, query_hog, database_hog):
    demo = Rescoring(first_images(300), query_hog[:300], database_hog[:300])
    assert demo.choices["c"][1] == [10, 20, 50, 100, 300]
    fig, alt = demo(c=300)
    plt.close(fig)
    assert "recall 1.00" in alt
