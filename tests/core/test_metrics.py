"""Average precision: three divisors, exact ties, and counts that replace the sort."""

import tracemalloc
from functools import partial
from itertools import permutations

import numpy as np
import pytest
import torch
import trm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from scipy.stats import hypergeom
from sklearn.metrics import average_precision_score
from torchmetrics.retrieval import RetrievalMAP

from dshlib import codes, histograms, metrics, ranking
from dshlib.metrics import (
    DIVISORS,
    average_precision,
    expected_average_precision,
    mean_average_precision,
)


def by_loop(relevant, k, divisor, n_relevant):
    """Average precision by its definition, one rank after the other."""
    hits, total = 0, 0.0
    for rank, hit in enumerate(relevant[:k], start=1):
        if hit:
            hits += 1
            total += hits / rank
    ideal = n_relevant if k is None else min(k, n_relevant)
    parts = {"min": ideal, "retrieved": hits, "all": n_relevant}[divisor]
    return total / parts if parts else 0.0


@pytest.fixture(scope="module")
def real(lsh_codes, classroom):
    """n_bits, n_queries → codes and labels, in the order of the arguments of the metric."""

    def arguments(n_bits, n_queries=1000):
        queries, database = lsh_codes
        return (
            queries[:n_queries, :n_bits],
            classroom.queries.labels[:n_queries],
            database[:, :n_bits],
            classroom.database.labels,
        )

    return arguments


def reordered(arguments, order):
    queries, query_labels, database, labels = arguments
    return queries, query_labels, database[order], labels[order]


# One ranked list


@pytest.mark.parametrize(
    ("relevant", "retrieved", "at_best", "over_all"),
    [
        ([1, 0, 0], 1, 1 / 3, 1 / 5),
        ([1, 0, 1], 5 / 6, 5 / 9, 1 / 3),
        ([0, 0, 1], 1 / 3, 1 / 9, 1 / 15),
        ([1, 1, 1], 1, 1, 3 / 5),
        ([0, 0, 0], 0, 0, 0),
    ],
)
def test_average_precision_by_hand(relevant, retrieved, at_best, over_all):
    """Three retrieved of a database with five relevant items."""
    score = partial(average_precision, np.array(relevant) > 0, k=3, n_relevant=5)
    assert score(divisor="retrieved") == pytest.approx(retrieved)
    assert score(divisor="min") == score() == pytest.approx(at_best)
    assert score(divisor="all") == pytest.approx(over_all)


def test_one_more_hit_can_lower_the_score_of_the_slides():
    fewer, more = np.array([[True, False, False], [True, False, True]])
    for divisor, falls in (("retrieved", True), ("min", False), ("all", False)):
        score = partial(average_precision, k=3, divisor=divisor, n_relevant=3)
        assert (score(more) < score(fewer)) == falls


@settings(deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=30), st.integers(1, 40), st.integers(0, 9))
def test_average_precision_is_that_of_a_loop(relevant, k, missing):
    n_relevant = sum(relevant) + missing
    for divisor in DIVISORS:
        for cut in (k, None):
            expected = by_loop(relevant, cut, divisor, n_relevant)
            found = average_precision(relevant, cut, divisor, n_relevant)
            assert found == pytest.approx(expected)


def test_relevant_items_are_those_in_the_list_by_default():
    relevant = [True, False, True, False, True]
    for divisor in DIVISORS:
        expected = average_precision(relevant, 2, divisor, n_relevant=3)
        assert average_precision(relevant, 2, divisor) == pytest.approx(expected)


@settings(deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=30).filter(any))
def test_average_precision_of_a_whole_list_is_that_of_scikit_learn(relevant):
    expected = average_precision_score(relevant, -np.arange(len(relevant)))
    for divisor in DIVISORS:
        assert average_precision(relevant, divisor=divisor) == pytest.approx(expected)


@pytest.mark.parametrize("k", [3, 10, None])
def test_slides_divisor_is_that_of_torchmetrics(k, real):
    queries, query_labels, database, labels = real(12, 100)
    ids, _ = ranking.rank(queries, database, 30)
    relevant = labels[ids] == query_labels[:, None]
    scores = np.broadcast_to(31 - np.arange(1, 31), ids.shape)  # it ignores scores of 0 and below
    theirs = RetrievalMAP(top_k=k)(
        torch.tensor(scores.ravel(), dtype=torch.float32),
        torch.tensor(relevant.ravel()),
        indexes=torch.arange(100).repeat_interleave(30),
    )
    assert not relevant[:, :3].any(axis=1).all()  # queries without a hit count as 0
    assert average_precision(relevant, k, "retrieved").mean() == pytest.approx(float(theirs))


