"""The part of a figure that sliders show is chosen at the first one: all others must fit."""

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.text import Text

from dshcourse.demos import explore
from dshcourse.demos.catalogue import DEMOS, Inputs
from dshcourse.figures.base import PER_INCH


@pytest.fixture(scope="module")
def inputs(classroom):
    return Inputs(classroom)


def corners(demo):
    """The settings in which each choice has its first or its last value."""
    ends = [dict.fromkeys((values[0], values[-1])) for _, values, _ in demo.choices.values()]
    return [dict(zip(demo.choices, setting, strict=True)) for setting in itertools.product(*ends)]


def contrast_to_white(colour):
    """The contrast ratio of the Web Content Accessibility Guidelines."""
    parts = np.array(to_rgb(colour))
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return 1.05 / (linear @ (0.2126, 0.7152, 0.0722) + 0.05)


@pytest.mark.slow
@pytest.mark.parametrize("entry", DEMOS, ids=lambda entry: entry.kind.__name__)
def test_what_any_value_draws_is_within_the_part_that_is_shown_in_legible_words(entry, inputs):
    demo = entry.make(inputs)
    room = explore(demo)._pictures.part
    for setting in [*demo.one_at_a_time(), *corners(demo)] if room else ():
        fig, _ = demo(**setting)
        drawn = fig.get_tightbbox()
        words = [text for text in fig.findobj(Text) if text.get_visible() and text.get_text()]
        assert min(contrast_to_white(text.get_color()) for text in words) >= 4.5, setting
        plt.close(fig)
        assert room.x0 <= drawn.x0 and room.y0 <= drawn.y0, setting
        assert drawn.x1 <= room.x1 and drawn.y1 <= room.y1, setting


def test_pictures_of_all_values_have_one_size_and_show_what_the_first_draws_beyond_its_edges():
    def growing(n):
        fig, ax = plt.subplots(figsize=(2, 1))
        ax.set_title("t" * n)
        return fig, f"{n} letters"

    sliders = explore(growing, n=("n", [30, 60], 30))
    first = sliders.shown["html"]
    sliders.set(n=60)
    widths = [html.rpartition('width="')[2] for html in (first, sliders.shown["html"])]
    assert widths[0] == widths[1] and int(widths[0].partition('"')[0]) > 2 * PER_INCH
