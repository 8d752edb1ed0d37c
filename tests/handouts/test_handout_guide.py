"""The teacher's guide is true: model answers, points, commands and names."""

import re

import nbformat
import pytest

from tools.handouts.course import ASSIGNMENTS, NOTEBOOKS
from tools.handouts.examiner import LIMITS, Limits
from tools.handouts.watch import PATIENCE

GUIDE = (ASSIGNMENTS / "teacher" / "guide.md").read_text(encoding="utf-8")
ROOT = ASSIGNMENTS.parents[1]


def cells(assignment):
    return nbformat.read(NOTEBOOKS[assignment], as_version=4).cells


@pytest.mark.parametrize("assignment", NOTEBOOKS)
def test_model_answer_of_the_thinking_question_is_in_the_guide(assignment):
    (written,) = [c for c in cells(assignment) if c.metadata.nbgrader.grade_id == "q7-written"]
    answer = written.source.removeprefix("### BEGIN SOLUTION\n").removesuffix("\n### END SOLUTION")
    assert answer in GUIDE


@pytest.mark.parametrize("assignment", NOTEBOOKS)
def test_points_in_headings_title_and_guide_are_those_of_the_cells(assignment):
    marked = [c.metadata.nbgrader for c in cells(assignment) if c.metadata.nbgrader.grade]
    total = sum(cell.points for cell in marked)
    by_hand = sum(cell.points for cell in marked if cell.grade_id.endswith("written"))
    text = "\n".join(c.source for c in cells(assignment) if c.cell_type == "markdown")
    assert f"**Points** {total}, of which {by_hand} are marked by hand" in text
    assert re.search(rf"^\| {assignment} .*\| {total} \| {by_hand} \|$", GUIDE, re.MULTILINE)
    for number, points in re.findall(r"## Question (\d) · .*\((\d) points", text):
        mine = [cell.points for cell in marked if re.match(rf"q{number}\b", cell.grade_id)]
        assert sum(mine) == int(points), number


@pytest.mark.parametrize("assignment", NOTEBOOKS)
def test_time_is_45_to_90_minutes_and_every_chapter_and_section_named_exists(assignment):
    text = "\n".join(cell.source for cell in cells(assignment))
    (minutes,) = re.findall(r"\*\*Time\*\* (?:about )?(\d+) minutes", text)
    assert 45 <= int(minutes) <= 90
    named = re.findall(r"chapter (\d\d), sections? (\d)(?: and (\d))?", text)
    assert named
    for chapter, *sections in named:
        (path,) = (ROOT / "notebooks").glob(f"{chapter}_*.ipynb")
        for section in filter(None, sections):
            assert f"## {section} · " in path.read_text(encoding="utf-8"), (chapter, section)


def test_guide_has_the_schedules_the_rubric_the_hub_and_security():
    for words in ("| 3 |", "| 6 |", "| 12 |", "## Marking A4", "## On JupyterHub", "## Security"):
        assert words in GUIDE
    for target in re.findall(r"make ([a-z]+)[` ]", GUIDE):
        assert f"\n{target}:" in (ROOT / "Makefile").read_text(), target
    for name in re.findall(r"`(mistakes_A\d.toml|nbgrader_config.py)`", GUIDE):
        assert list(ASSIGNMENTS.rglob(name)), name


def test_limits_in_the_guide_are_those_in_force():
    usual, project = Limits(), LIMITS["A4"]
    assert f"memory of {usual.memory >> 30} GB ({project.memory >> 30} GB for A4)" in GUIDE
    assert f"{usual.processes} processes, {usual.disk >> 20} MB of files" in GUIDE
    assert f"{usual.cell} seconds for a cell or a call ({project.cell} for A4)" in GUIDE
    assert f"{usual.total} for the notebook ({project.total})" in GUIDE
    assert PATIENCE == 10 and "ten times as long by the clock" in GUIDE


@pytest.mark.parametrize("assignment", NOTEBOOKS)
def test_hints_of_hidden_tests_are_fixed_texts_so_that_they_show_no_hidden_value(assignment):
    for cell in cells(assignment):
        hidden = re.search(r"### BEGIN HIDDEN TESTS\n(.*?)### END", cell.source, re.DOTALL)
        if hidden:
            assert not re.search(r"""[, ]f["']""", hidden.group(1)), cell.source


@pytest.mark.parametrize("assignment", NOTEBOOKS)
def test_assertions_all_teach(assignment):
    for cell in cells(assignment):
        if cell.cell_type == "code" and cell.metadata.nbgrader.grade:
            for line in re.findall(r"^ *assert .*", cell.source.replace("\\\n", " "), re.MULTILINE):
                assert re.search(r"""["'](?:Question )?\d""", line), line
