"""The terms of the DSH loss, in arithmetic that numpy arrays and torch tensors share.

Demos and exercises use them with numpy, and so start without torch; `dshlib.loss` has the equations
made of them, for training.
"""

KINDS = {"similar": 0, "dissimilar": 1}  # y of a pair


def contrast(distance, y, margin):
    """Eqs 1 and 3 for pairs at a distance in the units of margin: (...), as distance and y."""
    return 0.5 * (1 - y) * distance + 0.5 * y * (distance < margin) * (margin - distance)


def gap(b):
    """||b| - 1|, how far each output is from ±1: the regularizer, eq 4, adds these up; (...)."""
    return abs(abs(b) - 1)


def regularizer_slope(b):
    """Last row of eq 7 without alpha, +1 or -1 for each output; +1 at the kinks -1, 0, 1; (...)."""
    return 2.0 * (((b >= -1) & (b <= 0)) | (b >= 1)) - 1
