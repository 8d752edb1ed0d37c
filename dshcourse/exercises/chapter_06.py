"""Exercises of chapter 06, learning codes without labels."""

import numpy as np

from dshcourse.exercises.exercise import Exercise

_rng = np.random.default_rng(2011)
_V, _W = _rng.normal(size=(7, 3)).round(2), _rng.normal(size=(40, 2)) * [2.0, 0.5]
_R3, _R2 = (np.linalg.qr(_rng.normal(size=(k, k)))[0] for k in (3, 2))
_TURN = np.array([[0.0, 1.0], [-1.0, 0.0]])
_ON_AXIS = np.array([[1.0, 0.0], [-2.0, 0.0], [0.5, 3.0]])


def _bits(V):
    return np.where(V > 0, 1.0, -1.0)


def _itq(V, R, n_iter, update=lambda U, At: At.T @ U.T, codes=_bits):
    for _ in range(n_iter):
        R = _best_rotation(codes(V @ R), V, update)
    return R


def _best_rotation(B, V, update=lambda U, At: At.T @ U.T):
    U, _, At = np.linalg.svd(B.T @ V)
    return update(U, At)


def _stacked(V, R, n_iter):
    for _ in range(n_iter):
        R = R @ _itq(V, R, 1)
    return R


def _scaled(V, R, n_iter):
    for _ in range(n_iter):
        R = V.T @ _bits(V @ R)
    return R


EXERCISES = {
    "nearest_corners": Exercise(
        reference=lambda V, R: _bits(V @ R),
        inputs=((_V, _R3), (_W, _R2), (_ON_AXIS, np.eye(2)), (_ON_AXIS, _TURN)),
        mistakes={
            "rotate first: the corners are those nearest to V @ R": lambda V, R: _bits(V),
            "the rows of V are the points: multiply R from the right, V @ R":
                lambda V, R: _bits(V @ R.T),
            "np.sign(0) is 0, which is no corner of the cube: use np.where(... > 0, 1, -1)":
                lambda V, R: np.sign(V @ R),
            "at exactly 0 the entry is -1 in this course: use > 0, not >= 0":
                lambda V, R: np.where(V @ R >= 0, 1.0, -1.0),
            "the corners are ±1, not 0 and 1": lambda V, R: (V @ R > 0).astype(float),
            "these are the rotated points; which corner is nearest to each?": lambda V, R: V @ R,
            "this is the farthest corner": lambda V, R: -_bits(V @ R),
            "±1 per entry: do not scale the rows to unit length":
                lambda V, R: _bits(V @ R) / np.sqrt(len(R)),
        },
    ),
    "best_rotation": Exercise(
        reference=_best_rotation,
        inputs=((_bits(_V @ _R3), _V), (_bits(_W @ _R2), _W), (_bits(_V), _V)),
        mistakes={
            "np.linalg.svd returns Aᵀ, not A: transpose it once more":
                lambda B, V: _best_rotation(B, V, lambda U, At: At @ U.T),
            "this is the inverse of the best rotation: Z = AᵀRU = I gives R = A Uᵀ":
                lambda B, V: _best_rotation(B, V, lambda U, At: U @ At),
            "U must be transposed: Z = AᵀRU = I gives R = A Uᵀ":
                lambda B, V: _best_rotation(B, V, lambda U, At: At.T @ U),
            "this R is not orthogonal, so it stretches the points: leave out the singular values":
                lambda B, V: V.T @ B,
            "least squares gives a matrix that is not orthogonal; use the SVD":
                lambda B, V: np.linalg.lstsq(V, B, rcond=None)[0],
            "decompose B.T @ V, not V alone: B decides where the points should go":
                lambda B, V: np.linalg.svd(V)[2].T,
            "return R, not the rotated points": lambda B, V: V @ _best_rotation(B, V),
        },
    ),
    "itq_rotation": Exercise(
        reference=_itq,
        inputs=((_V, _R3, 1), (_W, _R2, 2), (_V, _R3, 6), (_ON_AXIS, np.eye(2), 1)),
        mistakes={
            "orthogonal, but the loss can still rise, which a Procrustes step never does: print "
            "your R beside scipy.linalg.orthogonal_procrustes(V, B)[0] after one iteration":
                lambda V, R, n_iter: _itq(V, R, n_iter, lambda U, At: At @ U.T),
            "this turns the points the wrong way: it is the inverse of the best rotation":
                lambda V, R, n_iter: _itq(V, R, n_iter, lambda U, At: U @ At),
            "the new R replaces the old one: V is the same in each round, so do not multiply them":
                _stacked,
            "here both factors are transposed once too often; only A comes as Aᵀ":
                lambda V, R, n_iter: _itq(V, R, n_iter, lambda U, At: At.T @ U),
            "the codes do not see the rotation: B is the signs of V @ R":
                lambda V, R, n_iter: _itq(V, np.eye(len(R)), min(n_iter, 1)),
            "the corners are ±1, not 0 and 1":
                lambda V, R, n_iter: _itq(V, R, n_iter, codes=lambda VR: (VR > 0).astype(float)),
            "at exactly 0 the entry is -1, as in exercise 1: use > 0, not >= 0":
                lambda V, R, n_iter: _itq(V, R, n_iter, codes=lambda VR: -_bits(-VR)),
            "without the SVD this is no rotation: it stretches the points": _scaled,
            "it must run n_iter times": lambda V, R, n_iter: _itq(V, R, 1),
        },
    ),
}  # fmt: skip
