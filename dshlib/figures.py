"""Figures that can be read unseen: each plot_* draws, and returns in words what it shows.

fig, ax = plt.subplots()
alt = plot_lines(ax, x, {"recall": y}, title=..., xlabel=..., ylabel=...)
show(fig, alt)
"""

import base64
import html
import io

import matplotlib.pyplot as plt
import numpy as np

OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)))


class show:
    """A finished figure with its alt text: HTML for people, PNG for files, text for comparison.

    Written small because it reads as a verb: show(fig, alt) is the last line of a cell.
    """

    def __init__(self, fig, alt):
        self.alt = alt
        self.png = as_png(fig)

    def _repr_mimebundle_(self, include=None, exclude=None):
        source = base64.b64encode(self.png).decode()
        image = f'<img alt="{html.escape(self.alt)}" src="data:image/png;base64,{source}"/>'
        return {
            "text/html": f"<figure>{image}</figure>",
            "image/png": source,
            "text/plain": self.alt,
        }


def as_png(fig, dpi=90):
    """Render and close a figure: bytes that are equal for equal figures."""
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None}, bbox_inches="tight")
    plt.close(fig)
    return buffer.getvalue()


def style(index):
    """Colour, marker and line of the index-th series, so that no one needs to tell by colour."""
    pick = index % len(OKABE_ITO)
    return {"color": OKABE_ITO[pick], "marker": MARKERS[pick], "linestyle": LINES[pick]}


def finish(ax, title, xlabel, ylabel):
    """Title, axis labels, light grid and no box."""
    ax.set(title=title, xlabel=xlabel, ylabel=ylabel)
    ax.grid(alpha=0.3)
    ax.spines[["top", "right"]].set_visible(False)


def plot_lines(ax, x, series, *, title, xlabel, ylabel, spread=None):
    """One line a series, with error bars where `spread` has them.

    Parameters: x, (n,), or a dict with one x for each series; series, dict from label to y (n,);
    spread, dict from label to (n,). Returns: the alt text.
    """
    told = []
    for index, (label, y) in enumerate(series.items()):
        xs = x[label] if isinstance(x, dict) else x
        error = None if spread is None else spread.get(label)
        ax.errorbar(xs, y, error, label=label, capsize=3, **style(index))
        told.append(f"{label}: {y[0]:.3g} at {xs[0]:.3g} to {y[-1]:.3g} at {xs[-1]:.3g}")
    finish(ax, title, xlabel, ylabel)
    ax.legend(frameon=False)
    return f"{title}. {ylabel} against {xlabel}. {'; '.join(told)}."


def plot_histograms(ax, groups, bins, *, title, xlabel, ylabel="share of pairs"):
    """Outlined histograms over each other, as shares of each group, with their means marked."""
    told = []
    for index, (label, values) in enumerate(groups.items()):
        look = style(index)
        weights = np.full(len(values), 1 / len(values))
        ax.hist(values, bins, weights=weights, histtype="step", linewidth=2, label=label,
                color=look["color"], linestyle=look["linestyle"])  # fmt: skip
        ax.plot(np.mean(values), 0, look["marker"], color=look["color"], clip_on=False, ms=9)
        told.append(f"{label}: mean {np.mean(values):.3g}, sd {np.std(values):.3g}")
    finish(ax, title, xlabel, ylabel)
    ax.legend(frameon=False)
    return f"{title}. Histograms of {xlabel}. {'; '.join(told)}."


def plot_matrices(axes, matrices, *, title):
    """Matrices side by side on one colour scale a matrix: red below 0, blue above.

    Parameters: axes, one for each; matrices, dict from name to 2-D array. Returns: the alt text.
    """
    told = []
    for ax, (name, matrix) in zip(axes, matrices.items(), strict=True):
        limit = np.abs(matrix).max()
        ax.imshow(matrix, cmap="RdBu", vmin=-limit, vmax=limit, aspect="auto", interpolation="none")
        rows, columns = matrix.shape
        ax.set(title=f"{name}\n{rows} × {columns}", xticks=[], yticks=[])
        told.append(f"{name} is {rows} by {columns} and {np.mean(matrix > 0):.0%} positive")
    axes[0].figure.suptitle(title, y=1.08)
    return f"{title}. {'; '.join(told)}."


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
    told = [f"{words[a]} → {words[b]}{f' ({label})' if label else ''}" for a, b, label in arrows]
    return f"{title}. Diagram: {'; '.join(told)}."


def _around(values, margin):
    return min(values) - margin, max(values) + margin


def plot_neighbours(axes, query, images, labels, relevant, names, *, title):
    """A query and what was retrieved for it, right and wrong told by symbol as well as colour.

    Parameters: axes, 1 + n of them; query, an image; images, (n, 28, 28); labels, (n,);
    relevant, bool (n,); names, of the classes. Returns: the alt text.
    """
    for ax in axes:
        ax.set(xticks=[], yticks=[])
        ax.set_visible(False)
    _picture(axes[0], query, "query", "black")
    for ax, image, label, right in zip(axes[1:], images, labels, relevant, strict=False):
        symbol, colour = ("✓", OKABE_ITO[0]) if right else ("✗", OKABE_ITO[1])
        _picture(ax, image, f"{symbol} {names[label]}", colour)
    axes[0].set_ylabel(title, rotation=0, ha="right", va="center")
    told = ", ".join(
        f"{names[i]} {'right' if r else 'wrong'}" for i, r in zip(labels, relevant, strict=True)
    )
    return f"{title}: {np.sum(relevant)} of {len(labels)} are right. In order: {told}."


def _picture(ax, image, caption, colour):
    ax.set_visible(True)
    ax.imshow(image, cmap="gray_r", vmin=0, vmax=255)
    ax.set_title(caption, fontsize=8, color=colour)
    for spine in ax.spines.values():
        spine.set(color=colour, linewidth=2)
