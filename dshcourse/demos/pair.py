"""Two codes of ±1, their distance, and the loss of the pair by equations 1 and 3. Chapter 07."""

import matplotlib.pyplot as plt
import numpy as np

from dshcourse import figures
from dshcourse.demos.widget import PAIRS, Demo
from dshlib.terms import contrast

PER_BIT = {"bits (eq. 1)": 1, "squared distance (eq. 3)": 4}  # what a bit that differs counts


class Pair(Demo):
    """A pull or a push on two codes: which bits differ, y, margin and its unit. Chapter 07."""

    height = "420px"

    def __init__(self):
        self.choices = {
            "k": ("hash size k", [8, 12, 16], 16),
            "differ": ("bits that differ", list(range(17)), 6),
            "kind": ("pair", list(PAIRS), "dissimilar"),
            "m": ("margin m", [4, 8, 12, 16, 24, 32, 64], 32),
            "units": ("margin counts", list(PER_BIT), "squared distance (eq. 3)"),
            "which": ("which bits", list(range(6)), 0),
        }

    def codes(self, k, differ, which):
        """Two codes of ±1, int (k,), that differ in `differ` bits, or in all if k is smaller.

        `which` chooses the bits; for the same `which` and k, more of them contain the fewer.
        """
        b1 = np.random.default_rng(7).choice([-1, 1], size=k)
        order = np.random.default_rng(which).permutation(k)
        return b1, np.where(np.isin(np.arange(k), order[:differ]), -b1, b1)

    def loss(self, b1, b2, kind, m, units):
        """Loss of the pair: equation 1 if units are bits, equation 3 if squared distance."""
        return contrast(PER_BIT[units] * np.sum(b1 != b2), PAIRS[kind], m)

    def curve(self, k, kind, m, units):
        """Loss at each Hamming distance from 0 to k, (k + 1,)."""
        return contrast(PER_BIT[units] * np.arange(k + 1), PAIRS[kind], m)

    def draw(self, k, differ, kind, m, units, which):
        """The two codes, and the loss of their pair among those at other distances."""
        b1, b2 = self.codes(k, differ, which)
        d, loss = np.sum(b1 != b2), self.loss(b1, b2, kind, m, units)
        curve = self.curve(k, kind, m, units)
        fig, (top, ax) = plt.subplots(2, 1, figsize=(7, 4.1), height_ratios=[1, 2.6],
                                      gridspec_kw={"hspace": 0.6})  # fmt: skip
        ax.plot(curve, color=figures.OKABE_ITO[0])
        ax.plot(d, loss, "s", ms=10, color=figures.OKABE_ITO[1])
        count = "all" if d == k else d
        message = f"{count} bits differ, loss {_in_numbers(d, kind, m, units)} = {loss:g}"
        figures.finish(ax, message, "Hamming distance in bits", "loss of the pair")
        ax.locator_params("y", nbins=4)
        ax.set_xticks(range(0, k + 1, 2))
        figures.pin(ax, below=0.2, left=0.09)
        title = f"{kind} pair, k = {k}, m = {m} in {units}; smallest possible loss {curve.min():g}"
        _draw_codes(top, b1, b2, title)
        return fig, f"{title}. {message}. Codes {b1.tolist()} and {b2.tolist()}."


def _in_numbers(d, kind, m, units):
    distance = f"{d}" if PER_BIT[units] == 1 else f"{PER_BIT[units]} · {d}"
    return f"½ · {distance}" if kind == "similar" else f"½ · max({m} − {distance}, 0)"


def _draw_codes(ax, b1, b2, title):
    B = np.array([b1, b2])
    ax.imshow(B, cmap="Blues", vmin=-1.4, vmax=5, aspect="auto", interpolation="none")
    for sign, places in (("+", B > 0), ("-", B < 0)):
        row, bit = np.nonzero(places)
        ax.plot(bit, row, ls="", marker=f"${sign}1$", ms=14, color="black", mew=0.3)
    differ = np.flatnonzero(b1 != b2)
    ax.plot(differ, np.full(len(differ), 2), ls="", marker=r"$\neq$", ms=11, clip_on=False,
            color=figures.OKABE_ITO[1])  # fmt: skip
    ax.set(title=title, xticks=[], yticks=[0, 1], yticklabels=["b₁", "b₂"], ylim=(1.5, -0.5))
    figures.pin(ax)
