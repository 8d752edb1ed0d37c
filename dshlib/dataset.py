"""Data sets: a database to search in and queries to search with; made from images of your own."""

import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image, ImageOps

from dshlib.arguments import check_count, check_labels
from dshlib.images import LEAST_SIDE, check_images, range_of

FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")  # told by content, not by suffix
MOST_LISTED = 5  # of the files that are left out


@dataclass(frozen=True, eq=False)
class LabelledImages:
    """n images and their classes.

    Parameters
    ----------
    images : ndarray
        (n, height, width), grey, or (n, height, width, 3), in colour: uint8 0 to 255, or floats
        0 to 1. In Fashion-MNIST 0 is the background.
    labels : ndarray of int64, shape (n,)
        Indices into the class names of the data set.

    Examples
    --------
    >>> len(LabelledImages(np.zeros((3, 28, 28), dtype=np.uint8), np.array([0, 1, 1])))
    3
    """

    images: np.ndarray
    labels: np.ndarray

    def __len__(self):
        return len(self.labels)


@dataclass(frozen=True, eq=False)
class Dataset:
    """A database and queries that never overlap.

    Parameters
    ----------
    database, queries : LabelledImages
        What is searched, and what for.
    class_names : tuple of str
        Names of the classes, by label.
    name : str
        "classroom" or "full", or that of your own images.
    folder : Path, optional
        Where it was read from.
    sha256 : str, optional
        What identifies the data beside results: by default the digest of the arrays; of
        Fashion-MNIST, that over the four digests in SHA256.

    See Also
    --------
    dshlib.data.load : Fashion-MNIST.
    dataset_from_arrays, dataset_from_folder : your own images.

    Examples
    --------
    >>> from dshlib import load
    >>> dataset = load("classroom")
    >>> len(dataset.database), len(dataset.queries), dataset.class_names[9]
    (6000, 1000, 'Ankle boot')
    """

    database: LabelledImages
    queries: LabelledImages
    class_names: tuple
    name: str
    folder: Path | None = None
    sha256: str = ""

    def __post_init__(self):
        if not self.sha256:
            parts = (self.database, self.queries)
            content = b"".join(p.images.tobytes() + p.labels.tobytes() for p in parts)
            object.__setattr__(self, "sha256", hashlib.sha256(content).hexdigest())


