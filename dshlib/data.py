"""Fashion-MNIST: a database to search in and queries to search with, every byte checked.

``load("classroom")`` reads the small split that comes with the course; ``load("full")``, or
``python -m dshlib.data full`` in a terminal, fetches all images once.
"""

import argparse
import gzip
import hashlib
import math
import os
import sys
import warnings
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dshlib import sources
from dshlib.console import any_character
from dshlib.places import data_root, how_to_mend, shipped

CLASS_NAMES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
    "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
SHA256 = {  # of the decompressed bytes, in the order of FILES
    "classroom": (
        "6dded81672539b5d148c1a85358069d1808c316dc6f6c0abfd12ba3ced5dd394",
        "d7c464914ae4b919728c5c99c3cdde5a0259febf1e99ddc6927a15768731d7dc",
        "7a6d8e07ea021ec5bc73135ebd0a5770799557ec6f8242d8749c4f32a3cf4643",
        "b40abac7ec8228f434940f579deb7cf7b6e3103b5274cb91d1545771f5ef1c8b",
    ),
    "full": (
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
}


class DataError(RuntimeError):
    """The data is missing, damaged or out of reach; the message says what to do."""


@dataclass(frozen=True, eq=False)
class LabelledImages:
    """n grey images and their classes, in read-only arrays."""

    images: np.ndarray  # uint8 (n, 28, 28), 0 is the background
    labels: np.ndarray  # int64 (n,), indices into CLASS_NAMES

    def __len__(self):
        return len(self.labels)


@dataclass(frozen=True, eq=False)
class Dataset:
    """A database and queries that never overlap, and what they were read from."""

    database: LabelledImages
    queries: LabelledImages
    split: str
    folder: Path
    sha256: str  # over the split's four digests in SHA256: record it beside results


def load(split, root=None):
    """Return the Dataset "classroom" (6,000 + 1,000 images) or "full" (60,000 + 10,000).

    `root` holds the folders classroom/ and full/; by default it is the environment variable
    DSHLIB_DATA, else data/ in the checkout, else a cache folder of the user. Where it has no
    classroom/, the copy that comes with the course is read.
    Raises ValueError for another split, DataError if good data cannot be had.
    """
    if split not in tuple(SHA256):
        raise ValueError(f"split={split!r} is unknown; use one of {', '.join(map(repr, SHA256))}")
    root = data_root() if root is None else Path(root).expanduser()
    if os.path.exists(root) and not os.path.isdir(root):
        raise DataError(
            f"root={str(root)!r} is not a folder; choose one for classroom/ and full/ "
            "by DSHLIB_DATA or root="
        )
    folder, arrays = _read_classroom(root) if split == "classroom" else _read_full(root / "full")
    images, labels, query_images, query_labels = (arrays[name] for name in FILES)
    database, queries = LabelledImages(images, labels), LabelledImages(query_images, query_labels)
    sha256 = hashlib.sha256("".join(SHA256[split]).encode()).hexdigest()
    return Dataset(database, queries, split, folder, sha256)


def load_largest():
    """Load "full" if its files are on this machine (a damaged one is fetched), else "classroom"."""
    folders = (data_root() / "full", sources.DEBIAN_FOLDER)
    here = any(all(os.path.exists(folder / name) for name in FILES) for folder in folders)
    return load("full" if here else "classroom")


def _read_classroom(root):
    chosen = root / "classroom"
    folder = chosen if os.path.isdir(chosen) else shipped("classroom")
    arrays, missing, damaged = _examine(folder, "classroom")
    if missing or damaged:
        found = f"The classroom data cannot be used:{_listed(missing + damaged)}"
        raise DataError(f"{found}\n{how_to_mend(folder)}")
    return folder, arrays


def _read_full(folder):
    arrays, missing, damaged = _examine(folder, "full")
    if not missing and not damaged:
        return folder, arrays
    if not damaged or not os.access(folder, os.W_OK):
        installed, *ailing = _examine(sources.DEBIAN_FOLDER, "full")
        if not any(ailing):
            if damaged:
                instead = f"Read {sources.DEBIAN_FOLDER} instead of a folder that cannot be mended:"
                warnings.warn(instead + _listed(damaged), stacklevel=3)
            return sources.DEBIAN_FOLDER, installed
    try:
        return folder, _fill(folder)
    except OSError as error:
        raise DataError(
            f"Cannot keep the full data in {folder}: {error}. "
            "Choose another folder by DSHLIB_DATA or root=."
        ) from error


def _examine(folder, split):
    """Return {name: array} of the good files, and lines that name the missing and the damaged."""
    arrays, missing, damaged = {}, [], []
    for name in FILES:
        path = folder / name
        try:
            arrays[name] = _decode(path.read_bytes(), split, name, where=path)
        except (FileNotFoundError, NotADirectoryError):
            missing.append(f"{path} is missing")
        except (OSError, DataError) as error:
            damaged.append(str(error))
    return arrays, missing, damaged


def _decode(packed, split, name, where):
    """Return the array in gzipped IDX bytes, if SHA256 says that they are the right ones."""
    expected = SHA256[split][FILES.index(name)]
    try:
        raw = gzip.decompress(packed)
        array = _parse_idx(raw)
        if (found := hashlib.sha256(raw).hexdigest()) != expected:
            raise ValueError(f"array {array.shape} with SHA-256 {found[:9]}…, not {expected[:9]}…")
    except (EOFError, zlib.error, gzip.BadGzipFile, ValueError) as error:
        raise DataError(f"{where} is damaged: {error}") from error
    array = array if array.ndim == 3 else array.astype(np.int64)
    array.setflags(write=False)
    return array


def _parse_idx(raw):
    """Return the uint8 array in IDX bytes.

    These are 0, 0, 8 for the type, the number of axes, their lengths (big-endian, 32 bits), values.
    """
    start = 4 + 4 * raw[3] if len(raw) > 3 else 4
    if raw[:3] != b"\0\0\x08" or len(raw) < start:
        raise ValueError(f"no IDX header of unsigned bytes, it begins with {raw[:4]!r}")
    shape = tuple(np.frombuffer(raw[4:start], dtype=">u4").tolist())
    if len(raw) - start != math.prod(shape):
        raise ValueError(f"IDX header says shape {shape} but {len(raw) - start} values follow")
    return np.frombuffer(raw, dtype=np.uint8, offset=start).reshape(shape)


def _fill(folder):
    """Replace the missing and damaged files of "full", one process at a time; return all arrays."""
    from filelock import FileLock

    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        arrays, missing, damaged = _examine(folder, "full")  # another process may have filled it
        if missing or damaged:
            names = [name for name in FILES if name not in arrays]
            for name, (packed, array) in _fetch(names, folder, damaged).items():
                arrays[name] = array
                write_atomically(folder / name, packed)
    if damaged:
        warnings.warn(f"Replaced by a good copy:{_listed(damaged)}", stacklevel=4)
    return arrays


def write_atomically(path, content):
    """Write bytes to path so that a reader, or a crash, finds the old file or the new one, whole.

    One writer at a time: callers hold a lock.
    """
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(content)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _fetch(names, folder, damaged):
    """Return {name: (gzipped bytes, array)} from the first source where all `names` are good."""
    failures = []
    for source in sources.SOURCES:
        try:
            files = source(names).items()
            return {name: (packed, _decode(packed, "full", name, name)) for name, packed in files}
        except Exception as error:  # whatever ails this source, the next one may be well
            failures.append(f"{source.__doc__}: {error}")
    raise DataError(
        "No source of the full Fashion-MNIST data can be reached:" + _listed(failures)
        + (f"\nDamaged, and left as found:{_listed(damaged)}" if damaged else "")
        + "\nDo one of these: connect to the network and call again; on Debian or Ubuntu "
        f"`apt-get update`, then `apt-get install {sources.DEBIAN_PACKAGE}`; "
        f"or copy {', '.join(FILES)} into {folder}."
    )  # fmt: skip


def _listed(lines):
    return "".join(f"\n  - {line}" for line in lines)


@any_character()
def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m dshlib.data", description=__doc__)
    parser.add_argument("split", nargs="?", default="classroom", help=" or ".join(SHA256))
    try:
        data = load(parser.parse_args(arguments).split)
    except (ValueError, DataError) as error:
        sys.exit(str(error))
    sizes = f"{len(data.database):,} in the database, {len(data.queries):,} queries"
    print(f"{data.split}: {sizes}, {data.folder}, sha256 {data.sha256}")


if __name__ == "__main__":
    main()
