"""Features: from images to vectors, by histograms of oriented gradients. Taught in chapter 04."""

import numpy as np
from skimage.feature import hog as skimage_hog

from dshlib.arguments import check_count, check_grey_values


def hog(images, cell=8):
    """Histogram of oriented gradients of each image (Dalal and Triggs, CVPR 2005).

    Parameters: images, (n, height, width) grey values; cell, side of a cell in pixels. Each block
    of 2×2 cells is normalised on its own, every cell votes into 9 orientations of 20 degrees, and
    grey values are first replaced by their square roots (gamma correction, as OpenCV does). Four
    decimals are kept: the full roots make gradients of 60 degrees, just between two orientations,
    where the last digit, which not all processors have the same, would decide.
    Returns: float32 (n, d); for 28×28 images cell=8 gives d=144, as in the slides, and cell=7
    gives d=324. All values are >= 0, which matters for hashing by signs: see chapter 04.
    """
    images = np.asarray(images)
    if images.ndim != 3 or min(images.shape[1:]) < 2:
        raise ValueError(
            "images must have shape (n, height, width), of 2 pixels or more a side; "
            f"got {images.shape}"
        )
    check_count(cell, "cell", most=min(images.shape[1:]) // 2)
    if (check_grey_values(images, "images") < 0).any():
        raise ValueError(f"images must hold grey values of 0 or more; got {images.min()}")
    describe = [_describe(image, cell) for image in images]
    n_features = _describe(np.zeros(images.shape[1:]), cell).size
    return np.asarray(describe, dtype=np.float32).reshape(len(images), n_features)


def _describe(image, cell):
    roots = np.round(np.sqrt(image, dtype=float), 4)
    return skimage_hog(roots, orientations=9, pixels_per_cell=(cell, cell), cells_per_block=(2, 2))
