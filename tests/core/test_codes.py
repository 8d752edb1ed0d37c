"""Codes: bits and integers are two views of one code, and the distances are the textbook ones."""

from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import cdist
from sklearn.metrics import jaccard_score

from dshlib import codes

any_bits = st.tuples(st.integers(0, 5), st.integers(1, 130)).flatmap(lambda s: arrays(bool, s))


def random_bits(*shape, seed=0):
    return np.random.default_rng(seed).random(shape) < 0.5


def signs(bits):
    return 2.0 * bits - 1


# From values to bits to integers


def test_only_values_above_zero_become_true():
    values = [-np.inf, -1, -5e-324, -0.0, 0, 5e-324, 1, np.inf]
    assert codes.binarize(values).tolist() == [False] * 5 + [True] * 3
    assert codes.binarize(np.array([[-1, 0, 1]])).tolist() == [[False, False, True]]


def test_nan_has_no_sign():
    with pytest.raises(ValueError, match="values contains NaN"):
        codes.binarize([[0.5, np.nan]])


@settings(deadline=None)
@given(any_bits)
def test_unpack_undoes_pack(bits):
    unpacked = codes.unpack(codes.pack(bits), bits.shape[1])
    assert unpacked.dtype == bool and np.array_equal(unpacked, bits)


@settings(deadline=None)
@given(any_bits)
def test_packed_bytes_are_those_of_numpy_in_little_bit_order(bits):
    packed, expected = codes.pack(bits), np.packbits(bits, axis=1, bitorder="little")
    if packed.ndim == 2:
        assert np.array_equal(packed, expected)
    else:
        whole = [int.from_bytes(row.tobytes(), "little") for row in expected]
        assert packed.tolist() == whole


@pytest.mark.parametrize("n_bits", [1, 8, 13, 32, 50, 64])
def test_bit_i_weighs_2_to_the_i(n_bits):
    assert codes.pack(np.eye(n_bits, dtype=bool)).tolist() == [2**i for i in range(n_bits)]


@pytest.mark.parametrize(
    ("widths", "dtype"),
    [
        ((1, 8), np.uint8),
        ((9, 16), np.uint16),
        ((17, 32), np.uint32),
        ((33, 64), np.uint64),
    ],
)
def test_codes_are_packed_into_the_smallest_integer(widths, dtype):
    for n_bits in widths:
        packed = codes.pack(random_bits(3, n_bits))
        assert packed.dtype == dtype and packed.shape == (3,)


@pytest.mark.parametrize(("n_bits", "n_bytes"), [(65, 9), (72, 9), (73, 10), (128, 16)])
def test_codes_beyond_64_bits_are_packed_into_bytes(n_bits, n_bytes):
    packed = codes.pack(random_bits(3, n_bits))
    assert packed.dtype == np.uint8 and packed.shape == (3, n_bytes)


def test_unpack_reads_every_other_code_and_foreign_byte_order():
    bits = random_bits(10, 30)
    packed = codes.pack(bits)
    assert np.array_equal(codes.unpack(packed[::2], 30), bits[::2])
    assert np.array_equal(codes.unpack(packed.astype(">u4"), 30), bits)


# Distances


@pytest.mark.parametrize("n_bits", [1, 5, 16, 40, 64, 100])
def test_hamming_of_bits_of_integers_and_of_scipy_agree(n_bits):
    a, b = random_bits(20, n_bits), random_bits(30, n_bits, seed=1)
    expected = np.rint(cdist(a, b, "hamming") * n_bits)
    of_integers = codes.hamming(codes.pack(a)[:, None], codes.pack(b)[None])
    if n_bits > 64:
        of_integers = of_integers.sum(axis=2)
    assert np.array_equal(codes.hamming(a[:, None], b[None]), expected)
    assert np.array_equal(of_integers, expected)


@pytest.mark.parametrize("n_bits", [12, 64, 100, 300])
def test_blocks_of_distances_hold_every_distance_whatever_their_size(n_bits, monkeypatch):
    a, b = random_bits(20, n_bits), random_bits(30, n_bits, seed=1)
    b[0] = ~a[0]  # no distance can be larger
    expected = codes.hamming(a[:, None], b[None])
    for n_rows in (1, 7, 20, 64):
        monkeypatch.setattr(codes, "ROWS_AT_ONCE", n_rows)
        found = np.empty_like(expected)
        for rows, distances in codes.distance_blocks(codes.pack(a), codes.pack(b)):
            assert distances.dtype.kind == "u"
            found[rows] = distances
        assert np.array_equal(found, expected)


