"""Checks of arguments: each error names the argument, what was given and what is allowed."""

from numbers import Integral, Real

import numpy as np
from sklearn.utils import check_scalar

MAX_BITS = 2**16  # of all codes of an item together; more is a slip, and would fill the memory


def check_count(value, name, least=1, most=None):
    """Return a whole number from least to most, or raise a TypeError or ValueError."""
    _refuse_bool(value, name, "int")
    return check_scalar(value, name, Integral, min_val=least, max_val=most)


def check_number(value, name, least=0, exclusive=False, most=None):
    """Return a finite number from least to most (between them if exclusive), or raise."""
    _refuse_bool(value, name, "float")
    check_scalar(value, name, Real, min_val=least, max_val=most,
                 include_boundaries="neither" if exclusive else "both")  # fmt: skip
    if not np.isfinite(value):
        raise ValueError(f"{name}={value}, but it must be a finite number")
    return value


def check_labels(labels, name, n, kinds="iu"):
    """Return n labels as an array of integers, or raise a ValueError.

    Parameters: kinds, of dtypes that are allowed: "iu" for integers, "biu" for booleans as well.
    """
    labels = np.asarray(labels)
    if labels.dtype.kind not in kinds or labels.shape != (n,):
        raise ValueError(
            f"{name} must be integers of shape ({n},), one for each item; "
            f"got dtype {labels.dtype} and shape {labels.shape}"
        )
    return labels


def check_grey_values(images, name):
    """Return images of real numbers that are finite as an array, or raise a ValueError."""
    images = np.asarray(images)
    if images.dtype.kind not in "buif":
        raise ValueError(f"{name} must hold finite numbers; got dtype {images.dtype}")
    if not np.isfinite(images).all():
        n_bad = np.size(images) - np.isfinite(images).sum()
        raise ValueError(f"{name} must hold finite numbers; {n_bad} are NaN or infinite")
    return images


def check_axes(a, b):
    """Raise a ValueError unless two arrays have equal last axes and the others broadcast."""
    if a.shape[-1:] != b.shape[-1:]:
        raise ValueError(f"a and b must have equal last axes; got shapes {a.shape} and {b.shape}")
    try:
        np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        message = f"the leading axes of a and b must broadcast; got shapes {a.shape} and {b.shape}"
        raise ValueError(message) from None


def _refuse_bool(value, name, wanted):
    if isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be an instance of {wanted}, not bool.")
