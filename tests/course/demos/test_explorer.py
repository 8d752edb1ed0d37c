"""The explorer: it shows the recorded scores, and finds what an independent search finds."""

import itertools
import json
import re

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from sklearn.datasets import load_digits
from sklearn.neighbors import NearestNeighbors

from dshcourse.demos import explore
from dshcourse.demos.explorer import ALPHAS, BITS, N_TABLES, SCORINGS, Explorer
from dshcourse.demos.recorded import (
    CLASS_CODE,
    DSH,
    EXACT,
    METHODS,
    RERANKED,
    TABLES,
    VOTES,
    Setting,
)
from dshcourse.demos.searches import Searches
from dshlib import codes, data, dataset_from_arrays, mean_average_precision
from dshlib.hashers.lsh import HashTables, RandomProjection
from dshlib.ranking import rank
from tools.recording import MODELS

RESULTS = MODELS.parent / "results"
NAMES = {"LSH codes": "LSH, HOG", "ITQ": "ITQ, HOG", "SH": "SH, HOG", EXACT: "exact, HOG"}
RANKINGS = {VOTES: "votes", RERANKED: "euclidean"}
QUERIES = range(0, 1000, 97)


@pytest.fixture(scope="module")
def explorer(classroom):
    return Explorer(classroom)


@pytest.fixture(scope="module")
def searches(explorer):
    return explorer.searches(*explorer.loaders)


@pytest.fixture(scope="module", params=["classroom", "full"])
def of_split(request):
    """An explorer of one split, and what was recorded of it."""
    return Explorer(data.load(request.param)), recorded_scores(request.param)


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"] if path.exists() else []


def recorded_scores(split):
    """Metrics by (method, its parameters), read without the explorer."""
    scores = {}
    for cell in read(MODELS / f"codes-{split}.json"):
        scores[tuple(cell["parameters"].values())] = cell["metrics"]
    for cell in read(RESULTS / f"tables-{split}.json"):
        scores[tuple(cell["parameters"].values())] = cell["metrics"]
    for cell in read(RESULTS / f"table3-{split}.json"):
        if cell["parameters"]["method"] == "exact, HOG":
            scores["exact, HOG", 0, 0] = cell["metrics"]
    return scores


def parameters(method, k, L=16, alpha=0.01, centring="on"):
    """What the records call a setting of the explorer."""
    if method in RANKINGS:
        return RANKINGS[method] + (", centred" if centring == "on" else ""), L, k
    if method in (EXACT, CLASS_CODE):
        return NAMES.get(method, method), 0, 0 if method == EXACT else 4
    weight = alpha if method == DSH else 0.01 if method.startswith("DSH") else 0
    return NAMES.get(method, method), weight, k


def shown_scores(explorer, **values):
    """Both scores as a reader sees them in the first row of the table."""
    row = re.search(r"<tbody><tr>.*?</tr>", explorer(**values)[0].page)[0]
    return re.findall(r"<td>(.*?)</td>", row)


def in_digits(metrics, scoring):
    return "not recorded" if metrics is None else f"{metrics[SCORINGS[scoring]]:.3f}"


def test_every_score_that_can_be_shown_is_the_recorded_one(of_split):
    explorer, recorded = of_split
    methods = explorer.choices["left"][1]
    at = [(m, {"k": k}) for m in methods if m not in (*TABLES, DSH) for k in BITS]
    if DSH in methods and "alpha" in explorer.choices:
        alphas = {key[1] for key in recorded if key[0] == DSH}
        at += [(DSH, {"k": k, "alpha": a}) for k in BITS for a in ALPHAS if a in alphas]
    at += [
        (m, {"k": k, "L": L, "centring": c})
        for m in methods if m in TABLES for k in BITS for L in N_TABLES for c in ("on", "off")
    ]  # fmt: skip
    for (method, values), scoring in itertools.product(at, SCORINGS):
        wanted = in_digits(recorded.get(parameters(method, **values)), scoring)
        got = shown_scores(explorer, left=method, right=method, scoring=scoring, **values)
        assert got == [wanted, wanted], (method, values, scoring)


