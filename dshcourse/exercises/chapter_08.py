"""Exercises of chapter 08, relaxation and regularization."""

import numpy as np

from dshcourse.exercises.exercise import Exercise
from dshlib.terms import contrast, gap
from dshlib.terms import regularizer_slope as slope

_rng = np.random.default_rng(2016)
_B1, _B2 = _rng.normal(0, 1.2, (2, 5, 6)).round(2)
_Y = np.array([0, 1, 1, 0, 1])
_KINKS = np.array([[-2.5, -1.0, -0.4], [0.0, 0.3, 1.0], [1.7, -1.2, 0.9]])


def _squares(b1, b2):
    return ((b1 - b2) ** 2).sum(axis=-1)


def _within(b1, b2, m):
    return _squares(b1, b2) < m


def _pull(b1, b2, y, pushed):
    return (1 - y - y * pushed) * (b1 - b2)


def _total_gap(b):
    return gap(b).sum(axis=-1)


def _losses(u1, u2, y, m, weighted_gap):
    return contrast(_squares(u1, u2), y, m) + weighted_gap


EXERCISES = {
    "pair_slope": Exercise(
        reference=lambda b1, b2, y, m: _pull(b1, b2, y, _within(b1, b2, m)),
        inputs=(
            (_B1[0], _B2[0], 0, 0.5),
            (_B1[1], _B2[1], 1, 2.5 + _squares(_B1[1], _B2[1])),
            (_B1[0], _B2[0], 0, 2.5 + _squares(_B1[0], _B2[0])),
            (np.array([1.0, -1.0]), np.array([-1.0, 1.0]), 1, 1),
            (np.array([1.0, 0.5]), np.array([-0.5, -1.0]), 1, 2.2),
            (np.array([1.0, 0.5]), np.array([-1.0, 0.0]), 1, 3),
            (np.array([1.0, 0.5]), np.array([-1.0, 0.5]), 1, 4),
            (np.array([1.0, 0.5]), np.array([-1.0, 0.5]), 0, 4),
            (np.array([1.0, 0.5]), np.array([-0.5, -1.0]), 1, 3),
            (np.array([0.125, 0.5]), np.array([-1.0, -1.0]), 0, 4),
        ),
        mistakes={
            "the max only switches the push on or off: its value is no factor of the slope":
                lambda b1, b2, y, m: _pull(b1, b2, y, max(m - _squares(b1, b2), 0)),
            "beyond the margin return k zeros, not one":
                lambda b1, b2, y, m: _pull(b1, b2, y, True) if y == 0 or _within(b1, b2, m) else 0,
            "a similar pair has no kink: its slope does not ask for m":
                lambda b1, b2, y, m: _pull(b1, b2, y, _within(b1, b2, m))
                    * (_squares(b1, b2) != m),
            "where the squared distance is exactly m, return 0":
                lambda b1, b2, y, m: _pull(b1, b2, y, _squares(b1, b2) <= m),
            "in m - distance² the distance has a minus: the push has the other sign":
                lambda b1, b2, y, m: (1 - y + y * _within(b1, b2, m)) * (b1 - b2),
            "compare the squared distance with m, not its root":
                lambda b1, b2, y, m: _pull(b1, b2, y, np.linalg.norm(b1 - b2) < m),
            "beyond the margin the max is 0 and has no slope":
                lambda b1, b2, y, m: _pull(b1, b2, y, True),
            "y = 0 is the similar pair: (1 - y) and y are swapped":
                lambda b1, b2, y, m: _pull(b1, b2, 1 - y, _within(b1, b2, m)),
            "the square brings down a 2, and the factor one half takes it away again":
                lambda b1, b2, y, m: 2 * _pull(b1, b2, y, _within(b1, b2, m)),
            "one half of d² has the slope d, not d / 2":
                lambda b1, b2, y, m: _pull(b1, b2, y, _within(b1, b2, m)) / 2,
            "compare the distance of the whole vectors with m, not each output by itself":
                lambda b1, b2, y, m: _pull(b1, b2, y, (b1 - b2) ** 2 < m),
            "this is the slope for b2, or the way downhill: turn the sign":
                lambda b1, b2, y, m: -_pull(b1, b2, y, _within(b1, b2, m)),
            "return k numbers, one for each output, not their sum":
                lambda b1, b2, y, m: _pull(b1, b2, y, _within(b1, b2, m)).sum(),
            "this is the loss; its slope is asked for":
                lambda b1, b2, y, m: contrast(_squares(b1, b2), y, m),
            "the slope of d² grows with d: do not take the sign of the difference":
                lambda b1, b2, y, m: np.sign(_pull(b1, b2, y, _within(b1, b2, m))),
        },
    ),
    "regularizer_slope": Exercise(
        reference=lambda b, alpha: alpha * slope(b),
        inputs=((_KINKS, 0.1), (_B1, 2.0), (_KINKS[1], 0.015)),
        mistakes={
            "alpha is missing: the loss has it as a factor": lambda b, alpha: slope(b),
            "the sign is turned round: beyond 1 the gap grows, so the slope is +alpha":
                lambda b, alpha: -alpha * slope(b),
            "at exactly 0 take the left-hand slope, +alpha":
                lambda b, alpha: alpha * np.where(((b >= -1) & (b < 0)) | (b >= 1), 1.0, -1.0),
            "at exactly 1 take the right-hand slope, +alpha":
                lambda b, alpha: alpha * np.where(((b >= -1) & (b <= 0)) | (b > 1), 1.0, -1.0),
            "at exactly -1 take the right-hand slope, +alpha":
                lambda b, alpha: alpha * np.where(((b > -1) & (b <= 0)) | (b >= 1), 1.0, -1.0),
            "at the kinks -1, 0 and 1 take +alpha: use >= and <=":
                lambda b, alpha: alpha * np.where(((b > -1) & (b < 0)) | (b > 1), 1.0, -1.0),
            "b is an array: use np.where and &, not if and and":
                lambda b, alpha: alpha if (b >= -1 and b <= 0) or b >= 1 else -alpha,
            "at the kinks -1, 0 and 1 take +alpha, not 0":
                lambda b, alpha: alpha * np.sign(np.abs(b) - 1) * np.sign(b),
            "to the right of -2.5 lies -1: the gap falls there, so the slope is -alpha":
                lambda b, alpha: alpha * np.where(np.abs(b) >= 1, 1.0, -1.0),
            "right for positive b; for negative b it is the other way round":
                lambda b, alpha: alpha * np.sign(np.abs(b) - 1),
            "this is the slope of |b|: the gap is the distance from ±1, not from 0":
                lambda b, alpha: alpha * np.sign(b),
            "for negative b the slope turns round: -1 is a code as well":
                lambda b, alpha: alpha * np.where(b >= 1, 1.0, -1.0),
            "this is the regularizer itself; its slope is asked for":
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
            "equation 4 takes the gap itself, not its square":
                lambda u1, u2, y, m, alpha: _losses(
                    u1, u2, y, m, alpha * (gap(u1) ** 2 + gap(u2) ** 2).sum(axis=1)),
            "the gap has the factor alpha only, without one half":
                lambda u1, u2, y, m, alpha: _losses(
                    u1, u2, y, m, alpha * (_total_gap(u1) + _total_gap(u2)) / 2),
            "beyond ±1 an output pays for its gap, too":
                lambda u1, u2, y, m, alpha: _losses(
                    u1, u2, y, m, alpha * (np.maximum(1 - np.abs(u1), 0)
                                           + np.maximum(1 - np.abs(u2), 0)).sum(axis=1)),
            "sum the gaps over the bits, do not average":
                lambda u1, u2, y, m, alpha: _losses(
                    u1, u2, y, m, alpha * (_total_gap(u1) + _total_gap(u2)) / u1.shape[1]),
            "return one loss for each pair, not their sum":
                lambda u1, u2, y, m, alpha: _losses(
                    u1, u2, y, m, alpha * (_total_gap(u1) + _total_gap(u2))).sum(),
        },
    ),
}  # fmt: skip
