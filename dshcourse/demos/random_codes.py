"""Random codes of k bits: how many are alone, and how large the buckets of the others are.

Explored in chapter 00, in the class RandomCodes.
"""

import matplotlib.pyplot as plt
import numpy as np

from dshcourse.demos.widget import Demo
from dshcourse.figures import OKABE_ITO, finish, pin

LONGEST = 32  # bits
MOST = 60_000  # codes
MOST_BARS = 25


class RandomCodes(Demo):
    """Bits k × number of codes n, for random codes. Chapter 00.

    MOST codes of LONGEST bits are drawn once. A setting takes the first n of them and their first
    k bits, so that a further bit splits the buckets that were there.
    """

    height = "310px"

    def __init__(self, seed=0):
        rng = np.random.default_rng(seed)
        self._codes = rng.integers(2**LONGEST, size=MOST, dtype=np.uint32)
        self.choices = {
            "k": ("bits k", list(range(1, LONGEST + 1)), 13),
            "n": ("codes n", [100, 1000, 6000, MOST], 6000),
        }

    def bucket_sizes(self, k, n):
        """Sizes of the buckets as the codes in them see it: integers (n,), itself included."""
        _, size = np.unique(self._codes[:n] >> np.uint32(LONGEST - k), return_counts=True)
        return np.repeat(size, size)

    def expected_alone(self, k, n):
        """Expected share of codes that are alone: the n - 1 others all miss their bucket."""
        return (1 - 2.0**-k) ** (n - 1)

    def draw(self, k, n):
        """Share of codes alone against k, and the bucket sizes: figure and alt text."""
        sizes = self.bucket_sizes(k, n)
        alone, expected = np.mean(sizes == 1), self.expected_alone(k, n)
        fig, (left, right) = plt.subplots(1, 2, figsize=(10, 3.2))
        every_k = np.arange(1, LONGEST + 1)
        left.plot(every_k, self.expected_alone(every_k, n), color=OKABE_ITO[0])
        left.plot(k, alone, "D", color=OKABE_ITO[1], ms=9, clip_on=False)
        left.set(xticks=range(0, LONGEST + 1, 8), yticks=[0, 0.5, 1], ylim=(-0.05, 1.05))
        finish(left, f"◆ {alone:.1%} alone; line: {expected:.1%} expected", "bits k",
               "share of codes alone")  # fmt: skip
        right.stairs(*_shares(sizes), fill=True, color=OKABE_ITO[1])
        right.locator_params("x", nbins=4, integer=True)
        right.locator_params("y", nbins=3)
        finish(right, f"{n:,} codes, k = {k}", "size of the bucket that a code is in",
               "share of codes")  # fmt: skip
        for ax in (left, right):
            pin(ax)
        summary = f"{n:,} random codes, k = {k}: {np.sum(sizes == 1):,} are alone ({alone:.1%})"
        spread = f"buckets hold {sizes.min():,} to {sizes.max():,} codes"
        mean = f"the mean bucket that a code sits in, {sizes.mean():,.2f}"
        return fig, f"{summary}, {expected:.1%} expected; {spread}; {mean}."


def _shares(sizes):
    """Share of codes at each size, and the edges of the bars: at most MOST_BARS, of whole sizes."""
    step = np.ceil((np.ptp(sizes) + 1) / MOST_BARS)
    edges = np.arange(sizes.min(), sizes.max() + step + 1, step) - 0.5
    return np.histogram(sizes, edges)[0] / len(sizes), edges
