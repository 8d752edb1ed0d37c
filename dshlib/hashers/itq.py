"""Iterative Quantization: rotate the PCA directions until the signs fit. Taught in chapter 06."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.decomposition import PCA
from sklearn.utils.validation import check_is_fitted

from dshlib import codes
from dshlib.arguments import check_count, check_varied, check_vectors


class ITQ(BaseEstimator):
    """PCA to n_bits directions, then the rotation R for which ‖B − VR‖² is small, B = sgn(VR).

    Gong and Lazebnik, CVPR 2011. No labels, and no whitening. Taught in chapter 06.

    Parameters: n_bits, k, at most n_features (and at most the number of training vectors);
    n_iter, iterations of the two steps; 0 leaves the random rotation that they start from; seed,
    fixes that rotation.
    Fitted attributes: mean_, (n_features,); components_, the PCA directions as rows,
    (n_bits, n_features); rotation_, orthogonal R, (n_bits, n_bits); loss_, (n_iter + 1,),
    ‖B − VR‖² at the start and after each iteration.
    """

    def __init__(self, n_bits, n_iter=50, seed=0):
        self.n_bits = n_bits
        self.n_iter = n_iter
        self.seed = seed

    def fit(self, X, y=None):
        """Learn mean, PCA directions and rotation from X, (n, n_features); y is ignored."""
        check_count(self.n_bits, "n_bits")
        check_count(self.n_iter, "n_iter", least=0)
        check_count(self.seed, "seed", least=0)
        X = check_vectors(self, X)
        if self.n_bits > min(X.shape):
            raise ValueError(
                f"n_bits={self.n_bits}, but it must be at most {min(X.shape)}: PCA has no more "
                f"directions for n_samples={X.shape[0]}, n_features={X.shape[1]}"
            )
        check_varied(X)
        pca = PCA(self.n_bits, svd_solver="covariance_eigh").fit(X)
        self.mean_, self.components_ = pca.mean_, pca.components_
        V = pca.transform(X)
        rng = np.random.default_rng(self.seed)
        self.rotation_, _ = np.linalg.qr(rng.standard_normal((self.n_bits, self.n_bits)))
        B, loss = nearest_corners(V, self.rotation_)
        self.loss_ = [loss]
        for _ in range(self.n_iter):
            self.rotation_ = best_rotation(B, V)
            B, loss = nearest_corners(V, self.rotation_)
            self.loss_.append(loss)
        self.loss_ = np.array(self.loss_)
        return self

    def project(self, X):
        """Rotated PCA coordinates VR of the rows of X, (n, n_features): float64 (n, n_bits)."""
        check_is_fitted(self)
        X = check_vectors(self, X, reset=False)
        return (X - self.mean_) @ self.components_.T @ self.rotation_

    def encode(self, X):
        """Codes of the rows of X, (n, n_features): bool (n, n_bits)."""
        return codes.binarize(self.project(X))


def nearest_corners(V, R):
    """First step: the ±1 codes B nearest to VR, (n, k), and how far they are: ‖B − VR‖²."""
    turned = V @ R
    B = codes.as_vectors(codes.binarize(turned))
    return B, np.sum((B - turned) ** 2)


def best_rotation(B, V):
    """Second step: the orthogonal R, (k, k), for which ‖B − VR‖² is least (Procrustes).

    With BᵀV = U Σ Aᵀ it is R = A Uᵀ.
    """
    U, _, At = np.linalg.svd(B.T @ V)
    return At.T @ U.T
