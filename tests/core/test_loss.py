"""Equations 1 to 7 against numbers by hand, plain loops, autograd and central differences."""

import itertools
from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dshlib import terms
from dshlib.loss import (
    all_pairs_loss,
    dsh_loss,
    dsh_subgradient,
    pair_loss,
    regularizer,
    relaxed_pair_loss,
)
from dshlib.pairs import all_pairs

SIMILAR, DISSIMILAR = 0, 1
EVERY_CODE = torch.tensor(list(itertools.product((-1.0, 1.0), repeat=4)))
CODE_PAIRS = EVERY_CODE.repeat_interleave(16, 0), EVERY_CODE.repeat(16, 1)
MARGIN_OFF_KINKS = 3.1416  # squared distances of grid_pairs are multiples of 0.01


@st.composite
def grid_pairs(draw):
    """float64 outputs of pairs, none of them at 0 or ±1: odd multiples of 0.05; and y."""
    n, n_bits = draw(st.integers(1, 6)), draw(st.integers(1, 8))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    b1, b2 = 0.1 * rng.integers(-20, 20, (2, n, n_bits)) + 0.05
    return torch.from_numpy(b1), torch.from_numpy(b2), torch.from_numpy(rng.integers(2, size=n))


def plain_losses(b1, b2, y, margin, alpha):
    """Eq 5 as it is printed, one pair and one bit after the other."""
    losses = []
    for u, v, dissimilar in zip(b1.tolist(), b2.tolist(), y.tolist(), strict=True):
        squared = sum((p - q) ** 2 for p, q in zip(u, v, strict=True))
        gap = sum(abs(abs(p) - 1) for p in u) + sum(abs(abs(q) - 1) for q in v)
        pull, push = 0.5 * squared, 0.5 * max(margin - squared, 0)
        losses.append((push if dissimilar else pull) + alpha * gap)
    return losses


def close(actual, expected):
    torch.testing.assert_close(actual, torch.as_tensor(expected, dtype=actual.dtype))


def autograd(loss, *inputs):
    inputs = [b.clone().requires_grad_() for b in inputs]
    return torch.autograd.grad(loss(*inputs), inputs)


@pytest.mark.parametrize(
    ("y", "margin", "loss"),
    [(SIMILAR, 9, 1.0), (DISSIMILAR, 3, 0.5), (DISSIMILAR, 2, 0.0), (DISSIMILAR, 1, 0.0)],
)
def test_eq_1_counts_bits(y, margin, loss):
    close(pair_loss([1, 1, 1, 1], [1, -1, 1, -1], y, margin), loss)


def test_eq_1_is_for_codes_only():
    for b1, b2 in (([1.0, 0.5], [1, 1]), ([1, 1], [1, 0])):
        with pytest.raises(ValueError, match=r"b1 and b2 must hold only \+1 and -1"):
            pair_loss(b1, b2, SIMILAR, 1)


@pytest.mark.parametrize("y", [SIMILAR, DISSIMILAR])
@pytest.mark.parametrize("margin", [0.5, 1, 2, 3, 4, 8])
def test_on_codes_eq_3_with_4_times_the_margin_is_4_times_eq_1(y, margin):
    close(relaxed_pair_loss(*CODE_PAIRS, y, 4 * margin), 4 * pair_loss(*CODE_PAIRS, y, margin))


def test_a_margin_of_2k_asks_for_half_the_bits_in_eq_3_and_for_the_impossible_in_eq_1():
    b1, b2 = CODE_PAIRS
    half_differ = (b1 != b2).sum(1) >= 2
    assert torch.equal(relaxed_pair_loss(b1, b2, DISSIMILAR, 2 * 4) == 0, half_differ)
    assert pair_loss(b1, b2, DISSIMILAR, 2 * 4).min() == 0.5 * (2 * 4 - 4)


def test_eq_2_is_the_sum_over_pairs():
    y = torch.arange(256) % 2
    terms = [float(pair_loss(u, v, label, 3)) for u, v, label in zip(*CODE_PAIRS, y, strict=True)]
    close(pair_loss(*CODE_PAIRS, y, 3).sum(), sum(terms))


def test_eqs_3_to_6_by_hand():
    b1, b2 = [[1.0, 0.5], [0.0, 0.0]], [[0.0, -1.5], [1.0, 1.0]]  # squared distances 5 and 2
    close(relaxed_pair_loss(b1, b2, [0, 0], 4), [2.5, 1.0])
    close(relaxed_pair_loss(b1, b2, [1, 1], 4), [0.0, 1.0])
    close(regularizer(b1, b2, 0.1), [0.1 * (0 + 0.5 + 1 + 0.5), 0.1 * (1 + 1 + 0 + 0)])
    close(dsh_loss(b1, b2, [0, 1], 4, 0.1), 2.5 + 1.0 + 0.2 + 0.2)
    close(dsh_loss(b1, b2, [0, 1], 4, 0.1, reduction="mean"), (2.5 + 1.0 + 0.2 + 0.2) / 2)


