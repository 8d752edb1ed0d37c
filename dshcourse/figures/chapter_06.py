"""Figures of chapter 06: what PCA's bits are worth, the turned plane, waves, and scores."""

import matplotlib.pyplot as plt
import numpy as np

from dshcourse.figures.base import OKABE_ITO, finish, style
from dshcourse.figures.plots import plot_lines

CORNERS = ((1, 1), (-1, 1), (-1, -1), (1, -1))  # the codes of two bits
N_POINTS, N_ARROWS = 400, 25  # are drawn; errors are those of all points


def plot_lengths(bits, sign, lsh):
    """mAP@10 of PCA signs (n,) and of LSH (n, n_seeds), against the bits (n,): figure, alt."""
    fig, ax = plt.subplots(figsize=(6.5, 3.4))
    series = {"PCA sign": sign, "LSH, centred": lsh.mean(axis=1)}
    alt = plot_lines(
        ax, bits, series, spread={"LSH, centred": lsh.std(axis=1, ddof=1)},
        title="PCA sign starts far ahead, then loses by adding bits",
        xlabel="bits k (± sd of the seeds)", ylabel="mAP@10 out of 10",
    )  # fmt: skip
    return fig, alt


def plot_bits(variance, agree):
    """Per PCA direction: its share of the variance, and how often its bit agrees for neighbours.

    Parameters: variance and agree, shares (n,). Returns: figure and alt text.
    """
    fig, axes = plt.subplots(1, 2, figsize=(8, 3.1), layout="constrained")
    ylabels = "share of the variance, %", "neighbours with the same bit"
    for index, (ax, y) in enumerate(zip(axes, (100 * variance, agree), strict=True)):
        look = style(index) | {"linestyle": ""}
        ax.plot(y, ms=4, **look)
        finish(ax, "", "PCA direction, from 0", ylabels[index])
    axes[0].set_yscale("log")
    axes[1].axhline(0.5, color="black", ls="--", label="a fair coin")
    axes[1].legend(frameon=False)
    title = "Later directions carry little variance, and their bits tell little about neighbours"
    fig.suptitle(title)
    return fig, (
        f"{title}. Variance falls from {variance[0]:.1%} to {variance[-1]:.2%}; agreement of a "
        f"query with its ten neighbours falls from {agree[0]:.2f} to {agree[-1]:.2f}."
    )


def plot_plane(V):
    """Two bits: points on the PCA axes and at the best angle, and the error at every angle.

    Parameters: V, the first two PCA coordinates (n, 2). Returns: figure and alt text.
    """
    V = V / np.sqrt(np.mean(V**2))
    errors = np.array([_error(V @ _turn(angle)) for angle in range(181)])
    low = int(errors[:90].argmin())
    fig, axes = plt.subplots(1, 3, figsize=(9, 3.3), layout="constrained")
    for ax, angle, name in zip(axes, (0, low), ("PCA axes", f"turned by {low}°"), strict=False):
        _draw_points(ax, V @ _turn(angle))
        ax.set_title(f"{name}: error {errors[angle]:.3f}")
    axes[2].plot(errors, color=OKABE_ITO[0])
    axes[2].plot([low, low + 90], errors[[low, low + 90]], "ks", label="minimum")
    axes[2].plot(0, errors[0], "kX", ms=9, label="PCA axes", clip_on=False)
    axes[2].legend(frameon=False, loc="upper center", ncols=2, handletextpad=0, columnspacing=1)
    axes[2].set_ylim(top=errors.max() + 0.2 * np.ptp(errors))
    finish(axes[2], "error per entry", "turned clockwise by θ, degrees", "")
    title = "The PCA axes are not the best for signs: turning brings the points closer to corners"
    fig.suptitle(title)
    return fig, (
        f"{title}. {N_POINTS} images with arrows to their corners. Error per entry: "
        f"{errors[0]:.3f} on the PCA axes, {errors[low]:.3f} turned clockwise by {low} degrees and "
        f"again at {low + 90}; highest, {errors.max():.3f}, at {errors.argmax()}."
    )


def _turn(degrees):
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, -s], [s, c]])


def _error(P):
    return np.mean((np.where(P > 0, 1, -1) - P) ** 2)


