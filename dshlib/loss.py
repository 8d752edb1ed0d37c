"""The DSH loss, equations 1 to 7 of the slides, one function an equation. Chapters 07 and 08.

b1 and b2 are outputs of the network for the two images of each pair, real (..., n_bits); y is 0
for similar pairs and 1 for dissimilar ones, (...). Anything torch.as_tensor takes will do.
"""

import numpy as np
import torch

from dshlib.arguments import check_number, plain_array
from dshlib.terms import contrast, gap, regularizer_slope

REDUCTIONS = ("sum", "mean")


def pair_loss(b1, b2, y, margin):
    """Eq 1: contrastive loss of ±1 codes in Hamming distance; (...), one loss a pair.

    margin is in bits here. Summed over pairs it is eq 2. Raises ValueError if a value is not ±1.
    """
    b1, b2, y = _check_pairs(b1, b2, y, margin)
    if not ((b1.abs() == 1).all() and (b2.abs() == 1).all()):
        raise ValueError("b1 and b2 must hold only +1 and -1; for real values use eq 3")
    return contrast((b1 != b2).sum(-1).to(b1.dtype), y, margin)


def relaxed_pair_loss(b1, b2, y, margin):
    """Eq 3: the same with real outputs and squared Euclidean distance; (...), one loss a pair.

    On ±1 codes the squared distance is 4 times the Hamming distance, so a margin of 2 n_bits
    asks dissimilar codes to differ in half their bits.
    """
    b1, b2, y = _check_pairs(b1, b2, y, margin)
    return contrast((b1 - b2).square().sum(-1), y, margin)


def regularizer(b1, b2, alpha):
    """Eq 4: alpha · (‖|b1| - 1‖₁ + ‖|b2| - 1‖₁), the distance of outputs from ±1; (...)."""
    b1, b2 = _check_outputs(b1, b2)
    check_number(alpha, "alpha")
    return alpha * (gap(b1).sum(-1) + gap(b2).sum(-1))


def dsh_loss(b1, b2, y, margin, alpha, reduction="sum"):
    """Eqs 5 and 6: relaxed pair loss plus regularizer, summed over pairs ("mean": averaged)."""
    if reduction not in REDUCTIONS:
        raise ValueError(f'reduction={reduction!r}, but it must be "sum" or "mean"')
    loss = relaxed_pair_loss(b1, b2, y, margin) + regularizer(b1, b2, alpha)
    return loss.sum() if reduction == "sum" else loss.mean()


def dsh_subgradient(b1, b2, y, margin, alpha):
    """Eq 7: a sub-gradient of eq 6 with respect to b1 and b2, each shaped like its argument.

    The slides leave out the factor alpha in the regularizer's row; it is here. At the kinks the
    slides choose: +1 where b is -1, 0 or 1; nothing where the squared distance equals margin.
    """
    b1, b2, y = _check_pairs(b1, b2, y, margin)
    check_number(alpha, "alpha")
    difference = b1 - b2
    pushes = y * (difference.square().sum(-1) < margin)
    pull = (1 - y - pushes).unsqueeze(-1) * difference
    slope1, slope2 = (regularizer_slope(b).to(b.dtype) for b in (b1, b2))
    return pull + alpha * slope1, -pull + alpha * slope2


def all_pairs_loss(b, labels, margin, alpha):
    """Eq 5 averaged over all unique pairs of a batch, as in the DSH paper.

    Parameters: b, outputs (n, n_bits), n >= 2; labels, (n,): pairs with equal labels are similar.
    All n² squared distances come from one Gram matrix: ‖bᵢ‖² + ‖bⱼ‖² - 2 bᵢ·bⱼ.
    """
    b, labels = _as_floats(b), as_tensor(labels)
    if b.ndim != 2 or len(b) < 2 or labels.shape != b.shape[:1]:
        raise ValueError(
            "b must have shape (n, n_bits) with n >= 2, and labels shape (n,); "
            f"got {tuple(b.shape)} and {tuple(labels.shape)}"
        )
    check_number(margin, "margin", exclusive=True)
    check_number(alpha, "alpha")
    squares = b.square().sum(1)
    distances = (squares[:, None] + squares - 2 * b @ b.T).relu()
    dissimilar = (labels[:, None] != labels).to(b.dtype)
    n_pairs = len(b) * (len(b) - 1) / 2
    pairs = contrast(distances, dissimilar, margin).triu(diagonal=1).sum() / n_pairs
    return pairs + 2 * alpha * gap(b).sum(-1).mean()


def as_tensor(x):
    """torch.as_tensor, which also takes arrays that torch refuses: reversed or big-endian ones."""
    if isinstance(x, np.ndarray):
        x = plain_array(x).copy()  # torch warns of arrays that are read-only
    return torch.as_tensor(x)


def _as_floats(b):
    b = as_tensor(b)
    return b if b.is_floating_point() else b.float()


def _check_pairs(b1, b2, y, margin):
    b1, b2 = _check_outputs(b1, b2)
    y = as_tensor(y).to(b1.dtype)
    if y.shape not in (b1.shape[:-1], ()):
        raise ValueError(
            f"y must have the shape {tuple(b1.shape[:-1])}, one y for each pair, or be one number; "
            f"got {tuple(y.shape)}"
        )
    if not ((y == 0) | (y == 1)).all():
        raise ValueError("y must be 0 for similar pairs and 1 for dissimilar ones")
    check_number(margin, "margin", exclusive=True)
    return b1, b2, y


def _check_outputs(b1, b2):
    b1, b2 = _as_floats(b1), _as_floats(b2)
    if b1.shape != b2.shape or b1.ndim == 0 or b1.numel() == 0:
        raise ValueError(
            "b1 and b2 must have the same shape (..., n_bits) and at least one value; "
            f"got {tuple(b1.shape)} and {tuple(b2.shape)}"
        )
    return b1, b2
