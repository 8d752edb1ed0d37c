"""Values on their way between examiner and candidate: plain data, never code.

JSON lines, since reading a pickle from a stranger would run whatever the stranger put into it.
What is not data (functions, objects) stays where it is; only a number for it travels.
"""

import base64
import json

import numpy as np

PLAIN = (bool, int, float, str, type(None))
KINDS = "biufcSU"  # of numpy arrays: numbers, booleans and text


def pack(value, keep):
    """JSON-ready form of value; keep(object) → number holds on to what is not data."""
    if type(value) in PLAIN:
        return value
    if packed := pack_array(value):
        return packed
    if type(value) in (list, tuple, set, frozenset):
        return {type(value).__name__: [pack(item, keep) for item in value]}
    if type(value) is dict:
        return {"dict": [[pack(k, keep), pack(v, keep)] for k, v in value.items()]}
    return {"kept": keep(value), "type": type(value).__name__}


def pack_array(value):
    """JSON-ready form of a NumPy array or number; None for anything else."""
    if not isinstance(value, np.ndarray | np.generic) or value.dtype.kind not in KINDS:
        return None
    raw = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()
    return {"array": raw, "dtype": value.dtype.str, "shape": list(np.shape(value))}


def unpack(data, stand_in):
    """The value again; stand_in(number, type name) makes what represents a kept object here.

    Raises ValueError for anything that `pack` would not have written.
    """
    if type(data) in PLAIN:
        return data
    try:
        if "array" in data:
            return _array(data)
        if "dict" in data:
            return {unpack(k, stand_in): unpack(v, stand_in) for k, v in data["dict"]}
        if "kept" in data:
            return stand_in(int(data["kept"]), str(data["type"]))
        ((kind, items),) = data.items()
        kinds = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}
        return kinds[kind](unpack(item, stand_in) for item in items)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a message: {error!r}") from error


def _array(data):
    dtype = np.dtype(str(data["dtype"]))
    if dtype.kind not in KINDS:
        raise ValueError(f"an array of {dtype} does not travel")
    array = np.frombuffer(base64.b64decode(data["array"]), dtype).reshape(data["shape"]).copy()
    return array if data["shape"] else array[()]


def line(message):
    """A message as one line of bytes."""
    return json.dumps(message).encode() + b"\n"
