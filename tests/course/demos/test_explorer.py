"""The retrieval explorer: each method finds what an independent search finds, and says its cost."""

import itertools
import re

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from sklearn.neighbors import NearestNeighbors

from dshcourse.demos import explore
from dshcourse.demos.explorer import (
    ALPHAS,
    BITS,
    LEARNED,
    N_QUERIES,
    NOT_LEARNED,
    TABLES,
    VOTES,
    Explorer,
)
from dshcourse.figures import as_png
from dshlib import codes
from dshlib.hashers.lsh import HashTables, RandomProjection
from dshlib.metrics import average_precision
from dshlib.ranking import rank
from tools.recording import MODELS

SETTINGS = list(itertools.product((*NOT_LEARNED, *LEARNED), BITS, TABLES, ALPHAS))


@pytest.fixture(scope="module")
def explorer(classroom):
    return Explorer(classroom)


@pytest.mark.parametrize("L", [1, 4, 16])
@pytest.mark.parametrize("k", BITS)
def test_tables_find_what_an_index_of_so_many_tables_finds(k, L, explorer, database_hog, query_hog):
    index = HashTables(L, k, seed=0, center=True).fit(database_hog)
    for method, order in zip(NOT_LEARNED, ("votes", "euclidean"), strict=False):
        for query in range(0, N_QUERIES, 7):
            x = query_hog[query]
            found = explorer.search(method, k, L, 0.01, query)
            assert np.array_equal(found, index.query(x, rank=order))
            assert explorer.touched(method, k, L, query) == len(index.candidates(x))


@pytest.mark.parametrize("k", BITS)
def test_codes_find_what_a_stable_hamming_ranking_finds(k, explorer, database_hog, query_hog):
    hasher = RandomProjection(k, (0, 0), center=True).fit(database_hog)
    pair = hasher.encode(query_hog[:N_QUERIES]), hasher.encode(database_hog)
    for got, wanted in zip(explorer.codes("LSH codes", k, 0.01), pair, strict=True):
        assert np.array_equal(got, codes.pack(wanted))
    learned = [(method, 0.01) for method in LEARNED]
    for method, alpha in [("LSH codes", 0.01), ("DSH", 0.005), *learned]:
        ids, _ = rank(*explorer.codes(method, k, alpha), 10)
        found = [explorer.search(method, k, 1, alpha, query) for query in range(N_QUERIES)]
        assert np.array_equal(found, ids)


def test_exact_search_finds_the_neighbours_of_scikit_learn(explorer, database_hog, query_hog):
    exact = NearestNeighbors(n_neighbors=10, algorithm="brute").fit(database_hog)
    ids = exact.kneighbors(query_hog[:N_QUERIES], return_distance=False)
    found = [explorer.search("exact search", 8, 1, 0.01, query) for query in range(N_QUERIES)]
    assert np.array_equal(found, ids)


@pytest.mark.parametrize("method", ["LSH tables, votes", "LSH tables, re-ranked", "exact search"])
def test_score_is_the_mean_over_the_lists_that_are_shown(method, explorer, classroom):
    for k, L in ((8, 16), (16, 2)):
        scores = []
        for query in range(N_QUERIES):
            ids = explorer.search(method, k, L, 0.01, query)
            right = classroom.database.labels[ids] == classroom.queries.labels[query]
            scores.append(average_precision(right, 10, "min", n_relevant=600))
        assert explorer.score(method, k, L, 0.01) == pytest.approx(np.mean(scores))


def test_every_setting_has_a_score_and_labels_beat_chance_and_random_bits(explorer):
    scores = {setting: explorer.score(*setting) for setting in SETTINGS}
    assert all(0 < score <= 1 for score in scores.values())
    for k, alpha in itertools.product(BITS, ALPHAS):
        for method in ("CNNH", "DSH", "DSH, deep network"):
            assert scores[method, k, 1, alpha] > scores["exact search", k, 1, alpha] + 0.1
        assert scores["exact search", k, 1, alpha] > scores["LSH codes", k, 1, alpha] + 0.1


def test_bytes_count_codes_of_all_tables_and_vectors_where_distances_need_them(explorer):
    assert explorer.bytes_per_image("LSH tables, votes", 12, 3) == 5
    assert explorer.bytes_per_image("LSH tables, re-ranked", 12, 3) == 5 + 576
    assert explorer.bytes_per_image("exact search", 12, 3) == 576
    assert (
        explorer.bytes_per_image("DSH", 12, 3) == explorer.bytes_per_image("LSH codes", 12, 3) == 2
    )


@pytest.mark.parametrize("name", ["method", "k", "L", "query"])
def test_every_value_of_a_choice_draws_and_is_told(name, explorer):
    pictures = set()
    for value in explorer.choices[name][1][:12]:
        figure, alt = explorer(**{name: value})
        pictures.add(as_png(figure))
        assert "of 6,000 images touched" in alt and "classroom data" in alt
    assert len(pictures) == len(explorer.choices[name][1][:12])


def test_alpha_matters_to_dsh_alone(explorer):
    def drawn(method, alpha):
        return as_png(explorer(method=method, alpha=alpha)[0])

    assert drawn("DSH", 0.005) != drawn("DSH", 0.01)
    for method in ("LSH codes", "CNNH"):
        assert drawn(method, 0.005) == drawn(method, 0.01)


def test_a_query_without_candidates_is_shown_empty_and_scores_nothing(explorer):
    alone = next(q for q in range(N_QUERIES) if not explorer.touched(VOTES, 16, 1, q))
    _, alt = explorer(method=VOTES, k=16, L=1, query=alone)
    assert "AP@10 0.00" in alt and "0.0% of 6,000 images touched" in alt and "0 of 0" in alt


def test_time_is_told_only_when_asked_for(explorer):
    values = explorer.defaults()
    told = explorer.timed(**values)[1]
    assert re.search(r"Found in \d+\.\d ms when this picture was drawn\.$", told)
    assert "Found in" not in explorer(**values)[1]


def test_time_shown_at_a_setting_seen_before_is_said_to_be_that_of_its_picture(explorer):
    def draw(query):
        return explorer.timed(**explorer.defaults() | {"query": query})

    row, _, words = explore(draw, query=("query", [0, 1], 0)).children
    slider = row.children[1]
    at_first = words.value
    for slider.value in (1, 0):
        pass
    assert words.value == at_first and "when this picture was drawn." in at_first


def test_a_method_whose_codes_were_not_all_recorded_is_left_out(classroom, monkeypatch, tmp_path):
    monkeypatch.setattr("dshlib.places.CHECKOUT_DATA", tmp_path)
    assert Explorer(classroom).choices["method"][1] == NOT_LEARNED
    recorded = load_file(MODELS / "codes-classroom.safetensors")
    some = {key: array for key, array in recorded.items() if "ITQ" in key or "CNNH/0/8" in key}
    (tmp_path / "models").mkdir()
    save_file(some, tmp_path / "models" / "codes-classroom.safetensors")
    assert Explorer(classroom).choices["method"][1] == (*NOT_LEARNED, "ITQ")
