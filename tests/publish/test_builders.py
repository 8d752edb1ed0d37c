"""The builders of site and slides: what they do with folders, links and demos; no browser."""

import re
import shutil
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from dshcourse.demos import Demo, Neighbours, RandomCodes
from dshlib.data import load
from publish import build_site, build_slides
from publish.slide_pictures import MOST_PICTURES, demo_block
from tools.chapters import CHAPTERS, PAGES, ROOT, WIDGET, calls_explore


def test_site_and_slides_show_the_same_chapters_and_the_site_the_appendices_too():
    assert build_slides.CHAPTERS is CHAPTERS
    assert build_site.PAGES is PAGES and PAGES[: len(CHAPTERS)] == CHAPTERS


def test_the_guide_that_anybody_can_download_has_no_answers():
    whole = (ROOT / build_site.GUIDE).read_text(encoding="utf-8")
    answers = whole[whole.index("## Model answers") :].partition("\n## ")[0]
    told = [line for line in answers.splitlines()[1:] if line]
    assert len(told) > 4
    open_to_all = build_site.guide_without_answers()
    assert not [line for line in told if line in open_to_all]
    assert "oral check" not in open_to_all and "## Schedule" in open_to_all


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

    monkeypatch.setattr(build_site, "prepare", build)
    monkeypatch.setattr(build_site, "render", lambda *_: 1)
    monkeypatch.setattr(build_slides, "build", build)
    return folders


@pytest.mark.parametrize(("there", "named"), [
    ("docs/explorer.png", "docs"), ("docs", "docs"), ("docs-work/mine.txt", "docs-work"),
])  # fmt: skip
def test_site_deletes_nothing_but_a_site_and_says_so(there, named, tmp_path, built, capsys):
    (tmp_path / there).parent.mkdir(exist_ok=True)
    (tmp_path / there).touch()
    with pytest.raises(SystemExit) as ended:
        build_site.main([str(tmp_path / "docs")])
    assert ended.value.code == 2 and not built
    assert f"error: {tmp_path / named} holds something else than a site" in capsys.readouterr().err
    assert (tmp_path / there).exists()


@pytest.mark.parametrize("there", [None, "site", "site/searchindex.js", "site-work/source"])
def test_site_replaces_what_it_built_earlier_and_what_is_empty(there, tmp_path, built):
    if there:
        (tmp_path / there).mkdir(parents=True)
    assert build_site.main([str(tmp_path / "site")]) == 1
    assert built == [tmp_path / "site-work" / "source"]
    assert not (tmp_path / "site").exists()


def test_slides_go_to_build_slides_if_no_folder_is_named(tmp_path, built):
    build_slides.main([])
    build_slides.main([str(tmp_path)])
    assert built == [ROOT / "build" / "slides", tmp_path]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("link", "holds"),
    [("[home](course.md)", True), ("[gone](notebooks/12_gone.ipynb)", False),
     ("[eight](#equation-8)", False), ("{py:obj}`dshlib.gone`", False),
     ("![](publish/gone.png)", False)],
)  # fmt: skip
def test_a_broken_link_stops_the_build(link, holds, tmp_path):
    source = tmp_path / "source"
    shutil.copytree(build_site.SETTINGS, source)
    for other in ("api.md", "run.md", "start.md"):  # which name what is not here
        (source / other).unlink()
    (source / "beside").mkdir()
    (source / "course.md").write_text(f"# Course\n\n{link}\n", encoding="utf-8")
    assert (build_site.render(source, tmp_path / "html") == 0) == holds


def test_equations_chapters_and_modules_in_prose_become_links_and_nothing_else_does():
    kept = "`chapter 07`, $equation 3$\n## equation 3?"
    text = f"Equations 4 to 6, chapter 07, `dshlib.codes`; {kept}"
    assert build_site.linked(text) == (
        "[Equations 4](#equation-4) to [6](#equation-6), "
        f"[chapter 07](07_dsh_pairs_and_loss.ipynb), {{py:obj}}`dshlib.codes`; {kept}"
    )


