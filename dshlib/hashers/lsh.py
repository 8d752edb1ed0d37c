"""Locality-sensitive hashing: sign random projection and the multi-table index. Chapters 03, 04."""

from copy import copy

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import check_scalar
from sklearn.utils.validation import check_is_fitted

from dshlib import codes
from dshlib.arguments import MAX_BITS, check_count, check_vectors
from dshlib.hashers.vectors import VectorHasher

RANKINGS = ("votes", "euclidean", "cosine", "hamming", "jaccard")


def collision_probability(angle: ArrayLike) -> NDArray:
    """Return the probability that a random hyperplane has two vectors on the same side: 1 − θ/π.

    Derived in chapter 03.

    Parameters
    ----------
    angle : array_like (...)
        θ in radians, 0 to π.

    Returns
    -------
    float array (...)
        Probabilities.

    Raises
    ------
    ValueError
        If an angle is out of range.

    References
    ----------
    Charikar, "Similarity estimation techniques from rounding algorithms", STOC 2002.

    Examples
    --------
    >>> import numpy as np
    >>> from dshlib.hashers.lsh import collision_probability
    >>> float(collision_probability(np.pi / 2))
    0.5
    """
    angle = np.asarray(angle, dtype=float)
    if not ((angle >= 0) & (angle <= np.float32(np.pi))).all():  # float32 rounds π up
        raise ValueError(f"angle must lie between 0 and π radians; got {angle}")
    return 1 - np.minimum(angle, np.pi) / np.pi


def candidate_probability(p: ArrayLike, n_bits: ArrayLike, n_tables: ArrayLike) -> NDArray:
    """Return the probability that two items share a bucket in some table: 1 − (1 − pᵏ)ᴸ.

    Derived in chapter 03.

    Parameters
    ----------
    p : array_like (...)
        Probability that one bit agrees, 0 to 1.
    n_bits : int or array_like (...)
        k, bits of a key, which must all agree (AND).
    n_tables : int or array_like (...)
        L, tables, of which one suffices (OR).

    Returns
    -------
    float array (...)
        Probabilities.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> from dshlib.hashers.lsh import candidate_probability
    >>> float(candidate_probability(0.5, n_bits=2, n_tables=2))  # 1 - (3/4)²
    0.4375
    """
    p = np.asarray(p, dtype=float)
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError(f"p must lie between 0 and 1; got {p}")
    for name, value in {"n_bits": n_bits, "n_tables": n_tables}.items():
        if not np.all(np.asarray(value) >= 0):
            raise ValueError(f"{name} must be 0 or more; got {value}")
    return 1 - (1 - p**n_bits) ** n_tables


class RandomProjection(VectorHasher):
    """Sign random projection: bit i says on which side of random hyperplane i a vector lies.

    P = R D of the slides, with Gaussian R (n_bits × n_features), then the sign. Taught in
    chapter 04.

    Parameters
    ----------
    n_bits : int
        k, bits of a code.
    seed : int or sequence of int
        Fixes R. The first rows of R do not depend on n_bits, so shorter codes are prefixes of
        longer ones.
    center : bool
        Measure angles at the mean of the fitted data instead of at the origin.

    Attributes
    ----------
    projection_ : float64 array (n_bits, n_features)
        The matrix R, a hyperplane a row.
    mean_ : float64 array (n_features,)
        Zeros unless center.

    References
    ----------
    Charikar, "Similarity estimation techniques from rounding algorithms", STOC 2002.

    Examples
    --------
    >>> from dshlib import RandomProjection
    >>> codes = RandomProjection(n_bits=8).fit([[1.0, 2.0]]).encode([[1.0, 2.0], [-1.0, -2.0]])
    >>> bool((codes[0] != codes[1]).all())  # opposite vectors have opposite codes
    True
    """

    def __init__(self, n_bits: int, seed: int | tuple[int, ...] = 0, center: bool = False):
        self.n_bits = n_bits
        self.seed = seed
        self.center = center

    def fit(self, X: ArrayLike, y: object = None) -> "RandomProjection":
        """Draw R for the width of X, and take its mean if center.

        Parameters
        ----------
        X : real array_like (n, n_features)
            The vectors.
        y : object, optional
            Ignored.

        Returns
        -------
        RandomProjection
            The fitted hasher.

        Raises
        ------
        TypeError, ValueError
            If n_bits is not 1 to 65,536, another parameter cannot be, or X has no
            finite numbers of shape (n, n_features).
        """
        check_count(self.n_bits, "n_bits", most=MAX_BITS)
        check_scalar(self.center, "center", (bool, np.bool_))
        for part in np.atleast_1d(self.seed):
            check_count(part, "seed", least=0)
        X = check_vectors(self, X)
        rng = np.random.default_rng(self.seed)
        self.projection_ = rng.standard_normal((self.n_bits, X.shape[1]))
        self.mean_ = X.mean(axis=0) if self.center else np.zeros(X.shape[1])
        return self

    def project(self, X: ArrayLike) -> NDArray:
        """Return signed distances to the hyperplanes.

        Parameters
        ----------
        X : real array_like (n, n_features)
            The vectors.

        Returns
        -------
        float64 array (n, n_bits)
            Distances, each up to a scale that its hyperplane has.

        Raises
        ------
        ValueError
            If X has no finite numbers of shape (n, n_features) as in `fit`.
        NotFittedError
            Before `fit`.
        """
        check_is_fitted(self)
        X = check_vectors(self, X, reset=False)
        return (X - self.mean_) @ self.projection_.T


