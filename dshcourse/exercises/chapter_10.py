"""Exercises of chapter 10, LSH against DSH."""

import numpy as np

from dshcourse.exercises.exercise import Exercise
from dshlib.metrics import average_precision, mean_average_precision

_rng = np.random.default_rng(2016)
_LABELS, _QUERY_LABELS = np.arange(40) // 2 % 3, np.arange(14) % 3
_CENTRES = _rng.normal(size=(3, 4))
_X, _Q = (
    _CENTRES[labels] + 0.8 * _rng.normal(size=(len(labels), 4))
    for labels in (_LABELS, _QUERY_LABELS)
)
_X[:3], _Q[:1] = 0, 0  # on all hyperplanes: no bit is set
_PLANES = tuple(_rng.normal(size=shape) for shape in ((5, 2, 4), (3, 3, 4), (2, 5, 4)))
_A, _B = np.array([1.0, 0.55, 0.2, 0.85]), np.array([0.9, 0.75, 0.1, 0.3])
_C = np.array([0.1, 0.8, 0.4])


def _keys(X, R):
    return (X @ R.T > 0) @ 2 ** np.arange(len(R))


def _votes(X, Q, planes):
    return sum(_keys(Q, R)[:, None] == _keys(X, R) for R in planes.astype(float)).astype(int)


def _best(votes):
    order = np.argsort(-votes, kind="stable")
    return order[votes[order] > 0][:10]


def _lsh_scores(X, labels, Q, query_labels, planes, best=_best, count=_votes, divisor="retrieved"):
    return [
        average_precision(labels[best(votes)] == label, 10, divisor, (labels == label).sum())
        for votes, label in zip(count(X, Q, planes), query_labels, strict=True)
    ]


def _table1_cell(*inputs, **changes):
    return np.mean(_lsh_scores(*inputs, **changes))


class _Hyperplanes:
    """A hasher whose codes depend on the images and labels that it was fitted to."""

    def __init__(self, n_bits):
        self.hyperplanes = np.random.default_rng(n_bits).normal(size=(n_bits, 4))
        self.offset = np.zeros(n_bits)

    def __repr__(self):
        return f"a hasher of {len(self.hyperplanes)} bits"

    def fit(self, X, y=None):
        self.offset = self.hyperplanes @ X.mean(axis=0)
        if y is None:
            return self
        means = np.array([X[y == label].mean(axis=0) for label in range(3)])
        self.hyperplanes[:3] = means - means[[1, 2, 0]]
        self.offset = self.hyperplanes @ X.mean(axis=0)
        return self

    def encode(self, X):
        return X @ self.hyperplanes.T - self.offset > 0


def _table2_cell(hasher, images, labels, query_images, query_labels, divisor="retrieved", k=10):
    hasher.fit(images, labels)
    codes = hasher.encode(query_images), hasher.encode(images)
    return mean_average_precision(codes[0], query_labels, codes[1], labels, k, divisor)


def _of(hasher, images, labels, query_images, query_labels):
    """The score of a hasher as it is."""
    codes = hasher.encode(query_images), hasher.encode(images)
    return mean_average_precision(codes[0], query_labels, codes[1], labels, 10, "retrieved")


def _error(values, ddof=1):
    return np.std(values, ddof=ddof) / np.sqrt(len(values))


