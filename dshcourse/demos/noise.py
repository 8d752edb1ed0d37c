"""Noise: how many queries decide which of two codes is better. Chapter 05."""

import matplotlib.pyplot as plt
import numpy as np

from dshcourse import figures
from dshcourse.demos.widget import Demo

SIZES = (10, 30, 100, 300, 1000)
N_DRAWS = 1000
BARS = np.linspace(-1, 1, 21)  # of the histogram, in units of its largest difference


class Noise(Demo):
    """Two means over a draw of queries, and how 1,000 such draws would order them. Chapter 05.

    Queries are drawn with replacement: a draw stands for new queries of the same kind.

    Parameters: scores, dict from the name of a comparison to its two codes, a dict from name to
    AP of every query (n,); the queries are the same for both.
    """

    height = "330px"

    def __init__(self, scores):
        self.scores, (n,) = scores, {len(ap) for two in scores.values() for ap in two.values()}
        self.draws = np.random.default_rng(0).integers(n, size=(N_DRAWS, max(SIZES)))
        self.differences = {name: self._differences(*two.values()) for name, two in scores.items()}
        self.choices = {
            "codes": ("codes", list(scores), next(iter(scores))),
            "n_queries": ("queries", list(SIZES), 30),
            "draw_number": ("draw of queries", list(range(1, 11)), 1),
        }

    def _differences(self, first, second):
        """Second mean minus first, for every size: dict from size to (N_DRAWS,)."""
        sums = np.cumsum((second - first)[self.draws], axis=1)
        return {size: sums[:, size - 1] / size for size in SIZES}

    def drawn(self, codes, n_queries, draw_number):
        """AP of the drawn queries: a dict from the name of a code to (n_queries,)."""
        rows = self.draws[draw_number - 1, :n_queries]
        return {name: ap[rows] for name, ap in self.scores[codes].items()}

    def truth(self, codes):
        """Second mean minus first over all queries."""
        first, second = self.scores[codes].values()
        return second.mean() - first.mean()

    def wrong(self, codes, n_queries):
        """Share of the draws in which the code that is worse over all queries is ahead."""
        return np.mean(self.differences[codes][n_queries] * self.truth(codes) < 0)

    def draw(self, codes, n_queries, draw_number):
        """Both means with their standard errors; the differences of all draws."""
        drawn, wrong = self.drawn(codes, n_queries, draw_number), self.wrong(codes, n_queries)
        fig, (left, right) = plt.subplots(1, 2, figsize=(8, 2.6), gridspec_kw={"wspace": 0.12})
        described = self._draw_means(left, drawn, self.scores[codes])
        here = self.differences[codes][n_queries][draw_number - 1]
        self._draw_differences(right, self.differences[codes][n_queries], here, self.truth(codes))
        first, second = drawn
        ahead = second if here > 0 else first
        verdict = "the right order" if here * self.truth(codes) > 0 else "the wrong order"
        title = f"{codes}, {n_queries} queries, draw {draw_number}: {ahead} ahead, {verdict}"
        fig.suptitle(title, y=1.08)
        return fig, (
            f"{title}. Means with standard errors: {'; '.join(described)}. "
            f"Over all queries {second} minus {first} is {self.truth(codes):+.3f}, here it is "
            f"{here:+.3f}. Of {N_DRAWS:,} draws {wrong:.1%} give the wrong order."
        )

    def _draw_means(self, ax, drawn, everything):
        """A mean with its standard error per code; the mean over all queries as a line."""
        described = []
        for index, (name, ap) in enumerate(drawn.items()):
            error, look = ap.std(ddof=1) / np.sqrt(len(ap)), figures.style(index)
            ax.errorbar(ap.mean(), index, xerr=error, fmt=look["marker"], color=look["color"],
                        ms=6, capsize=5)  # fmt: skip
            whole = everything[name].mean()
            ax.plot([whole, whole], [index - 0.3, index + 0.3], "k--")
            described.append(f"{name} {ap.mean():.3f} ± {error:.3f}, over all queries {whole:.3f}")
        figures.finish(ax, "this draw (dashed: all queries)", "mAP@10 out of 10", "")
        ax.set(xlim=(0.1, 0.9), ylim=(1.6, -0.6), yticks=(0, 1), yticklabels=list(drawn))
        figures.pin(ax, below=0.16)
        return described

    def _draw_differences(self, ax, differences, here, truth):
        """Histogram of the differences: wrong orders on one side of 0, right ones on the other."""
        edges = BARS * np.abs(differences).max()
        counts, _ = np.histogram(differences, edges)
        above = np.arange(len(counts)) >= len(counts) // 2
        for index, name in enumerate(("right order", "wrong order")):
            is_above = bool(truth > 0) == (name == "right order")
            ax.stairs(np.where(above == is_above, counts, 0), edges, fill=True,
                      color=figures.OKABE_ITO[index])  # fmt: skip
            ax.text(0.98 if is_above else 0.02, 0.9, name, color=figures.INK[index],
                    transform=ax.transAxes, ha="right" if is_above else "left")  # fmt: skip
        ax.plot([here, here], [0, counts.max()], "k-", lw=2)
        wrong = np.mean(differences * truth < 0)
        title = f"{len(differences):,} draws: {wrong:.1%} wrong"
        figures.finish(ax, title, "difference of the means (black: this draw)", "")
        ax.set(xlim=edges[[0, -1]], ylim=(0, 1.25 * counts.max()), yticks=())
        ax.locator_params("x", nbins=5)
        figures.pin(ax, below=0.16)
