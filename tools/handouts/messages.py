"""Values on their way between examiner and candidate: plain data, never code.

JSON lines, since reading a pickle from a stranger would run whatever the stranger put into it.
What is not data (functions, objects) stays where it is; only a number for it travels.
"""

import base64
import json
import math
from collections import Counter, deque
from collections.abc import Iterator, KeysView, ValuesView
from decimal import Decimal
from fractions import Fraction
from itertools import islice

import numpy as np

PLAIN = (bool, int, float, str, type(None))
CONTAINERS = (list, tuple, set, frozenset)
LISTED = (deque, Iterator, KeysView, ValuesView)  # what one walks through arrives as a list
KINDS = "biufcSU"  # of numpy arrays: numbers, booleans and text
MOST_PRINTED = 5000  # characters of a cell
MOST_ITEMS = 2**24  # of a range, and along each axis of an array
MOST_ALIKE = 100  # keys with one hash


def pack(value, keep):
    """JSON-ready form of value; keep(object) → number holds on to what is not data."""
    if type(value) in PLAIN:
        return value
    if (array := _as_array(value)) is not None:
        return pack_array(array, keep)
    for kind in (*PLAIN[:-1], *CONTAINERS):  # a named tuple is a tuple, a counter a dict
        if isinstance(value, kind):
            items = kind(value)
            return items if kind in PLAIN else {kind.__name__: [pack(i, keep) for i in items]}
    if isinstance(value, dict):
        return {"dict": [[pack(k, keep), pack(v, keep)] for k, v in value.items()]}
    if isinstance(value, range) and len(value) <= MOST_ITEMS:
        return {"range": [value.start, value.stop, value.step]}
    if isinstance(value, Fraction | Decimal) and math.isfinite(value):
        return {"fraction": list(Fraction(value).as_integer_ratio())}
    if isinstance(value, LISTED):
        return {"list": [pack(item, keep) for item in islice(value, MOST_ITEMS)]}
    return {"kept": keep(value)}


def _as_array(value):
    """A NumPy array of what is one, or says how it becomes one: tensors, series; else None."""
    if isinstance(value, complex):
        value = np.complex128(value)
    if isinstance(value, type) or not hasattr(value, "__array__"):
        return None
    if hasattr(value, "detach"):  # a tensor: its values only
        value = value.detach().cpu()
        value = value.float() if str(value.dtype) == "torch.bfloat16" else value
    array = np.asarray(value)
    return array if array.dtype.kind in KINDS + "O" else None


def pack_array(array, keep):
    """JSON-ready form of a NumPy array or number."""
    shape = list(array.shape)
    if array.dtype.kind == "O":
        return {"objects": [pack(item, keep) for item in array.ravel()], "shape": shape}
    raw = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
    return {"array": raw, "dtype": array.dtype.str, "shape": shape}


def unpack(data, stand_in):
    """The value again; stand_in(number) makes what represents a kept object here.

    Raises ValueError for anything that `pack` would not have written.
    """
    if type(data) in PLAIN:
        return data
    try:
        return _unpack(data, stand_in)
    except (KeyError, TypeError, AttributeError, OverflowError, ZeroDivisionError) as error:
        raise ValueError(f"not a message: {error!r}") from error


def _unpack(data, stand_in):
    if "array" in data:
        return _array(data)
    if "objects" in data:
        array = np.empty(len(data["objects"]), dtype=object)
        for place, item in enumerate(data["objects"]):
            array[place] = unpack(item, stand_in)
        return array.reshape(_shape(data["shape"]))
    ((kind, items),) = data.items()
    if kind == "kept":
        return stand_in(int(items))
    if kind == "fraction":
        return Fraction(*map(int, items))
    if kind == "range":
        found = range(*map(int, items))
        _shape([len(found)])
        return found
    if kind == "dict":
        pairs = [(unpack(key, stand_in), unpack(value, stand_in)) for key, value in items]
        _hashable([key for key, _ in pairs])
        return dict(pairs)
    kinds = {kind.__name__: kind for kind in CONTAINERS}
    parts = [unpack(item, stand_in) for item in items]
    return kinds[kind](_hashable(parts) if "set" in kind else parts)


def _hashable(keys):
    """Keys, unless a stranger chose them so that each has to be compared with all others."""
    if max(Counter(map(hash, keys)).values(), default=0) > MOST_ALIKE:
        raise ValueError("these keys are too much alike")
    return keys


def _shape(sizes):
    """A shape; none that is empty and yet has billions of rows to walk through."""
    if not all(type(size) is int and 0 <= size <= MOST_ITEMS for size in sizes):
        raise ValueError(f"an array of shape {sizes} does not travel")
    return sizes


def _array(data):
    dtype = np.dtype(str(data["dtype"]))
    if dtype.kind not in KINDS:
        raise ValueError(f"an array of {dtype} does not travel")
    flat = np.frombuffer(base64.b64decode(data["array"]), dtype)
    array = flat.reshape(_shape(data["shape"])).copy()
    return array if array.shape else array[()]


def line(message):
    """A message as one line of bytes."""
    return json.dumps(message).encode() + b"\n"