EXERCISES = {
    "table1_cell": Exercise(
        reference=_table1_cell,
        inputs=tuple((_X, _LABELS, _Q, _QUERY_LABELS, planes) for planes in _PLANES),
        mistakes={
            "most votes first: np.argsort puts the smallest first, so sort the negative votes":
                lambda *inputs: _table1_cell(*inputs, best=lambda votes: [
                    i for i in np.argsort(votes, kind="stable") if votes[i] > 0][:10]),
            "of equal votes the lower id comes first: a reversed order puts the higher id first":
                lambda *inputs: _table1_cell(*inputs, best=lambda votes: [
                    i for i in np.argsort(votes, kind="stable")[::-1] if votes[i] > 0][:10]),
            'ties in the order of ids: np.argsort(-votes, kind="stable")':
                lambda *inputs: _table1_cell(*inputs, best=lambda votes: [
                    i for i in np.argsort(-votes) if votes[i] > 0][:10]),
            'reversing shuffles ties: np.argsort(-votes, kind="stable") keeps them in id order':
                lambda *inputs: _table1_cell(*inputs, best=lambda votes: [
                    i for i in np.argsort(votes)[::-1] if votes[i] > 0][:10]),
            "rank the candidates by votes first: you left them in the order of their ids":
                lambda *inputs: _table1_cell(
                    *inputs, best=lambda votes: np.flatnonzero(votes)[:10]),
            "a query without candidates scores 0 and counts in the mean: do not skip it":
                lambda X, labels, Q, query_labels, planes: np.mean([
                    score for score, votes in zip(
                        _lsh_scores(X, labels, Q, query_labels, planes), _votes(X, Q, planes),
                        strict=True)
                    if votes.any()]),
            "an image without a vote is no candidate: do not fill the list with such images":
                lambda *inputs: _table1_cell(
                    *inputs, best=lambda votes: np.argsort(-votes, kind="stable")[:10]),
            "one table votes once, if all bits of its key agree: you count single bits":
                lambda *inputs: _table1_cell(*inputs, count=lambda X, Q, planes: sum(
                    ((Q @ R.T > 0)[:, None] == (X @ R.T > 0)).sum(axis=-1) for R in planes)),
            "one table is enough to be a candidate: you ask for all of them":
                lambda *inputs: _table1_cell(*inputs, count=lambda X, Q, planes:
                    (_votes(X, Q, planes) == len(planes)).astype(int)),
            "all tables vote: you look into the first table only":
                lambda X, labels, Q, query_labels, planes:
                    _table1_cell(X, labels, Q, query_labels, planes[:1]),
            "the slides divide by the hits among the ten, not by 10":
                lambda *inputs: _table1_cell(*inputs, divisor="min"),
            "cut the list at ten": lambda X, labels, Q, query_labels, planes: np.mean([
                average_precision(labels[order][votes[order] > 0] == label, None, "retrieved")
                for votes, label in zip(_votes(X, Q, planes), query_labels, strict=True)
                for order in [np.argsort(-votes, kind="stable")]]),
            "a cell of the table is the mean over the queries: you return their sum":
                lambda *inputs: np.sum(_lsh_scores(*inputs)),
            "a cell of the table is one number: take the mean over the queries":
                lambda *inputs: np.array(_lsh_scores(*inputs)),
        },
    ),
    "table2_cell": Exercise(
        reference=_table2_cell,
        inputs=tuple((_Hyperplanes(n_bits), _X, _LABELS, far * _Q, _QUERY_LABELS)
                     for n_bits, far in ((4, 1), (6, 1), (4, 3))),
        mistakes={
            "train first: hasher.fit(images, labels)": _of,
            "fit needs the labels, too: hasher.fit(images, labels)":
                lambda hasher, *sets: _of(hasher.fit(sets[0]), *sets),
            "the queries are the exam: train on the images of the database, not on them":
                lambda hasher, *sets: _of(hasher.fit(sets[2], sets[3]), *sets),
            "train on the database alone: you trained on the queries as well":
                lambda hasher, *sets: _of(hasher.fit(
                    np.concatenate(sets[::2]), np.concatenate(sets[1::2])), *sets),
            "search the database: you searched the queries among themselves":
                lambda hasher, *sets: _of(hasher.fit(*sets[:2]), *sets[2:], *sets[2:]),
            "ask for the queries: you searched with the images of the database":
                lambda hasher, *sets: _of(hasher.fit(*sets[:2]), *sets[:2], *sets[:2]),
            "the queries come first, then the database: you exchanged them":
                lambda hasher, *sets: _of(hasher.fit(*sets[:2]), *sets[2:], *sets[:2]),
            'the slides divide by the hits among the ten: divisor="retrieved"':
                lambda *inputs: _table2_cell(*inputs, divisor="min"),
            "cut the ranking at ten: k=10": lambda *inputs: _table2_cell(*inputs, k=None),
        },
    ),
    "paired_difference_in_noise": Exercise(
        reference=lambda a, b: abs(np.mean(a - b)) / _error(a - b),
        inputs=((_A, _B), (_B, _A), (_A[:3], _C)),
        mistakes={
            "both methods saw the same draws: take the spread of the differences, not of each":
                lambda a, b: abs(np.mean(a) - np.mean(b)) / np.hypot(_error(a), _error(b)),
            "a sample's spread needs n - 1: std(ddof=1)":
                lambda a, b: abs(np.mean(a - b)) / _error(a - b, ddof=0),
            "the mean of n differences varies less than one of them: divide by the root of n":
                lambda a, b: abs(np.mean(a - b)) / np.std(a - b, ddof=1),
            "two slips: std() needs ddof=1, and it is to be divided by the root of n":
                lambda a, b: abs(np.mean(a - b)) / np.std(a - b),
            "take the mean first, then its absolute value: differences of both signs cancel":
                lambda a, b: np.mean(np.abs(a - b)) / _error(a - b),
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
