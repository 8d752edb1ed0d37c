"""A full disk and a read-only folder: a clear error, what was there stays, no half of a file."""

import nbformat
import pytest

SOURCE = """
import json, os, sys
from pathlib import Path
from dshlib import data
folder = Path(sys.argv[1])
def names():
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith("lock"))
"""

LOAD = """
whole = Path(sys.argv[2])
data.DEBIAN_FOLDER = data.Path("/not-here")
arrays, _ = data._examine(whole, "full")
data._download = lambda *_: {name: ((whole / name).read_bytes(), arrays[name]) for name in arrays}
(folder / "full").mkdir()
good, bad = data.FILES[3], data.FILES[1]
(folder / "full" / good).write_bytes((whole / good).read_bytes())
(folder / "full" / bad).write_bytes(b"damaged")
try:
    data.load("full", folder)
except data.DataError as error:
    print(error)
folder = folder / "full"
print(names() == sorted([good, bad]), (folder / bad).read_bytes())
"""


def test_full_data_that_do_not_fit_leave_what_was_there(on_a_small_disk, full):
    message, kept = on_a_small_disk(SOURCE + LOAD, full.folder).splitlines()
    assert message.startswith("Cannot keep the full data in ")
    assert "DSHLIB_DATA or root=" in message
    assert "No space left" in message or "too large" in message
    assert kept == "True b'damaged'"


RECORD = """
from dshcourse.study.records import Record
out = folder / "record.json"
record = Record("table1", data.load("classroom"), "command", out)
def cell(seed):
    return {"parameters": {"n_bits": 8}, "seed": seed, "words": "x" * 300_000}
record.add(cell(0), 1.0)
record.add(cell(1), 1.0)
before = out.read_bytes()
for _ in range(2):
    try:
        record.add(cell(2 + _), 1.0)
    except OSError as error:
        print(error)
print(out.read_bytes() == before, names())
for entry in record.content["cells"]:
    entry["words"] = ""
record.add({"parameters": {"n_bits": 8}, "seed": 4, "words": ""}, 1.0)
print([entry["seed"] for entry in json.loads(out.read_text())["cells"]], names())
"""


def test_a_record_on_a_full_disk_stays_as_it_was_and_the_next_write_loses_no_cell(on_a_small_disk):
    *message, kept, after = on_a_small_disk(SOURCE + RECORD).splitlines()
    assert len(message) == 2
    assert all("No space left" in line or "too large" in line for line in message)
    assert kept == "True ['record.json']"
    assert after == "[0, 1, 2, 3, 4] ['record.json']"


CODES = """
import numpy as np
from tools import record_codes, recording
def learn(bytes_of):
    def cell(hasher, dataset, method, alpha, n_bits):
        return {f"{method}/{n_bits}": np.zeros(bytes_of[n_bits], np.uint8)}, {"metrics": {}}
    return cell
def record(bytes_of):
    record_codes.cell = learn(bytes_of)
    return record_codes.record("classroom", folder, settings=[("ITQ, HOG", 0, k) for k in (8, 12)])
def state():
    kept = json.loads((folder / "codes-classroom.json").read_text())["cells"]
    arrays = recording.read_arrays(folder / "codes-classroom.safetensors")
    return [c["parameters"]["n_bits"] for c in kept], sorted(map(len, arrays.values())), names()
try:
    record({8: 300_000, 12: 2_000_000})
except OSError as error:
    print(error)
print(*state())
record({12: 100_000})
print(*state())
"""


@pytest.mark.slow
def test_codes_that_do_not_fit_leave_those_recorded_before_and_the_run_goes_on(on_a_small_disk):
    message, kept, after = on_a_small_disk(SOURCE + CODES).splitlines()
    assert "No space left" in message or "too large" in message
    both = "['codes-classroom.json', 'codes-classroom.safetensors']"
    assert kept == f"[8] [300000] {both}"
    assert after == f"[8, 12] [100000, 300000] {both}"


NOTEBOOK = """
from tools import run_notebooks
path = folder / "chapter.ipynb"
path.write_text(sys.argv[2])
try:
    run_notebooks.run(path)
except OSError as error:
    print(error)
print(path.read_text() == sys.argv[2], names())
"""


@pytest.mark.slow
def test_a_chapter_whose_outputs_do_not_fit_stays_as_it_was(on_a_small_disk):
    cells = [nbformat.v4.new_code_cell("print(('x' * 99 + chr(10)) * 30_000)")]
    notebook = nbformat.writes(nbformat.v4.new_notebook(cells=cells))
    message, kept = on_a_small_disk(SOURCE + NOTEBOOK, notebook).splitlines()
    assert "No space left" in message or "too large" in message
    assert kept == "True ['chapter.ipynb']"


READ_ONLY = """
from dshcourse.study import experiments
from dshcourse.study.records import Record
from tools import recording
dataset = data.load("classroom", folder)
print(dataset.folder == folder / "classroom")
def attempt(write):
    try:
        write()
    except OSError as error:
        print(type(error).__name__, error)
attempt(lambda: Record("table1", dataset, "c", folder / "old.json").add(
    {"parameters": {}, "seed": 0}, 1.0))
experiments._measure_missing = lambda *_: print("measured although nothing can be kept")
attempt(lambda: experiments.run("table1", out=folder / "new.json"))
attempt(lambda: recording.keep("codes", dataset, "c", [({}, 0)], lambda *_: print("no"), folder))
print(names(), (folder / "old.json").read_text() == sys.argv[2])
"""


def test_a_read_only_folder_is_read_and_refused_before_anything_is_measured(read_only, classroom):
    from dshcourse.study.records import Record

    folder, run = read_only
    (folder / "classroom").mkdir()
    for path in classroom.folder.iterdir():
        (folder / "classroom" / path.name).write_bytes(path.read_bytes())
    Record("table1", classroom, "c", folder / "old.json").add({"parameters": {}, "seed": 1}, 1.0)
    old = (folder / "old.json").read_text(encoding="utf-8")
    read, *refused, kept = run(SOURCE + READ_ONLY, old).splitlines()
    assert read == "True"
    assert len(refused) == 3
    for line, name in zip(refused, ("old.json", "new.json", "codes.json"), strict=True):
        assert "Read-only" in line or "denied" in line
        assert name in line
    assert kept == "['classroom', 'old.json'] True"
