"""One code, the same with some bits flipped, and what four distances say about the two.

Explored in chapter 02, in the class Flipping.
"""

import matplotlib.pyplot as plt
import numpy as np

from dshcourse.demos.widget import Demo
from dshcourse.figures import OKABE_ITO, finish, pin
from dshlib import codes

DISTANCES = {  # name: the distance of two codes, and its largest value for k bits
    "Hamming": (codes.hamming, lambda k: k),
    "cosine": (codes.cosine, lambda k: 2),
    "Euclidean": (codes.euclidean, lambda k: 2 * np.sqrt(k)),
    "Jaccard": (codes.jaccard, lambda k: 1),
}


class Flipping(Demo):
    """Code length × flipped bits × which of them × share of ones. Chapter 02.

    If more bits are to be flipped than there are, all are flipped.
    """

    height = "245px"

    def __init__(self, seed=3):
        self._seed = seed
        self.choices = {
            "k": ("code length k", [8, 16, 32, 64], 16),
            "flips": ("bits flipped", [0, 1, 2, 3, 4, 6, 8, 12, 16, 32, 64], 4),
            "which": ("which bits", ["at random", "ones first", "zeros first"], "ones first"),
            "ones": ("share of ones", [0.25, 0.5, 0.75], 0.5),
        }

    def pair(self, k, flips, which, ones):
        """A code with ones at random places, and its flipped copy: two boolean arrays (k,)."""
        rng = np.random.default_rng(self._seed)
        code, order = rng.permutation(k) < ones * k, rng.permutation(k)
        later = {"at random": order < 0, "ones first": ~code[order], "zeros first": code[order]}
        flipped = code.copy()
        flipped[order[np.argsort(later[which], kind="stable")][:flips]] ^= True
        return code, flipped

    def distances(self, k, flips, which, ones):
        """The four distances of the pair: dict from name to (distance, largest possible)."""
        pair = self.pair(k, flips, which, ones)
        return {name: (float(of(*pair)), largest(k)) for name, (of, largest) in DISTANCES.items()}

    def draw(self, k, flips, which, ones):
        """The two codes, their XOR, and bars of the distances: figure and alt text."""
        code, flipped = self.pair(k, flips, which, ones)
        values = self.distances(k, flips, which, ones)
        said = f"{np.sum(code ^ flipped)} of {k} bits flipped, {which}"
        fig, (left, right) = plt.subplots(1, 2, figsize=(10, 2.2), width_ratios=[3, 2],
                                          gridspec_kw={"wspace": 0.3})  # fmt: skip
        left.imshow([code, flipped, code ^ flipped], cmap="gray_r", aspect="auto", vmin=0, vmax=1,
                    interpolation="none")  # fmt: skip
        left.set(xticks=range(0, k, k // 4), xlabel="bit", title=said,
                 yticks=range(3), yticklabels=["code", "flipped", "XOR"])  # fmt: skip
        left.hlines([0.5, 1.5], -0.5, k - 0.5, color="0.6")
        shares = [value / largest for value, largest in values.values()]
        right.barh(range(len(values)), shares, color=OKABE_ITO[: len(values)])
        for place, (value, largest) in enumerate(values.values()):
            right.text(1.03, place, f"{value:.3g} of {largest:.3g}", va="center")
        finish(right, "Distances, as a share of the largest possible", "share", "")
        right.set(xticks=[0, 0.5, 1], xlim=(0, 1),
                  yticks=range(len(values)), yticklabels=values, ylim=(3.6, -0.6))  # fmt: skip
        for ax in (left, right):
            pin(ax, below=0.16)
        summary = ", ".join(f"{name} {v:.3g} of {top:.3g}" for name, (v, top) in values.items())
        return fig, f"A code with {np.sum(code)} ones; {said}. Distances: {summary}."
