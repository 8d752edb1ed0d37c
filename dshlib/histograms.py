"""Count instead of sort: how many items, and how many relevant ones, lie at each distance.

Items with equal codes are equal in rank, so these counts are all that a metric needs. Counts of
parts of a database add up to the counts of the whole. Taught in chapter 05.
"""

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import ArrayLike, NDArray

from dshlib.arguments import check_class_numbers, check_count, plain_array
from dshlib.codes import MAX_TABLE, SHORT_CODE, distance_blocks, hamming_shells


def distance_histogram(
    queries: ArrayLike, query_classes: ArrayLike, database: ArrayLike, database_classes: ArrayLike,
    n_bits: int, k: int | None = None, *, n_shards: int = 1, n_jobs: int = 1,
) -> tuple[NDArray, NDArray]:  # fmt: skip
    """Count items and relevant items at Hamming distance 0, 1, …, n_bits from every query.

    Taught in chapter 05. The counts are integers, so those of parts of the database add up exactly.

    Parameters
    ----------
    queries, database : unsigned array_like (n,) or (n, n_bytes)
        Codes as `pack` returns them, not empty.
    query_classes, database_classes : int array_like (n,)
        Their classes, numbered from 0; an item is relevant if its class is the query's.
    n_bits : int
        The length of a code.
    k : int, optional
        How many nearest items matter: counts at distances beyond theirs may stay 0, or incomplete
        with n_shards. None counts at all distances.
    n_shards : int
        Parts of the database that are counted apart.
    n_jobs : int
        Parts that are counted at a time, by joblib: on processes of this machine, or where
        joblib.parallel_config says, for example on a Dask cluster.

    Returns
    -------
    items, relevant : int array (n_bits + 1, n_queries)
        One row a distance.

    Raises
    ------
    ValueError
        If there are no items, or classes or n_bits do not fit the codes.

    Examples
    --------
    >>> from dshlib import pack
    >>> from dshlib.histograms import distance_histogram
    >>> queries, database = pack([[True, True]]), pack([[True, True], [True, False]])
    >>> items, relevant = distance_histogram(queries, [1], database, [1, 0], n_bits=2)
    >>> items[:, 0].tolist(), relevant[:, 0].tolist()
    ([1, 1, 0], [1, 0, 0])
    """
    check_count(n_shards, "n_shards")
    sets = _check_sets(queries, query_classes, database, database_classes, n_bits, k)
    return count(*sets, n_shards, n_jobs)


def count(
    queries: NDArray, query_classes: NDArray, database: NDArray, classes: NDArray,
    n_bits: int, k: int | None, n_shards: int = 1, n_jobs: int = 1,
) -> tuple[NDArray, NDArray]:  # fmt: skip
    """Do what `distance_histogram` does, for sets that were checked.

    Parameters
    ----------
    queries, database : unsigned array (n,) or (n, n_bytes)
        Codes, packed.
    query_classes, classes : int64 array (n,)
        Classes of the queries and of the database.
    n_bits : int
        The length of a code.
    k : int or None
        How many nearest items matter.
    n_shards, n_jobs : int
        As in `distance_histogram`.

    Returns
    -------
    items, relevant : int array (n_bits + 1, n_queries)
        One row a distance.

    Examples
    --------
    >>> from dshlib import pack
    >>> from dshlib.histograms import count
    >>> classes = np.array([1])
    >>> items, relevant = count(pack([[True]]), classes, pack([[False]]), classes, n_bits=1, k=1)
    >>> items[:, 0].tolist()
    [0, 1]
    """
    if n_shards > 1:
        cuts = np.array_split(database, n_shards), np.array_split(classes, n_shards)
        parts = Parallel(n_jobs=n_jobs)(
            delayed(count)(queries, query_classes, *shard, n_bits, k)
            for shard in zip(*cuts, strict=True)
            if len(shard[0])
        )
        return tuple(sum(counts) for counts in zip(*parts, strict=True))
    n_classes = 1 + int(max(query_classes.max(), classes.max()))
    n_entries = 2**n_bits * n_classes
    if n_bits > SHORT_CODE or n_entries > MAX_TABLE:
        return _by_brute_force(queries, query_classes, database, classes, n_bits)
    table = np.bincount(database * np.int64(n_classes) + classes, minlength=n_entries)
    table = table.reshape(2**n_bits, n_classes)
    if k is None:
        return _every_shell(table, queries, query_classes)
    return _nearest_shells(table, queries, query_classes, k)


