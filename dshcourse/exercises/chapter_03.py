"""Exercises of chapter 03, the theory of locality-sensitive hashing."""

import numpy as np

from dshcourse.exercises.exercise import Exercise
from dshlib.hashers.lsh import candidate_probability

_X, _Y = np.array([3.0, 1.0, 0.0]), np.array([1.0, -1.0, 2.0])
_ONES = np.ones(3)  # its cosine with itself, 3 / sqrt(3)**2, is rounded up to more than 1
_ANGLES = np.radians([10.0, 25.0, 40.0, 90.0])
_A = np.array([1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 0, 0], dtype=bool)
_B = np.array([1, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0], dtype=bool)
_KEYS = np.array([[0, 2, 2, 1, 3], [3, 3, 0, 3, 1], [1, 2, 0, 2, 2]])


def _cosine(x, y):
    return x @ y / (np.linalg.norm(x) * np.linalg.norm(y))


def _angle(x, y):
    return np.arccos(np.clip(_cosine(x, y), -1, 1))


def _unclipped(x, y):
    with np.errstate(invalid="ignore"):
        return 1 - np.arccos(_cosine(x, y)) / np.pi


def _sizes(keys, n_keys):
    return np.stack([np.bincount(row, minlength=n_keys) for row in keys])


def _shared(keys, n_keys):
    return np.tile(_sizes(keys, n_keys).sum(axis=0), (len(keys), 1))


EXERCISES = {
    "bit_agreement": Exercise(
        reference=lambda x, y: 1 - _angle(x, y) / np.pi,
        inputs=((_X, _Y), (2 * _X, -_Y), (_ONES, _ONES), (_Y, np.array([0.0, 0.0, 0.5]))),
        mistakes={
            "this is the probability that the bits differ": lambda x, y: _angle(x, y) / np.pi,
            "a cosine of 1.0000000000000002 has no angle: clip it to -1 … 1": _unclipped,
            "this is the cosine of the angle, not a probability": _cosine,
            "the probability is linear in the angle, not in its cosine":
                lambda x, y: (1 + _cosine(x, y)) / 2,
            "arccos returns radians: divide by π, not by 180": lambda x, y: 1 - _angle(x, y) / 180,
            "np.degrees and π do not go together: divide radians by π, or degrees by 180":
                lambda x, y: 1 - np.degrees(_angle(x, y)) / np.pi,
            "a line has all its directions in half a turn: divide by π, not by 2π":
                lambda x, y: 1 - _angle(x, y) / (2 * np.pi),
            "the longest angle is π, not π/2: vectors can point in opposite directions":
                lambda x, y: 1 - _angle(x, y) / (np.pi / 2),
            "divide the dot product by both lengths before you take arccos":
                lambda x, y: 1 - np.arccos(np.clip(x @ y, -1, 1)) / np.pi,
        },
    ),
    "expected_recall": Exercise(
        reference=lambda angles, k, L: candidate_probability(1 - angles / np.pi, k, L).mean(),
        inputs=((_ANGLES, 8, 4), (_ANGLES[:2], 16, 8), (_ANGLES[1:], 4, 2)),
        mistakes={
            "the probability at the mean angle is not the mean probability: average last":
                lambda angles, k, L: candidate_probability(1 - angles.mean() / np.pi, k, L),
            "average last: the mean of p, put into the formula, is not the mean of the formula":
                lambda angles, k, L:
                    candidate_probability(np.mean((1 - angles / np.pi) ** k), 1, L),
            "this is the share of neighbours that all tables miss":
                lambda angles, k, L: 1 - candidate_probability(1 - angles / np.pi, k, L).mean(),
            "k and L have changed places: k bits must all agree, one of L tables is enough":
                lambda angles, k, L: candidate_probability(1 - angles / np.pi, L, k).mean(),
            "θ/π is the probability that a bit differs; p is 1 - θ/π":
                lambda angles, k, L: candidate_probability(angles / np.pi, k, L).mean(),
            "chances of tables do not add up: a neighbour may be found several times":
                lambda angles, k, L: (L * (1 - angles / np.pi) ** k).mean(),
            "this is the recall of a single table: where does L come in?":
                lambda angles, k, L: ((1 - angles / np.pi) ** k).mean(),
            "the angles are in radians: divide by π, not by 180":
                lambda angles, k, L: candidate_probability(1 - angles / 180, k, L).mean(),
            "the angles are in radians: divide by π to get the probability of a differing bit":
                lambda angles, k, L: (1 - (1 - (1 - angles) ** k) ** L).mean(),
            "a share lies between 0 and 1: take the mean, not the sum":
                lambda angles, k, L: candidate_probability(1 - angles / np.pi, k, L).sum(),
            "one share for all neighbours is asked for: take the mean":
                lambda angles, k, L: candidate_probability(1 - angles / np.pi, k, L),
        },
    ),
    "angle_from_codes": Exercise(
        reference=lambda a, b: 180 * np.mean(a != b),
        inputs=((_A, _B), (_A, ~_A), (_B[:8], _A[4:]), (_A, _A)),
        mistakes={
            "the angle between the codes is not the angle between the vectors":
                lambda a, b: np.degrees(np.arccos(1 - 2 * np.mean(a != b))),
            "count the bits that differ: equal codes mean a small angle":
                lambda a, b: 180 * np.mean(a == b),
            "in degrees, please: this is in radians": lambda a, b: np.pi * np.mean(a != b),
            "divide the Hamming distance by k": lambda a, b: 180 * np.sum(a != b),
            "if all bits differ the angle is 180 degrees, not 90":
                lambda a, b: 90 * np.mean(a != b),
            "if all bits differ the angle is 180 degrees, not 360":
                lambda a, b: 360 * np.mean(a != b),
            "this is the share of differing bits, an estimate of θ/π; multiply by 180":
                lambda a, b: np.mean(a != b),
            "this is the Jaccard distance; every differing bit counts, out of all k bits":
                lambda a, b: 180 * np.sum(a != b) / np.sum(a | b),
        },
    ),
    "bucket_sizes": Exercise(
        reference=_sizes,
        inputs=((_KEYS, 4), (_KEYS[:2, :4], 4), (_KEYS[::-1] + 1, 6)),
        mistakes={
            "the items of each table add up to L times n: do the tables know of one another?":
                _shared,
            "dividing by L hides the symptom: the buckets still mix the tables":
                lambda keys, n_keys: _shared(keys, n_keys) / len(keys),
            "counting each item once hides the symptom: the buckets still mix the tables":
                lambda keys, n_keys: np.tile(
                    [(keys == key).any(axis=0).sum() for key in range(n_keys)], (len(keys), 1)),
            "every table shows the buckets of the first: each table has keys of its own":
                lambda keys, n_keys: np.tile(_sizes(keys[:1], n_keys), (len(keys), 1)),
            "every table shows the buckets of the last: did you clear the one dict they share?":
                lambda keys, n_keys: np.tile(_sizes(keys[-1:], n_keys), (len(keys), 1)),
            "a bucket holds all items with its key: append, do not overwrite":
                lambda keys, n_keys: np.minimum(_sizes(keys, n_keys), 1),
            "one row a table, one column a key: transpose":
                lambda keys, n_keys: _sizes(keys, n_keys).T,
        },
    ),
}  # fmt: skip
