"""The terms of the DSH loss, in arithmetic that numpy arrays and torch tensors share.

Demos and exercises use them with numpy, and so start without torch; `dshlib.loss` has the equations
made of them, for training.
"""

from typing import TypeVar

Numbers = TypeVar("Numbers")  # a numpy array, a torch tensor or a float


def contrast(distance: Numbers, y: Numbers, margin: float) -> Numbers:
    """Return the loss of pairs at a distance, eqs 1 and 3.

    Parameters
    ----------
    distance : array, tensor or float (...)
        0 or more, in the units of margin.
    y : array, tensor or number (...)
        0 for similar pairs, 1 for dissimilar ones.
    margin : float
        Distance from which on dissimilar pairs cost nothing.

    Returns
    -------
    like distance (...)
        The loss of each pair.

    Examples
    --------
    >>> from dshlib.terms import contrast
    >>> contrast(distance=1, y=0, margin=4), contrast(distance=1, y=1, margin=4)
    (0.5, 1.5)
    """
    return 0.5 * (1 - y) * distance + 0.5 * y * (distance < margin) * (margin - distance)


def gap(b: Numbers) -> Numbers:
    """Return how far each output is from ±1, which the regularizer, eq 4, adds up.

    It is ``||b| - 1|``.

    Parameters
    ----------
    b : array, tensor or float (...)
        Outputs of a network.

    Returns
    -------
    like b (...)
        0 or more.

    Examples
    --------
    >>> from dshlib.terms import gap
    >>> gap(-0.75)
    0.25
    """
    return abs(abs(b) - 1)


def regularizer_slope(b: Numbers) -> Numbers:
    """Return the last row of eq 7 without alpha, the slope of `gap`; +1 at the kinks -1, 0, 1.

    Parameters
    ----------
    b : array, tensor or float (...)
        Outputs of a network.

    Returns
    -------
    like b (...)
        +1 or -1 for each output.

    Examples
    --------
    >>> from dshlib.terms import regularizer_slope
    >>> regularizer_slope(0.5), regularizer_slope(1.5)
    (-1.0, 1.0)
    """
    return 2.0 * (((b >= -1) & (b <= 0)) | (b >= 1)) - 1
