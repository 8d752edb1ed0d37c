"""Ties: what decides the order of ties, and what a score makes of it. Chapter 05."""

import matplotlib.pyplot as plt
import numpy as np

from dshcourse import figures
from dshcourse.demos.widget import Demo, query_pictures
from dshlib import codes
from dshlib.histograms import distance_histogram
from dshlib.metrics import average_precision, expected_average_precision

QUERIES = (262, 0, 4, 31, 45, 47, 102, 108, 142, 145, 162, 219)  # where orders and divisors differ
BITS = (8, 12, 16)
ORDERS = ("relevant last", "by id", "shuffle 1", "shuffle 2", "shuffle 3", "relevant first")
DIVISORS = {"out of hits": "retrieved", "out of 10": "min", "out of all": "all"}


class Ties(Demo):
    """The first ten ranks of a Hamming ranking, for six orders of the ties. Chapter 05.

    Parameters: dataset, a `dshlib.data.Dataset`; query_codes and database_codes, bool
    (n, n_bits ≥ 16), of which the first k bits are used.
    """

    height = "400px"

    def __init__(self, dataset, query_codes, database_codes):
        self._dataset = dataset
        self.database, self.queries = dataset.database, dataset.queries
        chosen, self.row = list(QUERIES), {query: row for row, query in enumerate(QUERIES)}
        labels, self.distance, self.items, self.mean = self.queries.labels[chosen], {}, {}, {}
        self.same = labels[:, None] == self.database.labels
        self.n_relevant = self.same.sum(axis=1)
        for k in BITS:
            q, b = codes.pack(query_codes[chosen, :k]), codes.pack(database_codes[:, :k])
            self.distance[k] = codes.hamming(q[:, None], b)
            shells = distance_histogram(q, labels, b, self.database.labels, n_bits=k, k=10)
            self.items[k], counts = shells[0], (*shells, self.n_relevant, 10)
            means = [expected_average_precision(*counts, d) for d in DIVISORS.values()]
            self.mean[k] = np.stack(means, axis=1)
        n = len(self.database)
        self.by_id = {"by id": np.arange(n)} | {
            f"shuffle {seed}": np.random.default_rng(seed).permutation(n) for seed in (1, 2, 3)
        }
        self.choices = {
            "query": ("query", chosen, QUERIES[0]),
            "k": ("hash size k", list(BITS), 12),
            "order": ("order of ties", list(ORDERS), "by id"),
            "flip": ("flip rank", list(range(11)), 0),
        }

    def pictures(self, name):
        """Queries are chosen by their pictures."""
        if name != "query":
            return {}
        return query_pictures(self._dataset, self.choices["query"][1])

    def first_ten(self, query, k, order):
        """Ids of the ten nearest images, ties in this order: int64 (10,)."""
        n, row = len(self.database), self.row[query]
        if order in self.by_id:
            among_ties = self.by_id[order]
        else:
            later = self.same[row] == (order == "relevant last")
            among_ties = n * later + self.by_id["by id"]
        key = self.distance[k][row] * np.int64(2 * n) + among_ties
        ten = np.argpartition(key, 10)[:10]
        return ten[np.argsort(key[ten])]

    def hits(self, query, k, order, flip=0):
        """Which of the ten are relevant, with rank `flip` (1 to 10) turned round: bool (10,)."""
        hits = self.same[self.row[query], self.first_ten(query, k, order)]
        return hits ^ (np.arange(1, 11) == flip)

    def scores(self, query, hits):
        """AP@10 of ten ranks, out of hits, out of 10 and out of all: float64 (3,)."""
        R = self.n_relevant[self.row[query]]
        return np.array([average_precision(hits, 10, d, R) for d in DIVISORS.values()])

    def draw(self, query, k, order, flip):
        """The ten ranks with their groups of ties; below, the scores between those of two orders.

        A line runs from relevant last to relevant first, with a bar at the mean of all orders.
        """
        hits, mean = self.hits(query, k, order, flip), self.mean[k][self.row[query]]
        score = self.scores(query, hits)
        limits = [self.scores(query, self.hits(query, k, end)) for end in (ORDERS[0], ORDERS[-1])]
        title = f"Query {query}, {k} bits, {order}" + (f", rank {flip} flipped" if flip else "")
        grid = {"height_ratios": [3, 2], "hspace": 0.25}
        fig, (top, bottom) = plt.subplots(2, 1, figsize=(8, 3.8), gridspec_kw=grid)
        self._draw_list(top, query, k, self.first_ten(query, k, order), hits)
        fig.suptitle(title, y=0.95)
        bottom.hlines(range(3), *limits, color=figures.OKABE_ITO[0], lw=3)
        bottom.plot(mean, range(3), "k|", ms=18, mew=2)
        bottom.plot(score, range(3), "o", color=figures.OKABE_ITO[1], ms=9)
        summary = [f"{name}: {value:.3f}" for name, value in zip(DIVISORS, score, strict=True)]
        bottom.set(xlim=(-0.02, 1.02), ylim=(2.6, -0.6), xticks=np.linspace(0, 1, 6),
                   yticks=range(3), yticklabels=summary,
                   xlabel="AP@10: this list ●, mean of all orders |, "
                   "line from relevant last to first")  # fmt: skip
        bottom.spines[["top", "right"]].set_visible(False)
        ranks = ", ".join(map(str, np.flatnonzero(hits) + 1)) or "none"
        all_orders, last, first = (", ".join(f"{v:.3f}" for v in vs) for vs in (mean, *limits))
        return fig, (
            f"{title}. Hits at ranks: {ranks}. {'; '.join(summary)}. The same three, mean of all "
            f"orders: {all_orders}; relevant last: {last}; first: {first}."
        )

    def _draw_list(self, ax, query, k, ids, hits):
        """Query and ten images, ✓ or ✗ above them, and below them a bar for each distance."""
        images = self.queries.images[query], *self.database.images[ids]
        ax.imshow(np.hstack([np.pad(image, 2) for image in images]), cmap="gray_r",
                  interpolation="none")  # fmt: skip
        ax.text(16, -7, "query", ha="center", va="center")
        x = 32 * np.arange(1, 11) + 16  # centres of the ten images, 32 pixels each
        for place, hit in zip(x, hits.tolist(), strict=True):
            colour = figures.INK[not hit]
            ax.text(place, -7, "✗✓"[hit], color=colour, ha="center", va="center", fontsize=12)
        at = self.distance[k][self.row[query], ids]
        for d in np.unique(at):
            group, n = x[at == d], self.items[k][d, self.row[query]]
            ax.plot([group[0] - 13, group[-1] + 13], [37, 37], "k-", lw=3)
            ax.text(group.mean(), 51, f"d = {d}\n{len(group)} of {n}", ha="center", va="center")
        ax.set(xlim=(0, 352), ylim=(62, -14))
        ax.axis("off")
