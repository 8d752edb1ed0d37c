"""Design: every setting of the demo against plain loops over chances, and against a simulation."""

import itertools
import math
import re

import numpy as np
import pytest

from dshcourse.demos.design import FAR, LONGEST_KEY, NEAR, RECALLS, SIZES, Design, as_bytes
from dshcourse.figures.base import as_svg
from dshlib.hashers.lsh import candidate_probability

demo = Design()
SETTINGS = [
    dict(zip(demo.choices, values, strict=True))
    for values in itertools.product(NEAR, FAR, RECALLS, SIZES)
]


def missed_by_all(p, k, L):
    """The chance that none of L tables has the item in the query's bucket, one bit at a time."""
    same_key = math.prod([p] * k)
    return (1 - same_key) ** L


def work_of(k, p1, p2, recall, n):
    """Key products and expected candidates, with the fewest tables that reach the recall."""
    L = math.ceil(math.log(1 - recall) / math.log(1 - p1**k))
    return k * L + n * (1 - missed_by_all(p2, k, L))


def test_choices_are_those_that_the_tests_go_through():
    assert [tuple(values) for _, values, _ in demo.choices.values()] == [NEAR, FAR, RECALLS, SIZES]


def test_the_tables_of_every_k_reach_the_recall_and_one_fewer_does_not():
    for p1, recall in itertools.product(NEAR, RECALLS):
        table = demo.options(p1, 0.5, recall, 1000)
        assert list(table["k"]) == list(range(1, LONGEST_KEY + 1))
        for k, L in zip(table["k"], table["L"], strict=True):
            assert missed_by_all(p1, k, L) <= (1 - recall) * (1 + 1e-6)
            assert L == 1 or missed_by_all(p1, k, L - 1) > (1 - recall) * (1 - 1e-6)


@pytest.mark.parametrize(("p1", "recall", "L"), [(0.9, 0.9, 1), (0.9, 0.99, 2), (0.5, 0.75, 2)])
def test_a_whole_number_of_tables_is_not_rounded_up(p1, recall, L):
    assert demo.options(p1, 0.5, recall, 1000)["L"][0] == L


def test_every_setting_costs_key_products_and_expected_candidates_and_an_id_per_item_and_table():
    for setting in SETTINGS:
        table, n = demo.options(**setting), setting["n"]
        examined = n * candidate_probability(setting["p2"], table["k"], table["L"])
        assert (table["keys"] == table["k"] * table["L"]).all()
        rounding = n * table["L"] * np.finfo(float).eps
        assert np.allclose(table["candidates"], examined, rtol=1e-6, atol=rounding)
        assert np.allclose(table["work"], table["keys"] + examined, rtol=1e-6)
        assert (table["memory"] == n * table["L"] * np.dtype(np.int32).itemsize).all()
        best = table["work"].argmin()
        assert table["work"][best] < n
        assert table["k"][best] < LONGEST_KEY


def test_candidates_are_as_many_as_in_simulated_indexes():
    rng, setting = np.random.default_rng(0), {"p1": 0.7, "p2": 0.6, "recall": 0.9, "n": 1000}
    row = demo.options(**setting).set_index("k").loc[6]
    agree = rng.random((2000, int(row["L"]), 6)) < 0.6
    counted = 1000 * agree.all(axis=2).any(axis=1).mean()
    share = row["candidates"] / 1000
    assert abs(counted - row["candidates"]) < 4000 * np.sqrt(share * (1 - share) / 2000)


def test_each_value_draws_and_the_words_have_its_numbers():
    pictures = {}
    for at in demo.one_at_a_time():
        fig, alt = demo(**at)
        k, L, work = (int(number.replace(",", "")) for number in re.search(
            r"k = (\d+), L = ([\d,]+): work ([\d,]+) per query", alt).groups())  # fmt: skip
        works = [work_of(j, **at) for j in range(2, 45)]
        assert work == pytest.approx(min(works), abs=0.5 + 1e-6 * min(works))
        assert works[k - 2] == pytest.approx(min(works))
        assert missed_by_all(at["p1"], k, L) <= 1 - at["recall"] < missed_by_all(at["p1"], k, L - 1)
        title = " ".join(fig.axes[0].get_title().split())
        assert title.removeprefix("Least work: ") in alt
        star = fig.axes[0].lines[-1]
        assert (star.get_xdata()[0], round(star.get_ydata()[0])) == (k, work)
        assert f"memory {as_bytes(4 * at['n'] * L)}" in alt
        pictures[tuple(at.values())] = as_svg(fig, fig.bbox_inches)
    assert len(set(pictures.values())) == len(pictures) == 6 + 4 + 5 + 7 - 3


@pytest.mark.parametrize(
    ("memory", "words"),
    [(400, "400 bytes"), (4 * 10**3, "4 kB"), (408 * 10**6, "408 MB"), (3044 * 10**9, "3.04 TB")],
)
def test_memory_is_told_with_three_digits(memory, words):
    assert as_bytes(memory) == words
