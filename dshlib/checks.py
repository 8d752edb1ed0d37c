"""Instant checks of exercises: ✓, or a hint that names the mistake.

    check("hash_bits", hash_bits)

An answer is a function. It is tried on inputs that the notebook does not show, so neither a
hard-coded result nor a variable of the notebook will do. A wrong result is compared with those of
known mistakes, and the hint of the one that matches is shown.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dshlib.metrics import average_precision


@dataclass(frozen=True)
class Exercise:
    """What is asked: the right answer, inputs to try, and mistakes as {hint: wrong answer}."""

    reference: Callable
    inputs: tuple
    mistakes: dict


def check(exercise, answer):
    """Print ✓ if `answer`, a function, solves the exercise of that name, else ✗ and a hint."""
    problem = hint(exercise, answer)
    print("✓ correct" if problem is None else f"✗ {problem}")


def hint(exercise, answer):
    """What is wrong with `answer`, in words; None if nothing is."""
    if exercise not in EXERCISES:
        raise ValueError(f"exercise={exercise!r}, but it must be one of {', '.join(EXERCISES)}")
    if not callable(answer):
        return f"give the function itself, not its result: check({exercise!r}, {exercise})"
    task = EXERCISES[exercise]
    for inputs in task.inputs:
        wanted = task.reference(*inputs)
        try:
            got = answer(*copy.deepcopy(inputs))
        except Exception as error:  # whatever a student's function may raise is worth a hint
            return _matching_hint(task, inputs, error) or f"it raised {error!r} for {_told(inputs)}"
        if got is None or got is ...:
            return "it returns nothing yet: replace the ... and return the result"
        if not _same(got, wanted):
            told = f"for {_told(inputs)} it gives {got!r}; expected {wanted!r}"
            return _matching_hint(task, inputs, got) or told
    return None


def _matching_hint(task, inputs, got):
    for text, wrong in task.mistakes.items():
        try:
            result = wrong(*copy.deepcopy(inputs))
        except Exception as error:
            result = error
        if _same(got, result):
            return text
    return None


def _same(a, b):
    """Equal kind, shape and values (to rounding)."""
    if isinstance(a, Exception) or isinstance(b, Exception):
        return type(a) is type(b)
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape or (a.dtype == bool) != (b.dtype == bool) or a.dtype == object:
        return False
    return bool(np.allclose(a, b, rtol=1e-9, atol=1e-12))


def _told(inputs):
    return ", ".join(repr(value) for value in inputs)


_rng = np.random.default_rng(2016)
_R, _X = _rng.integers(-3, 4, (4, 3)) + 0.25, _rng.integers(-3, 4, (6, 3)).astype(float)
_TABLES = [{5: np.array([7, 9]), 2: np.array([1])}, {0: np.array([1, 7]), 3: np.array([4])},
           {6: np.array([0, 7])}]  # fmt: skip
_NONE = np.array([], dtype=int)
_A, _B, _C = [0.71, 0.74, 0.69, 0.72], [0.75, 0.77, 0.73], [0.6, 0.8]


def _found(tables, keys):
    return [table[key] for table, key in zip(tables, keys, strict=True) if key in table]


def _union(found):
    return np.unique(np.concatenate([*found, _NONE]))


def _needed(p, n_bits, recall):
    return np.log(1 - recall) / np.log(1 - p**n_bits)


def _squared_errors(a, b, ddof=1):
    return np.var(a, ddof=ddof) / len(a), np.var(b, ddof=ddof) / len(b)


def _difference(a, b):
    return abs(np.mean(a) - np.mean(b))


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
            "compare with 0, not with 0.5: the code must not depend on the length of x":
                lambda R, x: R @ x > 0.5,
            "compare with 0, not with the mean of the projections":
                lambda R, x: R @ x > (R @ x).mean(),
        },
    ),
    "candidates": Exercise(
        reference=lambda tables, keys: _union(_found(tables, keys)),
        inputs=tuple((_TABLES, keys) for keys in ([5, 0, 6], [3, 0, 0], [2, 3, 8], [1, 1, 1])),
        mistakes={
            "an item that is found twice is still one candidate":
                lambda tables, keys: np.concatenate([*_found(tables, keys), _NONE]),
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
            "return the ids, not how many there are":
                lambda tables, keys: len(_union(_found(tables, keys))),
        },
    ),
    "tables_needed": Exercise(
        reference=lambda p, n_bits, recall: int(np.ceil(_needed(p, n_bits, recall))),
        inputs=((0.9, 8, 0.95), (0.8, 12, 0.5), (0.85, 16, 0.99)),
        mistakes={
            "all n_bits bits must agree: raise p to the power n_bits":
                lambda p, n_bits, recall: int(np.ceil(_needed(p, 1, recall))),
            "round up: with one table fewer the recall is not reached":
                lambda p, n_bits, recall: int(_needed(p, n_bits, recall)),
            "half a table cannot be built: return a whole number": _needed,
            "chances of tables do not add up: 1 - (1 - p^k)^L is the chance of at least one":
                lambda p, n_bits, recall: int(np.ceil(recall / p**n_bits)),
            "solve for the chance to be missed, (1 - p^k)^L = 1 - recall":
                lambda p, n_bits, recall: int(np.ceil(np.log(recall) / np.log(1 - p**n_bits))),
        },
    ),
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
