"""Text for a terminal or a file whose encoding, cp1252 on Windows say, lacks some characters."""

import sys
from contextlib import contextmanager


@contextmanager
def any_character():
    r"""Within the block, or the function below it, stdout takes every character.

    One that its encoding lacks is written by name, as \N{CHECK MARK}; stderr does so by itself. A
    notebook's stdout, which lacks none, is left alone.
    """
    stream = sys.stdout
    if not hasattr(stream, "reconfigure"):
        yield
        return
    before = stream.errors
    stream.reconfigure(errors="namereplace")
    try:
        yield
    finally:
        stream.reconfigure(errors=before)
