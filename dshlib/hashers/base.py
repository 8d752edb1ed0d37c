"""What the hashers that train a network share: images in, outputs, their signs as codes."""

import os

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from dshlib import codes, training
from dshlib.arguments import MAX_BITS, check_count, check_labels
from dshlib.hashers import saved
from dshlib.images import check_images, check_scale, in_words, range_of, shape_of
from dshlib.networks import NETWORKS

OF_TRAINING = ("epochs", "lr", "batch_size", "augment", "augment_share", "progress")  # see train
_NAMES = ", ".join(NETWORKS)


class ImageHasher(BaseEstimator):
    """What all hashers that train a network have in common; `fit` is left to them.

    Parameters
    ----------
    n_bits : int
        Bits per code, k.
    epochs, batch_size : int
        How often each image is seen, and how many images make a step.
    lr : float
        Peak learning rate of the one-cycle schedule.
    network : str or callable
        "small", "paper", "deep", "wide", or a function of the number of outputs that makes a torch
        module for images (n, channels, height, width).
    augment : callable or None
        A function from a batch of such images, standardised, to a batch of the same shape, for
        example a transform of torchvision.transforms.v2.
    augment_share : float
        The share of the epochs, the first ones, in which it is applied, 0 to 1.
    device : {"cpu", "cuda", "mps", "auto"}
        Where the network computes; "auto" is the fastest device that there is.
    n_threads : int
        Threads of torch on the processor, at most as many as there are idle processors.
    seed : int
        Fixes weights and order. On one processor the same seed gives the same codes.
    progress : bool
        Whether a bar shows the epochs.

    Attributes
    ----------
    network_ : torch.nn.Module
    history_ : list of dict
        One per epoch: epoch, loss, quantization_gap, seconds.
    settings_ : dict
        The parameters that `fit` had.
    classes_ : array, (n_classes,)
        The labels in ascending order.
    image_shape_ : tuple
        (channels, height, width) of the training images.
    pixel_mean_, pixel_std_ : float
        By which images are standardised.
    pixel_range_ : tuple
        Least and largest value of the training images.
    """

    FITTED = ("image_shape_", "pixel_mean_", "pixel_std_", "pixel_range_", "classes_", "history_")

    def __init__(self, n_bits, epochs, lr, batch_size, network, augment, augment_share, device,
                 n_threads, seed, progress):  # fmt: skip
        self.n_bits, self.network, self.seed = n_bits, network, seed
        self.epochs, self.lr, self.batch_size = epochs, lr, batch_size
        self.augment, self.augment_share = augment, augment_share
        self.device, self.n_threads, self.progress = device, n_threads, progress

    def outputs(self, X: ArrayLike) -> np.ndarray:
        """Real outputs of the network, whose signs are the codes.

        Parameters
        ----------
        X : array, (n, height, width) or (n, height, width, 3)
            Images of the size, colours and scale that `fit` saw.

        Returns
        -------
        float32 array, (n, n_bits)
            In ClassCode, (n, n_classes).

        Raises
        ------
        ValueError
            If the images have another size or another scale than those that `fit` saw.
        NotFittedError
            Before `fit`, and after one that raised an error.
        """
        check_is_fitted(self, "history_")
        return self._run(self.network_, X)

    def encode(self, X: ArrayLike) -> np.ndarray:
        """Codes of images.

        Parameters
        ----------
        X : array, (n, height, width) or (n, height, width, 3)
            Images as `fit` saw them.

        Returns
        -------
        bool array, (n, n_bits)

        Raises
        ------
        ValueError
            If the images have another size or another scale than those that `fit` saw.
        NotFittedError
            Before `fit`, and after one that raised an error.
        """
        return codes.binarize(self.outputs(X))

    def _prepare(self, X, y):
        """Images and labels, numbered from 0, as tensors for train()."""
        vars(self).pop("history_", None)  # not fitted, until _train() has come to its end
        images = check_images(X, "X")
        y = check_labels(y, "y", len(images))
        self.classes_, labels = np.unique(y, return_inverse=True)
        if len(self.classes_) == 1:
            raise ValueError("y has one class only: there are no dissimilar images to learn from")
        self.image_shape_ = shape_of(images)
        self.pixel_mean_ = float(images.mean(dtype=np.float64))
        self.pixel_std_ = float(images.std(dtype=np.float64)) or 1.0
        self.pixel_range_ = range_of(images)
        return self._as_tensor(images), torch.from_numpy(labels)

    def _start(self):
        """Make the network that _train() trains."""
        self.settings_ = self.get_params(deep=False)  # which may be changed after fit
        device, n_outputs = training.find_device(self.device), self._n_outputs()
        with training.own_settings(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(self.seed))
            if isinstance(self.network, str):
                network = NETWORKS[self.network](n_outputs, self.image_shape_)
            else:
                network = self.network(n_outputs)
            _check_network(network, n_outputs, self.image_shape_)
        self.network_ = network.to(device, memory_format=torch.channels_last)

    def _n_outputs(self):
        return self.n_bits

    def _train(self, images, labels, loss, pairs="all"):
        """Train the network that _start() made, on what _prepare() returned; see train()."""
        with training.own_settings(self.n_threads), torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(self.seed))  # for what the network and augment draw themselves
            self.history_ = training.train(
                self.network_, images, labels, loss=loss, pairs=pairs,
                generator=torch.Generator().manual_seed(int(self.seed)),
                **{name: getattr(self, name) for name in OF_TRAINING},
            )  # fmt: skip

    def _run(self, network, X):
        """What the network, or a part of it, makes of images X: float32 (n, d)."""
        images = check_images(X, "X")
        if shape_of(images) != self.image_shape_:
            raise ValueError(
                f"X must be images as fit saw them, {in_words(self.image_shape_)}; "
                f"got {in_words(shape_of(images))}"
            )
        check_scale(images, *self.pixel_range_)
        with training.own_settings(self.n_threads):
            outputs = training.encode_outputs(network, self._as_tensor(images))
        if not np.isfinite(outputs).all():
            raise FloatingPointError("the network's outputs are not finite; try a smaller lr")
        return outputs

    def _as_tensor(self, images):
        """Standardised images in the order of torch, float32 (n, channels, height, width)."""
        scaled = (torch.from_numpy(images.astype(np.float32)) - self.pixel_mean_) / self.pixel_std_
        ordered = scaled[:, None] if scaled.ndim == 3 else scaled.permute(0, 3, 1, 2)
        return ordered.contiguous(memory_format=torch.channels_last)

    def save(self, path: str | os.PathLike) -> None:
        """Write the settings of `fit`, weights and classes to a file in the safetensors format.

        Parameters
        ----------
        path : str or path
            What stood there before is replaced only when the new file is whole. Not kept are
            augment, device and progress.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        check_is_fitted(self, "history_")
        saved.write(self, path)

    @classmethod
    def load(cls, path: str | os.PathLike, network=None, device: str = "cpu"):
        """Read a hasher that `save` wrote; on one processor its codes are the same, bit for bit.

        Parameters
        ----------
        path : str or path
            The file. Reading it runs no code that it may hold.
        network : callable, optional
            The function that made the network, needed if that was not one of the names.
        device : {"cpu", "cuda", "mps", "auto"}
            Where the network computes.

        Returns
        -------
        ImageHasher
            A fitted hasher of this class.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If the file is damaged, of another class or format, or no hasher, such as a pickle.
        """
        return saved.read(cls, path, network, device)

    def _restore(self, fitted, weights):
        """Become the hasher that `save` wrote."""
        self._check_parameters()
        for name in self.FITTED:
            setattr(self, name, fitted[name])
        self.image_shape_, self.pixel_range_ = tuple(self.image_shape_), tuple(self.pixel_range_)
        self.classes_ = np.array(self.classes_)
        self._start()
        made = self.network_.state_dict()
        if {name: w.shape for name, w in made.items()} != {n: w.shape for n, w in weights.items()}:
            raise ValueError("its weights are those of another network")
        self.network_.load_state_dict(weights)

    def _check_parameters(self):
        check_count(self.n_bits, "n_bits", most=MAX_BITS)
        check_count(self.seed, "seed", least=0, most=2**63 - 1)
        check_count(self.n_threads, "n_threads", most=1024)
        training.find_device(self.device)
        if isinstance(self.network, str):
            if self.network not in NETWORKS:
                raise ValueError(f"network={self.network!r}, but it must be one of {_NAMES}")
        elif not callable(self.network) or isinstance(self.network, torch.nn.Module):
            raise TypeError(
                f"network must be one of {_NAMES}, or a function of the number of outputs that "
                f"makes a torch module; not {type(self.network).__name__}"
            )


def _check_network(network, n_outputs, image_shape):
    """Raise an error unless a network is a module that gives n_outputs values an image."""
    if not isinstance(network, torch.nn.Module):
        raise TypeError(f"network must make a torch module; it made {network!r}")
    network.eval()
    with torch.inference_mode():
        shape = tuple(training.forward(network, torch.zeros(2, *image_shape)).shape)
    if shape != (2, n_outputs):
        raise ValueError(
            f"network must make a module with outputs of shape (n, {n_outputs}) for images "
            f"(n, {', '.join(map(str, image_shape))}); for n = 2 they are {shape}"
        )
