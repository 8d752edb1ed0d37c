"""Spectral Hashing: on an evenly filled box its bits are the known waves, slowest first."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import parametrize_with_checks

from dshlib.hashers.spectral import SpectralHashing


@parametrize_with_checks([SpectralHashing(1), SpectralHashing(4)])
def test_estimator_keeps_the_rules_of_scikit_learn(estimator, check):
    check(estimator)


def box(*sides, n=20_000, seed=0):
    """Points that fill a box around 0 evenly, with its corners, so that the range is exact."""
    rng = np.random.default_rng(seed)
    half = np.array(sides) / 2
    corners = np.stack(np.meshgrid(*[(-h, h) for h in half]), axis=-1).reshape(-1, len(sides))
    return np.vstack([rng.uniform(-half, half, size=(n, len(sides))), corners])


def on_grid(x_side, y_side, n=101):
    """A fine grid of the rectangle, and its coordinates from the lower left corner, 0 to 1."""
    u, v = np.meshgrid(np.linspace(0, 1, n), np.linspace(0, 1, n))
    u, v = u.ravel(), v.ravel()
    return np.stack([(u - 0.5) * x_side, (v - 0.5) * y_side], axis=1), u, v


def test_waves_of_a_rectangle_come_slowest_first():
    # sides 10 and 4: j/10 for the long side against j/4 for the short one
    hasher = SpectralHashing(8).fit(box(10, 4))
    assert list(zip(hasher.axis_.tolist(), hasher.mode_.tolist(), strict=True)) == [
        (0, 1), (0, 2), (1, 1), (0, 3), (0, 4), (1, 2), (0, 5), (0, 6)
    ]  # fmt: skip
    expected = np.pi * np.array([0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.5, 0.6])
    assert hasher.frequency_ == pytest.approx(expected, rel=0.02)


def test_bits_of_a_rectangle_are_the_signs_of_the_cosines():
    hasher = SpectralHashing(6).fit(box(10, 4))
    X, u, v = on_grid(10, 4)
    values = hasher.project(X)
    for column, (t, j) in enumerate([(u, 1), (u, 2), (v, 1), (u, 3), (u, 4), (v, 2)]):
        wave = np.cos(np.pi * j * t)
        sign = np.sign(wave @ values[:, column])  # an axis of PCA may point either way
        assert values[:, column] == pytest.approx(sign * wave, abs=0.15)
        sure = np.abs(wave) > 0.15
        assert np.array_equal(hasher.encode(X)[sure, column], (sign * wave > 0)[sure])


def test_on_an_evenly_filled_box_bits_are_balanced_and_waves_uncorrelated():
    hasher, X = SpectralHashing(6), box(10, 4)
    waves = hasher.fit(X).project(X)
    B = np.where(hasher.encode(X), 1.0, -1.0)
    assert abs(B.mean(axis=0)).max() < 0.05
    assert np.abs(np.corrcoef(waves.T) - np.eye(6)).max() < 0.05
    # their signs are a little less so: half waves 1 and 3 of one axis correlate by 1/3
    assert abs(np.corrcoef(B.T)[0, 3]) == pytest.approx(1 / 3, abs=0.02)


def test_first_bit_of_an_axis_cuts_it_in_the_middle_of_its_range():
    X = np.array([[0.0], [1.0], [2.0], [3.0], [10.0]])  # mean 3.2, middle 5
    bits = SpectralHashing(1).fit(X).encode([[4.9], [5.1], [0.0], [10.0]])[:, 0]
    assert bits[0] == bits[2] != bits[1] == bits[3]


def test_two_waves_of_one_axis_are_a_gray_code():
    hasher = SpectralHashing(2).fit(np.linspace(0, 1, 101)[:, None])
    codes = hasher.encode([[0.1], [0.4], [0.6], [0.9]]).astype(int)
    apart = np.abs(codes[:, None] - codes[None]).sum(axis=2)
    assert apart[0].tolist() == [0, 1, 2, 1]


def test_queries_use_the_range_of_the_training_data(database_hog, query_hog):
    hasher = SpectralHashing(24).fit(database_hog)
    together = hasher.encode(query_hog)
    one_by_one = np.vstack([hasher.encode(x[None]) for x in query_hog[:50]])
    assert np.array_equal(together[:50], one_by_one)
    V = (database_hog.astype(float) - hasher.mean_) @ hasher.components_.T
    assert hasher.minimum_ == pytest.approx(V.min(axis=0))
    assert hasher.maximum_ == pytest.approx(V.max(axis=0))


def test_real_features_by_the_definition(database_hog, query_hog):
    k = 32
    hasher = SpectralHashing(k).fit(database_hog)
    X = database_hog.astype(float)
    _, _, directions = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)
    V = (X - X.mean(axis=0)) @ directions[:k].T
    width = np.ptp(V, axis=0)
    modes = sorted((np.pi * j / width[a], a, j) for a in range(k) for j in range(1, k + 1))[:k]
    assert hasher.frequency_ == pytest.approx([w for w, _, _ in modes])
    assert hasher.axis_.tolist() == [a for _, a, _ in modes]
    assert hasher.mode_.tolist() == [j for _, _, j in modes]
    Q = (query_hog.astype(float) - X.mean(axis=0)) @ directions[:k].T
    for bit, (w, a, _) in enumerate(modes):
        wave = np.sin(w * (Q[:, a] - V[:, a].min()) + np.pi / 2)
        ours = hasher.project(query_hog)[:, bit]
        turned = np.sin(w * (V[:, a].max() - Q[:, a]) + np.pi / 2)
        assert np.allclose(ours, wave) or np.allclose(ours, turned)


def test_more_bits_than_features_and_flat_axes():
    X = np.zeros((50, 3))
    X[:, 1] = np.arange(50)
    hasher = SpectralHashing(5).fit(X)
    assert hasher.axis_.tolist() == [0] * 5
    assert hasher.mode_.tolist() == [1, 2, 3, 4, 5]
    assert hasher.encode(X).shape == (50, 5)


def test_parameters_survive_and_labels_are_ignored(query_hog, classroom):
    hasher = SpectralHashing(12)
    copy = clone(hasher)
    assert hasher.fit(query_hog, classroom.queries.labels) is hasher
    assert hasher.get_params() == {"n_bits": 12}
    assert np.array_equal(copy.fit(query_hog).encode(query_hog), hasher.encode(query_hog))


@pytest.mark.parametrize("rows", [1, 3])
def test_what_spans_no_box_is_refused(rows):
    with pytest.raises(ValueError, match=f"two different rows.*n_samples={rows}"):
        SpectralHashing(2).fit(np.ones((rows, 4)))


def test_n_bits_is_checked_by_name(query_hog):
    with pytest.raises(ValueError, match="n_bits == 0"):
        SpectralHashing(0).fit(query_hog)
    with pytest.raises(TypeError, match="n_bits"):
        SpectralHashing("8").fit(query_hog)


def test_nothing_works_before_fit_or_with_another_width(query_hog):
    with pytest.raises(NotFittedError):
        SpectralHashing(4).encode(query_hog)
    with pytest.raises(ValueError, match="features"):
        SpectralHashing(4).fit(query_hog).encode(query_hog[:, 1:])
