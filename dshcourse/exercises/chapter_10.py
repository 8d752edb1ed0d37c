"""Exercises of chapter 10, LSH against DSH."""

import numpy as np

from dshcourse.exercises.exercise import Exercise
from dshlib.metrics import average_precision

_A, _B = np.array([1.0, 0.55, 0.2, 0.85]), np.array([0.9, 0.75, 0.1, 0.3])
_C = np.array([0.1, 0.8, 0.4])


def _error(values, ddof=1):
    return np.std(values, ddof=ddof) / np.sqrt(len(values))


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
                average_precision(relevant, None, "all", n_relevant) * n_relevant
                    / min(10, n_relevant),
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
    "paired_difference_in_noise": Exercise(
        reference=lambda a, b: abs(np.mean(a - b)) / _error(a - b),
        inputs=((_A, _B), (_B, _A), (_A[:3], _C)),
        mistakes={
            "the queries are the same for both: take the spread of the differences, not of each":
                lambda a, b: abs(np.mean(a) - np.mean(b)) / np.hypot(_error(a), _error(b)),
            "a sample's spread needs n - 1: std(ddof=1)":
                lambda a, b: abs(np.mean(a - b)) / _error(a - b, ddof=0),
            "the mean of n differences varies less than one of them: divide by the root of n":
                lambda a, b: abs(np.mean(a - b)) / np.std(a - b, ddof=1),
            "divide the spread by the root of n, not by n":
                lambda a, b: abs(np.mean(a - b)) / (np.std(a - b, ddof=1) / len(a)),
            "this is the difference; divide it by its standard error":
                lambda a, b: abs(np.mean(a - b)),
            "divide by the root: a variance has squared units":
                lambda a, b: abs(np.mean(a - b)) / _error(a - b) ** 2,
            "the size of a difference has no sign: take the absolute value":
                lambda a, b: np.mean(a - b) / _error(a - b),
        },
    ),
}  # fmt: skip
