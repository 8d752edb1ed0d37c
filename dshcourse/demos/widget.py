"""Controls over pure functions: what is shown is a function of the values, and nothing else.

widget.js has the controls in the browser; it sends the values that change, and shows the answer.
"""

import gc
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import anywidget
import traitlets

from dshcourse.figures import as_html, grey_map, picture
from dshcourse.figures.base import as_svg, box_of, title_of

PAIRS = {"similar": 0, "dissimilar": 1}  # y of a pair, for demos of pairs
KEPT_PICTURES = 256
MOST_BUTTONS = 3  # of names; more of them are a list
HERE = Path(__file__).parent


class Demo:
    """A picture that is a function of a few discrete values.

    A subclass sets `choices` in __init__, a dict from argument name to (label, values, default);
    `height`, CSS height that holds its picture; and has draw(**values) → (figure, alt text), or a
    page, an object with HTML in `page` and the alt text in `alt`, as `dshcourse.figures.Strip`. A
    page may have `words`, a line for all readers. What draw shows is computed by methods that need
    no figure.
    """

    choices: dict
    height = "400px"

    def __call__(self, **values):
        """Figure, or page, and alt text at these values; others have their defaults."""
        for name, value in values.items():
            if name not in self.choices:
                raise TypeError(f"{name!r} is no choice; there are {', '.join(self.choices)}")
            if value not in self.allowed(name):
                allowed = list(self.choices[name][1])
                raise ValueError(f"{name}={value!r}, but it must be one of {allowed}")
        return in_pair(self.draw(**self.defaults() | values))

    def allowed(self, name):
        """The values that a choice may have: those that its control shows, unless overridden."""
        return self.choices[name][1]

    def pictures(self, name):
        """For a choice of pictures a dict from value to an image as HTML; empty for any other."""
        return {}

    def unused(self, **values):
        """Which choices change nothing at these values: a dict from their names to the reason."""
        return {}

    def live(self, **values):
        """What `explore` shows: as draw, but it may add what no two runs share, such as a time."""
        return self.draw(**values)

    def defaults(self):
        """The default of every choice, by its name."""
        return {name: default for name, (_, _, default) in self.choices.items()}

    def one_at_a_time(self):
        """Yield the settings in which each choice has each of its values, the others defaults."""
        for name, (_, values, _) in self.choices.items():
            for value in values:
                yield self.defaults() | {name: value}


class Drawn(Demo):
    """A demo of a function draw(**values) → (figure, alt text)."""

    def __init__(self, draw, choices):
        self.draw, self.choices = draw, choices


def query_pictures(dataset, numbers):
    """The pictures of some queries of a data set, as `Demo.pictures` returns them."""
    names, cmap = dataset.class_names, grey_map(dataset.database.images)
    images, labels = dataset.queries.images, dataset.queries.labels
    return {q: picture(images[q], f"{names[labels[q]]}, query {q}", cmap, 40) for q in numbers}


def in_pair(drawn):
    """What draw returned as a pair: the figure, or the page, and its alt text."""
    return drawn if isinstance(drawn, tuple) else (drawn, drawn.alt)


class Pictures:
    """What a demo shows, as HTML: a page as it is, figures as pictures of one part and size.

    The part is what the first figure draws, and all within its edges. So pictures hold still, and
    nothing is measured again, which takes as long as drawing.
    """

    def __init__(self):
        self.part = None

    def __call__(self, shown, alt):
        if hasattr(shown, "page"):
            return shown.page
        if self.part is None:
            from matplotlib.transforms import Bbox  # here: pages are shown without it, and sooner

            self.part = Bbox.union([box_of(shown), shown.bbox_inches.padded(0.1)])
        return as_html(as_svg(shown, self.part), alt)


class Sliders(anywidget.AnyWidget):
    """A demo with its controls: sliders of numbers, buttons or lists of names and pictures.

    `set` chooses values as the browser does; `shown` is then what the browser shows: values, all
    in words; html; words, a line for all, visible or not; error; unused, reasons by name.
    """

    _esm = HERE / "widget.js"
    _css = HERE / "widget.css"
    controls = traitlets.List().tag(sync=True)
    height = traitlets.Unicode().tag(sync=True)
    shown = traitlets.Dict().tag(sync=True)

    def __init__(self, demo, height):
        controls = [control(demo, name) for name in demo.choices]
        super().__init__(controls=controls, height=height)
        self.demo, self.values, self._pictures = demo, demo.defaults(), Pictures()
        self._render = lru_cache(KEPT_PICTURES)(self._draw)
        self.on_msg(lambda _, message, buffers: self._answer(**message))
        self.set()

    def __repr__(self):
        return f"Sliders({', '.join(self.values)})"

    def set(self, number="", **values):
        """Choose values and show what they give; number is that of the browser's question.

        An error is shown, then raised. Raises ValueError for a value that is not allowed.
        """
        for name, value in values.items():
            if value not in self.demo.allowed(name):
                raise ValueError(f"{name}={value!r}, but it must be one that the control has")
        self.values |= values
        texts = {name: str(value) for name, value in self.values.items()}
        unused = self.demo.unused(**self.values)
        common = {"number": number, "values": texts, "unused": unused, "error": ""}
        try:
            with no_pause():
                self.shown = common | self._render(*self.values.values())
        except Exception as error:  # shown where the student looks, then raised for the log
            self.shown = self.shown | common | {"error": f"Error: {error!r}"}
            raise

    def _draw(self, *values):
        shown, alt = in_pair(self.demo.live(**dict(zip(self.values, values, strict=True))))
        words = getattr(shown, "words", "")
        title = "" if hasattr(shown, "page") else title_of(shown)
        html = self._pictures(shown, alt)
        return {"html": html, "words": words or title or alt, "visible": bool(words)}

    def _answer(self, number, values):
        """Answer a question of the browser, which knows values by their words."""
        named = {
            name: next(v for v in self.demo.allowed(name) if str(v) == text)
            for name, text in values.items()
        }
        self.set(number, **named)


@contextmanager
def no_pause():
    """Let Python collect garbage afterwards: with a large library it takes as long as a picture."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def control(demo, name):
    """What the browser needs to know of a choice: label, kind, texts of its values, pictures."""
    label, values, _ = demo.choices[name]
    pictures = demo.pictures(name)
    if pictures:
        kind = "pictures"
    elif all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values):
        kind = "range"
    else:
        kind = "buttons" if len(values) <= MOST_BUTTONS else "list"
    texts = [str(value) for value in values]
    shown = [pictures.get(value, "") for value in values]
    return {"name": name, "label": label, "kind": kind, "texts": texts, "pictures": shown}


def explore(draw, *, height=None, **choices):
    """Controls for a `Demo`, redrawn in place when a value changes.

    Parameters: draw, a `Demo`, or any function draw(**values) → (figure, alt text); height, CSS
    height of the box that holds the picture, so that the page does not jump; choices, for a
    function, dict from argument name to (label, values, default). An error appears below the
    picture. Returns: `Sliders`. Used in every chapter.
    """
    demo = Drawn(draw, choices) if choices else draw
    return Sliders(demo, height or demo.height)
