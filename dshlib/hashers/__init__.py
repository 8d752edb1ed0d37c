"""Hashers: one file a method, one protocol: fit(X, y=None) → self, encode(X) → bool (n, n_bits).

`base` has what the methods that train a network share.
"""
