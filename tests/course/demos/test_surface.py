"""LossSurface: the landscape of chapter 08 against the package's equations 5 and 7."""

import itertools
import re

import numpy as np
import pytest

from dshcourse.demos.surface import GRID, N_STEPS, PAIRS, STEP, LossSurface
from dshcourse.figures.base import as_svg
from dshlib.loss import dsh_loss, dsh_subgradient, regularizer, relaxed_pair_loss

DEFAULT = LossSurface().defaults()
PLACES = LossSurface().choices["b1"][1]


def landscapes():
    return itertools.product(*(LossSurface().choices[name][1] for name in ("kind", "m", "alpha")))


def test_loss_and_slope_are_those_of_the_equations_at_every_place():
    demo = LossSurface()
    b1, b2 = (b.ravel() for b in np.meshgrid(PLACES, PLACES))
    columns = b1[:, None], b2[:, None]
    for kind, m, alpha in landscapes():
        y = np.full(len(b1), PAIRS[kind])
        loss = relaxed_pair_loss(*columns, y, m) + regularizer(*columns, alpha)
        np.testing.assert_allclose(demo.loss(b1, b2, kind, m, alpha), loss)
        slopes = [slope.numpy()[:, 0] for slope in dsh_subgradient(*columns, y, m, alpha)]
        np.testing.assert_allclose(demo.slope(b1, b2, kind, m, alpha), slopes)


def test_landscape_is_the_loss_on_a_grid_that_holds_the_codes():
    demo = LossSurface()
    assert {-1, 0, 1} <= set(GRID.round(12))
    for kind, m, alpha in landscapes():
        L = demo.landscape(kind, m, alpha)
        for row, column in ((0, 37), (80, 120), (101, 5)):
            pair = [[GRID[column]]], [[GRID[row]]]
            assert L[row, column] == pytest.approx(float(dsh_loss(*pair, [PAIRS[kind]], m, alpha)))
        assert L is demo.landscape(kind, m, alpha)


@pytest.mark.parametrize("kind", PAIRS)
def test_path_takes_every_step_against_the_subgradient(kind):
    demo = LossSurface()
    for m, alpha, b1, b2 in itertools.product((2, 6), (0, 0.3), (-2, 0.25, 1), (-1, 0.75)):
        path = demo.path(b1, b2, kind, m, alpha)
        assert path.shape == (N_STEPS + 1, 2)
        assert tuple(path[0]) == (b1, b2)
        slopes = dsh_subgradient(path[:-1, :1], path[:-1, 1:], PAIRS[kind], m, alpha)
        np.testing.assert_allclose(
            np.diff(path, axis=0), -STEP * np.hstack([s.numpy() for s in slopes]), atol=1e-12
        )


@pytest.mark.parametrize(
    ("setting", "end"),
    [
        (("similar", 2, 0, -1.0, 0.5), (-0.25, -0.25)),  # they meet in the middle
        (("dissimilar", 2, 0.3, 1, 0.75), (1, 1)),  # the trap of chapter 08
        (("dissimilar", 2, 0.3, 1, 0.5), (1, -1)),
        (("similar", 2, 1, 0.75, -0.25), (0.75, -0.25)),  # the pull is no stronger than α
    ],
)
def test_paths_end_where_the_chapter_says(setting, end):
    kind, m, alpha, b1, b2 = setting
    assert LossSurface().path(b1, b2, kind, m, alpha)[-1] == pytest.approx(end, abs=0.05)


@pytest.mark.parametrize("choice", DEFAULT)
def test_each_value_draws_and_its_words_have_loss_and_slope(choice):
    demo, pictures = LossSurface(), set()
    for value in demo.choices[choice][1]:
        now = DEFAULT | {choice: value}
        fig, alt = demo(**{choice: value})
        pictures.add(as_svg(fig, fig.bbox_inches))
        y, pair = [PAIRS[now["kind"]]], ([[float(now["b1"])]], [[float(now["b2"])]])
        loss = float(dsh_loss(*pair, y, now["m"], now["alpha"]))
        assert f"loss {loss:.3f} at ({now['b1']:g}, {now['b2']:g}), after one step" in alt
        slopes = dsh_subgradient(*pair, y, now["m"], now["alpha"])
        told = re.search(r"Downhill at first: \((\S+), (\S+)\)\.$", alt).groups()
        assert [float(t) for t in told] == pytest.approx([-float(s) for s in slopes], abs=0.006)
        assert "-0.00" not in alt
    assert len(pictures) == len(demo.choices[choice][1])
