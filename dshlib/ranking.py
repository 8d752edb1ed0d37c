"""Hamming ranking: the k database items nearest to each query. Taught in chapter 05."""

import numpy as np

from dshlib.arguments import check_count
from dshlib.codes import SHORT_CODE, hamming_shells, packed_pair, scan

MAX_TABLE = 2**23  # entries of the bucket table below, 64 MB


def rank(query_codes, database_codes, k):
    """The k nearest database items of each query, by Hamming distance, ties by ascending id.

    Parameters: query_codes and database_codes, boolean (n, n_bits) or packed by
    `dshlib.codes.pack`; k, from 1 to the size of the database.
    Returns: ids, int64 (n_queries, k), and distances, int64 (n_queries, k), in bits. The result
    is that of a stable argsort of all distances.
    """
    queries, database, n_bits = packed_pair(query_codes, database_codes)
    check_count(k, "k", most=len(database))
    if n_bits <= SHORT_CODE and k * 2**n_bits <= MAX_TABLE:
        keys = _rank_by_buckets(queries, database, n_bits, k)
    else:
        keys = _rank_by_scan(queries, database, k)
    distances, ids = np.divmod(keys, len(database))
    return ids, distances


def _rank_by_scan(queries, database, k):
    """Sort all distances of every query. A key is distance · n + id: it sorts by both at once."""
    keys = np.empty((len(queries), k), dtype=np.int64)
    for rows, distances in scan(queries, database):
        ids = np.argsort(distances, axis=1, kind="stable")[:, :k]
        keys[rows] = np.take_along_axis(distances, ids, axis=1).astype(np.int64) * len(database)
        keys[rows] += ids
    return keys


def _rank_by_buckets(queries, database, n_bits, k):
    """Look into the query's own bucket, then at distance 1, 2, … until k items are found.

    Queries that are still short of k when a shell holds more places than the database are scanned.
    """
    n = len(database)
    codes, query_of = np.unique(queries, return_inverse=True)
    bucket_ids = _first_ids(database, n_bits, k)
    keys = np.full((len(codes), k), n * (n_bits + 1), dtype=np.int64)
    open_rows = np.arange(len(codes))
    for radius, patterns in enumerate(hamming_shells(n_bits)):
        if not open_rows.size or 4 * k * len(patterns) > n:
            break
        for rows in np.array_split(open_rows, 1 + open_rows.size * k * len(patterns) // 2**22):
            found = bucket_ids[codes[rows, None] ^ patterns].reshape(len(rows), -1)
            found = np.partition(found, k - 1, axis=1)[:, :k] + np.int64(radius * n)
            found[found >= (radius + 1) * n] = n * (n_bits + 1)
            keys[rows] = np.sort(np.hstack([keys[rows], found]), axis=1)[:, :k]
        open_rows = open_rows[keys[open_rows, -1] == n * (n_bits + 1)]
    keys[open_rows] = _rank_by_scan(codes[open_rows], database, k)
    return keys[query_of]


def _first_ids(database, n_bits, k):
    """(2**n_bits, k): the k smallest ids that share each code, padded with len(database)."""
    order = np.argsort(database, kind="stable")
    size = np.bincount(database, minlength=2**n_bits)
    start = np.cumsum(size) - size
    place = np.arange(len(database)) - np.repeat(start, size)
    ids = np.full((2**n_bits, k), len(database), dtype=np.int32)
    early = place < k
    ids[database[order[early]], place[early]] = order[early]
    return ids
