"""Exercises of chapter 10, LSH against DSH."""

import numpy as np

from dshlib.checks.exercise import Exercise
from dshlib.metrics import average_precision

_A, _B, _C = [0.71, 0.74, 0.69, 0.72], [0.75, 0.77, 0.73], [0.6, 0.8]


def _squared_errors(a, b, ddof=1):
    return np.var(a, ddof=ddof) / len(a), np.var(b, ddof=ddof) / len(b)


def _difference(a, b):
    return abs(np.mean(a) - np.mean(b))


EXERCISES = {
    "fair_average_precision": Exercise(
        reference=lambda relevant, n_relevant: average_precision(relevant, 10, "min", n_relevant),
        inputs=(
            (np.array([1, 0, 1, 0, 0, 0, 0, 0, 0, 1], dtype=bool), 600),
            (np.array([0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1], dtype=bool), 4),
            (np.array([1, 0, 1], dtype=bool), 600),
            (np.zeros(10, dtype=bool), 600),
        ),
        mistakes={
            "you divide by the hits that were retrieved; divide by min(10, n_relevant)":
                lambda relevant, n_relevant: average_precision(relevant, 10, "retrieved"),
            "fewer than 10 relevant items cannot fill the list: divide by min(10, n_relevant)":
                lambda relevant, n_relevant:
                    average_precision(relevant, 10, "all", n_relevant) * n_relevant / 10,
            "you divide by all relevant items, of which only 10 fit into the list":
                lambda relevant, n_relevant: average_precision(relevant, 10, "all", n_relevant),
            "cut the list at 10": lambda relevant, n_relevant:
                average_precision(relevant, None, "all", 1) / min(10, n_relevant),
            "precision counts only at the ranks where there is a hit":
                lambda relevant, n_relevant: (np.cumsum(relevant[:10])
                    / np.arange(1, 1 + len(relevant[:10]))).sum() / min(10, n_relevant),
            "a missing item is not a hit: do not pad short lists":
                lambda relevant, n_relevant: average_precision(
                    np.append(relevant, [True] * (10 - len(relevant))), 10, "min", n_relevant),
            "this is the precision at 10: it does not see the order":
                lambda relevant, n_relevant: relevant[:10].sum() / 10,
        },
    ),
    "bytes_per_image": Exercise(
        reference=lambda n_bits, n_tables: -(-n_bits * n_tables // 8),
        inputs=((8, 16), (12, 1), (12, 8), (12, 3)),
        mistakes={
            "these are bits: 8 of them make a byte": lambda n_bits, n_tables: n_bits * n_tables,
            "every table stores n_bits more bits": lambda n_bits, n_tables: -(-n_bits // 8),
            "half a byte cannot be stored: round up":
                lambda n_bits, n_tables: n_bits * n_tables // 8,
            "return whole bytes": lambda n_bits, n_tables: n_bits * n_tables / 8,
            "pack the bits of all tables together, then round up once":
                lambda n_bits, n_tables: n_tables * -(-n_bits // 8),
            "n_tables codes of n_bits bits: multiply, do not add":
                lambda n_bits, n_tables: -(-(n_bits + n_tables) // 8),
        },
    ),
    "difference_in_noise": Exercise(
        reference=lambda a, b: _difference(a, b) / sum(_squared_errors(a, b)) ** 0.5,
        inputs=((_A, _B), (_B, _C)),
        mistakes={
            "with few seeds the variance needs n - 1: np.var(..., ddof=1)":
                lambda a, b: _difference(a, b) / sum(_squared_errors(a, b, ddof=0)) ** 0.5,
            "the mean of n runs varies less than one run: divide each variance by its n":
                lambda a, b: _difference(a, b) / (np.var(a, ddof=1) + np.var(b, ddof=1)) ** 0.5,
            "this is the difference; divide it by its standard error": _difference,
            "variances add, standard errors do not: add first, then take the root":
                lambda a, b: _difference(a, b) / sum(v**0.5 for v in _squared_errors(a, b)),
            "divide by the root: a variance has squared units":
                lambda a, b: _difference(a, b) / sum(_squared_errors(a, b)),
            "the size of a difference has no sign: take the absolute value":
                lambda a, b: (np.mean(a) - np.mean(b)) / sum(_squared_errors(a, b)) ** 0.5,
        },
    ),
}  # fmt: skip
