"""Search at scale, on real codes: every index against brute force, and the metric in shards."""

import os

import numpy as np
import pytest
from distributed import LocalCluster
from joblib import Parallel, delayed

from dshcourse.study import scale
from dshcourse.study.experiments import workers
from dshlib.codes import hamming, pack, unpack
from dshlib.histograms import distance_histogram
from dshlib.metrics import mean_average_precision
from dshlib.ranking import rank

K = 10
N = 6000


@pytest.fixture(scope="module")
def sets(lsh_codes):
    """100 queries and the database of the classroom split, 64 bits, packed."""
    queries, database = (pack(bits[:, :64]) for bits in lsh_codes)
    return queries[:100], database


def nearest_of(query, database, is_candidate):
    """Ids and distances of the K nearest candidates, by sorting all."""
    ids = np.flatnonzero(is_candidate)
    distances = hamming(database[ids], query)
    order = np.argsort(distances, kind="stable")[:K]
    return ids[order], distances[order]


def same_bits(query, database, chosen):
    """How many of the chosen bits differ between the query and each code."""
    return (unpack(database, 64)[:, chosen] != unpack(query[None], 64)[:, chosen]).sum(axis=1)


def chosen_bits(tables):
    return [np.flatnonzero(weights) for weights in tables.weights_.T]


@pytest.mark.parametrize("block", [50, 512, 2**16])
def test_flat_scan_finds_what_sorting_all_distances_finds(sets, block, monkeypatch):
    monkeypatch.setattr(scale, "BLOCK", block)
    found = scale.FlatScan().fit(sets[1]).search(sets[0], K)
    np.testing.assert_array_equal(found, rank(*sets, K))


def test_flat_scan_ranks_the_whole_database_if_asked_to(sets):
    few = sets[1][:50]
    found = scale.FlatScan().fit(few).search(sets[0], 50)
    np.testing.assert_array_equal(found, rank(sets[0], few, 50))


def test_flat_scan_of_faiss_finds_the_same_distances(sets):
    _, ours = scale.FlatScan().fit(sets[1]).search(sets[0], K)
    ids, theirs = scale.FaissIndex().fit(sets[1]).search(sets[0], K)
    np.testing.assert_array_equal(theirs, ours)
    np.testing.assert_array_equal(hamming(sets[1][ids], sets[0][:, None]), ours)


def test_tables_find_the_bucket_whose_key_has_all_32_bits_set():
    ones = np.array([2**64 - 1], dtype=np.uint64)
    ids, _ = scale.BucketTables(1, 32).fit(ones).search(ones, 1)
    assert ids.tolist() == [[0]]


@pytest.mark.parametrize("block", [1000, 2**16])
@pytest.mark.parametrize(("n_tables", "key_bits"), [(1, 8), (4, 12), (3, 32)])
def test_tables_rank_exactly_the_codes_that_share_a_bucket(
    sets, n_tables, key_bits, block, monkeypatch
):
    monkeypatch.setattr(scale, "BLOCK", block)
    queries, database = sets
    tables = scale.BucketTables(n_tables, key_bits, seed=1).fit(database)
    ids, distances = tables.search(queries, K)
    for i, query in enumerate(queries):
        shares = [same_bits(query, database, chosen) == 0 for chosen in chosen_bits(tables)]
        expected_ids, expected = nearest_of(query, database, np.any(shares, axis=0))
        missing = K - len(expected)
        np.testing.assert_array_equal(ids[i], [*expected_ids, *[-1] * missing])
        np.testing.assert_array_equal(distances[i], [*expected, *[65] * missing])
        times = np.bincount(tables.candidates(query), minlength=len(database))
        np.testing.assert_array_equal(times, np.sum(shares, axis=0))


