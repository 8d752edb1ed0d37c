"""What width, hidden layer and augmentation of a network are worth: change one, train again."""

from functools import partial

import numpy as np

from dshcourse.study.methods import flips, make_dsh, measure
from dshlib.data import LabelledImages

AT_FIRST = 0.4  # of the epochs, where an augmentation ends before the training
VALIDATION = 1 / 6  # of the database, kept out of training to choose by; queries are never used


def _dsh_of(n_bits, seed, **parts):
    from dshlib.networks import small_network  # here: what needs no network needs no torch

    return make_dsh(n_bits, seed, network=partial(small_network, **parts))


VARIANTS = {  # name: a function of (n_bits, seed) that makes the hasher
    "small": make_dsh,
    "small, 256 hidden": partial(_dsh_of, n_hidden=256),
    "small, none hidden": partial(_dsh_of, n_hidden=0),
    "half as wide": partial(_dsh_of, width=8),
    "deep": partial(make_dsh, network="deep"),
    "paper": partial(make_dsh, network="paper"),
    "small, lr 0.006": partial(make_dsh, lr=0.006),
    "small, flips": partial(make_dsh, augment=flips),
    "small, flips at first": partial(make_dsh, augment=flips, augment_share=AT_FIRST),
    "deep, flips at first": partial(
        make_dsh, network="deep", augment=flips, augment_share=AT_FIRST
    ),
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
