"""Sliders: the helper by itself. Those of the chapters are moved in tests/browser."""

import base64
import gc
import itertools
import re
import time

import ipywidgets as widgets
import matplotlib.pyplot as plt
import nbformat
import pytest

from dshcourse import demos
from dshcourse.demos import Demo, explore
from dshcourse.demos.catalogue import DEMOS
from dshcourse.demos.widget import BUSY_AFTER
from tools.chapters import CHAPTERS, calls_explore


def draw(k, L):
    if k == 16 and L == 2:
        raise ValueError("no <such> setting")
    fig, ax = plt.subplots(figsize=(2, 1))
    ax.plot([0, k], [0, L])
    return fig, f"line to {k}, {L}"


def parts(demo):
    *rows, frame, words = demo.children
    return [row.children for row in rows], frame.children[0], words


@pytest.fixture
def demo():
    return explore(draw, k=("hash size", [8, 12, 16], 8), L=("tables", [1, 2], 1))


def test_every_setting_shows_its_own_picture_and_words(demo):
    ((_, k), (_, L)), picture, words = parts(demo)
    seen = set()
    for k.value, L.value in itertools.product((8, 12), (1, 2)):
        assert f"line to {k.value}, {L.value}" in words.value
        seen.add(picture.value)
    assert len(seen) == 4


def test_slider_and_list_follow_each_other(demo):
    ((box, slider), _), _, words = parts(demo)
    box.value = 12
    assert slider.value == 12
    slider.value = 8
    assert box.value == 8
    assert "line to 8, 1" in words.value


def test_every_control_is_labelled_and_waits_for_the_end_of_a_move(demo):
    rows, _, _ = parts(demo)
    for (box, slider), label in zip(rows, ("hash size", "tables"), strict=True):
        assert box.description == label
        assert not slider.continuous_update


def test_an_error_is_shown_in_the_widget_and_not_swallowed(demo):
    ((_, k), (_, L)), _, words = parts(demo)
    L.value = 2
    with pytest.raises(ValueError, match="no <such> setting"):
        k.value = 16
    assert "Error: ValueError(&#x27;no &lt;such&gt; setting&#x27;)" in words.value
    k.value = 12
    assert "line to 12, 2" in words.value


def test_a_slow_picture_is_announced_and_a_fast_one_is_not():
    seconds = {1: 0, 2: 2 * BUSY_AFTER}

    def slow(k):
        time.sleep(seconds[k])
        return draw(k, 1)

    demo, told = explore(slow, k=("k", [1, 2], 1)), []
    ((_, k),), _, words = parts(demo)
    words.observe(lambda change: told.append("computing" in change["new"]), "value")
    k.value = 2
    assert told == [True, False]
    k.value = 1
    assert told == [True, False, False]
    assert "line to 1" in words.value


class Line(Demo):
    height = "150px"

    def __init__(self):
        self.choices = {"k": ("hash size", [8, 12], 8), "L": ("tables", [1, 2], 2)}

    def draw(self, k, L):
        return draw(k, L)


def test_the_garbage_collector_of_the_kernel_is_as_it_was_before_a_demo_and_its_moves():
    def state():
        return gc.get_freeze_count(), gc.isenabled(), gc.get_threshold()

    before = state()
    ((_, k), _), _, words = parts(explore(Line()))
    assert state() == before
    k.value = 12
    assert "line to 12" in words.value
    assert state() == before


def test_demo_fills_in_its_defaults_and_brings_its_choices_to_the_sliders():
    assert Line()(k=12)[1] == "line to 12, 2"
    widget = explore(Line())
    assert widget.children[-2].layout.height == "150px"
    assert "line to 8, 2" in widget.children[-1].value


def test_one_at_a_time_gives_each_choice_each_of_its_values_and_the_others_their_defaults():
    assert Line().defaults() == {"k": 8, "L": 2}
    settings = [tuple(setting.values()) for setting in Line().one_at_a_time()]
    assert settings == [(8, 2), (12, 2), (8, 1), (8, 2)]


def test_demo_names_a_choice_or_value_that_it_does_not_have():
    with pytest.raises(ValueError, match=r"k=9, but it must be one of \[8, 12\]"):
        Line()(k=9)
    with pytest.raises(TypeError, match="'m' is no choice; there are k, L"):
        Line()(m=1)


def test_the_picture_lies_in_a_box_of_fixed_height(demo):
    assert isinstance(demo.children[-2], widgets.Box)
    assert demo.children[-2].layout.height.endswith("px")


def test_the_catalogue_has_every_demo_in_the_chapter_that_shows_it():
    kinds = {name for name in demos.__all__ if isinstance(getattr(demos, name), type)}
    assert {entry.kind.__name__ for entry in DEMOS} == kinds - {"Demo"}
    for path in CHAPTERS:
        cells = nbformat.read(path, as_version=4).cells
        code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
        here = [entry.kind.__name__ for entry in DEMOS if entry.chapter == path.name[:2]]
        assert re.findall(r"demos\.([A-Z]\w+)\(", code) == here


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_the_default_figure_is_stored_for_readers_without_a_kernel(path):
    cells = nbformat.read(path, as_version=4).cells
    place = next(i for i, cell in enumerate(cells) if calls_explore(cell))
    (output,) = cells[place - 1].outputs
    assert base64.b64decode(output.data["image/png"]).startswith(b"\x89PNG")
