"""Recorded codes and models: they give the recorded scores, and a run can be resumed."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file

from dshcourse.study.conventions import code_scores, vector_scores
from dshlib import DSH, codes, data
from tools.record_codes import MODEL_BITS, choices, record
from tools.recording import MODELS

DSH_12 = ("DSH, all pairs", 0.01, 12)


def scores_of(arrays, dataset, method, alpha, n_bits):
    pair = [arrays[f"{part}/{method}/{alpha}/{n_bits}"] for part in ("queries", "database")]
    queries, database = (codes.unpack(part, n_bits) for part in pair) if n_bits else pair
    score = code_scores if n_bits else vector_scores
    return score(queries, dataset.queries.labels, database, dataset.database.labels)


@pytest.mark.parametrize("split", data.SHA256)
def test_recorded_codes_give_the_recorded_scores(split):
    dataset = data.load(split)
    recorded = json.loads((MODELS / f"codes-{split}.json").read_text(encoding="utf-8"))
    arrays = load_file(MODELS / f"codes-{split}.safetensors")
    assert recorded["data_sha256"] == dataset.sha256
    settings = [tuple(cell["parameters"].values()) for cell in recorded["cells"]]
    assert sorted(settings) == sorted(choices(split))
    assert len(arrays) == 2 * len(settings)
    for cell in recorded["cells"]:
        if split == "classroom" or cell["parameters"]["n_bits"] <= 16:  # else half a minute each
            found = scores_of(arrays, dataset, **cell["parameters"])
            assert found == pytest.approx(cell["metrics"], abs=1e-5)


@pytest.mark.parametrize("n_bits", MODEL_BITS)
def test_a_model_that_comes_with_the_course_gives_the_recorded_codes(full, n_bits):
    hasher = DSH.load(MODELS / f"dsh-{n_bits}.safetensors")
    assert hasher.n_bits == n_bits and list(hasher.classes_) == list(range(10))
    arrays = load_file(MODELS / "codes-full.safetensors")
    recorded = codes.unpack(arrays[f"queries/DSH, all pairs/0.01/{n_bits}"], n_bits)
    some = slice(1000)  # processors round differently, so a bit in a thousand may differ
    assert np.mean(hasher.encode(full.queries.images[some]) != recorded[some]) < 0.002


@pytest.mark.slow
def test_a_run_is_continued_where_it_stopped(tmp_path, classroom):
    first = record("classroom", tmp_path, settings=[DSH_12], epochs=1)["cells"]
    both = record("classroom", tmp_path, settings=[DSH_12, ("LSH, HOG", 0, 8)], epochs=1)["cells"]
    assert both[0] == first[0] and len(both) == 2
    arrays = load_file(tmp_path / "codes-classroom.safetensors")
    assert scores_of(arrays, classroom, *DSH_12) == both[0]["metrics"]
