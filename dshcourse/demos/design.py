"""Design an index: which k and L do the least work, and what memory they need. Chapter 03."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from dshcourse import figures
from dshcourse.demos.widget import Demo

LONGEST_KEY = 50  # bits; the best key of every choice is shorter
BYTES_OF_AN_ID = 4
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
NEAR = (0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
FAR = (0.5, 0.55, 0.6, 0.65)
RECALLS = (0.5, 0.8, 0.9, 0.95, 0.99)
SIZES = tuple(10**power for power in range(3, 10))


class Design(Demo):
    """Chance of a near and of a far bit × recall × items → work of every k. Chapter 03."""

    height = "370px"

    def __init__(self):
        self.choices = {
            "p1": ("p₁, near items", list(NEAR), 0.8),
            "p2": ("p₂, far items", list(FAR), 0.5),
            "recall": ("recall wanted", list(RECALLS), 0.9),
            "n": ("database size n", list(SIZES), 10**6),
        }

    def options(self, p1, p2, recall, n):
        """What each hash size costs per query: a DataFrame with a row per k.

        Columns: k; L, the fewest tables that reach the recall; keys, k · L; candidates, the far
        items expected among the candidates; work, the sum of both; memory, bytes of all ids.
        """
        k = np.arange(1, LONGEST_KEY + 1)
        needed = np.log1p(-recall) / np.log1p(-(p1**k))
        L = np.ceil(needed - 1e-9).astype(int)  # 2.0000000000000004 tables are 2
        candidates = n * -np.expm1(L * np.log1p(-(p2**k)))
        table = pd.DataFrame({"k": k, "L": L, "keys": k * L, "candidates": candidates})
        return table.assign(work=k * L + candidates, memory=BYTES_OF_AN_ID * n * L)

    def best(self, p1, p2, recall, n):
        """The row of the least work, as a Series."""
        table = self.options(p1, p2, recall, n)
        return table.loc[table["work"].idxmin()]

    def draw(self, p1, p2, recall, n):
        """Keys, candidates and their sum against k, the best k marked: figure and alt text."""
        table, best = self.options(p1, p2, recall, n), self.best(p1, p2, recall, n)
        fig, ax = plt.subplots(figsize=(8.2, 3.6), gridspec_kw={"right": 0.7})
        for index, name in enumerate(("keys", "candidates", "work")):
            ax.semilogy(table["k"], table[name], **figures.style(index), markevery=5, ms=5,
                        label=name)  # fmt: skip
        ax.axhline(n, color="0.3", lw=1, label="comparing with all")
        ax.axvline(best["k"], color="0.5", ls=":")
        ax.plot(best["k"], best["work"], "k*", ms=14, ls="", label="least work")
        found = (
            f"k = {best['k']:.0f}, L = {best['L']:,.0f}: work {best['work']:,.0f} per query, "
            f"memory {as_bytes(best['memory'])}"
        )
        title = f"Least work: {found}".replace(": work", ":\nwork")
        figures.finish(ax, title, "hash size k, with the L that it needs", "dot products per query")
        ax.set(xlim=(0, LONGEST_KEY + 1), ylim=(0.5, 20 * n))
        powers = range(0, 2 + int(np.log10(n)), 2)  # plain words: formulas take long to draw
        ax.set_yticks([10.0**p for p in powers], [f"10{str(p).translate(RAISED)}" for p in powers])
        ax.minorticks_off()
        ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
        return fig, (
            f"{n:,} items, p₁ = {p1}, p₂ = {p2}, recall {recall}. Work against k: the keys rise, "
            f"the candidates fall, and their sum is least at {found}; "
            f"comparing with all costs {n:,}."
        )


def as_bytes(memory):
    """A number of bytes in words, with three digits: 408 MB."""
    power = min(int(np.log10(memory)) // 3, 4)
    return f"{memory / 1000**power:.3g} {('bytes', 'kB', 'MB', 'GB', 'TB')[power]}"
