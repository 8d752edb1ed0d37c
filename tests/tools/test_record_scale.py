"""The record of searches at scale: whole, plausible, and in part measured again."""

import json

import pytest

from dshlib.data import load
from tools import record_scale
from tools.record_scale import MAPS, RESULTS, SEARCHES, SIZES

ROUNDING = 0.002  # a sum that is nearly 0 may have another sign on another processor


@pytest.fixture(scope="module")
def recorded():
    return json.loads((RESULTS / "scale.json").read_text(encoding="utf-8"))


def cell(record, method, items):
    (found,) = (c for c in record["cells"] if c["parameters"] == {"method": method, "items": items})
    return found


def test_record_holds_every_search_at_every_size_and_where_it_came_from(recorded):
    assert len(recorded["cells"]) == (len(SEARCHES) + len(MAPS)) * len(SIZES)
    for items in SIZES:
        for method in SEARCHES:
            assert cell(recorded, method, items)["query_ms"] > 0
    assert recorded["data_sha256"] == load("full").sha256
    assert recorded["command"] == "python -m tools.record_scale"
    assert set(recorded["versions"]) >= {"python", "numpy", "faiss-cpu", "distributed"}
    assert recorded["processor"]


def test_recorded_scans_are_exact_and_no_index_stores_less_than_the_codes(recorded):
    for items in SIZES:
        assert cell(recorded, "scan", items)["metrics"]["recall"] == 1
        assert cell(recorded, "scan, faiss", items)["metrics"]["recall"] == 1
        for method in SEARCHES:
            found = cell(recorded, method, items)
            assert found["peak_mb"] >= found["index_mb"] > 7.5 * items / 1e6
    largest = cell(recorded, "32 tables, 16 bits", SIZES[-1])
    assert largest["index_mb"] == pytest.approx(33 * 8 * SIZES[-1] / 1e6, rel=0.02)


def test_recorded_metrics_of_the_cluster_are_those_of_one_process_bit_for_bit(recorded):
    for items in SIZES:
        alone, shared = (cell(recorded, method, items)["metrics"] for method in MAPS)
        assert alone == shared


@pytest.mark.slow
def test_searches_measured_again_find_what_the_record_says(recorded, tmp_path):
    methods = [method for method in SEARCHES if method != "scan"]
    again = record_scale.record(tmp_path, [*methods, MAPS[0]], SIZES[:1])
    assert len(again["cells"]) == len(methods) + 1
    for found in again["cells"]:
        old = cell(recorded, found["parameters"]["method"], SIZES[0])
        assert found["metrics"] == pytest.approx(old["metrics"], abs=ROUNDING)
