"""Where the full Fashion-MNIST data can be had.

A source takes the names of files and returns {name: gzipped bytes} as it has them, unchecked, or
raises an exception that says what ails it. Its docstring is its name in messages.
"""

import os
import subprocess
import tempfile
from pathlib import Path
from urllib.request import urlopen

DEBIAN_PACKAGE = "dataset-fashion-mnist"
DEBIAN_PATH = "usr/share/datasets/fashion-mnist"
DEBIAN_FOLDER = Path("/", DEBIAN_PATH)
SILENCE_TIMEOUT = 20  # seconds without a byte from the network
COMMAND_TIMEOUT = 600  # seconds for one command


def from_debian_folder(names):
    """Debian's installed package"""
    return _read(names, DEBIAN_FOLDER)


def from_torchvision_mirrors(names):
    """torchvision's mirrors"""
    from torchvision.datasets import FashionMNIST

    failures = []
    for mirror in FashionMNIST.mirrors:
        try:
            return {name: _download(f"{mirror.rstrip('/')}/{name}") for name in names}
        except OSError as error:
            failures.append(f"{mirror} ({error})")
    raise OSError("; ".join(failures))


def from_apt(names):
    """Debian's package by apt-get"""
    with tempfile.TemporaryDirectory() as folder:
        _run("apt-get", "download", DEBIAN_PACKAGE, cwd=folder)
        _run("dpkg-deb", "-x", *os.listdir(folder), ".", cwd=folder)
        return _read(names, Path(folder, DEBIAN_PATH))


SOURCES = (from_debian_folder, from_torchvision_mirrors, from_apt)  # the first to ask first


def _read(names, folder):
    return {name: (folder / name).read_bytes() for name in names}


def _download(url):
    from tqdm.auto import tqdm

    with urlopen(url, timeout=SILENCE_TIMEOUT) as reply:
        size = int(reply.headers.get("Content-Length", 0)) or None
        with tqdm.wrapattr(reply, "read", total=size, desc=url.rpartition("/")[2]) as body:
            return b"".join(iter(lambda: body.read(1 << 16), b""))


def _run(*command, cwd):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=COMMAND_TIMEOUT)
    if done.returncode:
        raise OSError(f"{' '.join(command)}: {done.stderr.strip()}")
