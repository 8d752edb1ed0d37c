"""Hamming ranking is a stable argsort of all distances, however it is computed."""

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import cdist

from dshlib import codes, ranking


def stable_argsort(queries, database, k):
    """Ids and distances of the first k by the definition."""
    distances = np.rint(cdist(queries, database, "hamming") * queries.shape[1]).astype(int)
    ids = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return ids, np.take_along_axis(distances, ids, axis=1)


def same(found, expected):
    return all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))


def first_bits(lsh_codes, n_bits, n_queries=100):
    queries, database = lsh_codes
    return queries[:n_queries, :n_bits], database[:, :n_bits]


@pytest.mark.parametrize("k", [1, 10, 129, 3000])
@pytest.mark.parametrize("n_bits", [3, 8, 12, 16, 17, 24, 40, 64, 65, 100])
def test_ranking_is_a_stable_argsort_of_all_distances(n_bits, k, lsh_codes):
    queries, database = first_bits(lsh_codes, n_bits)
    ids, distances = ranking.rank(queries, database, k)
    assert ids.dtype == distances.dtype == np.int64 and ids.shape == (100, k)
    assert same((ids, distances), stable_argsort(queries, database, k))


@settings(deadline=None)
@given(st.data(), st.integers(1, 30), st.integers(1, 40), st.integers(0, 3))
def test_tiny_databases_are_ranked_alike(data, n_bits, n, n_queries):
    queries = data.draw(arrays(bool, (n_queries, n_bits)))
    database = data.draw(arrays(bool, (n, n_bits)))
    k = data.draw(st.integers(1, n))
    if n_queries == 0:
        assert [found.shape for found in ranking.rank(queries, database, k)] == [(0, k)] * 2
    else:
        assert same(ranking.rank(queries, database, k), stable_argsort(queries, database, k))


@pytest.mark.parametrize("k", [1, 10, 100])
@pytest.mark.parametrize("n_bits", [4, 8, 12, 16])
def test_buckets_and_brute_force_agree(n_bits, k, lsh_codes):
    queries, database = first_bits(lsh_codes, n_bits, 300)
    expected = stable_argsort(queries, database, k)
    a, b = codes.pack(queries), codes.pack(database)
    assert same(ranking._by_brute_force(a, b, k), expected)
    assert same(ranking._by_buckets(a, b, n_bits, k), expected)


@settings(deadline=None)
@given(
    st.integers(1, 3),
    st.sampled_from([0, 20, 61, 62, 125, 157, 997]),
    st.sampled_from([1, 64, 65, 600, 1000]),
    st.integers(0, 99),
)
def test_masses_of_ties_come_by_ascending_id_at_every_length_of_codes(n_bits, n_zeros, k, seed):
    """At most eight codes, so that nearly every k cuts a tie; they differ in their last bits."""
    bits = np.random.default_rng(seed).random((1010, n_bits)) < 0.3
    bits = np.hstack([np.zeros((1010, n_zeros), dtype=bool), bits])
    queries, database = bits[:10], bits[10:]
    assert same(ranking.rank(queries, database, k), stable_argsort(queries, database, k))


@pytest.mark.parametrize("k", [10, 100, 70_000])
def test_ties_keep_their_order_across_the_blocks_in_which_faiss_reads_a_database(k, lsh_codes):
    queries, database = first_bits(lsh_codes, 20, 5)
    database = np.tile(database[:5000], (14, 1))  # more than the 65,536 items of a block
    assert same(ranking.rank(queries, database, k), stable_argsort(queries, database, k))


@pytest.mark.parametrize("k", [100, 3000])
def test_a_long_code_and_a_large_k_take_no_list_for_each_distance(k, lsh_codes, monkeypatch):
    queries, database = first_bits(lsh_codes, 100)
    monkeypatch.setattr(ranking, "MAX_COUNTED", 129 * 1000)
    assert same(ranking.rank(queries, database, k), stable_argsort(queries, database, k))


@pytest.mark.parametrize("n_queries", [0, 1, 100])
def test_the_number_of_threads_of_faiss_stays_as_it_was(n_queries, lsh_codes):
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(3)
    try:
        ranking.rank(*first_bits(lsh_codes, 32, n_queries), 10)
        assert faiss.omp_get_max_threads() == 3
    finally:
        faiss.omp_set_num_threads(before)


def test_many_queries_far_from_a_large_database_are_ranked_alike():
    """60,000 items in 1,024 of the 65,536 buckets: most queries search several shells."""
    rng = np.random.default_rng(0)
    database = rng.integers(0, 2**10, 60_000, dtype=np.uint16)
    queries = rng.integers(0, 2**16, 3000, dtype=np.uint16)
    some = rng.choice(3000, 100, replace=False)
    ids, distances = ranking.rank(queries, database, 5)
    bits = codes.unpack(queries[some], 16), codes.unpack(database, 16)
    assert same((ids[some], distances[some]), stable_argsort(*bits, 5))