def test_tables_depend_on_the_seed_and_each_chooses_its_own_bits(sets):
    one, same, other = (scale.BucketTables(4, 16, seed).fit(sets[1]) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one.tables_, same.tables_)
    assert (one.weights_ != other.weights_).any()
    assert len({tuple(chosen) for chosen in chosen_bits(one)}) == 4
    assert all(len(chosen) == 16 for chosen in chosen_bits(one))


@pytest.mark.parametrize(("cut", "flips"), [((4, 16), 0), ((4, 16), 1), ((3, 21), 2)])
def test_multi_index_of_faiss_ranks_exactly_what_shares_a_substring(sets, cut, flips):
    queries, database = sets
    _, distances = scale.FaissIndex(cut, flips).fit(database).search(queries, K)
    for query, found in zip(queries, distances, strict=True):
        starts = range(0, cut[0] * cut[1], cut[1])
        spoiled = [same_bits(query, database, np.arange(s, s + cut[1])) for s in starts]
        _, expected = nearest_of(query, database, np.min(spoiled, axis=0) <= flips)
        np.testing.assert_array_equal(found, [*expected, *[65] * (K - len(expected))])


def test_stored_bytes_are_those_of_codes_and_tables(sets):
    assert scale.FlatScan().fit(sets[1]).nbytes == 8 * N
    assert scale.BucketTables(5, 10).fit(sets[1]).nbytes == 8 * N + 5 * 8 * N
    assert 8 * N <= scale.FaissIndex().fit(sets[1]).nbytes < 8 * N + 200
    assert scale.FaissIndex((4, 16)).fit(sets[1]).nbytes > 2 * 8 * N


def test_recall_counts_any_item_that_is_as_near_as_the_last_exact_one():
    exact = [[1, 2, 2], [0, 4, 9]]
    assert scale.recall(exact, exact) == 1
    assert scale.recall([[2, 2, 2], [0, 4, 9]], exact) == 1  # of many at distance 2, these three
    assert scale.recall([[1, 2, 3], [4, 9, 9]], exact) == 5 / 6
    assert scale.recall([[2, 65, 65], [65, 65, 65]], exact) == 1 / 6


def test_copies_follow_the_originals_and_flip_the_stated_share_of_bits(sets):
    original = sets[1]
    grown = scale.replicate(original, 4, 0.1, np.random.default_rng(0))
    assert grown.shape == (4 * N,)
    np.testing.assert_array_equal(grown[:N], original)
    copies = grown[N:].reshape(3, N)
    flips = unpack((copies ^ original).ravel(), 64)
    for mean in (flips.mean(), flips[:N].mean(), flips[:, 0].mean(), flips[:, 63].mean()):
        assert mean == pytest.approx(0.1, abs=0.01)
    pairs = np.corrcoef(flips[:, :8].T)[np.triu_indices(8, 1)]
    assert np.abs(pairs).max() < 0.04  # independent bits
    assert (copies[0] != copies[1]).mean() > 0.99


def test_copies_repeat_with_the_seed_and_obey_the_limits_of_flip(sets):
    def grown(times, flip, seed):
        return scale.replicate(sets[1], times, flip, np.random.default_rng(seed))

    np.testing.assert_array_equal(grown(2, 0.1, 5), grown(2, 0.1, 5))
    np.testing.assert_array_equal(grown(2, 0.1, 5), grown(3, 0.1, 5)[: 2 * N])
    assert (grown(2, 0.1, 5) != grown(2, 0.1, 6)).any()
    np.testing.assert_array_equal(grown(2, 0, 0), np.tile(sets[1], 2))
    np.testing.assert_array_equal(grown(2, 1, 0)[N:], ~sets[1])
    np.testing.assert_array_equal(grown(1, 0.5, 0), sets[1])


