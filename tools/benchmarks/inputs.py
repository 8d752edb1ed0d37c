"""What is measured on: Fashion-MNIST, its features and codes, each computed once in a run."""

from functools import lru_cache, partial

import numpy as np
from sklearn.preprocessing import normalize

from dshlib import data
from dshlib.features import hog
from dshlib.hashers.lsh import RandomProjection

full = lru_cache(lambda: data.load("full"))
as_bytes = partial(np.packbits, axis=1, bitorder="little")


@lru_cache
def features():
    """HOG, centred, of length 1: float64 (10000, 144) and (60000, 144), queries and database."""
    queries, database = hog(full().queries.images), hog(full().database.images)
    mean = database.mean(axis=0, dtype=float)
    return normalize(queries - mean), normalize(database - mean)


def lsh_codes(n_bits):
    """Codes of queries and database by random projection, bool."""
    hasher = RandomProjection(n_bits).fit(features()[1])
    return [hasher.encode(vectors) for vectors in features()]
