"""Figures that can be read unseen: each plot_* draws, and returns in words what it shows.

    fig, ax = plt.subplots()
    alt = plot_lines(ax, x, {"recall": y}, title=..., xlabel=..., ylabel=...)
    show(fig, alt)

The words are computed from the data, like the picture.
"""

import base64
import html
import io

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle

OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)))
PITCH = 38  # from one image of a strip to the next, if an image has 28 pixels
LONGEST_NAME = 11  # of a class, over an image: longer ones would run into each other


class Shown:
    """A finished figure with its alt text: HTML for people, PNG for files, text for comparison."""

    def __init__(self, fig, alt):
        self.alt = alt
        self.png = as_png(fig)

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {
            "text/html": as_html(self.png, self.alt),
            "image/png": base64.b64encode(self.png).decode(),
            "text/plain": self.alt,
        }


def show(fig, alt):
    """The last line of a cell: the figure with its alt text."""
    return Shown(fig, alt)


def as_png(fig, dpi=90, compress_level=6):
    """Render and close a figure: bytes that are equal for equal figures. Level 1 is fastest.

    Without a layout engine the box can be measured here; "tight" would first lay out all again.
    """
    buffer, box = io.BytesIO(), "tight"
    fig.set_dpi(dpi)
    if fig.get_layout_engine() is None:
        box = fig.get_tightbbox().padded(plt.rcParams["savefig.pad_inches"])
    fig.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None}, bbox_inches=box,
                pil_kwargs={"compress_level": compress_level})  # fmt: skip
    plt.close(fig)
    return buffer.getvalue()


def as_html(png, alt):
    """A picture and its words as HTML that needs no other file."""
    source = base64.b64encode(png).decode()
    return f'<figure><img alt="{html.escape(alt)}" src="data:image/png;base64,{source}"/></figure>'


def style(index):
    """Colour, marker and line of the index-th series, so that no one needs to tell by colour."""
    pick = index % len(OKABE_ITO)
    return {"color": OKABE_ITO[pick], "marker": MARKERS[pick], "linestyle": LINES[pick]}


def finish(ax, title, xlabel, ylabel):
    """Title, axis labels, light grid and no box.

    With y=1 the title stays where it is; else matplotlib measures all ticks to find it a place.
    """
    ax.set_title(title, y=1)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.grid(alpha=0.3)
    ax.spines[["top", "right"]].set_visible(False)


def pin(ax, below=0.13, left=0.13):
    """Fix title and axis labels of a finished ax, `below` and `left` of it in parts of its size.

    Left alone, matplotlib measures all ticks several times to place them: a fifth of a redraw.
    """
    ax.set_title(ax.get_title(), y=1)
    ax.xaxis.set_label_coords(0.5, -below)
    ax.yaxis.set_label_coords(-left, 0.5)


def plot_lines(ax, x, series, *, title, xlabel, ylabel, spread=None):
    """One line a series, with error bars where `spread` has them.

    Parameters: x, (n,), or a dict with one x for each series; series, dict from label to y (n,);
    spread, dict from label to (n,). Returns: the alt text.
    """
    descriptions = []
    for index, (label, y) in enumerate(series.items()):
        xs = x[label] if isinstance(x, dict) else x
        error = None if spread is None else spread.get(label)
        ax.errorbar(xs, y, error, label=label, capsize=3, **style(index))
        descriptions.append(f"{label}: {y[0]:.3g} at {xs[0]:.3g} to {y[-1]:.3g} at {xs[-1]:.3g}")
    finish(ax, title, xlabel, ylabel)
    ax.legend(frameon=False)
    return f"{title}. {ylabel} against {xlabel}. {'; '.join(descriptions)}."


def plot_histograms(ax, groups, bins, *, title, xlabel, ylabel="share of pairs"):
    """Outlined histograms over each other, as shares of each group, with their means marked."""
    descriptions = []
    for index, (label, values) in enumerate(groups.items()):
        look = style(index)
        weights = np.full(len(values), 1 / len(values))
        ax.hist(values, bins, weights=weights, histtype="step", linewidth=2, label=label,
                color=look["color"], linestyle=look["linestyle"])  # fmt: skip
        ax.plot(np.mean(values), 0, look["marker"], color=look["color"], clip_on=False, ms=9)
        descriptions.append(f"{label}: mean {np.mean(values):.3g}, sd {np.std(values):.3g}")
    finish(ax, title, xlabel, ylabel)
    ax.legend(frameon=False)
    return f"{title}. Histograms of {xlabel}. {'; '.join(descriptions)}."


