"""A trained hasher in a safetensors file: numbers and words only, so reading one runs no code."""

import json
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from dshlib.data import write_atomically

FORMAT = "dshlib hasher, format 1"
NOT_KEPT = ("augment", "device", "progress")  # functions, and what each machine decides itself


def write(hasher, path):
    """Write a fitted ImageHasher to path; a reader finds the old file or the new one, whole."""
    settings = {k: v for k, v in hasher.settings_.items() if k not in NOT_KEPT}
    settings["network"] = settings["network"] if isinstance(settings["network"], str) else None
    fitted = {name: getattr(hasher, name) for name in hasher.FITTED}
    fitted["classes_"] = hasher.classes_.tolist()
    content = json.dumps({"settings": settings, "fitted": fitted}, default=np.generic.item)
    metadata = {"format": FORMAT, "method": type(hasher).__name__, "content": content}
    weights = {name: w.cpu().contiguous() for name, w in hasher.network_.state_dict().items()}
    write_atomically(Path(path), save(weights, metadata))


def read(kind, path, network, device):
    """The hasher of class `kind` in a file; parameters are those of ImageHasher.load."""
    where = f"path={str(path)!r}"
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            names = file.keys()
            weights = {name: file.get_tensor(name) for name in names}
    except SafetensorError as error:
        raise ValueError(f"{where} is no safetensors file, or damaged: {error}") from error
    found, method = metadata.get("format", ""), metadata.get("method")
    if not found.startswith("dshlib hasher"):
        raise ValueError(f"{where} holds tensors, but no hasher saved by dshlib")
    if found != FORMAT:
        raise ValueError(f"{where} has {found!r}; this version reads {FORMAT!r} only")
    if method != kind.__name__:
        raise ValueError(f"{where} holds a {method}, read it by {method}.load")
    try:
        content = json.loads(metadata["content"])
        settings = content["settings"]
        settings |= {"device": device, "network": network or settings["network"]}
        if settings["network"] is None:
            raise ValueError("it needs the function that made its network, as network=")
        hasher = kind(**settings)
        hasher._restore(content["fitted"], weights)
    except (KeyError, RuntimeError, TypeError, ValueError) as error:
        raise ValueError(f"{where} cannot be loaded: {error}") from error
    return hasher
