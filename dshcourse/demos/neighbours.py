"""Exact search for disturbed images: what a description and a distance still find.

Explored in chapter 01, in the class Neighbours.
"""

import numpy as np

from dshcourse.demos.widget import Demo, query_pictures
from dshcourse.figures import grey_map, strip
from dshlib import codes
from dshlib.features import fitting_cell, hog

CANDIDATES = 50  # the first 10 are chosen among these, without rounding
ROWS = 256  # of the database at a time; so many pixels stay in the processor's cache


def pixels(images):
    """Grey values, or those of three channels, as a vector: float32 (n, d). Chapter 01."""
    return images.reshape(len(images), -1).astype(np.float32)


def manhattan(a, b):
    """Sum of the absolute differences along the last axis."""
    return np.abs(a - b).sum(axis=-1)


def described_by_hog(images):
    """HOG features with cells that fit the images, of 8 pixels where they have 28."""
    return hog(images, fitting_cell(images))


DESCRIBE = {"pixels": pixels, "HOG": described_by_hog}
DISTANCES = {"euclidean": codes.euclidean, "cosine": codes.cosine, "manhattan": manhattan}


class Neighbours(Demo):
    """Query × features × distance × shift × contrast, searched exactly. Chapter 01.

    Parameters: dataset, a `dshlib.data.Dataset`. Its database is described once, at the start.
    """

    height = "140px"

    def __init__(self, dataset):
        self._dataset = dataset
        self._database, self._queries = dataset.database, dataset.queries
        self._names, self._cmap = dataset.class_names, grey_map(dataset.database.images)
        self._vectors = {name: of(self._database.images) for name, of in DESCRIBE.items()}
        self._squares = {name: np.einsum("ij,ij->i", X, X) for name, X in self._vectors.items()}
        self.choices = {
            "query": ("query", list(range(min(20, len(self._queries)))), 0),
            "features": ("features", list(DESCRIBE), "HOG"),
            "metric": ("distance", list(DISTANCES), "euclidean"),
            "by": ("shifted by", list(range(6)), 0),
            "percent": ("contrast %", [100, 80, 60, 40], 100),
        }

    def pictures(self, name):
        """Queries are chosen by their pictures."""
        if name != "query":
            return {}
        return query_pictures(self._dataset, self.choices["query"][1])

    def image(self, query, by, percent):
        """The query, shifted right by some pixels, then faded, with its shape and type."""
        original = self._queries.images[query]
        moved = np.zeros_like(original)
        moved[:, by:] = original[:, : original.shape[1] - by]
        return (moved * (percent / 100)).astype(original.dtype)

    def nearest(self, query, features, metric, by, percent):
        """Ids of the ten nearest database images, ties by the smaller id: integers (10,),
        or fewer if the database is smaller."""
        q = DESCRIBE[features](self.image(query, by, percent)[None])[0]
        rough = self._rough_distances(features, metric, q)
        last = min(CANDIDATES, len(rough) - 1)
        ids = np.sort(np.argpartition(rough, last)[:CANDIDATES])
        vectors = self._vectors[features][ids].astype(float)
        return ids[np.argsort(DISTANCES[metric](vectors, q.astype(float)), kind="stable")[:10]]

    def _rough_distances(self, features, metric, q):
        """What orders the database as the distance does, up to rounding: float32 (n,)."""
        X, squares = self._vectors[features], self._squares[features]
        if metric == "euclidean":
            return squares - 2 * (X @ q)
        if metric == "cosine":
            return -(X @ q) / np.sqrt(np.where(squares == 0, 1, squares))
        parts = [manhattan(X[start : start + ROWS], q) for start in range(0, len(X), ROWS)]
        return np.concatenate(parts)

    def draw(self, query, features, metric, by, percent):
        """The disturbed query and its ten nearest images: a strip."""
        ids = self.nearest(query, features, metric, by, percent)
        labels, wanted = self._database.labels[ids], self._queries.labels[query]
        said = f"{features}, {metric}, shifted by {by} pixels, contrast {percent} %"
        return strip(self.image(query, by, percent), self._database.images[ids], labels,
                     labels == wanted, self._names, cmap=self._cmap,
                     title=f"{self._names[wanted]}, query {query}; {said}")  # fmt: skip
