"""The training loop, and what it recorded on the way. Taught in chapter 09."""

import math
import os
import time
from collections.abc import Callable
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn
from tqdm.auto import tqdm

from dshlib.arguments import check_count, check_number
from dshlib.loss import all_pairs_loss, dsh_loss
from dshlib.pairs import siamese_pairs

PAIRS = ("all", "siamese")
DEVICES = ("cpu", "cuda", "mps", "auto")
CHUNK = 1000  # images that are encoded at once


def train(network: nn.Module, images: torch.Tensor, labels: torch.Tensor, *, loss: Callable,
          epochs: int, lr: float, batch_size: int, pairs: str, generator: torch.Generator,
          augment: Callable | None = None, augment_share: float = 1.0, progress: bool = False,
          after_epoch: Callable | None = None) -> list[dict]:  # fmt: skip
    """Minimise a loss by AdamW with a one-cycle learning rate. Chapter 09.

    Images stay where they are; each batch goes to the device of the network.

    Parameters
    ----------
    network : torch.nn.Module
        Trained in place.
    images : float tensor, (n, channels, height, width)
        Standardised.
    labels : int64 tensor, (n,)
    loss : callable
        A function of outputs and a batch; for DSH `batch_loss` with margin and alpha.
    epochs, batch_size : int
        How often each image is seen, and how many images make a step.
    lr : float
        Peak of the learning rate.
    pairs : {"all", "siamese"}
        All pairs of each batch, or one random partner per image.
    generator : torch.Generator
        Decides order and partners.
    augment : callable, optional
        A function from a batch of images to one of the same shape; what it draws comes from
        torch's own generator.
    augment_share : float
        The share of the epochs, the first ones, in which augment is applied.
    progress : bool
        Whether a bar shows the epochs.
    after_epoch : callable, optional
        A function of the epoch's entry in the history, called when the network has finished it.

    Returns
    -------
    list of dict
        One per epoch: epoch, loss, quantization_gap (mean of ||b| - 1|), seconds.

    Raises
    ------
    FloatingPointError
        If the loss is no longer finite.
    TypeError, ValueError
        For an argument that cannot be; the message names it.

    Examples
    --------
    >>> from functools import partial
    >>> images, labels = torch.zeros(20, 1, 8, 8), torch.arange(20) % 2
    >>> network = nn.Sequential(nn.Flatten(), nn.Linear(64, 4))
    >>> history = train(network, images, labels, loss=partial(batch_loss, margin=8, alpha=0.01),
    ...                 epochs=2, lr=0.003, batch_size=10, pairs="all",
    ...                 generator=torch.Generator().manual_seed(0))
    >>> [entry["epoch"] for entry in history]
    [1, 2]
    """
    _check_training(images, labels, epochs, lr, batch_size, pairs, augment, augment_share)
    device = next(network.parameters(), images).device
    optimizer = torch.optim.AdamW(network.parameters(), lr=lr, fused=True)
    steps = epochs * math.ceil(len(images) / batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=steps)
    history = []
    network.train()
    for epoch in tqdm(range(1, epochs + 1), desc="epochs", disable=not progress):
        start = time.perf_counter()
        augmented = augment is not None and epoch <= round(augment_share * epochs)
        values, gaps = [], []
        for batch in _batches(labels, batch_size, pairs, generator):
            shown = images[batch["images"]].to(device)
            outputs = forward(network, _augmented(shown, augment) if augmented else shown)
            value = loss(outputs, {name: part.to(device) for name, part in batch.items()})
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


def _check_training(images, labels, epochs, lr, batch_size, pairs, augment, augment_share):
    check_count(epochs, "epochs")
    check_number(augment_share, "augment_share", most=1)
    if augment is not None and not callable(augment):
        raise TypeError(f"augment must be None or a function; not {type(augment).__name__}")
    check_count(batch_size, "batch_size", least=2)
    check_number(lr, "lr", exclusive=True)
    if pairs not in PAIRS:
        raise ValueError(f"pairs={pairs!r}, but it must be one of {', '.join(PAIRS)}")
    if len(images) != len(labels) or len(images) < 2:
        raise ValueError(
            "images and labels must be 2 or more, and as many of each; "
            f"got {len(images)} and {len(labels)}"
        )


