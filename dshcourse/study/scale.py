"""Search millions of 64-bit codes: grow a database, scan it, look into buckets. Appendix A3.

Every index has the same three names: fit(database) → self, search(queries, k) → ids and distances,
and nbytes. Codes are packed by `dshlib.codes.pack`: uint64 (n,).
"""

import faiss
import numpy as np
from sklearn.utils import check_scalar

from dshlib.arguments import check_count, plain_array
from dshlib.codes import check_bits, hamming, pack, unpack

N_BITS = 64
NONE = N_BITS + 1  # the distance of a neighbour that was not found; its id is -1
BLOCK = 2**16  # codes that are worked on at once: 512 kB
LOWER_HALF = np.uint64(2**32 - 1)


def replicate(database, times, flip, rng):
    """A database `times` as large: the codes themselves, then noisy copies of all of them.

    Parameters: database, uint64 (n,); times, copies in all; flip, the probability with which each
    bit of a copy is flipped, independently; rng, a numpy Generator. Copy c of item i has the id
    c · n + i, so labels are copied by np.tile(labels, times). Returns: uint64 (times · n,).
    A copy is no new image: it has the clumps of the data, and noise that knows no images.
    """
    database = check_codes(database, "database")
    check_count(times, "times")
    check_scalar(flip, "flip", (float, int), min_val=0, max_val=1)
    grown = np.tile(database, times)
    for start in range(len(database), len(grown), len(database)):
        noise = rng.random((len(database), N_BITS), dtype=np.float32) < flip
        grown[start : start + len(database)] ^= pack(noise)
    return grown


def recall(distances, exact):
    """Share of the k nearest that were found; of tied items any will do.

    An item counts if it is as near as the k-th of the exact search. Parameters: distances and
    exact, integer (n_queries, k), ascending, of the search in question and of brute force.
    """
    distances, exact = np.asarray(distances), np.asarray(exact)
    if distances.shape != exact.shape or exact.ndim != 2 or exact.size == 0:
        raise ValueError(
            "distances and exact must have one shape (n_queries, k), not empty; "
            f"got {distances.shape} and {exact.shape}"
        )
    return float((distances <= exact[:, -1:]).mean())


class FlatScan:
    """Compare with every code, one block after the other: exact, and no memory but the codes."""

    def fit(self, database):
        """Keep the codes, uint64 (n,)."""
        self.codes_ = check_codes(database, "database")
        return self

    @property
    def nbytes(self):
        """Bytes that are stored: the codes."""
        return self.codes_.nbytes

    def search(self, queries, k=10):
        """The k nearest of each query, ties by ascending id: ids and distances (n_queries, k)."""
        queries = _check_search(self, queries, k)
        return _split(np.array([self._nearest(query, k) for query in queries]), len(self.codes_))

    def _nearest(self, query, k):
        """Keys distance · n + id, as in `dshlib.ranking`, of the k nearest codes so far."""
        n, best, kth = len(self.codes_), np.empty(0, dtype=np.int64), NONE
        for start in range(0, n, BLOCK):
            distances = hamming(self.codes_[start : start + BLOCK], query)
            near = np.flatnonzero(distances < kth)
            keys = distances[near].astype(np.int64) * n + (start + near)
            best = _smallest(np.concatenate([best, keys]), k)
            kth = best[-1] // n if len(best) == k else NONE
        return best


