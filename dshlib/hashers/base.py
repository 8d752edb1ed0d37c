"""What the hashers that train a network share: images in, outputs, their signs as codes."""

import warnings

import numpy as np
import torch
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from dshlib import codes
from dshlib.arguments import (
    MAX_BITS,
    check_count,
    check_grey_values,
    check_labels,
    check_number,
)
from dshlib.networks import NETWORKS
from dshlib.training import encode_outputs, forward, own_settings, threads, train

LIMITS = {  # least and most of each whole-number parameter
    "n_bits": (1, MAX_BITS),
    "epochs": (1, None),
    "batch_size": (2, None),
    "seed": (0, 2**63 - 1),
    "n_jobs": (1, 1024),
    "max_shift": (0, 27),  # of 28 pixels
}
FAR = 0.75  # of the width of the training range: grey values further outside have another scale
DARK = 1 / 32  # of that width: so have images that lie below this part of it


class ImageHasher(BaseEstimator):
    """A network of dshlib.networks as a hasher; `fit` is left to the methods.

    Parameters: n_bits, k; epochs; lr, peak learning rate; batch_size; network, a name in NETWORKS
    or a function of the number of outputs that makes a module for images (n, 1, 28, 28); seed,
    fixes what is random; progress, show a bar; n_jobs, threads; mirrored, the share of the epochs,
    the first ones, in which images are flipped at random; max_shift, pixels by which they are moved
    at random in the same epochs.
    Fitted attributes: network_, a torch module; history_, one dict an epoch; pixel_mean_,
    pixel_std_ and pixel_range_ (least, largest) of the training images.
    """

    def __init__(self, n_bits, epochs, lr, batch_size, network, seed, progress, n_jobs,
                 mirrored, max_shift):  # fmt: skip
        self.n_bits = n_bits
        self.epochs = epochs
        self.lr = lr
        self.batch_size = batch_size
        self.network = network
        self.seed = seed
        self.progress = progress
        self.n_jobs = n_jobs
        self.mirrored = mirrored
        self.max_shift = max_shift

    def outputs(self, X):
        """Real outputs of the network, float32 (n, n_outputs): one a bit; in ClassCode, a class.

        Raises ValueError if the grey values of X have another scale than those that fit saw.
        """
        check_is_fitted(self)
        return self._run(self.network_, X)

    def encode(self, X):
        """Codes of images X, uint8 (n, 28, 28): bool (n, n_bits)."""
        return codes.binarize(self.outputs(X))

    def _prepare(self, X, y):
        """Images and labels, numbered from 0, as tensors for train(); and the labels in order."""
        images = check_images(X)
        y = check_labels(y, "y", len(images))
        classes, labels = np.unique(y, return_inverse=True)
        if len(classes) == 1:
            raise ValueError("y has one class only: there is nothing to tell apart")
        self.pixel_mean_ = float(images.mean(dtype=np.float64))
        self.pixel_std_ = float(images.std(dtype=np.float64)) or 1.0
        self.pixel_range_ = _grey_range(images)
        return self._as_tensor(images), torch.from_numpy(labels), classes

    def _start(self, n_outputs):
        """Make the network that _train() trains."""
        make = NETWORKS[self.network] if isinstance(self.network, str) else self.network
        with own_settings(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(self.seed))
            network = make(n_outputs)
            _check_network(network, n_outputs)
        self.network_ = network.to(memory_format=torch.channels_last)

    def _train(self, images, labels, loss, pairs="all"):
        """Train the network that _start() made, on what _prepare() returned; see train()."""
        with own_settings(), threads(self.n_jobs):
            self.history_ = train(
                self.network_,
                images,
                labels,
                loss=loss,
                epochs=self.epochs,
                lr=self.lr,
                batch_size=self.batch_size,
                pairs=pairs,
                generator=torch.Generator().manual_seed(int(self.seed)),
                progress=self.progress,
                mirrored=self.mirrored,
                max_shift=self.max_shift,
            )

    def _run(self, network, X):
        """What the network, or a part of it, makes of images X: float32 (n, d)."""
        images = check_images(X)
        check_scale(images, *self.pixel_range_)
        return self._forward(network, images)

    def _forward(self, network, images):
        with own_settings(), threads(self.n_jobs):
            outputs = encode_outputs(network, self._as_tensor(images))
        if not np.isfinite(outputs).all():
            raise FloatingPointError("the network's outputs are not finite; try a smaller lr")
        return outputs

    def _as_tensor(self, images):
        scaled = (torch.from_numpy(images.astype(np.float32)) - self.pixel_mean_) / self.pixel_std_
        return scaled[:, None].contiguous(memory_format=torch.channels_last)

    def _check_parameters(self):
        for name, (least, most) in LIMITS.items():
            check_count(getattr(self, name), name, least, most)
        check_number(self.lr, "lr", exclusive=True)
        check_number(self.mirrored, "mirrored", most=1)
        if isinstance(self.network, str):
            self._check_choice("network", tuple(NETWORKS))
        elif not callable(self.network) or isinstance(self.network, torch.nn.Module):
            raise TypeError(
                f"network must be one of {', '.join(NETWORKS)}, or a function of the number of "
                f"outputs that makes a torch module; not {type(self.network).__name__}"
            )

    def _check_choice(self, name, allowed):
        if getattr(self, name) not in allowed:
            raise ValueError(
                f"{name}={getattr(self, name)!r}, but it must be one of {', '.join(allowed)}"
            )


def check_images(X):
    """Return X as an array of images, or raise a ValueError that says what is allowed."""
    X = np.asarray(X)
    if X.ndim != 3 or X.shape[1:] != (28, 28) or len(X) == 0:
        raise ValueError(f"X must be images of shape (n, 28, 28), n >= 1; got shape {X.shape}")
    return check_grey_values(X, "X")


def check_scale(images, low, high):
    """Refuse images whose grey values cannot have the scale of those from low to high, seen in fit.

    It is another scale if they leave that range by far, or if several images all lie at its dark
    end. A single image may be that dark, so it draws a warning only; images of one grey value each
    show no scale.
    """
    width = high - low
    least, most = _grey_range(images)
    message = (
        f"X has grey values from {least:g} to {most:g}, but fit saw {low:g} to {high:g}: "
        "give grey values of one scale"
    )
    if least < low - FAR * width or most > high + FAR * width:
        raise ValueError(message)
    if most < low + DARK * width:
        n_varied = (images.min(axis=(1, 2)) < images.max(axis=(1, 2))).sum()
        if n_varied > 1:
            raise ValueError(message)
        if n_varied == 1:
            warnings.warn(message, stacklevel=5)


def _grey_range(images):
    return float(images.min()), float(images.max())


def _check_network(network, n_outputs):
    """Raise an error unless a network is a module that gives n_outputs values an image."""
    if not isinstance(network, torch.nn.Module):
        raise TypeError(f"network must make a torch module; it made {network!r}")
    network.eval()
    with torch.inference_mode():
        shape = tuple(forward(network, torch.zeros(2, 1, 28, 28)).shape)
    if shape != (2, n_outputs):
        raise ValueError(
            f"network must make a module with outputs of shape (n, {n_outputs}) for images "
            f"(n, 1, 28, 28); for n = 2 they are {shape}"
        )
