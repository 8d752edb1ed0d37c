"""Binary codes: from real values to bits, bits to packed integers, and four distances.

A code is a boolean array (..., n_bits); True stands for +1 and False for -1. Taught in chapter 02.
"""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dshlib.arguments import check_axes, check_count, plain_array

SHORT_CODE = 16  # bits; up to here a table can have an entry for every possible code
MAX_TABLE = 2**21  # entries of a table by code, 16 MB; with more, brute force is as fast
ROWS_AT_ONCE = 64  # queries whose distances to a database are computed at a time


def binarize(values: ArrayLike) -> NDArray:
    """Return the sign of each value as a bit: True where the value is above 0.

    Exactly 0 becomes False, so that every value has a bit (np.sign would leave a third state).

    Parameters
    ----------
    values : real array_like (..., n_bits)
        Projections, or outputs of a network.

    Returns
    -------
    bool array (..., n_bits)
        The codes.

    Raises
    ------
    ValueError
        If a value is no real number, or NaN, which has no sign.

    Examples
    --------
    >>> from dshlib.codes import binarize
    >>> binarize([0.3, -1.2, 0.0])
    array([ True, False, False])
    """
    values = np.asarray(values)
    if values.dtype.kind not in "buif":
        raise ValueError(f"values must be real numbers; got dtype {values.dtype}")
    if np.isnan(values).any():
        raise ValueError("values contains NaN, which has no sign; clean the features first")
    return values > 0


def pack(bits: ArrayLike) -> NDArray:
    """Pack codes into the smallest unsigned integers that hold them; bit i weighs 2**i.

    Taught in chapter 02.

    Parameters
    ----------
    bits : bool array_like (n, n_bits)
        The codes.

    Returns
    -------
    unsigned array (n,) or (n, n_bytes)
        One uint8, uint16, uint32 or uint64 a code for up to 8, 16, 32 or 64 bits; for longer codes
        the packed bytes, uint8 (n, ceil(n_bits / 8)).

    Raises
    ------
    ValueError
        If bits are not boolean, not two-dimensional, or of length 0.

    Examples
    --------
    >>> from dshlib import pack
    >>> pack([[True, False, True], [False, True, True]])
    array([5, 6], dtype=uint8)
    """
    bits = check_bits(bits, "bits")
    packed = np.packbits(bits, axis=1, bitorder="little")
    if packed.shape[1] > 8:
        return packed
    n_bytes = next(size for size in (1, 2, 4, 8) if size >= packed.shape[1])
    padded = np.zeros((len(bits), n_bytes), dtype=np.uint8)
    padded[:, : packed.shape[1]] = packed
    return padded.view(f"<u{n_bytes}")[:, 0].astype(f"u{n_bytes}", copy=False)


def unpack(codes: ArrayLike, n_bits: int) -> NDArray:
    """Undo `pack`.

    Parameters
    ----------
    codes : unsigned array_like (n,) or (n, n_bytes)
        Codes as `pack` returns them.
    n_bits : int
        The length of a code, at most as many bits as the integers have.

    Returns
    -------
    bool array (n, n_bits)
        The bits.

    Raises
    ------
    ValueError
        If codes are not packed, or too short for n_bits.

    Examples
    --------
    >>> import numpy as np
    >>> from dshlib import unpack
    >>> unpack(np.array([5], dtype=np.uint8), n_bits=3)
    array([[ True, False,  True]])
    """
    codes = plain_array(codes)
    if codes.dtype.kind != "u" or (codes.ndim != 1 and (codes.ndim, codes.dtype) != (2, np.uint8)):
        got = f"dtype {codes.dtype} and shape {codes.shape}"
        raise ValueError(f"codes must be packed by dshlib.codes.pack; got {got}")
    if codes.ndim == 1:
        codes = codes.astype(codes.dtype.newbyteorder("<"), copy=False)
        codes = codes.reshape(-1, 1).view(np.uint8)
    if not 1 <= check_count(n_bits, "n_bits", least=-np.inf) <= 8 * codes.shape[1]:
        raise ValueError(f"n_bits={n_bits}, but these codes hold 1 to {8 * codes.shape[1]} bits")
    return np.unpackbits(codes, axis=1, count=n_bits, bitorder="little").astype(bool)


def check_bits(bits: ArrayLike, name: str) -> NDArray:
    """Return bits as a boolean array (n, n_bits), or raise a ValueError that names the argument.

    Parameters
    ----------
    bits : bool array_like (n, n_bits)
        The codes.
    name : str
        The argument's name, for the message.

    Returns
    -------
    bool array (n, n_bits)
        The codes as they are.

    Examples
    --------
    >>> from dshlib.codes import check_bits
    >>> check_bits([[True, False]], "bits")
    array([[ True, False]])
    """
    bits = np.asarray(bits)
    if bits.ndim != 2 or bits.dtype != bool or bits.shape[1] == 0:
        got = f"dtype {bits.dtype} and shape {bits.shape}"
        raise ValueError(f"{name} must be a boolean array (n, n_bits) with n_bits >= 1; got {got}")
    return bits


