"""Locality-sensitive hashing: sign random projection and the multi-table index. Chapters 03, 04."""

from copy import copy

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_scalar
from sklearn.utils.validation import check_is_fitted

from dshlib import codes
from dshlib.arguments import MAX_BITS, check_count, check_vectors

RANKINGS = ("votes", "euclidean", "cosine", "hamming", "jaccard")


def collision_probability(angle):
    """Probability that one random hyperplane puts two vectors on the same side: 1 - θ/π.

    Parameters: angle, θ in radians, 0 to π. Charikar, STOC 2002; derived in chapter 03.
    """
    angle = np.asarray(angle, dtype=float)
    if not ((angle >= 0) & (angle <= np.float32(np.pi))).all():  # float32 rounds π up
        raise ValueError(f"angle must lie between 0 and π radians; got {angle}")
    return 1 - np.minimum(angle, np.pi) / np.pi


def candidate_probability(p, n_bits, n_tables):
    """Probability that two items share a bucket in at least one table: 1 - (1 - p^k)^L.

    Parameters: p, probability that one bit agrees; n_bits, k, bits that must all agree (AND);
    n_tables, L, tables of which one suffices (OR). Derived in chapter 03.
    """
    p = np.asarray(p, dtype=float)
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError(f"p must lie between 0 and 1; got {p}")
    for name, value in {"n_bits": n_bits, "n_tables": n_tables}.items():
        if not np.all(np.asarray(value) >= 0):
            raise ValueError(f"{name} must be 0 or more; got {value}")
    return 1 - (1 - p**n_bits) ** n_tables


class RandomProjection(BaseEstimator):
    """Sign random projection: bit i tells on which side of random hyperplane i a vector lies.

    P = R D of the slides, with Gaussian R (n_bits × n_features), then the sign. Taught in
    chapter 04.

    Parameters: n_bits, k; seed, an integer or several (as NumPy takes them), fixes R; the first
    rows of R do not depend on n_bits, so shorter codes are prefixes of longer ones; center, measure
    angles at the mean of the fitted data instead of at the origin.
    Fitted attributes: projection_, float64 R; mean_, (n_features,), zeros unless center.
    """

    def __init__(self, n_bits, seed=0, center=False):
        self.n_bits = n_bits
        self.seed = seed
        self.center = center

    def fit(self, X, y=None):
        """Draw R for the width of X, (n, n_features), and take its mean if center."""
        check_count(self.n_bits, "n_bits", most=MAX_BITS)
        check_scalar(self.center, "center", (bool, np.bool_))
        for part in np.atleast_1d(self.seed):
            check_count(part, "seed", least=0)
        X = check_vectors(self, X)
        rng = np.random.default_rng(self.seed)
        self.projection_ = rng.standard_normal((self.n_bits, X.shape[1]))
        self.mean_ = X.mean(axis=0) if self.center else np.zeros(X.shape[1])
        return self

    def project(self, X):
        """Signed distances to the hyperplanes, up to scale: float64 (n, n_bits)."""
        check_is_fitted(self)
        X = check_vectors(self, X, reset=False)
        return (X - self.mean_) @ self.projection_.T

    def encode(self, X):
        """Codes of the rows of X, (n, n_features): bool (n, n_bits)."""
        return codes.binarize(self.project(X))


class HashTables(BaseEstimator):
    """L hash tables, each keyed by its own random projection: the multi-table index of chapter 04.

    Parameters: n_tables, L; n_bits, k, bits of a bucket's key, up to 64; seed; center, see
    RandomProjection. Table t draws from the seed (seed, t), so more tables or bits never change
    the ones that are there.
    Fitted attributes: projection_, float64 (L, k, n_features); mean_; tables_, L dicts from key
    to ids; codes_, bool (n, L · k), and vectors_, float64 (n, n_features), for re-ranking.
    """

    def __init__(self, n_tables, n_bits, seed=0, center=False):
        self.n_tables = n_tables
        self.n_bits = n_bits
        self.seed = seed
        self.center = center

    def fit(self, X, y=None):
        """Hash every row of X, (n, n_features), into every table."""
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

    def first(self, n_tables):
        """The index of the first n_tables tables alone: what fitting so many would have built."""
        check_is_fitted(self)
        check_count(n_tables, "n_tables", most=self.n_tables)
        part = copy(self)
        part.n_tables = n_tables
        part.projection_, part.tables_ = self.projection_[:n_tables], self.tables_[:n_tables]
        part.codes_ = self.codes_[:, : n_tables * self.n_bits]
        return part

    def candidates(self, x, probes=0):
        """Ids of the items that share a bucket with x in at least one table, ascending.

        Parameters: x, (n_features,); probes, how many more buckets to look into in each table,
        see `query`. Returns: int64 (n_candidates,).
        """
        return np.flatnonzero(self._votes(self._project(self._check_vector(x)), probes))

    def query(self, x, k=10, rank="votes", probes=0):
        """The best k candidates for one vector x, (n_features,); fewer if fewer share a bucket.

        rank says how candidates are ordered, ties by ascending id: "votes", in how many tables a
        candidate meets the query (the slides' way, most first); "euclidean" or "cosine" distance
        of the vectors; "hamming" or "jaccard" distance of all n_tables · n_bits bits.
        probes, 0 to n_bits, adds for each table the buckets whose keys differ in the one bit that
        was least certain, then the next: bits with the smallest |projection| first (after Lv et
        al., VLDB 2007). Returns: ids, int64 (at most k,).
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

    def bucket_sizes(self):
        """Items in each occupied bucket, largest first: a list of L integer arrays."""
        check_is_fitted(self)
        return [np.sort([len(ids) for ids in table.values()])[::-1] for table in self.tables_]

    def _check_vector(self, x):
        check_is_fitted(self)
        x = np.asarray(x)
        if x.shape != self.mean_.shape or x.dtype.kind not in "buif":
            raise ValueError(
                f"x must have shape {self.mean_.shape} and hold real numbers; "
                f"got dtype {x.dtype} and shape {x.shape}"
            )
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
