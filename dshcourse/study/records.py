"""Records of experiments: results with everything that is needed to get them again.

A record is a JSON file: the table, command, data hash, versions, processor, wall time, and one
cell for each setting and seed. It is saved after every cell, so an interrupted run keeps them all.
"""

import json
import math
import os
import platform
import re
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from filelock import FileLock, Timeout
from safetensors import SafetensorError
from safetensors.numpy import load_file

from dshlib.data import write_atomically
from dshlib.places import how_to_mend, shipped

PACKAGES = ("numpy", "scipy", "scikit-learn", "scikit-image", "torch")


class Record:
    """The finished cells of one table on one split of the data, kept in a file if out is given.

    Parameters: table; dataset, a dshlib.data.Dataset; command, what a shell runs to get it; out,
    path of the JSON file, continued if it is there (None: memory only); packages, whose versions
    are kept. A record that is continued by another command, or on another processor, keeps both,
    joined by &&.
    Raises ValueError if out holds results of other data, another table or other versions, or is
    no record.
    """

    def __init__(self, table, dataset, command, out=None, packages=PACKAGES):
        self.out = None if out is None else Path(out)
        self.content = {
            "table": table,
            "split": dataset.name,
            "data_sha256": dataset.sha256,
            "command": command,
            "versions": {"python": platform.python_version()}
            | {name: version(name) for name in packages},
            "processor": _processor(),
            "wall_seconds": 0.0,
            "cells": [],
        }
        if self.out is not None and self.out.exists():
            self._continue(self._saved())

    def _saved(self):
        try:
            return _read(self.out)
        except ValueError as error:
            raise ValueError(
                f"out={error}; choose another file, or remove it to start afresh"
            ) from error

    def _continue(self, saved):
        for name in ("table", "split", "data_sha256", "versions"):
            if saved.get(name) != self.content[name]:
                raise ValueError(
                    f"out={str(self.out)!r} holds results with {name} {saved.get(name)}, not "
                    f"{self.content[name]}; choose another file, or remove it to start afresh"
                )
        for name in ("command", "processor"):
            done, now = saved[name], self.content[name]
            known = now == done or now in done.split(" && ")
            self.content[name] = done if known else f"{done} && {now}"
        self.content["wall_seconds"] = saved["wall_seconds"]
        self.content["cells"] = saved["cells"]

    def has(self, parameters, seed):
        """Whether the cell of these parameters and seed is finished."""
        return any(
            cell["parameters"] == parameters and cell["seed"] == seed
            for cell in self.content["cells"]
        )

    def add(self, cell, wall_seconds):
        """Add a finished cell and the wall time spent since the last one, and save.

        Raises ValueError or TypeError, and adds nothing, if the cell holds what JSON cannot, such
        as NaN; OSError if the file cannot be written, which the next call tries again.
        """
        cells = sorted([*self.content["cells"], cell], key=_place)
        wall_seconds += self.content["wall_seconds"]
        content = self.content | {"wall_seconds": wall_seconds, "cells": cells}
        text = json.dumps(content, indent=1, allow_nan=False) + "\n"
        self.content.update(content)
        if self.out is not None:
            write_atomically(self.out, text.encode())


def load_recorded(name):
    """What the course measured: a record as a dict, or arrays in a dict by name. Chapters 06 to 11.

    Parameters: name, of a file in data/results or data/models, a record (.json) or the arrays of
    one (.safetensors). Raises FileNotFoundError if it is in neither, ValueError if it is damaged;
    the message says what to do.
    """
    folders = [shipped("results"), shipped("models")]
    there = {path.name: path for folder in folders for path in folder.glob("*.*")}
    if name not in there:
        listed = ", ".join(sorted(there)) or "nothing"
        mend = how_to_mend(*folders)
        raise FileNotFoundError(f"name={name!r} is not among what was recorded: {listed}. {mend}")
    path = there[name]
    try:
        return read_arrays(path) if path.suffix == ".safetensors" else _read(path)
    except ValueError as error:
        raise ValueError(f"{error}. {how_to_mend(path.parent)}") from error


@contextmanager
def open_record(table, dataset, command, out=None, packages=PACKAGES):
    """A Record, for the block that follows; nobody else can open its file meanwhile.

    Parameters are those of `Record`. Raises RuntimeError if the file is open for another run.
    """
    if out is None:
        yield Record(table, dataset, command, out, packages)
        return
    if Path(out).is_dir():
        raise ValueError(f"out={str(out)!r} is a folder, but it must be a file")
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(f"{out}.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise RuntimeError(f"out={str(out)!r} is being written by another run") from None
    try:
        yield Record(table, dataset, command, out, packages)
    finally:
        lock.release()


def _read(path):
    """The content of a record's file, or a ValueError that says what is wrong with it."""
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
        whole = all(isinstance(saved[name], str) for name in ("command", "processor"))
        whole &= saved["wall_seconds"] >= 0
        whole &= all(_is_cell(cell) for cell in saved["cells"])
        saved["cells"].sort(key=_place)
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        whole, reason = False, f": {error!r}"
    else:
        reason = ""
    if not whole:
        raise ValueError(f"{str(path)!r} is no record, or a damaged one{reason}")
    return saved


def _is_cell(cell):
    """Whether a cell has parameters, a seed, and no scores but finite numbers."""
    scores = cell.get("metrics", {}).values()
    return (
        isinstance(cell["parameters"], dict)
        and type(cell["seed"]) is int
        and all(type(score) in (int, float) and math.isfinite(score) for score in scores)
    )


def _place(cell):
    return (*cell["parameters"].values(), cell["seed"])


def read_arrays(path):
    """The arrays of a safetensors file by name: a dict. Raises ValueError if it is anything else.

    Such a file holds numbers only. One that is made to run code when it is read is refused.
    """
    try:
        return load_file(path)
    except SafetensorError as error:
        raise ValueError(
            f"{str(path)!r} is no safetensors file, or a damaged one: {error}"
        ) from error


def _processor():
    """Model and number of the processors, and what decides whether training uses bfloat16."""
    model, cpuinfo = platform.processor() or platform.machine(), Path("/proc/cpuinfo")
    cpu_text = cpuinfo.read_text(encoding="utf-8") if cpuinfo.exists() else ""
    if named := re.search(r"^model name\s*: (.*)$", cpu_text, re.MULTILINE):
        model = named[1].strip()
    with_bfloat16 = ", bfloat16" if "avx512_bf16" in cpu_text or "amx_bf16" in cpu_text else ""
    forced = os.environ.get("DSHLIB_BFLOAT16")
    forced = f", DSHLIB_BFLOAT16={forced}" if forced else ""
    return f"{model}, {os.cpu_count()} processors{with_bfloat16}{forced}"
