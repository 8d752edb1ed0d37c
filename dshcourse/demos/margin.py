"""Networks trained with seven margins m: distances of their outputs, and scores. Chapter 09."""

import matplotlib.pyplot as plt
import numpy as np
from scipy.spatial.distance import pdist

from dshcourse import figures
from dshcourse.demos.widget import Demo
from dshlib import codes

SAMPLE = 400  # queries whose pairs are drawn
TICKS = (0, 12, 48, 96, 192, 384)  # squared distances that are labelled
EDGES = np.linspace(0, np.sqrt(400), 51) ** 2  # the axis shows roots, so bins widen to the right
SCORES = {"min": "signs", "real_min": "real outputs"}  # AP@10 out of 10, of a record's metrics


class Margin(Demo):
    """What the margin asks of the outputs, and what it buys: distances of pairs, and AP@10.

    Parameters: recorded, dict that has at "queries/m" and "database/m" the outputs of a network,
    (n, n_bits); labels, of the queries, (n,); record, what tools.record_outputs wrote beside them,
    whose cells have the scores of several seeds. Of up to 400 queries all pairs are drawn.
    Raises ValueError if the outputs are not those of as many queries. Attributes: shares, of the
    pairs of each margin in the bins; n_codes, distinct codes of the database. Chapter 09.
    """

    height = "380px"

    def __init__(self, recorded, labels, record):
        cells = record["cells"]
        self.margins = sorted({cell["parameters"]["margin"] for cell in cells})
        sample = np.random.default_rng(0).permutation(len(labels))[:SAMPLE]
        same = pdist(np.asarray(labels)[sample, None]) == 0
        self._pairs = {}
        for m in self.margins:
            outputs = recorded[f"queries/{m}"]
            if len(outputs) != len(labels):
                raise ValueError(f"outputs of {len(outputs)} images, but {len(labels)} labels")
            squared = pdist(outputs[sample].astype(float), "sqeuclidean")
            self._pairs[m] = {"similar": squared[same], "dissimilar": squared[~same]}
        self.shares = {
            m: {name: _shares(d) for name, d in pairs.items()} for m, pairs in self._pairs.items()
        }
        self.n_codes = {
            m: len(np.unique(codes.pack(recorded[f"database/{m}"] > 0))) for m in self.margins
        }
        self._scores = {
            name: [
                [cell["metrics"][name] for cell in cells if cell["parameters"]["margin"] == m]
                for m in self.margins
            ]
            for name in SCORES
        }
        self.choices = {"m": ("margin m", self.margins, 24)}

    def squared(self, m):
        """Squared distances of the drawn pairs: {"similar" or "dissimilar": (n_pairs,)}."""
        return self._pairs[m]

    def within(self, m):
        """Share of the dissimilar pairs that are nearer than m, for which eq 3 still has a loss."""
        return (self._pairs[m]["dissimilar"] < m).mean()

    def score(self, m, metric="min"):
        """Mean and standard deviation over the seeds of a metric of the record."""
        values = self._scores[metric][self.margins.index(m)]
        return np.mean(values), np.std(values, ddof=1)

    def draw(self, m):
        """Histograms of squared distances with m as a line, and scores with their spread."""
        fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), gridspec_kw={"wspace": 0.22})
        means = {name: squared.mean() for name, squared in self.squared(m).items()}
        self._draw_distances(left, m, means)
        self._draw_scores(right, m)
        figures.pin(left, left=0.02)
        figures.pin(right)
        mean, sd = self.score(m)
        message = f"m = {m}: AP@10 out of 10 is {mean:.3f} ± {sd:.3f}"
        used = f"the database has {self.n_codes[m]} codes"
        fig.suptitle(f"{message}; {used}", y=1.02)
        groups = "; ".join(f"{name}: mean {value:.3g}" for name, value in means.items())
        real = "{:.3f} ± {:.3f}".format(*self.score(m, "real_min"))
        return fig, (
            f"{message} by signs, {real} by real outputs; {used}. Squared distances of pairs: "
            f"{groups}; {self.within(m):.0%} of the dissimilar pairs are nearer than m."
        )

    def _draw_distances(self, ax, m, means):
        for index, (name, shares) in enumerate(self.shares[m].items()):
            look = figures.style(index)
            ax.stairs(shares, np.sqrt(EDGES), lw=2, color=look["color"], ls=look["linestyle"])
            ax.plot(np.sqrt(means[name]), 0, look["marker"], color=look["color"], ms=9,
                    clip_on=False)  # fmt: skip
            legend = (f"● {name}, solid", f"■ {name}, dashed")[index]
            ax.text(1, 0.92 - 0.1 * index, legend, color=figures.INK[index], ha="right",
                    transform=ax.transAxes)  # fmt: skip
        ax.axvline(np.sqrt(m), color="k", ls=":")
        figures.finish(ax, f"outputs of pairs (dotted: m = {m})", "squared distance", "")
        ax.set(xticks=np.sqrt(TICKS), xticklabels=TICKS, yticks=[], ylabel="share of pairs")
        ax.set(xlim=np.sqrt(EDGES[[0, -1]]), ylim=0)

    def _draw_scores(self, ax, m):
        for index, (metric, name) in enumerate(SCORES.items()):
            mean, sd = np.transpose([self.score(at, metric) for at in self.margins])
            look = figures.style(index)
            ax.plot(self.margins, mean, **look)
            ax.vlines(self.margins, mean - sd, mean + sd, color=look["color"])
            legend = (f"● {name}, solid", f"■ {name}, dashed")[index]
            ax.text(1, 0.14 - 0.1 * index, legend, color=figures.INK[index], ha="right",
                    transform=ax.transAxes)  # fmt: skip
        ax.plot(m, self.score(m)[0], "o", ms=14, mfc="none", mec="k", mew=2)
        figures.finish(ax, "AP@10 out of 10, mean ± sd of seeds", "margin m", "")
        low, high = ax.get_ylim()
        ax.set(xscale="log", ylim=(low - 0.3 * (high - low), high))
        ax.set_xticks(self.margins, self.margins)
        ax.locator_params("y", nbins=5)
        ax.minorticks_off()


def _shares(squared):
    """Shares of the bins; what lies beyond the last edge counts in the last bin."""
    return np.histogram(np.clip(squared, 0, EDGES[-1]), EDGES)[0] / len(squared)