def test_many_lists_are_scored_at_once():
    relevant = np.random.default_rng(0).random((3, 4, 9)) < 0.4
    n_relevant = relevant.sum(axis=2) + np.arange(4)
    for divisor in DIVISORS:
        scores = average_precision(relevant, 5, divisor, n_relevant)
        assert scores.shape == (3, 4)
        for index, score in np.ndenumerate(scores):
            alone = average_precision(relevant[index], 5, divisor, n_relevant[index])
            assert score == pytest.approx(alone)


# Rankings of codes: ties by id


@pytest.mark.parametrize("divisor", DIVISORS)
@pytest.mark.parametrize(("n_bits", "k"), [(8, 10), (16, 10), (24, 100), (70, 5), (12, None)])
def test_stable_ties_give_the_mean_of_a_loop_over_stable_argsorts(n_bits, k, divisor, real):
    queries, query_labels, database, labels = arguments = real(n_bits, 30)
    order = np.argsort(cdist(queries, database, "hamming").round(9), axis=1, kind="stable")
    relevant = labels[order] == query_labels[:, None]
    expected = np.mean([by_loop(row.tolist(), k, divisor, row.sum()) for row in relevant])
    found = mean_average_precision(*arguments, k, divisor, ties="stable")
    assert isinstance(found, float)
    assert found == pytest.approx(expected)


# Rankings of codes: the mean over all orders of ties


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=6),
    st.none() | st.integers(1, 6),
    st.sampled_from([3, 9, 40, 70]),
)
def test_expected_ties_are_the_mean_over_all_permutations(items, k, n_bits):
    """Every permutation, sorted stably by distance, is one order of the tied items."""
    k = None if k is None else min(k, len(items))
    lists = [
        [relevant for _, relevant in sorted(order, key=lambda item: item[0])]
        for order in permutations(items)
    ]
    distances, relevant = map(np.array, zip(*items, strict=True))
    database = np.arange(n_bits) < distances[:, None]
    query = np.zeros((1, n_bits), dtype=bool)
    for divisor in DIVISORS:
        expected = np.mean([by_loop(row, k, divisor, relevant.sum()) for row in lists])
        found = mean_average_precision(query, [1], database, relevant.astype(int), k, divisor)
        assert found == pytest.approx(expected)


@pytest.mark.parametrize("n_bits", [6, 12, 40])
def test_expected_ties_are_those_of_tie_aware_retrieval_metrics(n_bits, real):
    queries, query_labels, database, labels = arguments = real(n_bits, 20)
    theirs = trm.evaluate(
        scores=(-codes.hamming(queries[:, None], database[None])).tolist(),
        is_relevant=(query_labels[:, None] == labels).tolist(),
        metrics=["map"],
        k_list=[1, 10, len(database)],
    ).metrics["map"]
    for k, cut in ((1, 1), (10, 10), (len(database), None)):
        found = mean_average_precision(*arguments, cut, divisor="all")
        assert found == pytest.approx(theirs[k].expected)


@pytest.mark.parametrize("divisor", DIVISORS)
@pytest.mark.parametrize(("n_bits", "k"), [(8, 10), (16, 10), (16, 200), (40, 10)])
def test_expected_lies_between_the_worst_and_the_best_order(n_bits, k, divisor, real):
    arguments = real(n_bits, 200)
    worst, best = worst_and_best(arguments, k, divisor)
    expected = mean_average_precision(*arguments, k, divisor)
    assert worst < expected < best


def worst_and_best(arguments, k, divisor):
    """Scores with ties in the order that is worst, and best, for the class of each query."""
    queries, query_labels, database, labels = arguments
    scores = np.zeros(2)
    for label in np.unique(query_labels):
        rows = query_labels == label
        best = np.argsort(labels != label, kind="stable")
        for i, order in enumerate((best[::-1], best)):
            sets = queries[rows], query_labels[rows], database[order], labels[order]
            score = mean_average_precision(*sets, k, divisor, ties="stable")
            scores[i] += score * rows.mean()
    return scores


