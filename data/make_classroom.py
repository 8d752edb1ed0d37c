"""Cut the classroom split out of the full data: `python data/make_classroom.py [FOLDER]`.

The first 6,000 training images are the database, the first 1,000 test images the queries. Run
again, it writes the same bytes; the digests it prints are those in SHA256 of dshlib/data.py.
"""

import argparse
import gzip
import hashlib
import io
import struct
from pathlib import Path

import numpy as np

from dshcourse.console import any_character
from dshlib.data import FILES, load

N_DATABASE, N_QUERIES = 6_000, 1_000


def idx_bytes(array):
    """Return the IDX form of an array of values 0 … 255: header, then the values."""
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return header + array.astype(np.uint8).tobytes()


def gzip_bytes(raw):
    """Return `raw` gzipped without the time and the file name that gzip would note."""
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=0) as file:
        file.write(raw)
    return packed.getvalue()


def make_classroom(folder):
    full = load("full")
    arrays = (
        full.database.images[:N_DATABASE],
        full.database.labels[:N_DATABASE],
        full.queries.images[:N_QUERIES],
        full.queries.labels[:N_QUERIES],
    )
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in zip(FILES, arrays, strict=True):
        raw = idx_bytes(array)
        (folder / name).write_bytes(gzip_bytes(raw))
        print(hashlib.sha256(raw).hexdigest(), name)


@any_character()
def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent / "classroom")
    make_classroom(parser.parse_args(arguments).folder)


if __name__ == "__main__":
    main()
