"""The recorded outputs of chapter 08: they give the recorded scores, and a run can be resumed."""

import json

import numpy as np
import pytest
from filelock import FileLock
from safetensors.numpy import load_file

from tools.record_outputs import ALPHAS, COMMAND, N_BITS, SEEDS, record, scores
from tools.recording import MODELS

OUTPUTS = MODELS / "outputs-alpha.safetensors"


@pytest.fixture(scope="module")
def recorded():
    return json.loads((MODELS / "outputs-alpha.json").read_text(encoding="utf-8"))


def cell_of(recorded, alpha, seed):
    (found,) = (c for c in recorded["cells"]
                if c["parameters"] == {"alpha": alpha} and c["seed"] == seed)  # fmt: skip
    return found


def scores_of(arrays, alpha, classroom):
    return scores(
        arrays[f"queries/{alpha}"], classroom.queries.labels,
        arrays[f"database/{alpha}"], classroom.database.labels,
    )  # fmt: skip


@pytest.mark.parametrize("alpha", ALPHAS)
def test_recorded_outputs_give_the_recorded_scores(recorded, classroom, alpha):
    found = scores_of(load_file(OUTPUTS), alpha, classroom)
    assert found == pytest.approx(cell_of(recorded, alpha, 0)["metrics"], abs=1e-5)


def test_recorded_outputs_are_float16_for_every_image_and_stay_small(classroom):
    arrays = load_file(OUTPUTS)
    sizes = {"queries": len(classroom.queries), "database": len(classroom.database)}
    wanted = {f"{part}/{alpha}": (n, N_BITS) for part, n in sizes.items() for alpha in ALPHAS}
    assert {name: array.shape for name, array in arrays.items()} == wanted
    assert {array.dtype for array in arrays.values()} == {np.dtype("float16")}
    assert all(np.isfinite(array).all() for array in arrays.values())
    assert OUTPUTS.stat().st_size < 2_000_000


def test_record_holds_every_cell_and_where_it_came_from(recorded, classroom):
    cells = {(cell["parameters"]["alpha"], cell["seed"]) for cell in recorded["cells"]}
    assert cells == {(alpha, seed) for alpha in ALPHAS for seed in SEEDS}
    assert len(recorded["cells"]) == len(cells)
    assert recorded["data_sha256"] == classroom.sha256
    assert recorded["command"] == COMMAND
    assert set(recorded["versions"]) >= {"python", "numpy", "torch"}
    assert recorded["wall_seconds"] > 0


def test_signs_score_as_in_the_record_of_table_2(recorded):
    table2 = json.loads(
        (MODELS.parent / "results" / "table2-classroom.json").read_text(encoding="utf-8")
    )
    shared = [c for c in table2["cells"] if c["parameters"]["n_bits"] == N_BITS]
    assert len(shared) == 9
    for cell in shared:
        metrics = cell_of(recorded, cell["parameters"]["alpha"], cell["seed"])["metrics"]
        for name in ("min", "full"):
            assert metrics[name] == pytest.approx(cell["metrics"][name], abs=0.02)


def test_scores_by_hand():
    labels, outputs = np.array([0, 1, 0]), np.array([[0.5, 1.0], [-1.0, 1.0], [-2.0, 1.0]])
    found = scores(np.array([[-0.1, 1.5]]), np.array([0]), outputs.repeat(4, 0), labels.repeat(4))
    assert found["quantization_gap"] == 0.7
    # nearest four: the first class-0 image, then class 1, then class 0; by sign the others tie
    assert found["real_full"] == pytest.approx(
        (4 + sum((4 + i) / (8 + i) for i in range(1, 5))) / 8
    )
    assert found["full"] < found["real_full"]


@pytest.mark.slow
def test_a_run_is_continued_where_it_stopped(tmp_path, classroom):
    first = record(tmp_path, alphas=(0.3,), seeds=(0,), epochs=1)["cells"][0]
    both = record(tmp_path, alphas=(0.3, 0), seeds=(0,), epochs=1)
    assert len(both["cells"]) == 2
    assert cell_of(both, 0.3, 0) == first  # with its seconds: it was not trained again
    arrays = load_file(tmp_path / "outputs-alpha.safetensors")
    assert len(arrays) == 4
    for alpha in (0.3, 0):
        assert scores_of(arrays, alpha, classroom) == cell_of(both, alpha, 0)["metrics"]
    assert not list(tmp_path.glob("*.part"))


def test_a_second_run_at_the_same_time_is_refused(tmp_path):
    with (
        FileLock(tmp_path / "outputs-alpha.json.lock"),
        pytest.raises(RuntimeError, match="is being written by another run"),
    ):
        record(tmp_path)
