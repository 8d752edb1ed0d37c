"""The networks, and what the training loop feeds them and records."""

import itertools
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode

from dshlib import data, training
from dshlib.hashers.class_code import class_loss
from dshlib.hashers.cnnh import code_loss
from dshlib.hashers.dsh import DSH
from dshlib.loss import all_pairs_loss, dsh_loss
from dshlib.networks import NETWORKS, paper_network, small_network

IMAGES = torch.tensor(data.load("classroom").database.images[:202]).float()[:, None] / 255
LABELS = torch.tensor(data.load("classroom").database.labels[:202])


def batches_of(labels, pairs, batch_size=64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return list(training._batches(labels, batch_size, pairs, generator))


SHAPES = [(1, 28, 28), (3, 32, 32), (1, 8, 8), (3, 17, 9), (1, 64, 40)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n_bits", [1, 48])
@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_gives_one_output_a_bit_for_images_of_any_shape(name, n_bits, shape):
    assert NETWORKS[name](n_bits, shape)(torch.zeros(2, *shape)).shape == (2, n_bits)


@pytest.mark.parametrize("shape", [(1, 7, 28), (3, 28, 7), (0, 28, 28), (28, 28), (1, 1, 28, 28)])
@pytest.mark.parametrize("name", NETWORKS)
def test_images_that_are_too_small_or_of_no_such_shape_are_refused(name, shape):
    with pytest.raises(ValueError, match="^image_shape=.*but it must be .channels, height, width"):
        NETWORKS[name](8, shape)


def layers_of(network):
    return " ".join(type(layer).__name__.removesuffix("2d") for layer in network)


def test_the_papers_network_is_built_as_published():
    """Liu et al., CVPR 2016, figure 2: 32×32×3 → 16×16×32 → 8×8×32 → 4×4×64 → 500 → k."""
    network = paper_network(12, (3, 32, 32))
    assert layers_of(network) == (
        "Conv MaxPool ReLU LocalResponseNorm Conv AvgPool ReLU LocalResponseNorm "
        "Conv ReLU AvgPool Flatten Linear ReLU Linear"
    )
    convolutions = [layer for layer in network if isinstance(layer, nn.Conv2d)]
    assert [(c.in_channels, c.out_channels) for c in convolutions] == [(3, 32), (32, 32), (32, 64)]
    assert {(c.kernel_size, c.padding, c.stride) for c in convolutions} == {
        ((5, 5), (2, 2), (1, 1))
    }
    pools = [layer for layer in network if isinstance(layer, (nn.MaxPool2d, nn.AvgPool2d))]
    assert {(p.kernel_size, p.stride, p.ceil_mode) for p in pools} == {(3, 2, True)}
    dense = [layer for layer in network if isinstance(layer, nn.Linear)]
    assert [(f.in_features, f.out_features) for f in dense] == [(1024, 500), (500, 12)]
    maps, shapes = torch.zeros(1, 3, 32, 32), []
    for layer in network:
        maps = layer(maps)
        if isinstance(layer, (nn.MaxPool2d, nn.AvgPool2d)):
            shapes.append(tuple(maps.shape[1:]))
    assert shapes == [(32, 16, 16), (32, 8, 8), (64, 4, 4)]


def test_the_small_network_is_small_and_sees_every_pixel_first():
    network = small_network(12)
    assert layers_of(network) == (3 * "Conv MaxPool BatchNorm ReLU " + "Flatten Linear ReLU Linear")
    assert network[0](torch.zeros(1, 1, 28, 28)).shape == (1, 16, 28, 28)
    assert sum(p.numel() for p in network.parameters()) < 400_000


def test_deep_and_wide_networks_have_twice_and_four_times_the_channels_and_no_other_layers():
    small, deep, wide = (NETWORKS[name](12) for name in ("small", "deep", "wide"))
    assert layers_of(small) == layers_of(deep) == layers_of(wide)
    channels = [
        [layer.out_channels for layer in network if isinstance(layer, nn.Conv2d)]
        for network in (small, deep, wide)
    ]
    assert channels == [[16, 32, 64], [32, 64, 128], [64, 128, 256]]


def test_a_network_can_do_without_its_hidden_layer():
    bare = small_network(12, width=4, n_hidden=0)
    assert layers_of(bare) == 3 * "Conv MaxPool BatchNorm ReLU " + "Flatten Linear"
    assert bare[-1].in_features == 16 * 3 * 3


@pytest.mark.parametrize("pairs", training.PAIRS)
def test_an_epoch_covers_every_image_once_in_an_order_that_is_new_each_time(pairs):
    generator = torch.Generator().manual_seed(0)
    orders = [torch.arange(202)]
    for _ in range(2):
        batches = list(training._batches(LABELS, 64, pairs, generator))
        own = [b["images"] if pairs == "all" else b["images"].chunk(2)[0] for b in batches]
        assert [len(images) for images in own] == [64, 64, 64, 10]
        orders.append(torch.cat(own))
        assert torch.equal(orders[-1].sort().values, orders[0])
    for one, other in itertools.combinations(orders, 2):
        assert (one == other).sum() < 20


def test_a_batch_of_all_pairs_holds_its_images_with_their_labels():
    for batch in batches_of(LABELS, "all"):
        assert torch.equal(batch["labels"], LABELS[batch["images"]])


def test_a_siamese_batch_holds_images_then_partners_and_whether_they_differ():
    for batch in batches_of(LABELS, "siamese"):
        own, partner = LABELS[batch["images"]].chunk(2)
        assert torch.equal(batch["y"] == 1, own != partner)


def test_a_lone_image_is_left_out_of_all_pairs_and_kept_with_its_partner():
    assert [len(batch["images"]) for batch in batches_of(LABELS[:129], "all")] == [64, 64]
    assert [len(batch["images"]) for batch in batches_of(LABELS[:129], "siamese")] == [128, 128, 2]


@pytest.mark.parametrize(
    ("share", "augmented"),
    [(1, [1, 1, 1, 1]), (0.5, [1, 1, 0, 0]), (0.7, [1, 1, 1, 0]), (0, [0, 0, 0, 0])],
)
def test_images_are_augmented_in_the_first_share_of_the_epochs_only(share, augmented):
    shown = []

    class Watching(nn.Linear):
        def forward(self, images):
            shown.append(round(images.max().item() / 1000))
            return super().forward(images.flatten(1))

    training.train(
        Watching(784, 8), IMAGES, LABELS, loss=partial(training.batch_loss, margin=16, alpha=0.1),
        epochs=4, lr=1e-9, batch_size=202, pairs="all", augment=lambda images: images + 1000,
        augment_share=share, generator=torch.Generator().manual_seed(0),
    )  # fmt: skip
    assert shown == augmented


@pytest.mark.parametrize("augment", [lambda images: images[:, :, 1:], lambda images: None])
def test_an_augmentation_that_returns_no_such_batch_is_refused(augment):
    with pytest.raises(
        ValueError,
        match="^augment must keep the shape .202.*|^augment must keep the shape .*; it returned",
    ):
        training.train(
            small_network(8), IMAGES, LABELS, loss=partial(training.batch_loss, margin=16, alpha=0),
            epochs=1, lr=1e-9, batch_size=64, pairs="all", augment=augment,
            generator=torch.Generator().manual_seed(0),
        )  # fmt: skip


@pytest.mark.parametrize("pairs", training.PAIRS)
def test_history_holds_the_loss_of_the_pairs_and_the_distance_of_outputs_from_1(pairs, monkeypatch):
    monkeypatch.setattr(training, "has_bfloat16", lambda: False)
    network = nn.Sequential(nn.Flatten(), nn.Linear(784, 8))
    (batch,) = batches_of(LABELS, pairs, batch_size=202, seed=3)
    outputs = network(IMAGES[batch["images"]]).detach()
    if pairs == "all":
        expected = all_pairs_loss(outputs, batch["labels"], 16, 0.1)
    else:
        expected = dsh_loss(*outputs.chunk(2), batch["y"], 16, 0.1, reduction="mean")
    (epoch,) = training.train(
        network, IMAGES, LABELS, loss=partial(training.batch_loss, margin=16, alpha=0.1),
        epochs=1, lr=1e-9, batch_size=202, pairs=pairs,
        generator=torch.Generator().manual_seed(3),
    )  # fmt: skip
    assert epoch["loss"] == pytest.approx(float(expected), rel=1e-5)
    assert epoch["quantization_gap"] == pytest.approx(float((outputs.abs() - 1).abs().mean()))


def test_after_each_epoch_its_history_entry_is_handed_over_and_training_goes_on():
    seen = []

    def look(entry):
        training.encode_outputs(network, IMAGES)
        seen.append(entry)

    torch.manual_seed(0)
    network = small_network(8)
    settings = {"loss": partial(training.batch_loss, margin=16, alpha=0.01), "epochs": 3,
                "lr": 0.003, "batch_size": 64, "pairs": "all"}  # fmt: skip
    history = training.train(network, IMAGES, LABELS, **settings, after_epoch=look,
                             generator=torch.Generator().manual_seed(0))  # fmt: skip
    assert seen == history
    assert network.training
    torch.manual_seed(0)
    unseen = training.train(small_network(8), IMAGES, LABELS, **settings,
                            generator=torch.Generator().manual_seed(0))  # fmt: skip
    assert [entry["loss"] for entry in unseen] == [entry["loss"] for entry in history]


@pytest.mark.parametrize(("forced", "used"), [("on", torch.bfloat16), ("off", torch.float32)])
def test_bfloat16_can_be_forced_on_or_off_whatever_the_processor(forced, used, monkeypatch):
    class Watching(nn.Linear):
        def forward(self, images):
            seen.append(super().forward(images.flatten(1)).dtype)
            return torch.zeros(len(images), 8)

    seen = []
    monkeypatch.setenv("DSHLIB_BFLOAT16", forced)
    assert training.has_bfloat16() is (forced == "on")
    training.encode_outputs(Watching(784, 8), IMAGES)
    assert seen == [used]


def test_the_processor_decides_unless_bfloat16_is_forced(monkeypatch):
    monkeypatch.delenv("DSHLIB_BFLOAT16", raising=False)
    for name, has in (("avx512_bf16", True), ("amx_bf16", True), ("avx2", False)):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda name=name: {name: True})
        assert training.has_bfloat16() is has


@pytest.mark.parametrize("forced", ["", "1", "ON"])
def test_bfloat16_that_is_neither_on_nor_off_is_refused_by_name(forced, monkeypatch):
    monkeypatch.setenv("DSHLIB_BFLOAT16", forced)
    with pytest.raises(ValueError, match=f"^DSHLIB_BFLOAT16='{forced}', but it must be on or off"):
        training.forward(small_network(8), IMAGES)


def test_auto_is_the_fastest_device_there_is_and_others_are_refused_where_they_are_not(monkeypatch):
    for cuda, mps, expected in ((True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda cuda=cuda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda mps=mps: mps)
        assert training.find_device("auto") == torch.device(expected)
        assert training.find_device("cpu") == torch.device("cpu")
    for name in ("cuda", "mps"):
        with pytest.raises(ValueError, match=f"^device='{name}', but torch finds no such device"):
            training.find_device(name)
    with pytest.raises(
        ValueError, match="^device='gpu', but it must be one of cpu, cuda, mps, auto"
    ):
        training.find_device("gpu")


LOSSES = {
    "DSH": partial(training.batch_loss, margin=16, alpha=0.1),
    "class code": class_loss,
    "CNNH": lambda outputs, batch: code_loss(
        outputs, batch, torch.zeros(len(LABELS), 8, device=outputs.device)
    ),
}


@pytest.mark.parametrize("name", LOSSES)
def test_every_batch_goes_to_the_device_of_the_network_and_images_stay(name, monkeypatch):
    """A stand-in for a GPU: tensors without values, which know their device and do not mix."""
    monkeypatch.setattr(torch.Tensor, "backward", lambda loss: None)  # that would take a GPU
    monkeypatch.setattr(training, "_summary", lambda epoch, losses, *rest: losses)
    with FakeTensorMode():
        with torch.device("cuda"):
            network = small_network(8)
        images, labels = (
            torch.zeros(len(LABELS), 1, 28, 28),
            torch.zeros(len(LABELS), dtype=torch.long),
        )
        history = training.train(
            network, images, labels, loss=LOSSES[name], epochs=1, lr=0.001, batch_size=101,
            pairs="all", generator=torch.Generator().manual_seed(0),
        )  # fmt: skip
    assert {value.device.type for value in history[0]} == {"cuda"}
    assert images.device.type == labels.device.type == "cpu"


SECOND = training.find_device("auto").type


@pytest.mark.skipif(SECOND == "cpu", reason="this machine has no second device")
@pytest.mark.parametrize("pairs", training.PAIRS)
def test_a_second_device_learns_what_the_processor_learns(pairs, beside_lsh):
    classroom = data.load("classroom").database
    hashers = [
        DSH(12, epochs=5, pairs=pairs, device=device).fit(classroom.images, classroom.labels)
        for device in ("cpu", "auto")
    ]
    assert next(hashers[1].network_.parameters()).device.type == SECOND
    scores = [beside_lsh(hasher)[0] for hasher in hashers]
    assert scores[0] == pytest.approx(scores[1], abs=0.05)  # seeds differ by as much
    outputs = hashers[0].outputs(classroom.images[:100])
    hashers[0].network_.to(SECOND)
    np.testing.assert_allclose(hashers[0].outputs(classroom.images[:100]), outputs, atol=0.05)
