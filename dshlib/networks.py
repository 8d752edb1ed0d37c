"""The networks: 28×28 grey images in, one real output for each bit out. Taught in chapter 09."""

from functools import partial

from torch import nn

from dshlib.arguments import MAX_BITS, check_count


def small_network(n_bits):
    """A fast network for class: three 3×3 convolutions with batch norm, then one linear layer.

    The first step folds every 2×2 pixels into 4 channels, so all convolutions work on 14×14 maps
    or smaller: that is what makes an epoch a matter of seconds.
    """
    check_count(n_bits, "n_bits", most=MAX_BITS)
    return nn.Sequential(
        nn.PixelUnshuffle(2),
        *_convolution(4, 32),
        nn.MaxPool2d(2),
        *_convolution(32, 96),
        nn.MaxPool2d(2),
        *_convolution(96, 128),
        nn.Flatten(),
        nn.Linear(128 * 3 * 3, n_bits),
    )


def paper_network(n_bits):
    """The network of the DSH paper (Liu et al., CVPR 2016), its input 28×28×1 instead of 32×32×3.

    Pools round up as in Caffe, which leaves 64·3·3 = 576 values before the fully connected layer.
    The paper normalises within channels; torch offers local response norm across channels.
    """
    check_count(n_bits, "n_bits", most=MAX_BITS)
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


def deep_network(
    n_bits, widths=(32, 64, 128), n_hidden=256, residual=False, normed=True, doubled=False
):
    """A more accurate network, for all 60,000 images; chapter 11 takes it apart.

    The first convolution sees every pixel. Maps are pooled before they are normalised, which
    leaves a quarter of the values to normalise. A hidden layer mixes what the 3×3 maps hold.

    Parameters: widths, channels after each of the three convolutions; n_hidden, width of the
    hidden layer (0: none); residual, whether a residual block refines the 3×3 maps; normed,
    whether batch norm follows each convolution; doubled, whether two convolutions stand at each
    size of the maps. DSH(network="wide") has these three widths doubled.
    """
    check_count(n_bits, "n_bits", most=MAX_BITS)
    check_count(n_hidden, "n_hidden", least=0)
    if len(widths) != 3:
        raise ValueError(f"widths={widths}, but there are three convolutions")
    layers, n_in = [], 1
    for n_out in widths:
        if doubled:
            layers += _convolution(n_in, n_out, normed)
            n_in = n_out
        layers += _convolution(n_in, n_out, normed, pooled=True)
        n_in = n_out
    if residual:
        layers.append(Residual(n_in))
    layers.append(nn.Flatten())
    if n_hidden:
        layers += [nn.Linear(n_in * 3 * 3, n_hidden), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(n_hidden or n_in * 3 * 3, n_bits))


class Residual(nn.Module):
    """Two convolutions whose result is added to their input (He et al., ECCV 2016). Chapter 11.

    Batch norm and ReLU stand before each convolution, so the result may have either sign.
    """

    def __init__(self, n):
        super().__init__()
        self.change = nn.Sequential(
            nn.BatchNorm2d(n),
            nn.ReLU(),
            nn.Conv2d(n, n, 3, padding=1),
            nn.BatchNorm2d(n),
            nn.ReLU(),
            nn.Conv2d(n, n, 3, padding=1),
        )

    def forward(self, maps):
        """Feature maps in, feature maps of the same shape out: (..., n, height, width)."""
        return maps + self.change(maps)


NETWORKS = {  # name: a function of n_bits that makes the network
    "small": small_network,
    "paper": paper_network,
    "deep": deep_network,
    "wide": partial(deep_network, widths=(64, 128, 256)),  # twice the channels of the deep one
}


def _convolution(n_in, n_out, normed=True, pooled=False):
    layers = [nn.Conv2d(n_in, n_out, 3, padding=1, bias=not normed)]
    if pooled:
        layers.append(nn.MaxPool2d(2))
    if normed:
        layers.append(nn.BatchNorm2d(n_out))
    return [*layers, nn.ReLU()]
