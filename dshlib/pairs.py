"""Which images form a pair: one random partner each, or all pairs of a batch. Chapter 07."""

import torch
from numpy.typing import ArrayLike
from torch import Generator, Tensor

from dshlib.loss import as_tensor


def siamese_pairs(labels: ArrayLike, generator: Generator | None = None) -> tuple[Tensor, Tensor]:
    """Draw one partner for every image, half the time of its own class, half not.

    The slides pass "each pair of images" and do not say which; this is our reading. An image may
    be its own partner where the class is drawn to be the same. Taught in chapter 07.

    Parameters
    ----------
    labels : int array_like (n,)
        Labels, of at least two classes.
    generator : torch.Generator, optional
        Decides the draw; None for torch's own.

    Returns
    -------
    partner : int64 tensor (n,)
        The index of each image's partner.
    y : int64 tensor (n,)
        0 for similar and 1 for dissimilar pairs.

    Raises
    ------
    ValueError
        If labels are not integers, not one-dimensional, or all equal.

    Examples
    --------
    >>> import torch
    >>> from dshlib.pairs import siamese_pairs
    >>> labels = torch.tensor([5, 5, 8])
    >>> partner, y = siamese_pairs(labels, torch.Generator().manual_seed(0))
    >>> torch.equal(y == 1, labels != labels[partner])
    True
    """
    labels = _as_labels(labels)
    classes, own_class = labels.unique(return_inverse=True)
    if len(classes) < 2:
        raise ValueError("labels has one class only: there are no dissimilar pairs to learn from")
    y = torch.randint(2, labels.shape, generator=generator)
    steps = torch.randint(1, len(classes), labels.shape, generator=generator)  # to another class
    position = torch.rand(labels.shape, generator=generator)  # among the members, from 0 to 1
    partner_class = (own_class + y * steps) % len(classes)
    partner = torch.empty_like(labels)
    for number in range(len(classes)):
        members = (own_class == number).nonzero()[:, 0]
        seeking = (partner_class == number).nonzero()[:, 0]  # images whose partner is of this class
        partner[seeking] = members[(position[seeking] * len(members)).long()]
    return partner, y


def all_pairs(labels: ArrayLike) -> tuple[Tensor, Tensor, Tensor]:
    """List every unique pair of a batch, as in the DSH paper: n (n - 1) / 2 of them.

    Taught in chapter 07.

    Parameters
    ----------
    labels : int array_like (n,)
        Labels of the batch.

    Returns
    -------
    first, second : int64 tensor (n_pairs,)
        The indices of the two images.
    y : int64 tensor (n_pairs,)
        0 for similar and 1 for dissimilar pairs.

    Raises
    ------
    ValueError
        If labels are not integers, or not one-dimensional.

    Examples
    --------
    >>> from dshlib.pairs import all_pairs
    >>> first, second, y = all_pairs([5, 5, 8])
    >>> first.tolist(), second.tolist(), y.tolist()
    ([0, 0, 1], [1, 2, 2], [0, 1, 1])
    """
    labels = _as_labels(labels)
    first, second = torch.triu_indices(len(labels), len(labels), offset=1)
    return first, second, (labels[first] != labels[second]).long()


def _as_labels(labels):
    """Return labels as an int64 tensor, or raise a ValueError."""
    labels = as_tensor(labels)
    if labels.ndim != 1 or labels.is_floating_point() or labels.is_complex():
        got = f"{labels.dtype} and shape {tuple(labels.shape)}"
        raise ValueError(f"labels must be integers of shape (n,); got {got}")
    return labels.long()
