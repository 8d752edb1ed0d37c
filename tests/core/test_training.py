"""The networks, and what the training loop feeds them and records."""

import itertools
from functools import partial

import pytest
import torch
from torch import nn

from dshlib import data, training
from dshlib.loss import all_pairs_loss, dsh_loss
from dshlib.networks import NETWORKS, Residual, deep_network, paper_network, small_network

IMAGES = torch.tensor(data.load("classroom").database.images[:202]).float()[:, None] / 255
LABELS = torch.tensor(data.load("classroom").database.labels[:202])


def batches_of(labels, pairs, batch_size=64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return list(training._batches(labels, batch_size, pairs, generator))


@pytest.mark.parametrize("n_bits", [1, 8, 48])
@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_gives_one_output_a_bit(name, n_bits):
    assert NETWORKS[name](n_bits)(torch.zeros(2, 1, 28, 28)).shape == (2, n_bits)


def test_the_papers_network_is_built_as_published():
    network = paper_network(12)
    assert layers_of(network) == (
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


def layers_of(network):
    return " ".join(type(layer).__name__.removesuffix("2d") for layer in network)


def test_the_deep_network_sees_every_pixel_then_pools_before_it_normalises():
    network = deep_network(12)
    assert layers_of(network) == (3 * "Conv MaxPool BatchNorm ReLU " + "Flatten Linear ReLU Linear")
    assert network[0].stride == (1, 1)
    assert network[0](torch.zeros(1, 1, 28, 28)).shape == (1, 32, 28, 28)


def test_the_deep_network_can_lose_its_hidden_layer_and_gain_a_residual_block():
    bare = deep_network(12, widths=(4, 8, 16), n_hidden=0, residual=True)
    assert layers_of(bare) == 3 * "Conv MaxPool BatchNorm ReLU " + "Residual Flatten Linear"
    assert [layer.out_channels for layer in bare if isinstance(layer, nn.Conv2d)] == [4, 8, 16]
    assert bare[-1].in_features == 16 * 3 * 3


def test_the_deep_network_can_do_without_batch_norm():
    assert layers_of(deep_network(12, normed=False)) == (
        3 * "Conv MaxPool ReLU " + "Flatten Linear ReLU Linear"
    )


def test_the_wide_network_has_twice_the_channels_of_the_deep_one_and_no_other_layers():
    deep, wide = NETWORKS["deep"](12), NETWORKS["wide"](12)
    assert layers_of(wide) == layers_of(deep)
    channels = [[c.out_channels for c in n if isinstance(c, nn.Conv2d)] for n in (deep, wide)]
    assert channels[1] == [2 * n for n in channels[0]]


def test_a_doubled_network_has_two_convolutions_at_each_size_of_the_maps():
    doubled = deep_network(12, doubled=True)
    twice = "Conv BatchNorm ReLU Conv MaxPool BatchNorm ReLU "
    assert layers_of(doubled) == 3 * twice + "Flatten Linear ReLU Linear"
    convolutions = [layer for layer in doubled if isinstance(layer, nn.Conv2d)]
    assert [c.out_channels for c in convolutions] == [32, 32, 64, 64, 128, 128]


def test_a_doubled_network_can_do_without_batch_norm():
    assert layers_of(deep_network(12, normed=False, doubled=True)) == (
        3 * "Conv ReLU Conv MaxPool ReLU " + "Flatten Linear ReLU Linear"
    )


def test_a_residual_block_adds_its_change_to_the_input():
    block = Residual(3).eval()
    maps = torch.randn(2, 3, 7, 7, generator=torch.Generator().manual_seed(0))
    change = block.change(maps)
    assert torch.equal(block(maps), maps + change)
    assert change.min() < 0 < change.max()
    for parameter in block.change[-1].parameters():
        nn.init.zeros_(parameter)
    assert torch.equal(block(maps), maps)


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


def test_mirroring_flips_about_half_of_the_images_and_nothing_else():
    mirrored = training._mirror(IMAGES, torch.Generator().manual_seed(0))
    kept = (mirrored == IMAGES).flatten(1).all(1)
    flipped = (mirrored == IMAGES.flip(3)).flatten(1).all(1)
    assert (kept | flipped).all()
    assert 60 < kept.sum() < 142  # 202 / 2 ± 6 standard deviations


def test_shifting_moves_each_image_by_up_to_max_shift_pixels_and_nothing_else():
    ramp = torch.arange(28.0).expand(4000, 1, 28, 28)  # each pixel has the number of its column
    for images, axis in ((ramp, 3), (ramp.mT, 2)):
        shifted = training._shift(images, 2, torch.Generator().manual_seed(0))
        moves = (shifted - images).movedim(axis, 3)[..., 2:26]  # two pixels from the border
        assert (moves == moves[:, :, :1, :1]).all()
        counts = torch.unique(moves[:, 0, 0, 0], return_counts=True)
        assert counts[0].tolist() == [-2, -1, 0, 1, 2]
        assert (counts[1] - 800).abs().max() < 150  # 6 standard deviations
        assert shifted.min() == 0 and shifted.max() == 27


def test_images_stay_where_they_are_unless_a_shift_is_asked_for():
    assert training._shift(IMAGES, 0, None) is IMAGES


@pytest.mark.parametrize(
    ("mirrored", "flipped"),
    [(1, [4, 4, 4, 4]), (0.5, [4, 4, 0, 0]), (0.7, [4, 4, 4, 0]), (0, [0, 0, 0, 0])],
)
def test_images_are_mirrored_in_the_first_share_of_the_epochs_only(mirrored, flipped, monkeypatch):
    """And only then are they moved."""
    monkeypatch.setattr(training, "_mirror", lambda images, generator: images + 1000)
    monkeypatch.setattr(training, "_shift", lambda images, most, generator: images + 1000 * most)
    shown = []

    class Watching(nn.Linear):
        def forward(self, images):
            shown.append(round(images.max().item() / 1000))
            return super().forward(images.flatten(1))

    training.train(
        Watching(784, 8), IMAGES, LABELS, loss=partial(training.batch_loss, margin=16, alpha=0.1),
        epochs=4, lr=1e-9, batch_size=202, pairs="all", mirrored=mirrored, max_shift=3,
        generator=torch.Generator().manual_seed(0),
    )  # fmt: skip
    assert shown == flipped


@pytest.mark.parametrize("pairs", training.PAIRS)
def test_history_holds_the_loss_of_the_pairs_and_the_distance_of_outputs_from_1(pairs, monkeypatch):
    monkeypatch.setattr(training, "has_bfloat16", lambda: False)
    images = IMAGES + IMAGES.flip(3)  # mirroring changes nothing
    network = nn.Sequential(nn.Flatten(), nn.Linear(784, 8))
    (batch,) = batches_of(LABELS, pairs, batch_size=202, seed=3)
    outputs = network(images[batch["images"]]).detach()
    if pairs == "all":
        expected = all_pairs_loss(outputs, batch["labels"], 16, 0.1)
    else:
        expected = dsh_loss(*outputs.chunk(2), batch["y"], 16, 0.1, reduction="mean")
    (epoch,) = training.train(
        network, images, LABELS, loss=partial(training.batch_loss, margin=16, alpha=0.1),
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
