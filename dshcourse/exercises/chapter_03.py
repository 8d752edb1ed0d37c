"""Exercises of chapter 03, the theory of locality-sensitive hashing."""

import numpy as np

from dshcourse.exercises.exercise import Exercise

_X, _Y = np.array([3.0, 1.0, 0.0]), np.array([1.0, -1.0, 2.0])
_ONES = np.ones(3)  # its cosine with itself, 3 / sqrt(3)**2, is rounded up to more than 1
_KEYS = np.array([[0, 2, 2, 1, 3], [3, 3, 0, 3, 1], [1, 2, 0, 2, 2]])


def _cosine(x, y):
    return x @ y / (np.linalg.norm(x) * np.linalg.norm(y))


def _angle(x, y):
    return np.arccos(np.clip(_cosine(x, y), -1, 1))


def _unclipped(x, y):
    with np.errstate(invalid="ignore"):
        return 1 - np.arccos(_cosine(x, y)) / np.pi


def _needed(p, k, recall):
    return np.log(1 - recall) / np.log(1 - p**k)


def _sizes(keys, n_keys):
    return np.stack([np.bincount(row, minlength=n_keys) for row in keys])


def _shared(keys, n_keys):
    return np.tile(_sizes(keys, n_keys).sum(axis=0), (len(keys), 1))


EXERCISES = {
    "bit_agreement": Exercise(
        reference=lambda x, y: 1 - _angle(x, y) / np.pi,
        inputs=((_X, _Y), (2 * _X, -_Y), (_ONES, _ONES), (_ONES, -_ONES)),
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
    "candidate_chance": Exercise(
        reference=lambda p, k, L: 1 - (1 - p**k) ** L,
        inputs=((0.6, 2, 3), (0.8, 8, 4), (0.9, 16, 8)),
        mistakes={
            "all k bits of one table must agree first (AND); then one of L tables is enough (OR)":
                lambda p, k, L: (1 - (1 - p) ** L) ** k,
            "this is the chance that all tables miss the item; you want the opposite":
                lambda p, k, L: (1 - p**k) ** L,
            "k and L have changed places: all k bits must agree, one of L tables is enough":
                lambda p, k, L: 1 - (1 - p**L) ** k,
            "chances of tables do not add up: an item may be found several times":
                lambda p, k, L: L * p**k,
            "this is the chance in a single table: where does L come in?": lambda p, k, L: p**k,
            "one table is enough (OR): you ask that all tables find the item":
                lambda p, k, L: p ** (k * L),
            "all k bits of a table must agree (AND): you are content with one bit":
                lambda p, k, L: 1 - (1 - p) ** (k * L),
            "1 - p^k is the chance to be missed by one table; raise it to the power L":
                lambda p, k, L: 1 - (1 - p**k) * L,
            "a table misses if one of its bits differs, 1 - p^k; not only if all do, (1 - p)^k":
                lambda p, k, L: (1 - (1 - p) ** k) ** L,
        },
    ),
    "tables_needed": Exercise(
        reference=lambda p, k, recall: int(np.ceil(_needed(p, k, recall))),
        inputs=((0.9, 8, 0.95), (0.8, 12, 0.5), (0.85, 16, 0.99), (0.5, 1, 0.5)),
        mistakes={
            "all k bits must agree: raise p to the power k":
                lambda p, k, recall: int(np.ceil(_needed(p, 1, recall))),
            "round up: with one table fewer the recall is not reached":
                lambda p, k, recall: int(_needed(p, k, recall)),
            "half a table cannot be built: return a whole number": _needed,
            "where a whole number of tables is just enough, int() + 1 is one too many: np.ceil":
                lambda p, k, recall: int(_needed(p, k, recall)) + 1,
            "one table more than needed: round up, and add nothing":
                lambda p, k, recall: int(np.ceil(_needed(p, k, recall))) + 1,
            "chances of tables do not add up: 1 - (1 - p^k)^L is the chance of at least one":
                lambda p, k, recall: int(np.ceil(recall / p**k)),
            "solve for the chance to be missed, (1 - p^k)^L = 1 - recall":
                lambda p, k, recall: int(np.ceil(np.log(recall) / np.log(1 - p**k))),
            "a quotient of logarithms, not the logarithm of a quotient":
                lambda p, k, recall: int(np.ceil(np.log((1 - recall) / (1 - p**k)))),
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
