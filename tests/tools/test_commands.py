"""The commands of tools and of the Makefile: what they do, or say, where something was left out."""

import os
import re
import subprocess

import pytest

from tools import run_notebooks
from tools.chapters import ROOT


def test_chapters_and_sliders_are_looked_for_in_one_place_only():
    paths = [*ROOT.glob("tools/**/*.py"), *ROOT.glob("publish/*.py")]
    written = {path: path.read_text(encoding="utf-8") for path in paths}
    for pattern in (r'glob\("[^"/]*\.ipynb"\)', r"widget-view\+json", r"[n^]explore\\?\("):
        places = [path.name for path, text in written.items() if re.search(pattern, text)]
        assert places == ["chapters.py"], pattern


def test_no_notebook_to_run_ends_with_the_usage(capsys):
    with pytest.raises(SystemExit) as ended:
        run_notebooks.main([])
    assert ended.value.code == 2
    assert "usage: python -m tools.run_notebooks" in capsys.readouterr().err


@pytest.mark.parametrize(("words", "said"), [
    (["chapter"], "Say which chapter there is: make chapter N=04"),
    (["chapter", "N=4"], "Say which chapter there is: make chapter N=04"),
    (["grade"], "Say which folder: make grade SUBMISSIONS=..."),
])  # fmt: skip
def test_make_says_what_it_needs_to_be_told(words, said):
    installed = (".venv/installed", ".venv/tools", "chromium", "bubblewrap")
    done = [f"--old-file={name}" for name in installed]
    ended = subprocess.run(["make", *done, *words], cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode != 0
    assert said in ended.stderr.splitlines()


def test_make_lab_starts_also_for_root_as_in_a_container():
    command = ["make", "--dry-run", "--old-file=.venv/installed", "lab"]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert ("--allow-root" in shown) == (os.getuid() == 0)
