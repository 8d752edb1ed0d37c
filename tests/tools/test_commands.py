"""The commands of tools and of the Makefile: what they do, or say, where something was left out."""

import os
import re
import subprocess
import sys

import pytest

from tools import run_notebooks, site, slides
from tools.chapters import CHAPTERS, ROOT


def test_chapters_and_sliders_are_looked_for_in_one_place_only():
    written = {path: path.read_text(encoding="utf-8") for path in ROOT.glob("tools/**/*.py")}
    for pattern in (r'glob\("\*\.ipynb"\)', r"widget-view\+json", r"[n^]explore\\?\("):
        places = [path.name for path, text in written.items() if re.search(pattern, text)]
        assert places == ["chapters.py"], pattern
    assert slides.CHAPTERS is site.CHAPTERS is CHAPTERS


@pytest.mark.slow
def test_site_and_slides_start_without_playwright():
    code = (
        "import sys, publish.build_site, publish.build_slides; print('playwright' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "False\n", done.stderr


@pytest.fixture
def built(monkeypatch):
    """What was built, where nothing is: the folders that site and slides got."""
    folders = []

    def build(folder):
        folders.append(folder)
        return []

    monkeypatch.setattr(site, "prepare", build)
    monkeypatch.setattr(site, "render", lambda *_: 1)
    monkeypatch.setattr(slides, "build", build)
    return folders


@pytest.mark.parametrize(("there", "named"), [
    ("publish/explorer.png", "docs"), ("docs", "docs"), ("docs-work/mine.txt", "docs-work"),
])  # fmt: skip
def test_site_deletes_nothing_but_a_site_and_says_so(there, named, tmp_path, built, capsys):
    (tmp_path / there).parent.mkdir(exist_ok=True)
    (tmp_path / there).touch()
    with pytest.raises(SystemExit) as ended:
        site.main([str(tmp_path / "docs")])
    assert ended.value.code == 2 and not built
    assert f"error: {tmp_path / named} holds something else than a site" in capsys.readouterr().err
    assert (tmp_path / there).exists()


@pytest.mark.parametrize("there", [None, "site", "site/searchindex.js", "site-work/source"])
def test_site_replaces_what_it_built_earlier_and_what_is_empty(there, tmp_path, built):
    if there:
        (tmp_path / there).mkdir(parents=True)
    assert site.main([str(tmp_path / "site")]) == 1
    assert built == [tmp_path / "site-work" / "source"]
    assert not (tmp_path / "site").exists()


def test_slides_go_to_build_slides_if_no_folder_is_named(tmp_path, built):
    slides.main([])
    slides.main([str(tmp_path)])
    assert built == [ROOT / "build" / "slides", tmp_path]


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
    done = ["--old-file=.venv/installed", "--old-file=chromium"]
    ended = subprocess.run(["make", *done, *words], cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode != 0
    assert said in ended.stderr.splitlines()


def test_make_lab_starts_also_for_root_as_in_a_container():
    command = ["make", "--dry-run", "--old-file=.venv/installed", "lab"]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert ("--allow-root" in shown) == (os.getuid() == 0)
