"""Deep Supervised Hashing as a hasher: images and labels in, codes out. Chapter 10."""

from functools import partial

from dshlib.arguments import check_number
from dshlib.hashers.base import ImageHasher
from dshlib.training import PAIRS, batch_loss


class DSH(ImageHasher):
    """Train a network with the DSH loss (eq 6); the signs of its outputs are the codes.

    Parameters: n_bits, k; margin, m of eq 3, a squared distance (None: 2 · n_bits, the paper's);
    alpha, weight of the regularizer; epochs; lr, peak learning rate; batch_size; pairs, "all" for
    all pairs of a batch (the paper) or "siamese" for one random partner an image (our reading of
    the slides); network, "small", "paper", "deep", "wide", or a function of n_bits that makes a
    module for images (n, channels, height, width); augment, augment_share, device, n_threads, seed
    and progress, see ImageHasher.
    Fitted attributes: network_, history_, image_shape_, pixel_mean_, pixel_std_ and pixel_range_,
    see ImageHasher.
    """

    def __init__(self, n_bits, margin=None, alpha=0.01, epochs=20, lr=0.003, batch_size=100,
                 pairs="all", network="small", augment=None, augment_share=1.0, device="cpu",
                 n_threads=1, seed=0, progress=False):  # fmt: skip
        super().__init__(n_bits, epochs, lr, batch_size, network, augment, augment_share, device,
                         n_threads, seed, progress)  # fmt: skip
        self.margin = margin
        self.alpha = alpha
        self.pairs = pairs

    def fit(self, X, y):
        """Train on images X and their labels y, (n,), whole numbers or strings.

        X is grey, (n, height, width), or in colour, (n, height, width, 3), of any scale.
        """
        self._check_parameters()
        images, labels = self._prepare(X, y)
        self._start()
        margin = 2 * self.n_bits if self.margin is None else self.margin
        loss = partial(batch_loss, margin=margin, alpha=self.alpha)
        self._train(images, labels, loss, pairs=self.pairs)
        return self

    def _check_parameters(self):
        super()._check_parameters()
        check_number(self.alpha, "alpha")
        if self.margin is not None:
            check_number(self.margin, "margin", exclusive=True)
        self._check_choice("pairs", PAIRS)
