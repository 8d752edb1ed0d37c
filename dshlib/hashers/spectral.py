"""Spectral Hashing: bits are the slowest waves on a box around the data. Taught in chapter 06."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.decomposition import PCA
from sklearn.utils.validation import check_is_fitted

from dshlib import codes
from dshlib.arguments import MAX_BITS, check_count, check_varied, check_vectors


class SpectralHashing(BaseEstimator):
    """PCA, a box around the training data, and the sign of its n_bits slowest waves.

    Weiss, Torralba and Fergus, NIPS 2008. If the data filled the box evenly, the smoothest
    balanced functions on it that are uncorrelated would be waves along one axis (products of such
    waves are left out, as in the paper). Taught in chapter 06.

    Parameters: n_bits, k; it may exceed n_features, since an axis can be used by several bits.
    Fitted attributes: mean_, (n_features,); components_, the PCA directions as rows,
    (min(n_bits, n_features, n), n_features); minimum_ and maximum_, the range [mn, mx] of the
    training data on each of them; for each bit axis_, its PCA direction, mode_, j, in how many
    half waves it cuts that axis, and frequency_, ω = πj / (mx − mn), ascending; all (n_bits,).
    """

    def __init__(self, n_bits):
        self.n_bits = n_bits

    def fit(self, X, y=None):
        """Learn the box from X, (n, n_features), and choose the slowest waves; y is ignored."""
        check_count(self.n_bits, "n_bits", most=MAX_BITS)
        X = check_vectors(self, X)
        check_varied(X)
        pca = PCA(min(self.n_bits, *X.shape), svd_solver="covariance_eigh").fit(X)
        self.mean_, self.components_ = pca.mean_, pca.components_
        V = self._coordinates(X)
        self.minimum_, self.maximum_ = V.min(axis=0), V.max(axis=0)
        widths = self.maximum_ - self.minimum_
        wide = np.flatnonzero(widths > 1e-9 * widths.max())  # a flat axis carries no wave
        modes = np.arange(1, self.n_bits + 1)  # j = 0, the constant, tells nothing apart
        frequencies = np.pi * modes[:, None] / widths[wide]
        slowest = np.argsort(frequencies, axis=None, kind="stable")[: self.n_bits]
        mode, axis = np.unravel_index(slowest, frequencies.shape)
        self.mode_, self.axis_ = modes[mode], wide[axis]
        self.frequency_ = frequencies[mode, axis]
        return self

    def project(self, X):
        """Waves sin(ω(x − mn) + π/2), between -1 and 1, of the rows of X: float64 (n, n_bits)."""
        check_is_fitted(self)
        X = check_vectors(self, X, reset=False)
        x, mn = self._coordinates(X)[:, self.axis_], self.minimum_[self.axis_]
        return np.sin(self.frequency_ * (x - mn) + np.pi / 2)

    def encode(self, X):
        """Codes of the rows of X, (n, n_features): bool (n, n_bits)."""
        return codes.binarize(self.project(X))

    def _coordinates(self, X):
        return (X - self.mean_) @ self.components_.T