def test_at_8_bits_the_order_of_ties_decides_the_score_of_the_slides(real):
    arguments, rng = real(8), np.random.default_rng(0)
    worst, best = worst_and_best(arguments, 10, "retrieved")
    shuffled = [
        mean_average_precision(
            *reordered(arguments, rng.permutation(6000)), 10, "retrieved", ties="stable"
        )
        for _ in range(10)
    ]
    expected = mean_average_precision(*arguments, 10, "retrieved")
    assert worst < 0.1 < 0.4 < expected < 0.6 < 0.85 < best
    assert np.mean(shuffled) == pytest.approx(expected, abs=4 * np.std(shuffled) / np.sqrt(10))


@pytest.mark.parametrize("divisor", DIVISORS)
@pytest.mark.parametrize(("n_bits", "k"), [(8, 10), (16, 10), (8, None), (40, 10)])
def test_the_order_of_the_database_does_not_change_what_is_expected(n_bits, k, divisor, real):
    arguments = real(n_bits, 200)
    mixed = reordered(arguments, np.random.default_rng(1).permutation(6000))
    score = partial(mean_average_precision, k=k, divisor=divisor)
    assert score(*mixed) == pytest.approx(score(*arguments))


@pytest.mark.parametrize("divisor", DIVISORS)
@pytest.mark.parametrize("k", [10, None])
def test_empty_shells_and_longer_codes_do_not_change_the_score(k, divisor, real):
    queries, query_labels, database, labels = real(8, 100)
    long = [np.hstack([bits, np.zeros_like(bits), bits]) for bits in (queries, database)]
    score = partial(mean_average_precision, k=k, divisor=divisor)
    expected = score(queries, query_labels, database, labels)
    assert score(long[0], query_labels, long[1], labels) == pytest.approx(expected)


@pytest.mark.parametrize("empty_shells", [0, 2])
def test_lists_shorter_than_k_are_scored_as_they_are(empty_shells):
    items, relevant = np.array([[1, 2], [1, 0], [1, 1]]), np.array([[1, 1], [0, 0], [1, 1]])
    items, relevant = (np.pad(shells, ((0, empty_shells), (0, 0))) for shells in (items, relevant))
    for divisor in DIVISORS:
        score = partial(metrics.expected_average_precision, items, relevant, divisor=divisor)
        n_relevant = np.array([2, 2])
        assert score(n_relevant, k=7) == pytest.approx(score(n_relevant, k=3))
    assert score(np.array([2, 2]))[0] == pytest.approx(5 / 6)


@pytest.mark.parametrize("ties", ["expected", "stable"])
def test_the_score_of_many_queries_is_the_mean_of_the_scores_of_parts(ties, real):
    queries, query_labels, *database = real(8)
    scores = [
        mean_average_precision(queries[rows], query_labels[rows], *database, None, ties=ties)
        for rows in (np.arange(1000), np.arange(500), np.arange(1500) % 1000)
    ]
    assert 1500 * scores[2] == pytest.approx(1000 * scores[0] + 500 * scores[1])


@pytest.mark.parametrize("ties", ["expected", "stable"])
@pytest.mark.parametrize("n_bits", [8, 30, 100])
def test_packed_and_boolean_codes_score_alike(n_bits, ties, real):
    queries, query_labels, database, labels = real(n_bits, 100)
    score = partial(mean_average_precision, k=10, ties=ties)
    expected = score(queries, query_labels, database, labels)
    packed = codes.pack(queries), codes.pack(database)
    assert score(packed[0], query_labels, packed[1], labels) == pytest.approx(expected)
    if n_bits == 8:
        wide = [array.astype(np.uint64) for array in packed]
        assert score(wide[0], query_labels, wide[1], labels) == pytest.approx(expected)


