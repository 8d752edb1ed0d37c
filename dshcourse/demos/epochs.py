"""A recorded run of training, epoch by epoch: outputs, distances, a map. Chapter 09."""

import matplotlib.pyplot as plt
import numpy as np
from scipy.spatial.distance import pdist

from dshcourse import figures
from dshcourse.demos.widget import Demo
from dshlib.data import CLASS_NAMES
from dshlib.terms import gap

SAMPLE = 400  # queries that are drawn
OUTPUT_EDGES = np.linspace(-3, 3, 61)
DISTANCE_EDGES = np.linspace(0, 120, 41)
PLACE = {"left": 0.06, "right": 0.99, "top": 0.88, "bottom": 0.17, "wspace": 0.15}


class Epochs(Demo):
    """How the outputs of the queries move while a network learns. Chapter 09.

    Parameters: outputs, one real array (n_queries, k) for each epoch, the untrained network first;
    labels, (n_queries,); scores, the mAP@10 after each epoch, as many as outputs; margin, of the
    loss, a squared distance. Up to 400 queries are drawn. Attribute: views, for each epoch the
    outputs along the two directions in which they spread most at the end, (n, 2).
    """

    height = "300px"

    def __init__(self, outputs, labels, scores, margin):
        if len(outputs) != len(scores) or {len(b) for b in outputs} != {len(labels)}:
            raise ValueError(f"{len(scores)} scores, {len(labels)} labels, but outputs of lengths "
                             f"{[len(b) for b in outputs]}")  # fmt: skip
        sample = np.random.default_rng(0).permutation(len(labels))[:SAMPLE]
        self.scores, self.margin, self.labels = scores, margin, np.asarray(labels)[sample]
        self.outputs = [np.asarray(b, dtype=float)[sample] for b in outputs]
        self.views = _two_directions(self.outputs)
        low, high = np.min(self.views, axis=(0, 1)) - 0.2, np.max(self.views, axis=(0, 1)) + 0.2
        self.limits = {"xlim": (low[0], high[0]), "ylim": (low[1], high[1])}
        same = pdist(self.labels[:, None]) == 0
        self._pairs = [_summary(pdist(b, "sqeuclidean"), same) for b in self.outputs]
        self.choices = {
            "epoch": ("epoch", list(range(len(scores))), min(3, len(scores) - 1)),
            "marked": ("marked class", list(CLASS_NAMES), "Shirt"),
        }

    def gap(self, epoch):
        """Quantisation gap after an epoch: the mean of ||b| − 1| over the drawn queries."""
        return gap(self.outputs[epoch]).mean()

    def distances(self, epoch):
        """Squared distances, {"similar" or "dissimilar": (shares of the bins, mean, sd)}."""
        return self._pairs[epoch]

    def draw(self, epoch, marked):
        """Histograms of outputs and squared distances, and a map in which one class is marked."""
        fig, (left, middle, right) = plt.subplots(1, 3, figsize=(10, 2.8), gridspec_kw=PLACE)
        for ax in (left, middle):
            ax.spines[["top", "right"]].set_visible(False)
        counts = _histogram(self.outputs[epoch], OUTPUT_EDGES)
        left.stairs(counts, OUTPUT_EDGES, fill=True, color=figures.OKABE_ITO[0])
        left.set(xticks=[-3, -1, 0, 1, 3], yticks=[], ylabel="number of outputs",
                 xlabel=f"output b of {len(self.labels)} queries")  # fmt: skip
        groups = self._draw_distances(middle, epoch)
        chosen = self.labels == CLASS_NAMES.index(marked)
        right.plot(*self.views[epoch][~chosen].T, "o", ms=2.5, color="0.75")
        right.plot(*self.views[epoch][chosen].T, "s", ms=4, color=figures.OKABE_ITO[1])
        right.set_title(f"in two directions (square: {marked})", y=-0.2, size="medium")
        right.axis("off")
        right.set(**self.limits)
        title = f"epoch {epoch}: mAP@10 {self.scores[epoch]:.3f}, gap {self.gap(epoch):.2f}"
        fig.suptitle(title)
        return fig, f"{title}. Squared distances of pairs: {groups}. {marked} is marked."

    def _draw_distances(self, ax, epoch):
        summary = []
        for index, (name, (shares, mean, sd)) in enumerate(self.distances(epoch).items()):
            look = figures.style(index)
            ax.stairs(shares, DISTANCE_EDGES, lw=2, color=look["color"], ls=look["linestyle"])
            shown = min(mean, DISTANCE_EDGES[-1])
            ax.plot(shown, 0, look["marker"], color=look["color"], ms=9, clip_on=False)
            summary.append(f"{name}: mean {mean:.3g}, sd {sd:.3g}")
            legend = (f"● {name}, solid", f"■ {name}, dashed")[index]
            ax.text(1, 0.9 - 0.13 * index, legend, color=figures.INK[index], ha="right",
                    transform=ax.transAxes)  # fmt: skip
        ax.axvline(self.margin, color="k", ls=":")
        ax.set(xticks=[0, 40, 80, 120], yticks=[], ylabel="share of pairs",
               xlabel="squared distance of two queries")  # fmt: skip
        return "; ".join(summary)


def _histogram(values, edges):
    """Counts of the bins; what lies beyond the ends counts at the ends."""
    return np.histogram(np.clip(values, edges[0], edges[-1]), edges)[0]


def _summary(squared, same):
    groups = {"similar": squared[same], "dissimilar": squared[~same]}
    bars = {name: _histogram(d, DISTANCE_EDGES) / len(d) for name, d in groups.items()}
    return {name: (bars[name], d.mean(), d.std()) for name, d in groups.items()}


def _two_directions(outputs):
    """Projections on the first two principal axes of the last epoch; extremes drawn nearer."""
    centre = outputs[-1].mean(axis=0)
    directions = np.linalg.svd(outputs[-1] - centre, full_matrices=False)[2][:2]
    directions *= np.where(directions[:, :1] < 0, -1, 1)
    views = [(b - centre) @ directions.T for b in outputs]
    low, high = np.quantile(np.concatenate(views), [0.005, 0.995], axis=0)
    return [np.clip(view, low, high) for view in views]
