"""Hashing for image retrieval: images → features → codes → ranking → score.

Every name below can be imported from `dshlib` itself. Its module is loaded when the name is first
used (PEP 562), so that what needs no network does not wait for torch.
"""

from importlib import import_module

__version__ = "0.5.2"

_NAMES = {  # module: its public names
    "data": ["load", "CLASS_NAMES"],
    "dataset": ["Dataset", "LabelledImages", "dataset_from_arrays", "dataset_from_folder"],
    "features": ["hog"],
    "codes": ["pack", "unpack", "hamming", "jaccard", "cosine", "euclidean"],
    "hashers.lsh": ["RandomProjection", "HashTables"],
    "hashers.itq": ["ITQ"],
    "hashers.spectral": ["SpectralHashing"],
    "hashers.cnnh": ["CNNH"],
    "hashers.class_code": ["ClassCode"],
    "hashers.dsh": ["DSH"],
    "loss": ["pair_loss", "relaxed_pair_loss", "regularizer", "dsh_loss", "dsh_subgradient",
             "all_pairs_loss"],
    "ranking": ["rank"],
    "metrics": ["average_precision", "mean_average_precision"],
}  # fmt: skip
__all__ = [name for names in _NAMES.values() for name in names]


def __getattr__(name):
    for module, names in _NAMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return __all__
