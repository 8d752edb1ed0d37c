"""Frames: pictures of choices, drawn beforehand, without scripts and without a network."""

import re
from base64 import b64decode
from html.parser import HTMLParser

import matplotlib.pyplot as plt
import pytest

from dshcourse.demos import Demo, explore, frames
from dshcourse.figures import Strip
from dshcourse.figures.base import size_on_page


class Line(Demo):
    def __init__(self):
        self.choices = {"k": ("hash <size>", [8, 12, 16], 12), "L": ("tables", [1, 2], 1)}

    def draw(self, k, L):
        fig, ax = plt.subplots(figsize=(2, 1))
        ax.plot([0, k], [0, L])
        return fig, f"line to {k} & {L}"


class Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def named(self, name):
        return [attributes for tag, attributes in self.found if tag == name]


@pytest.fixture(scope="module")
def text():
    return frames(Line(), "k", L=2).data


def test_every_value_has_a_labelled_button_and_its_own_picture(text):
    page = Tags(text)
    buttons, labels, pictures = page.named("input"), page.named("label"), page.named("img")
    assert [button["id"] for button in buttons] == [label["for"] for label in labels]
    assert re.findall(r"<label[^>]*>(\w+)</label>", text) == ["8", "12", "16"]
    assert [picture["alt"] for picture in pictures] == [f"line to {k} & 2" for k in (8, 12, 16)]
    assert len({picture["src"] for picture in pictures}) == 3
    assert "<legend>hash &lt;size&gt;</legend>" in text


def test_the_default_is_chosen_first(text):
    assert ["checked" in button for button in Tags(text).named("input")] == [False, True, False]


def test_nothing_is_loaded_and_no_script_runs(text):
    assert not Tags(text).named("script") and not Tags(text).named("link")
    pictures = [img["src"] for img in Tags(text).named("img")]
    assert all(source.startswith("data:image/svg+xml;base64,") for source in pictures)
    assert "http" not in text


def test_equal_demos_give_equal_html_and_different_ones_different_names(text):
    assert frames(Line(), "k", L=2).data == text
    names = {Tags(t).named("div")[0]["id"] for t in (text, frames(Line(), "k").data)}
    assert len(names) == 2


def test_choices_that_move_together_have_a_picture_for_every_combination():
    page = Tags(frames(Line(), "k", "L").data)
    assert [picture["alt"] for picture in page.named("img")] == [
        f"line to {k} & {L}" for k in (8, 12, 16) for L in (1, 2)
    ]
    assert len({button["name"] for button in page.named("input")}) == 2


def test_equal_pictures_are_there_once():
    class Flat(Line):
        def draw(self, k, L):
            return Strip(f"<p>{L} tables</p>", "words")

    assert frames(Flat(), "k", "L").data.count("<p>") == 2


def test_unknown_choice_is_named():
    with pytest.raises(ValueError, match="name='m', but it must be one of k, L"):
        frames(Line(), "m")


def test_pages_and_pictures_of_values_are_framed_as_they_are():
    class Pages(Line):
        def draw(self, k, L):
            return Strip(f"<p>{k} bits</p>", "words")

        def pictures(self, name):
            return {8: '<img alt="eight"/>'}

    text = frames(Pages(), "k").data
    assert re.findall(r'<div class="frame[^>]*>(.*?)</div>', text) == [
        f"<p>{k} bits</p>" for k in (8, 12, 16)
    ]
    assert re.findall(r"<label[^>]*>(.*?)</label>", text) == ['<img alt="eight"/>', "12", "16"]


def test_all_pictures_have_the_size_of_that_of_the_defaults_and_the_fixed_values():
    class Growing(Demo):
        def __init__(self):
            self.choices = {"n": ("letters", [1, 60], 60), "up": ("lines", [1, 9], 1)}

        def draw(self, n, up):
            fig, ax = plt.subplots(figsize=(2, 1))
            ax.set_title("t" * n + "\n" * up)
            return fig, f"{n} letters"

    low, high = (Tags(frames(Growing(), "n", up=up).data).named("img") for up in (1, 9))
    sliders = explore(Growing())
    assert {img["width"] for img in low} == {Tags(sliders.shown["html"]).named("img")[0]["width"]}
    heights = [size_on_page(b64decode(imgs[0]["src"].partition(",")[2]))[1] for imgs in (low, high)]
    assert heights[0] + 50 < heights[1]
