"""A page of Chromium for each test, JupyterLab for all chapters, and what every demo must do."""

import os
from pathlib import Path

import pytest

from tools import browser as browsing

WINDOW = {"width": 1280, "height": 900}
ONLY_WITH = {"α (DSH)": ("method", "DSH")}  # a slider that means nothing at other settings


@pytest.fixture(scope="module")
def chromium():
    with browsing.chromium() as browser:
        yield browser


@pytest.fixture
def page(chromium):
    with chromium.new_context(viewport=WINDOW, reduced_motion="reduce") as context:
        yield context.new_page()


@pytest.fixture
def complaints(page):
    return browsing.Complaints(page)


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with browsing.jupyterlab(tmp_path_factory.mktemp("lab")) as address:
        yield address


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory):
    chosen = os.environ.get("DSHLIB_SCREENSHOTS")
    folder = Path(chosen) if chosen else tmp_path_factory.getbasetemp() / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def check_demo():
    return _check_demo


def _check_demo(demo):
    """Every slider, at each of its values and by keyboard, shows another picture in its place."""
    at_first = demo.state()
    assert at_first["words"]
    assert at_first["images"] == 1
    assert len(demo.sliders) == len(demo.lists) == len(demo.labels) > 0
    for number, label in enumerate(demo.labels):
        needed = ONLY_WITH.get(label)
        if needed:
            demo.choose(*needed)
        _check_slider(demo, number, label)
        if needed:
            demo.choose(needed[0], at_first["values"][demo.labels.index(needed[0])])
    _check_list(demo)
    assert demo.state()["words"] == at_first["words"]


def _check_slider(demo, number, label):
    before, changes, moves = demo.state(), 0, 0
    with demo.watched() as seen:
        for value, now in demo.walk(number):
            place = f"{label} = {value}"
            assert now["values"][number] == value, place
            assert now["values"][:number] == before["values"][:number], place
            assert now["values"][number + 1 :] == before["values"][number + 1 :], place
            assert "Error" not in now["text"], (place, now["words"])
            assert now["images"] == 1, place
            changed = now["words"] != before["words"]
            assert now["picture"] != before["picture"] or not changed, (place, now["words"])
            changes, moves, before = changes + changed, moves + 1, now
    assert changes > moves / 2, f"{label}: the picture changed in {changes} of {moves} moves"
    assert seen["images"] == [1], f"{label}: {seen['images']} images at a time"
    assert len(seen["places"]) == 1, f"{label}: the page jumped: {seen['places']}"


def _check_list(demo):
    """The first list, found by its label and moved by keyboard, moves its slider too."""
    before, label = demo.state(), demo.labels[0]
    options = demo.options(0)
    key, target = ("Home", 0) if before["values"][0] == options[-1] else ("End", -1)
    demo.list(label).focus()
    now = demo.press(key)
    assert now["values"][0] == options[target]
    assert now["handles"][0] != before["handles"][0]
    assert now["words"] != before["words"]
    demo.choose(label, before["values"][0])
