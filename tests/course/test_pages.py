"""The limits that keep a chapter light: length, code, prose, minutes, numbers."""

import re
import statistics

import nbformat
import pytest

from dshcourse.study.grids import PRINTED
from tools.chapters import CHAPTERS, PAGES, minutes, prose_of, sections

chapters = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
pages = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
DEFINED = {  # numbers of the prose that no cell shows: where they are defined
    "0.003": "learning rate of the slides",
    "0.005": "alpha of the slides",
    "0.01": "alpha of the slides",
    "0.1": "alpha of the slides' text",
    "0.9": "momentum of the paper's network",
    "0.004": "weight decay of the paper's network",
}
NUMBER = r"(?<![\w.])(\d+\.\d+|\.\d+|\d+(?=\s?%))(\s?%)?(?![\w])"


def cells(path, kind):
    return [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == kind]


def code_lines(cell):
    return [line for line in cell.source.splitlines() if line.strip()]


@pages
def test_page_has_at_most_45_cells_and_2000_words(path):
    assert len(nbformat.read(path, as_version=4).cells) <= 45
    assert sum(len(cell.source.split()) for cell in cells(path, "markdown")) <= 2000


@pages
def test_code_is_short_and_fits_a_projector(path):
    code = cells(path, "code")
    for cell in code:
        assert len(cell.source.splitlines()) <= 15, cell.source
        assert max(map(len, cell.source.splitlines())) <= 88, cell.source
    assert statistics.median(len(code_lines(cell)) for cell in code) <= 7


@pages
def test_prose_is_in_markdown_cells_only(path):
    for cell in cells(path, "code"):
        assert "Markdown(" not in cell.source, cell.source


@pages
def test_paragraphs_have_at_most_80_words(path):
    for paragraph in prose_of(cells(path, "markdown")).split("\n\n"):
        if not paragraph.lstrip().startswith(("|", "- ", "1. ")):
            assert len(paragraph.split()) <= 80, paragraph


@pages
def test_stated_minutes_are_those_of_the_rule(path):
    """Words ÷ 150, 1 for a prediction, 4 for an exercise, 2 for a demo, and the run."""
    text = prose_of(cells(path, "markdown"))
    stated, run = map(
        int,
        re.search(
            r"\*\*Time\*\* (\d+) minutes, (\d+) of them? (?:for )?the cells to run", text
        ).groups(),
    )
    assert abs(stated - minutes(path, run)) <= 3, minutes(path, run)
    assert stated <= 90


@chapters
def test_exercises_stand_in_the_section_that_teaches_them(path):
    headings = re.findall(r"^## (.*)$", prose_of(cells(path, "markdown")), re.MULTILINE)
    assert not [heading for heading in headings if re.fullmatch(r"\d+ · Exercises", heading)]
    with_exercise = [
        number for number, section in enumerate(sections(path))
        if any(re.search(r"^check\(", cell.source, re.MULTILINE) for cell in section)
    ]  # fmt: skip
    assert with_exercise[0] <= 2, "a student writes in section 1 or 2 already"
    assert len(with_exercise) >= 2


@chapters
def test_what_one_should_have_seen_in_a_demo_is_folded_below_it(path):
    for section in sections(path):
        if any(re.search(r"^explore\(", cell.source, re.MULTILINE) for cell in section):
            text = "\n".join(cell.source for cell in section)
            assert "<summary>What you should have seen</summary>" in text


@pages
def test_decimals_and_percentages_of_the_prose_round_what_its_section_shows(path):
    """Questions may suppose anything, and formulas and code are not prose."""
    printed = {score for row in PRINTED.values() for scores in row.values() for score in scores}
    allowed = {float(number) for number in DEFINED} | printed
    for section in sections(path):
        shown = allowed | set(numbers_shown(section))
        text = prose_of([cell for cell in section if cell.cell_type == "markdown"], questions=False)
        for number, percent in re.findall(NUMBER, text):
            decimals = len(number.partition(".")[2])
            value = float(number)
            close = 0.5 * 10**-decimals + 1e-9
            candidates = shown | ({100 * x for x in shown} if percent else set())
            assert any(abs(x - value) <= close for x in candidates), (number + percent, text[:60])


def numbers_shown(section):
    """All numbers in the code of a section and in its outputs, tags and styles aside."""
    for cell in section:
        if cell.cell_type == "code":
            text = cell.source + "\n"
            for output in cell.outputs:
                text += output.get("text", "") + "\n"
                for kind, part in output.get("data", {}).items():
                    if kind == "text/plain":
                        text += part + "\n"
                    elif kind == "text/html":
                        text += " ".join(re.findall(r'alt="([^"]*)"', part))
                        text += re.sub(r"<style.*?</style>|<[^>]*>", " ", part, flags=re.DOTALL)
            yield from (float(n) for n in re.findall(r"\d+\.\d+|\.\d+|\d+", text.replace(",", "")))