def dataset_from_arrays(
    images: ArrayLike, labels: ArrayLike, n_queries: int | None = None, seed: int = 0,
    class_names: Sequence | None = None, name: str = "own images",
) -> Dataset:  # fmt: skip
    """Split labelled images of your own into a database and queries. Appendix A1.

    Parameters
    ----------
    images : array_like
        (n, height, width), grey, or (n, height, width, 3), in colour, of 8 pixels or more a side:
        whole numbers 0 to 255, or floats 0 to 1.
    labels : array_like, shape (n,)
        The class of each image, its name or a number; two images or more of each class.
    n_queries : int, optional
        How many images become queries, at least one for each class and so many that one of each
        class stays. By default a tenth, or one for each class if that is more.
    seed : int
        Of the random split, in which each class has its share of the queries, one at least.
    class_names : sequence of str, optional
        All classes in order; labels are then these names, or numbers from 0. By default the labels
        that occur, sorted.
    name : str
        Shown in figures.

    Returns
    -------
    Dataset
        Copies that are read-only, in random order.

    Raises
    ------
    ValueError
        If images, labels, n_queries or class_names are not as above.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> digits = load_digits()
    >>> dataset = dataset_from_arrays(digits.images / 16, digits.target, name="digits")
    >>> len(dataset.database), len(dataset.queries), dataset.class_names[:3]
    (1618, 179, ('0', '1', '2'))
    """
    images = _checked(images)
    labels, class_names = _numbered(check_labels(labels, "labels", len(images)), class_names)
    found, counts = np.unique(labels, return_counts=True)
    if alone := [class_names[label] for label in found[counts == 1]]:
        raise ValueError(f"labels must have two images or more of each class; one of {alone[0]!r}")
    if len(found) < 2:
        raise ValueError(f"labels must have two classes or more; all: {class_names[labels[0]]!r}")
    n_queries = max(len(images) // 10, len(found)) if n_queries is None else n_queries
    check_count(n_queries, "n_queries", least=len(found), most=len(images) - len(found))
    check_count(seed, "seed", least=0)
    spare = counts - 2  # of each class one becomes a query and one stays; the rest by share
    shares = spare.cumsum() * (n_queries - len(found)) / max(spare.sum(), 1)
    n_each = 1 + np.diff(shares.round().astype(int), prepend=0)
    order = np.random.default_rng(seed).permutation(len(images))
    chosen = [order[labels[order] == label][:n] for label, n in zip(found, n_each, strict=True)]
    is_query = np.isin(order, np.concatenate(chosen))
    parts = [LabelledImages(images[i], labels[i]) for i in (order[~is_query], order[is_query])]
    for part in parts:
        part.images.flags.writeable = part.labels.flags.writeable = False
    return Dataset(*parts, class_names, name)


def dataset_from_folder(
    path: str | PathLike, size: int | tuple = (28, 28), colour: bool = False,
    n_queries: int | None = None, seed: int = 0, name: str | None = None,
) -> Dataset:  # fmt: skip
    """Read pictures of your own from a folder that has a folder for each class. Appendix A1.

    Parameters
    ----------
    path : path
        Laid out as for torchvision's ImageFolder: path/cat/1.jpg, path/dog/2.png … The folders in
        it name the classes. Hidden files and folders are ignored.
    size : int or (int, int)
        Height and width of all images in pixels. A picture keeps its aspect: a part as large as
        possible is cut from its middle, and resized (Lanczos).
    colour : bool
        Whether the images are in colour, else grey.
    n_queries, seed
        As in `dataset_from_arrays`.
    name : str, optional
        By default that of the folder.

    Returns
    -------
    Dataset
        uint8 images, turned as their EXIF says, on white where they are transparent, 16 bits scaled
        to 8; of several frames the first. Equal folders give equal data sets.

    Raises
    ------
    ValueError
        If fewer than two classes have pictures, one has a single picture, or an argument is wrong.

    Warns
    -----
    UserWarning
        Once, of what is left out, with the reason: files that are broken, are no pictures of the
        kinds in FORMATS, or have more pixels than Pillow takes for safe; classes without a picture.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     for number, kind in enumerate(["cat", "cat", "dog", "dog"]):
    ...         Path(folder, kind).mkdir(exist_ok=True)
    ...         Image.new("L", (40, 30), 60 * number).save(Path(folder, kind, f"{number}.png"))
    ...     dataset = dataset_from_folder(folder, size=8)
    >>> dataset.class_names, dataset.database.images.shape
    (('cat', 'dog'), (2, 8, 8))
    """
    path = Path(path).expanduser()
    height, width = (check_count(side, "size", LEAST_SIDE) for side in np.broadcast_to(size, 2))
    images, labels, empty, left_out = [], [], [], []
    for folder in _seen(path.glob("*"), path, Path.is_dir):
        for file in _seen(folder.rglob("*"), path, Path.is_file):
            try:
                images.append(_picture(file, (width, height), "RGB" if colour else "L"))
                labels.append(folder.name)
            except Exception as error:  # decoders of broken files raise all kinds of exceptions
                reason = str(error).partition(" <")[0]
                left_out.append(f"{file.relative_to(path).as_posix()}: {reason}")
        if folder.name not in labels[-1:]:
            empty.append(f"{folder.name}: a class without a picture")
    if empty or left_out:
        more = [f"and {len(left_out) - MOST_LISTED} more"] * (len(left_out) > MOST_LISTED)
        listed = "\n  - ".join(["", *empty, *left_out[:MOST_LISTED], *more])
        warnings.warn(f"{len(left_out)} files are left out of {path}:{listed}", stacklevel=2)
    if len(set(labels)) < 2:
        raise ValueError(
            f"path={str(path)!r} must hold a folder of pictures for each of two classes "
            f"or more; got {', '.join(labels[:1]) or 'none'}"
        )
    return dataset_from_arrays(
        np.stack(images), labels, n_queries, seed, name=name or path.resolve().name
    )


def _checked(images):
    """Images as uint8 0 to 255 or floats 0 to 1, or a ValueError."""
    images = check_images(images, "images")
    is_float = images.dtype.kind == "f"
    least, most = range_of(images)
    if images.dtype.kind == "b" or least < 0 or most > (1 if is_float else 255):
        raise ValueError(
            "images must be whole numbers 0 to 255, or floats 0 to 1; "
            f"got {images.dtype} from {least:g} to {most:g}"
        )
    return images if is_float else images.astype(np.uint8)


def _numbered(labels, class_names):
    """Labels as indices into class names, and these; see dataset_from_arrays."""
    labels = labels.tolist()
    known = sorted(set(labels)) if class_names is None else list(class_names)
    names = tuple(map(str, known))
    if class_names is not None and not isinstance(labels[0], str):
        known = range(len(names))
    if unknown := set(labels).difference(known):
        raise ValueError(f"labels must be in class_names={names}, or their numbers; got {unknown}")
    number = {label: i for i, label in enumerate(known)}
    return np.array([number[label] for label in labels], dtype=np.int64), names


def _seen(paths, root, is_wanted):
    """Those of a kind that are not hidden, nor in a hidden folder, sorted by name."""
    wanted = {p.relative_to(root).as_posix(): p for p in paths if is_wanted(p)}
    return [wanted[name] for name in sorted(wanted) if "/." not in f"/{name}"]


def _picture(file, size, mode):
    """The first frame of a file, upright, on white, its middle resized to (width, height)."""
    with warnings.catch_warnings(), file.open("rb") as content:
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        picture = ImageOps.exif_transpose(Image.open(content, formats=FORMATS))
    if picture.mode == "F":
        raise ValueError("floats have no fixed scale")
    if picture.mode[0] == "I":  # 16 bits
        grey = np.asarray(picture).clip(0, 65535) / 257
        picture = Image.fromarray(grey.round().astype(np.uint8))
    fitted = ImageOps.fit(picture.convert("RGBA"), size, Image.Resampling.LANCZOS)
    white = Image.new("RGBA", size, "white")
    return np.asarray(Image.alpha_composite(white, fitted).convert(mode))
