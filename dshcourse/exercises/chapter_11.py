"""Exercises of chapter 11, beyond."""

import numpy as np

from dshcourse.exercises.exercise import Exercise

_A = np.array([[0, 4], [1, 2], [1, 9], [3, 0]])
_B = np.array([[1, 3], [2, 1], [2, 8], [5, 6]])
_C = np.array([[0, 2], [0, 7]])
_D = np.array([[6, 5], [7, 1], [7, 3]])


def _cost(n_items, n_bits, n_queries, bytes_per_second, giga=1e9):
    size = n_items * -(-n_bits // 8)
    return np.array([size / giga, size * n_queries / bytes_per_second / 3600])


def _best(rows, k):
    return rows[np.lexsort((rows[:, 1], rows[:, 0]))][:k]


def _stack(a, b):
    return np.concatenate([a, b])


def _halves(a, b, k):
    return _best(_stack(a[: k // 2], b[: k - k // 2]), k)


EXERCISES = {
    "substrings_needed": Exercise(
        reference=lambda radius, probe_radius: radius // (probe_radius + 1) + 1,
        inputs=((10, 2), (8, 1), (3, 0), (11, 1)),
        mistakes={
            "rounding up is not enough where the division leaves no rest: "
            "m (probe_radius + 1) must be larger than radius":
                lambda radius, probe_radius: -(-radius // (probe_radius + 1)),
            "as many substrings as pieces of the radius can all be spoiled: one more is needed":
                lambda radius, probe_radius: radius // (probe_radius + 1),
            "probing saves substrings: use probe_radius":
                lambda radius, probe_radius: radius + 1,
            "spoiling a substring takes probe_radius + 1 bits, not probe_radius":
                lambda radius, probe_radius: radius // max(probe_radius, 1) + 1,
            "the budget of probe_radius bits holds in every substring, so divide, not subtract":
                lambda radius, probe_radius: radius - probe_radius + 1,
            "count whole substrings":
                lambda radius, probe_radius: radius / (probe_radius + 1) + 1,
        },
    ),
    "scan_cost": Exercise(
        reference=_cost,
        inputs=((10**9, 12, 250, 1e10), (6000, 64, 5000, 2e9), (7 * 10**6, 16, 3, 5e8)),
        mistakes={
            "these are bits; 8 of them make a byte": lambda n, bits, queries, speed:
                np.array([n * bits / 1e9, n * bits * queries / speed / 3600]),
            "each code fills whole bytes: 12 bits take 2, not 1.5":
                lambda n, bits, queries, speed:
                    np.array([n * bits / 8e9, n * bits / 8 * queries / speed / 3600]),
            "round up, not down: 12 bits do not fit into 1 byte":
                lambda n, bits, queries, speed:
                    np.array([n * (bits // 8) / 1e9, n * (bits // 8) * queries / speed / 3600]),
            "the second number is in seconds; 3600 of them make an hour":
                lambda n, bits, queries, speed:
                    _cost(n, bits, queries, speed) * np.array([1, 3600]),
            "60 seconds make a minute, not an hour": lambda n, bits, queries, speed:
                _cost(n, bits, queries, speed) * np.array([1, 60]),
            "that is the time of one query; there are n_queries":
                lambda n, bits, queries, speed: _cost(n, bits, 1, speed),
            "the codes are stored once, whatever the number of queries":
                lambda n, bits, queries, speed:
                    _cost(n, bits, queries, speed) * np.array([queries, 1]),
            "a gigabyte is 10^9 bytes here, not 2^30": lambda n, bits, queries, speed:
                _cost(n, bits, queries, speed, giga=2**30),
            "a gigabyte is 10^9 bytes, a thousand megabytes": lambda n, bits, queries, speed:
                _cost(n, bits, queries, speed, giga=1e6),
        },
    ),
    "merge_top_k": Exercise(
        reference=lambda a, b, k: _best(_stack(a, b), k),
        inputs=((_A, _B, 5), (_B, _A, 4), (_A, _D, 4), (_D, _C, 3)),
        mistakes={
            "the lists are only put one after the other: sort them together":
                lambda a, b, k: _stack(a, b)[:k],
            "equal distances are ordered by id, whichever shard they come from":
                lambda a, b, k:
                    _stack(a, b)[np.argsort(_stack(a, b)[:, 0], kind="stable")][:k],
            "one shard may hold all of the best: do not take half from each": _halves,
            "np.sort(axis=0) sorts the columns apart and gives ids to other distances":
                lambda a, b, k: np.sort(_stack(a, b), axis=0)[:k],
            "np.lexsort sorts by its last key first: distance has to be the last":
                lambda a, b, k:
                    _stack(a, b)[np.lexsort((_stack(a, b)[:, 0], _stack(a, b)[:, 1]))][:k],
            "cut to the k best after merging": lambda a, b, k: _best(_stack(a, b), None),
            "the smallest distance comes first": lambda a, b, k:
                _best(_stack(a, b), None)[::-1][:k],
            "return rows (distance, id), not the ids alone":
                lambda a, b, k: _best(_stack(a, b), k)[:, 1],
        },
    ),
}  # fmt: skip
