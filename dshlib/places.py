"""Where the files that come with the course are: in the checkout, or in the installed package."""

import os
from pathlib import Path

HERE = Path(__file__).resolve().parent
CHECKOUT_DATA = HERE.parent / "data"


def shipped(name):
    """The folder "classroom", "results" or "models" that comes with the course.

    A wheel holds it as dshlib/_NAME, which no checkout has: there it is data/NAME.
    """
    installed = HERE / f"_{name}"
    return installed if installed.is_dir() else CHECKOUT_DATA / name


def data_root():
    """The folder for classroom/ and full/: DSHLIB_DATA, else data/ of a checkout, else a cache."""
    if chosen := os.environ.get("DSHLIB_DATA"):
        return Path(chosen).expanduser()
    if (CHECKOUT_DATA / "classroom").is_dir():
        return CHECKOUT_DATA
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "dshlib")


def how_to_mend(folder, *others):
    """What to do about missing or damaged files in folders of one parent: a sentence."""
    parent = folder.parent.resolve()
    if parent == CHECKOUT_DATA:
        names = " ".join(f"data/{each.name}" for each in (folder, *others))
        return f"Put it back with `git checkout -- {names}`, or from a new copy of the course."
    if parent == HERE:
        return "Install dshlib again, with pip's --force-reinstall --no-deps."
    return (
        f"Delete {folder}, or choose another root by DSHLIB_DATA or root=: where that has no "
        f"{folder.name}/, the copy that comes with the course is read."
    )
