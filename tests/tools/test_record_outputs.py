"""Recorded outputs of chapters 08 and 09: they give the recorded scores; a run can be resumed."""

import json

import numpy as np
import pytest
from filelock import FileLock
from safetensors.numpy import load_file

from tools.record_outputs import N_BITS, SEEDS, VALUES, record, scores
from tools.recording import MODELS

each_setting = pytest.mark.parametrize("setting", VALUES)
each_network = pytest.mark.parametrize(
    ("setting", "value"), [(setting, value) for setting in VALUES for value in VALUES[setting]]
)


def recorded(setting):
    return json.loads((MODELS / f"outputs-{setting}.json").read_text(encoding="utf-8"))


def arrays_of(setting):
    return load_file(MODELS / f"outputs-{setting}.safetensors")


def cell_of(record, setting, value, seed):
    (found,) = (c for c in record["cells"]
                if c["parameters"] == {setting: value} and c["seed"] == seed)  # fmt: skip
    return found


def scores_of(arrays, value, classroom):
    return scores(
        arrays[f"queries/{value}"], classroom.queries.labels,
        arrays[f"database/{value}"], classroom.database.labels,
    )  # fmt: skip


@each_network
def test_recorded_outputs_give_the_recorded_scores(classroom, setting, value):
    found = scores_of(arrays_of(setting), value, classroom)
    wanted = cell_of(recorded(setting), setting, value, 0)["metrics"]
    assert found == pytest.approx(wanted, abs=1e-5)


@each_setting
def test_recorded_outputs_are_float16_for_every_image_and_stay_small(classroom, setting):
    arrays = arrays_of(setting)
    sizes = {"queries": len(classroom.queries), "database": len(classroom.database)}
    wanted = {f"{part}/{v}": (n, N_BITS) for part, n in sizes.items() for v in VALUES[setting]}
    assert {name: array.shape for name, array in arrays.items()} == wanted
    assert {array.dtype for array in arrays.values()} == {np.dtype("float16")}
    assert all(np.isfinite(array).all() for array in arrays.values())
    assert (MODELS / f"outputs-{setting}.safetensors").stat().st_size < 2_000_000


@each_setting
def test_record_holds_every_cell_and_where_it_came_from(classroom, setting):
    record = recorded(setting)
    cells = {(cell["parameters"][setting], cell["seed"]) for cell in record["cells"]}
    assert cells == {(value, seed) for value in VALUES[setting] for seed in SEEDS}
    assert len(record["cells"]) == len(cells)
    assert record["data_sha256"] == classroom.sha256
    assert record["command"].startswith("python -m tools.record_outputs")
    assert set(record["versions"]) >= {"python", "numpy", "torch"}
    assert record["wall_seconds"] > 0


def test_signs_score_as_in_the_record_of_table_2():
    table2 = json.loads(
        (MODELS.parent / "results" / "table2-classroom.json").read_text(encoding="utf-8")
    )
    shared = [c for c in table2["cells"] if c["parameters"]["n_bits"] == N_BITS]
    assert len(shared) == 9
    for cell in shared:
        alpha, seed = cell["parameters"]["alpha"], cell["seed"]
        metrics = cell_of(recorded("alpha"), "alpha", alpha, seed)["metrics"]
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
    first = record("alpha", tmp_path, values=(0.3,), seeds=(0,), epochs=1)["cells"][0]
    both = record("alpha", tmp_path, values=(0.3, 0), seeds=(0,), epochs=1)
    assert len(both["cells"]) == 2
    assert cell_of(both, "alpha", 0.3, 0) == first  # with its seconds: it was not trained again
    arrays = load_file(tmp_path / "outputs-alpha.safetensors")
    assert len(arrays) == 4
    for value in (0.3, 0):
        assert scores_of(arrays, value, classroom) == cell_of(both, "alpha", value, 0)["metrics"]
    assert not list(tmp_path.glob("*.part"))


def test_a_second_run_at_the_same_time_is_refused(tmp_path):
    with (
        FileLock(tmp_path / "outputs-margin.json.lock"),
        pytest.raises(RuntimeError, match="is being written by another run"),
    ):
        record("margin", tmp_path)
