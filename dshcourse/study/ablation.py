"""What each part of the deep network is worth: take it away, train again. Chapter 11."""

from functools import partial

import numpy as np

from dshcourse.study.methods import MIRRORED_SHARE, make_dsh, measure
from dshlib.data import LabelledImages

VALIDATION = 1 / 6  # of the database, kept out of training to choose by; queries are not touched


def _deep_dsh(n_bits, seed, parts, **training):
    from dshlib.networks import deep_network  # here: what needs no network needs no torch

    return make_dsh(n_bits, seed, network=partial(deep_network, **parts), **training)


VARIANTS = {  # name: a function of (n_bits, seed) that makes the hasher
    "small": make_dsh,
    "all pixels": partial(_deep_dsh, parts={"n_hidden": 0}),
    "+ hidden layer (deep)": partial(make_dsh, network="deep"),
    "deep, residual block": partial(_deep_dsh, parts={"residual": True}),
    "deep, no batch norm": partial(_deep_dsh, parts={"normed": False}),
    "deep, never mirrored": partial(make_dsh, network="deep", mirrored=0),
    "deep, unmirrored at the end": partial(make_dsh, network="deep", mirrored=MIRRORED_SHARE),
    "deep, shifted, unmirrored at the end": partial(
        make_dsh, network="deep", mirrored=MIRRORED_SHARE, max_shift=1
    ),
    "deep, doubled, shifted, unmirrored at the end": partial(
        _deep_dsh, parts={"doubled": True}, mirrored=MIRRORED_SHARE, max_shift=1
    ),
    "deep, both sides": partial(make_dsh, network="deep", both_sides=True),
    "deep, twice as wide": partial(make_dsh, network="wide"),
    "deep, half as wide": partial(_deep_dsh, parts={"widths": (16, 32, 64)}),
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