@pytest.mark.parametrize("n", [10, 60_000])
@pytest.mark.parametrize("r", [0, 1, 5, "half", "all but one", "all"])
@pytest.mark.parametrize("k", [1, 2, 10, 3000, 59_999, 60_000])
def test_hits_drawn_from_a_group_of_ties_are_those_of_scipys_hypergeometric_distribution(n, r, k):
    r, fits = {"half": n // 2, "all but one": n - 1, "all": n}.get(r, r), min(k, n)
    j = ranks = np.arange(1, fits + 1)
    others = (ranks - 1) / max(fits - 1, 1)  # the chance that another of the hits comes before
    score = ((1 / ranks).sum() + (j - 1) * (others / ranks).sum()) / fits  # of j hits in fits
    expected = (hypergeom.pmf(j, n, r, fits) * score).sum()
    found = expected_average_precision([[n]], [[r]], [r], k, "retrieved")
    assert found == pytest.approx([expected], rel=1e-9, abs=0)


# Counts instead of a sort


@pytest.mark.parametrize("n_bits", [3, 8, 12, 16])
def test_table_and_brute_force_count_alike(n_bits, real):
    queries, query_labels, database, labels = real(n_bits, 150)
    a, b = codes.pack(queries), codes.pack(database)
    table = np.histogram2d(b, labels, bins=(np.arange(2**n_bits + 1), np.arange(11)))[0].astype(int)
    brute_force = histograms._by_brute_force(a, query_labels, b, labels, n_bits)
    every = histograms._every_shell(table, a, query_labels)
    everything_covered = histograms._nearest_shells(table, a, query_labels, 6000)
    distances = codes.hamming(queries[:, None], database[None])
    for found in (brute_force, every, everything_covered):
        for counts, counted in zip(found, (True, query_labels[:, None] == labels), strict=True):
            assert counts.shape == (n_bits + 1, 150)
            for radius in range(n_bits + 1):
                expected = ((distances == radius) & counted).sum(axis=1)
                assert np.array_equal(counts[radius], expected)


@pytest.mark.parametrize("k", [1, 10, 500])
def test_shells_that_hold_the_nearest_k_are_filled_and_those_beyond_may_be_empty(k, real):
    queries, query_labels, database, labels = real(12, 150)
    arguments = codes.pack(queries), query_labels, codes.pack(database), labels, 12
    items, relevant = histograms.distance_histogram(*arguments)
    some_items, some_relevant = histograms.distance_histogram(*arguments, k)
    matters = items.cumsum(axis=0) - items < k
    assert np.array_equal(some_items, np.where(matters, items, 0))
    assert np.array_equal(some_relevant, np.where(matters, relevant, 0))
    assert (some_items.sum(axis=0) >= k).all()


def test_the_number_of_64_bits_may_be_numpys(real):
    queries, query_labels, database, labels = real(64, 10)
    sets = codes.pack(queries), query_labels, codes.pack(database), labels
    counts = [histograms.distance_histogram(*sets, number(64)) for number in (int, np.int64)]
    assert np.array_equal(*counts)


@pytest.mark.parametrize("n_bits", [8, 16, 24, 100])
def test_counts_of_two_parts_add_up_to_the_whole(n_bits, real):
    queries, query_labels, database, labels = real(n_bits, 100)
    a, b = codes.pack(queries), codes.pack(database)
    count = partial(histograms.distance_histogram, a, query_labels, n_bits=n_bits)
    whole = count(b, labels)
    parts = [count(b[part], labels[part]) for part in (slice(2500), slice(2500, None))]
    assert np.array_equal(np.add(*parts), whole)
    scores = metrics.expected_average_precision(
        *np.add(*parts), np.bincount(labels)[query_labels], k=10
    )
    expected = mean_average_precision(queries, query_labels, database, labels)
    assert scores.mean() == pytest.approx(expected)


# Labels


LABELS = {
    "negative": lambda labels: labels - 5,
    "huge": lambda labels: labels + 2**62,
    "far apart": lambda labels: (labels - 5) * 10**17,
    "with gaps": lambda labels: labels * 25,
    "int8": lambda labels: (labels + 118).astype(np.int8),
    "uint8": lambda labels: (labels + 246).astype(np.uint8),
    "uint64": lambda labels: labels.astype(np.uint64),
    "huge uint64": lambda labels: labels.astype(np.uint64) + np.uint64(2**63),
    "list": lambda labels: labels.tolist(),
}


@pytest.mark.parametrize("n_bits", [8, 16, 40])
@pytest.mark.parametrize("change", LABELS.values(), ids=LABELS)
def test_labels_may_be_any_integers(change, n_bits, real):
    queries, query_labels, database, labels = real(n_bits, 50)
    for ties in ("expected", "stable"):
        score = partial(mean_average_precision, ties=ties)
        changed = score(queries, change(query_labels), database, change(labels))
        assert changed == pytest.approx(score(queries, query_labels, database, labels))


def test_many_labels_need_no_table_of_all_codes_and_labels(real):
    queries, _, database, _ = real(16, 500)
    numbers = np.arange(len(database)) * 1000
    tracemalloc.start()
    mean_average_precision(queries, numbers[: len(queries)], database, numbers)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6


def test_a_query_without_any_items_scores_0():
    for divisor in ("min", "retrieved", "all"):
        score = expected_average_precision([[1, 0]], [[1, 0]], [1, 0], divisor=divisor)
        assert score.tolist() == [1, 0]


def test_huge_labels_of_two_integer_types_are_not_confused(real):
    queries, query_labels, database, labels = arguments = real(8, 50)
    changed = queries, query_labels.astype(np.uint64) + 2**60, database, labels + 2**60
    assert mean_average_precision(*changed) == pytest.approx(mean_average_precision(*arguments))


@pytest.mark.parametrize("ties", ["expected", "stable"])
@pytest.mark.parametrize("n_bits", [8, 16, 40])
def test_with_one_class_every_ranking_is_perfect(n_bits, ties, real):
    queries, _, database, _ = real(n_bits, 20)
    one = np.full(20, 7), np.full(6000, 7)
    score = partial(mean_average_precision, queries, one[0], database, one[1], ties=ties)
    assert score(10, "min") == score(10, "retrieved") == pytest.approx(1)
    assert score(10, "all") == pytest.approx(10 / 6000)
    assert score(None, "all") == pytest.approx(1)


@pytest.mark.parametrize("ties", ["expected", "stable"])
@pytest.mark.parametrize("unseen", [10, 300, -1])
def test_queries_of_an_unseen_class_score_0(unseen, ties, real):
    queries, query_labels, database, labels = real(16, 50)
    for divisor in DIVISORS:
        score = partial(mean_average_precision, divisor=divisor, ties=ties)
        assert score(queries, np.full(50, unseen), database, labels) == 0
        half = np.where(np.arange(50) < 25, query_labels, unseen)
        expected = score(queries[:25], query_labels[:25], database, labels) / 2
        assert score(queries, half, database, labels) == pytest.approx(expected)


# What is refused


@pytest.mark.parametrize(
    ("position", "name"), [(1, "query_labels"), (3, "database_labels")], ids=["queries", "database"]
)
def test_labels_must_be_one_for_each_code(position, name, real):
    arguments = list(real(8, 50))
    labels = arguments[position]
    for wrong in (None, 3, labels[:, None], labels[:-1], [*labels, 0]):
        arguments[position] = wrong
        with pytest.raises(ValueError, match=rf"{name} must have shape \({len(labels)},\), one "):
            mean_average_precision(*arguments)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": 6001}, "k == 6001, must be <= 6000"),
        ({"k": 0}, "k == 0, must be >= 1"),
        ({"divisor": "mean"}, "divisor='mean', but it must be one of min, retrieved, all"),
        ({"ties": "random"}, "ties='random', but it must be"),
        ({"ties": None}, "ties=None, but it must be"),
    ],
)
def test_unknown_options_are_refused_by_name(options, message, real):
    with pytest.raises(ValueError, match=message):
        mean_average_precision(*real(8, 50), **options)


