"""Figures of chapter 08: the relaxed loss of one bit, its landscapes, outputs, and the trap."""

import matplotlib.pyplot as plt
import numpy as np

from dshcourse.figures.base import OKABE_ITO, finish, style
from dshcourse.figures.plots import plot_histograms

HIGHEST = 3  # loss of the darkest blue


def plot_one_bit(u, loss):
    """The loss of a pair of one bit, b2 = 1, against b1; loss, dict from kind of pair to (n,).

    Returns: figure and alt text.
    """
    fig, ax = plt.subplots(figsize=(7.6, 3.2), layout="constrained")
    for index, (name, values) in enumerate(loss.items()):
        ax.plot(u, values, label=name, markevery=50, **style(index))
    ax.axvspan(0, u.max(), color="0.93", zorder=0, label="b₁ has the sign of b₂")
    title = "A dissimilar pair can reach loss 0 with equal signs"
    finish(ax, title, "output b₁, while b₂ = 1", "loss, eq. 3")
    ax.set_ylim(-0.1, 3)
    ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    free = u[loss["dissimilar"] == 0]
    return fig, (
        f"{title}. Loss against b1, while b2 is 1: the dissimilar pair has loss 0 below "
        f"{free[free < 0].max():.2f} and above {free[free > 0].min():.2f}, where both outputs are "
        f"positive."
    )


def plot_landscapes(g, maps):
    """Losses over outputs b1 and b2 of one bit, with arrows downhill and with the zeros marked.

    Parameters: g, values of b1 and of b2, (n,); maps, dict from name to losses (n, n), a row for
    each b2. Returns: figure and alt text.
    """
    fig, axes = plt.subplots(2, 2, figsize=(7.2, 7.2), sharex=True, sharey=True,
                             layout="constrained")  # fmt: skip
    places = np.arange(10, len(g), 20)
    zeros = []
    for ax, (name, L) in zip(axes.flat, maps.items(), strict=True):
        ax.contourf(g, g, L, levels=np.linspace(0, HIGHEST, 16), cmap="Blues", extend="max")
        row, column = np.nonzero(L < 1e-9)
        ax.plot(g[column], g[row], ".", color=OKABE_ITO[4], ms=14 if len(row) < 9 else 3)
        down = -np.array(np.gradient(L, g, g))[::-1][:, places][:, :, places]
        length = np.linalg.norm(down, axis=0) + 1e-9
        ax.quiver(g[places], g[places], *down / np.sqrt(length), angles="xy", scale=16, width=0.007)
        finish(ax, name, "", "")
        ax.set_aspect("equal")
        zeros.append(f"{name}: {len(row)} of {L.size} points")
    fig.supxlabel("output b₁", fontsize=10)
    fig.supylabel("output b₂", fontsize=10)
    title = "The regularizer leaves loss 0 (orange) at codes only; arrows point downhill"
    fig.suptitle(title)
    return fig, f"{title}. Maps of the loss over b1 and b2. Loss 0 at {'; '.join(zeros)}."


def plot_outputs(groups):
    """Histograms of outputs of networks; groups, dict from name to (n,): figure and alt text."""
    fig, ax = plt.subplots(figsize=(7, 3.4))
    alt = plot_histograms(
        ax, groups, np.linspace(-3.5, 3.5, 57), ylabel="share of outputs",
        title="The larger α, the more outputs are close to ±1", xlabel="output of the network",
    )  # fmt: skip
    for symbol in list(ax.lines):  # means, which say little of outputs with two peaks
        symbol.remove()
    near = [f"{name}: {np.mean(np.abs(np.abs(u) - 1) < 0.25):.0%}" for name, u in groups.items()]
    return fig, f"{alt} Within 0.25 of ±1 are {'; '.join(near)}."


def plot_trap(b, losses, stops):
    """Losses of one output b (n,) by alpha; a mark where it stops, at stops[alpha]: figure, alt."""
    fig, ax = plt.subplots(figsize=(7, 3.6))
    for index, (alpha, values) in enumerate(losses.items()):
        ax.plot(b, values, label=f"α = {alpha}", markevery=[stops[alpha]], ms=10, **style(index))
    title = "A larger α stops the output on its way to −1 (marks)"
    finish(ax, title, "output b, while its class mates are at −1", "loss ℓ(b)")
    ax.axvline(0.5, color="black", ls=":", lw=1, label="start")
    ax.legend(frameon=False)
    described = ", ".join(f"at {b[at]:.2f} for α = {alpha}" for alpha, at in stops.items())
    return fig, f"{title}. Loss against the output. From 0.5, downhill, it stops {described}."
