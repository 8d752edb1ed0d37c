"""Arrays in any memory layout: every function gives what it gives for plain ones."""

import numpy as np
import pytest
import torch

from dshcourse.study import conventions, scale
from dshlib import codes, data, features, histograms, loss, metrics, pairs, ranking, terms
from dshlib.hashers.class_code import ClassCode
from dshlib.hashers.cnnh import CNNH, approximate_codes, objective
from dshlib.hashers.dsh import DSH
from dshlib.hashers.itq import ITQ
from dshlib.hashers.lsh import (
    HashTables,
    RandomProjection,
    candidate_probability,
    collision_probability,
)
from dshlib.hashers.spectral import SpectralHashing

DATABASE = data.load("classroom").database
LABELS = DATABASE.labels[:80].astype(np.int64)
IMAGES = (DATABASE.images[:80] / 255).astype(np.float32)
VECTORS = features.hog(IMAGES)
PROJECTED = RandomProjection(100, center=True).fit(VECTORS).project(VECTORS)
BITS = PROJECTED > 0
SHORT, MIDDLE, LONG, BYTES = (codes.pack(BITS[:, :k]) for k in (12, 32, 64, 100))
OTHER = np.roll(LONG, 1)
RELEVANT = LABELS[:, None] == LABELS
ITEMS, HITS = histograms.distance_histogram(SHORT, LABELS, SHORT, LABELS, 12)
OUTPUTS = np.tanh(PROJECTED[:, :8])
PAIR = np.arange(80) % 2
DISTANCES = codes.hamming(LONG[:, None], LONG[None]).astype(np.int64)


def strided(x):
    for axis in range(x.ndim):
        x = np.repeat(x, 2, axis)
    return x[(slice(None, None, 2),) * x.ndim]


def read_only(x):
    x = x.copy()
    x.setflags(write=False)
    return x


def memory_mapped(x, folder):
    path = folder / f"{len(list(folder.iterdir()))}.npy"
    np.save(path, x)
    return np.load(path, mmap_mode="r")


LAYOUTS = {
    "strided": strided,
    "reversed": lambda x: np.flip(np.flip(x).copy()),
    "Fortran order": np.asfortranarray,
    "big-endian": lambda x: x.astype(x.dtype.newbyteorder(">")),
    "read-only": read_only,
    "memory-mapped": memory_mapped,
}


def encode(hasher):
    return lambda X: hasher.fit(X).encode(X)


def learn(hasher):
    return lambda X, y: [hasher.fit(X, y).outputs(X), hasher.encode(X)]


def search(index):
    return lambda database, queries: index.fit(database).search(queries, 5)


def query(rank):
    return lambda X, x: HashTables(4, 8, center=True).fit(X).query(x, rank=rank, probes=2)


