"""Exercises of chapter 01, image retrieval: exact search, its score and its price."""

import numpy as np

from dshcourse.exercises.exercise import Exercise

_rng = np.random.default_rng(28)
_FEATURES = _rng.integers(-8, 9, (12, 3)) / 4  # whose squares no way of adding rounds
_FEATURES[[3, 9]] = _FEATURES[5]  # three equal rows
_PIXELS = _rng.integers(0, 256, (9, 16), dtype=np.uint8)
_GRID = np.random.default_rng(7).integers(0, 3, (200, 2)).astype(float)  # nine places only
_PLANE = np.array([[4.0, 3.0], [0.0, 5.0], [3.0, 4.0], [1.0, 1.0], [5.0, 0.0], [9.0, 9.0]])


def _squares(X, q):
    return ((X.astype(float) - q) ** 2).sum(axis=1)


def _first(values, k):
    return np.argsort(values, kind="stable")[:k]


def _cosines(X, q):
    X, q = X.astype(float), q.astype(float)
    return X @ q / (np.linalg.norm(X, axis=1) * np.linalg.norm(q) + 1e-300)


def _hits(labels, wanted):
    return (np.asarray(labels) == wanted).sum()


EXERCISES = {
    "nearest": Exercise(
        reference=lambda X, q, k: _first(_squares(X, q), k),
        inputs=(
            (_PLANE, np.ones(2), 3),
            (_FEATURES, _FEATURES[5] + 0.25, 5),
            (_PIXELS, _rng.integers(0, 256, 16, dtype=np.uint8), 4),
            (_GRID, np.array([1.0, 0.0]), 30),
        ),
        mistakes={
            "nearest first: you return the most distant rows": lambda X, q, k:
                _first(-_squares(X, q), k),
            "uint8 counts modulo 256, 3 - 5 is 254: convert to float before you subtract":
                lambda X, q, k: _first(((X - q) ** 2).sum(axis=1), k),
            "uint8 pixels wrap round when subtracted, before norm sees them: convert to float":
                lambda X, q, k: _first(np.linalg.norm(X - q, axis=1), k),
            "these are distances; return the ids of the rows": lambda X, q, k:
                np.sort(_squares(X, q))[:k] ** 0.5,
            "of equally distant rows the smaller id comes first: sort with kind='stable'":
                lambda X, q, k: np.lexsort((-np.arange(len(X)), _squares(X, q)))[:k],
            "argsort alone leaves equal distances in any order: use kind='stable'": lambda X, q, k:
                np.argsort(_squares(X, q))[:k],
            "the query is not a row of X, so do not skip the nearest": lambda X, q, k:
                _first(_squares(X, q), k + 1)[1:],
            "the right rows, but in order of their ids: the nearest comes first":
                lambda X, q, k: np.sort(_first(_squares(X, q), k)),
            "this is the sum of absolute differences; Euclidean squares them": lambda X, q, k:
                _first(np.abs(X.astype(float) - q).sum(axis=1), k),
            "cosine compares directions only; Euclidean distance sees lengths, too":
                lambda X, q, k: _first(-_cosines(X, q), k),
            "return k ids, not all": lambda X, q, k: _first(_squares(X, q), None),
        },
    ),
    "precision_at": Exercise(
        reference=lambda k, labels, wanted: _hits(labels[:k], wanted) / k,
        inputs=(
            (5, np.array([3, 1, 3, 3, 0, 3, 3, 3]), 3),
            (10, np.array([7, 7, 9, 7, 5, 7]), 7),
            (4, np.array([2, 2, 2, 2]), 6),
            (8, np.array([4, 1, 4, 5, 0, 2, 6, 4, 4]), 4),
        ),
        mistakes={
            "cut the list at k before you count": lambda k, labels, wanted:
                _hits(labels, wanted) / k,
            "missing places count as wrong: divide by k even if the list is shorter":
                lambda k, labels, wanted: np.mean(labels[:k] == wanted),
            "divide by k, and count in the first k only: the list may be longer":
                lambda k, labels, wanted: _hits(labels, wanted) / len(labels),
            "this is how many are right; divide by k to get their share": lambda k, labels, wanted:
                _hits(labels[:k], wanted),
            "this is the share that is wrong": lambda k, labels, wanted:
                1 - _hits(labels[:k], wanted) / k,
            "this is which ones are right; their share is one number": lambda k, labels, wanted:
                labels[:k] == wanted,
            "this is recall: divide by k, not by how many right ones there are":
                lambda k, labels, wanted:
                    _hits(labels[:k], wanted) / max(1, _hits(labels, wanted)),
        },
    ),
    "images_that_fit": Exercise(
        reference=lambda gigabytes, numbers, bits: int(gigabytes * 8e9 // (numbers * bits)),
        inputs=((16, 12_000_000, 24), (0.1, 12_000_000, 24), (0.5, 640_000, 1)),
        mistakes={
            "memory is in bytes, numbers are in bits: a byte has 8":
                lambda gigabytes, numbers, bits: int(gigabytes * 1e9 // (numbers * bits)),
            "each image has `numbers` numbers: divide by them, too":
                lambda gigabytes, numbers, bits: int(gigabytes * 8e9 // bits),
            "each number takes `bits` bits: divide by them, too":
                lambda gigabytes, numbers, bits: int(gigabytes * 8e9 // numbers),
            "here 1 GB is 10**9 bytes (2**30 bytes are called 1 GiB)":
                lambda gigabytes, numbers, bits:
                    int(gigabytes * 8 * 2**30 // (numbers * bits)),
            "a part of an image does not fit: round down":
                lambda gigabytes, numbers, bits: gigabytes * 8e9 / (numbers * bits),
            "the last image does not fit any more: round down, not up":
                lambda gigabytes, numbers, bits:
                    int(np.ceil(gigabytes * 8e9 / (numbers * bits))),
            "multiply bytes by 8 to get bits; you divide":
                lambda gigabytes, numbers, bits: int(gigabytes * 1e9 / 8 // (numbers * bits)),
            "this is how many gigabytes one image takes":
                lambda gigabytes, numbers, bits: numbers * bits / 8e9,
        },
    ),
}  # fmt: skip
