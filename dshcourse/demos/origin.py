"""Move the origin into a cloud: lines through it miss the points, then cut them. Chapter 04."""

import matplotlib.pyplot as plt
import numpy as np

from dshcourse import figures
from dshcourse.demos.widget import Demo
from dshlib import codes

N_POINTS, CENTRE, SPREAD = 300, (4.0, 3.0), 0.65
LINES = (1, 2, 4, 8)


class Origin(Demo):
    """Buckets of a cloud in the positive corner, by lines through a movable origin. Chapter 04.

    Data: points, (300, 2), all positive; normals of the lines, (8, 2): the first are used.
    """

    height = "420px"

    def __init__(self, seed=18):
        rng = np.random.default_rng(seed)
        self.points = CENTRE + SPREAD * rng.standard_normal((N_POINTS, 2))
        self.normals = rng.standard_normal((max(LINES), 2))
        self.choices = {
            "moved": ("origin moved, %", [0, 25, 50, 75, 100], 0),
            "lines": ("random lines", list(LINES), 4),
        }

    def origin(self, moved):
        """Where the lines meet: `moved` per cent of the way from (0, 0) to the points' mean."""
        return moved / 100 * self.points.mean(axis=0)

    def keys(self, moved, lines):
        """The bucket of each point, numbered from 0, the largest, on: (300,)."""
        bits = codes.binarize((self.points - self.origin(moved)) @ self.normals[:lines].T)
        _, bucket, sizes = np.unique(codes.pack(bits), return_inverse=True, return_counts=True)
        return np.argsort(np.argsort(-sizes, kind="stable"))[bucket]

    def draw(self, moved, lines):
        """The points in the colours of their buckets, and the lines through the origin."""
        keys, (x, y) = self.keys(moved, lines), self.origin(moved)
        sizes = np.bincount(keys)
        fig, ax = plt.subplots(figsize=(6.5, 4.4))
        for key in range(len(sizes)):
            look = figures.style(key)
            ax.plot(*self.points[keys == key].T, _marker(key), color=look["color"], ms=5, alpha=0.7)
        for a, b in self.normals[:lines]:
            ax.axline((x, y), (x - b, y + a), color="0.35", lw=1)
        ax.plot(x, y, "ko", ms=10, label="origin, where all lines meet")
        plural = "s" if lines > 1 else ""
        message = (
            f"Origin moved by {moved}%, {lines} line{plural}: "
            f"{len(sizes)} code{'s' * (len(sizes) > 1)} in use,\n"
            f"the largest bucket holds {sizes[0]} of {len(keys)} points"
        )
        figures.finish(ax, message, "first feature", "second feature")
        ax.set(xlim=(-1.2, 7), ylim=(-1.2, 5.4), aspect="equal")
        ax.legend(loc="lower right")
        figures.pin(ax, left=0.08)
        described = ", ".join(map(str, sizes))
        return fig, f"{message.replace(chr(10), ' ')}. Points per bucket: {described}."


def _marker(key):
    """Marker of a bucket: with its colour, it is another one for each of 49 buckets."""
    return figures.MARKERS[(key + key // len(figures.MARKERS)) % len(figures.MARKERS)]
