"""The stored chapters and appendices, one by one: what nbval does not look at."""

import re

import nbformat
import pytest

from dshcourse.exercises import EXERCISES, hint
from tools.chapters import CHAPTERS, PAGES

chapters = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
pages = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)


def cells(path, kind):
    return [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == kind]


def outputs(path):
    return [output for cell in cells(path, "code") for output in cell.outputs]


@pages
def test_notebook_is_valid_and_stored_from_one_run_without_errors(path):
    nbformat.validate(nbformat.read(path, as_version=4))
    counts = [cell.execution_count for cell in cells(path, "code")]
    assert counts == list(range(1, len(counts) + 1))
    assert not [o for o in outputs(path) if o.output_type == "error" or o.get("name") == "stderr"]


@pages
def test_every_figure_has_alt_text_that_is_its_text_output(path):
    pictures = [o for o in outputs(path) if "image/png" in o.get("data", {})]
    assert pictures
    for output in pictures:
        assert re.search(r'<img alt="[^"]{40,}"', output.data["text/html"])
        assert len(output.data["text/plain"]) >= 40


@pages
def test_no_machine_path_or_progress_left_in_the_notebook(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"/(home|root|tmp|work|Users)/|[A-Z]:\\\\Users", text)
    assert not re.search(r"token=|ipykernel_\d", text)


@chapters
def test_every_cell_says_what_it_is_on_a_slide(path):
    """A heading begins a slide, code comes step by step; no cell is left to the default."""
    known = {"slide", "subslide", "fragment", "-", "skip", "notes"}
    for cell in nbformat.read(path, as_version=4).cells:
        kind = cell.metadata.get("slideshow", {}).get("slide_type")
        assert kind in known, cell.source
        if cell.cell_type == "markdown" and cell.source.startswith(("# ", "## ")):
            assert kind == "slide", cell.source


@pages
def test_links_between_files_resolve(path):
    for cell in cells(path, "markdown"):
        for target in re.findall(r"\]\(([^)#:]+)\)", cell.source):
            assert (path.parent / target).exists(), target


@pages
def test_only_widgets_and_progress_bars_are_left_uncompared(path):
    ignored = [
        c for c in cells(path, "code") if "nbval-ignore-output" in c.metadata.get("tags", [])
    ]
    for cell in ignored:
        assert re.search(
            r"^explore\(|tqdm\(|progress=True|experiments\.run\(|perf_counter|timeit",
            cell.source,
            re.MULTILINE,
        )
    assert len(ignored) <= 3


@chapters
def test_chapter_has_goals_predictions_exercises_and_an_end(path):
    text = "\n".join(cell.source for cell in cells(path, "markdown"))
    assert text.count("**Predict.**") >= 3
    assert len(re.findall(r"\*\*Exercise \d", text)) >= 2
    assert text.count("<summary>Solution</summary>") == len(re.findall(r"\*\*Exercise \d", text))
    for part in ("**You will be able to**", "**You need**", "**Time**", "**References**"):
        assert part in text


@chapters
def test_each_numbered_section_opens_with_a_question(path):
    text = "\n".join(cell.source for cell in cells(path, "markdown"))
    headings = re.findall(r"^## \d+ · (.*)$", text, re.MULTILINE)
    assert [f"## {i} · {heading}" for i, heading in enumerate(headings, 1)] == re.findall(
        r"^## \d.*$", text, re.MULTILINE
    )
    questions = [heading for heading in headings if heading not in ("Explore", "Exercises")]
    assert len(questions) >= 3
    assert all(heading.endswith("?") for heading in questions), questions


@chapters
def test_every_exercise_is_stored_unsolved_with_its_hint(path):
    answers = [c for c in cells(path, "code") if re.search(r"^check\(", c.source, re.MULTILINE)]
    assert len(answers) == len(re.findall(r"\*\*Exercise \d", path.read_text("utf-8")))
    for cell in answers:
        assert [output.text[0] for output in cell.outputs] == ["✗"]


@chapters
def test_solutions_in_the_text_pass_their_check(path):
    text = "\n".join(cell.source for cell in cells(path, "markdown"))
    solutions = re.findall(r"<summary>Solution</summary>\s+```python\n(.*?)```", text, re.DOTALL)
    assert solutions
    for source in solutions:
        space = {}
        exec("import numpy as np\n" + source, space)
        name = re.search(r"def (\w+)", source).group(1)
        assert name in EXERCISES
        assert hint(name, space[name]) is None
