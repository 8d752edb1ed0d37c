"""What the hashers that train a network share: images in, outputs, their signs as codes."""

import numpy as np
import torch
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from dshlib import codes
from dshlib.arguments import (
    MAX_BITS,
    check_count,
    check_labels,
    check_number,
)
from dshlib.hashers import saved
from dshlib.images import LEAST_SIDE, check_images, check_scale, in_words, range_of, shape_of
from dshlib.networks import NETWORKS
from dshlib.training import (
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


class ImageHasher(BaseEstimator):
    """A network of dshlib.networks as a hasher; `fit` is left to the methods.

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

    FITTED = ("image_shape_", "pixel_mean_", "pixel_std_", "pixel_range_", "classes_", "history_")

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
        """Images and labels, numbered from 0, as tensors for train()."""
        images = check_images(X, "X", LEAST_SIDE)
        y = check_labels(y, "y", len(images))
        self.classes_, labels = np.unique(y, return_inverse=True)
        if len(self.classes_) == 1:
            raise ValueError("y has one class only: there is nothing to tell apart")
        self.image_shape_ = shape_of(images)
        self.pixel_mean_ = float(images.mean(dtype=np.float64))
        self.pixel_std_ = float(images.std(dtype=np.float64)) or 1.0
        self.pixel_range_ = range_of(images)
        return self._as_tensor(images), torch.from_numpy(labels)

    def _start(self):
        """Make the network that _train() trains."""
        device, n_outputs = find_device(self.device), self._n_outputs()
        with own_settings(), torch.random.fork_rng(devices=[]):
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
        images = check_images(X, "X", LEAST_SIDE)
        if shape_of(images) != self.image_shape_:
            raise ValueError(
                f"X must be images as fit saw them, {in_words(self.image_shape_)}; "
                f"got {in_words(shape_of(images))}"
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

    def save(self, path):
        """Write settings, weights and classes to path, in the safetensors format.

        Not kept are augment, device and progress, and CNNH's targets. Raises OSError if the file
        cannot be written; what stood there before is then still there.
        """
        check_is_fitted(self)
        saved.write(self, path)

    @classmethod
    def load(cls, path, network=None, device="cpu"):
        """Read a hasher that `save` wrote; on one machine it gives the same codes, bit for bit.

        Parameters: path; network, the function that made the network, if it was no name in
        NETWORKS; device, as for fitting. Returns: the fitted hasher. Raises FileNotFoundError;
        ValueError for a file that is damaged, of another class, or no hasher, such as a pickle.
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
