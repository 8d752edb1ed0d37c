"""The data of the web explorer are those of the course; no browser."""

import json
import re

import numpy as np
import onnx
import pytest
from PIL import Image

from dshcourse.demos.explorer import BITS, Explorer
from dshcourse.demos.recorded import EXACT, TABLES, Recorded, Setting
from dshlib import mean_average_precision, unpack
from dshlib.codes import binarize
from publish import build_web


@pytest.fixture(scope="module")
def index(web):
    return json.loads((web / "data" / "index.json").read_text(encoding="utf-8"))


def unpacked(path, n_bits):
    rows = np.fromfile(path, np.uint8).reshape(-1, -(-n_bits // 8))
    return unpack(rows, n_bits)


def tiles(path):
    sheet = np.asarray(Image.open(path).convert("L"))
    rows = sheet.reshape(sheet.shape[0] // 28, 28, build_web.COLUMNS, 28).swapaxes(1, 2)
    return 255 - rows.reshape(-1, 28, 28)


def test_methods_are_those_of_the_explorer_that_have_codes_and_sizes_are_its_sizes(index):
    names = [method["name"] for method in index["methods"]]
    assert names == [m for m in Explorer().choices["left"][1] if m not in (*TABLES, EXACT)]
    assert set(index["rows"]) < set(names)
    assert index["sizes"] == list(BITS)
    assert index["first"]["beside"] in {method["slug"] for method in index["methods"]}


def test_codes_are_the_recorded_ones_of_database_and_chosen_queries(web, index):
    recorded = Recorded("classroom")
    for method in index["methods"]:
        for k in map(int, method["scores"]):
            pair = recorded.pair(Setting(method["name"], k))
            queries, database = (unpack(codes, k) for codes in pair)
            wanted = np.concatenate([database, queries[index["queries"]]])
            path = web / "data" / f"{method['slug']}-{k}.bin"
            np.testing.assert_array_equal(unpacked(path, k), wanted, path.name)


def test_scores_are_the_means_over_all_queries_that_dshlib_computes(index, classroom):
    recorded = Recorded("classroom")
    for method in index["methods"]:
        for k, score in method["scores"].items():
            queries, database = recorded.pair(Setting(method["name"], int(k)))
            labels = classroom.queries.labels, classroom.database.labels
            computed = mean_average_precision(queries, labels[0], database, labels[1], k=10)
            assert score == pytest.approx(computed, abs=1e-6)


def test_labels_and_queries_are_those_of_the_split_with_ten_queries_of_each_class(index, classroom):
    assert list(map(int, index["labels"])) == classroom.database.labels.tolist()
    labels = classroom.queries.labels[index["queries"]]
    assert index["queryLabels"] == labels.tolist()
    assert np.bincount(labels).tolist() == [10] * 10
    assert sorted(labels[:10]) == list(range(10))
    assert index["first"]["query"] in index["queries"]


def test_pictures_of_queries_are_exact_and_those_of_the_database_nearly(web, index, classroom):
    queries, shown = index["queries"], index["shown"]
    first = tiles(web / "data" / "first.webp")
    exact = np.concatenate([classroom.queries.images[queries], classroom.database.images[shown]])
    np.testing.assert_array_equal(first[: len(exact)], exact)
    for number in range(6):
        found = tiles(web / "data" / f"images-{number}.webp").astype(float)
        errors = np.abs(found - classroom.database.images[1000 * number : 1000 * (number + 1)])
        assert errors.mean() < 10


def test_what_the_page_needs_first_is_small_and_is_what_it_preloads(web, index):
    page = (web / "index.html").read_text(encoding="utf-8")
    needed = json.loads(re.search(r"Object\.entries\((.*)\)\)", page)[1])
    preloaded = [name for names in needed.values() for name in names]
    assert sum((web / name).stat().st_size for name in preloaded) < 200_000
    first = {f"data/{build_web.slug(name)}-12.bin" for name in (*index["rows"], "SH")}
    assert first < set(preloaded)


def test_network_is_of_the_fixed_opset_takes_any_number_of_images_and_has_its_codes(web, classroom):
    model = onnx.load(web / "network" / "network.onnx")
    assert model.opset_import[0].version == build_web.OPSET
    shape = model.graph.input[0].type.tensor_type.shape.dim
    assert [dim.dim_param or dim.dim_value for dim in shape][1:] == [1, 28, 28]
    assert shape[0].dim_param
    outputs = build_web.shipped_network().outputs(classroom.database.images)
    found = unpacked(web / "network" / "codes.bin", outputs.shape[1])
    sure = np.abs(outputs) > 1e-3  # rounding decides the others
    np.testing.assert_array_equal(found[sure], binarize(outputs)[sure])


def test_a_page_elsewhere_can_take_the_explorer_in():
    part = build_web.page("explorer.html", base="_static/web/")
    assert "<html" not in part and 'class="explorer"' in part
    addresses = re.findall(r'(?:href=|src=|href: |URL\()"(.*?)"', part)
    assert len(addresses) == 3
    assert all(address.startswith("_static/web/") for address in addresses)


def test_without_npms_files_the_error_says_how_to_fetch_them(monkeypatch, tmp_path):
    monkeypatch.setattr(build_web, "ORT", tmp_path / "gone")
    with pytest.raises(FileNotFoundError, match=r"gone is not there: `make site` fetches it"):
        build_web.build(tmp_path / "web")
    assert not (tmp_path / "web").exists()
