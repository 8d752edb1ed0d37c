"""The DSH loss, equations 1 to 7 of the slides, one function an equation. Chapters 07 and 08.

b1 and b2 are outputs of the network for the two images of each pair, real (..., n_bits); y is 0
for similar pairs and 1 for dissimilar ones, (...). Anything torch.as_tensor takes will do.
"""

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from dshlib.arguments import check_number, plain_array
from dshlib.terms import contrast, gap, regularizer_slope


def pair_loss(b1: ArrayLike, b2: ArrayLike, y: ArrayLike, margin: float) -> Tensor:
    """Return the contrastive loss of ±1 codes in Hamming distance, eq 1, one a pair.

    Summed over pairs it is eq 2. Taught in chapter 07.

    Parameters
    ----------
    b1, b2 : ±1 array_like (..., n_bits)
        Codes of the two images of each pair.
    y : array_like (...), or a number
        0 for similar pairs, 1 for dissimilar ones.
    margin : float
        Distance, in bits, from which on dissimilar pairs cost nothing; above 0.

    Returns
    -------
    float tensor (...)
        The loss of each pair.

    Raises
    ------
    ValueError
        If a code is not ±1, y not 0 or 1, or the shapes do not fit.

    References
    ----------
    Liu, Wang, Shan and Chen, "Deep supervised hashing for fast image retrieval", CVPR 2016.

    Examples
    --------
    >>> from dshlib import pair_loss
    >>> pair_loss([1, 1, -1], [1, -1, -1], y=1, margin=3).item()  # (3 - 1) / 2
    1.0
    """
    b1, b2, y = _check_pairs(b1, b2, y, margin)
    if not ((b1.abs() == 1).all() and (b2.abs() == 1).all()):
        raise ValueError("b1 and b2 must hold only +1 and -1; for real values use eq 3")
    return contrast((b1 != b2).sum(-1).to(b1.dtype), y, margin)


def relaxed_pair_loss(b1: ArrayLike, b2: ArrayLike, y: ArrayLike, margin: float) -> Tensor:
    """Return the contrastive loss of real outputs in squared Euclidean distance, eq 3, one a pair.

    On ±1 codes the squared distance is 4 times the Hamming distance, so a margin of 2 n_bits
    asks dissimilar codes to differ in half their bits. Taught in chapter 07.

    Parameters
    ----------
    b1, b2 : real array_like (..., n_bits)
        Outputs of the network for the two images of each pair.
    y : array_like (...), or a number
        0 for similar pairs, 1 for dissimilar ones.
    margin : float
        Squared distance from which on dissimilar pairs cost nothing; above 0.

    Returns
    -------
    float tensor (...)
        The loss of each pair.

    Raises
    ------
    ValueError
        If y is not 0 or 1, or the shapes do not fit.

    References
    ----------
    Liu, Wang, Shan and Chen, "Deep supervised hashing for fast image retrieval", CVPR 2016.

    Examples
    --------
    >>> from dshlib import relaxed_pair_loss
    >>> relaxed_pair_loss([0.5, 1.0], [0.5, -1.0], y=1, margin=6).item()  # (6 - 4) / 2
    1.0
    """
    b1, b2, y = _check_pairs(b1, b2, y, margin)
    return contrast((b1 - b2).square().sum(-1), y, margin)


def regularizer(b1: ArrayLike, b2: ArrayLike, alpha: float) -> Tensor:
    """Return alpha times the L1 distance of outputs from ±1, eq 4, one a pair.

    It is α · (‖|b1| − 1‖₁ + ‖|b2| − 1‖₁). Taught in chapter 08.

    Parameters
    ----------
    b1, b2 : real array_like (..., n_bits)
        Outputs of the network for the two images of each pair.
    alpha : float
        The weight, 0 or more.

    Returns
    -------
    float tensor (...)
        The regularizer of each pair.

    Raises
    ------
    ValueError
        If the shapes differ, or alpha is out of range.

    Examples
    --------
    >>> from dshlib import regularizer
    >>> regularizer([0.5, -1.0], [2.0, 1.0], alpha=0.5).item()  # (0.5 + 1) / 2
    0.75
    """
    b1, b2 = _check_outputs(b1, b2)
    check_number(alpha, "alpha")
    return alpha * (gap(b1).sum(-1) + gap(b2).sum(-1))


