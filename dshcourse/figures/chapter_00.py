"""Figures of chapter 00: the ten classes, the way from an image to a score, random codes."""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np

from dshcourse.figures.plots import plot_flow, plot_lines

N_SHOWN = 3  # images of each class


def plot_classes(images, labels, names):
    """The first images of each class, a column per class.

    Parameters: images, grey, (n, height, width); labels, (n,); names, of the classes.
    Returns: figure and alt text.
    """
    fig, axes = plt.subplots(N_SHOWN, len(names), figsize=(9, 3.1), layout="constrained")
    described = []
    for c, name in enumerate(names):
        first = np.flatnonzero(labels == c)[:N_SHOWN]
        axes[0, c].set_title(name, fontsize=9)
        for ax, i in zip(axes[:, c], first, strict=True):
            ax.imshow(images[i], cmap="gray_r", vmin=0, vmax=255)
            ax.axis("off")
        described.append(f"{name}: {', '.join(map(str, first))}")
    title = f"Ten classes: the first {N_SHOWN} database images of each"
    fig.suptitle(title)
    return fig, f"{title}. Ids of the images, by class: {'; '.join(described)}."


def plot_course():
    """From an image to a score, with the chapters that teach each step: figure and alt text."""
    boxes = {
        "images": (0, 1, "images\n00 · 01"),
        "features": (1.3, 1, "HOG features\n01 · 04"),
        "LSH": (2.9, 2, "LSH: drawn\nat random\n03 · 04"),
        "ITQ": (2.9, 1, "SH, ITQ: learned\nwithout labels\n06"),
        "DSH": (2.9, 0, "DSH: learned\nwith labels\n07 · 08 · 09"),
        "codes": (4.4, 1, "hash codes\n02"),
        "ranking": (5.5, 1, "ranking\n02 · 04"),
        "score": (6.6, 1, "score\n05 · 10 · 11"),
    }
    paths = [["images", "features", "LSH", "codes", "ranking", "score"],
             ["features", "ITQ", "codes"], ["images", "DSH", "codes"]]  # fmt: skip
    arrows = [(start, end, "") for path in paths for start, end in pairwise(path)]
    fig, ax = plt.subplots(figsize=(9, 3), layout="constrained")
    title = "From an image to a score, and the chapters on the way"
    return fig, plot_flow(ax, boxes, arrows, title=title)


def plot_all_differ(k, chance, share, rounds):
    """The chance that all of 6,000 random codes differ, against the number of their bits.

    Parameters: k, bits (m,); chance, calculated (m,); share, of `rounds` simulations (m,).
    Returns: figure and alt text.
    """
    fig, ax = plt.subplots(figsize=(6.5, 3.6))
    simulated = f"{rounds} rounds, ± standard error"
    alt = plot_lines(
        ax, k, {"calculated": chance, simulated: share},
        spread={simulated: np.sqrt(chance * (1 - chance) / rounds)},
        title=f"With {k[chance >= 0.5][0]} random bits, 6,000 codes probably all differ",
        xlabel="bits k", ylabel="chance that all differ",
    )  # fmt: skip
    return fig, alt
