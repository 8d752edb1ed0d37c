"""Hashers: one file a method, one protocol: fit(X, y) → self, encode(X) → bool (n, n_bits).

X are vectors, and y is not needed, or X are images, and y their labels; `base` has what the methods
of images share: they train a network.
"""