def test_unknown_divisors_and_lengths_of_one_list_are_refused():
    with pytest.raises(ValueError, match="divisor='R'"):
        average_precision([True], divisor="R")
    with pytest.raises(ValueError, match="divisor='R'"):
        metrics.expected_average_precision(np.ones((2, 1)), np.ones((2, 1)), 1, divisor="R")
    for k in (0, -1):
        with pytest.raises(ValueError, match=f"k == {k}"):
            average_precision([True], k)


def test_empty_sets_and_codes_that_do_not_match_are_refused(real):
    queries, query_labels, database, labels = real(8, 50)
    with pytest.raises(ValueError, match="query_codes is empty"):
        mean_average_precision(queries[:0], query_labels[:0], database, labels)
    with pytest.raises(ValueError, match="database_codes is empty"):
        mean_average_precision(queries, query_labels, database[:0], labels[:0])
    with pytest.raises(ValueError, match="same type and number of bits"):
        mean_average_precision(queries[:, :7], query_labels, database, labels)


def test_one_number_of_relevant_items_for_each_query_counts_for_all_methods():
    relevant = np.random.default_rng(0).random((2, 3, 4, 10)) < 0.3
    n_relevant = np.array([20, 30, 40, 50])
    each = np.broadcast_to(n_relevant, (2, 3, 4))
    for divisor in ("min", "all"):
        found = average_precision(relevant, 10, divisor, n_relevant)
        assert np.array_equal(found, average_precision(relevant, 10, divisor, each))
