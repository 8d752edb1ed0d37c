"""A page of Chromium for each test, JupyterLab for all chapters, and what every demo must do."""

import os
from pathlib import Path

import pytest

from tools import browser as browsing
from tools.chapters import ROOT

AXE = ROOT / "publish" / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = """async part => {
  const { violations } = await axe.run(part, { resultTypes: ['violations'], preload: false });
  return violations.filter(v => ['serious', 'critical'].includes(v.impact))
    .map(v => `${v.id}: ${v.nodes.map(node => node.html.slice(0, 150)).slice(0, 3).join(' | ')}`);
}"""
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
def serious(page):
    """What axe finds serious or critical in the part of the page that a selector names."""

    def find(selector):
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE.read_text(encoding="utf-8"))
        return page.evaluate(SERIOUS, selector)

    return find


@pytest.fixture
def check_demo():
    return _check_demo


def _check_demo(demo, everywhere=True):
    """Every choice, at each value or at the ends, by keyboard and mouse, shows its picture."""
    at_first = demo.state()
    assert at_first["words"]
    assert at_first["images"] >= 1
    assert len(demo.choices) > 0
    assert not any(at_first["disabled"])
    for number in range(len(demo.choices)):
        _check_choice(demo, number, everywhere)
    assert demo.state()["values"] == at_first["values"]
    _check_mouse(demo)
    _check_haste(demo)


def _check_choice(demo, number, everywhere):
    label, before, values, changes, moves = demo.labels[number], demo.state(), set(), 0, 0
    with demo.watched() as seen:
        for value, now in demo.walk(number, everywhere):
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
    here, n_values = demo.place(number)
    for share in (0.01, 0.99) if here == n_values - 1 else (0.99, 0.01):
        before = demo.state()["values"]
        now = demo.click(number, share)["values"]
        assert [a == b for a, b in zip(before, now, strict=True)].count(False) <= 1
    assert now[number] != before[number]


def _check_haste(demo):
    """What is shown after many moves in haste is what belongs to the last of them."""
    number = next(i for i in range(len(demo.choices)) if demo.kind(i) != "combobox")
    demo.focus(number)
    for _ in range(4):
        for key in ("ArrowRight", "ArrowLeft", "ArrowRight"):
            demo.page.keyboard.press(key)
    hasty = demo.settled()
    demo.press("ArrowLeft")
    assert demo.press("ArrowRight") == hasty
