"""Exercises of chapter 00, start here: how many codes there are, and when all differ."""

import numpy as np

from dshcourse.exercises.exercise import Exercise

_COINS = np.random.default_rng(165).random((40, 48)) < 0.5


def _n_different(codes):
    return len(np.unique(codes, axis=0))


def _all_differ(codes):
    return _n_different(codes) == len(codes)


def _first_k(is_enough, coins):
    return next(k for k in range(1, coins.shape[1] + 1) if is_enough(coins[:, :k]))


def _pairs(n):
    return n * (n - 1) / 2


EXERCISES = {
    "number_of_codes": Exercise(
        reference=lambda k: 2**k,
        inputs=((3,), (8,), (12,)),
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
    "bits_until_all_differ": Exercise(
        reference=lambda coins: _first_k(_all_differ, coins),
        inputs=((_COINS,), (_COINS[:2],), (_COINS[::-1, ::-1],), (_COINS[:1],)),
        mistakes={
            "with one bit fewer all codes differ already: try before you add a bit":
                lambda coins: _first_k(_all_differ, coins) + 1,
            "with this many bits two codes are still equal: one more is needed":
                lambda coins: _first_k(_all_differ, coins) - 1,
            "this many bits can number n images; these codes come from coins: try them":
                lambda coins: (len(coins) - 1).bit_length(),
            "this is typical of n random codes; here try the coins that are given":
                lambda coins: round(2 * np.log2(len(coins))),
            "coins[:k] are k images; the first k bits of all images are coins[:, :k]": len,
            "this is how many coins each image has; fewer may do": lambda coins: coins.shape[1],
            "take the first k coins of each image, not the last":
                lambda coins: _first_k(_all_differ, coins[:, ::-1]),
            "any two codes may be equal: compare all, not only the first with the others":
                lambda coins: _first_k(lambda codes: not (codes[1:] == codes[0]).all(1).any(),
                                       coins),
            "any two codes may be equal: compare all, not only rows that follow each other":
                lambda coins: _first_k(lambda codes: not (codes[1:] == codes[:-1]).all(1).any(),
                                       coins),
            "all codes must differ, not only more than half of them":
                lambda coins: _first_k(lambda codes: 2 * _n_different(codes) > len(codes), coins),
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
