"""CNNH: stage 1 descends and is the algorithm with n × n matrices; stage 2 learns its codes."""

import numpy as np
import pytest
import torch
from scipy.special import expit, xlogy

from dshlib import data
from dshlib.hashers.cnnh import (
    CNNH,
    approximate_codes,
    class_sums,
    code_loss,
    newton_step,
    objective,
    similar_minus_others,
    sweep,
)

CLASSROOM = data.load("classroom")
DATABASE = data.LabelledImages(CLASSROOM.database.images[:2000], CLASSROOM.database.labels[:2000])
IMAGES, LABELS = DATABASE.images[:202], DATABASE.labels[:202]  # batches of 100, 100 and 2


@pytest.fixture(scope="module")
def trained():
    return CNNH(12, n_sweeps=4, epochs=3).fit(DATABASE.images, DATABASE.labels)


def quick(**parameters):
    return CNNH(**{"n_bits": 8, "n_sweeps": 2, "epochs": 1} | parameters)


def random_labels(n, n_classes, seed=0):
    return np.random.default_rng(seed).integers(n_classes, size=n)


def random_codes(n, n_bits, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (n, n_bits))


def difference(H, labels):
    """L = HHᵀ − k S, (n, n), as the paper has it."""
    S = np.where(labels[:, None] == labels, 1, -1)
    return H @ H.T - H.shape[1] * S


def step_of(H, labels, i, j):
    """The package's step for one entry of H."""
    others = np.arange(len(H)) != i
    sums = class_sums(H * others[:, None], labels)
    target = H.shape[1] * similar_minus_others(sums)[labels[i]]
    return newton_step(H[i], j, H[others].T @ H[others], target)


def moved(H, i, j, d):
    return H + d * np.outer(np.arange(len(H)) == i, np.arange(H.shape[1]) == j)


@pytest.mark.parametrize("n_classes", [1, 2, 10])
@pytest.mark.parametrize(("n", "n_bits"), [(2, 3), (60, 1), (60, 12), (150, 8)])
def test_objective_never_rises_and_is_that_of_the_definition(n, n_bits, n_classes):
    for seed in range(3):
        labels = random_labels(n, n_classes, seed)
        H, values = approximate_codes(labels, n_bits, 6, seed)
        assert H.shape == (n, n_bits) and len(values) == 7
        assert (np.diff(values) <= 1e-9 * values[0]).all() and values[-1] < values[0]
        for n_sweeps in (0, 1, 6):
            H, some = approximate_codes(labels, n_bits, n_sweeps, seed)
            assert some == values[: n_sweeps + 1]
            assert values[n_sweeps] == pytest.approx((difference(H, labels) ** 2).sum(), abs=1e-6)


def test_objective_of_real_labels_falls_by_a_quarter(trained):
    assert len(trained.objective_) == 5
    assert (np.diff(trained.objective_) < 0).all()
    assert trained.objective_[-1] < 0.75 * trained.objective_[0]
    rows = [H @ trained.codes_.T for H in np.split(trained.codes_, 4)]
    similar = [y[:, None] == DATABASE.labels for y in np.split(DATABASE.labels, 4)]
    expected = sum(
        ((row - 12 * np.where(same, 1, -1)) ** 2).sum()
        for row, same in zip(rows, similar, strict=True)
    )
    assert trained.objective_[-1] == pytest.approx(expected)


def test_sweeps_are_those_of_the_algorithm_with_n_by_n_matrices():
    labels, H = random_labels(40, 4), random_codes(40, 6)
    ours, theirs, L = H.copy(), H.copy(), difference(H, labels)
    for _ in range(3):
        sweep(ours, labels)
        for i, j in np.ndindex(theirs.shape):
            column = theirs[:, j].copy()
            slope = 4 * L[i] @ column
            curvature = 4 * (column @ column + column[i] ** 2 + L[i, i])
            d = np.clip(-slope / curvature, -1 - column[i], 1 - column[i])
            L[i] += d * column
            L[:, i] += d * column
            L[i, i] += d**2
            theirs[i, j] += d
        np.testing.assert_allclose(ours, theirs, atol=1e-12)
    np.testing.assert_allclose(L, difference(theirs, labels), atol=1e-9)


def test_a_step_stops_near_the_lowest_point_of_the_quartic():
    """Newton's parabola is not the quartic: near, not equal."""
    labels, H = random_labels(400, 5), random_codes(400, 8)
    steps, far = [], 0
    for i, j in [(0, 0), (7, 3), (100, 7), (399, 5), (50, 1), (60, 2), (70, 4), (80, 6)]:
        ends = np.array([-1 - H[i, j], 1 - H[i, j]])
        at = np.linspace(*ends, 5)  # five points fix a quartic
        values = [(difference(moved(H, i, j, d), labels) ** 2).sum() for d in at]
        grid = np.linspace(*ends, 20_001)
        lowest = grid[np.polyval(np.polyfit(at, values, 4), grid).argmin()]
        steps.append(step_of(H, labels, i, j))
        assert steps[-1] == pytest.approx(lowest, abs=0.03)
        far += ends.min() < lowest < ends.max() and abs(steps[-1]) > 0.1
    assert far >= 2  # so that not only ends of the range were compared


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_no_single_step_rises_or_leaves_the_range_even_with_a_few_images(n):
    for seed in range(20):
        labels, H = random_labels(n, 3, seed), random_codes(n, 6, seed)
        for i, j in np.ndindex(H.shape):
            after = moved(H, i, j, step_of(H, labels, i, j))
            assert np.abs(after).max() <= 1 + 1e-12
            assert objective(after, labels) <= objective(H, labels) + 1e-9
            H = after


