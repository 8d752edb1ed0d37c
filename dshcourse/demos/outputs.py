"""Outputs of networks trained with seven weights α of the regularizer. Chapter 08."""

import matplotlib.pyplot as plt
import numpy as np

from dshcourse import figures
from dshcourse.demos.widget import Demo
from dshlib.data import CLASS_NAMES
from dshlib.terms import gap

SAMPLE = 400  # queries that are drawn as points
EDGE = 3.5  # of both pictures; outputs beyond it are drawn at it
BINS = np.linspace(-EDGE, EDGE, 57)


class Outputs(Demo):
    """What α buys: outputs of one class, two of them against each other, and mAP. Chapter 08.

    Parameters: recorded, dict that has at "queries/α" the outputs of the network for the queries,
    (n, n_bits); dataset, whose queries these are; record, what tools.record_outputs wrote beside
    them: its cells of seed 0 have the scores of these networks. Raises ValueError if the outputs
    are not those of as many queries. Attribute: drawn, the queries that are drawn as points.
    """

    height = "400px"

    def __init__(self, recorded, dataset, record):
        cells = [cell for cell in record["cells"] if cell["seed"] == 0]
        self.scores = {cell["parameters"]["alpha"]: cell["metrics"] for cell in cells}
        self._outputs = {a: recorded[f"queries/{a}"].astype(float) for a in self.scores}
        labels = dataset.queries.labels
        self._masks = {name: labels == label for label, name in enumerate(CLASS_NAMES)}
        self._masks["all"] = np.full(len(labels), True)
        (n, n_bits), *_ = {u.shape for u in self._outputs.values()}
        if n != len(labels):
            raise ValueError(f"outputs of {n} images, but the dataset has {len(labels)} queries")
        self.drawn = np.random.default_rng(0).permutation(n)[:SAMPLE]
        bits = list(range(1, n_bits + 1))
        self.choices = {
            "alpha": ("weight α", sorted(self.scores), 0.01),
            "kind": ("class", ["all", *CLASS_NAMES], "Shirt"),
            "i": ("horizontal output", bits, 1),
            "j": ("vertical output", bits, 2),
        }

    def outputs(self, alpha, kind):
        """Outputs for the queries of one class, or "all", (n, n_bits)."""
        return self._outputs[alpha][self._masks[kind]]

    def gap(self, alpha, kind):
        """Quantisation gap, the mean of ||b| − 1| over these outputs."""
        return gap(self.outputs(alpha, kind)).mean()

    def histogram(self, alpha, kind):
        """How many of these outputs fall between the BINS, (56,); the outermost take the rest."""
        return np.histogram(np.clip(self.outputs(alpha, kind), -EDGE, EDGE), BINS)[0]

    def positive(self, alpha, kind):
        """Share of these queries for which each output is positive, (n_bits,)."""
        return (self.outputs(alpha, kind) > 0).mean(axis=0)

    def draw(self, alpha, kind, i, j):
        """A histogram of all outputs, and outputs i and j (from 1) against each other."""
        fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), gridspec_kw={"wspace": 0.25})
        left.stairs(self.histogram(alpha, kind), BINS, fill=True, color=figures.OKABE_ITO[0])
        n_bits = self._outputs[alpha].shape[1]
        figures.finish(left, f"all {n_bits} outputs, {kind}", "output", "count")
        u = np.clip(self._outputs[alpha][self.drawn][:, [i - 1, j - 1]], -EDGE, EDGE)
        marked = self._masks[kind][self.drawn]
        right.plot(*u[~marked].T, ".", color="0.75", ms=3)
        right.plot(*u[marked].T, "s", color=figures.OKABE_ITO[1], ms=3)
        right.plot([-1, -1, 1, 1], [-1, 1, -1, 1], "k+", ms=14, mew=1.5)
        right.axhline(0, color="black", lw=0.8)
        right.axvline(0, color="black", lw=0.8)
        right.set(xlim=(-EDGE, EDGE), ylim=(-EDGE, EDGE), yticks=(-3, -1, 1, 3))
        share = self.positive(alpha, kind)[j - 1]
        summary = f"output {j} is positive for {share:.0%} of {kind}"
        figures.finish(right, summary, f"output {i}", f"output {j}")
        left.locator_params("y", nbins=3)
        for ax in (left, right):
            ax.set_xticks((-3, -1, 1, 3))
            figures.pin(ax)
        score = self.scores[alpha]
        message = (
            f"α = {alpha}, {kind}: quantisation gap {self.gap(alpha, kind):.2f}. "
            f"mAP of all queries: {score['real_full']:.3f} real, {score['full']:.3f} signs"
        )
        fig.suptitle(message, y=1.02)
        return fig, f"{message}. Right: outputs {i} and {j}, marked {kind}; {summary}."
