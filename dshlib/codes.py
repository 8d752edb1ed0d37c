"""Binary codes: from real values to bits, bits to packed integers, and four distances.

A code is a boolean array (..., n_bits); True stands for +1 and False for -1. Taught in chapter 02.
"""

from functools import lru_cache

import numpy as np

from dshlib.arguments import check_axes, check_count, plain_array

SHORT_CODE = 16  # bits; up to here a table can have an entry for every possible code
SCALAR_TYPES = {8: np.uint8, 16: np.uint16, 32: np.uint32, 64: np.uint64}


def binarize(values):
    """Sign of each value as a bit: True where the value is above 0.

    Parameters: values, real (..., n_bits). Returns: bool (..., n_bits).
    Exactly 0 becomes False, so that every value has a bit (np.sign would leave a third state).
    Raises ValueError if a value is no real number or NaN, because NaN has no sign.
    """
    values = np.asarray(values)
    if values.dtype.kind not in "buif":
        raise ValueError(f"values must be real numbers; got dtype {values.dtype}")
    if np.isnan(values).any():
        raise ValueError("values contains NaN, which has no sign; clean the features first")
    return values > 0


def pack(bits):
    """Pack codes into the smallest unsigned integers that hold them; bit i weighs 2**i.

    Parameters: bits, bool (n, n_bits). Returns: (n,) of uint8, uint16, uint32 or uint64 for up to
    8, 16, 32 or 64 bits; for longer codes the packed bytes, uint8 (n, ceil(n_bits / 8)).
    """
    bits = check_bits(bits, "bits")
    packed = np.packbits(bits, axis=1, bitorder="little")
    n_bits = bits.shape[1]
    if n_bits > 64:
        return packed
    width = next(w for w in SCALAR_TYPES if w >= n_bits)
    padded = np.zeros((len(bits), width // 8), dtype=np.uint8)
    padded[:, : packed.shape[1]] = packed
    return padded.view(np.dtype(SCALAR_TYPES[width]).newbyteorder("<"))[:, 0].astype(
        SCALAR_TYPES[width], copy=False
    )


def unpack(codes, n_bits):
    """Undo pack.

    Parameters: codes, packed (n,) or (n, n_bytes); n_bits, the length of a code.
    Returns: bool (n, n_bits).
    """
    codes = plain_array(codes)
    if codes.dtype.kind != "u" or (codes.ndim != 1 and (codes.ndim, codes.dtype) != (2, np.uint8)):
        raise ValueError(
            "codes must be packed by dshlib.codes.pack; "
            f"got dtype {codes.dtype} and shape {codes.shape}"
        )
    if codes.ndim == 1:
        codes = codes.astype(codes.dtype.newbyteorder("<"), copy=False)
        codes = codes.reshape(-1, 1).view(np.uint8)
    if not 1 <= check_count(n_bits, "n_bits", least=None) <= 8 * codes.shape[1]:
        raise ValueError(f"n_bits={n_bits}, but these codes hold 1 to {8 * codes.shape[1]} bits")
    return np.unpackbits(codes, axis=1, count=n_bits, bitorder="little").astype(bool)


def check_bits(bits, name):
    """Return bits as a 2-D boolean array, or raise a ValueError that names the argument."""
    bits = np.asarray(bits)
    if bits.ndim != 2 or bits.dtype != bool or bits.shape[1] == 0:
        raise ValueError(
            f"{name} must be a boolean array (n, n_bits) with n_bits >= 1; "
            f"got dtype {bits.dtype} and shape {bits.shape}"
        )
    return bits


def hamming(a, b):
    """Number of bits in which two codes differ.

    Boolean codes (..., n_bits) are compared along the last axis; packed unsigned integers are
    compared element by element (XOR, then count the ones). Leading axes broadcast, so
    hamming(a[:, None], b[None]) is the table of all pairs. Returns integers.
    """
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype == bool and b.dtype == bool:
        check_axes(a, b)
        return (a != b).sum(axis=-1)
    if a.dtype.kind == b.dtype.kind == "u" and a.itemsize == b.itemsize:
        return np.bitwise_count(a ^ b)
    raise ValueError(
        "a and b must both be boolean codes or both packed unsigned integers of one type; "
        f"got dtypes {a.dtype} and {b.dtype}"
    )


def jaccard(a, b):
    """1 - |a and b| / |a or b| along the last axis of two boolean codes; 0 if both are empty."""
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype != bool or b.dtype != bool:
        raise ValueError(f"a and b must be boolean codes; got dtypes {a.dtype} and {b.dtype}")
    check_axes(a, b)
    union = (a | b).sum(axis=-1)
    return 1 - np.where(union == 0, 1.0, (a & b).sum(axis=-1) / np.maximum(union, 1))


def cosine(a, b):
    """1 - cos(angle) along the last axis; boolean codes are read as ±1 vectors.

    For codes of k bits this is 2 d_H / k. The angle with a zero vector is taken as 90 degrees.
    Raises ValueError if a value is NaN, infinite or too large to square.
    """
    a, b = _vector_pair(a, b)
    with np.errstate(over="ignore", invalid="ignore"):
        lengths = np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1)
        distance = 1 - (a * b).sum(axis=-1) / np.where(lengths == 0, 1, lengths)
        return _finite(np.clip(distance, 0, 2))  # rounding may pass either end


def euclidean(a, b):
    """Length of a - b along the last axis; boolean codes are read as ±1 vectors.

    For codes the square of this distance is 4 d_H: the fact that lets DSH relax eq 1 into eq 3.
    Raises ValueError if a value is NaN, infinite or too large to square.
    """
    a, b = _vector_pair(a, b)
    with np.errstate(over="ignore", invalid="ignore"):
        return _finite(np.linalg.norm(a - b, axis=-1))


def _vector_pair(a, b):
    a, b = as_vectors(a), as_vectors(b)
    check_axes(a, b)
    return a, b


def _finite(distances):
    if not np.isfinite(distances).all():
        raise ValueError("a and b must hold finite numbers whose squares are finite too")
    return distances


def as_vectors(x):
    """Booleans as ±1.0; anything else as floats."""
    x = plain_array(x)
    if x.dtype.kind not in "buif":
        raise ValueError(f"vectors must be boolean codes or real numbers; got dtype {x.dtype}")
    return np.where(x, 1.0, -1.0) if x.dtype == bool else x.astype(float)


def packed_pair(query_codes, database_codes):
    """Both sets of codes packed alike, and the number of bits to look at.

    Parameters: each boolean (n, n_bits), or packed by `pack`. Returns: queries, database, n_bits;
    for packed scalars n_bits is that of the largest code, since higher bits are 0 in both.
    Raises ValueError if the two sets do not match or the database is empty.
    """
    a, b = plain_array(query_codes), plain_array(database_codes)
    if a.dtype != b.dtype or a.ndim != b.ndim or a.ndim == 0 or a.shape[1:] != b.shape[1:]:
        raise ValueError(
            "query_codes and database_codes must have the same type and number of bits; "
            f"got {a.dtype} {a.shape} and {b.dtype} {b.shape}"
        )
    if len(b) == 0:
        raise ValueError("database_codes is empty: there is nothing to retrieve")
    if a.dtype == bool:
        a, b, n_bits = pack(check_bits(a, "query_codes")), pack(b), a.shape[1]
    elif a.dtype.kind == "u" and a.ndim == 1:
        n_bits = max(int(a.max(initial=0)), int(b.max()), 1).bit_length()
        smallest = np.min_scalar_type(2**n_bits - 1)
        a, b = a.astype(smallest, copy=False), b.astype(smallest, copy=False)
    elif a.dtype == np.uint8 and a.ndim == 2 and a.shape[1] > 8:
        n_bits = 8 * a.shape[1]
    else:
        raise ValueError(
            "query_codes must be boolean (n, n_bits) or packed by dshlib.codes.pack; "
            f"got dtype {a.dtype} and shape {a.shape}"
        )
    return a, b, n_bits


@lru_cache
def hamming_shells(n_bits):
    """XOR patterns by number of ones: entry r turns a code into all codes at distance r.

    Parameters: n_bits, at most SHORT_CODE, since there are 2**n_bits patterns.
    """
    check_count(n_bits, "n_bits", most=SHORT_CODE)
    patterns = np.arange(2**n_bits, dtype=np.uint32)
    ones = np.bitwise_count(patterns)
    return [patterns[ones == radius] for radius in range(n_bits + 1)]


def scan(queries, database, chunk=64):
    """Yield (rows, distances) over all queries, `chunk` at a time, every distance computed.

    Parameters: packed codes of the same kind; chunk, lowered for a database of more than half a
    million codes, so that memory stays bounded. distances is (len(rows), len(database)), small
    unsigned integers.
    """
    chunk = max(1, min(check_count(chunk, "chunk"), 2**25 // len(database)))
    for start in range(0, len(queries), chunk):
        rows = slice(start, start + chunk)
        distances = hamming(queries[rows, None], database[None])
        if distances.ndim == 3:
            distances = distances.sum(axis=2, dtype=np.uint16)
        yield rows, distances