WITH_BITS = BITS, LABELS, BITS, LABELS
WITH_CODES = LONG, LABELS, LONG, LABELS
CALLS = {  # name: a function, and the arrays that it takes
    "binarize": (codes.binarize, PROJECTED),
    "pack": (codes.pack, BITS),
    "unpack": (lambda x: codes.unpack(x, 64), LONG),
    "unpack bytes": (lambda x: codes.unpack(x, 100), BYTES),
    "hamming of bits": (codes.hamming, BITS, BITS[::-1]),
    "hamming": (codes.hamming, LONG, OTHER),
    "jaccard": (codes.jaccard, BITS, BITS[::-1]),
    "cosine": (codes.cosine, VECTORS, VECTORS[::-1]),
    "euclidean": (codes.euclidean, VECTORS, VECTORS[::-1]),
    "as_vectors": (codes.as_vectors, BITS),
    "packed_pair": (lambda a, b: codes.packed_pair(a, b)[:2], LONG, OTHER),
    "distance_blocks": (
        lambda a, b: [found for _, found in codes.distance_blocks(a, b)], MIDDLE, MIDDLE,
    ),
    "rank bits": (lambda a, b: ranking.rank(a, b, 5), BITS, BITS),
    "rank short": (lambda a, b: ranking.rank(a, b, 5), SHORT, SHORT),
    "rank long": (lambda a, b: ranking.rank(a, b, 5), LONG, OTHER),
    "rank bytes": (lambda a, b: ranking.rank(a, b, 5), BYTES, BYTES),
    "average_precision": (lambda x: metrics.average_precision(x, 10), RELEVANT),
    "mAP of bits": (metrics.mean_average_precision, *WITH_BITS),
    "mAP": (metrics.mean_average_precision, *WITH_CODES),
    "mAP short": (metrics.mean_average_precision, SHORT, LABELS, SHORT, LABELS),
    "mAP, ties by id": (
        lambda *sets: metrics.mean_average_precision(*sets, ties="stable"), *WITH_CODES,
    ),
    "mAP in shards": (lambda *sets: metrics.mean_average_precision(*sets, n_shards=3), *WITH_CODES),
    "expected AP": (metrics.expected_average_precision, ITEMS, HITS, HITS.sum(axis=0)),
    "11-point AP": (conventions.eleven_point_average_precision, ITEMS, HITS, HITS.sum(axis=0)),
    "distance_histogram": (lambda *sets: histograms.distance_histogram(*sets, 64), *WITH_CODES),
    "sharded_histogram": (
        lambda *sets: histograms.distance_histogram(*sets, 64, n_shards=3), *WITH_CODES,
    ),
    "list_scores": (lambda x: conventions.list_scores(x, 9), RELEVANT[0]),
    "code_scores": (conventions.code_scores, *WITH_CODES),
    "vector_scores": (conventions.vector_scores, VECTORS, LABELS, VECTORS, LABELS),
    "eleven_point_score": (conventions.eleven_point_score, *WITH_BITS),
    "replicate": (lambda x: scale.replicate(x, 3, 0.1, np.random.default_rng(0)), LONG),
    "recall": (scale.recall, DISTANCES, np.sort(DISTANCES)),
    "FlatScan": (search(scale.FlatScan()), LONG, OTHER),
    "BucketTables": (search(scale.BucketTables(4, 8)), LONG, OTHER),
    "FaissIndex": (search(scale.FaissIndex()), LONG, OTHER),
    "FaissIndex, cut": (search(scale.FaissIndex((4, 16))), LONG, OTHER),
    "hog": (features.hog, IMAGES),
    "collision_probability": (collision_probability, np.abs(OUTPUTS)),
    "candidate_probability": (lambda p: candidate_probability(p, 8, 4), np.abs(OUTPUTS)),
    "RandomProjection": (encode(RandomProjection(12, center=True)), VECTORS),
    "HashTables, votes": (query("votes"), VECTORS, VECTORS[7]),
    "HashTables, euclidean": (query("euclidean"), VECTORS, VECTORS[7]),
    "ITQ": (encode(ITQ(8)), VECTORS),
    "SpectralHashing": (encode(SpectralHashing(8)), VECTORS),
    "DSH": (learn(DSH(8, epochs=1)), IMAGES, LABELS),
    "CNNH": (learn(CNNH(8, epochs=1, n_sweeps=1)), IMAGES, LABELS),
    "ClassCode": (learn(ClassCode(8, epochs=1)), IMAGES, LABELS),
    "approximate_codes": (lambda y: approximate_codes(y, 4, 2, 0), LABELS),
    "objective": (objective, OUTPUTS, LABELS),
    "pair_loss": (lambda *p: loss.pair_loss(*p, 4), np.sign(OUTPUTS), np.sign(OUTPUTS[::-1]), PAIR),
    "relaxed_pair_loss": (
        lambda *p: loss.relaxed_pair_loss(*p, 4), OUTPUTS, OUTPUTS[::-1], PAIR,
    ),
    "regularizer": (lambda *b: loss.regularizer(*b, 0.1), OUTPUTS, OUTPUTS[::-1]),
    "dsh_loss": (lambda *p: loss.dsh_loss(*p, 4, 0.1), OUTPUTS, OUTPUTS[::-1], PAIR),
    "dsh_subgradient": (
        lambda *p: loss.dsh_subgradient(*p, 4, 0.1), OUTPUTS, OUTPUTS[::-1], PAIR,
    ),
    "all_pairs_loss": (lambda b, y: loss.all_pairs_loss(b, y, 4, 0.1), OUTPUTS, LABELS),
    "siamese_pairs": (
        lambda y: pairs.siamese_pairs(y, torch.Generator().manual_seed(0)), LABELS,
    ),
    "all_pairs": (pairs.all_pairs, LABELS),
    "contrast": (lambda d, y: terms.contrast(d, y, 4), np.abs(PROJECTED[:, 0]), PAIR),
    "gap": (terms.gap, OUTPUTS),
    "regularizer_slope": (terms.regularizer_slope, OUTPUTS),
}  # fmt: skip


def assert_same(actual, expected):
    if isinstance(expected, dict):
        actual, expected = list(actual.values()), list(expected.values())
    if isinstance(expected, (list, tuple)):
        for one, other in zip(actual, expected, strict=True):
            assert_same(one, other)
    else:
        np.testing.assert_allclose(actual, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", CALLS)
def test_the_layout_of_arrays_in_memory_changes_no_result(name, layout, tmp_path):
    function, *arrays = CALLS[name]
    plain = [np.array(array) for array in arrays]
    folder = (tmp_path,) if layout == "memory-mapped" else ()
    changed = [LAYOUTS[layout](array, *folder) for array in plain]
    expected = function(*plain)
    assert_same(function(*changed), expected)
    assert_same(function(changed[0], *plain[1:]), expected)
