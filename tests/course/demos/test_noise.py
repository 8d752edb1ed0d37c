"""Noise: draws of queries, and the orders that they give, worked out query by query."""

import itertools
import re
import statistics

import matplotlib.pyplot as plt
import numpy as np
import pytest

from dshcourse.demos.catalogue import Inputs
from dshcourse.demos.noise import N_DRAWS, SIZES, Noise
from dshcourse.figures import as_png


@pytest.fixture(scope="module")
def scores(classroom):
    return Inputs(classroom).noise_scores


@pytest.fixture(scope="module")
def demo(scores):
    return Noise(scores)


def settings(demo):
    names, values = demo.choices, (values for _, values, _ in demo.choices.values())
    return [dict(zip(names, chosen, strict=True)) for chosen in itertools.product(*values)]


def ap_by_hand(distances, same):
    """Expected AP@10 out of 10: place by place through the groups of ties."""
    total, ahead, hits = 0, 0, 0
    for d in np.unique(distances):
        n, r = int(np.sum(distances == d)), int(np.sum(same[distances == d]))
        others = (r - 1) / (n - 1) if n > 1 else 0
        for t in range(1, min(n, 10 - ahead) + 1):
            total += r / n * (hits + 1 + (t - 1) * others) / (ahead + t)
        ahead, hits = ahead + n, hits + r
        if ahead >= 10:
            return total / 10


@pytest.mark.parametrize("k", [12, 16])
def test_scores_of_random_hyperplanes_are_those_worked_out_by_hand(k, scores, classroom):
    query_codes, database_codes = Inputs(classroom).lsh_codes
    for query in range(0, 1000, 50):
        distances = (query_codes[query, :k] != database_codes[:, :k]).sum(axis=1)
        same = classroom.queries.labels[query] == classroom.database.labels
        wanted = ap_by_hand(distances, same)
        assert scores["random hyperplanes"][f"{k} bits"][query] == pytest.approx(wanted)


def test_longer_codes_are_better_over_all_queries(demo, scores):
    for name, two in scores.items():
        assert list(two) == ["12 bits", "16 bits"]
        means = [statistics.mean(map(float, ap)) for ap in two.values()]
        assert demo.truth(name) == pytest.approx(means[1] - means[0])
        assert demo.truth(name) > 0


def test_a_draw_takes_queries_with_replacement_and_a_larger_one_goes_on(demo):
    assert demo.draws.shape == (N_DRAWS, max(SIZES))
    assert set(np.unique(demo.draws)) == set(range(1000))
    assert len(np.unique(demo.draws[0])) < 1000
    small, large = (demo.drawn("ITQ", n, 3)["12 bits"] for n in (10, 30))
    assert np.array_equal(large[:10], small)


def test_share_of_wrong_orders_is_that_of_1000_draws_one_by_one(demo, scores):
    for name, size in itertools.product(scores, SIZES):
        first, second = scores[name].values()
        wrong = sum(first[rows].mean() > second[rows].mean() for rows in demo.draws[:, :size])
        assert demo.wrong(name, size) == pytest.approx(wrong / N_DRAWS, abs=0.0011)


def test_more_queries_give_fewer_wrong_orders_about_as_the_normal_law_says(demo, scores):
    for name, (first, second) in ((name, two.values()) for name, two in scores.items()):
        gain = second - first
        for size in SIZES:
            law = statistics.NormalDist(gain.mean(), gain.std() / np.sqrt(size)).cdf(0)
            assert demo.wrong(name, size) == pytest.approx(law, abs=0.06)
        shares = [demo.wrong(name, size) for size in SIZES]
        assert shares == sorted(shares, reverse=True)


def test_thirty_queries_reverse_itq_in_a_third_of_the_draws_and_the_first_shown_is_one(demo):
    assert demo.wrong("ITQ", 30) == pytest.approx(0.37, abs=0.03)
    assert "12 bits ahead, the wrong order" in demo()[1]


def test_in_every_state_the_words_have_its_numbers(demo, scores):
    for at in settings(demo):
        name, size, number = at.values()
        rows = demo.draws[number - 1, :size]
        first, second = ([float(ap[row]) for row in rows] for ap in scores[name].values())
        fig, alt = demo(**at)
        told = [float(x) for x in re.findall(r"bits (\d\.\d{3}) ± (\d\.\d{3})", alt) for x in x]
        wanted = [
            value for aps in (first, second)
            for value in (statistics.mean(aps), statistics.stdev(aps) / size**0.5)
        ]  # fmt: skip
        assert told == pytest.approx(wanted, abs=0.00051)
        ahead = "16 bits" if statistics.mean(second) > statistics.mean(first) else "12 bits"
        verdict = "right" if ahead == "16 bits" else "wrong"
        assert alt.startswith(
            f"{name}, {size} queries, draw {number}: {ahead} ahead, the {verdict}"
        )
        assert f"{demo.wrong(name, size):.1%} give the wrong order" in alt
        assert fig._suptitle.get_text() in alt
        plt.close(fig)


def test_each_value_has_its_own_picture(demo):
    pictures = [as_png(demo(**at)[0], dpi=40) for at in demo.one_at_a_time()]
    assert len(set(pictures)) == len(pictures) - 2  # the defaults come three times


def test_bars_hold_all_draws_and_the_wrong_ones_apart(demo, scores):
    for name, size in itertools.product(scores, SIZES):
        fig, _ = demo(codes=name, n_queries=size)
        right, wrong = (patch.get_data().values.sum() for patch in fig.axes[1].patches)
        assert right + wrong == N_DRAWS
        assert wrong / N_DRAWS == pytest.approx(demo.wrong(name, size), abs=0.0011)
        plt.close(fig)
