"""What each part of the deep network is worth: take it away, train again. Chapter 11."""

from functools import partial

import numpy as np

from dshlib.data import LabelledImages
from dshlib.methods import make_dsh, measure

VALIDATION = 1 / 6  # of the database, kept out of training to choose by; queries are not touched


def _deep(n_bits, seed, both_sides=False, mirrored=1.0, **parts):
    from dshlib.dsh.network import deep_network  # here: what needs no network needs no torch

    network = partial(deep_network, **parts)
    return make_dsh(n_bits, seed, network=network, both_sides=both_sides, mirrored=mirrored)


VARIANTS = {  # name: a function of (n_bits, seed) that makes the hasher
    "small": make_dsh,
    "all pixels": partial(_deep, n_hidden=0),
    "+ hidden layer (deep)": _deep,
    "deep, residual block": partial(_deep, residual=True),
    "deep, unmirrored at the end": partial(_deep, mirrored=0.4),
    "deep, both sides": partial(_deep, both_sides=True),
    "deep, twice as wide": partial(_deep, widths=(64, 128, 256)),
    "deep, half as wide": partial(_deep, widths=(16, 32, 64)),
}


def network_cell(dataset, *, network, n_bits, seed):
    """Train DSH with a network on five sixths of a Dataset's database, search it for the rest.

    Parameters: network, a name in VARIANTS; n_bits; seed. Returns: as `method_cell` does.
    """
    images, labels = dataset.database.images, dataset.database.labels
    order = np.random.default_rng(0).permutation(len(images))
    held_out, kept = np.split(order, [round(len(order) * VALIDATION)])
    train, queries = (LabelledImages(images[part], labels[part]) for part in (kept, held_out))
    return measure(VARIANTS[network](n_bits, seed), train, train, queries, n_bits)