def test_the_method_said_to_be_ahead_has_the_better_recorded_score(of_split):
    explorer, recorded = of_split
    pairs = itertools.combinations(explorer.choices["left"][1], 2)
    for (left, right), k, scoring in itertools.product(pairs, BITS, SCORINGS):
        words = explorer(left=left, right=right, k=k, scoring=scoring)[0].words
        found = [recorded.get(parameters(method, k)) for method in (left, right)]
        if None in found:
            assert words.startswith("No score is recorded of ")
            continue
        scores = [metrics[SCORINGS[scoring]] for metrics in found]
        told = [f"{score:.3f}" for score in scores]
        best = scores.index(max(scores))
        ahead = f"{(left, right)[best]} is ahead: {told[best]} against {told[1 - best]}."
        assert words == (f"Both score {told[0]}." if told[0] == told[1] else ahead)


def test_curves_have_every_recorded_hash_size_and_ring_the_present_one(explorer):
    recorded = recorded_scores("classroom")
    page, alt = explorer(left="ITQ", right=DSH, k=24)
    for method in ("ITQ", DSH):
        found = {k: recorded.get(parameters(method, k)) for k in BITS}
        told = ", ".join(f"{m['min']:.3f} at {k}" for k, m in found.items() if m)
        assert f"{method}: {told or 'none'}" in alt
    n_points = sum(parameters(m, k) in recorded for m in ("ITQ", DSH) for k in BITS)
    assert page.page.count("<g transform") == n_points
    assert page.page.count('r="9"') == sum(parameters(m, 24) in recorded for m in ("ITQ", DSH))


@pytest.mark.parametrize("centring", ["on", "off"])
@pytest.mark.parametrize("L", [1, 16])
@pytest.mark.parametrize("k", [4, 12, 64])
def test_tables_find_what_hash_tables_find(k, L, centring, searches, database_hog, query_hog):
    index = HashTables(L, k, seed=0, center=centring == "on").fit(database_hog)
    sizes = index.bucket_sizes()
    for method, order in RANKINGS.items():
        for query in QUERIES:
            found = searches.search(Setting(method, k, L, centring=centring), query)
            assert np.array_equal(found.ids, index.query(query_hog[query], rank=order))
            assert found.candidates == len(index.candidates(query_hog[query]))
            assert found.in_use == np.mean([len(table) for table in sizes])
            assert found.largest == max(table[0] for table in sizes)


@pytest.mark.parametrize("method", ["ITQ", "DSH, one pair per image", DSH, CLASS_CODE])
def test_codes_find_what_a_stable_hamming_ranking_finds(method, searches):
    recorded, tried = load_file(MODELS / "codes-classroom.safetensors"), 0
    for k, alpha in itertools.product(BITS, ALPHAS if method == DSH else (0.01,)):
        name = "/".join(map(str, parameters(method, k, alpha=alpha)))
        if f"database/{name}" not in recorded:
            continue
        queries, database = recorded[f"queries/{name}"], recorded[f"database/{name}"]
        ids, distances = rank(queries[QUERIES], database, 10)
        for row, query in enumerate(QUERIES):
            found = searches.search(Setting(method, k, alpha=alpha), query)
            assert np.array_equal(found.ids, ids[row])
            assert [int(note.split()[0]) for note in found.notes] == distances[row].tolist()
            own, theirs = found.bits
            assert (own != theirs).sum(axis=1).tolist() == distances[row].tolist()
            assert found.in_use == len(np.unique(database))
        tried += 1
    assert tried or method not in searches.recorded.methods()


def test_lsh_codes_are_those_of_a_random_projection(searches, database_hog):
    if "LSH codes" in searches.recorded.methods():
        _, database = searches.recorded.pair(Setting("LSH codes", 16))
        hasher = RandomProjection(16, 0, center=True).fit(database_hog)
        assert np.mean(codes.pack(hasher.encode(database_hog)) == database) > 0.999


