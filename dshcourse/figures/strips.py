"""A query and its neighbours side by side, right and wrong marked by symbol and by colour."""

import base64
import html
import io

import numpy as np
from PIL import Image

from dshcourse.figures.base import OKABE_ITO

PITCH = 38  # from one image of a strip to the next, if an image has 28 pixels
LONGEST_NAME = 11  # of a class, over an image: longer ones would run into each other
SHOWN_WIDTH = 56  # pixels of the page for an image, whatever its size


class Strip:
    """A finished strip with its alt text: HTML for people, text for comparison."""

    def __init__(self, page, alt):
        self.page, self.alt = page, alt

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/html": self.page, "text/plain": self.alt}

    def __add__(self, below):
        """This strip and another one below it."""
        return Strip(self.page + below.page, f"{self.alt} {below.alt}")


def strip(query, images, labels, relevant, names, *, title, cmap="gray_r"):
    """The query and its neighbours as HTML, sharp at any size, and wrapped where there is no room.

    Parameters: query, an image (height, width) or (height, width, 3), or None for none; images,
    (n, …) of its shape, best first; labels, (n,); relevant, bool (n,); names, of the classes; cmap,
    of grey images, see `grey_map`. Returns: a Strip.
    """
    captions = [
        f"{'✓' if right else '✗'} {html.escape(str(names[label]))}"
        for label, right in zip(labels, relevant, strict=True)
    ]
    cells = [
        _captioned(image, caption, OKABE_ITO[0 if right else 1], cmap)
        for image, caption, right in zip(images, captions, relevant, strict=True)
    ]
    if query is not None:
        cells.insert(0, _captioned(query, "query", "currentColor", cmap))
    alt = _in_words(title, labels, relevant, names)
    return Strip(
        f'<figure role="img" aria-label="{html.escape(alt)}" style="display: flex; '
        'flex-wrap: wrap; gap: 6px; margin: 0 0 8px">'
        f'<span style="flex-basis: 100%">{html.escape(title)}</span>{"".join(cells)}</figure>',
        alt,
    )


def picture(image, alt, cmap="gray_r", width=SHOWN_WIDTH, style=""):
    """An image (height, width) or (height, width, 3) as HTML, sharp at any size; alt, its words."""
    height = round(width * image.shape[0] / image.shape[1])
    return (
        f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{_pixels(image, cmap)}"'
        f' width="{width}" height="{height}" style="{style}image-rendering: pixelated"/>'
    )


def _captioned(image, caption, colour, cmap):
    """An image above its caption, within a frame."""
    return (
        '<span style="width: 76px; font-size: 12px; line-height: 1.2; text-align: center">'
        f"{picture(image, '', cmap, style=f'border: 3px solid {colour}; ')}<br/>{caption}</span>"
    )


def _pixels(image, cmap):
    """An image as base64 of a PNG. Not compressed, so that it has the same bytes everywhere."""
    levels = np.round(np.asarray(image, float) * (255 / _most(image))).astype(np.uint8)
    if levels.ndim == 2 and cmap == "gray_r":
        levels = 255 - levels
    buffer = io.BytesIO()
    Image.fromarray(levels).save(buffer, format="png", compress_level=0)
    return base64.b64encode(buffer.getvalue()).decode()


def _in_words(title, labels, relevant, names):
    descriptions = ", ".join(
        f"{names[i]} {'right' if r else 'wrong'}" for i, r in zip(labels, relevant, strict=True)
    )
    return f"{title}: {np.sum(relevant)} of {len(labels)} are right. In order: {descriptions}."


def plot_neighbours(ax, query, images, labels, relevant, names, *, title, cmap="gray_r"):
    """A query and what was retrieved for it, right and wrong marked by symbol and by colour.

    Parameters: query, an image (height, width) or (height, width, 3); images, (n, …) of its shape,
    best first; labels, (n,); relevant, bool (n,); names, of the classes; cmap, of grey images, see
    `grey_map`. There is room for 10 images, or n if that is more. Returns: the alt text.
    """
    from matplotlib.patches import Rectangle  # here: a strip needs no matplotlib

    marks = [("✓", OKABE_ITO[0]) if right else ("✗", OKABE_ITO[1]) for right in relevant]
    captions = [f"{mark} {_short(names[i])}" for (mark, _), i in zip(marks, labels, strict=True)]
    colours = ["black"] + [colour for _, colour in marks]
    height, width = query.shape[:2]
    unit = max(height, width) / 28  # as wide as a pixel of Fashion-MNIST
    pitch = round(PITCH * unit)
    white = 0 if query.ndim == 2 and cmap == "gray_r" else _most(query)
    shape = (height, pitch * (1 + max(10, len(images))), *query.shape[2:])
    strip = np.full(shape, white, dtype=query.dtype)
    for place, image in enumerate([query, *images]):
        left = place * pitch
        strip[:, left : left + width] = image
        corner = (left - 0.5 - unit, -0.5 - unit)
        ax.add_patch(Rectangle(corner, width + 2 * unit, height + 2 * unit, fill=False, lw=2,
                               edgecolor=colours[place]))  # fmt: skip
        ax.text(left + (width - 1) / 2, -0.5 - 2.5 * unit, ["query", *captions][place], fontsize=8,
                color=colours[place], ha="center", va="bottom", parse_math=False)  # fmt: skip
    ax.imshow(strip, cmap=cmap, vmin=0, vmax=_most(query))
    margin = 2.5 * unit
    ax.set(xlim=(-0.5 - margin, strip.shape[1]), ylim=(height - 0.5 + margin, -0.5 - margin))
    ax.text(-0.5 - 3.5 * unit, (height - 1) / 2, title, ha="right", va="center", parse_math=False)
    ax.axis("off")
    return _in_words(title, labels, relevant, names)


def grey_map(images):
    """The colour map for grey images: dark on white if much of them is empty, 0, as in drawings."""
    return "gray_r" if np.mean(images == 0) > 0.25 else "gray"


def _most(image):
    return 1 if image.dtype.kind == "f" else 255


def _short(name):
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
