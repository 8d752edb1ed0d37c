"""Records of experiments: results with everything that is needed to get them again.

A record is a JSON file: the table, command, data hash, versions, processor, wall time, and one
cell for each setting and seed. It is saved after every cell, so an interrupted run keeps them all.
"""

import json
import os
import platform
from importlib.metadata import version
from pathlib import Path

from dshlib.data import write_atomically

PACKAGES = ("numpy", "scipy", "scikit-learn", "scikit-image", "torch")


class Record:
    """The finished cells of one table on one split of the data, kept in a file if out is given.

    Parameters: table; dataset, a dshlib.data.Dataset; command, what a shell runs to get it,
    joined by && to those that began the record; out, path of the JSON file, continued if it is
    there (None: memory only); packages, whose versions are kept.
    Raises ValueError if out holds results of other data, another table or other versions.
    """

    def __init__(self, table, dataset, command, out=None, packages=PACKAGES):
        self.out = None if out is None else Path(out)
        self.content = {
            "table": table,
            "split": dataset.split,
            "data_sha256": dataset.sha256,
            "command": command,
            "versions": {"python": platform.python_version()}
            | {name: version(name) for name in packages},
            "processor": _processor(),
            "wall_seconds": 0.0,
            "cells": [],
        }
        if self.out is not None and self.out.exists():
            self._continue(json.loads(self.out.read_text(encoding="utf-8")))

    def _continue(self, saved):
        for name in ("table", "split", "data_sha256", "versions"):
            if saved.get(name) != self.content[name]:
                raise ValueError(
                    f"out={str(self.out)!r} holds results with {name} {saved.get(name)}, not "
                    f"{self.content[name]}; choose another file, or remove it to start afresh"
                )
        done, command = saved["command"], self.content["command"]
        known = command == done or command in done.split(" && ")
        self.content["command"] = done if known else f"{done} && {command}"
        self.content["wall_seconds"] = saved["wall_seconds"]
        self.content["cells"] = saved["cells"]

    def has(self, parameters, seed):
        """Whether the cell of these parameters and seed is finished."""
        return any(
            cell["parameters"] == parameters and cell["seed"] == seed
            for cell in self.content["cells"]
        )

    def add(self, cell, wall_seconds):
        """Add a finished cell and the wall time spent since the last one, and save."""
        self.content["cells"].append(cell)
        self.content["cells"].sort(key=lambda c: (*c["parameters"].values(), c["seed"]))
        self.content["wall_seconds"] += wall_seconds
        if self.out is not None:
            text = json.dumps(self.content, indent=1) + "\n"
            write_atomically(self.out, text.encode())


def _processor():
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return f"{line.partition(':')[2].strip()}, {os.cpu_count()} processors"
    return f"{platform.processor() or platform.machine()}, {os.cpu_count()} processors"
