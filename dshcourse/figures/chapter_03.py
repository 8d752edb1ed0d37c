"""Figures of chapter 03: two kinds of hash functions, buckets of lines, the wedge, S-curves."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Wedge

from dshcourse.figures.base import OKABE_ITO, finish, style
from dshcourse.figures.plots import plot_lines
from dshlib.hashers.lsh import candidate_probability, collision_probability


def plot_avalanche(n_pixels, changed):
    """Bits that change against pixels replaced, for a checksum and for random hyperplanes.

    Parameters: n_pixels, (n,); changed, bits of both, (n, images, 2). Returns: figure, alt text.
    """
    fig, ax = plt.subplots(figsize=(6.5, 3.4))
    names = "SHA-256", "256 random hyperplanes"
    mean, sd = (
        dict(zip(names, of(changed, axis=1).T, strict=True)) for of in (np.mean, np.std)
    )  # fmt: skip
    alt = plot_lines(
        ax, n_pixels, mean, spread=sd,
        title="A checksum scatters what is similar; hyperplanes keep it together",
        xlabel="pixels replaced, of 784", ylabel="bits that change, of 256, ± sd",
    )  # fmt: skip
    ax.set(xscale="symlog", xticks=n_pixels, xticklabels=n_pixels)
    described = "; ".join(
        f"{n}: {a:.0f} and {b:.0f}" for n, a, b in zip(n_pixels, *mean.values(), strict=True)
    )
    return fig, f"{alt} Bits that change, by pixels replaced: {described}."


def plot_buckets(points, R, keys):
    """Points in the plane cut by lines through the origin, and how many lie in each bucket.

    Parameters: points, (n, 2); R, normals of the lines, (k, 2); keys, packed, (n,).
    Returns: figure and alt text.
    """
    used, sizes = np.unique(keys, return_counts=True)
    fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), width_ratios=[3, 2],
                                      layout="constrained")  # fmt: skip
    for row, (key, size) in enumerate(zip(used, sizes, strict=True)):
        look = style(row) | {"linestyle": "", "ms": 6}
        left.plot(*points[keys == key].T, **look)
        right.plot(np.arange(1, size + 1), np.full(size, row), **look)
    for a, b in R:
        left.axline((0, 0), (-b, a), color="0.4", lw=1)
    title = f"{len(R)} lines put {len(points)} points into {len(used)} buckets"
    finish(left, f"{len(points)} points, {len(R)} random lines", "first coordinate",
           "second coordinate")  # fmt: skip
    finish(right, "their buckets", "points in the bucket", "key")
    left.set_aspect("equal", adjustable="datalim")
    right.set(yticks=range(len(used)), yticklabels=[f"{key:0{len(R)}b}" for key in used])
    fig.suptitle(title)
    counted = ", ".join(f"{key:0{len(R)}b}: {size}" for key, size in zip(used, sizes, strict=True))
    return fig, f"{title}; points per key: {counted}."


def plot_wedge(angle, normals):
    """Two vectors at an angle (radians), and lines with normals (n, 2): figure and alt text."""
    fig, ax = plt.subplots(figsize=(4.2, 4.2))
    n_split, degrees = draw_plane(ax, angle, normals), np.degrees(angle)
    ax.set_title(f"θ = {degrees:.0f}°: {n_split} of {len(normals)} random lines separate x and y")
    return fig, (
        f"Two vectors at {degrees:.0f} degrees and the wedge between them, shaded with its "
        f"opposite. Of {len(normals)} random lines through the origin {n_split}, dashed, lie in "
        f"the wedge and separate the vectors; {len(normals) - n_split} do not."
    )


def draw_plane(ax, angle, normals):
    """Two vectors, the wedge between them, and lines: dashed if they separate the vectors.

    Parameters: angle, θ in radians; normals, (n, 2), one for each line.
    Returns: how many lines separate the vectors.
    """
    for turn in (0, 180):
        ax.add_patch(Wedge((0, 0), 1.3, turn, turn + np.degrees(angle), color="0.87"))
    split = separate(normals, angle)
    along = 1.3 * normals[:, ::-1] * [-1, 1] / np.linalg.norm(normals, axis=1, keepdims=True)
    for chosen, line, colour in ((~split, "-", 0), (split, "--", 1)):
        ends = np.stack([-along, along, np.full_like(along, np.nan)], axis=1)[chosen]
        ax.plot(*ends.reshape(-1, 2).T, line, lw=1.5, color=OKABE_ITO[colour])
    x, y = _pair(angle)
    names = {"x": 1.15 * x, "y": 1.15 * y} if angle else {"x = y": (0.6, 0.2)}
    for v in (x, y):
        ax.annotate("", v, (0, 0), arrowprops={"arrowstyle": "-|>", "lw": 2.5})
    for name, place in names.items():
        ax.text(*place, name, fontsize=12, ha="center", va="center",
                bbox={"facecolor": "white", "lw": 0, "pad": 1})  # fmt: skip
    ax.set(xlim=(-1.35, 1.35), ylim=(-1.35, 1.35), aspect="equal")
    ax.axis("off")
    return int(split.sum())


def separate(normals, angle):
    """Do lines with normals (..., 2) run between two vectors at an angle, radians? Bool (...)."""
    x, y = _pair(angle)
    return (normals @ x > 0) != (normals @ y > 0)


def _pair(angle):
    return np.array([1.0, 0.0]), np.array([np.cos(angle), np.sin(angle)])


def plot_agreement(angles, counted, n):
    """Counted shares of agreeing bits against the angle, and the line 1 − θ/π.

    Parameters: angles, radians (m,); counted, dict from dimension to shares (m,); n, draws for
    each share. Returns: figure and alt text.
    """
    fig, ax = plt.subplots(figsize=(6.5, 3.4))
    p = collision_probability(angles)
    ax.plot(np.degrees(angles), p, "k-", lw=1, label="1 − θ/π")
    for index, (d, share) in enumerate(counted.items()):
        look = style(index) | {"linestyle": "", "ms": 5, "capsize": 3}
        ax.errorbar(np.degrees(angles) + 2 * index - 1, share, 2 * np.sqrt(p * (1 - p) / n),
                    label=f"counted, {d} dimensions, ± 2 standard errors", **look)  # fmt: skip
    title = "Bits agree with probability 1 − θ/π, in any dimension"
    finish(ax, title, "angle θ in degrees (points set apart)", "share of bits that agree")
    ax.legend(frameon=False, loc="lower left")
    largest = max(np.abs(share - p).max() for share in counted.values())
    return fig, (
        f"{title}. Counted shares at {len(angles)} angles in {' and '.join(map(str, counted))} "
        f"dimensions lie on the line from 1 at 0 degrees to 0 at 180 degrees; the largest "
        f"deviation is {largest:.3f}."
    )


def plot_s_curves(settings):
    """The probability of being a candidate against p, a curve per (k, L): figure and alt text."""
    fig, ax = plt.subplots(figsize=(6.5, 3.6))
    p = np.linspace(0, 1, 201)
    for index, (k, L) in enumerate(settings):
        ax.plot(p, candidate_probability(p, k, L), **style(index), markevery=20, ms=5,
                label=f"k = {k}, L = {L}")  # fmt: skip
    title = "AND pushes the curve right, OR pulls it left; both make a step"
    finish(ax, title, "probability p that one bit agrees", "probability of being a candidate")
    ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    described = "; ".join(
        f"k = {k}, L = {L}: {candidate_probability(0.5, k, L):.2f} at p = 0.5 and "
        f"{candidate_probability(0.8, k, L):.2f} at 0.8"
        for k, L in settings
    )
    return fig, f"{title}. {described}."