@settings(deadline=None)
@given(grid_pairs())
def test_eqs_3_to_6_equal_plain_loops(pairs):
    losses = np.array(plain_losses(*pairs, MARGIN_OFF_KINKS, 0.3))
    relaxed = relaxed_pair_loss(*pairs, MARGIN_OFF_KINKS)
    close(relaxed, plain_losses(*pairs, MARGIN_OFF_KINKS, 0))
    close(relaxed + regularizer(*pairs[:2], 0.3), losses)
    close(dsh_loss(*pairs, MARGIN_OFF_KINKS, 0.3), losses.sum())
    close(dsh_loss(*pairs, MARGIN_OFF_KINKS, 0.3, reduction="mean"), losses.mean())


@settings(deadline=None)
@given(grid_pairs(), st.floats(0, 2))
def test_eq_7_is_the_gradient_of_eq_6_by_autograd_and_by_central_differences(pairs, alpha):
    b1, b2, y = pairs

    def loss(b1, b2):
        return dsh_loss(b1, b2, y, MARGIN_OFF_KINKS, alpha)

    def differences(move):
        slopes = torch.zeros_like(b1)
        for index in np.ndindex(*b1.shape):
            step = torch.zeros_like(b1)
            step[index] = 1e-4
            slopes[index] = (loss(*move(step)) - loss(*move(-step))) / 2e-4
        return slopes

    g1, g2 = dsh_subgradient(b1, b2, y, MARGIN_OFF_KINKS, alpha)
    torch.testing.assert_close((g1, g2), autograd(loss, b1, b2))
    torch.testing.assert_close(g1, differences(lambda s: (b1 + s, b2)), rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(g2, differences(lambda s: (b1, b2 + s)), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("kink", [0.0, -1.0, 1.0])
def test_at_0_and_at_plus_minus_1_eq_7_slopes_up_where_autograd_is_flat(kink):
    b = torch.tensor([kink])
    close(torch.cat(dsh_subgradient(b, b, SIMILAR, 1, alpha=0.5)), [0.5, 0.5])
    close(torch.cat(autograd(lambda u, v: dsh_loss(u, v, SIMILAR, 1, 0.5), b, b)), [0.0, 0.0])


def test_at_a_squared_distance_of_exactly_the_margin_both_eq_7_and_autograd_stop_pushing():
    b1, b2 = torch.tensor([2.0]), torch.tensor([0.0])
    for margin, push in ((4, 0.0), (4.01, -2.0)):
        close(torch.cat(dsh_subgradient(b1, b2, DISSIMILAR, margin, 0)), [push, -push])
        gradient = autograd(lambda u, v: dsh_loss(u, v, DISSIMILAR, margin, 0), b1, b2)  # noqa: B023
        close(torch.cat(gradient), [push, -push])


def test_alpha_scales_the_regularizers_row_of_eq_7_which_the_slides_omit():
    b, as_printed = torch.tensor([-2.0, -0.5, 0.5, 2.0]), torch.tensor([-1.0, 1.0, -1.0, 1.0])
    for alpha in (0, 0.25, 1):
        close(
            torch.stack(dsh_subgradient(b, b, SIMILAR, 1, alpha)),
            [(alpha * as_printed).tolist()] * 2,
        )


@settings(deadline=None, max_examples=50)
@given(st.integers(2, 9), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_all_pairs_loss_is_the_mean_of_eq_5_over_all_pairs_in_value_and_gradient(
    n, n_classes, seed
):
    rng = np.random.default_rng(seed)
    b, labels = (
        torch.from_numpy(rng.normal(size=(n, 5))),
        torch.from_numpy(rng.integers(n_classes, size=n)),
    )
    first, second, y = all_pairs(labels)

    def gathered(b):
        return dsh_loss(b[first], b[second], y, 10, 0.3, reduction="mean")

    def gram(b):
        return all_pairs_loss(b, labels, 10, 0.3)

    close(gram(b), gathered(b))
    torch.testing.assert_close(autograd(gram, b), autograd(gathered, b))


def test_all_pairs_loss_of_equal_outputs_is_finite_and_flat():
    b = torch.full((3, 4), 1.7)
    close(all_pairs_loss(b, [0, 0, 0], 8, 0), 0.0)
    close(autograd(lambda b: all_pairs_loss(b, [0, 0, 1], 8, 0), b)[0], torch.zeros(3, 4).tolist())


@pytest.mark.parametrize("function", [pair_loss, relaxed_pair_loss, dsh_loss, dsh_subgradient])
def test_what_cannot_be_a_pair_is_refused_by_name(function):
    more = {"alpha": 0.1} if function in (dsh_loss, dsh_subgradient) else {}
    ones = torch.ones(3, 4)
    for b1, b2, y, margin, message in (
        (ones, torch.ones(3, 5), [0, 0, 1], 8, r"b1 and b2 must have the same shape.*\(3, 5\)"),
        (ones, ones, [0, 0], 8, r"^y must have the shape \(3,\).*\(2,\)"),
        (ones, ones, torch.zeros(3, 4), 8, "^y must have the shape"),
        (torch.tensor(1.0), torch.tensor(1.0), 0, 8, "b1 and b2"),
        (ones, ones, [0, 2, 1], 8, "^y must be 0"),
        (ones, ones, [0, -1, 1], 8, "^y must be 0"),
        (ones, ones, [0, 0.5, 1], 8, "^y must be 0"),
        (ones, ones, [0, 0, 1], 0, "^margin == 0"),
        (ones, ones, [0, 0, 1], -2, "^margin == -2"),
        (ones, ones, [0, 0, 1], float("nan"), "^margin=nan"),
    ):
        with pytest.raises(ValueError, match=message):
            function(b1, b2, y, margin, **more)


def test_all_pairs_loss_refuses_wrong_shapes_margins_and_a_lone_image_by_name():
    for b, labels, margin, message in (
        (torch.ones(4), [0] * 4, 8, r"^b must have shape \(n, n_bits\)"),
        (torch.ones(1, 4), [0], 8, "n >= 2"),
        (torch.ones(3, 4), [0, 1], 8, r"labels shape \(n,\)"),
        (torch.ones(3, 4), [0, 1, 1], 0, "^margin == 0"),
    ):
        with pytest.raises(ValueError, match=message):
            all_pairs_loss(b, labels, margin, 0.1)


def test_an_unknown_reduction_is_refused_by_name():
    with pytest.raises(ValueError, match='^reduction=\'none\'.*"sum" or "mean"'):
        dsh_loss([1.0], [1.0], SIMILAR, 2, 0.1, reduction="none")


def test_one_y_stands_for_all_pairs():
    b1, b2 = torch.randn(2, 3, 5, 4, generator=torch.Generator().manual_seed(0))
    for y in (SIMILAR, DISSIMILAR):
        each = torch.full((3, 5), y)
        assert relaxed_pair_loss(b1, b2, y, 8).shape == (3, 5)
        close(relaxed_pair_loss(b1, b2, y, 8), relaxed_pair_loss(b1, b2, each, 8))
        close(dsh_loss(b1, b2, y, 8, 0.1), dsh_loss(b1, b2, each, 8, 0.1))
        torch.testing.assert_close(
            dsh_subgradient(b1, b2, y, 8, 0.1), dsh_subgradient(b1, b2, each, 8, 0.1)
        )


def test_boolean_codes_are_those_of_plus_and_minus_1():
    bits = (EVERY_CODE > 0).numpy()
    pairs, codes = (bits[:8], bits[8:]), (EVERY_CODE[:8], EVERY_CODE[8:])
    for loss in (pair_loss, relaxed_pair_loss, partial(dsh_loss, alpha=0.1)):
        close(loss(*pairs, y=1, margin=6), loss(*codes, y=1, margin=6))
    close(regularizer(*pairs, 1.0), torch.zeros(8))
    close(all_pairs_loss(bits, range(16), 6, 0.1), all_pairs_loss(EVERY_CODE, range(16), 6, 0.1))


def test_integers_lists_and_arrays_are_accepted():
    b1, b2, y = [[1, -1]], [[-1, -1]], [1]
    for kind in (lambda b: b, np.array, torch.tensor):
        close(dsh_loss(kind(b1), kind(b2), kind(y), 5, 0.1), 0.5)
        close(all_pairs_loss(kind(b1 + b2), kind([0, 1]), 5, 0.1), 0.5)


@pytest.mark.parametrize("y", [0, [0, 1]])
@pytest.mark.parametrize(
    ("default", "kind"), [(torch.float32, torch.float64), (torch.float64, torch.float32)]
)
def test_results_have_the_type_of_the_outputs_whatever_torchs_default(default, kind, y):
    before = torch.get_default_dtype()
    torch.set_default_dtype(default)
    try:
        b = torch.ones(2, 3, dtype=kind)
        results = (
            pair_loss(b, b, y, 1.5),
            relaxed_pair_loss(b, b, y, 1.5),
            regularizer(b, b, 0.1),
            dsh_loss(b, b, y, 1.5, 0.1),
            *dsh_subgradient(b, b, y, 1.5, 0.1),
            all_pairs_loss(b, [0, 1], 1.5, 0.1),
        )
    finally:
        torch.set_default_dtype(before)
    assert {result.dtype for result in results} == {kind}


def test_terms_in_numpy_are_those_in_torch_on_and_off_the_kinks():
    values = np.arange(-10, 11) / 4
    b1, b2 = (b.reshape(-1, 1) for b in np.meshgrid(values, values))
    for y in (SIMILAR, DISSIMILAR):
        contrast = terms.contrast(((b1 - b2) ** 2).sum(axis=1), y, 4)
        np.testing.assert_allclose(contrast, relaxed_pair_loss(b1, b2, y, margin=4))
    gaps = (terms.gap(b1) + terms.gap(b2)).sum(axis=1)
    np.testing.assert_allclose(0.3 * gaps, regularizer(b1, b2, alpha=0.3))
    slope, _ = dsh_subgradient(b1, b1, np.zeros(len(b1)), margin=4, alpha=0.3)
    np.testing.assert_allclose(0.3 * terms.regularizer_slope(b1), slope)
