"""Ties: the ten places and scores of the demo of chapter 05, against full sorts and shuffles."""

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pytest

from dshcourse.demos.ties import BITS, DIVISORS, ORDERS, QUERIES, Ties
from dshcourse.figures.base import as_svg
from dshlib.ranking import rank


@pytest.fixture(scope="module")
def demo(classroom, lsh_codes):
    return Ties(classroom, *lsh_codes)


def distances(lsh_codes, query, k):
    query_codes, database_codes = lsh_codes
    return (query_codes[query, :k] != database_codes[:, :k]).sum(axis=1)


def ap_by_hand(hits, divisor, R):
    total = sum(sum(hits[:place]) / place for place in range(1, 11) if hits[place - 1])
    count = {"out of hits": sum(hits), "out of 10": 10, "out of all": R}[divisor]
    return total / count if count else 0


def test_first_ten_are_those_of_a_full_sort(demo, classroom, lsh_codes):
    labels, number = classroom.database.labels, np.arange(6000)
    for query, k, order in itertools.product(QUERIES, BITS, ORDERS):
        same = labels == classroom.queries.labels[query]
        among = {"relevant last": same, "relevant first": ~same, "by id": number}
        if order.startswith("shuffle"):
            among[order] = np.random.default_rng(int(order[-1])).permutation(6000)
        ten = np.lexsort((number, among[order], distances(lsh_codes, query, k)))[:10]
        assert np.array_equal(demo.first_ten(query, k, order), ten)
        assert np.array_equal(demo.hits(query, k, order), same[ten])


def test_order_by_number_is_that_of_rank(demo, lsh_codes):
    for k in BITS:
        ids, _ = rank(lsh_codes[0][list(QUERIES), :k], lsh_codes[1][:, :k], 10)
        assert np.array_equal([demo.first_ten(query, k, "by id") for query in QUERIES], ids)


def test_opening_list_scores_less_out_of_hits_than_with_all_relevant_images_last(demo):
    query, k, order, _ = (default for _, _, default in demo.choices.values())
    now, last, first = (demo.scores(query, demo.hits(query, k, o)) for o in (order, *ORDERS[::5]))
    at = list(DIVISORS).index("out of hits")
    assert 0 < now[at] < last[at] < first[at]


def test_scores_are_those_by_hand_with_any_place_flipped(demo, classroom):
    for query, k, flip in itertools.product(QUERIES, BITS, range(11)):
        R = np.sum(classroom.database.labels == classroom.queries.labels[query])
        hits = demo.hits(query, k, "shuffle 1", flip)
        changed = np.flatnonzero(hits != demo.hits(query, k, "shuffle 1"))
        assert changed.tolist() == ([flip - 1] if flip else [])
        wanted = [ap_by_hand(hits.tolist(), divisor, R) for divisor in DIVISORS]
        assert demo.scores(query, hits) == pytest.approx(wanted)


@pytest.mark.parametrize("k", BITS)
def test_mean_of_all_orders_is_that_of_many_shuffles(k, demo, lsh_codes, classroom):
    rng, n = np.random.default_rng(0), 1500
    for row, query in enumerate(QUERIES):
        near = np.argsort(distances(lsh_codes, query, k), kind="stable")[:2000]
        d, same = distances(lsh_codes, query, k)[near], demo.same[row, near]
        assert np.sum(d < d[-1]) >= 10  # all that could come among the ten is here
        tied = d <= d[9]
        order = np.argsort(d[tied] + rng.random((n, tied.sum())), axis=1)[:, :10]
        drawn = np.array([demo.scores(query, hits) for hits in same[tied][order]])
        error = drawn.std(axis=0, ddof=1) / np.sqrt(n)
        assert np.all(np.abs(drawn.mean(axis=0) - demo.mean[k][row]) <= 4.5 * error + 1e-9)


def test_each_value_draws_and_the_words_have_its_numbers(demo):
    pictures = {}
    for at in demo.one_at_a_time():
        fig, alt = demo(**at)
        hits = demo.hits(**at)
        places = ", ".join(str(place) for place in range(1, 11) if hits[place - 1])
        assert f"Hits at ranks: {places or 'none'}. " in alt
        told = zip(DIVISORS, demo.scores(at["query"], hits), strict=True)
        assert "; ".join(f"{divisor}: {score:.3f}" for divisor, score in told) in alt
        mean = demo.mean[at["k"]][QUERIES.index(at["query"])]
        assert f"mean of all orders: {', '.join(f'{m:.3f}' for m in mean)}; " in alt
        pictures[tuple(at.values())] = as_svg(fig, fig.bbox_inches)
    assert len(set(pictures.values())) == len(pictures) == 12 + 3 + 6 + 11 - 3


def test_bars_join_ties_and_count_the_group(demo, lsh_codes):
    for query, k in itertools.product(QUERIES, BITS):
        fig, _ = demo(query=query, k=k)
        told = [text.get_text() for text in fig.axes[0].texts if text.get_text().startswith("d =")]
        all_distances = distances(lsh_codes, query, k)
        ten = np.sort(all_distances)[:10]
        wanted = [
            f"d = {d}\n{np.sum(ten == d)} of {np.sum(all_distances == d)}" for d in np.unique(ten)
        ]
        assert told == wanted
        plt.close(fig)