class BucketTables:
    """Hash tables on codes: each keys by its own random choice of bits, LSH for Hamming distance.

    Two codes that differ in r of 64 bits share a bucket of `key_bits` bits with a probability
    near (1 - r/64)^key_bits. What shares a bucket in any table is ranked by Hamming distance.

    Parameters: n_tables, L; key_bits, 1 to 32; seed.
    Fitted attributes: weights_, float64 (64, L): what a bit weighs in the key of each table, 0 if
    it was not chosen; tables_, uint64 (L, n), the sorted entries of each table, key · 2³² + id;
    codes_.
    """

    def __init__(self, n_tables, key_bits, seed=0):
        self.n_tables = n_tables
        self.key_bits = key_bits
        self.seed = seed

    def fit(self, database):
        """Key and sort the codes, uint64 (n,), n up to 2**32, once for each table."""
        check_count(self.n_tables, "n_tables")
        check_count(self.key_bits, "key_bits", most=32)
        self.codes_ = check_codes(database, "database")
        rng = np.random.default_rng(self.seed)
        self.weights_ = np.zeros((N_BITS, self.n_tables))
        for table in range(self.n_tables):
            chosen = rng.choice(N_BITS, self.key_bits, replace=False)
            self.weights_[chosen, table] = 2.0 ** np.arange(self.key_bits)
        self.tables_ = np.empty((self.n_tables, len(database)), dtype=np.uint64)
        for start in range(0, len(database), BLOCK):
            rows = slice(start, start + BLOCK)
            self.tables_[:, rows] = self._keys(self.codes_[rows])
        self.tables_ |= np.arange(len(database), dtype=np.uint64)  # the ids, below 2**32
        self.tables_.sort(axis=1)
        return self

    @property
    def nbytes(self):
        """Bytes that are stored: codes and tables."""
        return self.codes_.nbytes + self.tables_.nbytes

    def candidates(self, query):
        """Ids that share a bucket with one code, once for each table where they do."""
        keys = self._keys(np.array([query]))[:, 0]
        buckets = []
        for table, key in zip(self.tables_, keys, strict=True):
            start = np.searchsorted(table, key)  # as an entry it has the id 0
            end = np.searchsorted(table, key | LOWER_HALF, side="right")  # and here the largest id
            buckets.append(table[start:end] & LOWER_HALF)
        return np.concatenate(buckets).astype(np.int64)

    def search(self, queries, k=10):
        """The k nearest candidates of each query, ties by ascending id; -1 where there are fewer.

        Returns: ids and distances, int64 (n_queries, k); the distance of id -1 is 65.
        """
        queries, n = _check_search(self, queries, k), len(self.codes_)
        keys = np.full((len(queries), k), NONE * n, dtype=np.int64)
        for row, query in zip(keys, queries, strict=True):
            ids = self.candidates(query)
            found = hamming(self.codes_[ids], query).astype(np.int64) * n + ids
            # each item is there once a table at most: the first k · n_tables hold k different ones
            best = np.unique(_smallest(found, k * self.n_tables))[:k]
            row[: len(best)] = best
        return _split(keys, n)

    def _keys(self, codes):
        """Key of each code in each table, times 2³²: uint64 (L, n)."""
        keys = unpack(codes, N_BITS) @ self.weights_  # whole numbers below 2**32, exact in float64
        return keys.T.astype(np.uint64) << np.uint64(32)


class FaissIndex:
    """The same by faiss, a library in C++: a flat scan, or multi-index hashing if cut is given.

    Parameters: cut, None or (substrings, bits of each): tables on disjoint substrings of the code
    (Norouzi, Punjani and Fleet, CVPR 2012); flips, look also into buckets whose key differs in up
    to so many bits. Fitted attribute: index_.
    """

    def __init__(self, cut=None, flips=0):
        self.cut = cut
        self.flips = flips

    def fit(self, database):
        """Add the codes, uint64 (n,)."""
        codes = check_codes(database, "database")
        if self.cut is None:
            self.index_ = faiss.IndexBinaryFlat(N_BITS)
        else:
            n_substrings, bits = self.cut
            if not (n_substrings >= 1 and bits >= 1 and n_substrings * bits <= N_BITS):
                raise ValueError(f"cut={self.cut!r} does not fit into codes of {N_BITS} bits")
            self.index_ = faiss.IndexBinaryMultiHash(N_BITS, n_substrings, bits)
            check_count(self.flips, "flips", least=0, most=bits)
            self.index_.nflip = self.flips
        self.index_.add(_as_bytes(codes))
        return self

    @property
    def nbytes(self):
        """Bytes that faiss would write to a file; its tables take more in memory."""
        return faiss.serialize_index_binary(self.index_).nbytes

    def search(self, queries, k=10):
        """As for `BucketTables`, but faiss breaks ties in its own way."""
        check_count(k, "k")
        queries = check_codes(queries, "queries")
        distances, ids = self.index_.search(_as_bytes(queries), int(k))
        return ids, np.where(ids < 0, NONE, distances)


def check_codes(codes, name):
    """Return packed codes of 64 bits, not none, or raise a ValueError that names the argument."""
    codes = plain_array(codes)
    if codes.dtype == bool:
        codes = pack(check_bits(codes, name))
    if codes.ndim != 1 or codes.dtype != np.uint64 or len(codes) == 0:
        raise ValueError(
            f"{name} must be codes of 64 bits, packed by dshlib.codes.pack: uint64 (n,), n >= 1; "
            f"got {codes.dtype} {codes.shape}"
        )
    return codes


def _check_search(index, queries, k):
    check_count(k, "k", most=len(index.codes_))
    return check_codes(queries, "queries")


def _smallest(keys, k):
    """The k smallest, ascending; all if there are fewer."""
    return np.sort(np.partition(keys, k)[:k] if len(keys) > k else keys)


def _split(keys, n):
    """Keys distance · n + id, taken apart: ids, -1 where none was found, and distances."""
    distances, ids = np.divmod(keys, n)
    return np.where(distances == NONE, -1, ids), distances


def _as_bytes(codes):
    """Codes as faiss reads them: uint8 (n, 8)."""
    return codes.astype("<u8", copy=False).view(np.uint8).reshape(-1, N_BITS // 8)
