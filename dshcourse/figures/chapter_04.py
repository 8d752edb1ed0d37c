"""Figures of chapter 04: the projection in true proportions, angles from codes, work of an index."""

import matplotlib.pyplot as plt
import numpy as np

from dshcourse.figures.base import finish, style
from dshcourse.figures.plots import plot_matrices

UNIT = 0.026  # inches on the page for one entry of a matrix


def plot_projection(R, D):
    """P = R D with its signs: D above P, R to its left, all in proportion to their shapes.

    Parameters: R, (k, d); D, (d, n). Returns: figure and alt text.
    """
    (k, d), n, gap = R.shape, D.shape[1], 0.6 / UNIT
    corners = {"R": (0, 0, d, k), "D": (d + gap, k + gap, n, d), "P = R D": (d + gap, 0, n, k),
               "signs of P": (d + n + 2 * gap, 0, n, k)}  # fmt: skip
    size = d + 2 * (n + gap), k + gap + d
    fig = plt.figure(figsize=(UNIT * size[0], UNIT * size[1]))
    axes = [fig.add_axes([x / size[0], y / size[1], w / size[0], h / size[1]])
            for x, y, w, h in corners.values()]  # fmt: skip
    P = R @ D
    title = "One product projects all images; the signs are their codes (blue: above 0, red: below)"
    alt = plot_matrices(
        axes, dict(zip(corners, (R, D, P, np.where(P > 0, 1, -1)), strict=True)), title=title
    )
    return fig, alt


def plot_angle_estimates(angle, differ):
    """The share of differing bits against the angle, a panel per code length, and the line θ/π.

    Parameters: angle, of pairs, in degrees (n,); differ, dict from number of bits to the shares of
    the same pairs (n,). Returns: figure and alt text.
    """
    fig, axes = plt.subplots(1, len(differ), figsize=(8, 3.4), sharey=True, layout="constrained")
    told = []
    for index, (ax, (k, share)) in enumerate(zip(axes, differ.items(), strict=True)):
        look, off = style(index), np.sqrt(np.mean((share - angle / 180) ** 2))
        ax.plot(angle, share, look["marker"], color=look["color"], ms=3, alpha=0.3)
        ax.plot([0, 90], [0, 0.5], "k--", label="theory, θ/π")
        finish(ax, f"{k} bits: off by {off:.3f} (rms)", "angle θ in degrees", "")
        told.append(f"rms {off:.3f} with {k} bits")
    axes[0].set_ylabel("share of bits that differ")
    axes[0].legend(frameon=False, loc="upper left")
    fig.suptitle("More bits measure the angle more closely")
    return fig, (
        f"{len(angle)} pairs of images scatter around the line θ/π: {', '.join(told)}. "
        f"The largest angle is {angle.max():.0f} degrees."
    )


def plot_costs(measured):
    """Recall against candidates examined, and against work, a line per k; points are labelled L.

    Parameters: measured, a DataFrame with a row per setting: k, L, recall, candidates, work.
    Returns: figure and alt text.
    """
    fig, axes = plt.subplots(1, 2, figsize=(9, 4), sharey=True, layout="constrained")
    for ax, cost in zip(axes, ("candidates", "work"), strict=True):
        for index, (k, line) in enumerate(measured.groupby("k")):
            ax.plot(line[cost], line["recall"], **style(index), label=f"k = {k}")
            for x, y, L in line[[cost, "recall", "L"]].itertuples(index=False):
                ax.annotate(f"{L:.0f}", (x, y), (-5, 5), textcoords="offset points", ha="right")
        finish(ax, "", f"{cost} per query", "")
        ax.set_xscale("log")
    axes[0].set_ylabel("recall of the true ten neighbours")
    axes[0].set_title("by candidates alone")
    axes[1].set_title("by candidates + keys = work")
    axes[0].legend(frameon=False, loc="upper left", title="labels: L tables")
    title = "Longer keys bring fewer candidates, but not less work"
    fig.suptitle(title)
    last = measured[measured["L"] == measured["L"].max()]
    told = "; ".join(
        f"k = {row.k}: recall {row.recall:.2f}, {row.candidates:.0f} candidates, work {row.work:.0f}"
        for row in last.itertuples()
    )
    return fig, f"{title}. With {last['L'].iloc[0]} tables: {told}."
