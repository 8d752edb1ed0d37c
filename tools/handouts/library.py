"""The dshlib that a handout runs with: the package and its data in one folder, nothing else."""

import atexit
import gzip
import hashlib
import shutil
import struct
import tempfile
from functools import cache
from pathlib import Path

import numpy as np

from dshlib.data import FILES, SHA256, load

ROOT = Path(__file__).parents[2]


def copy_library(folder):
    """Put dshlib with the classroom images into a folder, where `import dshlib` finds both."""
    shutil.copytree(
        ROOT / "dshlib", Path(folder) / "dshlib", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copytree(ROOT / "data" / "classroom", Path(folder) / "dshlib" / "_classroom")


@cache
def library(without=()):
    """A copy for the sandboxes of this process, gone with it; its images lack some classes."""
    folder = tempfile.mkdtemp(prefix="dshlib-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    copy_library(folder)
    if without:
        leave_out(without, Path(folder) / "dshlib")
    return folder


def leave_out(classes, package):
    """Take classes out of the classroom images of a copy of dshlib, and of its list of digests."""
    whole, text = load("classroom"), (package / "data.py").read_text(encoding="utf-8")
    arrays = []
    for part in (whole.database, whole.queries):
        kept = ~np.isin(part.labels, classes)
        arrays += [part.images[kept], part.labels[kept]]
    for name, digest, array in zip(FILES, SHA256["classroom"], arrays, strict=True):
        header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
        raw = header + array.astype(np.uint8).tobytes()
        (package / "_classroom" / name).write_bytes(gzip.compress(raw))
        text = text.replace(digest, hashlib.sha256(raw).hexdigest())
    (package / "data.py").write_text(text, encoding="utf-8")
