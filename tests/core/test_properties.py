"""Laws that hold for any input: codes, ranking, metrics, hash tables, records and their tables."""

import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from dshcourse.study import grids
from dshcourse.study.records import Record
from dshlib import codes, metrics, ranking
from dshlib.hashers.lsh import HashTables

few = settings(max_examples=40, deadline=None, derandomize=True)
sizes = st.integers(1, 80)


@st.composite
def code_sets(draw, n_sets=2, most=12):
    """Sets of codes of one length, each of one code or more."""
    n_bits = draw(sizes)
    shapes = [(draw(st.integers(1, most)), n_bits) for _ in range(n_sets)]
    return [draw(arrays(bool, shape)) for shape in shapes]


@st.composite
def labelled(draw, most=12, n_bits=None):
    """Codes and labels of queries and database, short codes so that many tie."""
    n_bits = n_bits or draw(st.integers(1, 3))
    n = [draw(st.integers(1, 4)), draw(st.integers(1, most))]
    bits = [draw(arrays(bool, (size, n_bits))) for size in n]
    labels = [draw(arrays(np.int64, size, elements=st.integers(-1, 2))) for size in n]
    return bits[0], labels[0], bits[1], labels[1]


# Codes


@few
@given(arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=140)))
def test_unpack_undoes_pack_for_any_number_of_bits(bits):
    assert np.array_equal(codes.unpack(codes.pack(bits), bits.shape[1]), bits)


@few
@given(code_sets(3))
def test_hamming_is_a_metric(sets):
    a, b, c = (bits[0] for bits in sets)
    assert codes.hamming(a, a) == 0
    assert (codes.hamming(a, b) == 0) == np.array_equal(a, b)
    assert codes.hamming(a, b) == codes.hamming(b, a) <= len(a)
    assert codes.hamming(a, c) <= codes.hamming(a, b) + codes.hamming(b, c)


@few
@given(code_sets())
def test_distances_of_codes_are_four_ways_to_say_hamming_and_add_up_over_parts(sets):
    a, b = (bits[0] for bits in sets)
    d, k = codes.hamming(a, b), len(a)
    assert codes.euclidean(a, b) ** 2 == pytest.approx(4 * d)
    assert codes.cosine(a, b) == pytest.approx(2 * d / k)
    assert d == sum(codes.hamming(a[part], b[part]) for part in np.array_split(np.arange(k), 3))
    assert 0 <= codes.jaccard(a, b) <= 1


# Ranking


@few
@given(code_sets(), st.data())
def test_ranking_is_a_stable_argsort_and_follows_a_permutation_of_the_queries(sets, data):
    queries, database = sets
    k = data.draw(st.integers(1, len(database)))
    ids, distances = ranking.rank(queries, database, k)
    table = codes.hamming(queries[:, None], database[None])
    assert np.array_equal(ids, np.argsort(table, axis=1, kind="stable")[:, :k])
    assert np.array_equal(distances, np.take_along_axis(table, ids, axis=1))
    order = data.draw(st.permutations(range(len(queries))))
    assert np.array_equal(ranking.rank(queries[order], database, k)[0], ids[order])
    with pytest.raises(ValueError, match="must be <="):
        ranking.rank(queries, database, len(database) + 1)


# Metrics

divisors = st.sampled_from(metrics.DIVISORS)


@few
@given(labelled(), divisors, st.data())
def test_expected_score_ignores_the_order_of_the_database_and_stays_between_0_and_1(
    sets, divisor, data
):
    queries, query_labels, database, labels = sets
    k = data.draw(st.none() | st.integers(1, len(database)))
    score = metrics.mean_average_precision(*sets, k, divisor)
    order = data.draw(st.permutations(range(len(database))))
    shuffled = (queries, query_labels, database[order], labels[order])
    assert metrics.mean_average_precision(*shuffled, k, divisor) == pytest.approx(score)
    assert 0 <= score <= 1 + 1e-12


@few
@given(labelled(most=5), divisors, st.data())
def test_expected_score_is_the_mean_over_all_orders_of_tied_items(sets, divisor, data):
    queries, query_labels, database, labels = sets
    k = data.draw(st.none() | st.integers(1, len(database)))
    stable = [
        metrics.mean_average_precision(
            queries, query_labels, database[list(p)], labels[list(p)], k, divisor, "stable"
        )
        for p in itertools.permutations(range(len(database)))
    ]
    score = metrics.mean_average_precision(*sets, k, divisor)
    assert score == pytest.approx(np.mean(stable), abs=1e-9)