def plot_matrices(axes, matrices, *, title):
    """Matrices side by side on one colour scale a matrix: red below 0, blue above.

    Parameters: axes, one for each; matrices, dict from name to 2-D array. Returns: the alt text.
    """
    descriptions = []
    for ax, (name, matrix) in zip(axes, matrices.items(), strict=True):
        limit = np.abs(matrix).max()
        ax.imshow(matrix, cmap="RdBu", vmin=-limit, vmax=limit, aspect="auto", interpolation="none")
        rows, columns = matrix.shape
        ax.set(title=f"{name}\n{rows} × {columns}", xticks=[], yticks=[])
        descriptions.append(f"{name} is {rows} by {columns} and {np.mean(matrix > 0):.0%} positive")
    axes[0].figure.suptitle(title, y=1.08)
    return f"{title}. {'; '.join(descriptions)}."


def plot_flow(ax, boxes, arrows, *, title):
    """A drawn diagram: boxes with words, joined by arrows.

    Parameters: boxes, dict from name to (x, y, text) in units of the axes' data; arrows, list of
    (from, to, label), the label may be empty. Returns: the alt text, which follows the arrows.
    """
    frame = {"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": OKABE_ITO[0]}
    drawn = {
        name: ax.text(x, y, text, ha="center", va="center", fontsize=10, bbox=frame)
        for name, (x, y, text) in boxes.items()
    }
    ax.set(title=title, xlim=_around([x for x, _, _ in boxes.values()], 0.6),
           ylim=_around([y for _, y, _ in boxes.values()], 0.5))  # fmt: skip
    ax.axis("off")
    ax.figure.canvas.draw()
    for start, end, label in arrows:
        (x0, y0), (x1, y1) = (drawn[name].get_position() for name in (start, end))
        ax.annotate("", (x1, y1), (x0, y0), arrowprops={"arrowstyle": "-|>", "lw": 1.5,
                    "color": "black", "patchA": drawn[start].get_bbox_patch(),
                    "patchB": drawn[end].get_bbox_patch()})  # fmt: skip
        ax.annotate(label, ((x0 + x1) / 2, (y0 + y1) / 2), (0, 4), textcoords="offset points",
                    ha="center", va="bottom", fontsize=9)  # fmt: skip
    words = {name: text.replace("\n", " ") for name, (_, _, text) in boxes.items()}
    descriptions = [
        f"{words[a]} → {words[b]}{f' ({label})' if label else ''}" for a, b, label in arrows
    ]
    return f"{title}. Diagram: {'; '.join(descriptions)}."


def _around(values, margin):
    return min(values) - margin, max(values) + margin


def plot_neighbours(ax, query, images, labels, relevant, names, *, title, cmap="gray_r"):
    """A query and what was retrieved for it, right and wrong marked by symbol and by colour.

    Parameters: query, an image (height, width) or (height, width, 3); images, (n, …) of its shape,
    best first; labels, (n,); relevant, bool (n,); names, of the classes; cmap, of grey images, see
    `grey_map`. There is room for 10 images, or n if that is more. Returns: the alt text.
    """
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
    descriptions = ", ".join(
        f"{names[i]} {'right' if r else 'wrong'}" for i, r in zip(labels, relevant, strict=True)
    )
    return f"{title}: {np.sum(relevant)} of {len(labels)} are right. In order: {descriptions}."


def pareto_front(costs, scores):
    """Rows that no other row beats, by ascending cost: a list of labels.

    A row is beaten by one that costs no more and scores more. Parameters: two pandas Series with
    one index.
    """
    front = []
    for row in sorted(costs.index, key=lambda row: (costs[row], -scores[row])):
        if not front or scores[row] > scores[front[-1]]:
            front.append(row)
    return front


def plot_pareto(ax, costs, scores, spread, *, title, xlabel, ylabel):
    """One labelled point a row, score against cost; a line joins the rows that no other beats.

    Parameters: costs, scores and spread (error bars), pandas Series with one index, the labels.
    Returns: the alt text.
    """
    front = pareto_front(costs, scores)
    ax.plot(costs[front], scores[front], **style(0) | {"marker": ""})
    for row in costs.index:
        look = style(0 if row in front else 1) | {"linestyle": ""}
        ax.errorbar(costs[row], scores[row], spread[row], capsize=3, **look)
        ax.annotate(row, (costs[row], scores[row]), (6, -4), textcoords="offset points", size=8)
    ax.set_xscale("log")
    finish(ax, title, xlabel, ylabel)
    points = "; ".join(f"{row}: {scores[row]:.3f} for {costs[row]:.3g}" for row in costs.index)
    return f"{title}. {ylabel} against {xlabel}. {points}. No other row beats {', '.join(front)}."


def grey_map(images):
    """The colour map for grey images: dark on white if much of them is empty, 0, as in drawings."""
    return "gray_r" if np.mean(images == 0) > 0.25 else "gray"


def _most(image):
    return 1 if image.dtype.kind == "f" else 255


def _short(name):
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
