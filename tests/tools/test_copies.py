"""The copies that `make lab` opens: no outputs, links that work, and nothing written over."""

import re
import subprocess

import nbformat
import pytest

from tools.chapters import CHAPTERS, EXPLORER, PAGES, ROOT
from tools.copies import copy_missing


@pytest.fixture(scope="module")
def copies(tmp_path_factory):
    return copy_missing([*PAGES, EXPLORER], tmp_path_factory.mktemp("course") / "lab")


def test_copy_has_the_cells_of_its_chapter_and_no_outputs(copies):
    assert [path.name for path in copies] == [path.name for path in [*PAGES, EXPLORER]]
    for path, copied in zip(PAGES, copies[:-1], strict=True):
        cells = nbformat.read(copied, as_version=4).cells
        assert [cell.source for cell in cells] == [
            cell.source for cell in nbformat.read(path, as_version=4).cells
        ]
        assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)
        nbformat.validate(nbformat.read(copied, as_version=4))


def test_links_of_a_chapter_lead_to_the_same_files_from_its_copy():
    for path in PAGES:
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "markdown":
                for target in re.findall(r"\]\(([^)#:]+)\)", cell.source):
                    assert target.startswith("../") or (ROOT / "notebooks" / target) in [*PAGES]


def test_work_in_a_copy_is_kept_and_only_missing_ones_are_made(tmp_path):
    first, second, *_ = CHAPTERS
    copy_missing([first], tmp_path)
    (tmp_path / first.name).write_text("my answers", encoding="utf-8")
    assert copy_missing([first, second], tmp_path) == [tmp_path / second.name]
    assert (tmp_path / first.name).read_text(encoding="utf-8") == "my answers"


@pytest.mark.parametrize(("words", "opened"), [
    (["lab"], "lab/00_start_here.ipynb"), (["lab", "STORED=1"], "notebooks/00_start_here.ipynb"),
])  # fmt: skip
def test_make_lab_opens_a_copy_and_with_stored_the_chapter_with_its_outputs(words, opened):
    command = ["make", "--no-print-directory", "--dry-run", "--old-file=.venv/installed", *words]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert shown.rstrip().endswith(opened)
    assert ("tools.copies" in shown) == (len(words) == 1)