def _check_sets(queries, query_classes, database, database_classes, n_bits, k):
    """Return the arguments of `distance_histogram`, checked, as those of `count`."""
    queries, database = plain_array(queries), plain_array(database)
    query_classes = check_class_numbers(query_classes, "query_classes", len(queries))
    classes = check_class_numbers(database_classes, "database_classes", len(database))
    if not (len(queries) and len(database)):
        got = f"{len(queries)} and {len(database)}"
        raise ValueError(f"queries and database must hold one code or more each; got {got}")
    if queries.dtype != database.dtype or queries.dtype.kind != "u":
        got = f"dtypes {queries.dtype} and {database.dtype}"
        raise ValueError(f"queries and database must be packed alike, by pack; got {got}")
    check_count(n_bits, "n_bits", most=8 * queries[0].nbytes)
    longest = int(max(queries.max(), database.max())).bit_length() if queries.ndim == 1 else 0
    if longest > n_bits:
        raise ValueError(f"n_bits={n_bits}, but there is a code of {longest} bits")
    if k is not None:
        check_count(k, "k")
    return queries, query_classes, database, classes, n_bits, k


def _nearest_shells(table, codes, classes, k):
    """Visit codes at distance 0, 1, … from each query until k items are covered."""
    n_bits = (len(table) - 1).bit_length()
    totals = table.sum(axis=1)
    items = np.zeros((n_bits + 1, len(codes)), dtype=np.int64)
    relevant = np.zeros_like(items)
    covered = np.zeros(len(codes), dtype=np.int64)
    open_queries = np.arange(len(codes))
    for radius, patterns in enumerate(hamming_shells(n_bits)):
        parts = 1 + open_queries.size * len(patterns) // 2**20
        for rows in np.array_split(open_queries, parts):
            near = codes[rows, None] ^ patterns
            items[radius, rows] = totals[near].sum(axis=1)
            relevant[radius, rows] = table[near, classes[rows, None]].sum(axis=1)
        covered[open_queries] += items[radius, open_queries]
        open_queries = open_queries[covered[open_queries] < k]
        if not open_queries.size:
            break
    return items, relevant


def _every_shell(table, codes, classes):
    """All shells of all codes, bit by bit: flipping bit i moves a count one distance further."""
    n_bits = (len(table) - 1).bit_length()
    every_code = np.arange(len(table))
    shells = np.zeros((n_bits + 1, *table.shape), dtype=np.int32)
    shells[0] = table
    for bit in range(n_bits):
        flipped = every_code ^ (1 << bit)
        for radius in range(bit + 1, 0, -1):
            shells[radius] += shells[radius - 1, flipped]
    return shells.sum(axis=2)[:, codes], shells[:, codes, classes]


def _by_brute_force(queries, query_classes, database, database_classes, n_bits):
    """Count all distances of every query, row by row: for codes too long for a table."""
    items = np.zeros((n_bits + 1, len(queries)), dtype=np.int64)
    relevant = np.zeros_like(items)
    for rows, distances in distance_blocks(queries, database):
        same = query_classes[rows, None] == database_classes
        pairs = zip(distances, same, strict=True)
        for row, (distance, is_relevant) in enumerate(pairs, start=rows.start):
            items[:, row] = np.bincount(distance, minlength=n_bits + 1)
            relevant[:, row] = np.bincount(distance[is_relevant], minlength=n_bits + 1)
    return items, relevant
