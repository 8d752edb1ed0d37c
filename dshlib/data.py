"""Fashion-MNIST: a database to search in and queries to search with, every byte checked.

``load("classroom")`` reads the small split that comes with the course; ``load("full")``, or
``python -m dshlib.data full`` in a terminal, fetches all images once.
"""

import argparse
import gzip
import hashlib
import os
import socket
import sys
import tempfile
import warnings
import zlib
from pathlib import Path

import numpy as np

from dshlib.dataset import Dataset, LabelledImages
from dshlib.places import data_root, how_to_mend, shipped

CLASS_NAMES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
    "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
DEBIAN_FOLDER = Path("/usr/share/datasets/fashion-mnist")  # of its package
SILENCE_TIMEOUT = 20  # seconds without a byte from the network
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


def load(split: str, root: str | os.PathLike | None = None) -> Dataset:
    """Load a split of Fashion-MNIST, each byte of it checked. Chapter 00.

    Parameters
    ----------
    split : {"classroom", "full"}
        6,000 images to search in and 1,000 queries, or 60,000 and 10,000.
    root : path, optional
        Holds the folders classroom/ and full/. By default it is the environment variable
        DSHLIB_DATA, else data/ in the checkout, else a cache folder of the user. Where it has no
        classroom/, the copy that comes with the course is read.

    Returns
    -------
    Dataset
        Its arrays are read-only.

    Raises
    ------
    ValueError
        For another split.
    DataError
        If good data cannot be had; the message says what to do.

    Examples
    --------
    >>> load("classroom").database.images.shape
    (6000, 28, 28)
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
    return Dataset(database, queries, CLASS_NAMES, split, folder, sha256)


def has_full():
    """Whether the files of "full" are on this machine."""
    folders = (data_root() / "full", DEBIAN_FOLDER)
    return any(all(os.path.exists(folder / name) for name in FILES) for folder in folders)


def load_largest():
    """Load "full" if its files are on this machine (a damaged one is fetched), else "classroom"."""
    return load("full" if has_full() else "classroom")


def _read_classroom(root):
    chosen = root / "classroom"
    folder = chosen if os.path.isdir(chosen) else shipped("classroom")
    arrays, bad = _examine(folder, "classroom")
    if bad:
        found = f"The classroom data cannot be used:{_listed(bad)}"
        raise DataError(f"{found}\n{how_to_mend(folder)}")
    return folder, arrays


def _read_full(folder):
    arrays, bad = _examine(folder, "full")
    if not bad:
        return folder, arrays
    installed, bad_there = _examine(DEBIAN_FOLDER, "full")
    if not bad_there:
        _warn_of_damaged(bad, f"Read {DEBIAN_FOLDER} instead of damaged files")
        return DEBIAN_FOLDER, installed
    try:
        arrays = _fill(folder)
    except OSError as error:
        raise DataError(
            f"Cannot keep the full data in {folder}: {error}. "
            "Choose another folder by DSHLIB_DATA or root=."
        ) from error
    _warn_of_damaged(bad, "Replaced by a good copy")
    return folder, arrays


def _examine(folder, split):
    """Return {name: array} of the good files, and lines that say what is wrong with the others."""
    arrays, bad = {}, []
    for name in FILES:
        path = folder / name
        try:
            arrays[name] = _decode(path.read_bytes(), split, name)
        except (FileNotFoundError, NotADirectoryError):
            bad.append(f"{path} is missing")
        except (OSError, DataError) as error:
            bad.append(f"{path} is damaged: {error}")
    return arrays, bad


def _decode(packed, split, name):
    """Return the array in gzipped IDX bytes, if SHA256 says that they are the right ones."""
    try:
        raw = gzip.decompress(packed)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(error) from error
    expected = SHA256[split][FILES.index(name)]
    if (found := hashlib.sha256(raw).hexdigest()) != expected:
        raise DataError(f"{len(raw):,} bytes with SHA-256 {found[:9]}…, not {expected[:9]}…")
    # IDX: 0, 0, the type of the values, the number of axes; their lengths in 32 bits each; values
    values = np.frombuffer(raw, dtype=np.uint8, offset=4 + 4 * raw[3])
    array = values.reshape(-1, 28, 28) if raw[3] == 3 else values.astype(np.int64)
    array.setflags(write=False)
    return array


def _fill(folder):
    """Replace the missing and damaged files of "full", one process at a time; return all arrays."""
    from filelock import FileLock

    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        arrays, bad = _examine(folder, "full")  # another process may have filled it
        if bad:
            for name, (packed, array) in _download(folder, bad).items():
                if name not in arrays:
                    arrays[name] = array
                    write_atomically(folder / name, packed)
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


def _download(folder, bad):
    """Return {name: (gzipped bytes, array)} of "full", as torchvision downloads them; checked."""
    timeout = socket.getdefaulttimeout()
    try:
        from torchvision.datasets import FashionMNIST

        socket.setdefaulttimeout(SILENCE_TIMEOUT)
        with tempfile.TemporaryDirectory() as root:
            raw = Path(FashionMNIST(root, download=True).raw_folder)
            files = {name: (raw / name).read_bytes() for name in FILES}
        return {name: (packed, _decode(packed, "full", name)) for name, packed in files.items()}
    except Exception as error:  # of the network, of torchvision, or of what was sent
        raise DataError(
            f"The full Fashion-MNIST data are not here:{_listed(bad)}\n"
            f"torchvision cannot download them: {error}\n"
            "Connect to the network and call again; or, on Debian or Ubuntu, `apt-get install "
            f"dataset-fashion-mnist`; or copy {', '.join(FILES)} into {folder}."
        ) from error
    finally:
        socket.setdefaulttimeout(timeout)


def _warn_of_damaged(bad, what_was_done):
    if damaged := [line for line in bad if not line.endswith("is missing")]:
        warnings.warn(f"{what_was_done}:{_listed(damaged)}", stacklevel=4)


def _listed(lines):
    return "".join(f"\n  - {line}" for line in lines)


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m dshlib.data", description=__doc__)
    parser.add_argument("split", nargs="?", default="classroom", help=" or ".join(SHA256))
    try:
        data = load(parser.parse_args(arguments).split)
    except (ValueError, DataError) as error:
        sys.exit(str(error))
    sizes = f"{len(data.database):,} in the database, {len(data.queries):,} queries"
    print(f"{data.name}: {sizes}, {data.folder}, sha256 {data.sha256}")


if __name__ == "__main__":
    main()