@few
@given(labelled(), st.integers(1, 12))
def test_the_divisors_keep_their_order(sets, k):
    k = min(k, len(sets[2]))
    retrieved, least, over_all = (
        metrics.mean_average_precision(*sets, k, divisor) for divisor in ("retrieved", "min", "all")
    )
    assert over_all <= least + 1e-12
    assert least <= retrieved + 1e-12


@few
@given(arrays(bool, st.integers(2, 20)), st.data())
def test_a_relevant_item_that_moves_nearer_never_lowers_the_score(relevant, data):
    rank = data.draw(st.integers(1, len(relevant) - 1))
    k = data.draw(st.integers(1, len(relevant)))
    if relevant[rank] and not relevant[rank - 1]:
        nearer = relevant.copy()
        nearer[[rank - 1, rank]] = True, False
        for divisor in ("min", "all"):
            before, after = (
                metrics.average_precision(r, k, divisor, relevant.sum()) for r in (relevant, nearer)
            )
            assert after >= before


# Hash tables

vectors = arrays(np.float64, (12, 3), elements=st.integers(-4, 4).map(float))


@few
@given(vectors, st.integers(1, 6), st.booleans())
def test_a_stored_item_finds_itself_and_votes_count_the_tables_shared(X, n_bits, center):
    index = HashTables(4, n_bits, center=center).fit(X)
    for i, x in enumerate(X):
        shared = (index.codes_.reshape(len(X), 4, n_bits) ==
                  index.codes_[i].reshape(4, n_bits)).all(axis=2).sum(axis=1)  # fmt: skip
        by_votes = index.query(x, k=len(X))
        assert shared[by_votes[0]] == 4 and shared[i] == 4
        assert i in by_votes
        assert np.array_equal(by_votes, np.argsort(-shared, kind="stable")[: (shared > 0).sum()])


@few
@given(vectors, vectors, st.integers(1, 6))
def test_more_tables_and_more_probes_only_add_candidates(X, Q, n_bits):
    index = HashTables(4, n_bits).fit(X)
    for x in Q[:3]:
        by_tables = [set(index.first(n).candidates(x).tolist()) for n in range(1, 5)]
        by_probes = [set(index.candidates(x, p).tolist()) for p in range(n_bits + 1)]
        for found in (by_tables, by_probes):
            assert all(few <= more for few, more in itertools.pairwise(found))


# Records and tables


@few
@given(data=st.data())
def test_a_record_comes_back_from_its_file_and_its_table_has_the_mean_and_sd_of_numpy(
    data, classroom, tmp_path_factory
):
    score = st.floats(0, 1, allow_nan=False)
    settings = [(alpha, k, seed) for alpha in (0.005, 0.01) for k in (8, 12) for seed in range(3)]
    chosen = data.draw(st.permutations(settings))[: data.draw(st.integers(1, len(settings)))]
    out = tmp_path_factory.mktemp("record") / "record.json"
    scores = {}
    for alpha, k, seed in chosen:
        record = Record("table2", classroom, "command", out)  # each time read again, as by a resume
        parameters = {"alpha": alpha, "n_bits": k}
        assert not record.has(parameters, seed)
        value = data.draw(score)
        scores.setdefault((alpha, k), []).append(value)
        record.add({"parameters": parameters, "seed": seed, "metrics": {"min": value}}, 1.0)
        assert record.has(parameters, seed)
    saved = json.loads(out.read_text(encoding="utf-8"))
    assert saved == record.content
    order = [(*cell["parameters"].values(), cell["seed"]) for cell in saved["cells"]]
    assert order == sorted(chosen)
    rows = grids.summary(saved, "min").set_index(["alpha", "n_bits"])
    for setting, values in scores.items():
        sd = np.std(values, ddof=1) if len(values) > 1 else np.nan
        assert rows.loc[setting, "mean"] == pytest.approx(np.mean(values))
        assert rows.loc[setting, "sd"] == pytest.approx(sd, nan_ok=True, abs=1e-12)
        assert rows.loc[setting, "seeds"] == len(values)
