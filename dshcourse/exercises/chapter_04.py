"""Exercises of chapter 04, random projection and hash tables."""

import numpy as np

from dshcourse.exercises.exercise import Exercise

_rng = np.random.default_rng(2016)
_R, _X = _rng.integers(-3, 4, (4, 3)) + 0.25, _rng.integers(-3, 4, (6, 3)).astype(float)
_TABLES = [{5: np.array([7, 64]), 2: np.array([1])}, {0: np.array([1, 7]), 3: np.array([4])},
           {6: np.array([0, 7])}]  # fmt: skip
_NONE = np.array([], dtype=int)


def _found(tables, keys):
    return [table[key] for table, key in zip(tables, keys, strict=True) if key in table]


def _union(found):
    return np.unique(np.concatenate([*found, _NONE]))


EXERCISES = {
    "hash_bits": Exercise(
        reference=lambda R, x: R @ x > 0,
        inputs=((_R, _X[0]), (_R, _X[1]), (_R[:2] - 0.25, np.zeros(3)), (-_R, 0.01 * _X[2])),
        mistakes={
            "the bits are upside down: a bit is set on the positive side": lambda R, x: R @ x < 0,
            "at exactly 0 the bit must not be set: use > 0": lambda R, x: R @ x >= 0,
            "np.sign gives -1, 0, 1; a bit is True or False": lambda R, x: np.sign(R @ x),
            "0 and 1 as integers waste 7 of 8 bits: leave the comparison as booleans":
                lambda R, x: (R @ x > 0).astype(int),
            "these are the projections; their signs are the bits": lambda R, x: R @ x,
            "np.sign turns a negative number into -1, and as a boolean -1 is True":
                lambda R, x: (R @ x).astype(bool),
            "compare with 0, not with 0.5: the code must not depend on the length of x":
                lambda R, x: R @ x > 0.5,
            "compare with 0, not with the mean of the projections":
                lambda R, x: R @ x > (R @ x).mean(),
        },
    ),
    "mean_size_met": Exercise(
        reference=lambda sizes: np.sum(sizes**2) / np.sum(sizes),
        inputs=tuple((np.array(sizes),) for sizes in ([6, 2, 1, 1], [30, 10, 5], [4, 4], [2, 1])),
        mistakes={
            "each bucket has the same weight here: a large bucket is opened more often": np.mean,
            "this is the largest bucket; not every query opens it": np.max,
            "divide by the number of images, not of buckets: each image is a query once":
                lambda sizes: np.mean(sizes**2),
            "the query itself is in its bucket: count it, too":
                lambda sizes: np.sum(sizes * (sizes - 1)) / np.sum(sizes),
            "this is the sum over all queries: divide it by their number":
                lambda sizes: np.sum(sizes**2),
            "a query that opens a bucket of s images meets s images: weigh each s by s":
                lambda sizes: np.sum(sizes) / len(np.repeat(sizes, sizes)),
            "this is the root of the mean square; the mean of s, weighed by s, is asked for":
                lambda sizes: np.sqrt(np.mean(sizes**2)),
        },
    ),
    "candidates": Exercise(
        reference=lambda tables, keys: _union(_found(tables, keys)),
        inputs=tuple((_TABLES, keys) for keys in ([5, 0, 6], [3, 0, 0], [2, 3, 8], [5, 0, 0],
                                                     [5, 1, 6], [1, 1, 1], [2, 0, 6])),
        mistakes={
            "an item that is found twice is still one candidate":
                lambda tables, keys: np.concatenate([*_found(tables, keys), _NONE]),
            "return the ids in ascending order":
                lambda tables, keys: np.array(list(dict.fromkeys(
                    np.concatenate([*_found(tables, keys), _NONE]).tolist())), dtype=int),
            "one table is enough to be a candidate (OR): you ask for all of them (AND)":
                lambda tables, keys: np.array(sorted(set.intersection(
                    *[set(table.get(key, ())) for table, key in zip(tables, keys, strict=True)]))),
            "you look into the first table only": lambda tables, keys: tables[0].get(keys[0], []),
            "each table has a key of its own: keys[t] opens tables[t]":
                lambda tables, keys: _union(
                    table[key] for table in tables for key in keys if key in table),
            "a key that no item has means an empty bucket, not a KeyError":
                lambda tables, keys: _union(
                    table[key] for table, key in zip(tables, keys, strict=True)),
            "no table may have its key: then return an empty array":
                lambda tables, keys: np.unique(np.concatenate(_found(tables, keys))),
            "return the ids, not how many there are":
                lambda tables, keys: len(_union(_found(tables, keys))),
        },
    ),
}  # fmt: skip
