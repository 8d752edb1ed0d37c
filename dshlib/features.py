"""Features: from images to vectors, by histograms of oriented gradients. Taught in chapter 04."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from skimage.feature import hog as skimage_hog

from dshlib.arguments import check_count
from dshlib.images import as_array, check_images


def hog(images: ArrayLike, cell: int = 8) -> NDArray:
    """Histograms of oriented gradients of each image. Chapter 04.

    Each cell votes into 9 orientations of 20 degrees; each block of 2×2 cells is normalised on its
    own. Before, values are replaced by their square roots (gamma correction, as OpenCV does), with
    four decimals: the full roots make gradients of 60 degrees, just between two orientations, where
    the last digit, which not all processors have the same, would decide.

    Parameters
    ----------
    images : array_like
        (n, height, width), grey, or (n, height, width, 3), in colour, where each pixel has the
        gradient of its strongest channel; values of 0 or more. Give all images in one scale: of
        floats 0 to 1 the four decimals are coarser than of whole numbers 0 to 255.
    cell : int
        Side of a cell in pixels; 2×2 cells fit into the images.

    Returns
    -------
    ndarray of float32, shape (n, d)
        All values are >= 0, which matters for hashing by signs. For images of 28×28 pixels cell=8
        gives d=144, as in the slides, and cell=7 gives d=324.

    Raises
    ------
    ValueError
        If images are not as above, or the cell is too large for them.
    TypeError
        If cell is no whole number.

    References
    ----------
    N. Dalal and B. Triggs, *Histograms of oriented gradients for human detection*, CVPR 2005.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> hog(load_digits().images, cell=2).shape
    (1797, 324)
    """
    images = as_array(images, "images")
    blank = np.zeros((1, *images.shape[1:]))
    check_images(images if images.size else blank, "images", least_side=2)
    if images.min(initial=0) < 0:
        raise ValueError(f"images must hold grey values of 0 or more; got {images.min()}")
    check_count(cell, "cell", most=min(blank.shape[1:3]) // 2)
    described = [_describe(image, cell) for image in images]
    n_features = _describe(blank[0], cell).size
    return np.asarray(described, dtype=np.float32).reshape(len(images), n_features)


def fitting_cell(images):
    """Side of a cell that is to images what 8 pixels are to 28×28: 3×3 cells or a few more."""
    return 2 * min(np.shape(images)[1:3]) // 7


def _describe(image, cell):
    roots = np.round(np.sqrt(image, dtype=float), 4)
    return skimage_hog(roots, orientations=9, pixels_per_cell=(cell, cell), cells_per_block=(2, 2),
                       channel_axis=-1 if image.ndim == 3 else None)  # fmt: skip
