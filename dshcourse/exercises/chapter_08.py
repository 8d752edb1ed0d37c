"""Exercises of chapter 08, relaxation and regularization."""

import numpy as np

from dshcourse.exercises.exercise import Exercise
from dshlib.terms import contrast, gap
from dshlib.terms import regularizer_slope as slope

_rng = np.random.default_rng(2016)
_B1, _B2 = _rng.normal(0, 1.2, (2, 5, 6)).round(2)
_Y = np.array([0, 1, 1, 0, 1])
_KINKS = np.array([[-2.5, -1.0, -0.4], [0.0, 0.3, 1.0], [1.7, -1.2, 0.9]])


def _table(b):
    return _squares(b[:, None], b)


def _from_parts(b, times=-2, power=1):
    lengths = (b**2).sum(axis=1) ** power
    return lengths[:, None] + lengths + times * b @ b.T


def _squares(b1, b2):
    return ((b1 - b2) ** 2).sum(axis=-1)


def _total_gap(b):
    return gap(b).sum(axis=-1)


def _losses(u1, u2, y, m, weighted_gap):
    return contrast(_squares(u1, u2), y, m) + weighted_gap


EXERCISES = {
    "squared_distances": Exercise(
        reference=_table,
        inputs=((_B1,), (_B2[:3, :2],), (_KINKS,)),
        mistakes={
            "subtract the product twice":
                lambda b: _from_parts(b, times=-1),
            "subtract the product: outputs that point the same way are near each other":
                lambda b: _from_parts(b, times=2),
            "both images have a length: the second squared one is missing":
                lambda b: (b**2).sum(axis=1)[:, None] - 2 * b @ b.T,
            "the squared lengths of b_j are added twice: one of the two needs [:, None]":
                lambda b: 2 * (b**2).sum(axis=1) - 2 * b @ b.T,
            "the lengths have to be squared, without a root":
                lambda b: _from_parts(b, power=0.5),
            "this is the product alone; its large entries are pairs that are near":
                lambda b: b @ b.T,
            "b.T @ b compares the k outputs with each other; b @ b.T compares the images":
                lambda b: _table(b.T),
            "equation 3 takes the squared distance, without a root": lambda b: _table(b) ** 0.5,
            "sum over the bits, do not average: the margin counts on it":
                lambda b: _table(b) / b.shape[1],
            "square the differences; these are their absolute values":
                lambda b: np.abs(b[:, None] - b).sum(axis=2),
            "fill the whole table: the pair (i, j) stands at (j, i) as well":
                lambda b: np.triu(_table(b)),
        },
    ),
    "regularizer_of_pair": Exercise(
        reference=lambda b1, b2, alpha: alpha * (_total_gap(b1) + _total_gap(b2)),
        inputs=(
            (_B1[2], _B2[2], 0.1),
            (np.array([0.5, -1.2]), np.array([1.0, 0.0]), 2.0),
            (_B1[1], np.sign(_B2[1]), 0.01),
        ),
        mistakes={
            "both images of the pair are charged, not only the first":
                lambda b1, b2, alpha: alpha * _total_gap(b1),
            "multiply by alpha": lambda b1, b2, alpha: _total_gap(b1) + _total_gap(b2),
            "-1 is a code as well: take |b| before you subtract 1":
                lambda b1, b2, alpha: alpha * (np.abs(b1 - 1).sum() + np.abs(b2 - 1).sum()),
            "|b| - 1 may be negative: take the absolute value once more":
                lambda b1, b2, alpha: alpha * ((np.abs(b1) - 1).sum() + (np.abs(b2) - 1).sum()),
            "this is the 1-norm: absolute values, no squares":
                lambda b1, b2, alpha: alpha * (
                    ((np.abs(b1) - 1) ** 2).sum() + ((np.abs(b2) - 1) ** 2).sum()),
            "this is the 1-norm: sum the absolute values, no squares and no root":
                lambda b1, b2, alpha: alpha * (
                    np.linalg.norm(np.abs(b1) - 1) + np.linalg.norm(np.abs(b2) - 1)),
            "charge each of the two outputs by itself, else one below 1 pays for one above":
                lambda b1, b2, alpha: alpha * np.abs(np.abs(b1) + np.abs(b2) - 2).sum(),
            "sum over the bits, do not average":
                lambda b1, b2, alpha: alpha * (_total_gap(b1) + _total_gap(b2)) / len(b1),
            "there is no factor of one half here":
                lambda b1, b2, alpha: alpha * (_total_gap(b1) + _total_gap(b2)) / 2,
            "take the outputs, not their signs, which are codes already":
                lambda b1, b2, alpha: alpha * (_total_gap(np.sign(b1)) + _total_gap(np.sign(b2))),
        },
    ),
    "regularizer_slope": Exercise(
        reference=lambda b, alpha: alpha * slope(b),
        inputs=((_KINKS, 0.1), (_B1, 2.0), (_KINKS[1], 0.01)),
        mistakes={
            "equation 7 as printed forgets alpha; the loss has it": lambda b, alpha: slope(b),
            "the sign is turned round: beyond 1 the charge grows, so the slope is +alpha":
                lambda b, alpha: -alpha * slope(b),
            "at exactly 0 equation 7 takes the left-hand slope, +alpha":
                lambda b, alpha: alpha * np.where(((b >= -1) & (b < 0)) | (b >= 1), 1.0, -1.0),
            "at exactly 1 equation 7 takes the right-hand slope, +alpha":
                lambda b, alpha: alpha * np.where(((b >= -1) & (b <= 0)) | (b > 1), 1.0, -1.0),
            "at exactly -1 equation 7 takes the right-hand slope, +alpha":
                lambda b, alpha: alpha * np.where(((b > -1) & (b <= 0)) | (b >= 1), 1.0, -1.0),
            "0 at the kinks is what autograd takes; equation 7 takes +alpha there":
                lambda b, alpha: alpha * np.sign(np.abs(b) - 1) * np.sign(b),
            "to the right of -2.5 lies -1: the charge falls there, so the slope is -alpha":
                lambda b, alpha: alpha * np.where(np.abs(b) >= 1, 1.0, -1.0),
            "right for positive b; for negative b it is the other way round":
                lambda b, alpha: alpha * np.sign(np.abs(b) - 1),
            "this is the slope of |b|: the charge is the distance from ±1, not from 0":
                lambda b, alpha: alpha * np.sign(b),
            "for negative b the slope turns round: -1 is a code as well":
                lambda b, alpha: alpha * np.where(b >= 1, 1.0, -1.0),
            "this is the charge itself; its slope is asked for":
                lambda b, alpha: alpha * np.abs(np.abs(b) - 1),
            "the slope of an absolute value does not grow with the distance: it is ±alpha":
                lambda b, alpha: 2 * alpha * (np.abs(b) - 1) * np.sign(b),
        },
    ),
    "dsh_losses": Exercise(
        reference=lambda u1, u2, y, m, alpha:
            _losses(u1, u2, y, m, alpha * (_total_gap(u1) + _total_gap(u2))),
        inputs=((_B1, _B2, _Y, 12, 0.1), (_B1[:2, :3], _B2[:2, :3], _Y[3:], 6, 2.0),
                (_B1, -_B1, _Y, 60, 0.01)),
        mistakes={
            "any alpha gives the same loss as alpha = 0: print the gap that you multiply it with":
                lambda u1, u2, y, m, alpha: _losses(u1, u2, y, m, 0),
            "now the pair distance is taken between signs, which have no gradient":
                lambda u1, u2, y, m, alpha: _losses(
                    np.sign(u1), np.sign(u2), y, m, alpha * (_total_gap(u1) + _total_gap(u2))),
            "mend both images of the pair": lambda u1, u2, y, m, alpha:
                _losses(u1, u2, y, m, alpha * _total_gap(u1)),
            "alpha has got lost": lambda u1, u2, y, m, alpha:
                _losses(u1, u2, y, m, _total_gap(u1) + _total_gap(u2)),
            "-1 is a code as well: take |u| before you subtract 1":
                lambda u1, u2, y, m, alpha: _losses(
                    u1, u2, y, m, alpha * (np.abs(u1 - 1) + np.abs(u2 - 1)).sum(axis=1)),
            "|u| - 1 may be negative: keep the outer absolute value":
                lambda u1, u2, y, m, alpha: _losses(
                    u1, u2, y, m, alpha * (np.abs(u1) + np.abs(u2) - 2).sum(axis=1)),
            "sum the gaps over the bits, do not average":
                lambda u1, u2, y, m, alpha: _losses(
                    u1, u2, y, m, alpha * (_total_gap(u1) + _total_gap(u2)) / u1.shape[1]),
            "return one loss for each pair, not their sum":
                lambda u1, u2, y, m, alpha: _losses(
                    u1, u2, y, m, alpha * (_total_gap(u1) + _total_gap(u2))).sum(),
        },
    ),
}  # fmt: skip
