"""Killed in the middle: nothing is half written, and the next run ends as if nothing happened."""

import json
import subprocess
import sys
import time

import pytest

from dshcourse.study import experiments
from dshcourse.study.records import read_arrays

WRITE = """
import sys
from pathlib import Path
import numpy as np
from dshlib import data
from tools.recording import keep
def train(parameters, seed):
    words = "x" * 200_000
    return {str(seed): np.full(200_000, seed % 256, np.uint8)}, {"words": words}
settings = [({}, seed) for seed in range(int(sys.argv[2]))]
print("ready", flush=True)
keep("codes", data.load("classroom"), "command", settings, train, Path(sys.argv[1]))
"""


def start(code, *arguments):
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def wait_for(condition, process, seconds=240):
    deadline = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.01)


def kill(process):
    process.kill()
    process.communicate()


def test_killed_at_any_point_of_writing_record_and_arrays_are_whole_and_go_on(tmp_path):
    out, seen = tmp_path / "codes.json", 0
    for pause in (0, 0.013, 0.029, 0.041):
        process = start(WRITE, tmp_path, 10_000)
        assert process.stdout.readline() == "ready\n"
        size = out.stat().st_size if out.exists() else 0
        wait_for(lambda size=size: out.exists() and out.stat().st_size > size, process)
        time.sleep(pause)
        kill(process)
        seeds = [cell["seed"] for cell in json.loads(out.read_text(encoding="utf-8"))["cells"]]
        arrays = read_arrays(tmp_path / "codes.safetensors")
        assert seeds == list(range(len(seeds))) and len(seeds) > seen
        seen = len(seeds)
        assert {str(seed) for seed in seeds} <= set(arrays)
        assert all((array == int(name) % 256).all() for name, array in arrays.items())
    done = start(WRITE, tmp_path, seen + 1)
    done.communicate()
    assert done.returncode == 0
    assert len(json.loads(out.read_text(encoding="utf-8"))["cells"]) == seen + 1
    assert not list(tmp_path.glob("*.part"))


TRAIN = """
import sys
from dshcourse.study import experiments
from dshlib import data
whole = data.load("classroom")
parts = [data.LabelledImages(part.images[:n], part.labels[:n])
         for part, n in ((whole.database, 200), (whole.queries, 100))]
experiments.data.load = lambda split: data.Dataset(*parts, whole.class_names, split)
experiments.run("table2", seeds=[0], out=sys.argv[1], alpha=[0.005, 0.01, 0.1], n_bits=[8])
"""


@pytest.mark.slow
def test_killed_while_training_a_grid_the_record_ends_as_that_of_an_uninterrupted_run(
    tmp_path, uninterrupted
):
    out = tmp_path / "table2.json"
    process = start(TRAIN, out)
    wait_for(lambda: out.exists() and len(_cells(out)) >= 1, process)
    kill(process)
    saved = _cells(out)
    assert len(saved) < 3
    resumed = start(TRAIN, out)
    resumed.communicate()
    assert resumed.returncode == 0
    assert all(cell in _cells(out) for cell in saved)
    assert _scores(out) == uninterrupted


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    out = tmp_path_factory.mktemp("whole") / "table2.json"
    whole = start(TRAIN, out)
    whole.communicate()
    assert len(_cells(out)) == 3
    return _scores(out)


def _cells(out):
    return json.loads(out.read_text(encoding="utf-8"))["cells"]


def _scores(out):
    return [(cell["parameters"], cell["seed"], cell["metrics"]) for cell in _cells(out)]


def test_the_order_in_which_cells_finish_does_not_show_in_the_record(classroom):
    from dshcourse.study.records import Record

    cells = [{"parameters": {"n_bits": k}, "seed": seed} for k in (8, 12) for seed in (0, 1)]
    for order in (cells, cells[::-1], cells[2:] + cells[:2]):
        record = Record("table2", classroom, "command")
        for cell in order:
            record.add(cell, 1.0)
        assert record.content["cells"] == cells
    assert experiments.GRIDS["table2"]["n_bits"] == (8, 12, 16)