def dsh_loss(b1: ArrayLike, b2: ArrayLike, y: ArrayLike, margin: float, alpha: float,
             reduction: str = "sum") -> Tensor:  # fmt: skip
    """Return the relaxed pair loss plus the regularizer, eqs 5 and 6, summed over pairs.

    Taught in chapter 08.

    Parameters
    ----------
    b1, b2 : real array_like (..., n_bits)
        Outputs of the network for the two images of each pair.
    y : array_like (...), or a number
        0 for similar pairs, 1 for dissimilar ones.
    margin : float
        Squared distance from which on dissimilar pairs cost nothing; above 0.
    alpha : float
        Weight of the regularizer, 0 or more.
    reduction : {"sum", "mean"}
        "mean" averages over pairs.

    Returns
    -------
    float tensor ()
        The loss.

    Raises
    ------
    ValueError
        If an argument is out of range, or the shapes do not fit.

    References
    ----------
    Liu, Wang, Shan and Chen, "Deep supervised hashing for fast image retrieval", CVPR 2016.

    Examples
    --------
    >>> from dshlib import dsh_loss
    >>> dsh_loss([0.5, 1.0], [0.5, -1.0], y=1, margin=6, alpha=0.5).item()  # 1 + (0.5 + 0.5) / 2
    1.5
    """
    if reduction not in ("sum", "mean"):
        raise ValueError(f'reduction={reduction!r}, but it must be "sum" or "mean"')
    loss = relaxed_pair_loss(b1, b2, y, margin) + regularizer(b1, b2, alpha)
    return loss.sum() if reduction == "sum" else loss.mean()