def _augmented(images, augment):
    changed = augment(images)
    if (shape := getattr(changed, "shape", None)) != images.shape:
        raise ValueError(f"augment must keep the shape {tuple(images.shape)}; it returned {shape}")
    return changed


def _summary(epoch, losses, gaps, seconds):
    """What history keeps of an epoch."""
    loss = float(torch.stack(losses).mean())
    if not math.isfinite(loss):
        raise FloatingPointError(f"the loss became {loss} in epoch {epoch}; try a smaller lr")
    gap = float(torch.stack(gaps).mean())
    return {"epoch": epoch, "loss": loss, "quantization_gap": gap, "seconds": seconds}


def batch_loss(outputs: torch.Tensor, batch: dict, margin: float, alpha: float) -> torch.Tensor:
    """The DSH loss, averaged over the pairs of one batch. Chapter 09.

    Parameters
    ----------
    outputs : float tensor, (n, n_bits)
        Of the images of the batch; of siamese pairs, all first images, then all second ones.
    batch : dict
        Holds "y", (n / 2,), for siamese pairs, else "labels", (n,), for all pairs.
    margin, alpha : float
        See `dsh_loss`.

    Returns
    -------
    float tensor, ()

    Examples
    --------
    >>> outputs = torch.tensor([[1.0, 1.0], [1.0, -1.0]])
    >>> float(batch_loss(outputs, {"labels": torch.tensor([0, 0])}, margin=4, alpha=0.01))
    2.0
    """
    if "y" not in batch:
        return all_pairs_loss(outputs, batch["labels"], margin, alpha)
    b1, b2 = outputs.chunk(2)
    return dsh_loss(b1, b2, batch["y"], margin, alpha, reduction="mean")


def forward(network, images):
    """Real outputs, float32 (n, n_bits); on processors with bfloat16 computed in it."""
    on_cpu = images.device.type == "cpu"
    with torch.autocast("cpu", torch.bfloat16, enabled=on_cpu and has_bfloat16()):
        return network(images).float()


def encode_outputs(network: nn.Module, images: torch.Tensor) -> np.ndarray:
    """Outputs of a trained network. Chapter 09.

    Parameters
    ----------
    network : torch.nn.Module
        Left in evaluation mode.
    images : float tensor, (n, channels, height, width)
        Any number of them; 1,000 are encoded at once.

    Returns
    -------
    float32 array, (n, n_bits)

    Examples
    --------
    >>> encode_outputs(nn.Flatten(), torch.zeros(5, 1, 2, 2)).shape
    (5, 4)
    """
    network.eval()
    device = next(network.parameters(), images).device
    with torch.inference_mode():
        parts = [forward(network, part.to(device)).cpu() for part in images.split(CHUNK)]
    return torch.cat(parts).numpy()


def find_device(name):
    """The torch device of a name in DEVICES; "auto" is the fastest that this machine has.

    Raises ValueError for another name, and for a device that this machine has not.
    """
    if name not in DEVICES:
        raise ValueError(f"device={name!r}, but it must be one of {', '.join(DEVICES)}")
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        name = next((kind for kind in there if there[kind]), "cpu")
    if not there.get(name, True):
        raise ValueError(f'device={name!r}, but torch finds no such device here; use "cpu"')
    return torch.device(name)


@contextmanager
def own_settings(n_threads=1):
    """Let torch compute in float32, with gradients, on n threads, whatever the caller has set.

    Rounding, and so the codes, depend on the number of threads. One is the default of the course:
    where another program keeps a processor busy, two threads wait for each other at every step and
    can be fifty times slower than one.
    """
    dtype, before = torch.get_default_dtype(), torch.get_num_threads()
    torch.set_default_dtype(torch.float32)
    torch.set_num_threads(n_threads)
    try:
        with torch.device("cpu"), torch.inference_mode(False):
            yield
    finally:
        torch.set_default_dtype(dtype)
        torch.set_num_threads(before)


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
