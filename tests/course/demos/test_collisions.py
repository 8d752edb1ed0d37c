"""Collisions: what the demo of chapter 03 counts and draws, against loops and the formula."""

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pytest

from dshcourse.demos.collisions import ANGLES, BITS, DRAWS, TABLES, Collisions, draw_plane
from dshcourse.figures.base import as_svg


@pytest.fixture(scope="module")
def demo():
    return Collisions()


def found_in_buckets(demo, degrees, k, L, seed):
    """The share of indexes in which x and y have a bucket, a table and a key, in common."""
    angle, hits = np.radians(degrees), 0
    for tables in demo.normals[seed]:
        keys = [
            {(t, *(R[:k] @ [np.cos(a), np.sin(a)] > 0)) for t, R in enumerate(tables[:L])}
            for a in (0, angle)
        ]
        hits += bool(keys[0] & keys[1])
    return hits / demo.trials


def test_found_is_the_share_of_indexes_with_a_common_bucket(demo):
    few = Collisions(trials=12)
    for degrees, k, L, seed in itertools.product(ANGLES, BITS, TABLES, range(DRAWS)):
        assert few.found(degrees, k, L, seed) == found_in_buckets(few, degrees, k, L, seed)


def test_found_agrees_with_the_formula(demo):
    n, outside = demo.trials * DRAWS, 0
    for degrees, k, L in itertools.product(ANGLES[1:], BITS, TABLES):
        p = 1 - (1 - (1 - degrees / 180) ** k) ** L
        share = np.mean([demo.found(degrees, k, L, seed) for seed in range(DRAWS)])
        outside += abs(share - p) > 4 * np.sqrt(p * (1 - p) / n) + 1 / n
    assert outside == 0
    assert all(demo.found(0, k, L, 0) == 1 for k, L in itertools.product(BITS, TABLES))


def test_more_tables_never_lose_a_pair_and_more_bits_never_find_one(demo):
    for degrees, k, seed in itertools.product(ANGLES, BITS, range(DRAWS)):
        assert np.all(np.diff([demo.found(degrees, k, L, seed) for L in TABLES]) >= 0)
    for degrees, L, seed in itertools.product(ANGLES, TABLES, range(DRAWS)):
        assert np.all(np.diff([demo.found(degrees, k, L, seed) for k in BITS]) <= 0)


def test_separating_lines_lie_in_the_wedge(demo):
    fig, ax = plt.subplots()
    for degrees, k, seed in itertools.product(ANGLES[:3], BITS, range(DRAWS)):
        normals = demo.lines(k, seed)
        direction = np.degrees(np.arctan2(normals[:, 0], -normals[:, 1])) % 180
        assert draw_plane(ax, np.radians(degrees), normals) == np.sum(direction < degrees)
        ax.clear()
    plt.close(fig)


def test_lines_are_drawn_dashed_where_they_separate(demo):
    fig, ax = plt.subplots()
    n_split = draw_plane(ax, np.pi / 3, demo.lines(16, 1))
    solid, dashed = ax.lines
    assert (solid.get_linestyle(), dashed.get_linestyle()) == ("-", "--")
    ends = dashed.get_xydata().reshape(n_split, 3, 2)
    drawn = np.degrees(np.arctan2(*ends[:, 1, ::-1].T)) % 180
    assert np.all(drawn < 60)
    assert len(solid.get_xydata()) == 3 * (16 - n_split)
    plt.close(fig)


def test_each_value_draws_and_the_words_have_its_numbers(demo):
    pictures = {}
    for at in demo.one_at_a_time():
        fig, alt = demo(**at)
        p = 1 - (1 - (1 - at["degrees"] / 180) ** at["k"]) ** at["L"]
        assert f"theory gives {p:.2f}; {demo.found(**at):.2f} of 400" in alt
        direction = np.arctan2(*(demo.lines(at["k"], at["seed"]) * [1, -1]).T)
        n_split = np.sum(np.degrees(direction) % 180 < at["degrees"])
        assert f"separated by {n_split} of {at['k']} lines" in alt
        pictures[tuple(at.values())] = as_svg(fig, fig.bbox_inches)
    assert len(set(pictures.values())) == len(pictures) == 10 + 6 + 5 + 5 - 3
