"""The networks: images in, one real output for each bit out. Taught in chapter 09."""

from functools import partial

from torch import nn

from dshlib.arguments import MAX_BITS, check_count
from dshlib.images import LEAST_SIDE

GREY = (1, 28, 28)  # shape of a Fashion-MNIST image


def small_network(
    n_bits: int, image_shape: tuple = GREY, width: int = 16, n_hidden: int = 512
) -> nn.Sequential:
    """Three 3×3 convolutions with batch norm, then a hidden layer. Chapter 09.

    Maps are pooled before they are normalised, which leaves a quarter of the values to normalise.
    The hidden layer mixes what the last maps hold.

    Parameters
    ----------
    n_bits : int
        Number of outputs.
    image_shape : tuple
        (channels, height, width), of 8 pixels or more a side.
    width : int
        Channels after the first convolution; after the others they are twice and four times as
        many. "deep" has twice, "wide" four times the width of "small".
    n_hidden : int
        Width of the hidden layer; 0 for none.

    Returns
    -------
    torch.nn.Sequential
        From images, float32 (n, channels, height, width), to outputs, float32 (n, n_bits).

    Raises
    ------
    TypeError, ValueError
        For what is no such number or shape.

    Examples
    --------
    >>> import torch
    >>> small_network(12, (3, 32, 32))(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 12])
    """
    check_count(n_bits, "n_bits", most=MAX_BITS)
    check_count(width, "width")
    check_count(n_hidden, "n_hidden", least=0)
    n_channels, n_left = _check_shape(image_shape)
    n_values = 4 * width * n_left
    hidden = [nn.Linear(n_values, n_hidden), nn.ReLU()] if n_hidden else []
    return nn.Sequential(
        *_convolution(n_channels, width),
        *_convolution(width, 2 * width),
        *_convolution(2 * width, 4 * width),
        nn.Flatten(),
        *hidden,
        nn.Linear(n_hidden or n_values, n_bits),
    )


def paper_network(n_bits: int, image_shape: tuple = GREY) -> nn.Sequential:
    """The network of the DSH paper, there for images of 32×32×3. Chapter 09.

    Pools round up as in Caffe: 32×32×3 leaves 64·4·4 = 1024 values before the fully connected
    layer, as in the paper, 28×28×1 leaves 576. The paper normalises within channels; torch offers
    local response norm across channels.

    Parameters
    ----------
    n_bits, image_shape
        As for `small_network`.

    Returns
    -------
    torch.nn.Sequential
        As of `small_network`.

    Raises
    ------
    TypeError, ValueError
        As of `small_network`.

    References
    ----------
    Liu, Wang, Shan and Chen, "Deep supervised hashing for fast image retrieval", CVPR 2016.

    Examples
    --------
    >>> paper_network(12, (3, 32, 32))[-3].in_features
    1024
    """
    check_count(n_bits, "n_bits", most=MAX_BITS)
    n_channels, n_left = _check_shape(image_shape)
    return nn.Sequential(
        nn.Conv2d(n_channels, 32, 5, padding=2),
        nn.MaxPool2d(3, 2, ceil_mode=True),
        nn.ReLU(),
        nn.LocalResponseNorm(3, alpha=5e-5),
        nn.Conv2d(32, 32, 5, padding=2),
        nn.AvgPool2d(3, 2, ceil_mode=True),
        nn.ReLU(),
        nn.LocalResponseNorm(3, alpha=5e-5),
        nn.Conv2d(32, 64, 5, padding=2),
        nn.ReLU(),
        nn.AvgPool2d(3, 2, ceil_mode=True),
        nn.Flatten(),
        nn.Linear(64 * n_left, 500),
        nn.ReLU(),
        nn.Linear(500, n_bits),
    )


NETWORKS = {  # name: a function of (n_bits, image_shape) that makes the network
    "small": small_network,
    "paper": paper_network,
    "deep": partial(small_network, width=32),
    "wide": partial(small_network, width=64),
}


def _convolution(n_in, n_out):
    convolve = nn.Conv2d(n_in, n_out, 3, padding=1, bias=False)
    return convolve, nn.MaxPool2d(2), nn.BatchNorm2d(n_out), nn.ReLU()


def _check_shape(image_shape):
    """Channels, and the places that are left when all three pools have halved both sides."""
    n_channels, *sides = image_shape
    if len(sides) != 2 or min(sides) < LEAST_SIDE or n_channels < 1:
        raise ValueError(
            f"image_shape={image_shape}, but it must be (channels, height, width), of "
            f"{LEAST_SIDE} pixels or more a side"
        )
    height, width = sides
    return n_channels, (height // 8) * (width // 8)
