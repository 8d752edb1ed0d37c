"""A chapter in JupyterLab and Chromium: run all its cells, move all its sliders by keyboard.

Every day one chapter is enough, with its sliders at their ends, since nbval runs them all and
`test_demos_page.py` has their demos.

Screenshots are stored in the folder that the environment variable DSHLIB_SCREENSHOTS names, else in
screenshots/ below pytest's temporary folder. Chromium must be there: `make chromium` installs it.
"""

import nbformat
import pytest

from tools.browser import cells_of, demos_of, end_kernels, run_chapter, troubles
from tools.chapters import CHAPTERS, PAGES, calls_explore


def test_every_chapter_has_a_demo():
    for path in CHAPTERS:
        assert any(map(calls_explore, nbformat.read(path, as_version=4).cells)), path.name


@pytest.fixture
def kernels(lab):
    yield
    end_kernels(lab)


EVERY_DAY = PAGES[3]
RUNS = [
    pytest.param(EVERY_DAY, False, id=f"{EVERY_DAY.stem}-ends"),
    *(pytest.param(path, True, marks=pytest.mark.slow, id=path.stem) for path in PAGES),
]


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize(("path", "everywhere"), RUNS)
def test_every_slider_of_the_chapter_answers_in_its_place(
    path, everywhere, lab, page, complaints, check_demo, screenshots
):
    cells = run_chapter(page, lab, path.name)
    assert not troubles(cells)
    demos = 0
    for demo in demos_of(page, cells):
        demos += 1
        page.screenshot(path=screenshots / f"{path.stem}-{demos}.png")
        check_demo(demo, everywhere)
    assert demos == sum(map(calls_explore, cells))
    assert not troubles(cells_of(page))
    assert complaints.requests > 50
    assert not complaints.outside
    assert not complaints.errors
    assert not complaints.console
