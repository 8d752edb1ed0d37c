"""Random codes: buckets against a count of prefixes, the expectation against exact fractions."""

import itertools
from collections import Counter
from fractions import Fraction

import matplotlib.pyplot as plt
import numpy as np
import pytest

from dshcourse.demos import RandomCodes
from dshcourse.figures.base import as_svg

demo = RandomCodes()
K, N = (values for _, values, _ in demo.choices.values())


@pytest.fixture(scope="module")
def drawn():
    """The codes as words of 0 and 1, drawn here once more."""
    codes = np.random.default_rng(0).integers(2**32, size=60_000, dtype=np.uint32)
    return [f"{code:032b}" for code in codes]


@pytest.mark.parametrize("n", N)
def test_bucket_sizes_are_those_of_equal_beginnings(drawn, n):
    for k in K:
        counted = Counter(word[:k] for word in drawn[:n])
        assert sorted(demo.bucket_sizes(k, n)) == sorted(counted[word[:k]] for word in drawn[:n])


def test_a_further_bit_or_fewer_codes_only_split_buckets():
    mean = np.array([[demo.bucket_sizes(k, n).mean() for k in K] for n in N])
    assert (np.diff(mean, axis=1) <= 0).all()
    assert (mean[:, 0] > 0.49 * np.array(N)).all()
    assert [demo.bucket_sizes(32, n).min() for n in N] == [1] * len(N)


def test_expected_share_is_the_chance_that_all_others_miss():
    for k, n in itertools.product((1, 2, 9, 13), (100, 1000)):
        exact = (1 - Fraction(1, 2**k)) ** (n - 1)
        assert demo.expected_alone(k, n) == pytest.approx(float(exact), rel=1e-9)


def test_simulations_scatter_around_the_expected_share():
    shares = [np.mean(RandomCodes(seed).bucket_sizes(13, 6000) == 1) for seed in range(40)]
    error = np.std(shares, ddof=1) / np.sqrt(len(shares))
    assert abs(np.mean(shares) - demo.expected_alone(13, 6000)) < 4 * error


def test_every_value_draws_its_own_picture_and_words():
    shown = {}
    for values in [{"k": k} for k in K] + [{"n": n} for n in N]:
        figure, alt = demo(**values)
        shown[alt] = as_svg(figure, figure.bbox_inches)
    assert len(shown) == len(set(shown.values())) == len(K) + len(N) - 1


def test_words_have_the_numbers_of_the_data():
    sizes = demo.bucket_sizes(13, 6000)
    figure, alt = demo()
    plt.close(figure)
    assert f"6,000 random codes, k = 13: {np.sum(sizes == 1):,} are alone (" in alt
    assert f"{demo.expected_alone(13, 6000):.1%} expected" in alt
    assert f"buckets hold 1 to {sizes.max()} codes" in alt
    assert f"{sizes.mean():.2f}" in alt
