"""Networks, training loop and the DSH hasher, on the images of the classroom split."""

import os
import subprocess
import sys
import warnings

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from torch import nn

from dshlib import data
from dshlib.dsh import training
from dshlib.dsh.loss import all_pairs_loss, dsh_loss
from dshlib.dsh.network import NETWORKS, paper_network, small_network
from dshlib.features import hog
from dshlib.hashers import dsh
from dshlib.hashers.dsh import DSH
from dshlib.hashers.lsh import RandomProjection
from dshlib.metrics import mean_average_precision

CLASSROOM = data.load("classroom")
DATABASE, QUERIES = CLASSROOM.database, CLASSROOM.queries
IMAGES, LABELS = DATABASE.images[:202], DATABASE.labels[:202]  # batches of 100, 100 and 2


@pytest.fixture(scope="module")
def trained():
    return DSH(12, epochs=3).fit(DATABASE.images, DATABASE.labels)


def quick(**parameters):
    return DSH(**{"n_bits": 8, "epochs": 1} | parameters)


def batches_of(labels, pairs, batch_size=64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return list(training._batches(torch.as_tensor(labels), batch_size, pairs, generator))


@pytest.mark.parametrize("n_bits", [1, 8, 48])
@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_gives_one_output_a_bit(name, n_bits):
    assert NETWORKS[name](n_bits)(torch.zeros(2, 1, 28, 28)).shape == (2, n_bits)


def test_the_papers_network_is_built_as_published():
    network = paper_network(12)
    names = [type(layer).__name__.removesuffix("2d") for layer in network]
    assert " ".join(names) == (
        "Conv MaxPool ReLU LocalResponseNorm Conv AvgPool ReLU LocalResponseNorm "
        "Conv ReLU AvgPool Flatten Linear ReLU Linear"
    )
    convolutions = [layer for layer in network if isinstance(layer, nn.Conv2d)]
    assert [c.out_channels for c in convolutions] == [32, 32, 64]
    assert {(c.kernel_size, c.padding, c.stride) for c in convolutions} == {
        ((5, 5), (2, 2), (1, 1))
    }
    pools = [layer for layer in network if isinstance(layer, (nn.MaxPool2d, nn.AvgPool2d))]
    assert {(p.kernel_size, p.stride, p.ceil_mode) for p in pools} == {(3, 2, True)}
    dense = [layer for layer in network if isinstance(layer, nn.Linear)]
    assert [(f.in_features, f.out_features) for f in dense] == [(576, 500), (500, 12)]


def test_the_small_network_is_small():
    assert sum(p.numel() for p in small_network(16).parameters()) < 200_000


@pytest.mark.parametrize("pairs", training.PAIRS)
def test_an_epoch_covers_every_image_once_in_an_order_that_is_new_each_time(pairs):
    generator = torch.Generator().manual_seed(0)
    labels = torch.from_numpy(LABELS)
    orders = []
    for _ in range(2):
        batches = list(training._batches(labels, 64, pairs, generator))
        own = [b["images"] if pairs == "all" else b["images"].chunk(2)[0] for b in batches]
        assert [len(images) for images in own] == [64, 64, 64, 10]
        orders.append(torch.cat(own))
        assert torch.equal(orders[-1].sort().values, torch.arange(202))
    in_place = torch.arange(202) == torch.stack([*orders, orders[0].flip(0)])
    assert in_place.sum() < 20
    assert (orders[0] == orders[1]).sum() < 20


def test_a_batch_of_all_pairs_holds_its_images_with_their_labels():
    for batch in batches_of(LABELS, "all"):
        np.testing.assert_array_equal(batch["labels"], LABELS[batch["images"]])


def test_a_siamese_batch_holds_images_then_partners_and_whether_they_differ():
    for batch in batches_of(LABELS, "siamese"):
        own, partner = LABELS[batch["images"]].reshape(2, -1)
        np.testing.assert_array_equal(batch["y"], own != partner)


def test_a_lone_image_is_left_out_of_all_pairs_and_kept_with_its_partner():
    assert [len(batch["images"]) for batch in batches_of(LABELS[:129], "all")] == [64, 64]
    assert [len(batch["images"]) for batch in batches_of(LABELS[:129], "siamese")] == [128, 128, 2]


@pytest.mark.parametrize("pairs", training.PAIRS)
def test_a_lone_image_in_the_last_batch_does_no_harm(pairs):
    hasher = quick(pairs=pairs, batch_size=67).fit(IMAGES, LABELS)
    assert hasher.encode(IMAGES).shape == (202, 8)


def test_mirroring_flips_about_half_of_the_images_and_nothing_else():
    images = torch.from_numpy(IMAGES.astype(np.float32))[:, None]
    mirrored = training._mirror(images, torch.Generator().manual_seed(0))
    kept = (mirrored == images).flatten(1).all(1)
    flipped = (mirrored == images.flip(3)).flatten(1).all(1)
    assert (kept | flipped).all()
    assert 60 < kept.sum() < 142  # 202 / 2 ± 6 standard deviations


@pytest.mark.parametrize("pairs", training.PAIRS)
def test_history_holds_the_loss_of_the_pairs_and_the_distance_of_outputs_from_1(pairs, monkeypatch):
    monkeypatch.setattr(training, "has_bfloat16", lambda: False)
    labels, generator = torch.from_numpy(LABELS), torch.Generator().manual_seed(3)
    images = torch.from_numpy(IMAGES / 255).float()[:, None]
    images += images.flip(3)  # mirroring changes nothing
    network = nn.Sequential(nn.Flatten(), nn.Linear(784, 8))
    expected = []
    for batch in batches_of(LABELS, pairs, batch_size=202, seed=3):
        outputs = network(images[batch["images"]]).detach()
        b1, b2 = outputs[:202], outputs[-202:]
        expected = (
            all_pairs_loss(outputs, batch["labels"], 16, 0.1)
            if pairs == "all"
            else dsh_loss(b1, b2, batch["y"], 16, 0.1, reduction="mean")
        )
    settings = {"margin": 16, "alpha": 0.1, "epochs": 1, "lr": 1e-9, "batch_size": 202}
    (epoch,) = training.train(network, images, labels, pairs=pairs, generator=generator, **settings)
    assert epoch["loss"] == pytest.approx(float(expected), rel=1e-5)
    assert epoch["quantization_gap"] == pytest.approx(float((outputs.abs() - 1).abs().mean()))


def test_history_has_one_entry_an_epoch_and_the_loss_goes_down(trained):
    assert [set(epoch) for epoch in trained.history_] == [
        {"epoch", "loss", "quantization_gap", "seconds"}
    ] * 3
    assert [epoch["epoch"] for epoch in trained.history_] == [1, 2, 3]
    first, second, third = (epoch["loss"] for epoch in trained.history_)
    assert first > second > third
    assert all(epoch["seconds"] > 0 for epoch in trained.history_)


def test_three_epochs_beat_random_projection_by_far(trained):
    lsh = RandomProjection(12, center=True).fit(hog(DATABASE.images))
    scores = [
        mean_average_precision(query_codes, QUERIES.labels, database_codes, DATABASE.labels, k=10)
        for query_codes, database_codes in (
            (trained.encode(QUERIES.images), trained.encode(DATABASE.images)),
            (lsh.encode(hog(QUERIES.images)), lsh.encode(hog(DATABASE.images))),
        )
    ]
    assert scores[0] > scores[1] + 0.2  # measured: .67 and .34


def test_codes_are_the_signs_of_the_outputs(trained):
    outputs, codes = trained.outputs(IMAGES), trained.encode(IMAGES)
    assert (outputs.dtype, codes.dtype, codes.shape) == (np.float32, bool, (202, 12))
    np.testing.assert_array_equal(codes, outputs > 0)


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

    def same_weights(n_bits):
        network = small_network(n_bits)
        network.load_state_dict(weights)
        return network

    monkeypatch.setitem(dsh.NETWORKS, "small", same_weights)
    losses = [quick(seed=s).fit(IMAGES, LABELS).history_[0]["loss"] for s in (1, 1, 2)]
    assert losses[0] == losses[1] != losses[2]


def test_fit_leaves_the_global_random_states_alone():
    torch.manual_seed(7)
    np.random.seed(7)
    quick(pairs="siamese").fit(IMAGES, LABELS).encode(IMAGES)
    drawn = float(torch.rand(1)), np.random.random()
    torch.manual_seed(7)
    np.random.seed(7)
    assert drawn == (float(torch.rand(1)), np.random.random())


def test_parameters_stay_as_given():
    given = {
        "n_bits": np.int64(8), "margin": None, "alpha": np.float32(0.02), "epochs": 1, "lr": 0.001,
        "batch_size": 50, "pairs": "siamese", "network": "paper", "seed": np.int64(4),
        "progress": False,
    }  # fmt: skip
    hasher = DSH(**given)
    copy = clone(hasher.fit(IMAGES, LABELS))
    for estimator in (hasher, copy):
        assert estimator.get_params() == given
    assert all(getattr(hasher, name) is value for name, value in given.items())
    assert not hasattr(copy, "network_")


def test_the_default_margin_is_2_n_bits():
    outputs = [quick(margin=m).fit(IMAGES, LABELS).outputs(IMAGES) for m in (None, 16, 15)]
    np.testing.assert_array_equal(outputs[0], outputs[1])
    assert not np.array_equal(outputs[0], outputs[2])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_bits", 0), ("epochs", 0), ("batch_size", 1), ("seed", -1), ("alpha", -1), ("lr", 0),
        ("margin", 0), ("margin", -3), ("pairs", "some"), ("network", "huge"),
    ],
)  # fmt: skip
def test_a_bad_parameter_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=rf"^{name} ?=+ ?'?{value}"):
        quick(**{name: value}).fit(IMAGES, LABELS)


