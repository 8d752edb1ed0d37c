"""A query and its neighbours side by side, right and wrong marked by symbol and by colour."""

import base64
import html
import io

import numpy as np
from PIL import Image

from dshcourse.figures.base import OKABE_ITO

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
    if not len(labels):
        return f"{title}: nothing is found."
    return f"{title}: {np.sum(relevant)} of {len(labels)} are right. In order: {descriptions}."


def grey_map(images):
    """The colour map for grey images: dark on white if much of them is empty, 0, as in drawings."""
    return "gray_r" if np.mean(images == 0) > 0.25 else "gray"


def _most(image):
    return 1 if image.dtype.kind == "f" else 255
