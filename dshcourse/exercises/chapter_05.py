"""Exercises of chapter 05, measuring retrieval."""

import numpy as np

from dshcourse.exercises.exercise import Exercise

_rng = np.random.default_rng(2008)
_LONG = np.array([1, 0, 1, 1, 0, 0, 1, 0, 0, 0, 1, 1], dtype=bool)
_CODES = np.array([[0, 0, 1, 1], [1, 1, 1, 0], [0, 1, 1, 1], [0, 0, 1, 1], [1, 0, 1, 1],
                   [0, 0, 1, 1], [1, 0, 0, 0]], dtype=bool)  # fmt: skip
_MANY = _rng.integers(0, 4, 3000)  # long enough for the default sort to mix equals


def _ratios(hits, places, n_relevant):
    return hits / places, hits / n_relevant


def _gain(N, R0, n, r, places, mu):
    t = np.arange(1, places + 1)
    return (r / n * (R0 + 1 + (t - 1) * mu) / (N + t)).sum()


def _mu(n, r):
    return (r - 1) / (n - 1) if n > 1 else 0


def _nearest(item, database):
    return np.argsort((database != database[item]).sum(axis=1), kind="stable")


def _without(ids, item):
    return ids[ids != item]


EXERCISES = {
    "precision_and_recall": Exercise(
        reference=lambda relevant, k, n_relevant: _ratios(relevant[:k].sum(), k, n_relevant),
        inputs=((_LONG, 5, 8), (_LONG[:3], 5, 40), (_LONG, 10, 7), (_LONG[4:6], 2, 3)),
        mistakes={
            "return precision first, then recall":
                lambda relevant, k, n_relevant:
                    _ratios(relevant[:k].sum(), k, n_relevant)[::-1],
            "an empty place is a miss: precision at k divides by k, also if the list is shorter":
                lambda relevant, k, n_relevant:
                    _ratios(relevant[:k].sum(), len(relevant[:k]), n_relevant),
            "only the first k places count: cut the list at k":
                lambda relevant, k, n_relevant:
                    _ratios(relevant.sum(), len(relevant), n_relevant),
            "recall at k, too, counts only the hits among the first k places":
                lambda relevant, k, n_relevant:
                    (relevant[:k].sum() / k, relevant.sum() / n_relevant),
            "recall is a share of all relevant items, n_relevant, not of those in the list":
                lambda relevant, k, n_relevant:
                    _ratios(relevant[:k].sum(), k, max(relevant.sum(), 1)),
            "recall asks for all relevant items, also those that k places cannot hold":
                lambda relevant, k, n_relevant:
                    _ratios(relevant[:k].sum(), k, min(k, n_relevant)),
            "return shares between 0 and 1, not percentages":
                lambda relevant, k, n_relevant:
                    tuple(100 * np.array(_ratios(relevant[:k].sum(), k, n_relevant))),
        },
    ),
    "expected_gain": Exercise(
        reference=lambda N, R0, n, r, K: _gain(N, R0, n, r, min(n, K - N), _mu(n, r)),
        inputs=((6, 3, 5, 2, 10), (0, 0, 40, 15, 10), (4, 4, 1, 1, 10), (2, 1, 3, 3, 10),
                (12, 5, 4, 2, 10)),
        mistakes={
            "only K - N places are left for the group: t runs to min(n, K - N)":
                lambda N, R0, n, r, K: _gain(N, R0, n, r, n, _mu(n, r)),
            "the group has only n items: t runs to min(n, K - N)":
                lambda N, R0, n, r, K: _gain(N, R0, n, r, K - N, _mu(n, r)),
            "the last place of the group is missing: range and arange stop before their end":
                lambda N, R0, n, r, K: _gain(N, R0, n, r, min(n, K - N) - 1, _mu(n, r)),
            "a hit counts itself: R0 + 1 + (t - 1) mu":
                lambda N, R0, n, r, K: _gain(N, R0 - 1, n, r, min(n, K - N), _mu(n, r)),
            "mu is not r / n: one hit stands here already, so r - 1 hits are left for n - 1 items":
                lambda N, R0, n, r, K: _gain(N, R0, n, r, min(n, K - N), r / n),
            "every place before t in the group would be a hit with mu = 1; mu is (r-1)/(n-1)":
                lambda N, R0, n, r, K: _gain(N, R0, n, r, min(n, K - N), 1),
            "place t holds a hit only with probability r / n: weigh each place by it":
                lambda N, R0, n, r, K: _gain(N, R0, n, r, min(n, K - N), _mu(n, r)) * n / r,
            "the list does not begin with the group: N items and R0 hits come before it":
                lambda N, R0, n, r, K: _gain(0, 0, n, r, min(n, K - N), _mu(n, r)),
            "this is the group's part of AP; leave the sum undivided":
                lambda N, R0, n, r, K: _gain(N, R0, n, r, min(n, K - N), _mu(n, r)) / K,
            "a group of one item has no others: take mu = 0 if n is 1":
                lambda N, R0, n, r, K: _gain(N, R0, n, r, min(n, K - N), (r - 1) / (n - 1)),
        },
    ),
    "neighbours_of_item": Exercise(
        reference=lambda item, database, k: _without(_nearest(item, database), item)[:k],
        inputs=((4, _CODES, 3), (3, _CODES, 3), (0, _CODES, 4), (6, _CODES, 6)),
        mistakes={
            "item 4 finds item 4: what is at distance 0 from an item, always?":
                lambda item, database, k: _nearest(item, database)[:k],
            "the first place is not always the item: another with its code and a lower number may "
            "stand there, so exclude the item by its number":
                lambda item, database, k: _nearest(item, database)[1 : k + 1],
            "another item with the same code is a good neighbour: exclude the item, not all at 0":
                lambda item, database, k: np.array(
                    [i for i in _nearest(item, database)
                     if (database[i] != database[item]).any()][:k]),
            "k others are wanted: take the item out first, then cut":
                lambda item, database, k: _without(_nearest(item, database)[:k], item),
            "after deleting a row all later items have moved down by one: keep their own numbers":
                lambda item, database, k: np.argsort(
                    (np.delete(database, item, axis=0) != database[item]).sum(axis=1),
                    kind="stable")[:k],
            "nearest first: the smallest distance comes first":
                lambda item, database, k: _without(_nearest(item, database)[::-1], item)[:k],
        },
    ),
    "most_similar": Exercise(
        reference=lambda similarity, k: np.argsort(-similarity, kind="stable")[:k],
        inputs=((np.array([3, 8, 8, 5, 8, 1, 5]), 4), (np.array([7, 7, 7, 7]), 2), (_MANY, 6)),
        mistakes={
            "items 1, 2 and 4 are equally similar; which of them should come first?":
                lambda similarity, k: np.argsort(similarity, kind="stable")[::-1][:k],
            "these are the least similar ones":
                lambda similarity, k: np.argsort(similarity, kind="stable")[:k],
            "the best must come first, not last":
                lambda similarity, k: np.argsort(similarity, kind="stable")[-k:],
            "one is missing: a slice that stops at -k stops before it":
                lambda similarity, k: np.argsort(similarity, kind="stable")[:-k:-1],
            "the last one is dropped: [0:-1] stops before the end":
                lambda similarity, k: np.argsort(-similarity, kind="stable")[:k][0:-1],
            "return the numbers of the items, not their similarities":
                lambda similarity, k: np.sort(similarity)[::-1][:k],
            "in the order of similarity, please; you sorted the chosen numbers once more":
                lambda similarity, k: np.sort(np.argsort(-similarity, kind="stable")[:k])[::-1],
            "on long arrays the default sort mixes equals: ask for kind='stable'":
                lambda similarity, k: np.argsort(-similarity)[:k],
        },
    ),
}  # fmt: skip
