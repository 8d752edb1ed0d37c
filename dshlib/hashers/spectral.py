"""Spectral Hashing: bits are the slowest waves on a box around the data. Taught in chapter 06."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.decomposition import PCA
from sklearn.utils.validation import check_is_fitted

from dshlib.arguments import MAX_BITS, check_count, check_varied, check_vectors
from dshlib.hashers.vectors import VectorHasher


class SpectralHashing(VectorHasher):
    """PCA, a box around the training data, and the sign of its n_bits slowest waves.

    If the data filled the box evenly, the smoothest balanced functions on it that are uncorrelated
    would be waves along one axis (products of such waves are left out, as in the paper). Taught in
    chapter 06.

    Parameters
    ----------
    n_bits : int
        k; it may exceed n_features, since an axis can be used by several bits.

    Attributes
    ----------
    mean_ : float64 array (n_features,)
        Mean of the training vectors.
    components_ : float64 array (min(n_bits, n_features, n), n_features)
        The PCA directions as rows.
    minimum_, maximum_ : float64 array (n_components,)
        The range [mn, mx] of the training data on each of them.
    axis_ : int64 array (n_bits,)
        The PCA direction of each bit.
    mode_ : int64 array (n_bits,)
        j, in how many half waves each bit cuts its axis.
    frequency_ : float64 array (n_bits,)
        ω = πj / (mx − mn), ascending.

    References
    ----------
    Weiss, Torralba and Fergus, "Spectral hashing", NIPS 2008.

    Examples
    --------
    >>> from dshlib import SpectralHashing
    >>> X = [[0.0, 1.0], [1.0, 1.0], [2.0, 1.0], [3.0, 1.0]]
    >>> codes = SpectralHashing(n_bits=2).fit(X).encode(X)
    >>> (codes[:, 0] != codes[0, 0]).tolist()  # the slowest wave halves the data
    [False, False, True, True]
    """

    def __init__(self, n_bits: int):
        self.n_bits = n_bits

    def fit(self, X: ArrayLike, y: object = None) -> "SpectralHashing":
        """Learn the box, and choose the slowest waves.

        Parameters
        ----------
        X : real array_like (n, n_features)
            The vectors.
        y : object, optional
            Ignored.

        Returns
        -------
        SpectralHashing
            The fitted hasher.

        Raises
        ------
        TypeError, ValueError
            If n_bits is not 1 to 65,536, X has no finite numbers of shape (n,
            n_features), or its rows are all equal.
        """
        check_count(self.n_bits, "n_bits", most=MAX_BITS)
        X = check_vectors(self, X)
        check_varied(X)
        pca = PCA(min(self.n_bits, *X.shape), svd_solver="covariance_eigh").fit(X)
        self.mean_, self.components_ = pca.mean_, pca.components_
        V = self._coordinates(X)
        self.minimum_, self.maximum_ = V.min(axis=0), V.max(axis=0)
        widths = self.maximum_ - self.minimum_
        wide = np.flatnonzero(widths > 1e-9 * widths.max())  # a flat axis carries no wave
        modes = np.arange(1, self.n_bits + 1)  # j = 0 is a constant: a bit that all items share
        frequencies = np.pi * modes[:, None] / widths[wide]
        slowest = np.argsort(frequencies, axis=None, kind="stable")[: self.n_bits]
        mode, axis = np.unravel_index(slowest, frequencies.shape)
        self.mode_, self.axis_ = modes[mode], wide[axis]
        self.frequency_ = frequencies[mode, axis]
        return self

    def project(self, X: ArrayLike) -> NDArray:
        """Return the values of the waves.

        Parameters
        ----------
        X : real array_like (n, n_features)
            The vectors.

        Returns
        -------
        float64 array (n, n_bits)
            sin(ω(x − mn) + π/2), from -1 to 1.

        Raises
        ------
        ValueError
            If X has no finite numbers of shape (n, n_features) as in `fit`.
        NotFittedError
            Before `fit`.
        """
        check_is_fitted(self)
        X = check_vectors(self, X, reset=False)
        x, mn = self._coordinates(X)[:, self.axis_], self.minimum_[self.axis_]
        return np.sin(self.frequency_ * (x - mn) + np.pi / 2)

    def _coordinates(self, X):
        """PCA coordinates, (n, n_components)."""
        return (X - self.mean_) @ self.components_.T
