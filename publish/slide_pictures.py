"""Pictures that are drawn for the slides alone: garments on each title, and demos that move."""

import html
import re
from copy import copy
from functools import cache

import matplotlib.pyplot as plt
import numpy as np

from dshcourse.demos.beforehand import frames
from dshcourse.figures import picture
from dshcourse.study.records import load_recorded
from dshlib.codes import unpack
from dshlib.data import load
from publish.slide_blocks import GAP, ROOM, Block, figure_height
from publish.values import spread

GARMENT = 96  # pixels of a slide
CODES, N_BITS = "queries/DSH, all pairs/0.01/12", 12
DARK, PALE = (0, 62, 102), (205, 221, 232)  # bits that are 1, and those that are 0
GARMENTS_ALT = (
    "Ten garments, one of each class, and below each its code of 12 bits as dark and pale squares."
)
MOST_PICTURES, LEAST_VALUES = 12, 5  # of a demo on a slide; of the choice that moves
BUTTONS = 66  # pixels of the row of values above the picture
PICTURE = re.compile(r'data:image/svg\+xml;base64,([^"]+)"')


def garments_block(name):
    """The picture of a title: a garment of each class with its code. It answers no question.

    The garments are drawn by lot, for each name others.
    """
    dataset, codes = _classroom()
    lot = np.random.default_rng(list(name.encode()))
    columns = []
    for label in range(len(dataset.class_names)):
        query = lot.choice(np.flatnonzero(dataset.queries.labels == label))
        squares = np.where(codes[query].reshape(2, -1, 1), DARK, PALE).astype(np.uint8)
        shown = [
            picture(part, "", width=GARMENT) for part in (dataset.queries.images[query], squares)
        ]
        columns.append(f"<span>{''.join(shown)}</span>")
    page = f'<div role="img" aria-label="{GARMENTS_ALT}">{"".join(columns)}</div>'
    return Block("garments", page, GARMENT + GARMENT / 3 + 8 + GAP)


@cache
def _classroom():
    packed = load_recorded("codes-classroom.safetensors")[CODES]
    return load("classroom"), unpack(packed, N_BITS)


def demo_block(demo):
    """A demo whose first choice of at least five values moves by radio buttons, without a kernel.

    None if the demo is a page and not a figure: a page has no size that is known beforehand.
    """
    shown, alt = demo()
    if hasattr(shown, "page"):
        return None
    plt.close(shown)
    name = next(n for n, (_, values, _) in demo.choices.items() if len(values) >= LEAST_VALUES)
    label, values, default = demo.choices[name]
    few = copy(demo)
    few.choices = demo.choices | {
        name: (label, spread(list(values), default, MOST_PICTURES), default)
    }
    page = frames(few, name).data
    height = figure_height(PICTURE.search(page)[1]) + BUTTONS
    said = f"<p><b>The demo in words.</b> {html.escape(alt)}</p>"
    return Block("demo", page, min(height, ROOM), said, step=True)
