"""Buckets: the demo of chapter 04 finds what `HashTables` finds, at every setting."""

import itertools

import numpy as np
import pytest

from dshcourse.demos.buckets import BITS, PROBES, SAMPLE, TABLES, Buckets
from dshlib.data import CLASS_NAMES
from dshlib.hashers.lsh import HashTables
from dshlib.metrics import average_precision

CENTRINGS = ("off", "on")


@pytest.fixture(scope="module")
def demo(classroom, query_hog, database_hog):
    return Buckets(classroom, query_hog, database_hog)


def built(k, L, centring, database_hog):
    return HashTables(L, k, seed=0, center=centring == "on").fit(database_hog)


@pytest.mark.parametrize("centring", CENTRINGS)
@pytest.mark.parametrize("k", BITS)
def test_candidates_and_order_are_those_of_hash_tables(
    k, centring, demo, query_hog, database_hog, classroom
):
    for L in TABLES:
        tables = built(k, L, centring, database_hog)
        for probes in PROBES:
            examined, nearest, ap = demo.results(k, L, centring, probes)
            for query in (4, 63):
                ids = tables.candidates(query_hog[query], probes)
                assert np.array_equal(demo.candidates(k, L, centring, probes, query), ids)
                assert examined[query] == len(ids)
                best = tables.query(query_hog[query], 10, "euclidean", probes)
                assert np.array_equal(nearest[query], best)
                right = classroom.database.labels[best] == classroom.queries.labels[query]
                assert ap[query] == average_precision(right, 10, "min", n_relevant=10)


def test_every_query_of_the_sample_has_its_own_candidates(demo, query_hog, database_hog):
    for setting in ((6, 2, "off", 4), (12, 4, "on", 2)):
        k, L, centring, probes = setting
        tables = built(k, L, centring, database_hog)
        for query in range(SAMPLE):
            ids = tables.candidates(query_hog[query], probes)
            assert np.array_equal(demo.candidates(*setting, query), ids)


def test_more_tables_and_probes_add_candidates_and_more_bits_take_them_away(demo):
    for k, L, centring, probes in itertools.product(BITS, TABLES, CENTRINGS, PROBES):
        found = demo.found(k, L, centring, probes)
        if L > 1:
            assert not np.any(demo.found(k, L // 2, centring, probes) & ~found)
        if probes > 0:
            assert not np.any(demo.found(k, L, centring, probes // 2) & ~found)
        elif k > 4:
            assert not np.any(found & ~demo.found(k - 2, L, centring, 0))


def test_each_value_draws_and_the_words_have_its_numbers(demo, classroom, query_hog, database_hog):
    pictures = {}
    for at in demo.one_at_a_time():
        strip, alt = demo(**at)
        query, probes = at["query"], at["probes"]
        tables = built(at["k"], at["L"], at["centring"], database_hog)
        n = len(tables.candidates(query_hog[query], probes))
        assert f"query {query}: {n:,} candidates examined ({n / 6000:.1%})" in alt
        ids = tables.query(query_hog[query], 10, "euclidean", probes)
        labels, wanted = classroom.database.labels[ids], classroom.queries.labels[query]
        told = ", ".join(f"{CLASS_NAMES[i]} {'right' if i == wanted else 'wrong'}" for i in labels)
        assert alt.endswith(f"In order: {told}." if told else "nothing is found.")
        pictures[tuple(at.values())] = strip.page
    assert len(set(pictures.values())) == len(pictures) == 7 + 5 + 2 + 4 + 20 - 4


def test_means_are_those_of_the_sample(demo, classroom, query_hog, database_hog):
    tables, scores, examined = built(10, 4, "off", database_hog), [], []
    for x, label in zip(query_hog[:SAMPLE], classroom.queries.labels, strict=False):
        right = classroom.database.labels[tables.query(x, 10, "euclidean", 2)] == label
        scores.append(average_precision(right, 10, "min", n_relevant=10))
        examined.append(len(tables.candidates(x, 2)) / len(database_hog))
    _, alt = demo(k=10, centring="off", probes=2)
    assert f"mean of 64 queries: {np.mean(examined):.1%}, mAP@10 {np.mean(scores):.2f}" in alt


def test_a_query_without_candidates_is_drawn_alone(demo):
    setting = {"k": 16, "L": 1, "probes": 0, "query": 9}
    assert len(demo.candidates(centring="on", **setting)) == 0
    strip, alt = demo(**setting)
    assert alt.endswith("nothing is found.") and strip.page.count("<img") == 1
    assert "0 candidates examined (0.0%), AP@10 0.00" in alt


def test_a_handful_of_images_will_do(first_images, query_hog, database_hog):
    demo = Buckets(first_images(12), query_hog[:12], database_hog[:12])
    assert demo.choices["query"][1] == list(range(12))
    tables = built(4, 2, "on", database_hog[:12])
    assert np.array_equal(demo.candidates(4, 2, "on", 1, 11), tables.candidates(query_hog[11], 1))