def _draw_points(ax, P):
    P = P[:N_POINTS]
    B = np.where(P > 0, 1, -1)
    for index, corner in enumerate(CORNERS):
        mine, look = (corner == B).all(axis=1), style(index)
        ax.plot(*P[mine].T, look["marker"], color=look["color"], ms=3, alpha=0.5)
        ax.plot(*corner, look["marker"], color=look["color"], ms=12, mec="black")
    ax.quiver(*P[:N_ARROWS].T, *(B - P)[:N_ARROWS].T, angles="xy", scale_units="xy", scale=1,
              width=0.005)  # fmt: skip
    ax.axhline(0, color="black", lw=1)
    ax.axvline(0, color="black", lw=1)
    ax.set(xlim=(-3, 3), ylim=(-3, 3), aspect="equal", xlabel="bit 0", ylabel="bit 1")


def plot_losses(losses):
    """The loss of ITQ per iteration, a line per start: dict from label to (n,). Figure, alt."""
    fig, ax = plt.subplots(figsize=(6.5, 3.2))
    for index, (label, loss) in enumerate(losses.items()):
        ax.plot(loss, label=label, markevery=5, **style(index))
    rises = sum(int((np.diff(loss) > 1e-12).sum()) for loss in losses.values())
    steps = sum(len(loss) - 1 for loss in losses.values())
    title = f"{len(losses)} starts, {steps} iterations, {rises} rises of the loss"
    finish(ax, title, "iteration", "‖B − VR‖² per entry")
    ax.legend(frameon=False)
    described = "; ".join(
        f"{label}: {loss[0]:.4f}, after 5 iterations {loss[5]:.4f}, at the end {loss[-1]:.4f}"
        for label, loss in losses.items()
    )
    return fig, f"{title}. {described}."


def plot_waves(box, hasher):
    """The bits of Spectral Hashing on points of a box (n, 2), a panel per bit: figure and alt."""
    bits = hasher.encode(box)
    described = [
        f"axis {a}, j = {j}, ω = {w:.2f}"
        for a, j, w in zip(hasher.axis_, hasher.mode_, hasher.frequency_, strict=True)
    ]
    fig, axes = plt.subplots(2, 3, figsize=(9, 3.6), sharex=True, sharey=True, layout="constrained")
    for bit, ax in enumerate(axes.flat):
        for value in (0, 1):
            look = style(value)
            ax.plot(*box[bits[:, bit] == value][:500].T, look["marker"], color=look["color"], ms=3)
        ax.set(title=f"bit {bit}: {described[bit]}", aspect="equal")
    title = "The long side is cut again before the short side is cut at all"
    fig.suptitle(title)
    return fig, f"{title}. Bits of Spectral Hashing on a box: {'; '.join(described)}."


def plot_cuts(x):
    """Coordinates on one direction (n,), and where the waves of j = 1 and 2 cut: figure, alt."""
    low, high = x.min(), x.max()
    fig, ax = plt.subplots(figsize=(6.5, 2.8))
    ax.hist(x, 60, color=OKABE_ITO[5])
    for j, line in ((1, "-"), (2, "--")):
        cuts = low + (np.arange(j) + 0.5) / j * (high - low)
        ax.vlines(cuts, 0, 1, color=OKABE_ITO[j - 1], ls=line, label=f"cut by j = {j}",
                  transform=ax.get_xaxis_transform())  # fmt: skip
    ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    title = "Real images do not fill the box evenly"
    finish(ax, title, "coordinate on PCA direction 0", "images")
    left = np.mean(x < (low + high) / 2)
    return fig, f"{title}. {left:.0%} of them lie left of the middle, where j = 1 cuts."


def plot_methods(rows, ceiling):
    """mAP@10 against bits, a line per method, and exact search as a line across.

    Parameters: rows, a DataFrame with columns method, n_bits, mean, sd; ceiling, a score.
    Returns: figure and alt text.
    """
    fig, ax = plt.subplots(figsize=(6.5, 3.8))
    groups = {name: mine for name, mine in rows.groupby("method", sort=False)}
    alt = plot_lines(
        ax, {name: mine["n_bits"].to_numpy() for name, mine in groups.items()},
        {name: mine["mean"].to_numpy() for name, mine in groups.items()},
        spread={name: mine["sd"].to_numpy() for name, mine in groups.items()},
        title="From 16 bits on, ITQ is the best code without labels",
        xlabel="bits k (± sd of 3 seeds)", ylabel="mAP@10 out of 10",
    )  # fmt: skip
    ax.axhline(ceiling, color="black", ls="--")
    ax.text(48, ceiling - 0.008, "exact search on HOG", va="top", ha="right")
    ax.legend(frameon=False, loc="lower right")
    return fig, f"{alt} Exact search on HOG: {ceiling:.3f}."