@pytest.mark.parametrize("name", ["n_bits", "epochs", "seed", "lr", "alpha", "margin"])
def test_a_parameter_of_the_wrong_type_is_refused_by_name(name):
    with pytest.raises(TypeError, match=f"^{name} must be an instance of"):
        quick(**{name: "1"}).fit(IMAGES, LABELS)


NOT_A_NUMBER = np.where(IMAGES == 0, np.nan, IMAGES)


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (IMAGES.reshape(202, 784), LABELS, r"^X must be images of shape.*got shape \(202, 784\)"),
        (IMAGES[:, :27], LABELS, r"^X must be images of shape.*got shape \(202, 27, 28\)"),
        (IMAGES[:0], LABELS[:0], "^X must be images of shape.*n >= 1"),
        (NOT_A_NUMBER, LABELS, "^X must hold finite numbers"),
        (IMAGES.astype(str), LABELS, "^X must hold finite numbers; got dtype <U3"),
        (IMAGES, None, "^y must be integer labels"),
        (IMAGES, np.where(LABELS == 0, np.nan, LABELS), "^y must be integer labels.*float64"),
        (IMAGES, LABELS[:, None], r"^y must be integer labels.*\(202, 1\)"),
        (IMAGES, LABELS[:-1], r"inconsistent numbers of samples: \[202, 201\]"),
        (IMAGES, LABELS * 0, "^y has one class only"),
    ],
)
def test_data_that_nothing_can_be_learnt_from_is_refused_with_a_reason(images, labels, message):
    with pytest.raises(ValueError, match=message):
        quick().fit(images, labels)


