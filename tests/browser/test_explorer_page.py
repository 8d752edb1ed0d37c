"""The retrieval explorer as `make explore` serves it: a page of sliders, without code or network.

The screenshot is stored beside those of test_chapters.py.
"""

import re
import shlex
import sys
from pathlib import Path

import pytest

from tools.browser import START_SECONDS, ShownDemo, free_port, own_folders, serving
from tools.chapters import ROOT


@pytest.fixture(scope="module")
def voila(tmp_path_factory):
    """Address of Voilà, started with the command that stands in the Makefile."""
    folder = tmp_path_factory.mktemp("voila")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n\t\t", "")
    (recipe,) = re.findall(r"^explore:.*\n\t(.+)\n", makefile, re.MULTILINE)
    command = shlex.split(recipe.replace("$(BIN)", str(Path(sys.executable).parent)))
    port = free_port()
    command = ["env", *command, "--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1"]
    address = f"http://127.0.0.1:{port}"
    up = f"{address}/voila/static/voila.js"
    with serving(command, up, folder / "voila.log", env=own_folders(folder), cwd=ROOT):
        yield address


def test_explorer_answers_in_its_place_and_shows_no_code(
    voila, page, complaints, check_demo, screenshots
):
    page.goto(voila, timeout=1000 * START_SECONDS)
    demo = ShownDemo(page, page.locator("#rendered_cells"))
    page.screenshot(path=screenshots / "explorer.png")
    assert page.get_by_role("heading", level=1).count() == 1
    assert "import" not in page.locator("body").inner_text()
    assert page.locator(".jp-InputArea-editor, .cm-editor, .highlight").count() == 0
    check_demo(demo)
    assert not page.locator("[data-mime-type*='stderr']").count()
    assert complaints.requests > 5
    assert not complaints.outside
    assert not complaints.errors
    assert not complaints.console