def hamming(a: ArrayLike, b: ArrayLike) -> NDArray:
    """Count the bits in which two codes differ.

    Taught in chapter 02.

    Parameters
    ----------
    a, b : bool array_like (..., n_bits), or unsigned array_like (...)
        Boolean codes are compared along the last axis, packed integers of one type element by
        element (XOR, then count the ones). Leading axes broadcast, so
        ``hamming(a[:, None], b[None])`` is the table of all pairs.

    Returns
    -------
    integer array (...)
        Distances, in bits; of packed integers uint8, which wraps below 0. Codes that `pack` makes
        of more than 64 bits, (n, n_bytes), get a count for each byte: sum over the last axis.

    Raises
    ------
    ValueError
        If a and b are no codes of one kind, or their shapes do not fit.

    Examples
    --------
    >>> from dshlib import hamming
    >>> int(hamming([True, False, True], [True, True, False]))
    2
    """
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype == bool and b.dtype == bool:
        check_axes(a, b)
        return (a != b).sum(axis=-1)
    if a.dtype.kind == b.dtype.kind == "u" and a.itemsize == b.itemsize:
        return np.bitwise_count(a ^ b)
    wanted = "boolean codes or both packed unsigned integers of one type"
    raise ValueError(f"a and b must both be {wanted}; got dtypes {a.dtype} and {b.dtype}")


def jaccard(a: ArrayLike, b: ArrayLike) -> NDArray:
    """Return 1 − (bits set in both) / (bits set in either), the Jaccard distance of two codes.

    Taught in chapter 02.

    Parameters
    ----------
    a, b : bool array_like (..., n_bits)
        Codes, compared along the last axis; leading axes broadcast.

    Returns
    -------
    float array (...)
        Distances from 0 to 1; 0 if neither code has a bit set.

    Raises
    ------
    ValueError
        If a and b are not boolean, or their shapes do not fit.

    Examples
    --------
    >>> from dshlib import jaccard
    >>> float(jaccard([True, True, False], [True, False, False]))
    0.5
    """
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype != bool or b.dtype != bool:
        raise ValueError(f"a and b must be boolean codes; got dtypes {a.dtype} and {b.dtype}")
    check_axes(a, b)
    union = (a | b).sum(axis=-1)
    return 1 - np.where(union == 0, 1.0, (a & b).sum(axis=-1) / np.maximum(union, 1))


def cosine(a: ArrayLike, b: ArrayLike) -> NDArray:
    """Return 1 − cos(angle), the cosine distance of two vectors.

    For codes of k bits this is 2 / k times the Hamming distance. Taught in chapter 02.

    Parameters
    ----------
    a, b : bool or real array_like (..., d)
        Vectors, compared along the last axis; leading axes broadcast. Boolean codes are read as
        ±1 vectors.

    Returns
    -------
    float array (...)
        Distances from 0 to 2. The angle with a zero vector is taken as 90 degrees.

    Raises
    ------
    ValueError
        If a value is NaN, infinite or too large to square, or the shapes do not fit.

    Examples
    --------
    >>> from dshlib import cosine
    >>> float(cosine([1, 0], [0, 3]))
    1.0
    """
    a, b = _vector_pair(a, b)
    with np.errstate(over="ignore", invalid="ignore"):
        lengths = np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1)
        distance = 1 - (a * b).sum(axis=-1) / np.where(lengths == 0, 1, lengths)
        return _finite(np.clip(distance, 0, 2))  # rounding may pass either end


def euclidean(a: ArrayLike, b: ArrayLike) -> NDArray:
    """Return the length of a − b, the Euclidean distance of two vectors.

    For codes its square is 4 times the Hamming distance: the fact that lets DSH relax eq 1 into
    eq 3. Taught in chapter 02.

    Parameters
    ----------
    a, b : bool or real array_like (..., d)
        Vectors, compared along the last axis; leading axes broadcast. Boolean codes are read as
        ±1 vectors.

    Returns
    -------
    float array (...)
        Distances, in the units of the vectors.

    Raises
    ------
    ValueError
        If a value is NaN, infinite or too large to square, or the shapes do not fit.

    Examples
    --------
    >>> from dshlib import euclidean
    >>> float(euclidean([0, 0], [3, 4]))
    5.0
    """
    a, b = _vector_pair(a, b)
    with np.errstate(over="ignore", invalid="ignore"):
        return _finite(np.linalg.norm(a - b, axis=-1))


def _vector_pair(a, b):
    """Both as vectors, whose shapes fit."""
    a, b = as_vectors(a), as_vectors(b)
    check_axes(a, b)
    return a, b


def _finite(distances):
    """Return the distances, or raise a ValueError if one is NaN or infinite."""
    if not np.isfinite(distances).all():
        raise ValueError("a and b must hold finite numbers whose squares are finite too")
    return distances


