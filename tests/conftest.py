"""Both splits, HOG features and codes, worked out once for all tests; a mirror of the full data."""

import os
import socket
import threading

import pytest
from mirror import Mirror

from dshlib import data, features
from dshlib.hashers.lsh import RandomProjection
from dshlib.metrics import mean_average_precision

os.environ["no_proxy"] = os.environ["NO_PROXY"] = "127.0.0.1,localhost"  # servers of the tests


def read_only(array):
    array.setflags(write=False)
    return array


@pytest.fixture(scope="session")
def classroom():
    return data.load("classroom")


@pytest.fixture(scope="session")
def full():
    return data.load("full")


@pytest.fixture(scope="session")
def web(tmp_path_factory):
    """The folder of the web explorer."""
    from publish import build_web

    folder = tmp_path_factory.mktemp("web") / "some" / "where"
    build_web.build(folder)
    return folder


@pytest.fixture(scope="session")
def first_images(classroom):
    """A function that makes a dataset of the first n images of both sets."""

    def first(n):
        parts = [
            data.LabelledImages(part.images[:n], part.labels[:n])
            for part in (classroom.database, classroom.queries)
        ]
        return data.Dataset(*parts, data.CLASS_NAMES, "first images")

    return first


@pytest.fixture(scope="session")
def database_hog(classroom):
    return read_only(features.hog(classroom.database.images))


@pytest.fixture(scope="session")
def query_hog(classroom):
    return read_only(features.hog(classroom.queries.images))


@pytest.fixture(scope="session")
def lsh_codes(database_hog, query_hog):
    """100-bit codes of queries and database; their first k columns are the k-bit codes."""
    hasher = RandomProjection(100, center=True).fit(database_hog)
    return read_only(hasher.encode(query_hog)), read_only(hasher.encode(database_hog))


@pytest.fixture(scope="session")
def beside_lsh(lsh_codes, classroom):
    """A function of a fitted hasher of images: its mAP@10 with 12 bits, and that of LSH."""
    queries, database = classroom.queries, classroom.database

    def scores(hasher):
        ours = hasher.encode(queries.images), hasher.encode(database.images)
        return [
            mean_average_precision(
                query_codes, queries.labels, database_codes, database.labels, k=10
            )
            for query_codes, database_codes in (ours, [bits[:, :12] for bits in lsh_codes])
        ]

    return scores


@pytest.fixture
def no_source(monkeypatch, tmp_path):
    """Nothing installed and nobody at torchvision's address, which is returned."""
    from torchvision.datasets import FashionMNIST

    monkeypatch.setattr(data, "DEBIAN_FOLDER", tmp_path / "not-installed")
    with socket.socket() as held:  # nobody else gets its port, and it does not listen
        held.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{held.getsockname()[1]}/"
        monkeypatch.setattr(FashionMNIST, "mirrors", [address])
        yield address


@pytest.fixture
def mirror(full, no_source, monkeypatch):
    from torchvision.datasets import FashionMNIST

    with Mirror(full.folder) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(FashionMNIST, "mirrors", [server.url])
        monkeypatch.setattr(FashionMNIST, "resources", server.resources())
        yield server
        server.go_on.set()
        server.shutdown()
