"""The two runs of A4, as its hidden tests make them and as `baselines` measures them."""

import numpy as np

from dshlib.data import load
from dshlib.dataset import LabelledImages
from dshlib.metrics import mean_average_precision

NEW = (0, 3, 8)  # kept from training in one run; measure a change by tools.handouts.baselines


def new_queries(hasher):
    """Train on the classroom database, search it for 1,000 images that no student has.

    Returns: mAP@10 out of hits, ties at their expectation.
    """
    train, queries = load("classroom").database, _part(load("full").queries, 1000, 2000)
    hasher.fit(turned(train.images), train.labels)
    found = codes_of(hasher, queries.images), queries.labels
    return mean_average_precision(
        *found, codes_of(hasher, train.images), train.labels, divisor="retrieved"
    )


def new_classes(hasher, new=NEW):
    """Train without the new classes, then search among images of all ten, for images of all ten.

    None of the images searched was ever a student's, and nothing tells which are of a new class.
    Returns: {"all": mAP@10 out of 10, "old": of the queries of the old classes, "new": of the new}.
    """
    train, full = load("classroom").database, load("full")
    database, queries = _part(full.database, 6000, 12000), _part(full.queries, 2000, 4000)
    old, is_new = ~np.isin(train.labels, new), np.isin(queries.labels, new)
    hasher.fit(turned(train.images[old]), train.labels[old])
    codes, asked = codes_of(hasher, database.images), codes_of(hasher, queries.images)
    return {
        name: mean_average_precision(asked[which], queries.labels[which], codes, database.labels)
        for name, which in {"all": is_new | ~is_new, "old": ~is_new, "new": is_new}.items()
    }


def turned(images):
    """A quarter turn, so that weights trained elsewhere are of no use."""
    return np.rot90(images, axes=(1, 2)).copy()


def codes_of(hasher, images):
    """What a hasher makes of images once they are turned: booleans (n, 12)."""
    codes = np.asarray(hasher.encode(turned(images)))
    assert codes.shape == (len(images), 12), (
        "every image needs a code of 12 bits, also in the large run"
    )
    return codes > 0


def _part(images, start, stop):
    return LabelledImages(images.images[start:stop], images.labels[start:stop])
