"""Buckets: what an index of hash tables examines and finds, at every setting. Chapter 04."""

from functools import lru_cache

import numpy as np
from scipy.spatial.distance import cdist

from dshcourse import figures
from dshcourse.demos.widget import Demo, query_pictures
from dshlib import codes
from dshlib.hashers.lsh import RandomProjection
from dshlib.metrics import average_precision

BITS = (4, 6, 8, 10, 12, 14, 16)
TABLES = (1, 2, 4, 8, 16)
PROBES = (0, 1, 2, 4)
SHOWN = 20  # queries to choose from
SAMPLE = 64  # queries of the means: one for each bit of a uint64


class Buckets(Demo):
    """Candidates, ten neighbours and scores of `HashTables` at seed 0. Chapter 04.

    Everything is projected once, to 16 tables of 16 bits: the key of k bits is the low k bits.
    Parameters: dataset, a `dshlib.data.Dataset`; query_features (n_queries, d) and
    database_features (n, d) of its images.
    """

    height = "160px"

    def __init__(self, dataset, query_features, database_features):
        self._dataset = dataset
        Q, X = np.asarray(query_features[:SAMPLE], float), np.asarray(database_features, float)
        self.database, self.queries = dataset.database, dataset.queries
        self.names, self.cmap = dataset.class_names, figures.grey_map(dataset.database.images)
        self.order = np.argsort(cdist(Q, X), axis=1, kind="stable").astype(np.int32)
        self.projected = {"off": _project(Q, X, False), "on": _project(Q, X, True)}
        self.bit = np.uint64(1) << np.arange(len(Q), dtype=np.uint64)
        self.results = lru_cache(None)(self._results)
        self.choices = {
            "k": ("hash size k", list(BITS), 8),
            "L": ("tables L", list(TABLES), 4),
            "centring": ("centring", ["off", "on"], "on"),
            "probes": ("probes", list(PROBES), 0),
            "query": ("query", list(range(min(SHOWN, len(Q)))), 4),
        }

    def pictures(self, name):
        """Queries are chosen by their pictures."""
        if name != "query":
            return {}
        return query_pictures(self._dataset, self.choices["query"][1])

    def found(self, k, L, centring, probes):
        """Which images does each query of the sample meet? Bit q of uint64 (n,) is query q."""
        certainty, query_keys, keys = self.projected[centring]
        unsure = np.argsort(certainty[:, :, :k], axis=2, kind="stable")[:, :, :probes]
        low = np.uint16(2**k - 1)
        found = np.zeros(keys.shape[1], dtype=np.uint64)
        for table in range(L):
            own = query_keys[table, :, None] & low
            probed = np.hstack([own, own ^ (1 << unsure[table])])
            queries_at = np.zeros(2**k, dtype=np.uint64)
            np.bitwise_or.at(queries_at, probed, self.bit[:, None])
            found |= queries_at[keys[table] & low]
        return found

    def candidates(self, k, L, centring, probes, query):
        """Ids of the candidates of one query of the sample, ascending."""
        return np.flatnonzero(self.found(k, L, centring, probes) & self.bit[query])

    def _results(self, k, L, centring, probes):
        """For each query of the sample: number of candidates, nearest ten of them, AP@10."""
        found = self.found(k, L, centring, probes)
        examined = np.array([np.count_nonzero(found & bit) for bit in self.bit])
        nearest = [
            order[np.flatnonzero(found[order] & bit)[:10]]
            for order, bit in zip(self.order, self.bit, strict=True)
        ]
        ap = [
            average_precision(self.database.labels[ids] == label, 10, "min", n_relevant=10)
            for ids, label in zip(nearest, self.queries.labels, strict=False)
        ]
        return examined, nearest, np.array(ap)

    def draw(self, k, L, centring, probes, query):
        """The nearest ten candidates of one query, a strip; its title has the score and means."""
        examined, nearest, ap = self.results(k, L, centring, probes)
        ids, label, n = nearest[query], self.queries.labels[query], len(self.database)
        message = (
            f"query {query}: {examined[query]:,} candidates examined ({examined[query] / n:.1%}), "
            f"AP@10 {ap[query]:.2f}; mean of {len(ap)} queries: {examined.mean() / n:.1%}, "
            f"mAP@10 {ap.mean():.2f}"
        )
        setting = f"k = {k}, L = {L}, centring {centring}, {probes} probes"
        labels, title = self.database.labels[ids], f"{self.names[label]}, {setting}: {message}"
        return figures.strip(self.queries.images[query], self.database.images[ids], labels,
                             labels == label, self.names, title=title, cmap=self.cmap)  # fmt: skip


def _project(Q, X, center):
    """Certainty (16, n_queries, 16) and keys (16, n_queries) of Q, keys (16, n) of X."""
    certainty, query_keys, keys = [], [], []
    for table in range(max(TABLES)):
        hasher = RandomProjection(max(BITS), (0, table), center).fit(X)
        projected = hasher.project(Q)
        certainty.append(np.abs(projected))
        query_keys.append(codes.pack(codes.binarize(projected)))
        keys.append(codes.pack(hasher.encode(X)))
    return np.array(certainty), np.array(query_keys), np.array(keys)