class HashTables(BaseEstimator):
    """L hash tables, each keyed by its own random projection: the multi-table index of chapter 04.

    Table t draws from the seed (seed, t), so more tables or bits never change the ones that are
    there.

    Parameters
    ----------
    n_tables : int
        L.
    n_bits : int
        k, bits of a bucket's key, up to 64.
    seed : int
        Fixes the projections.
    center : bool
        See `RandomProjection`.

    Attributes
    ----------
    projection_ : float64 array (n_tables, n_bits, n_features)
        The hyperplanes of each table.
    mean_ : float64 array (n_features,)
        Zeros unless center.
    tables_ : list of dict
        For each table the ids, ascending, under each key.
    codes_ : bool array (n, n_tables · n_bits)
        The keys of all tables, for re-ranking.
    vectors_ : float64 array (n, n_features)
        The items less the mean, for re-ranking.

    References
    ----------
    - Gionis, Indyk and Motwani, "Similarity search in high dimensions via hashing", VLDB 1999.
    - Lv et al., "Multi-probe LSH", VLDB 2007, for probes.

    Examples
    --------
    >>> from dshlib import HashTables
    >>> index = HashTables(n_tables=4, n_bits=3).fit([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    >>> index.query([2.0, 0.0], k=1)  # every table has it in the bucket of the first item
    array([0])
    """

    def __init__(self, n_tables: int, n_bits: int, seed: int = 0, center: bool = False):
        self.n_tables = n_tables
        self.n_bits = n_bits
        self.seed = seed
        self.center = center

    def fit(self, X: ArrayLike, y: object = None) -> "HashTables":
        """Hash every vector into every table.

        Parameters
        ----------
        X : real array_like (n, n_features)
            The vectors.
        y : object, optional
            Ignored.

        Returns
        -------
        HashTables
            The fitted index.

        Raises
        ------
        TypeError, ValueError
            If n_bits is not 1 to 64, n_tables · n_bits more than 65,536, or X has no
            finite numbers of shape (n, n_features).
        """
        check_count(self.n_bits, "n_bits", most=64)
        check_count(self.n_tables, "n_tables", most=MAX_BITS // self.n_bits)
        check_count(self.seed, "seed", least=0)
        X = check_vectors(self, X)
        hashers = [
            RandomProjection(self.n_bits, (self.seed, table), self.center).fit(X)
            for table in range(self.n_tables)
        ]
        self.projection_ = np.stack([hasher.projection_ for hasher in hashers])
        self.mean_ = hashers[0].mean_
        bits = [hasher.encode(X) for hasher in hashers]
        self.tables_ = [_buckets(codes.pack(table_bits)) for table_bits in bits]
        self.codes_ = np.hstack(bits)
        self.vectors_ = X - self.mean_
        return self

    def first(self, n_tables: int) -> "HashTables":
        """Return the index of the first tables alone: what fitting so many would have built.

        Parameters
        ----------
        n_tables : int
            How many, at most those that there are.

        Returns
        -------
        HashTables
            A fitted index.

        Raises
        ------
        TypeError, ValueError
            If n_tables is not 1 to those that there are.
        NotFittedError
            Before `fit`.
        """
        check_is_fitted(self)
        check_count(n_tables, "n_tables", most=self.n_tables)
        part = copy(self)
        part.n_tables = n_tables
        part.projection_, part.tables_ = self.projection_[:n_tables], self.tables_[:n_tables]
        part.codes_ = self.codes_[:, : n_tables * self.n_bits]
        return part

    def candidates(self, x: ArrayLike, probes: int = 0) -> NDArray:
        """Find the items that share a bucket with a vector in at least one table.

        Parameters
        ----------
        x : real array_like (n_features,)
            The vector.
        probes : int
            How many more buckets to look into in each table, see `query`.

        Returns
        -------
        int64 array (n_candidates,)
            Ids, ascending.

        Raises
        ------
        TypeError, ValueError
            If x has not n_features finite numbers, or probes is not 0 to n_bits.
        NotFittedError
            Before `fit`.
        """
        return np.flatnonzero(self._votes(self._project(self._check_vector(x)), probes))

    def query(self, x: ArrayLike, k: int = 10, rank: str = "votes", probes: int = 0) -> NDArray:
        """Find the best k candidates for one vector; fewer if fewer share a bucket.

        Parameters
        ----------
        x : real array_like (n_features,)
            The vector.
        k : int
            How many to return.
        rank : {"votes", "euclidean", "cosine", "hamming", "jaccard"}
            How candidates are ordered, ties by ascending id: "votes", in how many tables a
            candidate meets the query (the slides' way, most first); "euclidean" or "cosine"
            distance of the vectors; "hamming" or "jaccard" distance of all n_tables · n_bits bits.
        probes : int
            0 to n_bits: adds for each table the buckets whose keys differ in the one bit that was
            least certain, then the next: bits with the smallest absolute projection first.

        Returns
        -------
        int64 array (at most k,)
            Ids, best first.

        Raises
        ------
        TypeError, ValueError
            If x has not n_features finite numbers, k is below 1, rank unknown, or
            probes not 0 to n_bits.
        NotFittedError
            Before `fit`.
        """
        check_count(k, "k")
        if rank not in RANKINGS:
            raise ValueError(f"rank={rank!r}, but it must be one of {', '.join(RANKINGS)}")
        x = self._check_vector(x)
        projected = self._project(x)
        votes = self._votes(projected, probes)
        ids = np.flatnonzero(votes)
        if rank == "votes":
            distances = -votes[ids]
        elif rank in ("euclidean", "cosine"):
            distances = getattr(codes, rank)(self.vectors_[ids], x - self.mean_)
        else:
            distances = getattr(codes, rank)(self.codes_[ids], codes.binarize(projected).ravel())
        return ids[np.argsort(distances, kind="stable")[:k]]

    def bucket_sizes(self) -> list[NDArray]:
        """Count the items in each occupied bucket.

        Returns
        -------
        list of int64 array (n_buckets,)
            The sizes of each table's buckets, largest first.
        """
        check_is_fitted(self)
        return [np.sort([len(ids) for ids in table.values()])[::-1] for table in self.tables_]

    def _check_vector(self, x):
        """Return one vector as float64, or raise a ValueError."""
        check_is_fitted(self)
        x = np.asarray(x)
        if x.shape != self.mean_.shape or x.dtype.kind not in "buif":
            wanted = f"shape {self.mean_.shape} and hold real numbers"
            raise ValueError(f"x must have {wanted}; got dtype {x.dtype} and shape {x.shape}")
        if not np.isfinite(x).all():
            raise ValueError("x must hold finite numbers; it contains NaN or infinity")
        return x.astype(np.float64, copy=False)

    def _project(self, x):
        """Signed distances of one vector to all hyperplanes: float64 (L, k)."""
        return self.projection_ @ (x - self.mean_)

    def _votes(self, projected, probes):
        """In how many tables each item shares a probed bucket with the query: int64 (n,)."""
        check_count(probes, "probes", least=0, most=self.n_bits)
        keys = codes.pack(codes.binarize(projected))
        least_certain = np.argsort(np.abs(projected), axis=1, kind="stable")[:, :probes]
        found = []
        for table, key, flips in zip(self.tables_, keys, least_certain, strict=True):
            probed = [int(key)] + [int(key) ^ (1 << int(bit)) for bit in flips]
            found += [table[bucket] for bucket in probed if bucket in table]
        ids = np.concatenate(found) if found else np.empty(0, dtype=np.int64)
        return np.bincount(ids, minlength=len(self.codes_))


def _buckets(keys):
    """Group ids by key: dict from key to ascending ids."""
    order = np.argsort(keys, kind="stable")
    distinct, starts = np.unique(keys[order], return_index=True)
    return dict(zip(distinct.tolist(), np.split(order, starts[1:]), strict=True))