def test_exact_search_finds_the_neighbours_of_scikit_learn(searches, database_hog, query_hog):
    exact = NearestNeighbors(n_neighbors=10, algorithm="brute").fit(database_hog)
    ids = exact.kneighbors(query_hog[QUERIES], return_distance=False)
    found = [searches.search(Setting(EXACT), query).ids for query in QUERIES]
    assert np.array_equal(found, ids)


def test_bytes_count_codes_of_all_tables_and_vectors_where_distances_need_them(searches):
    settings = [Setting(VOTES, 12, 3), Setting(RERANKED, 12, 3), Setting(EXACT), Setting(DSH, 12)]
    found = [searches.search(setting, 0).bytes_per_image for setting in settings]
    assert found == [5, 5 + 576, 576, 2]


def test_bits_that_differ_are_marked(explorer):
    page, _ = explorer(left=EXACT, right="SH", k=64)
    counted = sum(map(int, re.findall(r"(\d+) of 64 bits differ", page.page)))
    assert page.page.count('class="differs"') == counted > 0


def test_right_and_wrong_are_told_by_symbol_frame_and_words(explorer, classroom, searches):
    query = explorer.choices["query"][1][12]
    page, alt = explorer(left=RERANKED, right=RERANKED, query=query)
    ids = searches.search(Setting(RERANKED), query).ids
    is_right = classroom.database.labels[ids] == classroom.queries.labels[query]
    assert 0 < is_right.sum() < 10
    for mark in ('class="right"', "✓", ', right"'):
        assert page.page.count(mark) == 2 * is_right.sum()
    for mark in ('class="wrong"', "✗", ', wrong"'):
        assert page.page.count(mark) == 2 * (~is_right).sum()
    assert f"{is_right.sum()} of 10 are right" in alt


def test_any_result_can_become_the_query_and_does_not_find_itself(explorer):
    sliders = explore(explorer)
    values = re.findall(r'data-choice="query" data-value="(-\d+)"', sliders.shown["html"])
    assert len(values) == 20
    for value in values[::5]:
        sliders._answer("", {"query": value})
        found = re.findall(r'data-value="(-\d+)"', sliders.shown["html"])
        assert value not in found and len(found) == 20
        assert f"image {-1 - int(value)} of the database" in sliders.shown["html"]


def test_every_value_of_each_choice_shows_something_else(explorer):
    for name, (_, values, _) in explorer.choices.items():
        pages = {explorer(**{name: value})[0].page for value in values}
        assert len(pages) == len(values), name


def test_choices_that_are_disabled_change_nothing_and_others_change_something(explorer):
    for left, right in itertools.product((VOTES, DSH, CLASS_CODE, EXACT), repeat=2):
        if not {left, right} <= set(explorer.choices["left"][1]):
            continue
        unused = explorer.unused(**explorer.defaults() | {"left": left, "right": right})
        for name in ("k", "L", "alpha", "centring"):
            values = explorer.choices[name][1]
            found = {explorer(left=left, right=right, **{name: v})[0].page for v in values}
            if name != "k" or CLASS_CODE in (left, right):
                assert (len(found) == 1) == (name in unused), (left, right, name)


def test_time_is_told_in_the_widget_only(explorer):
    assert "time of this search" not in explorer()[0].page
    assert re.search(r"time of this search here.*?\d\.\d ms", explore(explorer).shown["html"])


def test_a_query_without_candidates_is_shown_empty(explorer, searches):
    setting = Setting(VOTES, 64, 1)
    alone = next(q for q in range(1000) if not searches.search(setting, q).candidates)
    page, alt = explorer(left=VOTES, right=DSH, k=64, L=1, query=alone)
    assert "No image shares a bucket with the query." in page.page
    assert "on: No image shares a bucket with the query. DSH" in alt and "0 (0.0%)" in page.page


