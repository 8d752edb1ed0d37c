"""Bits, re-scored candidates and the bytes that a query reads."""

import matplotlib.pyplot as plt
import numpy as np

from dshcourse import figures
from dshcourse.demos.widget import Demo
from dshlib import codes
from dshlib.hashers.lsh import RandomProjection
from dshlib.metrics import average_precision

BITS = (8, 16, 32, 64, 128, 256, 512)
SHORTLISTS = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000)
PLACE = {"left": 0.07, "right": 0.98, "top": 0.77, "bottom": 0.19, "wspace": 0.34}


class Rescoring(Demo):
    """What exact ranking of the c nearest codes finds, and the bytes that it reads. Chapter 11.

    The first 200 queries are searched for. Codes are random projections; ties go by id.
    Parameters: dataset, a dshlib.data.Dataset; query_features and database_features, real (n, d).
    All settings are measured here, once: a second for 6,000 items, several for 60,000.
    """

    height = "290px"

    def __init__(self, dataset, query_features, database_features):
        Q, X = query_features[:200], database_features
        self.n, self.vector = len(X), X[0].nbytes
        self.shortlists = [c for c in SHORTLISTS if c < self.n / 2] + [self.n]
        labels, query_labels = dataset.database.labels, dataset.queries.labels[: len(Q)]
        n_relevant = np.bincount(labels, minlength=10)[query_labels]
        distances = (X.astype(float) ** 2).sum(axis=1) - 2 * Q @ X.T.astype(float)
        exact, self._measured = np.argsort(distances, axis=1, kind="stable"), {}
        for centring in ("off", "on"):
            hasher = RandomProjection(BITS[-1], center=centring == "on").fit(X)
            words = (codes.pack(hasher.encode(features)).view("<u8") for features in (Q, X))
            found, ids = _measure(*words, exact, self.shortlists)
            relevant = labels[ids] == query_labels[:, None]
            scores = average_precision(relevant, 10, "min", n_relevant)
            self._measured[centring] = found.mean(axis=-1) / 10, scores.mean(axis=-1)
        self.choices = {
            "k": ("hash size k", list(BITS), 64),
            "c": ("re-scored, c", self.shortlists, 100),
            "centring": ("centring", ["off", "on"], "on"),
        }

    def curves(self, k, centring):
        """Recall of the true ten, and mAP@10 out of 10, for each c of `shortlists`: two (n_c,)."""
        return [curves[BITS.index(k)] for curves in self._measured[centring]]

    def bytes_read(self, k, c):
        """Bytes that one query reads: of all codes, of c vectors, and by exact search."""
        whole = self.n * self.vector
        return {"codes": self.n * k / 8, "vectors": c * self.vector, "exact search": whole}

    def draw(self, k, c, centring):
        """The recall of all shortlists with c marked, and the bytes read at c, in kB."""
        fig, (left, right) = plt.subplots(1, 2, figsize=(9, 2.8), gridspec_kw=PLACE)
        (recall, quality), at = self.curves(k, centring), self.shortlists.index(c)
        left.plot(self.shortlists, recall, "o-", color=figures.OKABE_ITO[0])
        left.plot(c, recall[at], "*", ms=16, color=figures.OKABE_ITO[1])
        figures.finish(left, "", "candidates re-scored, c (log scale)", "recall of the true ten")
        left.set(xscale="log", xlim=(8, 1.2 * self.n), ylim=(0, 1.05), yticks=[0, 0.5, 1])
        left.set_xticks(ticks := [c for c in (10, 100, 1000, 10_000) if c <= self.n], ticks)
        left.minorticks_off()
        all_codes, vectors, whole = self.bytes_read(k, c).values()
        sizes = _draw_bytes(right, self.bytes_read(k, c))
        title = (
            f"{k} bits, c = {c:,}, centring {centring}: recall {recall[at]:.2f}, "
            f"mAP@10 {quality[at]:.3f}, reads {(all_codes + vectors) / whole:.1%} of exact"
        )
        fig.suptitle(title)
        curve = ", ".join(f"{y:.2f} at {x:,}" for x, y in zip(self.shortlists, recall, strict=True))
        return fig, f"{title}. One query reads: {sizes}. Recall of the true ten against c: {curve}."


def _draw_bytes(ax, read):
    """Dots on a logarithmic scale from 1 kB to 100 MB, drawn by hand: much faster than ticks."""
    sizes = [f"{name} {size / 1000:,.0f} kB" for name, size in read.items()]
    positions = np.log10([max(size / 1000, 1) for size in read.values()])
    for power, words in enumerate(("1 kB", "10", "100", "1 MB", "10", "100")):
        ax.plot([power, power], [-0.5, 2.5], color="0.85", lw=0.8, zorder=0)
        ax.text(power, -0.65, words, ha="center", va="top")
    for height, (name, x, words) in enumerate(zip(read, positions, sizes, strict=True)):
        ax.plot([0, x], [height, height], color="0.6", lw=1)
        ax.plot(x, height, "o", ms=10, color=figures.OKABE_ITO[0])
        ax.text(-0.15, height, name, ha="right", va="center")
        ax.text(x + 0.2, height, words.removeprefix(f"{name} "), va="center", weight="bold")
    ax.set_title("read per query", y=1)
    ax.set(xlim=(-0.1, 5.3), ylim=(-0.5, 2.6))
    ax.axis("off")
    return ", ".join(sizes)


def _measure(queries, items, exact, shortlists):
    """How many of the true ten each shortlist holds, (n_bits, n_c, n_queries), and its best ten.

    Parameters: codes of 512 bits as uint64 (n, 8); exact, ids by true distance (n_queries, n).
    """
    found = np.empty((len(BITS), len(shortlists), len(queries)), dtype=int)
    best = np.empty((*found.shape, 10), dtype=int)
    rank, words = np.empty(len(items), dtype=np.int32), np.ascontiguousarray(items.T)
    for row, ids in enumerate(exact):
        rank[ids] = np.arange(len(ids))  # of each item in the exact order
        differ = words ^ queries[row][:, None]
        for i, k in enumerate(BITS):
            n_words = -(-k // 64)
            first_bits = differ[:n_words] & np.uint64(2 ** min(k, 64) - 1)
            distances = np.bitwise_count(first_bits).sum(axis=0, dtype=np.uint16)
            ranks = rank[np.argsort(distances, kind="stable")]  # exact ranks, nearest code first
            found[i, :, row] = np.searchsorted(np.flatnonzero(ranks < 10), shortlists)
            ten, start = np.empty(0, dtype=np.int32), 0  # the best ranks among the first `start`
            for j, stop in enumerate(shortlists):
                candidates = np.append(ten, ranks[start:stop])
                ten, start = np.sort(np.partition(candidates, 9)[:10]), stop
                best[i, j, row] = ids[ten]
    return found, best
