"""Every demo of the course on one page of JupyterLab, its sliders moved by keyboard.

The page is generated, so that no chapter has to run for it. Here sliders move to their ends and
back; `test_chapters.py` runs all chapters and moves through every value.
"""

import nbformat
import pytest

from tools import browser as browsing
from tools.browser import DEMOS_PAGE, add_demos_page, cells_of, demos_of, run_chapter, troubles
from tools.chapters import CHAPTERS, calls_explore


@pytest.fixture(scope="module")
def n_demos():
    """How many cells of all chapters show a demo."""
    cells = [cell for path in CHAPTERS for cell in nbformat.read(path, as_version=4).cells]
    return sum(map(calls_explore, cells))


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab with the page beside its chapters."""
    folder = tmp_path_factory.mktemp("lab")
    with browsing.jupyterlab(folder) as address:
        add_demos_page(folder)
        yield address


def test_every_choice_of_every_demo_answers_in_its_place(
    n_demos, lab, page, complaints, check_demo, screenshots, serious
):
    cells = run_chapter(page, lab, DEMOS_PAGE)
    assert not troubles(cells)
    assert cells[0]["outputs"][0]["data"]["text/plain"] == str(n_demos)
    for number, demo in enumerate(demos_of(page, cells)):
        page.screenshot(path=screenshots / f"demo-{number}.png")
        assert serious(".demo") == [], demo.labels
        check_demo(demo, everywhere=False)
    assert number + 1 == n_demos
    assert not troubles(cells_of(page))
    assert complaints.requests > 50
    assert complaints.outside == complaints.errors == complaints.console == []
