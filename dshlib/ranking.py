"""Hamming ranking: the k database items nearest to each query. Taught in chapter 05."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dshlib.arguments import check_count
from dshlib.codes import MAX_TABLE, SHORT_CODE, hamming_shells, packed_pair

LONGEST_HEAP = 64  # above, counting the items at each distance is faster: six times at k = 3,000
MAX_COUNTED = 2**26  # ids that the lists of counting have room for; few of the 512 MB are used
FAST_SIZES = (4, 8, 16, 20, 32, 64)  # bytes of codes that faiss compares up to five times faster


def rank(query_codes: ArrayLike, database_codes: ArrayLike, k: int) -> tuple[NDArray, NDArray]:
    """Find the k nearest database items of each query, by Hamming distance, ties by ascending id.

    The result is that of a stable argsort of all distances. Taught in chapter 05.

    Parameters
    ----------
    query_codes, database_codes : bool array_like (n, n_bits), or packed by `pack`
        The codes, both of one type.
    k : int
        Length of a ranking, from 1 to the size of the database.

    Returns
    -------
    ids : int64 array (n_queries, k)
        Rows of the database, nearest first.
    distances : int64 array (n_queries, k)
        Their distances, in bits.

    Raises
    ------
    TypeError, ValueError
        If the two sets do not match, the database is empty, or k is no whole number from 1 to the
        size of the database.

    Examples
    --------
    >>> from dshlib import rank
    >>> ids, distances = rank([[True, True]], [[False, False], [True, False], [True, True]], k=2)
    >>> ids, distances
    (array([[2, 1]]), array([[0, 1]]))
    """
    queries, database, n_bits = packed_pair(query_codes, database_codes)
    check_count(k, "k", most=len(database))
    return nearest(queries, database, n_bits, k)


def nearest(queries: NDArray, database: NDArray, n_bits: int, k: int) -> tuple[NDArray, NDArray]:
    """Do what `rank` does, for packed codes that were checked; equal queries are searched once.

    Parameters
    ----------
    queries, database : unsigned array (n,) or (n, n_bytes)
        Codes as `packed_pair` returns them.
    n_bits : int
        The length of a code.
    k : int
        Length of a ranking, from 1 to the size of the database.

    Returns
    -------
    ids, distances : int64 array (n_queries, k)
        As in `rank`.

    Examples
    --------
    >>> from dshlib.codes import packed_pair
    >>> from dshlib.ranking import nearest
    >>> nearest(*packed_pair([[True, True]], [[False, False], [True, False]]), k=1)
    (array([[1]]), array([[1]]))
    """
    distinct, which = np.unique(queries, axis=0, return_inverse=True)
    if n_bits <= SHORT_CODE and k * 2**n_bits <= MAX_TABLE:
        ids, distances = _by_buckets(distinct, database, n_bits, k)
    else:
        ids, distances = _by_brute_force(distinct, database, k)
    return ids[which.ravel()], distances[which.ravel()]


def _by_buckets(queries, database, n_bits, k):
    """Look into the query's own bucket, then into those at distance 1, 2, … until k are found.

    A found item is one integer, distance · n + id. These integers sort by distance, then by id.
    Queries that are still short of k items when the next distance has too many buckets are
    compared with every item.
    """
    n = len(database)
    empty = n * (n_bits + 1)  # larger than the integer of any item
    buckets = _first_ids(database, n_bits, k, empty)
    found = np.full((len(queries), k), empty)
    short = np.arange(len(queries))  # the queries that do not have k items yet
    for distance, patterns in enumerate(hamming_shells(n_bits)):
        if not short.size or 4 * k * len(patterns) > n:
            break
        n_parts = 1 + short.size * k * len(patterns) // 2**20  # so that memory stays bounded
        for rows in np.array_split(short, n_parts):
            shell = queries[rows, None] ^ patterns  # the codes at this distance
            new = buckets[shell].reshape(len(rows), -1) + distance * n
            both = np.hstack([found[rows], new])
            found[rows] = np.partition(both, k - 1, axis=1)[:, :k]
        short = short[found[short, -1] >= empty]
    distances, ids = np.divmod(np.sort(found, axis=1), n)
    if short.size:
        ids[short], distances[short] = _by_brute_force(queries[short], database, k)
    return ids, distances


def _first_ids(database, n_bits, k, empty):
    """Return the k smallest ids that share each code, (2**n_bits, k), filled up with `empty`."""
    by_code = np.argsort(database, kind="stable")  # ids: bucket after bucket, ascending in each
    sizes = np.bincount(database, minlength=2**n_bits)
    starts = np.cumsum(sizes) - sizes  # where each bucket begins in by_code
    column = np.arange(len(database)) - np.repeat(starts, sizes)  # 0, 1, … within each bucket
    kept = by_code[column < k]
    first = np.full((2**n_bits, k), empty)
    first[database[kept], column[column < k]] = kept
    return first


def _by_brute_force(queries, database, k):
    """Compare with every item, by faiss.

    It reads the items in the order of ids, and both of its ways to keep the nearest, a heap and a
    list for each distance, order ties by id.
    """
    import faiss  # here, so that what only counts or looks into buckets does not load it

    queries, database = _as_bytes(queries), _as_bytes(database)
    index = faiss.IndexBinaryFlat(8 * database.shape[1])
    index.add(database)
    counted = int(k) * (index.d + 1)  # ids in the lists of one query
    index.use_heap = k <= LONGEST_HEAP or counted > MAX_COUNTED
    index.query_batch_size = max(1, min(32, MAX_COUNTED // counted))
    n_threads = faiss.omp_get_max_threads()
    try:
        faiss.omp_set_num_threads(min(n_threads, max(1, len(queries))))
        distances, ids = index.search(queries, int(k))
    finally:
        faiss.omp_set_num_threads(n_threads)
    return ids, distances.astype(np.int64)


def _as_bytes(codes):
    """Packed codes, uint8 (n, n_bytes), with zeros behind them up to a fast size."""
    if codes.ndim == 1:
        codes = codes.astype(codes.dtype.newbyteorder("<"))[:, None].view(np.uint8)
    n_bytes = codes.shape[1]
    padded = next((size for size in FAST_SIZES if size >= n_bytes), n_bytes)
    return np.pad(codes, ((0, 0), (0, padded - n_bytes)))