def test_all_images_show_recorded_codes_and_say_what_is_not_there():
    explorer = Explorer()
    assert "all 60,000" in explorer.choices["images"][1]
    page, alt = explorer(images="all 60,000", left=RERANKED, right=DSH, k=4)
    assert "It needs HOG vectors, which are not stored for these images." in page.page
    score = recorded_scores("full")[DSH, 0.01, 4]["min"]
    assert f"AP@10 out of 10, mean of 10,000 queries: not recorded, {score:.3f}" in alt
    values = explorer.defaults() | {"images": "all 60,000"}
    assert explorer.unused(**values)["alpha"] == "only 0.01 is recorded"
    tables = explorer.unused(**values | {"left": RERANKED})
    assert tables["L"] == tables["centring"] == "these images have no LSH tables"
    assert f"No score is recorded of {RERANKED}." in alt


def test_an_image_that_only_the_larger_data_have_is_no_query_of_the_smaller():
    explorer = Explorer()
    last = -60_000
    assert "query" in explorer.choices
    explorer(images="all 60,000", left=DSH, right=DSH, k=4)
    first = explorer.choices["query"][2]
    assert explorer(query=last)[0].page == explorer(query=first)[0].page


def test_codes_of_your_own_images_are_all_that_is_shown_and_scored_over_all_queries():
    digits = load_digits()
    dataset = dataset_from_arrays(digits.images / 16, digits.target, name="digits")
    rng = np.random.default_rng(0)
    sizes = len(dataset.queries), len(dataset.database)
    given = {
        name: [rng.random((n, n_bits)) < 0.5 for n in sizes]
        for name, n_bits in {"mine": 20, "ITQ": 32}.items()
    }
    explorer = Explorer(dataset, given)
    assert list(explorer.choices) == ["left", "right", "scoring", "query"]
    assert set(explorer.choices["left"][1]) == {"ITQ", "mine"}
    for name in given:
        queries, database = given[name]
        wanted = mean_average_precision(
            queries, dataset.queries.labels, database, dataset.database.labels, k=10
        )
        assert shown_scores(explorer, left=name)[0] == f"{wanted:.3f}"
    with pytest.raises(ValueError, match="codes must have the codes of one method or more"):
        Explorer(dataset)
    with pytest.raises(ValueError, match="got shapes"):
        Explorer(dataset, {"short": (given["mine"][0][:5], given["mine"][1])})


def test_colour_images_with_names_that_look_like_html_are_shown():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (60, 16, 20, 3), dtype=np.uint8)
    names = ("<b>cats</b>", "dogs")
    dataset = dataset_from_arrays(images, np.arange(60) % 2, class_names=names)
    pair = [rng.random((len(part), 8)) < 0.5 for part in (dataset.queries, dataset.database)]
    page, _ = Explorer(dataset, {"a & b": pair})()
    assert "<b>cats" not in page.page and "&lt;b&gt;cats&lt;/b&gt;" in page.page


def test_a_method_that_is_not_recorded_is_left_out(classroom, monkeypatch, tmp_path):
    monkeypatch.setattr("dshlib.places.CHECKOUT_DATA", tmp_path)
    with pytest.raises(ValueError, match="codes must have the codes of one method or more"):
        Explorer(classroom)
    (tmp_path / "models").mkdir()
    record = json.loads((MODELS / "codes-classroom.json").read_text(encoding="utf-8"))
    record["cells"] = [c for c in record["cells"] if c["parameters"]["method"] == DSH]
    (tmp_path / "models" / "codes-classroom.json").write_text(json.dumps(record))
    recorded = load_file(MODELS / "codes-classroom.safetensors")
    some = {key: array for key, array in recorded.items() if f"/{DSH}/" in key}
    save_file(some, tmp_path / "models" / "codes-classroom.safetensors")
    explorer = Explorer(classroom)
    assert explorer.choices["left"][1] == (DSH,)
    assert list(explorer.choices) == ["left", "right", "k", "alpha", "scoring", "query"]


def test_methods_are_shown_in_the_order_of_the_course(explorer):
    shown = explorer.choices["left"][1]
    assert list(shown) == [method for method in METHODS if method in shown]
    assert isinstance(explorer.searches(*explorer.loaders), Searches)
