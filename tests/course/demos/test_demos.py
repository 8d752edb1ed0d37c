"""Sliders: the helper by itself. Those of the chapters are moved in tests/browser."""

import gc
import itertools
import re

import matplotlib.pyplot as plt
import nbformat
import pytest

from dshcourse import demos
from dshcourse.demos import Demo, explore
from dshcourse.demos.catalogue import DEMOS
from dshcourse.figures import Strip, show
from tools.chapters import CHAPTERS, calls_explore


def draw(k, L):
    if k == 16 and L == 2:
        raise ValueError("no <such> setting")
    fig, ax = plt.subplots(figsize=(2, 1))
    ax.plot([0, k], [0, L])
    return fig, f"line to {k}, {L}"


@pytest.fixture
def sliders():
    return explore(draw, k=("hash size", [8, 12, 16], 8), L=("tables", [1, 2], 1))


def test_every_setting_shows_its_own_picture_with_its_alt_text(sliders):
    seen = set()
    for k, L in itertools.product((8, 12), (1, 2)):
        sliders.set(k=k, L=L)
        assert f'alt="line to {k}, {L}"' in sliders.shown["html"]
        assert sliders.shown["values"] == {"k": str(k), "L": str(L)}
        seen.add(sliders.shown["html"])
    assert len(seen) == 4


def test_the_words_for_all_are_the_title_of_the_figure_and_not_its_alt_text():
    def titled(k):
        fig, _ = draw(k, 1)
        fig.axes[0].set_title(f"{k} bits\nscore best")
        return fig, "long words"

    assert explore(titled, k=("k", [8], 8)).shown["words"] == "8 bits score best"


def test_the_browser_asks_by_the_words_of_a_value_and_gets_its_own_number_back(sliders):
    sliders._answer(number="view 7", values={"k": "12", "L": "2"})
    assert sliders.values == {"k": 12, "L": 2}
    assert sliders.shown["number"] == "view 7"


def test_numbers_have_sliders_and_names_buttons_or_lists_and_pictures_their_own():
    class Kinds(Line):
        def __init__(self):
            names = ["one", "two", "three", "four"]
            self.choices = {
                "numbers": ("n", [0.5, 1], 1), "few": ("few", names[:3], "one"),
                "many": ("many", names, "two"), "seen": ("seen", (3, 4), 3),
            }  # fmt: skip

        def pictures(self, name):
            return {3: "<img alt='three'/>", 4: "<img alt='four'/>"} if name == "seen" else {}

        def draw(self, numbers, few, many, seen):
            return draw(8, 1)

    told = {control["name"]: control for control in explore(Kinds()).controls}
    kinds = {name: control["kind"] for name, control in told.items()}
    assert kinds == {"numbers": "range", "few": "buttons", "many": "list", "seen": "pictures"}
    assert told["numbers"]["texts"] == ["0.5", "1"]
    assert told["seen"]["pictures"] == ["<img alt='three'/>", "<img alt='four'/>"]


def test_an_error_is_shown_in_the_widget_and_not_swallowed(sliders):
    sliders.set(L=2)
    with pytest.raises(ValueError, match="no <such> setting"):
        sliders.set(k=16)
    assert sliders.shown["error"] == "Error: ValueError('no <such> setting')"
    sliders.set(k=12)
    assert sliders.shown["error"] == "" and "line to 12, 2" in sliders.shown["html"]


def test_a_value_that_no_control_has_is_refused_and_changes_nothing(sliders):
    with pytest.raises(ValueError, match="k=9, but it must be one that the control has"):
        sliders.set(k=9)
    assert sliders.values == {"k": 8, "L": 1}


class Pages(Demo):
    """A demo of pages, whose second choice matters to the first value only."""

    def __init__(self):
        self.choices = {"kind": ("kind", ["a", "b"], "a"), "n": ("n", [1, 2], 1)}

    def draw(self, kind, n):
        return Strip(f"<p>{kind}{n * (kind == 'a')}</p>", f"page of {kind}")

    def unused(self, kind, n):
        return {"n": "only for a"} if kind == "b" else {}


def test_a_page_is_shown_as_it_is_and_stored_by_show():
    assert explore(Pages()).shown["html"] == "<p>a1</p>"
    shown = show(*Pages()(kind="b"))
    assert shown._repr_mimebundle_()["text/html"] == "<p>b0</p>"
    assert shown._repr_mimebundle_()["text/plain"] == "page of b"


def test_a_choice_without_effect_is_told_with_the_reason():
    sliders = explore(Pages())
    assert sliders.shown["unused"] == {}
    sliders.set(kind="b")
    assert sliders.shown["unused"] == {"n": "only for a"}


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
    sliders = explore(Line())
    assert state() == before
    sliders.set(k=12)
    assert "line to 12" in sliders.shown["html"]
    assert state() == before


def test_garbage_is_collected_after_an_answer_and_not_on_the_way_also_if_there_is_an_error():
    seen = []

    def draws(k):
        seen.append(gc.isenabled())
        return draw(k, 2)

    sliders = explore(draws, k=("hash size", [8, 16], 8))
    with pytest.raises(ValueError):
        sliders.set(k=16)
    assert seen == [False, False] and gc.isenabled()


def test_demo_fills_in_its_defaults_and_brings_its_choices_to_the_sliders():
    assert Line()(k=12)[1] == "line to 12, 2"
    sliders = explore(Line())
    assert sliders.height == "150px"
    assert "line to 8, 2" in sliders.shown["html"]


def test_one_at_a_time_gives_each_choice_each_of_its_values_and_the_others_their_defaults():
    assert Line().defaults() == {"k": 8, "L": 2}
    settings = [tuple(setting.values()) for setting in Line().one_at_a_time()]
    assert settings == [(8, 2), (12, 2), (8, 1), (8, 2)]


def test_demo_names_a_choice_or_value_that_it_does_not_have():
    with pytest.raises(ValueError, match=r"k=9, but it must be one of \[8, 12\]"):
        Line()(k=9)
    with pytest.raises(TypeError, match="'m' is no choice; there are k, L"):
        Line()(m=1)


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
    assert '<img alt="' in "".join(output.data["text/html"])
    assert output.data["text/plain"]