def dsh_subgradient(b1: ArrayLike, b2: ArrayLike, y: ArrayLike, margin: float,
                    alpha: float) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Return a sub-gradient of eq 6 with respect to b1 and b2, eq 7.

    The slides leave out the factor alpha in the regularizer's row; it is here. At the kinks the
    slides choose: +1 where b is -1, 0 or 1; nothing where the squared distance equals margin.
    Taught in chapter 08.

    Parameters
    ----------
    b1, b2 : real array_like (..., n_bits)
        Outputs of the network for the two images of each pair.
    y : array_like (...), or a number
        0 for similar pairs, 1 for dissimilar ones.
    margin : float
        Squared distance from which on dissimilar pairs cost nothing; above 0.
    alpha : float
        Weight of the regularizer, 0 or more.

    Returns
    -------
    slope1, slope2 : float tensor (..., n_bits)
        One value for each value of b1 and b2.

    Raises
    ------
    ValueError
        If an argument is out of range, or the shapes do not fit.

    References
    ----------
    Liu, Wang, Shan and Chen, "Deep supervised hashing for fast image retrieval", CVPR 2016.

    Examples
    --------
    >>> from dshlib import dsh_subgradient
    >>> slope1, slope2 = dsh_subgradient([2.0, 1.0], [1.0, 1.0], y=0, margin=4, alpha=0.5)
    >>> slope1.tolist(), slope2.tolist()
    ([1.5, 0.5], [-0.5, 0.5])
    """
    b1, b2, y = _check_pairs(b1, b2, y, margin)
    check_number(alpha, "alpha")
    difference = b1 - b2
    pushes = y * (difference.square().sum(-1) < margin)
    pull = (1 - y - pushes).unsqueeze(-1) * difference
    slope1, slope2 = (regularizer_slope(b).to(b.dtype) for b in (b1, b2))
    return pull + alpha * slope1, -pull + alpha * slope2


def all_pairs_loss(b: ArrayLike, labels: ArrayLike, margin: float, alpha: float) -> Tensor:
    """Return eq 5 averaged over all unique pairs of a batch, as in the DSH paper.

    All n² squared distances come from one Gram matrix: ‖bᵢ‖² + ‖bⱼ‖² − 2 bᵢ·bⱼ. Taught in
    chapter 08.

    Parameters
    ----------
    b : real array_like (n, n_bits)
        Outputs of the network, n >= 2.
    labels : array_like (n,)
        Pairs with equal labels are similar.
    margin : float
        Squared distance from which on dissimilar pairs cost nothing; above 0.
    alpha : float
        Weight of the regularizer, 0 or more.

    Returns
    -------
    float tensor ()
        The loss.

    Raises
    ------
    ValueError
        If an argument is out of range, or the shapes do not fit.

    References
    ----------
    Liu, Wang, Shan and Chen, "Deep supervised hashing for fast image retrieval", CVPR 2016.

    Examples
    --------
    >>> from dshlib import all_pairs_loss
    >>> all_pairs_loss([[1.0, 1.0], [1.0, -1.0]], labels=[0, 1], margin=6, alpha=0.5).item()
    1.0
    """
    b, labels = _as_floats(b), as_tensor(labels)
    if b.ndim != 2 or len(b) < 2 or labels.shape != b.shape[:1]:
        got = f"{tuple(b.shape)} and {tuple(labels.shape)}"
        raise ValueError(f"b must have shape (n, n_bits), n >= 2, and labels shape (n,); got {got}")
    check_number(margin, "margin", exclusive=True)
    check_number(alpha, "alpha")
    squares = b.square().sum(1)
    distances = (squares[:, None] + squares - 2 * b @ b.T).relu()
    dissimilar = (labels[:, None] != labels).to(b.dtype)
    n_pairs = len(b) * (len(b) - 1) / 2
    pairs = contrast(distances, dissimilar, margin).triu(diagonal=1).sum() / n_pairs
    return pairs + 2 * alpha * gap(b).sum(-1).mean()


def as_tensor(x: ArrayLike) -> Tensor:
    """Do what torch.as_tensor does, also for arrays that it refuses: reversed or big-endian ones.

    Parameters
    ----------
    x : array_like (...)
        Numbers.

    Returns
    -------
    tensor (...)
        The same as a tensor.

    Examples
    --------
    >>> import numpy as np
    >>> from dshlib.loss import as_tensor
    >>> as_tensor(np.arange(3)[::-1])
    tensor([2, 1, 0])
    """
    if isinstance(x, np.ndarray):
        x = plain_array(x).copy()  # torch warns of arrays that are read-only
    return torch.as_tensor(x)


def _as_floats(b):
    """Return a tensor of floats, of the type that b has if it has one; True and False are ±1."""
    b = as_tensor(b)
    return b if b.is_floating_point() else (2 * b - 1 if b.dtype == torch.bool else b).float()


def _check_pairs(b1, b2, y, margin):
    """Return b1, b2 and y as tensors of one type, or raise an error."""
    b1, b2 = _check_outputs(b1, b2)
    y = as_tensor(y).to(b1.dtype)
    if y.shape not in (b1.shape[:-1], ()):
        wanted = f"the shape {tuple(b1.shape[:-1])}, one y for each pair, or be one number"
        raise ValueError(f"y must have {wanted}; got {tuple(y.shape)}")
    if not ((y == 0) | (y == 1)).all():
        raise ValueError("y must be 0 for similar pairs and 1 for dissimilar ones")
    check_number(margin, "margin", exclusive=True)
    return b1, b2, y


def _check_outputs(b1, b2):
    """Return b1 and b2 as tensors of floats, or raise a ValueError if their shapes differ."""
    b1, b2 = _as_floats(b1), _as_floats(b2)
    if b1.shape != b2.shape or b1.ndim == 0 or b1.numel() == 0:
        got = f"{tuple(b1.shape)} and {tuple(b2.shape)}"
        raise ValueError(f"b1 and b2 must have the same shape (..., n_bits), not empty; got {got}")
    return b1, b2
