"""The terms of the DSH loss in numpy, for demos and exercises, which start without torch.

`dshlib.loss` has the same for training; the tests compare the two.
"""

import numpy as np

KINDS = {"similar": 0, "dissimilar": 1}  # y of a pair


def contrast(distance, y, margin):
    """Eqs 1 and 3 for pairs at a distance in the units of margin: (...), as distance and y."""
    return 0.5 * (1 - y) * distance + 0.5 * y * np.maximum(margin - distance, 0)


def gap(b):
    """||b| - 1|, how far each output is from ±1: the regularizer, eq 4, adds these up; (...)."""
    return np.abs(np.abs(b) - 1)


def regularizer_slope(b):
    """Last row of eq 7 without alpha, +1 or -1 for each output; +1 at the kinks -1, 0, 1; (...)."""
    return np.where(((b >= -1) & (b <= 0)) | (b >= 1), 1.0, -1.0)
