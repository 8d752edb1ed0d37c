"""Deep Supervised Hashing as a hasher: images and labels in, codes out. Chapters 07 to 10."""

from functools import partial
from numbers import Integral, Real

import numpy as np
import torch
from sklearn.base import BaseEstimator
from sklearn.utils import check_consistent_length, check_scalar
from sklearn.utils.validation import check_is_fitted

from dshlib import codes
from dshlib.dsh.network import NETWORKS
from dshlib.dsh.training import PAIRS, batch_loss, encode_outputs, threads, train


class DSH(BaseEstimator):
    """Train a network with the DSH loss (eq 6); the signs of its outputs are the codes.

    Parameters: n_bits, k; margin, m of eq 3, a squared distance (None: 2 · n_bits, the paper's);
    alpha, weight of the regularizer; epochs; lr, peak learning rate; batch_size; pairs, "all" for
    all pairs of a batch (the paper) or "siamese" for one random partner an image (our reading of
    the slides); network, "small" or "paper"; seed, fixes weights, order and pairs: the same seed
    on the same machine gives the same codes; progress, show a bar; n_jobs, threads, at most as
    many as there are idle processors.
    Fitted attributes: network_, a torch module; history_, one dict an epoch; pixel_mean_ and
    pixel_std_ of the training images.
    """

    def __init__(self, n_bits, margin=None, alpha=0.01, epochs=20, lr=0.003, batch_size=100,
                 pairs="all", network="small", seed=0, progress=False, n_jobs=1):  # fmt: skip
        self.n_bits = n_bits
        self.margin = margin
        self.alpha = alpha
        self.epochs = epochs
        self.lr = lr
        self.batch_size = batch_size
        self.pairs = pairs
        self.network = network
        self.seed = seed
        self.progress = progress
        self.n_jobs = n_jobs

    def fit(self, X, y):
        """Train on images X, uint8 (n, 28, 28), and labels y, integer (n,)."""
        self._check_parameters()
        images, y = check_images(X), check_labels(y)
        check_consistent_length(images, y)
        labels = torch.from_numpy(np.unique(y, return_inverse=True)[1])
        if labels.max() == 0:
            raise ValueError("y has one class only: there are no dissimilar pairs to learn from")
        self.pixel_mean_, self.pixel_std_ = float(images.mean()), float(images.std()) or 1.0
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(self.seed))
            network = NETWORKS[self.network](self.n_bits)
        self.network_ = network.to(memory_format=torch.channels_last)
        margin = 2 * self.n_bits if self.margin is None else self.margin
        with threads(self.n_jobs):
            self.history_ = train(
                self.network_,
                self._as_tensor(images),
                labels,
                loss=partial(batch_loss, margin=margin, alpha=self.alpha),
                epochs=self.epochs,
                lr=self.lr,
                batch_size=self.batch_size,
                pairs=self.pairs,
                generator=torch.Generator().manual_seed(int(self.seed)),
                progress=self.progress,
            )
        return self

    def outputs(self, X):
        """Real outputs of the network before the sign: float32 (n, n_bits)."""
        check_is_fitted(self)
        with threads(self.n_jobs):
            return encode_outputs(self.network_, self._as_tensor(check_images(X)))

    def encode(self, X):
        """Codes of images X, uint8 (n, 28, 28): bool (n, n_bits)."""
        return codes.binarize(self.outputs(X))

    def _as_tensor(self, images):
        scaled = (torch.from_numpy(images.astype(np.float32)) - self.pixel_mean_) / self.pixel_std_
        return scaled[:, None].contiguous(memory_format=torch.channels_last)

    def _check_parameters(self):
        for name in ("n_bits", "epochs", "batch_size", "seed", "n_jobs"):
            least = {"batch_size": 2, "seed": 0}.get(name, 1)
            check_scalar(getattr(self, name), name, Integral, min_val=least)
        check_scalar(self.lr, "lr", Real, min_val=0, include_boundaries="neither")
        check_scalar(self.alpha, "alpha", Real, min_val=0)
        if self.margin is not None:
            check_scalar(self.margin, "margin", Real, min_val=0, include_boundaries="neither")
        for name, allowed in (("pairs", PAIRS), ("network", tuple(NETWORKS))):
            if getattr(self, name) not in allowed:
                raise ValueError(
                    f"{name}={getattr(self, name)!r}, but it must be one of {', '.join(allowed)}"
                )


def check_images(X):
    """Return X as an array of images, or raise a ValueError that says what is allowed."""
    X = np.asarray(X)
    if X.ndim != 3 or X.shape[1:] != (28, 28) or len(X) == 0:
        raise ValueError(f"X must be images of shape (n, 28, 28), n >= 1; got shape {X.shape}")
    if X.dtype.kind not in "uif" or not np.isfinite(X).all():
        raise ValueError(f"X must hold finite numbers; got dtype {X.dtype}")
    return X


def check_labels(y):
    """Return y as an array of labels, or raise a ValueError that says what is allowed."""
    y = np.asarray(y)
    if y.ndim != 1 or y.dtype.kind not in "biu":
        raise ValueError(
            "y must be integer labels of shape (n,), one for each image; "
            f"got dtype {y.dtype} and shape {y.shape}"
        )
    return y
