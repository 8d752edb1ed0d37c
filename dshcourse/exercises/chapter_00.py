"""Exercises of chapter 00, start here: counting codes."""

import numpy as np

from dshcourse.exercises.exercise import Exercise


def _pairs(n):
    return n * (n - 1) / 2


EXERCISES = {
    "number_of_codes": Exercise(
        reference=lambda k: 2**k,
        inputs=((3,), (8,), (16,)),
        mistakes={
            "a further bit does not add two codes, it doubles their number: list them for 3 bits":
                lambda k: 2 * k,
            "base and exponent are swapped: there are k places with 2 choices each":
                lambda k: k**2,
            "the code of zeros only is a code, too": lambda k: 2**k - 1,
            "the first bit is as free as the others": lambda k: 2 ** (k - 1),
            "a place holds a bit, 0 or 1, not one of ten digits": lambda k: 10**k,
            "k is the length of a code; how many codes have that length?": lambda k: k,
            "a bit has two values; it cannot also be missing": lambda k: 3**k,
        },
    ),
    "bits_to_number": Exercise(
        reference=lambda n: (int(n) - 1).bit_length(),
        inputs=((6000,), (4096,), (4097,), (10,)),
        mistakes={
            "round up: with one bit fewer there are too few codes": lambda n: int(np.log2(n)),
            "a fraction of a bit cannot be stored: round up": lambda n: np.log2(n),
            "4,096 images fit exactly into 12 bits: no spare code is needed":
                lambda n: int(n).bit_length(),
            "a bit has two values, so the logarithm has base 2": lambda n: int(np.ceil(np.log(n))),
            "you count decimal digits; a bit has two values": lambda n: int(np.ceil(np.log10(n))),
            "one bit for each image is far too generous: k bits make 2**k codes": lambda n: n,
            "this is enough for random codes; here you may choose them":
                lambda n: int(np.ceil(np.log2(_pairs(n)))),
            "this is the number of codes; how many bits do they have?":
                lambda n: 2 ** (int(n) - 1).bit_length(),
        },
    ),
    "expected_equal_pairs": Exercise(
        reference=lambda n, k: _pairs(n) / 2**k,
        inputs=((100, 8), (6000, 16), (23, 5)),
        mistakes={
            "a pair counts once: (a, b) and (b, a) are the same pair":
                lambda n, k: n * (n - 1) / 2**k,
            "a code is no pair with itself: there are n (n - 1) / 2 pairs":
                lambda n, k: n * n / 2 / 2**k,
            "count each pair once, and no code with itself": lambda n, k: n * n / 2**k,
            "this is the mean number of codes for each of the 2**k values; count pairs":
                lambda n, k: n / 2**k,
            "this is the chance of one pair; there are n (n - 1) / 2 of them":
                lambda n, k: 1 / 2**k,
            "this is the number of pairs; multiply by the chance that a pair is equal":
                lambda n, k: _pairs(n),
            "the first code of a pair may be anything; only the second must match it: 2**-k":
                lambda n, k: _pairs(n) / 4**k,
            "k bits have 2**k values, not 2 k": lambda n, k: _pairs(n) / (2 * k),
            "this is the chance of at least one equal pair; asked is how many on average":
                lambda n, k: 1 - (1 - 2.0**-k) ** _pairs(n),
            "half a pair is a fine average: do not round": lambda n, k: _pairs(n) // 2**k,
        },
    ),
}  # fmt: skip
