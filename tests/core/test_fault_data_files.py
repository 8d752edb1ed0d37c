"""Every data file in every bad state, and no network: repaired, or an error that names the file."""

import gzip

import pytest
from test_data import copy_files, same

from dshlib import data

PARTNERS = {  # train with test labels, images with labels
    data.FILES[0]: data.FILES[1],
    data.FILES[1]: data.FILES[3],
    data.FILES[2]: data.FILES[3],
    data.FILES[3]: data.FILES[2],
}


def flip_a_bit(packed):
    raw = bytearray(gzip.decompress(packed))
    raw[-1] ^= 1
    return gzip.compress(bytes(raw), 1)


CHANGES = {
    "truncated": lambda packed: packed[: len(packed) // 2],
    "bit-flipped": flip_a_bit,
    "empty": lambda packed: b"",
}


def spoil(folder, name, fault):
    """Give the file of this name a fault; return the names of all files that have one now."""
    path = folder / name
    if fault == "missing":
        path.unlink()
    elif fault == "swapped":
        partner, aside = folder / PARTNERS[name], folder / "aside"
        path.rename(aside)
        partner.rename(path)
        aside.rename(partner)
        return {name, partner.name}
    else:
        path.write_bytes(CHANGES[fault](path.read_bytes()))
    return {name}


FAULTS = ("missing", *CHANGES, "swapped")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", data.FILES)
def test_a_bad_file_of_the_classroom_is_named_and_no_good_one(name, fault, classroom, tmp_path):
    folder = copy_files(classroom.folder, tmp_path / "classroom")
    bad = spoil(folder, name, fault)
    with pytest.raises(data.DataError) as error:
        data.load("classroom", root=tmp_path)
    named = {file for file in data.FILES if str(folder / file) in str(error.value)}
    assert named == bad
    assert "missing" in str(error.value) or "damaged" in str(error.value)


@pytest.mark.filterwarnings("ignore:Replaced by a good copy")
@pytest.mark.slow
@pytest.mark.parametrize("turn", range(5))
def test_bad_files_of_the_full_data_are_replaced_and_only_those(turn, full, mirror, tmp_path):
    folder = copy_files(full.folder, tmp_path / "full")
    bad = set()
    for place, name in enumerate(data.FILES[:2]):
        fault = FAULTS[(turn + 2 * place) % 5]
        if name not in bad:
            bad |= spoil(folder, name, fault)
    good = {name: (folder / name).stat().st_ino for name in data.FILES if name not in bad}
    assert same(data.load("full", root=tmp_path), full)
    assert sorted(mirror.requests) == sorted(data.FILES)
    assert {name: (folder / name).read_bytes() for name in data.FILES} == mirror.files
    assert good == {name: (folder / name).stat().st_ino for name in good}


def test_a_folder_in_place_of_a_file_is_an_error_that_names_it(classroom, tmp_path):
    folder = copy_files(classroom.folder, tmp_path / "classroom")
    (folder / data.FILES[0]).unlink()
    (folder / data.FILES[0]).mkdir()
    with pytest.raises(data.DataError, match=data.FILES[0]):
        data.load("classroom", root=tmp_path)


def test_a_mirror_that_swaps_files_is_not_believed(full, mirror, tmp_path, monkeypatch):
    from torchvision.datasets import FashionMNIST

    names = data.FILES[1], data.FILES[3]
    mirror.files.update(zip(names, [mirror.files[name] for name in names[::-1]], strict=True))
    monkeypatch.setattr(FashionMNIST, "resources", mirror.resources())
    with pytest.raises(data.DataError, match="download them: 10,008 bytes with SHA-256"):
        data.load("full", root=tmp_path)
    assert not any((tmp_path / "full" / name).exists() for name in data.FILES)


ALONE = """
import sys
from dshlib import data
data.DEBIAN_FOLDER = data.Path("/not-here")
print(len(data.load("classroom").database))
try:
    data.load("full", sys.argv[1])
except data.DataError as error:
    print(error)
"""


@pytest.mark.slow
def test_without_network_the_classroom_loads_and_the_full_data_says_what_to_do(
    without_network, tmp_path, monkeypatch
):
    monkeypatch.delenv("DSHLIB_DATA", raising=False)
    n, *message = without_network(ALONE, tmp_path).splitlines()
    assert n == "6000"
    assert message[0] == "The full Fashion-MNIST data are not here:"
    assert message[5].startswith("torchvision cannot download them: ")
    assert message[-1].startswith("Connect to the network and call again")
    assert not any(tmp_path.rglob("*-ubyte.gz*"))
