"""The DSH hasher: images and labels of the classroom split in, codes out."""

import warnings

import numpy as np
import pytest
import torch

from dshlib import data, training
from dshlib.hashers.dsh import DSH
from dshlib.networks import NETWORKS, small_network

CLASSROOM = data.load("classroom")
DATABASE, QUERIES = CLASSROOM.database, CLASSROOM.queries
IMAGES, LABELS = DATABASE.images[:202], DATABASE.labels[:202]  # batches of 100, 100 and 2
NOT_A_NUMBER = np.where(IMAGES == 0, np.nan, IMAGES)


@pytest.fixture(scope="module")
def trained():
    return DSH(12, epochs=3).fit(DATABASE.images, DATABASE.labels)


def quick(**parameters):
    return DSH(**{"n_bits": 8, "epochs": 1} | parameters)


@pytest.mark.parametrize("pairs", training.PAIRS)
def test_a_lone_image_in_the_last_batch_does_no_harm(pairs):
    hasher = quick(pairs=pairs, batch_size=67).fit(IMAGES, LABELS)
    assert hasher.encode(IMAGES).shape == (202, 8)


def test_history_has_one_entry_an_epoch_and_the_loss_goes_down(trained):
    assert [set(epoch) for epoch in trained.history_] == [
        {"epoch", "loss", "quantization_gap", "seconds"}
    ] * 3
    assert [epoch["epoch"] for epoch in trained.history_] == [1, 2, 3]
    first, second, third = (epoch["loss"] for epoch in trained.history_)
    assert first > second > third
    assert all(epoch["seconds"] > 0 for epoch in trained.history_)


def test_three_epochs_beat_random_projection_by_far(trained, beside_lsh):
    ours, lsh = beside_lsh(trained)
    assert ours > lsh + 0.2  # measured: .67 and .34


def test_outputs_of_many_images_are_those_of_their_parts(trained):
    together = trained.outputs(DATABASE.images[:1003])
    parts = [trained.outputs(part) for part in np.split(DATABASE.images[:1003], [400, 1002])]
    np.testing.assert_allclose(together, np.concatenate(parts), atol=0.05)  # bfloat16


@pytest.mark.parametrize("pairs", training.PAIRS)
def test_the_same_seed_gives_the_same_codes_and_another_seed_others(pairs):
    a, b, c = (
        quick(pairs=pairs, seed=seed).fit(IMAGES, LABELS).outputs(IMAGES) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(a, b)
    assert ((a > 0) != (c > 0)).mean() > 0.1


def test_the_seed_decides_the_first_weights():
    first = [quick(seed=s, lr=1e-12).fit(IMAGES, LABELS).network_[-1].weight for s in (1, 2)]
    assert (first[0] - first[1]).abs().mean() > 0.001


def test_the_seed_decides_the_order_too(monkeypatch):
    weights = small_network(8).state_dict()

    def same_weights(n_bits, image_shape):
        network = small_network(n_bits, image_shape)
        network.load_state_dict(weights)
        return network

    monkeypatch.setitem(NETWORKS, "small", same_weights)
    losses = [quick(seed=s).fit(IMAGES, LABELS).history_[0]["loss"] for s in (1, 1, 2)]
    assert losses[0] == losses[1] != losses[2]


def test_the_default_margin_is_2_n_bits():
    outputs = [quick(margin=m).fit(IMAGES, LABELS).outputs(IMAGES) for m in (None, 16, 15)]
    np.testing.assert_array_equal(outputs[0], outputs[1])
    assert not np.array_equal(outputs[0], outputs[2])


def test_a_network_of_ones_own_is_a_function_of_the_number_of_bits():
    named, given = (quick(network=n).fit(IMAGES, LABELS) for n in ("small", small_network))
    np.testing.assert_array_equal(named.outputs(IMAGES), given.outputs(IMAGES))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("alpha", 0.5), ("epochs", 2), ("lr", 0.001), ("batch_size", 70), ("pairs", "siamese"),
        ("network", "paper"), ("network", "deep"),
    ],
)  # fmt: skip
def test_every_parameter_matters(name, value):
    default, changed = (quick(**p).fit(IMAGES, LABELS).outputs(IMAGES) for p in ({}, {name: value}))
    assert not np.array_equal(default, changed)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_bits", 0), ("epochs", 0), ("batch_size", 1), ("seed", -1), ("alpha", -1), ("lr", 0),
        ("margin", 0), ("margin", -3), ("n_threads", 0), ("pairs", "some"), ("network", "huge"),
        ("augment_share", -1), ("device", "gpu"),
    ],
)  # fmt: skip
def test_a_bad_parameter_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=rf"^{name} ?=+ ?'?{value}"):
        quick(**{name: value}).fit(IMAGES, LABELS)


