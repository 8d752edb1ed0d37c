"""Figures of chapter 04: the projection in true proportions, angles, what an index costs."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle

from dshcourse.figures.base import finish, style
from dshcourse.figures.plots import plot_histograms, plot_matrices

UNIT = 0.026  # inches on the page for one entry of a matrix
LABELS = {  # where the labels of the three lines stand, in points from what they label
    "candidates": ((9, -12), (-3, -17), (-9, 4)),
    "work": ((2, 7), (-9, 5), (3, -15)),
}


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
    fig.suptitle(title, y=1.14)
    i, j = k // 2, n // 2
    boxes = ((-0.5, i - 0.5, d, 1), (j - 0.5, -0.5, 1, d), *2 * [(j - 0.5, i - 0.5, 1, 1)])
    for ax, (x, y, w, h) in zip(axes, boxes, strict=True):
        ax.add_patch(Rectangle((x, y), w, h, fill=False, lw=0.8, clip_on=False))
    described = "Outlined: a row of R times\na column of D is one entry of P."
    fig.text(0.28, 0.55, described, ha="center")
    return fig, f"{alt} {described}".replace("\n", " ")


def plot_angle_estimates(angle, differ):
    """The share of differing bits against the angle, a panel per code length, and the line θ/π.

    Parameters: angle, of pairs, in degrees (n,); differ, dict from number of bits to the shares of
    the same pairs (n,). Returns: figure and alt text.
    """
    fig, axes = plt.subplots(1, len(differ), figsize=(8, 3.4), sharey=True, layout="constrained")
    described = []
    for index, (ax, (k, share)) in enumerate(zip(axes, differ.items(), strict=True)):
        look, p = style(index), angle.mean() / 180
        off, binomial = np.sqrt(np.mean((share - angle / 180) ** 2)), np.sqrt(p * (1 - p) / k)
        ax.plot(angle, share, look["marker"], color=look["color"], ms=3, alpha=0.3)
        ax.plot([0, 90], [0, 0.5], "k--", label="theory, θ/π")
        finish(ax, f"{k} bits: off by {off:.3f}, binomial {binomial:.3f}", "angle θ in degrees", "")
        described.append(f"off by {off:.3f} (rms) with {k} bits, binomial {binomial:.3f}")
    axes[0].set_ylabel("share of bits that differ")
    axes[0].legend(frameon=False, loc="upper left")
    fig.suptitle("More bits measure the angle more closely")
    return fig, (
        f"{len(angle)} pairs of images scatter around the line θ/π: {'; '.join(described)}. "
        f"The largest angle is {angle.max():.0f} degrees."
    )


def plot_centring(before, after):
    """Angles between pairs of images, in degrees (n,), before and after centring: figure, alt."""
    fig, ax = plt.subplots(figsize=(6.5, 3.2))
    alt = plot_histograms(
        ax, {"un-centred": before, "centred": after}, bins=np.arange(0, 181, 5),
        title="Centring spreads the images over all directions",
        xlabel="angle between two images in degrees",
    )  # fmt: skip
    return fig, alt


def plot_costs(measured):
    """Recall against candidates examined, and against work, a line per k; points are labelled L.

    Parameters: measured, a DataFrame with a row per setting: k, L, recall, candidates, work.
    Returns: figure and alt text.
    """
    fig, axes = plt.subplots(1, 2, figsize=(9, 4), sharey=True, layout="constrained")
    for ax, cost in zip(axes, ("candidates", "work"), strict=True):
        for index, (k, line) in enumerate(measured.groupby("k")):
            look, where = style(index), LABELS[cost][index]
            ax.plot(line[cost], line["recall"], **look, label=f"k = {k}")
            for x, y, L in line[[cost, "recall", "L"]].itertuples(index=False):
                ax.annotate(f"{L:.0f}", (x, y), where, textcoords="offset points", ha="center",
                            color=look["color"], fontsize=9)  # fmt: skip
        finish(ax, "", f"{cost} per query", "")
        ax.set_xscale("log")
        ax.set_ylim(-0.08, 1.08)
    axes[0].set_ylabel("recall of the true ten neighbours")
    axes[0].set_title("by candidates alone")
    axes[1].set_title("by candidates + keys = work")
    axes[0].legend(frameon=False, loc="upper left", title="labels: L tables")
    title = "Longer keys need fewer candidates, but not less work"
    fig.suptitle(title)
    last = measured[measured["L"] == measured["L"].max()]
    described = "; ".join(
        f"k = {row.k}: recall {row.recall:.2f}, {row.candidates:.0f} candidates, "
        f"work {row.work:.0f}"
        for row in last.itertuples()
    )
    return fig, f"{title}. With {last['L'].iloc[0]} tables: {described}."
