"""What the hashers of feature vectors share: a code is the signs of a projection."""

from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator

from dshlib import codes


class VectorHasher(BaseEstimator):
    """A hasher whose bits are the signs of `project`, which a method defines: LSH, ITQ, SH.

    Examples
    --------
    >>> class Signs(VectorHasher):
    ...     def project(self, X):
    ...         return X
    >>> Signs().encode([[-1.0, 2.0]])
    array([[False,  True]])
    """

    def encode(self, X: ArrayLike) -> NDArray:
        """Return the codes of vectors.

        Parameters
        ----------
        X : real array_like (n, n_features)
            The vectors.

        Returns
        -------
        bool array (n, n_bits)
            The codes.

        Raises
        ------
        ValueError
            If X has no finite numbers of shape (n, n_features) as in `fit`.
        NotFittedError
            Before `fit`.
        """
        return codes.binarize(self.project(X))
