"""The course as a whole: every item of the slides has its place, and the chapters hold together."""

import re
from itertools import pairwise

import nbformat
import numpy as np
import pytest

from dshcourse.exercises import EXERCISES, hint
from tools.chapters import APPENDICES, CHAPTERS, PAGES, ROOT

PROMISED = {  # what the slides have, by the chapter that teaches it
    "01": [r"Figure 1 of the slides", r"Figure 3 of the slides", r"[Tt]ext-based",
           r"[Ff]eature-based", r"[Hh]ashing-based", r"[Gg]raph-based", r"[Ll]earning-based",
           r"[Hh]ybrid"],
    "02": [r"Figure 2 of the slides", r"[Jj]accard", r"[Cc]osine", r"[Ee]uclidean", r"[Hh]amming"],
    "03": [r"slides' Figure 4|Figure 4 of the slides"],
    "04": [r"Figure 5 of the slides", r"independent hash tables"],
    "06": [r"Spectral Hashing", r"Iterative Quantization"],
    "07": [r"Figure 6 of the slides", r"Figure 7 of the slides", r"\\tag\{1\}", r"\\tag\{2\}"],
    "08": [rf"\\tag\{{{number}\}}" for number in range(3, 8)],
    "09": [r"0\.003", r"20 epochs|epochs.{0,40}20", r"\b8, 12 and 16\b"],
    "10": [r"Figures 8 and 9 of the slides", r"Table 1", r"Table 2"],
    "11": [r"[Ff]uture work"],
}  # fmt: skip
CORRECTED = {  # where the slides slip, and the chapter that says so
    "03": [r"Locally Sensitive"],
    "04": [r"never re-ranked"],
    "05": [r"padd(ed|ing)|filled up"],
    "06": [r"Interactive Quantization"],
    "07": [r"could never be met|can never be met|never be met"],
    "08": [
        r"without (the factor )?\$?\\?(α|alpha)|(leaves? out|omits?|lacks?|missing).{0,40}(α|alpha)"
    ],
    "10": [r"70,000 images", r"first 6,000", r"0\.005 and 0\.1\b"],
}


def prose(path):
    notebook = nbformat.read(path, as_version=4)
    return "\n".join(cell.source for cell in notebook.cells)


def listed(places):
    return [(number, pattern) for number, patterns in places.items() for pattern in patterns]


@pytest.mark.parametrize(("number", "pattern"), listed(PROMISED) + listed(CORRECTED))
def test_item_of_the_slides_is_in_its_chapter(number, pattern):
    (path,) = (ROOT / "notebooks").glob(f"{number}_*.ipynb")
    assert re.search(pattern, prose(path))


def test_readme_lists_every_chapter_with_the_minutes_it_states():
    table = re.findall(
        r"\[(\d\d · .*?)\]\(notebooks/(.*?)\) \|.*\| (\d+) \|",
        (ROOT / "README.md").read_text(encoding="utf-8"),
    )
    stated = []
    for path in CHAPTERS:
        title = re.match(r"# (.*)", prose(path)).group(1)
        minutes = re.search(r"\*\*Time\*\* (\d+) minutes", prose(path)).group(1)
        stated.append((title, path.name, minutes))
    assert table == stated


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_chapter_leads_to_its_neighbours(path):
    last = nbformat.read(path, as_version=4).cells[-1].source
    number = CHAPTERS.index(path)
    neighbours = CHAPTERS[max(0, number - 1) : number + 2]
    expected = [other.name for other in neighbours if other != path]
    assert re.findall(r"\]\((\d\d_\w+\.ipynb)\)", last) == expected


@pytest.mark.parametrize("path", APPENDICES, ids=lambda path: path.stem)
def test_readme_names_every_appendix_by_its_title(path):
    title = re.match(r"# (.*)", prose(path)).group(1)
    assert f"[{title}](notebooks/{path.name})" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_links_call_a_chapter_by_its_title(path):
    for text, target in re.findall(r"\[(\d\d · .*?)\]\((.*?)\)", prose(path)):
        assert prose(path.parent / target).startswith(f"# {text}\n"), text


def test_the_course_has_twelve_chapters_in_order():
    assert [path.name[:2] for path in CHAPTERS] == [f"{number:02d}" for number in range(12)]


def test_every_exercise_is_asked_in_a_chapter_once():
    code = "\n".join(
        cell.source for path in CHAPTERS for cell in nbformat.read(path, as_version=4).cells
    )
    asked = re.findall(r'^check\("(\w+)"', code, re.MULTILINE)
    assert sorted(asked) == sorted(EXERCISES)


def test_the_bug_museum_has_eight_bugs_and_each_is_recognised():
    bugs = []
    for path in CHAPTERS:
        all_cells = nbformat.read(path, as_version=4).cells
        for text, code in pairwise(all_cells):
            if "(bug museum).**" in text.source and code.cell_type == "code":
                space = {"np": np}
                exec(re.search(r"^def .*?(?=^\S|\Z)", code.source, re.M | re.S).group(), space)
                name = re.search(r"^def (\w+)", code.source, re.MULTILINE).group(1)
                assert any(f'check("{name}", {name})' in cell.source for cell in all_cells)
                assert hint(name, space[name]) == next(iter(EXERCISES[name].mistakes))
                bugs.append(name)
    assert len(bugs) == len(set(bugs)) == 8
