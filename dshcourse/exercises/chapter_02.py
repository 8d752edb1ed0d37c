"""Exercises of chapter 02, codes and distances."""

import numpy as np

from dshcourse.exercises.exercise import Exercise

_V = np.array([[0.5, -1.2, 0, 2, -0.3], [-0.7, 0, 0, 1.1, 0.4], [0.2, -0.4, -0.9, -3, 0.8]])
_W = np.array([[0, 1, -2, 0, 0.6], [0.3, -0.1, 0, 0.9, -0.2]])


def _weigh(bits, weights):
    return int((bits * weights).sum())


def _bits(text):
    return np.array([letter == "1" for letter in text])


def _by_dot(A, B, k=5):
    return (k - A @ B.T) / 2


def _bipolar(V):
    return np.where(V > 0, 1, -1)


EXERCISES = {
    "pack_code": Exercise(
        reference=lambda bits: sum(2**i for i, bit in enumerate(bits) if bit),
        inputs=tuple((_bits(text),) for text in ("1101", "00000001", "101100101101", "000000")),
        mistakes={
            "bit 0 weighs 1 and the last bit weighs most: you read the code from the other end":
                lambda bits: _weigh(bits, 2 ** np.arange(len(bits))[::-1]),
            "this counts the ones: give each bit its weight 2**i": lambda bits: int(bits.sum()),
            "the weights are powers of two, 2**i, not multiples 2*i":
                lambda bits: _weigh(bits, 2 * np.arange(len(bits))),
            "the weights are powers of two, 2**i, not squares i**2":
                lambda bits: _weigh(bits, np.arange(len(bits)) ** 2),
            "bit 0 weighs 2**0 = 1: your weights begin at 2":
                lambda bits: _weigh(bits, 2 ** np.arange(1, len(bits) + 1)),
            "this reads the bits as decimal digits: the base is 2, not 10":
                lambda bits: _weigh(bits, 10 ** np.arange(len(bits))),
            "np.packbits fills bytes, and from the largest weight down: use weights 2**i":
                lambda bits: int(np.packbits(bits)[0]),
            "a code is one number: add the weighted bits up":
                lambda bits: bits * 2 ** np.arange(len(bits)),
        },
    ),
    "xor_distance": Exercise(
        reference=lambda a, b: (a ^ b).bit_count(),
        inputs=((77, 105), (127, 128), (0, 2**40 + 5), (9, 9), (6, 5)),
        mistakes={
            "a packed code is a name, not a quantity: do not subtract": lambda a, b: abs(a - b),
            "this is the pattern of differing bits: count its ones": lambda a, b: a ^ b,
            "& finds the ones that both share; ^ finds where they differ":
                lambda a, b: (a & b).bit_count(),
            "| finds the ones of either; ^ finds where they differ":
                lambda a, b: (a | b).bit_count(),
            "strings of different length do not line up: XOR the integers, then count":
                lambda a, b: sum(x != y for x, y in zip(bin(a), bin(b), strict=False)),
            "two codes can have equally many ones in different places: XOR first, then count":
                lambda a, b: abs(a.bit_count() - b.bit_count()),
            "bit_length is the place of the highest one; bit_count is how many there are":
                lambda a, b: (a ^ b).bit_length(),
            "this tells whether the codes differ; in how many bits?": lambda a, b: int(a != b),
        },
    ),
    "hamming_from_cosine": Exercise(
        reference=lambda c, k: round(c * k / 2),
        inputs=((1.5, 16), (0.0928125, 64), (10 / 12, 12), (0.6253, 32), (2.0, 8)),
        mistakes={
            "a Hamming distance is a whole number: round": lambda c, k: c * k / 2,
            "int() cuts 2.97 down to 2: round instead": lambda c, k: int(c * k / 2),
            "rounding of c goes both ways: ceil makes 11 of 10.0048, round makes 10":
                lambda c, k: int(np.ceil(c * k / 2)),
            "when all k bits differ the cosine distance is 2, not 1: divide by 2":
                lambda c, k: round(c * k),
            "c is a distance, 1 - cos: identical codes have c = 0, not c = 1":
                lambda c, k: round(k * (1 - c) / 2),
            "4 d_H is the squared Euclidean distance; the cosine distance is 2 d_H / k":
                lambda c, k: round(c * k / 4),
            "c is already divided by the lengths of the codes: multiply by k":
                lambda c, k: round(c / 2),
            "solve c = 2 d_H / k for d_H: multiply by k, divide by 2":
                lambda c, k: round(2 * c / k),
            "the Euclidean distance has a root; the cosine distance of codes is linear in d_H":
                lambda c, k: round((c * k / 2) ** 0.5),
        },
    ),
    "sign_distances": Exercise(
        reference=lambda V1, V2: _by_dot(_bipolar(V1), _bipolar(V2)),
        inputs=((_V, _V), (_V, _W), (_W, _V[1:])),
        mistakes={
            "some images are not at distance 0 from themselves: look at the code of one":
                lambda V1, V2: _by_dot(np.sign(V1), np.sign(V2)),
            "rounding hides the halves, but the codes still have three states":
                lambda V1, V2: np.round(_by_dot(np.sign(V1), np.sign(V2))),
            "now 0 has a bit, but the wrong one: exactly 0 shall count as -1, use > 0":
                lambda V1, V2: _by_dot(-_bipolar(-V1), -_bipolar(-V2)),
            "only the first set is mended: V2 has zeros too":
                lambda V1, V2: _by_dot(_bipolar(V1), np.sign(V2)),
            "only the second set is mended: V1 has zeros too":
                lambda V1, V2: _by_dot(np.sign(V1), _bipolar(V2)),
            "leaving the zeros out compares each pair on other bits: give 0 a bit instead":
                lambda V1, V2: _by_dot(np.sign(V1), np.sign(V2), (V1 != 0) * 1 @ (V2 != 0).T),
            "with codes of 0 and 1 the product counts shared ones: use -1 and 1":
                lambda V1, V2: _by_dot((V1 > 0) * 1, (V2 > 0) * 1),
            "this is k - b·b, twice the distance":
                lambda V1, V2: 2 * _by_dot(_bipolar(V1), _bipolar(V2)),
        },
    ),
}  # fmt: skip