@pytest.mark.parametrize(
    "name", ["n_bits", "epochs", "seed", "n_threads", "lr", "alpha", "margin", "augment_share"]
)
def test_a_parameter_of_the_wrong_type_is_refused_by_name(name):
    with pytest.raises(TypeError, match=f"^{name} must be an instance of"):
        quick(**{name: "1"}).fit(IMAGES, LABELS)


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (IMAGES.reshape(202, 784), LABELS, r"^X must be images of shape.*got shape \(202, 784\)"),
        (IMAGES[:, :7], LABELS, r"^X must be images of shape.*got shape \(202, 7, 28\)"),
        (IMAGES[..., None], LABELS, r"^X must be images of shape.*got shape \(202, 28, 28, 1\)"),
        (IMAGES[:0], LABELS[:0], "^X must be images of shape.*n >= 1"),
        (NOT_A_NUMBER, LABELS, "^X must hold finite numbers"),
        (IMAGES.astype(str), LABELS, "^X must hold finite numbers; got dtype <U3"),
        (IMAGES, None, r"^y must have shape \(202,\).* got NoneType of shape \(\)"),
        (IMAGES, np.where(LABELS == 0, np.nan, LABELS), "^y are floats.*whole.*; got nan"),
        (IMAGES, LABELS[:, None], r"^y must have shape .*\(202, 1\): give np.ravel\(y\)"),
        (IMAGES, LABELS[:-1], r"^y must have shape \(202,\).*\(201,\)"),
        (IMAGES, LABELS * 0, "^y has one class only"),
    ],
)
def test_data_that_nothing_can_be_learnt_from_is_refused_with_a_reason(images, labels, message):
    with pytest.raises(ValueError, match=message):
        quick().fit(images, labels)


def test_encode_refuses_what_fit_refuses(trained):
    for images in (IMAGES[0], IMAGES[:, :7], NOT_A_NUMBER):
        with pytest.raises(ValueError, match="^X must"):
            trained.encode(images)


@pytest.mark.parametrize(
    ("images", "got"),
    [(IMAGES[:, :27], "27×28 pixels in grey"), (IMAGES[..., None].repeat(3, 3), "28.*in colour")],
)
def test_encode_refuses_images_of_another_shape_than_fit_saw(images, got, trained):
    with pytest.raises(ValueError, match=f"as fit saw them, 28×28 pixels in grey; got {got}"):
        trained.encode(images)


def test_a_loss_that_is_no_longer_finite_stops_the_training():
    with pytest.raises(FloatingPointError, match="try a smaller lr"):
        quick(lr=1e9, epochs=50).fit(IMAGES, LABELS)


@pytest.fixture
def every_warning_is_an_error():
    torch.set_warn_always(True)  # else torch warns once a process, perhaps in an earlier test
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
    torch.set_warn_always(False)


@pytest.mark.parametrize("network", NETWORKS)
def test_read_only_arrays_are_no_reason_to_warn(network, every_warning_is_an_error):
    assert not IMAGES.flags.writeable and not LABELS.flags.writeable
    quick(network=network).fit(IMAGES, LABELS).encode(IMAGES)


def test_images_of_one_grey_and_labels_of_any_integers_are_no_obstacle():
    grey = np.full((60, 28, 28), 9, dtype=np.uint8)
    assert np.isfinite(quick().fit(grey, np.arange(60) % 3 * 100 - 7).outputs(grey)).all()


def test_training_works_without_bfloat16(monkeypatch):
    monkeypatch.setattr(training, "has_bfloat16", lambda: False)
    hasher = quick(epochs=4).fit(IMAGES, LABELS)
    assert hasher.history_[-1]["loss"] < hasher.history_[0]["loss"]
