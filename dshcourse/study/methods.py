"""The methods of Table 3, each in two steps: fit(images, labels), encode(images). Chapter 10."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from sklearn.preprocessing import FunctionTransformer

from dshcourse.study.conventions import code_scores, eleven_point_score, vector_scores
from dshlib import codes
from dshlib.data import CLASS_NAMES, LabelledImages
from dshlib.features import hog
from dshlib.hashers.itq import ITQ
from dshlib.hashers.lsh import RandomProjection
from dshlib.hashers.spectral import SpectralHashing

ALL_BITS = (8, 12, 16, 24, 32, 48)
N_UNSEEN = 3  # classes that unseen_cell keeps out of training
TIMED_QUERIES = 100


@dataclass(frozen=True)
class Method:
    """A row of Table 3: its name, how to make it, and at which hash sizes it is measured."""

    name: str
    make: Callable  # of (n_bits, seed): something with fit(images, labels) and encode(images)
    bits: tuple = ALL_BITS  # in the tables, unless others are asked for
    only_bits: int | None = None  # whatever is asked for; 0: no code
    tables: tuple = ("classroom", "unseen")  # "full" too: measured on all images

    def sizes(self, n_bits, asked):
        """Those of the hash sizes n_bits to measure: all of them if a user asked for these."""
        if self.only_bits is not None:
            return (self.only_bits,)
        return tuple(n_bits) if asked else tuple(k for k in n_bits if k in self.bits)


class OnFeatures:
    """Features first, then a hasher of vectors; without one, the vectors themselves are compared.

    Parameters: features, with fit(images, labels) and transform(images) → (n, d); hasher, with
    fit(vectors) and encode(vectors) → bool (n, n_bits).
    """

    def __init__(self, features, hasher=None):
        self.features = features
        self.hasher = hasher

    def fit(self, images, labels):
        vectors = self.features.fit(images, labels).transform(images)
        if self.hasher is not None:
            self.hasher.fit(vectors)
        return self

    def encode(self, images):
        vectors = self.features.transform(images)
        return vectors if self.hasher is None else self.hasher.encode(vectors)


def _on_hog(hasher=None):
    return OnFeatures(FunctionTransformer(hog), hasher)


def _on_cnn(seed, hasher=None):
    return OnFeatures(_class_code(4, seed), hasher)


def _class_code(n_bits, seed, **parameters):
    from dshlib.hashers.class_code import ClassCode  # here: what needs no network needs no torch

    return ClassCode(n_bits, seed=seed, **parameters)


def _cnnh(n_bits, seed):
    from dshlib.hashers.cnnh import CNNH

    return CNNH(n_bits, seed=seed)


def make_dsh(n_bits, seed, **parameters):
    """A DSH hasher that is not trained yet."""
    from dshlib.hashers.dsh import DSH

    return DSH(n_bits, seed=seed, **parameters)


def flips(images):
    """Each image of a batch flipped left to right with probability one half."""
    from torch import stack
    from torchvision.transforms.v2 import RandomHorizontalFlip

    flip = RandomHorizontalFlip()  # of one image: given a batch, it would draw once for all of it
    return stack([flip(image) for image in images])


EVERYWHERE = ("classroom", "unseen", "full")
SLIDES_BITS = (8, 12, 16)
METHODS = (
    Method("exact, HOG", lambda n_bits, seed: _on_hog(), only_bits=0, tables=EVERYWHERE),
    Method("exact, CNN features", lambda n_bits, seed: _on_cnn(seed), only_bits=0),
    Method("class code", _class_code, only_bits=4, tables=EVERYWHERE),
    Method(
        "LSH, HOG",
        lambda n_bits, seed: _on_hog(RandomProjection(n_bits, seed, center=True)),
        tables=EVERYWHERE,
    ),
    Method(
        "SH, HOG",
        lambda n_bits, seed: _on_hog(SpectralHashing(n_bits)),
        tables=("classroom", "full"),
    ),
    Method("ITQ, HOG", lambda n_bits, seed: _on_hog(ITQ(n_bits, seed=seed)), tables=EVERYWHERE),
    Method(
        "LSH, CNN features",
        lambda n_bits, seed: _on_cnn(seed, RandomProjection(n_bits, seed, center=True)),
        bits=(12, 48),
        tables=("classroom",),
    ),
    Method("CNNH", _cnnh, bits=SLIDES_BITS, tables=("classroom",)),
    Method("DSH, one pair per image", partial(make_dsh, pairs="siamese"), bits=SLIDES_BITS),
    Method("DSH, all pairs", make_dsh, tables=EVERYWHERE),
    Method("DSH, all pairs, flips", partial(make_dsh, augment=flips), bits=(12,)),
    Method(
        "DSH, paper's network",
        partial(make_dsh, network="paper"),
        bits=(12,),
        tables=("classroom",),
    ),
    Method(
        "DSH, deep network",
        partial(make_dsh, network="deep"),
        bits=(12,),
        tables=EVERYWHERE,
    ),
)


def method_of(name):
    """The Method of a name. Raises ValueError if no row has it."""
    for method in METHODS:
        if method.name == name:
            return method
    raise ValueError(f"method={name!r}, but it must be one of {'; '.join(m.name for m in METHODS)}")


def method_cell(train, database, queries, *, method, n_bits, seed):
    """Fit a method to the images of train, then search the database for the queries.

    Parameters: three LabelledImages; method, a name in METHODS; n_bits, 0 for a method
    without a code.
    Returns: see `measure`.
    """
    return measure(method_of(method).make(n_bits, seed), train, database, queries, n_bits)


def measure(hasher, train, database, queries, n_bits):
    """Fit a hasher to the images of train, then search the database for the queries.

    Parameters: hasher, with fit(images, labels) and encode(images); three LabelledImages; n_bits,
    0 if encode gives real vectors.
    Returns: dict of metrics (see METRICS), train_seconds, encode_us of one image, bytes of one
    image, and query_ms, to compare one query with the database and pick ten, without an index.
    Times are those of the processor, which other programs change less than those of the clock.
    """
    train_seconds, _ = _timed(lambda: hasher.fit(train.images, train.labels))
    encode_seconds, query_codes = _timed(lambda: hasher.encode(queries.images))
    sets = query_codes, queries.labels, hasher.encode(database.images), database.labels
    if query_codes.dtype == bool:
        metrics = code_scores(*sets) | {"eleven": eleven_point_score(*sets)}
    else:
        metrics = vector_scores(*sets)
    return {
        "metrics": metrics,
        "train_seconds": round(train_seconds, 3),
        "encode_us": round(1e6 * encode_seconds / len(queries), 2),
        "bytes": -(-n_bits // 8) or query_codes[0].nbytes,
        "query_ms": round(1000 * _query_seconds(query_codes, sets[2]), 4),
    }


def unseen_cell(dataset, *, method, n_bits, seed):
    """Train on seven classes of a Dataset, search among the other three, which the seed draws."""
    hidden = np.random.default_rng(seed).permutation(len(CLASS_NAMES))[:N_UNSEEN]
    shown = np.setdiff1d(range(len(CLASS_NAMES)), hidden)
    train, database = (_of_classes(dataset.database, some) for some in (shown, hidden))
    queries = _of_classes(dataset.queries, hidden)
    cell = method_cell(train, database, queries, method=method, n_bits=n_bits, seed=seed)
    return {"hidden": sorted(CLASS_NAMES[i] for i in hidden)} | cell


def _of_classes(part, classes):
    chosen = np.isin(part.labels, classes)
    return LabelledImages(part.images[chosen], part.labels[chosen])


def _timed(function):
    start = time.process_time()
    result = function()
    return time.process_time() - start, result


def _query_seconds(queries, database):
    """Mean time to compare one query with every item and to pick the ten nearest."""
    if queries.dtype == bool:
        queries, distances = codes.pack(queries), partial(codes.hamming, codes.pack(database))
    else:
        half_squares = (database.astype(float) ** 2).sum(axis=1) / 2

        def distances(query):  # |x - q|² / 2, but for a constant
            return half_squares - database @ query

    def search(query):
        return np.argpartition(distances(query), 9)[:10]

    asked = queries[:TIMED_QUERIES]
    return _timed(lambda: [search(query) for query in asked])[0] / len(asked)
