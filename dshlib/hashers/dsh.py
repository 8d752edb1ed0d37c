"""Deep Supervised Hashing as a hasher: images and labels in, codes out. Chapter 10."""

from functools import partial

import numpy as np
from sklearn.utils import check_scalar

from dshlib.arguments import check_number
from dshlib.hashers.base import ImageHasher
from dshlib.training import PAIRS, batch_loss


class DSH(ImageHasher):
    """Train a network with the DSH loss (eq 6); the signs of its outputs are the codes.

    Parameters: n_bits, k; margin, m of eq 3, a squared distance (None: 2 · n_bits, the paper's);
    alpha, weight of the regularizer; epochs; lr, peak learning rate; batch_size; pairs, "all" for
    all pairs of a batch (the paper) or "siamese" for one random partner an image (our reading of
    the slides); network, "small", "paper", "deep", "wide", or a function of n_bits that makes a
    module for images (n, 1, 28, 28); mirrored, the share of the epochs, the first ones, in which
    images are flipped at random; max_shift, pixels by which they are moved at random in the same
    epochs; seed, fixes weights, order and pairs: the same seed on the same machine gives the same
    codes; progress, show a bar; n_jobs, threads, at most as many as there are idle processors;
    both_sides, average the outputs for an image and its mirror image, which doubles the time of
    encoding.
    Fitted attributes: network_, a torch module; history_, one dict an epoch; pixel_mean_,
    pixel_std_ and pixel_range_ (least, largest) of the training images.
    """

    def __init__(self, n_bits, margin=None, alpha=0.01, epochs=20, lr=0.003, batch_size=100,
                 pairs="all", network="small", seed=0, progress=False, n_jobs=1,
                 both_sides=False, mirrored=1.0, max_shift=0):  # fmt: skip
        super().__init__(n_bits, epochs, lr, batch_size, network, seed, progress, n_jobs,
                         mirrored, max_shift)  # fmt: skip
        self.margin = margin
        self.alpha = alpha
        self.pairs = pairs
        self.both_sides = both_sides

    def fit(self, X, y):
        """Train on images X, uint8 (n, 28, 28), and labels y, (n,): whole numbers or strings."""
        self._check_parameters()
        images, labels, _ = self._prepare(X, y)
        self._start(self.n_bits)
        margin = 2 * self.n_bits if self.margin is None else self.margin
        loss = partial(batch_loss, margin=margin, alpha=self.alpha)
        self._train(images, labels, loss, pairs=self.pairs)
        return self

    def _forward(self, network, images):
        outputs = super()._forward(network, images)
        if self.both_sides:
            outputs = (outputs + super()._forward(network, np.flip(images, axis=2))) / 2
        return outputs

    def _check_parameters(self):
        super()._check_parameters()
        check_scalar(self.both_sides, "both_sides", (bool, np.bool_))
        check_number(self.alpha, "alpha")
        if self.margin is not None:
            check_number(self.margin, "margin", exclusive=True)
        self._check_choice("pairs", PAIRS)
