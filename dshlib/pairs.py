"""Which images form a pair: one random partner each, or all pairs of a batch. Chapter 07."""

import torch

from dshlib.loss import as_tensor


def siamese_pairs(labels, generator=None):
    """One partner for every image, half the time of its own class, half not.

    The slides pass "each pair of images" and do not say which; this is our reading.

    Parameters: labels, integer (n,), with at least two classes; generator, a torch.Generator.
    Returns: partner, int64 (n,), and y, int64 (n,), 0 for similar and 1 for dissimilar pairs.
    An image may be its own partner where the class is drawn to be the same.
    """
    labels = _as_labels(labels)
    classes, size = labels.unique(return_counts=True)
    if len(classes) < 2:
        raise ValueError("labels has one class only: there are no dissimilar pairs to learn from")
    members = labels.argsort(stable=True)
    start = size.cumsum(0) - size
    own = torch.searchsorted(classes, labels)
    y = torch.randint(2, labels.shape, generator=generator)
    shift = torch.randint(1, len(classes), labels.shape, generator=generator)
    partner_class = (own + y * shift) % len(classes)
    place = (torch.rand(labels.shape, generator=generator) * size[partner_class]).long()
    return members[start[partner_class] + place], y


def all_pairs(labels):
    """Every unique pair of a batch, as in the DSH paper: n (n - 1) / 2 of them.

    Parameters: labels, integer (n,). Returns: first and second, int64, the places of the two
    images, and y, int64, 0 for similar and 1 for dissimilar pairs.
    """
    labels = _as_labels(labels)
    first, second = torch.triu_indices(len(labels), len(labels), offset=1)
    return first, second, (labels[first] != labels[second]).long()


def _as_labels(labels):
    labels = as_tensor(labels)
    if labels.ndim != 1 or labels.is_floating_point() or labels.is_complex():
        raise ValueError(
            "labels must be integers of shape (n,); "
            f"got {labels.dtype} and shape {tuple(labels.shape)}"
        )
    return labels.long()
