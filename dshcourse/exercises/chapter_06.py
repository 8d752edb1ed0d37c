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


def _error(V, R):
    return ((_bits(V @ R) - V @ R) ** 2).sum()


def _waves(train, x, n_bits, first=1, half_waves=1, shift=np.pi / 2):
    mn, mx = train.min(), train.max()
    j = half_waves * np.arange(first, first + n_bits)
    return np.sin(np.pi * j / (mx - mn) * (x - mn)[:, None] + shift)


def _itq(V, R, n_iter, update=lambda U, At: At.T @ U.T, codes=_bits):
    for _ in range(n_iter):
        B = codes(V @ R)
        U, _, At = np.linalg.svd(B.T @ V)
        R = update(U, At)
    return R


def _stacked(V, R, n_iter):
    for _ in range(n_iter):
        R = R @ _itq(V, R, 1)
    return R


def _scaled(V, R, n_iter):
    for _ in range(n_iter):
        R = V.T @ _bits(V @ R)
    return R


EXERCISES = {
    "quantisation_error": Exercise(
        reference=_error,
        inputs=((_V, _R3), (_W, _R2), (_ON_AXIS, np.eye(2)), (_ON_AXIS, _TURN)),
        mistakes={
            "rotate first: the codes are the signs of V @ R, and the distance is taken to V @ R":
                lambda V, R: _error(V, np.eye(len(R))),
            "the rows of V are the points: multiply R from the right, V @ R":
                lambda V, R: _error(V, R.T),
            "compare the corners with the rotated points V @ R, not with V":
                lambda V, R: ((_bits(V @ R) - V) ** 2).sum(),
            "take the signs after the rotation, not before it":
                lambda V, R: ((_bits(V) - V @ R) ** 2).sum(),
            "np.sign(0) is 0, which is no corner of the cube: use np.where(... > 0, 1, -1)":
                lambda V, R: ((np.sign(V @ R) - V @ R) ** 2).sum(),
            "this is the mean; the error is the sum over all points and bits":
                lambda V, R: ((_bits(V @ R) - V @ R) ** 2).mean(),
            "‖·‖² is squared: leave out the root": lambda V, R: _error(V, R) ** 0.5,
            "sum, do not average: this is the error of a mean point":
                lambda V, R: _error(V, R) / len(V),
            "square the differences, then sum; no absolute values":
                lambda V, R: np.abs(_bits(V @ R) - V @ R).sum(),
            "one number for all points: sum over the points as well":
                lambda V, R: ((_bits(V @ R) - V @ R) ** 2).sum(axis=1),
            "the corners are ±1, not 0 and 1":
                lambda V, R: (((V @ R > 0) - V @ R) ** 2).sum(),
        },
    ),
    "spectral_bits": Exercise(
        reference=lambda train, x, n_bits: _waves(train, x, n_bits) > 0,
        inputs=(
            (np.linspace(-1, 3, 9), np.linspace(-0.9, 2.7, 7), 3),
            (_W[:, 0], _W[:15, 0], 4),
            (_W[:, 1] + 5, _W[3:9, 1] + 5, 2),
        ),
        mistakes={
            "a query is measured with the range of the training data, not with its own":
                lambda train, x, n_bits: _waves(x, x, n_bits) > 0,
            "mode 0 is constant, so its bit tells nothing: start with j = 1":
                lambda train, x, n_bits: _waves(train, x, n_bits, first=0) > 0,
            "shift the wave by π/2: it starts at its top, not at 0":
                lambda train, x, n_bits: _waves(train, x, n_bits, shift=0) > 0,
            "ω = πj/(mx − mn) makes j *half* waves: you have twice as many":
                lambda train, x, n_bits: _waves(train, x, n_bits, half_waves=2) > 0,
            "subtract mn first: the wave starts at the lower end of the range":
                lambda train, x, n_bits: _waves(
                    train - train.min(), x, n_bits) > 0,
            "these are the waves; their signs are the bits": _waves,
            "ω = πj/(mx − mn): the π is missing":
                lambda train, x, n_bits: _waves(
                    np.pi * (train - train.min()) + train.min(), x, n_bits) > 0,
            "right, but as numbers; return booleans, the result of `> 0`":
                lambda train, x, n_bits: (_waves(train, x, n_bits) > 0).astype(int),
            "x is a row here, and so are the modes: make x a column, x[:, None]":
                lambda train, x, n_bits: np.sin(
                    np.arange(1, n_bits + 1) * (x - train.min())),
            "one row for each value of x, one column for each bit: transpose":
                lambda train, x, n_bits: (_waves(train, x, n_bits) > 0).T,
            "the bits are upside down: a bit is set where the wave is above 0":
                lambda train, x, n_bits: _waves(train, x, n_bits) < 0,
        },
    ),
    "itq_rotation": Exercise(
        reference=_itq,
        inputs=((_V, _R3, 1), (_W, _R2, 2), (_V, _R3, 6)),
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
            "without the SVD this is no rotation: it stretches the points": _scaled,
            "it must run n_iter times": lambda V, R, n_iter: _itq(V, R, 1),
        },
    ),
}  # fmt: skip
