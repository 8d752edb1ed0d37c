"""Hashing for image retrieval: images → features → codes → ranking → score."""

__version__ = "0.3.0"
