"""The networks: 28×28 grey images in, one real output for each bit out. Taught in chapter 09."""

from torch import nn


def small_network(n_bits):
    """A fast network for class: three 3×3 convolutions with batch norm, then one linear layer.

    The first step folds every 2×2 pixels into 4 channels, so all convolutions work on 14×14 maps
    or smaller: that is what makes an epoch a matter of seconds.
    """
    return nn.Sequential(
        nn.PixelUnshuffle(2),
        *_normed_convolution(4, 32),
        nn.MaxPool2d(2),
        *_normed_convolution(32, 96),
        nn.MaxPool2d(2),
        *_normed_convolution(96, 128),
        nn.Flatten(),
        nn.Linear(128 * 3 * 3, n_bits),
    )


def paper_network(n_bits):
    """The network of the DSH paper (Liu et al., CVPR 2016), its input 28×28×1 instead of 32×32×3.

    Pools round up as in Caffe, which leaves 64·3·3 = 576 values before the fully connected layer.
    The paper normalises within channels; torch offers local response norm across channels.
    """
    return nn.Sequential(
        nn.Conv2d(1, 32, 5, padding=2),
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
        nn.Linear(64 * 3 * 3, 500),
        nn.ReLU(),
        nn.Linear(500, n_bits),
    )


NETWORKS = {"small": small_network, "paper": paper_network}


def _normed_convolution(n_in, n_out):
    return nn.Conv2d(n_in, n_out, 3, padding=1, bias=False), nn.BatchNorm2d(n_out), nn.ReLU()
