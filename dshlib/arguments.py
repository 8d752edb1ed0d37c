"""Checks of arguments: each error names the argument, what was given and what is allowed."""

from numbers import Integral, Real

import numpy as np

MAX_BITS = 2**16  # of all codes of an item together; more is a slip, and would fill the memory
LABEL_TYPES = {"strings": str, "booleans": (bool, np.bool_), "numbers": Real}  # first match counts
KINDS = {  # of labels, by the kind of their dtype; objects are strings, see check_labels
    "O": "strings", "U": "strings", "b": "booleans", "i": "integers", "u": "integers",
    "f": "whole floats",
}  # fmt: skip


def check_count(value, name, least=1, most=None):
    """Return a whole number from least to most, or raise a TypeError or ValueError."""
    _refuse_bool(value, name, "int")
    if isinstance(value, Integral) and least <= value <= (value if most is None else most):
        return value
    from sklearn.utils import check_scalar  # for its errors; it takes a second to load

    return check_scalar(value, name, Integral, min_val=least, max_val=most)


def check_number(value, name, least=0, exclusive=False, most=None):
    """Return a finite number from least to most (between them if exclusive), or raise."""
    from sklearn.utils import check_scalar

    _refuse_bool(value, name, "float")
    check_scalar(value, name, Real, min_val=least, max_val=most,
                 include_boundaries="neither" if exclusive else "both")  # fmt: skip
    if not np.isfinite(value):
        raise ValueError(f"{name}={value}, but it must be a finite number")
    return value


def plain_array(x):
    """Return x as an array in C order and the machine's byte order, as compiled code needs it."""
    x = np.asarray(x)
    return np.asarray(x, dtype=x.dtype.newbyteorder("="), order="C")


def check_vectors(hasher, X, reset=True):
    """Return X as float64 (n, n_features), or raise scikit-learn's errors; reset in fit only."""
    from sklearn.utils.validation import validate_data

    return validate_data(hasher, X, dtype=np.float64, order="C", reset=reset)


def check_varied(X):
    """Raise a ValueError unless vectors X have two different rows, as PCA needs them."""
    if np.ptp(X, axis=0).max() == 0:
        raise ValueError(f"X needs two different rows to have a direction; n_samples={len(X)}")


def check_labels(labels, name, n):
    """Return n labels as an array of integers, booleans, whole floats or strings, or raise.

    Strings may be an array of objects. Raises ValueError for anything else, and for mixtures.
    """
    given = type(labels).__name__
    # a list goes in as objects: NumPy would turn [1, "a"] into two strings
    labels = np.asarray(labels, dtype=None if hasattr(labels, "__array__") else object)
    if labels.shape != (n,):
        raise ValueError(
            f"{name} must have shape ({n},), one label for each item; "
            f"got {given} of shape {labels.shape}{_advice(labels, name)}"
        )
    if labels.dtype.kind in "OT":
        labels = _of_one_type(labels.astype(object), name)
    if labels.dtype.kind not in KINDS:
        raise ValueError(
            f"{name} must be integers, booleans, whole floats or strings; got dtype {labels.dtype}"
        )
    if labels.dtype.kind == "f":
        wrong = labels[~(np.isfinite(labels) & (labels == np.round(labels)))]
        if len(wrong):
            raise ValueError(f"{name} are floats, so they must be whole numbers; got {wrong[0]}")
    return labels


def check_class_numbers(classes, name, n):
    """Return n classes that are numbered from 0 as int64, or raise a ValueError."""
    classes = check_labels(classes, name, n)
    least = "strings" if classes.dtype.kind in "OU" else classes.min(initial=0)
    if least == "strings" or least < 0:
        raise ValueError(f"{name} must number the classes from 0; got {least}")
    return classes.astype(np.int64)


def as_classes(query_labels, database_labels):
    """Labels, as check_labels returns them, as small integers 0, 1, …, equal where labels are."""
    _check_same_kind(query_labels, database_labels)
    both = [query_labels, database_labels]
    if all(labels.dtype.kind in "biuf" and 0 <= labels.min() <= labels.max() < 256
           for labels in both):  # fmt: skip
        return [labels.astype(np.int64) for labels in both]
    exact = None if both[0].dtype.kind == both[1].dtype.kind else object  # int64 + uint64 = float64
    _, classes = np.unique(np.concatenate(both, dtype=exact), return_inverse=True)
    return classes[: len(both[0])], classes[len(both[0]) :]


def _check_same_kind(query_labels, labels):
    """Raise a ValueError if the labels of one set are strings and those of the other are not."""
    kinds = [KINDS[some.dtype.kind] for some in (query_labels, labels)]
    if (kinds[0] == "strings") != (kinds[1] == "strings"):
        raise ValueError(
            "the labels of queries and database must be of one kind; "
            f"those of the queries are {kinds[0]}, those of the database {kinds[1]}"
        )


def _advice(labels, name):
    """What to do with labels in two dimensions: the end of an error message."""
    if labels.ndim != 2:
        return ""
    if labels.shape[1] == 1:
        return f": give np.ravel({name})"
    if np.all((labels == 0) | (labels == 1)) and ((labels == 1).sum(axis=1) == 1).all():
        return f", which is one-hot: give {name}.argmax(axis=1)"
    return ": one label per item is needed, not several (multi-label)"


def _of_one_type(labels, name):
    """Labels that came as objects, with a dtype of their own if they are numbers or booleans."""
    found = {_type_name(kind) for kind in set(map(type, labels))}
    if len(found) > 1 or not found <= set(LABEL_TYPES):
        raise ValueError(
            f"{name} must be all integers, all booleans, all whole floats or all strings; "
            f"got {' and '.join(sorted(found))}"
        )
    return labels if found == {"strings"} else np.array(labels.tolist())


def _type_name(kind):
    names = (name for name, types in LABEL_TYPES.items() if issubclass(kind, types))
    return next(names, kind.__name__)


def check_grey_values(images, name):
    """Return images of real numbers that are finite as an array, or raise a ValueError."""
    images = plain_array(images)
    if images.dtype.kind not in "buif":
        raise ValueError(f"{name} must hold finite numbers; got dtype {images.dtype}")
    if n_bad := np.size(images) - np.count_nonzero(np.isfinite(images)):
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