def as_vectors(x: ArrayLike) -> NDArray:
    """Return booleans as ±1.0, and other real numbers as floats.

    Parameters
    ----------
    x : bool or real array_like (...)
        Codes or vectors.

    Returns
    -------
    float array (...)
        The same as vectors.

    Raises
    ------
    ValueError
        If x holds no real numbers.

    Examples
    --------
    >>> from dshlib.codes import as_vectors
    >>> as_vectors([True, False])
    array([ 1., -1.])
    """
    x = plain_array(x)
    if x.dtype.kind not in "buif":
        raise ValueError(f"vectors must be boolean codes or real numbers; got dtype {x.dtype}")
    return np.where(x, 1.0, -1.0) if x.dtype == bool else x.astype(float)


def packed_pair(query_codes: ArrayLike, database_codes: ArrayLike) -> tuple[NDArray, NDArray, int]:
    """Return both sets of codes packed alike, and the number of bits to look at.

    Parameters
    ----------
    query_codes, database_codes : bool array_like (n, n_bits), or packed by `pack`
        The two sets, both of one type.

    Returns
    -------
    queries : unsigned array (n_queries,) or (n_queries, n_bytes)
        The queries, packed.
    database : unsigned array (n,) or (n, n_bytes)
        The database, packed.
    n_bits : int
        For integers that came packed the length of the longest, since higher bits are 0 in all.

    Raises
    ------
    ValueError
        If the two sets do not match, or the database is empty.

    Examples
    --------
    >>> from dshlib.codes import packed_pair
    >>> packed_pair([[True, False]], [[True, True], [False, False]])
    (array([1], dtype=uint8), array([3, 0], dtype=uint8), 2)
    """
    a, b = plain_array(query_codes), plain_array(database_codes)
    if a.dtype != b.dtype or a.ndim != b.ndim or a.ndim == 0 or a.shape[1:] != b.shape[1:]:
        got = f"{a.dtype} {a.shape} and {b.dtype} {b.shape}"
        names = "query_codes and database_codes"
        raise ValueError(f"{names} must have the same type and number of bits; got {got}")
    if len(b) == 0:
        raise ValueError("database_codes is empty, but it must hold one code or more")
    if a.dtype == bool:
        return pack(check_bits(a, "query_codes")), pack(b), a.shape[1]
    if a.dtype.kind == "u" and a.ndim == 1:
        n_bits = max(int(a.max(initial=0)), int(b.max()), 1).bit_length()
        smallest = np.min_scalar_type(2**n_bits - 1)
        return a.astype(smallest, copy=False), b.astype(smallest, copy=False), n_bits
    if a.dtype == np.uint8 and a.ndim == 2 and a.shape[1] > 8:
        return a, b, 8 * a.shape[1]
    wanted = "boolean (n, n_bits) or packed by dshlib.codes.pack"
    raise ValueError(f"query_codes must be {wanted}; got dtype {a.dtype} and shape {a.shape}")


@lru_cache
def hamming_shells(n_bits: int) -> list[NDArray]:
    """Return XOR patterns by number of ones: entry r turns a code into all codes at distance r.

    Parameters
    ----------
    n_bits : int
        At most `SHORT_CODE`, since there are 2**n_bits patterns.

    Returns
    -------
    list of uint32 array (n_patterns,)
        n_bits + 1 arrays, each ascending.

    Examples
    --------
    >>> from dshlib.codes import hamming_shells
    >>> [patterns.tolist() for patterns in hamming_shells(2)]
    [[0], [1, 2], [3]]
    """
    check_count(n_bits, "n_bits", most=SHORT_CODE)
    patterns = np.arange(2**n_bits, dtype=np.uint32)
    ones = np.bitwise_count(patterns)
    return [patterns[ones == radius] for radius in range(n_bits + 1)]


def distance_blocks(queries: NDArray, database: NDArray) -> Iterator[tuple[slice, NDArray]]:
    """Compute every distance between queries and database, some queries at a time.

    With more than half a million codes there are fewer at a time, so that memory stays bounded.

    Parameters
    ----------
    queries, database : unsigned array (n,) or (n, n_bytes)
        Codes packed alike.

    Yields
    ------
    rows : slice
        Of the queries.
    distances : unsigned array (len(rows), len(database))
        In bits.

    Examples
    --------
    >>> from dshlib import pack
    >>> from dshlib.codes import distance_blocks
    >>> queries, database = pack([[True, False]]), pack([[True, True], [False, True]])
    >>> [distances.tolist() for rows, distances in distance_blocks(queries, database)]
    [[[1, 2]]]
    """
    n_rows = max(1, min(ROWS_AT_ONCE, 2**25 // len(database)))
    for start in range(0, len(queries), n_rows):
        rows = slice(start, start + n_rows)
        distances = hamming(queries[rows, None], database[None])
        if distances.ndim == 3:
            distances = distances.sum(axis=2, dtype=np.uint16)
        yield rows, distances
