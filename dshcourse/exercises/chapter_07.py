"""Exercises of chapter 07, pairs and the loss of DSH."""

import numpy as np

from dshcourse.exercises.exercise import Exercise
from dshlib.terms import contrast

_rng = np.random.default_rng(2016)
_CODES = _rng.choice([-1, 1], (4, 8))
_CODES[1] = _CODES[0] * [1, -1, 1, 1, -1, 1, 1, -1]
_B1, _B2 = _rng.normal(0, 1.2, (2, 5, 6)).round(2)
_Y = np.array([1, 0, 1, 1, 0])
_OPPOSITE = (np.ones((2, 6)), -np.ones((2, 6)), np.array([1, 0]), 12)


def _bits(b1, b2):
    return np.sum(b1 != b2)


def _squares(b1, b2):
    return ((b1 - b2) ** 2).sum(axis=1)


EXERCISES = {
    "hamming_pair_loss": Exercise(
        reference=lambda b1, b2, y, m: contrast(_bits(b1, b2), y, m),
        inputs=(
            (_CODES[0], _CODES[1], 1, 14),
            (_CODES[0], _CODES[1], 0, 2),
            (_CODES[0], _CODES[1], 0, 14),
            (_CODES[2], -_CODES[2], 1, 3),
            (_CODES[2], _CODES[3], 1, 6),
        ),
        mistakes={
            "the switches are swapped: y = 0 is the similar pair here":
                lambda b1, b2, y, m: contrast(_bits(b1, b2), 1 - y, m),
            "both terms of equation 1 have a factor of one half":
                lambda b1, b2, y, m: 2 * contrast(_bits(b1, b2), y, m),
            "a bit that differs counts 1 in the Hamming distance, not (b1 - b2)² = 4":
                lambda b1, b2, y, m: contrast(4 * _bits(b1, b2), y, m),
            "|b1 - b2| is 2 for a bit that differs; the Hamming distance counts it once":
                lambda b1, b2, y, m: contrast(2 * _bits(b1, b2), y, m),
            "count the bits that differ, not those that agree":
                lambda b1, b2, y, m: contrast(len(b1) - _bits(b1, b2), y, m),
            "divide by nothing: the distance is a number of bits, not a share of them":
                lambda b1, b2, y, m: contrast(_bits(b1, b2) / len(b1), y, m),
            "a dissimilar pair beyond the margin pays nothing: take the max with 0":
                lambda b1, b2, y, m: 0.5 * (1 - y) * _bits(b1, b2) + 0.5 * y * (m - _bits(b1, b2)),
            "beyond the margin |m - d| pushes the pair back: take the max of m - d and 0":
                lambda b1, b2, y, m: 0.5 * (1 - y) * _bits(b1, b2)
                    + 0.5 * y * abs(m - _bits(b1, b2)),
            "the push is m - d, not d - m: it is largest at distance 0":
                lambda b1, b2, y, m: 0.5 * (1 - y) * _bits(b1, b2)
                    + 0.5 * y * max(_bits(b1, b2) - m, 0),
            "equation 1 squares neither the distance nor the push":
                lambda b1, b2, y, m: 0.5 * (1 - y) * _bits(b1, b2) ** 2
                    + 0.5 * y * max(m - _bits(b1, b2), 0) ** 2,
            "a pair is similar or dissimilar: (1 - y) and y switch one of the two terms off":
                lambda b1, b2, y, m: contrast(_bits(b1, b2), 0, m)
                    + contrast(_bits(b1, b2), 1, m),
            "return one number for the pair, not one for each bit":
                lambda b1, b2, y, m: contrast((b1 != b2).astype(int), y, m),
        },
    ),
    "smallest_distance": Exercise(
        reference=lambda n_bits, m: int(np.ceil(m / 4)) if m <= 4 * n_bits else -1,
        inputs=((12, 24), (7, 14), (8, 20), (8, 33), (5, 20), (8, 12.5)),
        mistakes={
            "n_bits bits can all differ: d_H = n_bits is allowed":
                lambda n_bits, m: int(np.ceil(m / 4)) if m / 4 <= n_bits - 1 else -1,
            "a margin in squared units is 4 times one in bits":
                lambda n_bits, m: int(np.ceil(m)) if m <= n_bits else -1,
            "each bit that differs adds (1 - (-1))² = 4 to the squared distance, not 2":
                lambda n_bits, m: int(np.ceil(m / 2)) if m <= 2 * n_bits else -1,
            "round up: with the next lower number of bits there is still a loss":
                lambda n_bits, m: int(m / 4) if m <= 4 * n_bits else -1,
            "round up, not to the nearest number: at 8.25 bits, 8 are too few":
                lambda n_bits, m: round(m / 4) if round(m / 4) <= n_bits else -1,
            "half a bit cannot differ: return a whole number":
                lambda n_bits, m: m / 4 if m <= 4 * n_bits else -1,
            "codes of n_bits bits differ in at most n_bits bits: return -1 if that is not enough":
                lambda n_bits, m: int(np.ceil(m / 4)),
            "at 4 d_H = m the loss is 0 already: one bit fewer will do":
                lambda n_bits, m: int(m / 4) + 1 if int(m / 4) < n_bits else -1,
            "return -1, a number, if no two codes are that far apart":
                lambda n_bits, m: int(np.ceil(m / 4)) if m <= 4 * n_bits else None,
            "half of the bits is right for m = 2k only: use m":
                lambda n_bits, m: int(np.ceil(n_bits / 2)),
            "the loss sees the squared distance: do not take a root of m":
                lambda n_bits, m: int(np.ceil(m**0.5 / 2)),
        },
    ),
    "margin_loss": Exercise(
        reference=lambda b1, b2, y, m: contrast(_squares(b1, b2), y, m),
        inputs=(_OPPOSITE, (_B1, _B2, _Y, 12), (_B1[:2, :4], _B1[1:3, :4], np.array([0, 1]), 20)),
        mistakes={
            "opposite codes still have a loss at m = 2k: work out by hand, for k = 4, what "
            "`squared` has to be for them":
                lambda b1, b2, y, m: contrast(((b1 - b2) ** 2).mean(axis=1), y, m),
            "now the margin fits the mean, but each loss is k times smaller than equation 3: "
            "mend the distance instead":
                lambda b1, b2, y, m: contrast(_squares(b1, b2), y, m) / b1.shape[1],
            "a margin of m · k undoes what is left of the push; leave m, mend the distance":
                lambda b1, b2, y, m: contrast(_squares(b1, b2) / b1.shape[1], y,
                                                m * b1.shape[1]),
            "equation 3 takes the squared distance, without a root":
                lambda b1, b2, y, m: contrast(_squares(b1, b2) ** 0.5, y, m),
            "square the differences; these are their absolute values":
                lambda b1, b2, y, m: contrast(np.abs(b1 - b2).sum(axis=1), y, m),
            "sum over the bits of each pair (axis 1), not over the pairs as well":
                lambda b1, b2, y, m: contrast(((b1 - b2) ** 2).sum(), y, m),
            "equation 3 is for real outputs: do not take their signs":
                lambda b1, b2, y, m: contrast(_squares(np.sign(b1), np.sign(b2)), y, m),
            "return one loss for each pair, not their sum":
                lambda b1, b2, y, m: contrast(_squares(b1, b2), y, m).sum(),
            "this is equation 1 in bits, with 4 d_H forgotten":
                lambda b1, b2, y, m: contrast((b1 != b2).sum(axis=1), y, m),
        },
    ),
}  # fmt: skip
