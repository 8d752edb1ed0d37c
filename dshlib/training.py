"""The training loop, and what it recorded on the way. Taught in chapter 09."""

import math
import os
import time
from contextlib import contextmanager

import torch
from torch.nn.functional import pad
from tqdm.auto import tqdm

from dshlib.arguments import check_count, check_number
from dshlib.loss import all_pairs_loss, dsh_loss
from dshlib.pairs import siamese_pairs

PAIRS = ("all", "siamese")
CHUNK = 1000  # images that are encoded at once


def train(network, images, labels, *, loss, epochs, lr, batch_size, pairs, generator,
          mirrored=1.0, max_shift=0, progress=False, after_epoch=None):  # fmt: skip
    """Minimise a loss by AdamW with a one-cycle learning rate that peaks at lr.

    Parameters: network, a module; images, float tensor (n, 1, 28, 28), standardised; labels,
    int64 tensor (n,); loss, a function of outputs and a batch, for DSH `batch_loss` with margin
    and alpha; pairs, "all" for all pairs of each batch or "siamese" for one random partner an
    image; generator, a torch.Generator that decides order, mirroring, shifts and partners;
    mirrored, the share of the epochs, the first ones, in which each image is flipped with
    probability one half (in the others the network may learn the images as they are by heart);
    max_shift, pixels by which, in the same epochs, an image may be moved at random along each
    axis; after_epoch, a function of the epoch's entry in the history, called when the network has
    finished it.
    Returns: history, a list with one dict an epoch: epoch, loss, quantization_gap (mean of
    ||b| - 1|), seconds. Raises FloatingPointError if the loss is no longer finite.
    """
    _check_training(images, labels, epochs, lr, batch_size, pairs, mirrored, max_shift)
    optimizer = torch.optim.AdamW(network.parameters(), lr=lr)
    steps = epochs * math.ceil(len(images) / batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=steps)
    history = []
    network.train()
    for epoch in tqdm(range(1, epochs + 1), desc="epochs", disable=not progress):
        start = time.perf_counter()
        values, gaps = [], []
        for batch in _batches(labels, batch_size, pairs, generator):
            shown = images[batch["images"]]
            if epoch <= round(mirrored * epochs):
                shown = _shift(_mirror(shown, generator), max_shift, generator)
            outputs = forward(network, shown)
            value = loss(outputs, batch)
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            schedule.step()
            values.append(value.detach())
            gaps.append((outputs.detach().abs() - 1).abs().mean())
        history.append(_summary(epoch, values, gaps, time.perf_counter() - start))
        if after_epoch is not None:
            after_epoch(history[-1])
            network.train()
    return history


def _check_training(images, labels, epochs, lr, batch_size, pairs, mirrored, max_shift):
    check_count(epochs, "epochs")
    check_number(mirrored, "mirrored", most=1)
    check_count(max_shift, "max_shift", least=0)
    check_count(batch_size, "batch_size", least=2)
    check_number(lr, "lr", exclusive=True)
    if pairs not in PAIRS:
        raise ValueError(f"pairs={pairs!r}, but it must be one of {', '.join(PAIRS)}")
    if len(images) != len(labels) or len(images) < 2:
        raise ValueError(
            "images and labels must be 2 or more, and as many of each; "
            f"got {len(images)} and {len(labels)}"
        )


def _summary(epoch, losses, gaps, seconds):
    """What history keeps of an epoch."""
    loss = float(torch.stack(losses).mean())
    if not math.isfinite(loss):
        raise FloatingPointError(f"the loss became {loss} in epoch {epoch}; try a smaller lr")
    gap = float(torch.stack(gaps).mean())
    return {"epoch": epoch, "loss": loss, "quantization_gap": gap, "seconds": seconds}


def batch_loss(outputs, batch, margin, alpha):
    """The DSH loss, averaged over the pairs of one batch."""
    if "y" not in batch:
        return all_pairs_loss(outputs, batch["labels"], margin, alpha)
    b1, b2 = outputs.chunk(2)
    return dsh_loss(b1, b2, batch["y"], margin, alpha, reduction="mean")


def forward(network, images):
    """Real outputs, float32 (n, n_bits); computed in bfloat16 if `has_bfloat16`."""
    with torch.autocast("cpu", torch.bfloat16, enabled=has_bfloat16()):
        return network(images).float()


def encode_outputs(network, images):
    """Outputs of the trained network for images of any number: float32 array (n, n_bits)."""
    network.eval()
    with torch.inference_mode():
        parts = [forward(network, part) for part in images.split(CHUNK)]
    return torch.cat(parts).numpy()


@contextmanager
def threads(n):
    """Let torch use n threads inside the block. Rounding, and so the codes, depend on n.

    One is the default of the course: where another program keeps a processor busy, two threads
    wait for each other at every step and can be fifty times slower than one.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(n)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def own_settings():
    """Let torch make float32 tensors on the processor, with gradients, whatever the caller set."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)
    try:
        with torch.device("cpu"), torch.inference_mode(False):
            yield
    finally:
        torch.set_default_dtype(before)


def has_bfloat16():
    """Whether networks compute in bfloat16: where this processor multiplies it in hardware.

    In software it would be slower. The environment variable DSHLIB_BFLOAT16, "on" or "off", decides
    instead of the processor: a run can then round as one on another kind of processor does.
    Raises ValueError if it is set to anything else.
    """
    forced = os.environ.get("DSHLIB_BFLOAT16")
    if forced is not None:
        if forced not in ("on", "off"):
            raise ValueError(f"DSHLIB_BFLOAT16={forced!r}, but it must be on or off, or not set")
        return forced == "on"
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(name) for name in ("avx512_bf16", "amx_bf16"))


def _batches(labels, batch_size, pairs, generator):
    """Index batches over a fresh shuffle; siamese batches hold the images, then their partners."""
    order = torch.randperm(len(labels), generator=generator)
    if pairs == "siamese":
        partner, y = siamese_pairs(labels, generator)
    for images in order.split(batch_size):
        if pairs == "siamese":
            yield {"images": torch.cat([images, partner[images]]), "y": y[images]}
        elif len(images) > 1:
            yield {"images": images, "labels": labels[images]}


def _mirror(images, generator):
    """Flip each image left to right with probability one half."""
    flip = torch.rand(len(images), generator=generator) < 0.5
    return torch.where(flip[:, None, None, None], images.flip(3), images)


def _shift(images, max_shift, generator):
    """Move each image by up to max_shift pixels along each axis; its border fills the gap."""
    if not max_shift:
        return images
    n, _, height, width = images.shape
    padded = pad(images, (max_shift,) * 4, mode="replicate")
    down, right = torch.randint(2 * max_shift + 1, (2, n, 1), generator=generator)
    rows = (down + torch.arange(height))[:, None, :, None]
    columns = (right + torch.arange(width))[:, None, None, :]
    return padded[torch.arange(n)[:, None, None, None], torch.arange(1), rows, columns]