@pytest.mark.parametrize("n_bits", [8, 16, 32, 64])
def test_ids_are_those_of_faiss(n_bits, lsh_codes):
    queries, database = first_bits(lsh_codes, n_bits, 1000)
    theirs = faiss.IndexBinaryFlat(n_bits)
    theirs.add(np.packbits(database, axis=1, bitorder="little"))
    distances, ids = theirs.search(np.packbits(queries, axis=1, bitorder="little"), 10)
    assert same(ranking.rank(queries, database, 10), (ids, distances))


@pytest.mark.parametrize("n_bits", [6, 20, 80])
def test_ids_of_padded_codes_are_those_of_faiss(n_bits, lsh_codes):
    queries, database = first_bits(lsh_codes, n_bits)
    packed = [np.packbits(bits, axis=1, bitorder="little") for bits in (queries, database)]
    theirs = faiss.IndexBinaryFlat(8 * packed[0].shape[1])
    theirs.add(packed[1])
    distances, ids = theirs.search(packed[0], 25)
    assert same(ranking.rank(queries, database, 25), (ids, distances))


@pytest.mark.parametrize("n_bits", [2, 16, 70])
def test_ties_keep_ascending_ids(n_bits):
    database = np.zeros((50, n_bits), dtype=bool)
    database[::2, 0] = True
    ids, distances = ranking.rank(np.zeros((1, n_bits), dtype=bool), database, 50)
    assert ids[0].tolist() == [*range(1, 50, 2), *range(0, 50, 2)]
    assert distances[0].tolist() == [0] * 25 + [1] * 25


@pytest.mark.parametrize("n_bits", [3, 16, 40])
def test_the_whole_database_can_be_ranked(n_bits, lsh_codes):
    queries, database = first_bits(lsh_codes, n_bits, 5)
    ids, distances = ranking.rank(queries, database, 6000)
    assert np.array_equal(np.sort(ids, axis=1), np.tile(np.arange(6000), (5, 1)))
    assert same((ids, distances), stable_argsort(queries, database, 6000))


@pytest.mark.parametrize("n_bits", [5, 8, 16, 17, 64, 100])
def test_packed_and_boolean_codes_rank_alike(n_bits, lsh_codes):
    queries, database = first_bits(lsh_codes, n_bits)
    packed = codes.pack(queries), codes.pack(database)
    expected = ranking.rank(queries, database, 20)
    assert same(ranking.rank(*packed, 20), expected)
    if n_bits <= 64:
        wide = [array.astype(np.uint64) for array in packed]
        assert same(ranking.rank(*wide, 20), expected)


# What is refused


@pytest.mark.parametrize("n_bits", [8, 40])
@pytest.mark.parametrize("k", [-1, 0, 6001])
def test_k_must_lie_within_the_database(k, n_bits, lsh_codes):
    queries, database = first_bits(lsh_codes, n_bits)
    with pytest.raises(ValueError, match=f"k == {k}, must be"):
        ranking.rank(queries, database, k)


def bits(*shape):
    return np.zeros(shape, dtype=bool)


@pytest.mark.parametrize(
    ("queries", "database"),
    [
        (bits(2, 8), bits(3, 9)),
        (bits(2, 8), np.zeros(3, dtype=np.uint8)),
        (np.zeros(2, dtype=np.uint8), np.zeros(3, dtype=np.uint16)),
        (np.zeros((2, 9), dtype=np.uint8), np.zeros((3, 10), dtype=np.uint8)),
        (bits(8), bits(3, 8)),
    ],
    ids=["bits", "bits and packed", "integer types", "bytes", "one query"],
)
def test_queries_and_database_must_match(queries, database):
    with pytest.raises(ValueError, match="query_codes and database_codes must have the same"):
        ranking.rank(queries, database, 1)


@pytest.mark.parametrize("database", [bits(0, 8), bits(0, 100)])
def test_an_empty_database_is_refused(database):
    with pytest.raises(ValueError, match="database_codes is empty"):
        ranking.rank(np.zeros_like(database, shape=(2, database.shape[1])), database, 1)


@pytest.mark.parametrize(
    "wrong",
    [np.zeros((2, 8)), np.zeros(2, dtype=int), np.zeros((2, 2), dtype=np.uint8), bits(8)],
    ids=["±1 values", "signed", "fewer bytes than pack gives", "one code"],
)
def test_other_arrays_are_not_taken_for_codes(wrong):
    with pytest.raises(ValueError, match="query_codes must be"):
        ranking.rank(wrong, wrong, 1)
