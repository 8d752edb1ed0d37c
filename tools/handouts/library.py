"""The dshlib that a handout runs with: the package and its data in one folder, nothing else."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


def copy_library(folder):
    """Put dshlib with the classroom images into a folder, where `import dshlib` finds both."""
    shutil.copytree(
        ROOT / "dshlib", Path(folder) / "dshlib", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copytree(ROOT / "data" / "classroom", Path(folder) / "dshlib" / "_classroom")


@cache
def library():
    """A copy for the sandboxes of this process, gone with it."""
    folder = tempfile.mkdtemp(prefix="dshlib-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    copy_library(folder)
    return folder
