"""The baseline of supervised hashing: classify, and store the number of the class."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted
from torch.nn import Sequential
from torch.nn.functional import cross_entropy

from dshlib.hashers.base import ImageHasher


class ClassCode(ImageHasher):
    """A plain classifier as a hasher: an image's code numbers its predicted class. Chapter 10.

    Where a learned hash retrieves no better than this, its score is no sign that it learned more
    than the classes.

    Parameters
    ----------
    n_bits : int
        Bits per code, enough for the number of every class.
    epochs, lr, batch_size, network, augment, augment_share, device, n_threads, seed, progress
        See `dshlib.hashers.base.ImageHasher`, as well as for the attributes; the loss is the
        cross-entropy.

    References
    ----------
    Sablayrolles, Douze, Usunier and Jégou, "How should we evaluate supervised hashing?",
    ICASSP 2017.

    Examples
    --------
    >>> from dshlib.data import load
    >>> images, labels = load("classroom").database.images, load("classroom").database.labels
    >>> hasher = ClassCode(epochs=1).fit(images[:200], labels[:200])
    >>> hasher.encode(images[:3]).shape
    (3, 4)
    """

    def __init__(self, n_bits: int = 4, epochs: int = 20, lr: float = 0.003, batch_size: int = 100,
                 network: str | Callable = "small", augment: Callable | None = None,
                 augment_share: float = 1.0, device: str = "cpu", n_threads: int = 1,
                 seed: int = 0, progress: bool = False):  # fmt: skip
        super().__init__(n_bits, epochs, lr, batch_size, network, augment, augment_share, device,
                         n_threads, seed, progress)  # fmt: skip

    def fit(self, X: ArrayLike, y: ArrayLike) -> "ClassCode":
        """Train the classifier.

        Parameters
        ----------
        X, y : arrays
            Images and labels, as for `DSH.fit`.

        Returns
        -------
        ClassCode
            The hasher itself.

        Raises
        ------
        ValueError
            If n_bits are too few to number the classes, and as `DSH.fit` does.
        """
        self._check_parameters()
        images, labels = self._prepare(X, y)
        if (len(self.classes_) - 1).bit_length() > self.n_bits:
            raise ValueError(
                f"n_bits={self.n_bits} cannot number {len(self.classes_)} classes; it must be "
                f"{(len(self.classes_) - 1).bit_length()} or more"
            )
        self._start()
        self._train(images, labels, class_loss)
        return self

    def _n_outputs(self):
        return len(self.classes_)

    def predict(self, X: ArrayLike) -> np.ndarray:
        """The most probable class of each image.

        Parameters
        ----------
        X : array, (n, height, width) or (n, height, width, 3)
            Images as `fit` saw them.

        Returns
        -------
        array, (n,)
            Labels as `fit` was given them.

        Raises
        ------
        ValueError
            If the images have another size or another scale than those that `fit` saw.
        NotFittedError
            Before `fit`, and after one that raised an error.
        """
        return self.classes_[self.outputs(X).argmax(axis=1)]

    def encode(self, X: ArrayLike) -> np.ndarray:
        """The number of the predicted class as a code.

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
        numbers = self.outputs(X).argmax(axis=1)
        return (numbers[:, None] >> np.arange(self.n_bits)) % 2 == 1

    def transform(self, X: ArrayLike) -> np.ndarray:
        """CNN features: what the last layer sees of the images.

        Parameters
        ----------
        X : array, (n, height, width) or (n, height, width, 3)
            Images as `fit` saw them.

        Returns
        -------
        float32 array, (n, d)

        Raises
        ------
        TypeError
            If `network` made something else than layers in a row, a torch.nn.Sequential.
        """
        check_is_fitted(self, "history_")
        if not isinstance(self.network_, Sequential):
            raise TypeError(f"network must make a torch.nn.Sequential; it made {self.network_!r}")
        return self._run(self.network_[:-1], X)


def class_loss(outputs, batch):
    """Cross-entropy of outputs, (n, n_classes), for a batch of train()."""
    return cross_entropy(outputs, batch["labels"])
