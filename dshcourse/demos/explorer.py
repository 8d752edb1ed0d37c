"""The retrieval explorer: method, hash size, tables, α and query → ten neighbours. Chapter 10."""

import time
from functools import lru_cache

import matplotlib.pyplot as plt
import numpy as np
from scipy.spatial.distance import cdist

from dshcourse.demos.widget import Demo
from dshcourse.figures import grey_map, plot_neighbours
from dshcourse.study.records import load_recorded
from dshlib import codes
from dshlib.data import load_largest
from dshlib.features import fitting_cell, hog
from dshlib.hashers.lsh import HashTables
from dshlib.metrics import average_precision, mean_average_precision

BITS = (8, 12, 16)
TABLES = (1, 2, 4, 8, 16)
ALPHAS = (0.005, 0.01)
NOT_LEARNED = (VOTES, RERANKED, CODES, EXACT) = (
    "LSH tables, votes", "LSH tables, re-ranked", "LSH codes", "exact search"
)  # fmt: skip
DSH = "DSH"
LEARNED = {  # name in Table 3
    "SH": "SH, HOG", "ITQ": "ITQ, HOG", "CNNH": "CNNH", DSH: "DSH, all pairs",
    "DSH, deep network": "DSH, deep network",
}  # fmt: skip
BUCKETS = (VOTES, RERANKED)
N_QUERIES = 50  # are shown and scored, or all if there are fewer


def key_of(part, method, alpha, k):
    """The name of recorded codes, of "queries" or "database", by a method of Table 3."""
    return f"{part}/{method}/{alpha}/{k}"


