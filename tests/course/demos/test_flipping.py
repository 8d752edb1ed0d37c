"""Flipped bits: every setting against SciPy's distances and a count of the flips."""

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy.spatial import distance

from dshcourse.demos import Flipping
from dshcourse.figures.base import as_svg

demo = Flipping()
SETTINGS = [
    dict(zip(demo.choices, values, strict=True))
    for values in itertools.product(*(values for _, values, _ in demo.choices.values()))
]


def test_as_many_bits_are_flipped_as_asked_and_the_code_has_its_share_of_ones():
    for setting in SETTINGS:
        code, flipped = demo.pair(**setting)
        assert len(code) == len(flipped) == setting["k"]
        assert np.sum(code != flipped) == min(setting["flips"], setting["k"])
        assert np.sum(code) == setting["ones"] * setting["k"]


def test_ones_or_zeros_are_flipped_first():
    for setting in SETTINGS:
        code, flipped = demo.pair(**setting)
        flips, ones = np.sum(code != flipped), np.sum(code)
        if setting["which"] == "ones first":
            assert np.sum(code & ~flipped) == min(flips, ones)
        if setting["which"] == "zeros first":
            assert np.sum(~code & flipped) == min(flips, len(code) - ones)


def test_bits_at_random_hit_ones_and_zeros():
    code, flipped = demo.pair(k=64, flips=16, which="at random", ones=0.5)
    assert 2 < np.sum(code & ~flipped) < 14


def test_more_flips_keep_those_before_and_the_code_does_not_depend_on_them():
    for which in ("at random", "ones first", "zeros first"):
        few, many = (demo.pair(64, flips, which, 0.25) for flips in (6, 16))
        assert (few[0] == many[0]).all()
        assert not (few[0] ^ few[1])[few[1] == many[0]].any()
        assert np.isin(np.flatnonzero(few[0] ^ few[1]), np.flatnonzero(many[0] ^ many[1])).all()


def test_distances_are_those_of_scipy_and_at_most_the_largest():
    for setting in SETTINGS:
        code, flipped = demo.pair(**setting)
        k, signs = setting["k"], (2.0 * code - 1, 2.0 * flipped - 1)
        expected = {
            "Hamming": (k * distance.hamming(code, flipped), k),
            "cosine": (distance.cosine(*signs), 2),
            "Euclidean": (distance.euclidean(*signs), distance.euclidean(np.ones(k), -np.ones(k))),
            "Jaccard": (distance.jaccard(code, flipped), 1),
        }
        values = demo.distances(**setting)
        assert list(values) == list(expected)
        for name, pair in values.items():
            assert pair == pytest.approx(expected[name], abs=1e-9)
            assert pair[0] <= pair[1] + 1e-9


def test_every_value_draws_its_own_picture_and_words():
    shown = {}
    for name, (_, values, _) in demo.choices.items():
        for value in values:
            figure, alt = demo(**{name: value})
            shown[alt] = as_svg(figure, figure.bbox_inches)
    choices = demo.choices.values()
    n = sum(len(values) for _, values, _ in choices) - len(choices) + 1
    same = 2  # of 16 bits, 16, 32 and 64 flips are all of them
    assert len(shown) == len(set(shown.values())) == n - same


def test_words_have_the_numbers_of_the_data():
    figure, alt = demo(k=8, flips=64, which="zeros first", ones=0.75)
    plt.close(figure)
    assert "A code with 6 ones; 8 of 8 bits flipped, zeros first." in alt
    assert "Hamming 8 of 8, cosine 2 of 2, Euclidean 5.66 of 5.66, Jaccard 1 of 1" in alt