def test_jaccard_is_that_of_scipy_and_scikit_learn():
    a, b = random_bits(20, 9), random_bits(20, 9, seed=1)
    a[0] = b[0] = False
    assert codes.jaccard(a[:, None], b[None]) == pytest.approx(cdist(a, b, "jaccard"))
    similarity = [jaccard_score(x, y, zero_division=1) for x, y in zip(a, b, strict=True)]
    assert codes.jaccard(a, b) == pytest.approx(1 - np.array(similarity))


@pytest.mark.parametrize("name", ["cosine", "euclidean"])
def test_vector_distances_are_those_of_scipy(name, query_hog):
    a, b = random_bits(20, 24), random_bits(30, 24, seed=1)
    distance = getattr(codes, name)
    assert distance(a[:, None], b[None]) == pytest.approx(cdist(signs(a), signs(b), name))
    a, b = query_hog[:20], query_hog[20:50]
    assert distance(a[:, None], b[None]) == pytest.approx(cdist(a, b, name))


def test_a_zero_vector_is_at_right_angles_to_all():
    assert codes.cosine(np.zeros(3), [[1, 2, 3], [0, 0, 0]]).tolist() == [1, 1]


def test_cosine_distance_of_equal_codes_is_not_below_0_nor_that_of_opposite_ones_above_2():
    ones = [np.ones(k, dtype=bool) for k in range(1, 65)]
    assert min(codes.cosine(bits, bits) for bits in ones) == 0
    assert max(codes.cosine(bits, ~bits) for bits in ones) == 2


@settings(deadline=None)
@given(any_bits)
def test_squared_euclidean_is_4_hamming_and_cosine_is_2_hamming_over_k(bits):
    a, b = bits, np.roll(bits, 1, axis=0)
    d = codes.hamming(a, b)
    assert codes.euclidean(a, b) ** 2 == pytest.approx(4 * d)
    assert codes.cosine(a, b) == pytest.approx(2 * d / bits.shape[1])


# Shells


@pytest.mark.parametrize("n_bits", [1, 2, 5, 12])
def test_a_shell_holds_as_many_codes_as_the_binomial_says(n_bits):
    shells = codes.hamming_shells(n_bits)
    assert [len(shell) for shell in shells] == [comb(n_bits, r) for r in range(n_bits + 1)]
    assert sorted(np.concatenate(shells).tolist()) == list(range(2**n_bits))
    for radius, shell in enumerate(shells):
        assert all(int(pattern).bit_count() == radius for pattern in shell)


# What is refused


@pytest.mark.parametrize(
    "bits",
    [
        np.zeros((2, 8)),
        np.zeros((2, 8), dtype=np.uint8),
        np.zeros(8, dtype=bool),
        np.zeros((1, 2, 8), dtype=bool),
        np.zeros((2, 0), dtype=bool),
        [],
    ],
    ids=["floats", "integers", "1-D", "3-D", "no bits", "nothing"],
)
def test_pack_refuses_all_but_a_table_of_booleans(bits):
    with pytest.raises(ValueError, match="bits must be a boolean array"):
        codes.pack(bits)


@pytest.mark.parametrize(
    "packed",
    [
        np.array([1.0, 2.0]),
        np.array([1, 2]),
        np.uint8(3),
        np.zeros((2, 2), dtype=np.uint16),
        np.zeros((2, 2, 2), dtype=np.uint8),
    ],
    ids=["floats", "signed", "one number", "2-D, not bytes", "3-D"],
)
def test_unpack_refuses_what_pack_never_gives(packed):
    with pytest.raises(ValueError, match="codes must be packed"):
        codes.unpack(packed, 8)


@pytest.mark.parametrize("n_bits", [0, -1, 17])
def test_unpack_refuses_more_bits_than_there_are(n_bits):
    with pytest.raises(ValueError, match=f"n_bits={n_bits}, but these codes hold 1 to 16"):
        codes.unpack(np.array([1, 2], dtype=np.uint16), n_bits)


def test_hamming_refuses_numbers_and_mixtures():
    bits = random_bits(3, 8)
    for other in (signs(bits), bits.astype(int), codes.pack(bits)):
        with pytest.raises(ValueError, match="a and b must both be"):
            codes.hamming(bits, other)
