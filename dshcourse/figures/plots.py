"""Plots of any chapter: each draws on axes, and returns in words what it shows."""

import numpy as np

from dshcourse.figures.base import OKABE_ITO, finish, style


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


def pareto_front(costs, scores):
    """Rows of the Pareto front, by ascending cost: a list of labels.

    A row is dominated by one that costs no more and scores more. Parameters: two pandas Series with
    one index.
    """
    front = []
    for row in sorted(costs.index, key=lambda row: (costs[row], -scores[row])):
        if not front or scores[row] > scores[front[-1]]:
            front.append(row)
    return front


def plot_pareto(ax, costs, scores, spread, *, title, xlabel, ylabel):
    """One labelled point a row, score against cost; a line joins those of the Pareto front.

    Parameters: costs, scores and spread (error bars), pandas Series with one index, the labels.
    Returns: the alt text.
    """
    front = pareto_front(costs, scores)
    ax.plot(costs[front], scores[front], **style(0) | {"marker": ""})
    for row in costs.index:
        look = style(0 if row in front else 1) | {"linestyle": ""}
        ax.errorbar(costs[row], scores[row], spread[row], capsize=3, **look)
        ax.annotate(row, (costs[row], scores[row]), (6, -4), textcoords="offset points", size=9)
    ax.set_xscale("log")
    finish(ax, title, xlabel, ylabel)
    points = "; ".join(f"{row}: {scores[row]:.3f} for {costs[row]:.3g}" for row in costs.index)
    return f"{title}. {ylabel} against {xlabel}. {points}. Pareto front: {', '.join(front)}."
