"""Deep Supervised Hashing as a hasher: images and labels in, codes out. Chapter 10."""

from collections.abc import Callable
from functools import partial

from numpy.typing import ArrayLike

from dshlib.hashers.base import ImageHasher
from dshlib.training import batch_loss


class DSH(ImageHasher):
    """Deep supervised hashing: a network learns outputs whose signs are the codes. Chapter 10.

    Parameters
    ----------
    n_bits : int
        Bits per code, k.
    margin : float, optional
        m of eq 3, a squared distance. By default 2 · n_bits, as in the paper: half of the bits.
    alpha : float
        Weight of the regularizer, eq 4.
    pairs : {"all", "siamese"}
        All pairs of a batch, as in the paper, or one random partner per image, our reading of the
        slides.
    epochs, lr, batch_size, network, augment, augment_share, device, n_threads, seed, progress
        See `dshlib.hashers.base.ImageHasher`, as well as for the attributes.

    References
    ----------
    Liu, Wang, Shan and Chen, "Deep supervised hashing for fast image retrieval", CVPR 2016.

    Examples
    --------
    >>> from dshlib.data import load
    >>> images, labels = load("classroom").database.images, load("classroom").database.labels
    >>> hasher = DSH(n_bits=12, epochs=1).fit(images[:200], labels[:200])
    >>> hasher.encode(images[:3]).shape
    (3, 12)
    """

    def __init__(self, n_bits: int, margin: float | None = None, alpha: float = 0.01,
                 epochs: int = 20, lr: float = 0.003, batch_size: int = 100, pairs: str = "all",
                 network: str | Callable = "small", augment: Callable | None = None,
                 augment_share: float = 1.0, device: str = "cpu", n_threads: int = 1,
                 seed: int = 0, progress: bool = False):  # fmt: skip
        super().__init__(n_bits, epochs, lr, batch_size, network, augment, augment_share, device,
                         n_threads, seed, progress)  # fmt: skip
        self.margin = margin
        self.alpha = alpha
        self.pairs = pairs

    def fit(self, X: ArrayLike, y: ArrayLike) -> "DSH":
        """Train on labelled images.

        Parameters
        ----------
        X : array, (n, height, width) or (n, height, width, 3)
            Grey or colour images of 8 pixels or more a side, their values of any one scale.
        y : array, (n,)
            Labels: whole numbers, booleans or strings, of two classes at least.

        Returns
        -------
        DSH
            The hasher itself.

        Raises
        ------
        TypeError, ValueError
            For a parameter or data that cannot be; the message names it.
        FloatingPointError
            If the loss is no longer finite.
        """
        self._check_parameters()
        images, labels = self._prepare(X, y)
        self._start()
        margin = 2 * self.n_bits if self.margin is None else self.margin
        loss = partial(batch_loss, margin=margin, alpha=self.alpha)
        self._train(images, labels, loss, pairs=self.pairs)
        return self