def test_codes_of_two_classes_are_opposite_corners_and_exact():
    labels = random_labels(100, 2)
    H, values = approximate_codes(labels, 8, 10, seed=0)
    assert values[-1] == pytest.approx(0, abs=1e-6)
    assert np.abs(H) == pytest.approx(np.ones((100, 8)))
    np.testing.assert_allclose(H, np.where(labels == labels[0], 1, -1)[:, None] * H[0])


@pytest.mark.parametrize(
    ("n_classes", "n_bits", "seed"), [(3, 4, 0), (3, 4, 1), (4, 12, 0), (5, 12, 2)]
)
def test_codes_are_equal_within_a_class_and_differ_between_classes(n_classes, n_bits, seed):
    labels = random_labels(200, n_classes)
    bits = approximate_codes(labels, n_bits, 30, seed)[0] > 0
    per_class = np.stack([bits[labels == label][0] for label in range(n_classes)])
    assert np.array_equal(bits, per_class[labels])
    assert len(np.unique(per_class, axis=0)) == n_classes


def test_codes_come_from_labels_alone():
    shuffled = np.random.default_rng(0).permutation(len(IMAGES))
    as_given, other_images, other_names = (
        quick().fit(X, y)
        for X, y in [(IMAGES, LABELS), (IMAGES[shuffled], LABELS), (IMAGES, 5 * LABELS - 20)]
    )
    np.testing.assert_array_equal(as_given.codes_, other_images.codes_)
    np.testing.assert_array_equal(as_given.codes_, other_names.codes_)
    assert not np.array_equal(as_given.outputs(IMAGES), other_images.outputs(IMAGES))
    other_labels = quick().fit(IMAGES, LABELS[shuffled])
    assert not np.allclose(as_given.codes_, other_labels.codes_)


def test_loss_is_the_cross_entropy_to_the_codes_of_the_images_in_the_batch():
    H, outputs, images = random_codes(9, 4), 3 * random_codes(5, 4, seed=1), [8, 0, 3, 3, 1]
    p, q = (H[images] + 1) / 2, expit(outputs)
    expected = -np.mean(xlogy(p, q) + xlogy(1 - p, 1 - q))
    batch = {"images": torch.tensor(images)}
    assert float(code_loss(torch.tensor(outputs), batch, torch.tensor(H))) == pytest.approx(
        expected
    )


def test_the_network_learns_the_codes(trained):
    assert [epoch["epoch"] for epoch in trained.history_] == [1, 2, 3]
    first, second, third = (epoch["loss"] for epoch in trained.history_)
    assert first > second > third
    agree = trained.encode(DATABASE.images) == (trained.codes_ > 0)
    assert agree.mean() > 0.85  # measured: .91


def test_three_epochs_beat_random_projection_by_far(trained, beside_lsh):
    ours, lsh = beside_lsh(trained)
    assert ours > lsh + 0.2  # measured: .67 and .34


def test_the_same_seed_gives_the_same_codes_and_another_seed_others():
    a, b, c = (quick(seed=seed).fit(IMAGES, LABELS) for seed in (1, 1, 2))
    np.testing.assert_array_equal(a.codes_, b.codes_)
    np.testing.assert_array_equal(a.outputs(IMAGES), b.outputs(IMAGES))
    assert a.objective_ == b.objective_
    assert not np.allclose(a.codes_, c.codes_)
    assert not np.allclose(a.outputs(IMAGES), c.outputs(IMAGES))


@pytest.mark.parametrize(
    ("name", "value"),
    [("n_sweeps", 0), ("epochs", 2), ("lr", 0.001), ("batch_size", 70), ("network", "paper")],
)
def test_every_parameter_matters(name, value):
    default, changed = (quick(**p).fit(IMAGES, LABELS).outputs(IMAGES) for p in ({}, {name: value}))
    assert not np.array_equal(default, changed)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_bits", 0), ("n_sweeps", -1), ("epochs", 0), ("batch_size", 1), ("seed", -1), ("lr", 0),
        ("n_threads", 0), ("network", "huge"),
    ],
)  # fmt: skip
def test_a_bad_parameter_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=rf"^{name} ?=+ ?'?{value}"):
        quick(**{name: value}).fit(IMAGES, LABELS)


@pytest.mark.parametrize("name", ["n_bits", "n_sweeps", "epochs", "seed", "n_threads", "lr"])
def test_a_parameter_of_the_wrong_type_is_refused_by_name(name):
    with pytest.raises(TypeError, match=f"^{name} must be an instance of"):
        quick(**{name: "1"}).fit(IMAGES, LABELS)


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (IMAGES.reshape(202, 784), LABELS, r"^X must be images of shape.*got shape \(202, 784\)"),
        (IMAGES, None, r"^y must have shape \(202,\).* got NoneType of shape \(\)"),
        (IMAGES, LABELS[:-1], r"^y must have shape \(202,\).*\(201,\)"),
        (IMAGES, LABELS * 0, "^y has one class only"),
    ],
)
def test_data_that_nothing_can_be_learnt_from_is_refused_with_a_reason(images, labels, message):
    with pytest.raises(ValueError, match=message):
        quick().fit(images, labels)
