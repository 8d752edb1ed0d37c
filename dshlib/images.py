"""Arrays of images: (n, height, width), grey, or (n, height, width, 3), in colour."""

import warnings

import numpy as np

from dshlib.arguments import check_grey_values

LEAST_SIDE = 8  # pixels, of images for a network: it halves both sides three times
FAR = 0.75  # of the width of a scale: grey values further outside have another one
DARK = 1 / 32  # of that width: so have images that lie below this part of it


def as_array(images, name):
    """Return images as an array, or raise a ValueError if their shapes differ."""
    if not hasattr(images, "shape") and len({np.shape(image) for image in images}) > 1:
        raise ValueError(f"{name} must all have one shape: resize them first")
    return np.asarray(images)


def check_images(images, name, least_side=LEAST_SIDE):
    """Return images as an array, grey or in colour, or raise a ValueError that names them."""
    images = as_array(images, name)
    is_shaped = images.ndim == 3 or (images.ndim == 4 and images.shape[3] == 3)
    if not is_shaped or min(images.shape[1:3]) < least_side or len(images) == 0:
        raise ValueError(
            f"{name} must be images of shape (n, height, width), grey, or (n, height, width, 3), "
            f"colour, n >= 1, of {least_side} pixels or more a side; got shape {images.shape}"
        )
    return check_grey_values(images, name)


def shape_of(images):
    """Shape of an image as torch orders it: (channels, height, width)."""
    _, height, width, *channels = images.shape
    return (*(channels or [1]), height, width)


def in_words(image_shape):
    """A shape as an error message says it: 28×28 pixels in grey."""
    channels, height, width = image_shape
    return f"{height}×{width} pixels in {'grey' if channels == 1 else 'colour'}"


def check_scale(images, low, high):
    """Refuse images whose grey values cannot have the scale of those from low to high, seen in fit.

    That scale is 0 to 1 or 0 to 255 where it holds them, else low to high. It is another one if
    the images leave it by far, or if several of them all lie at its dark end. A single image may be
    that dark, so it draws a warning only; images of one grey value each show no scale.
    """
    bottom, top = (0, 1 if high <= 1 else 255) if low >= 0 and high <= 255 else (low, high)
    width = top - bottom
    least, most = range_of(images)
    message = (
        f"X has grey values from {least:g} to {most:g}, but fit saw {low:g} to {high:g}: "
        "give grey values of one scale"
    )
    if least < bottom - FAR * width or most > top + FAR * width:
        raise ValueError(message)
    if most < bottom + DARK * width:
        n_varied = np.count_nonzero(np.ptp(images.reshape(len(images), -1), axis=1))
        if n_varied > 1:
            raise ValueError(message)
        if n_varied == 1:
            warnings.warn(message, stacklevel=5)


def range_of(images):
    """Least and largest value of images."""
    return float(images.min()), float(images.max())
