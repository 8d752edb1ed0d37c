"""Pair: the demo of chapter 07 against the package's equations 1 and 3, at every setting."""

import itertools

import numpy as np
import pytest

from dshcourse.demos.pair import PAIRS, PER_BIT, Pair
from dshcourse.figures.base import as_svg
from dshlib.loss import pair_loss, relaxed_pair_loss

EQUATIONS = dict(zip(PER_BIT, (pair_loss, relaxed_pair_loss), strict=True))
DEFAULT = Pair().defaults()


def values(*names):
    return itertools.product(*(Pair().choices[name][1] for name in names))


def test_codes_differ_in_as_many_bits_as_wanted_or_in_all():
    demo = Pair()
    for k, differ, which in values("k", "differ", "which"):
        b1, b2 = demo.codes(k, differ, which)
        assert b1.shape == b2.shape == (k,)
        assert set(np.abs([b1, b2]).ravel()) == {1}
        assert np.sum(b1 != b2) == min(differ, k)
        if differ:
            fewer = demo.codes(k, differ - 1, which)[1]
            assert not ((fewer != b1) & (b2 == b1)).any()


def test_another_choice_of_bits_flips_others_and_leaves_the_loss():
    demo = Pair()
    flipped = {tuple(np.flatnonzero(np.not_equal(*demo.codes(16, 6, w)))) for w in range(6)}
    assert len(flipped) == 6
    losses = {demo.loss(*demo.codes(16, 6, w), "similar", 8, "bits (eq. 1)") for w in range(6)}
    assert losses == {3}


@pytest.mark.parametrize("units", PER_BIT)
@pytest.mark.parametrize("kind", PAIRS)
def test_loss_and_curve_are_those_of_the_equation(kind, units):
    demo = Pair()
    for k, m, differ, which in values("k", "m", "differ", "which"):
        b1, b2 = demo.codes(k, differ, which)
        expected = float(EQUATIONS[units](b1, b2, PAIRS[kind], m))
        assert demo.loss(b1, b2, kind, m, units) == expected
        assert demo.curve(k, kind, m, units)[min(differ, k)] == expected
        assert len(demo.curve(k, kind, m, units)) == k + 1


@pytest.mark.parametrize("choice", DEFAULT)
def test_each_value_draws_and_its_words_have_codes_and_loss(choice):
    demo, pictures = Pair(), set()
    for value in demo.choices[choice][1]:
        now = DEFAULT | {choice: value}
        fig, alt = demo(**{choice: value})
        pictures.add(as_svg(fig, fig.bbox_inches))
        b1, b2 = demo.codes(now["k"], now["differ"], now["which"])
        assert f"Codes {b1.tolist()} and {b2.tolist()}." in alt
        loss = demo.loss(b1, b2, now["kind"], now["m"], now["units"])
        assert f" = {loss:g}. " in alt
        least = demo.curve(now["k"], now["kind"], now["m"], now["units"]).min()
        assert f"smallest possible loss {least:g}." in alt
    assert len(pictures) == len(demo.choices[choice][1])


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({}, "6 bits differ, loss ½ · max(32 − 4 · 6, 0) = 4."),
        ({"units": "bits (eq. 1)"}, "6 bits differ, loss ½ · max(32 − 6, 0) = 13."),
        ({"kind": "similar"}, "6 bits differ, loss ½ · 4 · 6 = 12."),
        ({"k": 8, "differ": 12}, "all bits differ, loss ½ · max(32 − 4 · 8, 0) = 0."),
    ],
)
def test_the_loss_is_told_as_a_sum_to_do_by_hand(values, told):
    assert told in Pair()(**values)[1]
