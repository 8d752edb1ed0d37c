"""Figures of chapter 07: what learning from pairs is, the pair loss, and why it is a staircase."""

import matplotlib.pyplot as plt
import numpy as np

from dshcourse.figures.base import OKABE_ITO, finish
from dshcourse.figures.plots import plot_flow, plot_histograms, plot_lines


def plot_learning_from_pairs():
    """The parts of Figure 6 of the slides: training above, a query below. Returns: figure, alt."""
    boxes = {
        "x": (0, 1, "training images\nin pairs"), "net": (1.3, 1, "network"),
        "b": (2.5, 1, "outputs\nb₁, b₂"), "loss": (3.7, 1, "loss"),
        "y": (4.9, 1, "labels equal: y = 0\ndifferent: y = 1"), "q": (0, 0, "query image"),
        "same": (1.3, 0, "the same\nnetwork"), "u": (2.5, 0, "output"),
        "code": (3.7, 0, "hash code"),
    }  # fmt: skip
    arrows = [("x", "net", ""), ("net", "b", ""), ("b", "loss", "distance"), ("y", "loss", ""),
              ("net", "same", ""), ("q", "same", ""), ("same", "u", ""),
              ("u", "code", "sign")]  # fmt: skip
    fig, ax = plt.subplots(figsize=(8.6, 2.8))
    title = "Labels train the network, and the sign of its output is the code"
    return fig, plot_flow(ax, boxes, arrows, title=title)


def plot_siamese():
    """The parts of Figure 7 of the slides, with one network. Returns: figure and alt text."""
    boxes = {
        "x1": (0, 1, "image 1"), "n1": (1.2, 1, "network,\nweights W"), "b1": (2.4, 1, "b₁"),
        "x2": (0, 0, "image 2"), "n2": (1.2, 0, "network,\nweights W"), "b2": (2.4, 0, "b₂"),
        "loss": (3.5, 0.5, "L(b₁, b₂, y)"), "y": (4.8, 0.5, "y: 0 same class,\n1 different"),
    }  # fmt: skip
    arrows = [("x1", "n1", ""), ("n1", "b1", ""), ("x2", "n2", ""), ("n2", "b2", ""),
              ("b1", "loss", ""), ("b2", "loss", ""), ("y", "loss", "")]  # fmt: skip
    fig, ax = plt.subplots(figsize=(8.4, 2.5))
    return fig, plot_flow(ax, boxes, arrows, title="Siamese: one set of weights, used twice")


def plot_pairs_apart(same, angle, distance):
    """How far pairs of the same and of different classes are apart, by HOG and by a code.

    Parameters: same, whether the classes of each pair agree, bool (n,); angle, in degrees, and
    distance, in bits, (n,). Returns: figure and alt text.
    """
    fig, axes = plt.subplots(1, 2, figsize=(8.6, 3.3), layout="constrained")
    views = ((angle, np.arange(0, 181, 6), "HOG", "angle in degrees"),
             (distance, np.arange(-0.5, 13), "DSH, 12 bits", "distance in bits"))  # fmt: skip
    alts = []
    for ax, (values, bins, title, xlabel) in zip(axes, views, strict=True):
        groups = {"same class": values[same], "different classes": values[~same]}
        alts.append(plot_histograms(ax, groups, bins, title=title, xlabel=xlabel))
        ax.set_ylim(top=1.3 * ax.get_ylim()[1])
    axes[1].set_ylabel("")
    fig.suptitle("The learned code separates the two kinds of pairs better (symbols: means)")
    return fig, " ".join(alts)


def plot_pair_loss(loss, m):
    """Equation 1 at the distances 0 to k; loss, dict from kind of pair to (k + 1,): figure, alt."""
    fig, ax = plt.subplots(figsize=(6.5, 3.2))
    (k,) = {len(values) - 1 for values in loss.values()}
    return fig, plot_lines(
        ax, np.arange(k + 1), loss, title=f"A pull at every distance, a push up to m = {m}",
        xlabel="Hamming distance in bits", ylabel="loss of one pair, eq. 1",
    )  # fmt: skip


def plot_staircase(t, losses):
    """The loss on codes and on real outputs, losses (n, 2), along the line t (n,): figure, alt."""
    fig, axes = plt.subplots(1, 2, figsize=(8.6, 3.1), layout="constrained")
    titles = ("codes, eq. 2: steps", "real outputs, eq. 3: a curve")
    for ax, values, title in zip(axes, losses.T, titles, strict=True):
        ax.plot(t, values, color=OKABE_ITO[0])
        finish(ax, title, "t, shift of the weights", "")
    axes[0].set_ylabel("loss of all pairs")
    fig.suptitle("On codes the loss has no slope")
    flat = (np.diff(losses, axis=0) == 0).mean(axis=0)
    return fig, (
        f"Two losses against the shift of the weights. Codes: constant over {flat[0]:.0%} of the "
        f"steps, with jumps in between. Real outputs: constant over {flat[1]:.0%} of them."
    )
