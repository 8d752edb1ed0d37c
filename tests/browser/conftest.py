"""A page of Chromium for each test, JupyterLab for all chapters, and what every demo must do."""

import os
from pathlib import Path

import pytest

from tools import browser as browsing

WINDOW = {"width": 1280, "height": 900}


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
    """Every choice, at each of its values, by keyboard and mouse, shows its picture in place."""
    at_first = demo.state()
    assert at_first["words"]
    assert at_first["images"] >= 1
    assert len(demo.choices) > 0
    assert not any(at_first["disabled"])
    for number in range(len(demo.choices)):
        _check_choice(demo, number)
    assert demo.state()["values"] == at_first["values"]
    _check_mouse(demo)


def _check_choice(demo, number):
    label, before, values, changes, moves = demo.labels[number], demo.state(), set(), 0, 0
    with demo.watched() as seen:
        for value, now in demo.walk(number):
            place = f"{label} = {value}"
            others = [i for i in range(len(demo.choices)) if i != number]
            assert value != before["values"][number], place
            assert [now["values"][i] for i in others] == [before["values"][i] for i in others], (
                place
            )
            assert not now["error"], (place, now["error"])
            assert now["images"] >= 1, place
            changes, moves = changes + (now["picture"] != before["picture"]), moves + 1
            values.add(value)
            before = now
    assert changes > moves / 2, f"{label}: the picture changed in {changes} of {moves} moves"
    assert len(values) > 1, label
    assert not seen["empty"], f"{label}: {seen['empty']} frames without a picture"
    assert len(seen["places"]) == 1, f"{label}: the page jumped: {seen['places']}"


def _check_mouse(demo):
    """A click on a slider or button moves it and nothing else."""
    number = next(i for i in range(len(demo.choices)) if demo.kind(i) != "combobox")
    for share in (0.99, 0.01):
        before = demo.state()["values"]
        now = demo.click(number, share)["values"]
        assert [a == b for a, b in zip(before, now, strict=True)].count(False) <= 1
    assert now[number] != before[number]
