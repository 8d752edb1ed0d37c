"""Sliders over pure functions: the picture is a function of the values, and nothing else."""

import html
from functools import lru_cache
from threading import Timer

import ipywidgets as widgets

from dshcourse.figures.base import as_png, size_on_page

LABEL_STYLE = {"description_width": "10em"}
WIDE = {"width": "26em"}
BUSY_AFTER = 0.2  # seconds; what is faster than that would only flicker
PAIRS = {"similar": 0, "dissimilar": 1}  # y of a pair, for demos of pairs
KEPT_PICTURES = 256


class Demo:
    """A picture that is a function of a few discrete values.

    A subclass sets `choices` in __init__, a dict from argument name to (label, values, default);
    `height`, CSS height that holds its picture; and has draw(**values) → (figure, alt text). What
    draw shows is computed by methods that need no figure.
    """

    choices: dict
    height = "400px"

    def __call__(self, **values):
        """Figure and alt text at these values; those that are not given have their defaults."""
        for name, value in values.items():
            if name not in self.choices:
                raise TypeError(f"{name!r} is no choice; there are {', '.join(self.choices)}")
            _, allowed, _ = self.choices[name]
            if value not in allowed:
                raise ValueError(f"{name}={value!r}, but it must be one of {list(allowed)}")
        return self.draw(**self.defaults() | values)

    def defaults(self):
        """The default of every choice, by its name."""
        return {name: default for name, (_, _, default) in self.choices.items()}

    def one_at_a_time(self):
        """Yield the settings in which each choice has each of its values, the others defaults."""
        for name, (_, values, _) in self.choices.items():
            for value in values:
                yield self.defaults() | {name: value}


def explore(draw, *, height=None, **choices):
    """Sliders for draw(**values) → (figure, alt text), redrawn in place when a value changes.

    Parameters: draw, a `Demo`, or any function of keyword arguments; height, CSS height of the box
    that holds the picture, fixed so that the page does not jump; choices, dict from argument name
    to (label, values, default); both are those of the Demo if not given. Each row is a list of
    the values, which is labelled for screen readers and takes the keyboard, and a slider linked
    to it. An error appears below the picture. Returns: a widget. Used in every chapter.
    """
    choices = choices or draw.choices
    picture = widgets.Image(format="png", layout={"max_width": "100%", "height": "auto"})
    words = widgets.HTML()
    controls = {name: _linked_controls(*choice) for name, choice in choices.items()}

    @lru_cache(KEPT_PICTURES)
    def render(*values):
        figure, alt = draw(**dict(zip(choices, values, strict=True)))
        return as_png(figure, compress_level=1), alt

    def redraw(_=None):
        busy = Timer(BUSY_AFTER, setattr, (words, "value", '<p role="status">computing …</p>'))
        busy.start()
        try:
            picture.value, alt = render(*(slider.value for _, slider in controls.values()))
            picture.width = size_on_page(picture.value)[0]
            content = f'<p role="status">{html.escape(alt)}</p>'
        except Exception as error:  # shown where the student looks, then raised for the log
            content = f'<p role="alert">Error: {html.escape(repr(error))}</p>'
            raise
        finally:
            busy.cancel()
            busy.join()
            words.value = content

    for _, slider in controls.values():
        slider.observe(redraw, "value")
    redraw()
    box = {"height": height or getattr(draw, "height", Demo.height), "align_items": "flex-start"}
    rows = [widgets.HBox(pair) for pair in controls.values()]
    return widgets.VBox([*rows, widgets.Box([picture], layout=box), words])


def _linked_controls(label, values, default):
    """A labelled list of the values, and a slider over them."""
    common = {"options": list(values), "value": default}
    box = widgets.Dropdown(description=label, style=LABEL_STYLE, layout=WIDE, **common)
    slider = widgets.SelectionSlider(continuous_update=False, readout=False, **common)
    widgets.link((slider, "value"), (box, "value"))
    return box, slider
