"""Exercises of chapter 05, measuring retrieval."""

import numpy as np

from dshcourse.exercises.exercise import Exercise

_rng = np.random.default_rng(2008)
_LONG = np.array([1, 0, 1, 1, 0, 0, 1, 0, 0, 0, 1, 1], dtype=bool)
_CODES = np.array([[0, 0, 1, 1], [1, 1, 1, 0], [0, 1, 1, 1], [0, 0, 1, 1], [1, 0, 1, 1],
                   [0, 0, 1, 1], [1, 0, 0, 0]], dtype=bool)  # fmt: skip
_MANY = _rng.integers(0, 4, 3000)  # long enough for the default sort to mix equals
_MANY_CODES = _rng.integers(0, 2, (300, 4)).astype(bool)


def _sum_of_precisions(relevant):
    hits = np.cumsum(relevant)
    return (hits / np.arange(1, len(relevant) + 1))[relevant].sum()


def _expected_sum(n, r, places, mu=None, first=1):
    """Expected sum of precisions of the first places, all taken by a group of n with r relevant."""
    t = np.arange(1, places + 1)
    mu = (r - 1) / (n - 1) if mu is None else mu
    return (r / n * (first + (t - 1) * mu) / t).sum()


def _nearest(item, database):
    return np.argsort((database != database[item]).sum(axis=1), kind="stable")


def _without(ids, item):
    return ids[ids != item]


EXERCISES = {
    "ap_at_10": Exercise(
        reference=lambda relevant: _sum_of_precisions(relevant[:10]) / 10,
        inputs=((_LONG,), (_LONG[:4],), (np.zeros(10, dtype=bool),), (np.ones(12, dtype=bool),)),
        mistakes={
            "only ten places count: cut the list first":
                lambda relevant: _sum_of_precisions(relevant) / 10,
            "this is out of hits: divide by 10, however many hits there are":
                lambda relevant: (
                    _sum_of_precisions(relevant[:10]) / max(relevant[:10].sum(), 1)),
            "a place without an image is a miss: divide by 10, also if the list is shorter":
                lambda relevant: _sum_of_precisions(relevant[:10]) / len(relevant[:10]),
            "add up the precision at the hits only, not at all ten places":
                lambda relevant: (
                    np.cumsum(relevant[:10]) / np.arange(1, len(relevant[:10]) + 1)).sum() / 10,
            "this is the precision at 10; it does not see where the hits are":
                lambda relevant: relevant[:10].sum() / 10,
            "places are numbered from 1, not from 0: the precision at the first hit is off":
                lambda relevant: (
                    np.cumsum(relevant[:10])
                    / np.maximum(np.arange(len(relevant[:10])), 1))[relevant[:10]].sum() / 10,
            "a hit counts itself: use the hits up to and including this place":
                lambda relevant: (
                    (np.cumsum(relevant[:10]) - relevant[:10])
                    / np.arange(1, len(relevant[:10]) + 1))[relevant[:10]].sum() / 10,
            "this is the sum of the precisions; divide it by 10":
                lambda relevant: _sum_of_precisions(relevant[:10]),
        },
    ),
    "expected_ap": Exercise(
        reference=lambda n, r: _expected_sum(n, r, 10) / 10,
        inputs=((18, 6), (40, 1), (25, 25), (100, 37)),
        mistakes={
            "not r/n for the places before: this hit is gone, so r-1 hits are left for n-1 images":
                lambda n, r: _expected_sum(n, r, 10, mu=r / n) / 10,
            "a place holds a hit only with probability r/n: weigh each place by it":
                lambda n, r: _expected_sum(n, r, 10) / 10 * n / r,
            "a hit counts itself: 1 + (t-1)(r-1)/(n-1) hits up to place t":
                lambda n, r: _expected_sum(n, r, 10, first=0) / 10,
            "ten places only: t runs from 1 to 10, not to n":
                lambda n, r: _expected_sum(n, r, n) / 10,
            "the tenth place is missing: np.arange stops before its end":
                lambda n, r: _expected_sum(n, r, 9) / 10,
            "this is the sum of the precisions; divide it by 10":
                lambda n, r: _expected_sum(n, r, 10),
            "this is the expected precision at 10; AP adds up precisions at hits":
                lambda n, r: r / n,
            "this order has all hits first; average over all orders":
                lambda n, r: min(r, 10) / 10,
        },
    ),
    "neighbours_of_item": Exercise(
        reference=lambda item, database, k: _without(_nearest(item, database), item)[:k],
        inputs=(
            (4, _CODES, 3), (3, _CODES, 3), (0, _CODES, 4), (6, _CODES, 6), (99, _MANY_CODES, 60),
        ),
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
