"""Keep what was trained: a record of scores and, beside it, the arrays that chapters show again."""

import time
from pathlib import Path

from safetensors.numpy import save
from tqdm.auto import tqdm

from dshcourse.study.records import PACKAGES, open_record, read_arrays
from dshlib.data import write_atomically

MODELS = Path(__file__).parents[1] / "data" / "models"


def keep(
    name, dataset, command, settings, train, folder=MODELS, packages=PACKAGES, with_arrays=True
):
    """Train every setting that folder/name.json lacks; save arrays and record after each.

    Parameters: settings, pairs of (parameters, seed); train, a function of both → (arrays, cell):
    a dict of numpy arrays for name.safetensors, and the rest of the record's cell; packages, whose
    versions are recorded; with_arrays, False if train gives none. Arrays are written first, so that
    every recorded cell has its arrays. Returns: the record. Raises ValueError if either file is
    damaged, or the arrays of a record that was begun are gone.
    """
    path = folder / f"{name}.safetensors"
    with open_record(name, dataset, command, folder / f"{name}.json", packages) as kept:
        if with_arrays and kept.content["cells"] and not path.exists():
            raise ValueError(f"{path} is missing: put it back, or remove {kept.out} as well")
        arrays = read_arrays(path) if path.exists() else {}
        missing = [setting for setting in settings if not kept.has(*setting)]
        for parameters, seed in tqdm(missing, desc=name, unit="cell"):
            start = time.perf_counter()
            new, cell = train(parameters, seed)
            if new:
                arrays |= new
                write_atomically(path, save(arrays))
            cell = {"parameters": parameters, "seed": seed} | cell
            kept.add(cell, time.perf_counter() - start)
        return kept.content


def fitted(hasher, dataset):
    """A hasher of images, fitted to the database of a dataset, and the seconds that this took."""
    start = time.perf_counter()
    hasher.fit(dataset.database.images, dataset.database.labels)
    return hasher, round(time.perf_counter() - start, 3)
