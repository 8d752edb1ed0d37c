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
from dshlib.dsh.network import LEAST_SIDE, NETWORKS
from dshlib.dsh.training import (
    check_augment,
    encode_outputs,
    find_device,
    forward,
    own_settings,
    threads,
    train,
)

LIMITS = {  # least and most of each whole-number parameter
    "n_bits": (1, MAX_BITS),
    "epochs": (1, None),
    "batch_size": (2, None),
    "seed": (0, 2**63 - 1),
    "n_threads": (1, 1024),
}
FAR = 0.75  # of the width of the training range: grey values further outside have another scale
DARK = 1 / 32  # of that width: so have images that lie below this part of it


class ImageHasher(BaseEstimator):
    """A network of dshlib.dsh.network as a hasher; `fit` is left to the methods.

    Parameters: n_bits, k; epochs; lr, peak learning rate; batch_size; network, a name in NETWORKS
    or a function of the number of outputs that makes a module for images (n, channels, height,
    width); augment, None or a function from a batch of such images, standardised, to one of the
    same shape, for example a transform of torchvision.transforms.v2; augment_share, the share of
    the epochs, the first ones, in which it is applied; device, "cpu", "cuda", "mps" or "auto", the
    fastest there is; n_threads, of torch on the processor; seed, fixes what is random: on the
    processor the same seed gives the same codes; progress, show a bar.
    Fitted attributes: network_, a torch module; history_, one dict an epoch; image_shape_,
    (channels, height, width); pixel_mean_, pixel_std_ and pixel_range_ (least, largest) of the
    training images.
    """

    def __init__(self, n_bits, epochs, lr, batch_size, network, augment, augment_share, device,
                 n_threads, seed, progress):  # fmt: skip
        self.n_bits = n_bits
        self.epochs = epochs
        self.lr = lr
        self.batch_size = batch_size
        self.network = network
        self.augment = augment
        self.augment_share = augment_share
        self.device = device
        self.n_threads = n_threads
        self.seed = seed
        self.progress = progress

    def outputs(self, X):
        """Real outputs of the network, float32 (n, n_outputs): one a bit; in ClassCode, a class.

        Raises ValueError if the grey values of X have another scale than those that fit saw.
        """
        check_is_fitted(self)
        return self._run(self.network_, X)

    def encode(self, X):
        """Codes of images X, (n, height, width) or (n, height, width, 3): bool (n, n_bits)."""
        return codes.binarize(self.outputs(X))

    def _prepare(self, X, y):
        """Images and labels, numbered from 0, as tensors for train(); and the labels in order."""
        images = check_images(X)
        y = check_labels(y, "y", len(images))
        classes, labels = np.unique(y, return_inverse=True)
        if len(classes) == 1:
            raise ValueError("y has one class only: there is nothing to tell apart")
        self.image_shape_ = _shape_of(images)
        self.pixel_mean_ = float(images.mean(dtype=np.float64))
        self.pixel_std_ = float(images.std(dtype=np.float64)) or 1.0
        self.pixel_range_ = _range_of(images)
        return self._as_tensor(images), torch.from_numpy(labels), classes

    def _start(self, n_outputs):
        """Make the network that _train() trains."""
        device = find_device(self.device)
        with own_settings(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(self.seed))
            network = self._make_network(n_outputs)
            _check_network(network, n_outputs, self.image_shape_)
        self.network_ = network.to(device, memory_format=torch.channels_last)

    def _make_network(self, n_outputs):
        if isinstance(self.network, str):
            return NETWORKS[self.network](n_outputs, self.image_shape_)
        return self.network(n_outputs)

    def _train(self, images, labels, loss, pairs="all"):
        """Train the network that _start() made, on what _prepare() returned; see train()."""
        with own_settings(), threads(self.n_threads), torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(self.seed))  # for what the network and augment draw themselves
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
                augment=self.augment,
                augment_share=self.augment_share,
                progress=self.progress,
            )

    def _run(self, network, X):
        """What the network, or a part of it, makes of images X: float32 (n, d)."""
        images = check_images(X)
        if _shape_of(images) != self.image_shape_:
            raise ValueError(
                f"X must be images as fit saw them, {_in_words(self.image_shape_)}; "
                f"got {_in_words(_shape_of(images))}"
            )
        check_scale(images, *self.pixel_range_)
        with own_settings(), threads(self.n_threads):
            outputs = encode_outputs(network, self._as_tensor(images))
        if not np.isfinite(outputs).all():
            raise FloatingPointError("the network's outputs are not finite; try a smaller lr")
        return outputs

    def _as_tensor(self, images):
        """Standardised images in the order of torch, float32 (n, channels, height, width)."""
        scaled = (torch.from_numpy(images.astype(np.float32)) - self.pixel_mean_) / self.pixel_std_
        ordered = scaled[:, None] if scaled.ndim == 3 else scaled.permute(0, 3, 1, 2)
        return ordered.contiguous(memory_format=torch.channels_last)

    def _check_parameters(self):
        for name, (least, most) in LIMITS.items():
            check_count(getattr(self, name), name, least, most)
        check_number(self.lr, "lr", exclusive=True)
        check_augment(self.augment)
        check_number(self.augment_share, "augment_share", most=1)
        find_device(self.device)
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
    is_shaped = X.ndim == 3 or (X.ndim == 4 and X.shape[3] == 3)
    if not is_shaped or min(X.shape[1:3]) < LEAST_SIDE or len(X) == 0:
        raise ValueError(
            "X must be images of shape (n, height, width), grey, or (n, height, width, 3), colour, "
            f"n >= 1, of {LEAST_SIDE} pixels or more a side; got shape {X.shape}"
        )
    return check_grey_values(X, "X")


def _shape_of(images):
    """Shape of an image as torch orders it: (channels, height, width)."""
    _, height, width, *channels = images.shape
    return (*(channels or [1]), height, width)


def _in_words(image_shape):
    channels, height, width = image_shape
    return f"{height}×{width} pixels in {'grey' if channels == 1 else 'colour'}"


def check_scale(images, low, high):
    """Refuse images whose grey values cannot have the scale of those from low to high, seen in fit.

    It is another scale if they leave that range by far, or if several images all lie at its dark
    end. A single image may be that dark, so it draws a warning only; images of one grey value each
    show no scale.
    """
    width = high - low
    least, most = _range_of(images)
    message = (
        f"X has grey values from {least:g} to {most:g}, but fit saw {low:g} to {high:g}: "
        "give grey values of one scale"
    )
    if least < low - FAR * width or most > high + FAR * width:
        raise ValueError(message)
    if most < low + DARK * width:
        axes = tuple(range(1, images.ndim))
        n_varied = (images.min(axis=axes) < images.max(axis=axes)).sum()
        if n_varied > 1:
            raise ValueError(message)
        if n_varied == 1:
            warnings.warn(message, stacklevel=5)


def _range_of(images):
    return float(images.min()), float(images.max())


def _check_network(network, n_outputs, image_shape):
    """Raise an error unless a network is a module that gives n_outputs values an image."""
    if not isinstance(network, torch.nn.Module):
        raise TypeError(f"network must make a torch module; it made {network!r}")
    network.eval()
    with torch.inference_mode():
        shape = tuple(forward(network, torch.zeros(2, *image_shape)).shape)
    if shape != (2, n_outputs):
        raise ValueError(
            f"network must make a module with outputs of shape (n, {n_outputs}) for images "
            f"(n, {', '.join(map(str, image_shape))}); for n = 2 they are {shape}"
        )