def test_thinned_demo_moves_all_choices_that_fit_and_keeps_defaults():
    demo = Demo()
    demo.choices = {"k": ("bits", range(1, 41), 7), "L": ("tables", [1, 2, 4], 4)}
    few = build_site.thinned(demo).choices
    assert few["k"] == ("bits", [2, 7, 12, 17, 22, 27, 32, 37], 7)
    assert few["L"] == demo.choices["L"]
    assert demo.choices["k"][1] == range(1, 41)


def test_thinned_demo_holds_its_last_choices_still_if_all_together_are_too_many():
    demo = Demo()
    demo.choices = {name: (name, list(range(5)), 3) for name in "abcd"}
    few = [values for _, values, _ in build_site.thinned(demo).choices.values()]
    assert few == [[1, 3], [1, 3], [1, 3], [1, 3]]
    demo.choices = {name: (name, list(range(4)), 3) for name in "abcd"}
    few = [values for _, values, _ in build_site.thinned(demo).choices.values()]
    assert few == [[0, 1, 2, 3]] * 3 + [[3]]


def test_slide_has_a_slider_for_the_first_choice_of_many_values_at_most_twelve_of_them():
    shown = demo_block(RandomCodes()).html
    values = re.findall(r'<label for="\S+">(\d+)</label>', shown)
    assert "13" in values and len(values) == 11 <= MOST_PICTURES
    assert shown.count("<fieldset>") == 1
    assert shown.count("data:image/svg+xml") == len(values)
    assert len(set(re.findall(r'width="\d+"', shown))) == 1


def test_demo_that_is_a_page_has_no_slide():
    assert demo_block(Neighbours(load("classroom"))) is None


@pytest.mark.parametrize(("code", "draws"), [
    ("show(*demo())", True), ("demo = demos.Origin()\nshow(*demo())", True),
    ("explore(demo)", True), ("k = 3\nshow(*plot(k))", False), ("check('f', f)", False),
])  # fmt: skip
def test_only_code_that_does_nothing_but_draw_is_folded(code, draws):
    assert build_site.only_draws(code) == draws


@pytest.fixture(scope="module")
def chapters(tmp_path_factory):
    """The cells of every chapter and appendix as the site has them, without demos."""
    folder = tmp_path_factory.mktemp("pictures")
    return {path: build_site.chapter_page(path, [], folder).cells for path in PAGES}


def test_what_answers_a_prediction_is_folded_and_nothing_is_lost(chapters):
    for path, cells in chapters.items():
        asked = False
        for cell in cells:
            if cell.cell_type == "markdown":
                asked = "**Predict.**" in cell.source
            assert not (asked and cell.get("outputs")) or calls_explore(cell), cell.source
        stored = nbformat.read(path, as_version=4).cells
        assert n_outputs(cells) == n_outputs(stored)


def n_outputs(cells):
    shown = [cell.get("outputs", []) for cell in cells if not calls_explore(cell)]
    return sum(WIDGET not in output.get("data", {}) for outputs in shown for output in outputs)


def test_answer_holds_the_first_words_after_it_but_no_exercise():
    asked = new_markdown_cell("**Predict.** Why?")
    for told, rest in (("Because.", "**Exercise 1.** So?"), ("", "**Exercise 1.** So?")):
        after = new_markdown_cell(f"{told}\n\n{rest}".strip())
        cells = build_site.with_answers_folded(
            [asked, new_code_cell(outputs=[new_output("stream", text="it")]), after]
        )
        assert [cell.source for cell in cells[-2:]] == [f"{told}\n\n</details>", rest]


def test_each_diagram_stands_in_one_chapter(chapters):
    for name in build_site.DIAGRAMS:
        named = [
            path.name[:2]
            for path, cells in chapters.items()
            for cell in cells
            if f'data-diagram="{name}"' in cell.source
        ]
        assert named == [{"hyperplanes": "03", "loss": "08"}[name]]


def test_chapters_leave_previous_and_next_to_the_buttons_of_the_site(chapters):
    for path in CHAPTERS:
        assert "Next: [" not in chapters[path][-1].source
        assert "Previous: [" not in chapters[path][-1].source
