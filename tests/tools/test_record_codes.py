"""The recorded codes of the explorer: they give the recorded scores, and a run can be resumed."""

import json

import pytest
from safetensors.numpy import load_file

from dshcourse.study.conventions import code_scores, vector_scores
from dshcourse.study.grids import BITS
from dshlib import codes, data
from tools.record_codes import CHOICES, EPOCHS, record
from tools.recording import MODELS


def scores_of(arrays, dataset, method, alpha, n_bits):
    pair = [arrays[f"{part}/{method}/{alpha}/{n_bits}"] for part in ("queries", "database")]
    queries, database = (codes.unpack(part, n_bits) for part in pair) if n_bits else pair
    score = code_scores if n_bits else vector_scores
    return score(queries, dataset.queries.labels, database, dataset.database.labels)


@pytest.mark.parametrize("split", EPOCHS)
def test_recorded_codes_give_the_recorded_scores(split):
    dataset = data.load(split)
    recorded = json.loads((MODELS / f"codes-{split}.json").read_text(encoding="utf-8"))
    arrays = load_file(MODELS / f"codes-{split}.safetensors")
    assert recorded["data_sha256"] == dataset.sha256
    settings = [tuple(cell["parameters"].values()) for cell in recorded["cells"]]
    wanted = {(*choice, k) for choice in CHOICES for k in BITS}
    assert set(settings) == wanted if split == "classroom" else set(settings) <= wanted
    assert {method for method, *_ in settings} >= {"DSH, all pairs"}
    assert len(set(settings)) == len(settings)
    assert len(arrays) == 2 * len(settings)
    for cell in recorded["cells"]:
        found = scores_of(arrays, dataset, **cell["parameters"])
        assert found == pytest.approx(cell["metrics"], abs=1e-5)
        assert cell["epochs"] == EPOCHS[split]


@pytest.mark.slow
def test_a_run_is_continued_where_it_stopped(tmp_path, classroom):
    settings = {"choices": [("DSH, all pairs", 0.01)], "epochs": 1}
    first = record("classroom", tmp_path, bits=(8,), **settings)["cells"]
    both = record("classroom", tmp_path, bits=(8, 12), **settings)["cells"]
    assert both[0] == first[0] and len(both) == 2
    arrays = load_file(tmp_path / "codes-classroom.safetensors")
    assert scores_of(arrays, classroom, "DSH, all pairs", 0.01, 8) == both[0]["metrics"]