CODES = np.arange(20, dtype=np.uint64)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: scale.FlatScan().fit(CODES.astype(np.uint32)), "database must be codes of 64"),
        (lambda: scale.FlatScan().fit(CODES[:0]), r"database must be .* got uint64 \(0,\)"),
        (lambda: scale.FlatScan().fit(CODES).search(CODES[0], 3), "queries must be codes of 64"),
        (lambda: scale.FlatScan().fit(CODES).search(CODES, 21), "k == 21, must be <= 20"),
        (lambda: scale.BucketTables(0, 8).fit(CODES), "n_tables == 0, must be >= 1"),
        (lambda: scale.BucketTables(2, 33).fit(CODES), "key_bits == 33, must be <= 32"),
        (lambda: scale.FaissIndex((5, 16)).fit(CODES), r"cut=\(5, 16\) does not fit"),
        (lambda: scale.FaissIndex((4, 16), -1).fit(CODES), "flips == -1, must be >= 0"),
        (lambda: scale.FaissIndex().fit(CODES).search(CODES, 0), "k == 0, must be >= 1"),
        (lambda: scale.replicate(CODES, 0, 0.1, None), "times == 0, must be >= 1"),
        (lambda: scale.replicate(CODES, 2, 1.5, None), "flip == 1.5, must be <= 1"),
        (lambda: scale.recall([[1, 2]], [[1]]), r"one shape .* got \(1, 2\) and \(1, 1\)"),
        (lambda: scored([CODES], [CODES], n_shards=0), "n_shards == 0, must be >= 1"),
        (lambda: scored([CODES], [CODES], n_shards=2, ties="stable"), "counts have no order"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def scored(queries, database, **options):
    labels = [np.zeros(len(part[0]), dtype=np.int64) for part in (queries, database)]
    return mean_average_precision(*queries, labels[0], *database, labels[1], **options)


@pytest.fixture(scope="module")
def labelled(lsh_codes, classroom):
    """A function of the number of bits: codes and labels of 100 queries and of the database."""

    def part(n_bits):
        queries, database = (pack(bits[:, :n_bits]) for bits in lsh_codes)
        labels = classroom.queries.labels[:100], classroom.database.labels
        return queries[:100], labels[0], database, labels[1]

    return part


@pytest.mark.parametrize("divisor", ["min", "retrieved", "all"])
@pytest.mark.parametrize("k", [10, 3000, None])
@pytest.mark.parametrize("n_bits", [12, 64])
def test_the_metric_of_shards_is_the_metric_of_the_whole_bit_for_bit(labelled, n_bits, k, divisor):
    whole = mean_average_precision(*labelled(n_bits), k, divisor)
    for n_shards in (1, 2, 7):
        in_shards = mean_average_precision(*labelled(n_bits), k, divisor, n_shards=n_shards)
        assert in_shards == whole


@pytest.mark.parametrize("n_bits", [12, 64])
def test_more_shards_than_items_leave_some_empty_and_change_nothing(labelled, n_bits):
    queries, query_labels, database, labels = labelled(n_bits)
    few = queries, query_labels, database[:40], labels[:40]
    assert mean_average_precision(*few, n_shards=43) == mean_average_precision(*few)


@pytest.mark.parametrize("n_bits", [12, 64])
def test_counts_of_shards_add_up_at_every_distance(labelled, n_bits):
    whole = distance_histogram(*labelled(n_bits), n_bits)
    for n_shards in (2, 7):
        added = distance_histogram(*labelled(n_bits), n_bits, n_shards=n_shards)
        np.testing.assert_array_equal(added, whole)


@pytest.mark.slow
def test_a_dask_cluster_of_two_workers_gives_the_same_metric_bit_for_bit(labelled):
    with LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        with workers(cluster.scheduler_address):
            places = Parallel(n_jobs=-1)(delayed(os.getpid)() for _ in range(20))
            for n_bits in (12, 64):
                shared = mean_average_precision(*labelled(n_bits), n_shards=7, n_jobs=-1)
                assert shared == mean_average_precision(*labelled(n_bits))
        assert set(places) <= {worker.pid for worker in cluster.workers.values()}