class Explorer(Demo):
    """Ten neighbours of a query by any method of chapter 10, with score and cost.

    Parameters: dataset, a dshlib.data.Dataset (None: the full data if they are on this machine,
    else the classroom split); codes, dict from the name of a method to its codes of all queries
    and of the database, bool (n, n_bits), as encode returns them. LSH works on HOG features,
    centred. Of the course's own splits there are also the codes that `python -m tools.record_codes`
    recorded. Scores are those of the first 50 queries.
    Raises ValueError if codes are not of as many images.
    """

    height = "190px"

    def __init__(self, dataset=None, codes=None):
        self.dataset = load_largest() if dataset is None else dataset
        images, self.labels = self.dataset.database.images, self.dataset.database.labels
        self.query_labels = self.dataset.queries.labels[:N_QUERIES]
        self.n_right = [np.sum(self.labels == label) for label in self.query_labels]
        self.cmap, cell = grey_map(images), fitting_cell(images)
        self.features = hog(images, cell)
        self.query_features = hog(self.dataset.queries.images[:N_QUERIES], cell)
        self.distances = cdist(self.query_features, self.features)
        self.tables = {
            k: HashTables(max(TABLES), k, seed=0, center=True).fit(self.features) for k in BITS
        }
        self.given = {name: self._checked(name, *pair) for name, pair in (codes or {}).items()}
        self.recorded = self._recorded()
        learned = [m for m in LEARNED if all(self._key("queries", m, k) in self.recorded
                                             for k in BITS)]  # fmt: skip
        methods = dict.fromkeys((*NOT_LEARNED, *learned, *self.given))
        self.choices = {
            "method": ("method", tuple(methods), RERANKED),
            "k": ("hash size k", BITS, 12),
            "L": ("LSH tables L", TABLES, 16),
            "alpha": ("α (DSH)", ALPHAS, 0.01),
            "query": ("query", tuple(range(len(self.query_labels))), 0),
        }
        if DSH not in learned or DSH in self.given:
            del self.choices["alpha"]
        if not learned:
            self.choices["k"] = ("LSH hash size k", *self.choices["k"][1:])
        self.index = lru_cache(lambda k, L: self.tables[k].first(L))
        self.codes = lru_cache(self._codes)
        self.score = lru_cache(self._score)

    def _recorded(self):
        if self.dataset.folder is None:  # not one of the course's splits, which are read from files
            return {}
        try:
            return load_recorded(f"codes-{self.dataset.name}.safetensors")
        except FileNotFoundError:
            return {}

    def _checked(self, name, query_codes, database_codes):
        """Codes that are given, with their number of bits."""
        shapes = np.shape(query_codes), np.shape(database_codes)
        n_bits = shapes[0][-1]
        wanted = [(len(part), n_bits) for part in (self.dataset.queries, self.dataset.database)]
        if name in NOT_LEARNED or list(shapes) != wanted:
            raise ValueError(
                f"codes[{name!r}] must be codes of {wanted[0][0]} queries and of {wanted[1][0]} "
                f"images, with a name not among {', '.join(NOT_LEARNED)}; got shapes {shapes}"
            )
        return n_bits, codes.pack(query_codes[:N_QUERIES]), codes.pack(database_codes)

    def search(self, method, k, L, alpha, query):
        """Ids of the best ten for one query, best first; fewer if buckets hold fewer."""
        x = self.query_features[query]
        if method in BUCKETS:
            rank = "votes" if method == VOTES else "euclidean"
            return self.index(k, L).query(x, rank=rank)
        if method == EXACT:
            distances = np.linalg.norm(self.features - x, axis=1)
        else:
            query_codes, database_codes = self.codes(method, k, alpha)
            distances = codes.hamming(query_codes[query], database_codes)
        return np.argsort(distances, kind="stable")[:10]

    def n_bits(self, method, k):
        """Bits of the codes of a method: k, unless they are given."""
        return self.given[method][0] if method in self.given else k

    def touched(self, method, k, L, query):
        """How many images are looked at for one query."""
        if method not in BUCKETS:
            return len(self.labels)
        return len(self.index(k, L).candidates(self.query_features[query]))

    def bytes_per_image(self, method, k, L):
        """What is stored for an image: its codes, and its vector where distances need it."""
        vector = self.features[0].nbytes if method in (EXACT, RERANKED) else 0
        bits = {EXACT: 0, VOTES: k * L, RERANKED: k * L}.get(method, self.n_bits(method, k))
        return -(-bits // 8) + vector

    def _codes(self, method, k, alpha):
        """Packed codes of the 50 queries and of the database, given, recorded or of LSH."""
        if method in self.given:
            return self.given[method][1:]
        if method in LEARNED:
            queries, database = (
                self.recorded[self._key(part, method, k, alpha)] for part in ("queries", "database")
            )
            return queries[:N_QUERIES], database
        index = self.index(k, 1)  # the key of one table is a code of k random bits
        projected = (self.query_features - index.mean_) @ index.projection_[0].T
        return codes.pack(codes.binarize(projected)), codes.pack(index.codes_)

    def _key(self, part, method, k, alpha=ALPHAS[0]):
        """The name of recorded codes; only DSH was recorded with several α."""
        return key_of(part, LEARNED[method], alpha if method == DSH else 0, k)

    def _score(self, method, k, L, alpha):
        """mAP@10 ÷ 10 of the 50 queries; ties of codes at their expectation."""
        if method not in (VOTES, RERANKED, EXACT):
            queries, database = self.codes(method, k, alpha)
            return mean_average_precision(queries, self.query_labels, database, self.labels, k=10)
        everything = np.arange(len(self.labels))
        scores = []
        for query, x in enumerate(self.query_features):
            if method == VOTES:
                ids = self.index(k, L).query(x, rank="votes")
            else:
                near = self.index(k, L).candidates(x) if method == RERANKED else everything
                ids = near[_ten_smallest(self.distances[query, near])]
            scores.append(self.average_precision(ids, query))
        return float(np.mean(scores))

    def average_precision(self, ids, query):
        """AP@10 ÷ 10 of one result list."""
        is_right = self.labels[ids] == self.query_labels[query]
        return float(average_precision(is_right, 10, "min", self.n_right[query]))

    def draw(self, method, k, L, query, alpha=ALPHAS[-1]):
        ids, kind = self.search(method, k, L, alpha, query), self.query_labels[query]
        labels, images = self.labels[ids], self.dataset.database.images[ids]
        names = self.dataset.class_names
        fig, ax = plt.subplots(figsize=(13, 1.5))
        alt = plot_neighbours(ax, self.dataset.queries.images[query], images, labels,
                              labels == kind, names, title=names[kind], cmap=self.cmap)  # fmt: skip
        tables = f", L = {L}" if method in BUCKETS else ""
        weight = f", α = {alpha}" if method == DSH and DSH not in self.given else ""
        setting = f", k = {self.n_bits(method, k)}{tables}{weight}" if method != EXACT else ""
        name = method + setting
        quality = f"AP@10 {self.average_precision(ids, query):.2f}; mAP@10 of "
        quality += f"{len(self.query_labels)} queries {self.score(method, k, L, alpha):.3f}"
        share = self.touched(method, k, L, query) / len(self.labels)
        cost = f"{share:.1%} of {len(self.labels):,} images touched, "
        cost += f"{self.bytes_per_image(method, k, L)} bytes an image"
        source = f"{self.dataset.name} data"
        ax.set_title(f"{name}: {quality}\n{cost} ({source})", pad=22, parse_math=False)
        return fig, f"{name}, query {query}: {quality}; {cost}, {source}. {alt}"

    def timed(self, **values):
        """What draw returns, and in the words how long the search for this picture took."""
        start = time.perf_counter()
        self.search(**{"alpha": ALPHAS[-1]} | values)
        milliseconds = 1000 * (time.perf_counter() - start)
        figure, alt = self.draw(**values)
        return figure, f"{alt} Found in {milliseconds:.1f} ms when this picture was drawn."


def _ten_smallest(distances):
    """Places of the ten smallest, smallest first."""
    some = np.argpartition(distances, 9)[:10] if len(distances) > 10 else np.arange(len(distances))
    return some[np.argsort(distances[some], kind="stable")]
