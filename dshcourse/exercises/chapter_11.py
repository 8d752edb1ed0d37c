"""Exercises of chapter 11, beyond."""

from itertools import pairwise

import numpy as np

from dshcourse.exercises.exercise import Exercise

_VECTORS = np.array([[0.2, 0.9], [0.3, 0.1], [-0.4, 0.6], [0.3, 0.1], [2.0, 1.5], [0.1, -0.2]])
_QUERY = np.array([0.25, 0.4])
_GRID = np.random.default_rng(7).integers(0, 3, (200, 2)).astype(float)  # nine places only
_RANKS = np.array([[0, 3, 8, 1], [2, 40, 0, 5], [11, 6, 1, 0], [7, 19, 4, 90], [0, 1, 2, 3]])


def _front(costs, scores, order=None, wins=np.greater):
    """Rows that score more than every row before them, in the order of cost if none is given."""
    front = []
    for row in np.lexsort((-scores, costs)) if order is None else order:
        if not front or wins(scores[row], scores[front[-1]]):
            front.append(int(row))
    return front


def _above_the_row_before(costs, scores):
    order = np.lexsort((-scores, costs))
    return [order[0], *(b for a, b in pairwise(order) if scores[b] > scores[a])]


def _distances(query, vectors):
    return ((vectors - query) ** 2).sum(axis=1)


def _nearest(keys, ids, k):
    """The k of the ids with the smallest keys, ties by the order of the ids."""
    return ids[np.argsort(keys, kind="stable")[:k]]


def _rescore(query, vectors, candidates, k):
    ids = np.sort(candidates)
    return _nearest(_distances(query, vectors[ids]), ids, k)


def _by(total, query, vectors, candidates, k):
    """The nearest candidates by a total of the absolute differences."""
    ids = np.sort(candidates)
    return _nearest(total(np.abs(vectors[ids] - query), axis=1), ids, k)


def _needed(ranks, recall, more=1, whole=np.ceil):
    n = int(whole(recall * ranks.size))
    return np.sort(ranks, axis=None)[n - 1] + more


EXERCISES = {
    "pareto_front": Exercise(
        reference=_front,
        inputs=(
            (np.array([3, 1, 4, 2, 5, 2]), np.array([0.6, 0.5, 0.9, 0.55, 0.9, 0.7])),
            (np.array([9.0, 2.0, 5.0]), np.array([0.8, 0.7, 0.9])),
            (np.array([1, 2, 3]), np.array([0.1, 0.2, 0.3])),
        ),
        mistakes={
            "a row that costs more and scores the same is dominated":
                lambda costs, scores: _front(costs, scores, wins=np.greater_equal),
            "of two rows that cost the same only the better one stays":
                lambda costs, scores: _front(costs, scores, np.argsort(costs, kind="stable")),
            "compare with the best score so far, not with the row before": _above_the_row_before,
            "this is the row with the best score; cheaper rows are not dominated by it":
                lambda costs, scores: [np.argmax(scores)],
            "sort by cost first: the cheapest row comes first":
                lambda costs, scores: _front(costs, scores)[::-1],
            "return the rows by ascending cost, not by their number":
                lambda costs, scores: sorted(_front(costs, scores)),
            "these are all rows; leave out those that another row dominates":
                lambda costs, scores: np.lexsort((-scores, costs)),
            "these are the rows that are dominated":
                lambda costs, scores: [row for row in np.lexsort((-scores, costs))
                                       if row not in _front(costs, scores)],
            "return the numbers of the rows, not True and False":
                lambda costs, scores: np.isin(np.arange(len(costs)), _front(costs, scores)),
        },
    ),
    "rescore": Exercise(
        reference=_rescore,
        inputs=(
            (_QUERY, _VECTORS, np.array([3, 0, 4, 1]), 3), (_QUERY, _VECTORS, np.array([5, 2]), 1),
            (-_QUERY, _VECTORS, np.array([4, 2, 5]), 2),
            (np.array([0.8, 0.91]), _VECTORS, np.array([5, 4, 2, 1]), 3),
            (np.array([1.0, 0.0]), _GRID, np.arange(180)[::-1], 30),
        ),
        mistakes={
            "these are places in the list of candidates; return the ids that stand there":
                lambda query, vectors, candidates, k:
                    np.argsort(_distances(query, vectors[candidates]), kind="stable")[:k],
            "only the candidates are re-scored; you search the whole database":
                lambda query, vectors, candidates, k:
                    _rescore(query, vectors, np.arange(len(vectors)), k),
            "equal distances go by lower id, not by the order of the candidates":
                lambda query, vectors, candidates, k:
                    _nearest(_distances(query, vectors[candidates]), candidates, k),
            "argsort alone leaves equal distances in any order: use kind='stable'":
                lambda query, vectors, candidates, k: np.sort(candidates)[
                    np.argsort(_distances(query, vectors[np.sort(candidates)]))[:k]],
            "the smallest distance comes first": lambda query, vectors, candidates, k:
                _rescore(query, vectors, candidates, len(candidates))[::-1][:k],
            "these are the signs again; the distance is that of the real vectors":
                lambda query, vectors, candidates, k:
                    _rescore(query > 0, 1.0 * (vectors > 0), candidates, k),
            "this is the inner product, which prefers long vectors; use the distance":
                lambda query, vectors, candidates, k:
                    _nearest(-vectors[np.sort(candidates)] @ query, np.sort(candidates), k),
            "this is the sum of absolute differences; the Euclidean distance squares them":
                lambda query, vectors, candidates, k: _by(np.sum, query, vectors, candidates, k),
            "this is the largest difference of one coordinate; add the squares of all":
                lambda query, vectors, candidates, k: _by(np.max, query, vectors, candidates, k),
            "return the k best only": lambda query, vectors, candidates, k:
                _rescore(query, vectors, candidates, len(candidates)),
            "return ids, not distances": lambda query, vectors, candidates, k:
                np.sort(_distances(query, vectors[candidates]))[:k],
        },
    ),
    "candidates_needed": Exercise(
        reference=_needed,
        inputs=((_RANKS, 0.88), (_RANKS, 0.86), (_RANKS, 0.5), (_RANKS[:2], 1.0)),
        mistakes={
            "ranks begin at 0: an item of rank 9 is among the first 10":
                lambda ranks, recall: _needed(ranks, recall, more=0),
            "one too many: that is the first rank beyond the share":
                lambda ranks, recall: np.append(np.sort(ranks, axis=None), ranks.max())[
                    int(np.ceil(recall * ranks.size))] + 1,
            "17 of 20 neighbours are less than 0.86 of them: round their number up":
                lambda ranks, recall: _needed(ranks, recall, whole=np.floor),
            "np.quantile interpolates between two ranks; c is a whole number":
                lambda ranks, recall: np.quantile(ranks, recall) + 1,
            "this is the share that is missed":
                lambda ranks, recall: np.quantile(ranks, 1 - recall, method="inverted_cdf") + 1,
            "the share counts over all queries together, not over each alone":
                lambda ranks, recall: np.mean([_needed(row, recall) for row in ranks]),
            "this finds every true neighbour; the share `recall` is enough":
                lambda ranks, recall: ranks.max() + 1,
            "return how many candidates are needed, not how many neighbours they hold":
                lambda ranks, recall: int(np.ceil(recall * ranks.size)),
        },
    ),
}  # fmt: skip