def test_encode_refuses_what_fit_refuses(trained):
    for images in (IMAGES[0], IMAGES[:, :27], NOT_A_NUMBER):
        with pytest.raises(ValueError, match="^X must"):
            trained.encode(images)


def test_encode_before_fit_says_so():
    for method in (DSH(8).encode, DSH(8).outputs):
        with pytest.raises(NotFittedError, match="DSH instance is not fitted yet"):
            method(IMAGES)


def test_a_loss_that_is_no_longer_finite_stops_the_training():
    with pytest.raises(FloatingPointError, match="try a smaller lr"):
        quick(lr=1e9, epochs=50).fit(IMAGES, LABELS)


@pytest.mark.parametrize("network", NETWORKS)
def test_read_only_arrays_are_trained_on_without_a_warning_or_a_change(network):
    assert not DATABASE.images.flags.writeable and not DATABASE.labels.flags.writeable
    before = IMAGES.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        quick(network=network).fit(IMAGES, LABELS).encode(IMAGES)
    np.testing.assert_array_equal(IMAGES, before)


def test_images_of_one_grey_and_labels_of_any_integers_are_no_obstacle():
    outputs = (
        quick()
        .fit(np.full((60, 28, 28), 9, np.uint8), np.arange(60) % 3 * 100 - 7)
        .outputs(np.full((2, 28, 28), 9))
    )
    assert np.isfinite(outputs).all()


def test_training_works_without_bfloat16(monkeypatch):
    monkeypatch.setattr(training, "has_bfloat16", lambda: False)
    hasher = quick(epochs=4).fit(IMAGES, LABELS)
    assert hasher.history_[-1]["loss"] < hasher.history_[0]["loss"]


def test_methods_without_a_network_start_without_torch():
    modules = "dshlib.hashers.lsh, dshlib.metrics, dshlib.experiments"
    code = f"import sys, {modules}; sys.exit('torch' in sys.modules)"
    where = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    assert subprocess.run([sys.executable, "-c", code], env=where, timeout=120).returncode == 0
