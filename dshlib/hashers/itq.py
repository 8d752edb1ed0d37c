"""Iterative Quantization: rotate the PCA directions until the signs fit. Taught in chapter 06."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.decomposition import PCA
from sklearn.utils.validation import check_is_fitted

from dshlib import codes
from dshlib.arguments import check_count, check_varied, check_vectors
from dshlib.hashers.vectors import VectorHasher


class ITQ(VectorHasher):
    """PCA to n_bits directions, then the rotation R for which ‖B − VR‖² is small, B = sgn(VR).

    No labels, and no whitening. Taught in chapter 06.

    Parameters
    ----------
    n_bits : int
        k, at most n_features (and at most the number of training vectors).
    n_iter : int
        Iterations of the two steps; 0 leaves the random rotation that they start from.
    seed : int
        Fixes that rotation.

    Attributes
    ----------
    mean_ : float64 array (n_features,)
        Mean of the training vectors.
    components_ : float64 array (n_bits, n_features)
        The PCA directions as rows.
    rotation_ : float64 array (n_bits, n_bits)
        Orthogonal R.
    loss_ : float64 array (n_iter + 1,)
        ‖B − VR‖² at the start and after each iteration.

    References
    ----------
    Gong and Lazebnik, "Iterative quantization: a procrustean approach to learning binary codes",
    CVPR 2011.

    Examples
    --------
    >>> import numpy as np
    >>> from dshlib import ITQ
    >>> X = np.random.default_rng(0).normal(size=(50, 8))
    >>> hasher = ITQ(n_bits=4).fit(X)
    >>> hasher.encode(X).shape, bool(hasher.loss_[-1] < hasher.loss_[0])
    ((50, 4), True)
    """

    def __init__(self, n_bits: int, n_iter: int = 50, seed: int = 0):
        self.n_bits = n_bits
        self.n_iter = n_iter
        self.seed = seed

    def fit(self, X: ArrayLike, y: object = None) -> "ITQ":
        """Learn mean, PCA directions and rotation.

        Parameters
        ----------
        X : real array_like (n, n_features)
            The vectors.
        y : object, optional
            Ignored.

        Returns
        -------
        ITQ
            The fitted hasher.

        Raises
        ------
        TypeError, ValueError
            If n_bits is more than n or n_features, another parameter cannot be, X has
            no finite numbers of shape (n, n_features), or its rows are all equal.
        """
        check_count(self.n_bits, "n_bits")
        check_count(self.n_iter, "n_iter", least=0)
        check_count(self.seed, "seed", least=0)
        X = check_vectors(self, X)
        if self.n_bits > min(X.shape):
            most = f"{min(X.shape)} with n_samples={X.shape[0]} and n_features={X.shape[1]}"
            raise ValueError(f"n_bits={self.n_bits}, but it must be at most {most}, as PCA needs")
        check_varied(X)
        pca = PCA(self.n_bits, svd_solver="covariance_eigh").fit(X)
        self.mean_, self.components_ = pca.mean_, pca.components_
        V = pca.transform(X)
        rng = np.random.default_rng(self.seed)
        self.rotation_, _ = np.linalg.qr(rng.standard_normal((self.n_bits, self.n_bits)))
        self.loss_ = np.empty(self.n_iter + 1)
        B, self.loss_[0] = nearest_corners(V, self.rotation_)
        for i in range(self.n_iter):
            self.rotation_ = best_rotation(B, V)
            B, self.loss_[i + 1] = nearest_corners(V, self.rotation_)
        return self

    def project(self, X: ArrayLike) -> NDArray:
        """Return rotated PCA coordinates.

        Parameters
        ----------
        X : real array_like (n, n_features)
            The vectors.

        Returns
        -------
        float64 array (n, n_bits)
            The matrix VR.

        Raises
        ------
        ValueError
            If X has no finite numbers of shape (n, n_features) as in `fit`.
        NotFittedError
            Before `fit`.
        """
        check_is_fitted(self)
        X = check_vectors(self, X, reset=False)
        return (X - self.mean_) @ self.components_.T @ self.rotation_


def nearest_corners(V: NDArray, R: NDArray) -> tuple[NDArray, float]:
    """First step: find the ±1 codes nearest to VR.

    Parameters
    ----------
    V : float array (n, n_bits)
        PCA coordinates.
    R : float array (n_bits, n_bits)
        The rotation.

    Returns
    -------
    B : float array (n, n_bits)
        The codes, the signs of VR.
    loss : float
        ‖B − VR‖².

    Examples
    --------
    >>> import numpy as np
    >>> from dshlib.hashers.itq import nearest_corners
    >>> B, loss = nearest_corners(np.array([[0.5, -2.0]]), np.eye(2))
    >>> B.tolist(), float(loss)
    ([[1.0, -1.0]], 1.25)
    """
    turned = V @ R
    B = codes.as_vectors(codes.binarize(turned))
    return B, np.sum((B - turned) ** 2)


def best_rotation(B: NDArray, V: NDArray) -> NDArray:
    """Second step: find the orthogonal R for which ‖B − VR‖² is least (Procrustes).

    With BᵀV = U Σ Aᵀ it is R = A Uᵀ.

    Parameters
    ----------
    B : float array (n, n_bits)
        The codes, ±1.
    V : float array (n, n_bits)
        PCA coordinates.

    Returns
    -------
    float array (n_bits, n_bits)
        The rotation R.

    Examples
    --------
    >>> import numpy as np
    >>> from dshlib.hashers.itq import best_rotation
    >>> B = np.array([[1.0, 1.0], [1.0, -1.0]])
    >>> best_rotation(B, V=B[:, ::-1]).round() + 0.0  # it swaps the columns back
    array([[0., 1.],
           [1., 0.]])
    """
    U, _, At = np.linalg.svd(B.T @ V)
    return At.T @ U.T
