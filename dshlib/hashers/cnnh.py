"""Convolutional Neural Network Hashing: codes from labels, then a network for them. Chapter 06."""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch.nn.functional import binary_cross_entropy_with_logits

from dshlib.arguments import check_class_numbers, check_count
from dshlib.hashers.base import ImageHasher
from dshlib.training import find_device


class CNNH(ImageHasher):
    """Convolutional neural network hashing: codes from the labels, then a network. Chapter 06.

    Stage 1 finds codes H for which HHᵀ is near k S. S, (n, n), is 1 where two images have the same
    label and −1 elsewhere, so stage 1 never looks at an image. Stage 2 trains a network to give
    these codes. It asks of each bit whether it is set, as a classifier would: the outputs are
    log-odds, the loss is the cross-entropy.

    Parameters
    ----------
    n_bits : int
        Bits per code, k.
    n_sweeps : int
        How often stage 1 goes through all entries of H; 0 leaves its random start.
    epochs, lr, batch_size, network, augment, augment_share, device, n_threads, seed, progress
        Of stage 2, see `dshlib.hashers.base.ImageHasher`, as well as for the other attributes.
        seed fixes H, too.

    Attributes
    ----------
    codes_ : float64 array, (n, n_bits)
        H, from −1 to 1. It is not saved.
    objective_ : list of float
        ‖HHᵀ − k S‖² at the start and after each sweep. It is not saved.

    References
    ----------
    Xia, Pan, Lai, Liu and Yan, "Supervised hashing for image retrieval via image representation
    learning", AAAI 2014.

    Examples
    --------
    >>> from dshlib.data import load
    >>> images, labels = load("classroom").database.images, load("classroom").database.labels
    >>> hasher = CNNH(n_bits=8, epochs=1).fit(images[:200], labels[:200])
    >>> hasher.encode(images[:3]).shape
    (3, 8)
    """

    def __init__(self, n_bits: int, n_sweeps: int = 10, epochs: int = 20, lr: float = 0.003,
                 batch_size: int = 100, network: str | Callable = "small",
                 augment: Callable | None = None, augment_share: float = 1.0, device: str = "cpu",
                 n_threads: int = 1, seed: int = 0, progress: bool = False):  # fmt: skip
        super().__init__(n_bits, epochs, lr, batch_size, network, augment, augment_share, device,
                         n_threads, seed, progress)  # fmt: skip
        self.n_sweeps = n_sweeps

    def fit(self, X: ArrayLike, y: ArrayLike) -> "CNNH":
        """Find codes for the labels, then train a network to give them.

        Parameters
        ----------
        X, y : arrays
            Images and labels, as for `DSH.fit`.

        Returns
        -------
        CNNH
            The hasher itself.

        Raises
        ------
        TypeError, ValueError, FloatingPointError
            As `DSH.fit` does.
        """
        self._check_parameters()
        images, labels = self._prepare(X, y)
        self._start()
        self.codes_, self.objective_ = approximate_codes(
            labels.numpy(), self.n_bits, self.n_sweeps, self.seed
        )
        wanted = torch.from_numpy(self.codes_).float().to(find_device(self.device))
        self._train(images, labels, partial(code_loss, codes=wanted))
        return self

    def _check_parameters(self):
        super()._check_parameters()
        check_count(self.n_sweeps, "n_sweeps", least=0)


def approximate_codes(labels, n_bits, n_sweeps, seed):
    """Stage 1: H in [-1, 1] for which ‖HHᵀ − k S‖² is small, by coordinate descent.

    Parameters: labels, integers from 0, (n,); n_bits, k; n_sweeps; seed, of the random start.
    Returns: H, float64 (n, n_bits), and a list of the objective at the start and after each sweep.
    All n images take part, but no n × n matrix is built: see `similar_minus_others`.
    """
    labels = check_class_numbers(labels, "labels", len(labels))
    if len(labels) == 0:
        raise ValueError("labels is empty: there is nothing to find codes for")
    check_count(n_bits, "n_bits")
    check_count(n_sweeps, "n_sweeps", least=0)
    H = np.random.default_rng(seed).uniform(-1, 1, (len(labels), n_bits))
    values = [objective(H, labels)]
    for _ in range(n_sweeps):
        sweep(H, labels)
        values.append(objective(H, labels))
    return H, values


def objective(H, labels):
    """‖HHᵀ − k S‖², squared and multiplied out: ‖HᵀH‖² − 2k ⟨H, SH⟩ + k²n²."""
    n, k = H.shape
    SH = similar_minus_others(class_sums(H, labels))[labels]
    return float(np.sum((H.T @ H) ** 2) - 2 * k * np.sum(H * SH) + (k * n) ** 2)


def class_sums(H, labels):
    """Sum of the rows of H, (n, k), in each class: (n_classes, k)."""
    sums = np.zeros((labels.max() + 1, H.shape[1]))
    np.add.at(sums, labels, H)
    return sums


def similar_minus_others(sums):
    """The row of S H for each class, (n_classes, k): its own sum minus the sums of the others.

    Images of one class have the same row in S. So n_classes sums do the work of n² entries.
    """
    return 2 * sums - sums.sum(axis=0)


def sweep(H, labels):
    """Move every entry of H, (n, k), once, in place, row by row."""
    gram, sums = H.T @ H, class_sums(H, labels)
    for h, own in zip(H, labels, strict=True):
        gram -= np.outer(h, h)  # now both are of the other images only
        sums[own] -= h
        target = H.shape[1] * similar_minus_others(sums)[own]
        for j in range(len(h)):
            h[j] += newton_step(h, j, gram, target)
        gram += np.outer(h, h)
        sums[own] += h


def newton_step(h, j, gram, target):
    """Newton's step d = −g′ / g″ for entry j of one row h, cut so that h[j] + d is in [-1, 1].

    Parameters: h, (k,); gram, HᵀH, (k, k), and target, k S H, (k,), both without that row.
    As a function of one entry, the objective is a quartic; g′ and g″ are its slope and curvature
    here. Within [-1, 1] it is never more than (4/3) d² above its parabola. So no step can raise
    the objective if g″ / 4 is at least 1, as with more than a few images it is anyway.
    """
    excess = h @ h - len(h)
    slope = gram[j] @ h - target[j] + excess * h[j]  # g′ / 4
    curvature = gram[j, j] + 2 * h[j] ** 2 + excess  # g″ / 4
    step = -slope / max(curvature, 1)
    return max(-1 - h[j], min(1 - h[j], step))


def code_loss(outputs, batch, codes):
    """Stage 2: cross-entropy of the bits, averaged; outputs, (n, k), are log-odds.

    A code of h, from −1 to 1, counts as a probability of (h + 1) / 2 that the bit is set. With
    the mean squared error retrieval is about as good.
    """
    return binary_cross_entropy_with_logits(outputs, (codes[batch["images"]] + 1) / 2)
