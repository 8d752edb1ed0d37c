"""The data: right bytes or a clear error, whatever the sources, the disk and other processes do."""

import gzip
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

import numpy as np
import pytest

from dshlib import data

CHECKOUT = Path(__file__).resolve().parents[2]
IMAGES, LABELS, QUERY_IMAGES, QUERY_LABELS = data.FILES
N_BYTES = {
    "classroom": {IMAGES: 6_000 * 784 + 16, QUERY_IMAGES: 1_000 * 784 + 16},
    "full": {IMAGES: 60_000 * 784 + 16, QUERY_IMAGES: 10_000 * 784 + 16},
}


@pytest.fixture(autouse=True)
def _own_surroundings(monkeypatch):
    monkeypatch.delenv("DSHLIB_DATA", raising=False)
    monkeypatch.setenv("PYTHONPATH", str(CHECKOUT))


def run(code, *arguments, **options):
    """Start Python on `code` with pipes, as another process of the user."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    return subprocess.Popen(command, text=True, **pipes, **options)


def names_in(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


def copy_files(source, folder):
    folder.mkdir(parents=True)
    for name in data.FILES:
        shutil.copyfile(source / name, folder / name)
    return folder


def same(one, other):
    pairs = ((one.database, other.database), (one.queries, other.queries))
    return all(
        np.array_equal(a.images, b.images) and np.array_equal(a.labels, b.labels) for a, b in pairs
    )


# What the splits are


@pytest.mark.parametrize(
    ("split", "n", "m"), [("classroom", 6_000, 1_000), ("full", 60_000, 10_000)]
)
def test_a_split_has_its_shapes_types_and_range(split, n, m, request):
    dataset = request.getfixturevalue(split)
    for part, size in ((dataset.database, n), (dataset.queries, m)):
        assert len(part) == size
        assert part.images.shape == (size, 28, 28) and part.images.dtype == np.uint8
        assert part.labels.shape == (size,) and part.labels.dtype == np.int64
        assert (part.images.min(), part.images.max()) == (0, 255)
    assert dataset.name == split


def test_classroom_is_the_start_of_the_full_data(classroom, full):
    for part, whole, n in (
        (classroom.database, full.database, 6_000),
        (classroom.queries, full.queries, 1_000),
    ):
        assert part.images.tobytes() == whole.images[:n].tobytes()
        assert part.labels.tobytes() == whole.labels[:n].tobytes()


@pytest.mark.slow
def test_classroom_files_are_remade_byte_for_byte(full, tmp_path):
    script = CHECKOUT / "data" / "make_classroom.py"
    for folder in ("once", "again"):
        made = subprocess.run(
            [sys.executable, script, tmp_path / folder], check=True, capture_output=True, text=True
        )
    assert made.stdout.split()[::2] == list(data.SHA256["classroom"])
    for name in data.FILES:
        once, again, shipped = (
            (folder / name).read_bytes()
            for folder in (tmp_path / "once", tmp_path / "again", CHECKOUT / "data" / "classroom")
        )
        assert once == again
        assert gzip.decompress(once) == gzip.decompress(shipped)
        if "ng" not in zlib.ZLIB_RUNTIME_VERSION:  # zlib-ng finds other, equally good, packings
            assert once == shipped


@pytest.mark.parametrize("split", ["classroom", "full"])
def test_digests_are_those_of_the_decompressed_files(split, request):
    dataset = request.getfixturevalue(split)
    raw = [gzip.decompress((dataset.folder / name).read_bytes()) for name in data.FILES]
    digests = [hashlib.sha256(content).hexdigest() for content in raw]
    assert digests == list(data.SHA256[split])
    assert dataset.sha256 == hashlib.sha256("".join(digests).encode()).hexdigest()
    for name, size in N_BYTES[split].items():
        assert len(raw[data.FILES.index(name)]) == size
    table = (CHECKOUT / "data" / "README.md").read_text(encoding="utf-8")
    for name, digest in zip(data.FILES, digests, strict=True):
        assert f"| {split} | {name.removesuffix('.gz')} | `{digest}` |" in table


def test_labels_are_those_of_fashion_mnist(classroom, full):
    assert np.bincount(full.database.labels).tolist() == [6_000] * 10
    assert np.bincount(full.queries.labels).tolist() == [1_000] * 10
    histogram = [560, 643, 608, 612, 584, 594, 590, 617, 590, 602]
    assert np.bincount(classroom.database.labels).tolist() == histogram
    histogram = [107, 105, 111, 93, 115, 87, 97, 95, 95, 95]
    assert np.bincount(classroom.queries.labels).tolist() == histogram
    first = [data.CLASS_NAMES[label] for label in classroom.queries.labels[:5]]
    assert first == ["Ankle boot", "Pullover", "Trouser", "Trouser", "Shirt"]


def test_no_query_is_in_the_database(full):
    database = {image.tobytes() for image in full.database.images}
    assert not any(image.tobytes() in database for image in full.queries.images)


def test_arrays_cannot_be_changed_by_mistake(classroom):
    for part in (classroom.database, classroom.queries):
        for array in (part.images, part.labels):
            with pytest.raises(ValueError, match="read-only"):
                array[:] = 0
    with pytest.raises(AttributeError):
        classroom.database.labels = classroom.queries.labels


# Where the data is looked for


def test_unknown_split_is_named_with_the_known_ones():
    for split in ("clasroom", None, ["full"]):
        with pytest.raises(
            ValueError, match=r"split=.* is unknown; use one of 'classroom', 'full'"
        ):
            data.load(split)


def test_root_goes_before_the_environment_and_that_before_the_checkout(
    classroom, tmp_path, monkeypatch
):
    assert classroom.folder == CHECKOUT / "data" / "classroom"
    for chosen in ("by-environment", "by-root"):
        copy_files(classroom.folder, tmp_path / chosen / "classroom")
    monkeypatch.setenv("DSHLIB_DATA", str(tmp_path / "by-environment"))
    assert data.load("classroom").folder == tmp_path / "by-environment" / "classroom"
    by_root = data.load("classroom", root=str(tmp_path / "by-root"))
    assert by_root.folder == tmp_path / "by-root" / "classroom"
    assert same(by_root, classroom)


def test_a_root_for_the_full_data_alone_leaves_the_classroom_at_hand(classroom, tmp_path):
    assert data.load("classroom", root=tmp_path).folder == classroom.folder


@pytest.mark.slow
def test_installed_package_has_the_classroom_and_a_cache_folder(
    classroom, full, tmp_path, monkeypatch
):
    monkeypatch.setattr("dshlib.places.HERE", tmp_path / "dshlib")
    monkeypatch.setattr("dshlib.places.CHECKOUT_DATA", tmp_path / "data")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    shipped = copy_files(classroom.folder, tmp_path / "dshlib" / "_classroom")
    cached = copy_files(full.folder, tmp_path / "cache" / "dshlib" / "full")
    assert data.load("classroom").folder == shipped
    assert data.load("full").folder == cached
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    cached = copy_files(full.folder, tmp_path / "home" / ".cache" / "dshlib" / "full")
    assert data.load("full").folder == cached


@pytest.mark.parametrize("split", ["classroom", "full"])
def test_root_that_is_a_file_is_refused(split, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(data.DataError, match=r"file' is not a folder; .*DSHLIB_DATA or root="):
        data.load(split, root=tmp_path / "file")


def test_root_below_a_file_is_refused(no_source, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(data.DataError, match="Choose another folder by DSHLIB_DATA or root="):
        data.load("full", root=tmp_path / "file" / "below")


# Damaged files


def flip_bit(content, where):
    return content[:where] + bytes([content[where] ^ 1]) + content[where + 1 :]


def repack(change):
    return lambda packed: gzip.compress(change(gzip.decompress(packed)), 1)


DAMAGES = {
    "empty": (lambda packed: b"", "0 bytes with SHA-256"),
    "truncated": (lambda packed: packed[: len(packed) // 2], "Compressed file ended"),
    "last byte gone": (lambda packed: packed[:-1], "Compressed file ended"),
    "a bit of the stream": (lambda packed: flip_bit(packed, len(packed) // 2), "CRC check failed"),
    "a bit of the coding": (lambda packed: flip_bit(packed, 12), "while decompressing"),
    "a web page": (lambda packed: b"<html>log in first</html>", "Not a gzipped file"),
    "a bit of a pixel": (repack(lambda raw: flip_bit(raw, len(raw) // 2)), "with SHA-256"),
    "type of floats": (repack(lambda raw: b"\0\0\x0d" + raw[3:]), "with SHA-256"),
    "header cut": (repack(lambda raw: raw[:9]), "9 bytes with SHA-256"),
    "an axis too long": (repack(lambda raw: flip_bit(raw, 7)), "with SHA-256"),
    "an image missing": (repack(lambda raw: raw[:-784]), "with SHA-256"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_classroom_file_is_named_with_what_ails_it(damage, classroom, tmp_path):
    change, message = DAMAGES[damage]
    folder = copy_files(classroom.folder, tmp_path / "classroom")
    (folder / IMAGES).write_bytes(change((folder / IMAGES).read_bytes()))
    with pytest.raises(data.DataError) as error:
        data.load("classroom", root=tmp_path)
    assert f"{folder / IMAGES} is damaged" in str(error.value)
    assert message in str(error.value)
    assert f"Delete {folder}" in str(error.value)
    assert str(folder / LABELS) not in str(error.value)


def test_swapped_files_are_both_named(classroom, tmp_path):
    folder = copy_files(classroom.folder, tmp_path / "classroom")
    shutil.copyfile(classroom.folder / LABELS, folder / QUERY_LABELS)
    shutil.copyfile(classroom.folder / QUERY_LABELS, folder / LABELS)
    with pytest.raises(data.DataError) as error:
        data.load("classroom", root=tmp_path)
    assert f"{folder / LABELS} is damaged: 1,008 bytes with SHA-256" in str(error.value)
    assert f"{folder / QUERY_LABELS} is damaged: 6,008 bytes with SHA-256" in str(error.value)


def test_missing_classroom_file_is_named(classroom, tmp_path):
    folder = copy_files(classroom.folder, tmp_path / "classroom")
    (folder / QUERY_LABELS).unlink()
    with pytest.raises(data.DataError, match=f"{QUERY_LABELS} is missing"):
        data.load("classroom", root=tmp_path)


def test_damaged_file_is_replaced_and_said_so(full, mirror, tmp_path):
    folder = copy_files(full.folder, tmp_path / "full")
    (folder / LABELS).write_bytes((folder / LABELS).read_bytes()[:-100])
    for path in folder.iterdir():
        os.utime(path, (0, 0))
    with pytest.warns(UserWarning, match=rf"good copy:\s+- .*{LABELS} is damaged") as warned:
        repaired = data.load("full", root=tmp_path)
    assert warned[0].filename == __file__
    assert same(repaired, full)
    assert (folder / LABELS).read_bytes() == mirror.files[LABELS]
    assert {(folder / name).stat().st_mtime for name in data.FILES if name != LABELS} == {0}
    assert names_in(folder) == sorted(data.FILES)


def test_damaged_file_without_a_source_is_named_and_left_alone(full, no_source, tmp_path):
    folder = copy_files(full.folder, tmp_path / "full")
    (folder / LABELS).write_bytes(b"damaged")
    with pytest.raises(data.DataError, match=f"are not here:\\s+- .*{LABELS} is damaged"):
        data.load("full", root=tmp_path)
    assert (folder / LABELS).read_bytes() == b"damaged"
    assert names_in(folder) == sorted(data.FILES)


# Sources of the full data


def test_good_copy_is_used_without_a_source_or_a_lock(full, no_source, tmp_path):
    folder = copy_files(full.folder, tmp_path / "full")
    again = data.load("full", root=tmp_path)
    assert same(again, full) and again.folder == folder
    assert not (folder / ".lock").exists()


def test_installed_debian_package_is_read_in_place(full, no_source, tmp_path, monkeypatch):
    monkeypatch.setattr(data, "DEBIAN_FOLDER", full.folder)
    found = data.load("full", root=tmp_path / "new")
    assert found.folder == full.folder
    assert not (tmp_path / "new").exists()


@pytest.mark.slow
def test_damaged_debian_package_is_passed_over(full, mirror, tmp_path, monkeypatch):
    monkeypatch.setattr(data, "DEBIAN_FOLDER", copy_files(full.folder, tmp_path / "debian"))
    (tmp_path / "debian" / IMAGES).write_bytes(b"")
    found = data.load("full", root=tmp_path)
    assert same(found, full) and found.folder == tmp_path / "full"


def test_mirror_fills_the_folder_once(full, mirror, tmp_path, capfd):
    fetched = data.load("full", root=tmp_path / "new" / "root")
    assert same(fetched, full) and fetched.sha256 == full.sha256
    folder = tmp_path / "new" / "root" / "full"
    assert {name: (folder / name).read_bytes() for name in names_in(folder)} == mirror.files
    data.load("full", root=tmp_path / "new" / "root")
    assert sorted(mirror.requests) == sorted(data.FILES)
    assert "100%" in capfd.readouterr().err


@pytest.mark.parametrize("damage", ["a web page", "truncated", "a bit of a pixel"])
def test_bad_bytes_from_a_mirror_are_not_kept(damage, mirror, tmp_path):
    mirror.files[QUERY_IMAGES] = DAMAGES[damage][0](mirror.files[QUERY_IMAGES])
    with pytest.raises(data.DataError, match=f"download them: .*{QUERY_IMAGES}"):
        data.load("full", root=tmp_path)
    assert names_in(tmp_path / "full") == []


def test_bytes_that_torchvision_takes_for_good_are_checked_once_more(mirror, tmp_path, monkeypatch):
    from torchvision.datasets import FashionMNIST

    mirror.files[QUERY_IMAGES] = DAMAGES["a bit of a pixel"][0](mirror.files[QUERY_IMAGES])
    monkeypatch.setattr(FashionMNIST, "resources", mirror.resources())
    with pytest.raises(data.DataError, match="download them: 7,840,016 bytes with SHA-256"):
        data.load("full", root=tmp_path)
    assert names_in(tmp_path / "full") == []


@pytest.mark.slow
def test_second_mirror_is_asked_if_the_first_is_down(
    full, no_source, mirror, tmp_path, monkeypatch
):
    from torchvision.datasets import FashionMNIST

    monkeypatch.setattr(FashionMNIST, "mirrors", [no_source, mirror.url])
    assert same(data.load("full", root=tmp_path), full)


def test_silent_mirror_is_given_up(mirror, tmp_path, monkeypatch):
    monkeypatch.setattr(data, "SILENCE_TIMEOUT", 0.3)
    mirror.stops_half_way = True
    with pytest.raises(data.DataError, match="download them: .*timed out"):
        data.load("full", root=tmp_path)
    assert names_in(tmp_path / "full") == []
    assert socket.getdefaulttimeout() is None


def test_without_a_source_the_error_says_what_is_missing_and_what_to_do(no_source, tmp_path):
    with pytest.raises(data.DataError) as error:
        data.load("full", root=tmp_path)
    for message in (
        *(f"{tmp_path / 'full' / name} is missing" for name in data.FILES),
        "torchvision cannot download them: ",
        no_source,
        "refused",
        "Connect to the network",
        "`apt-get install dataset-fashion-mnist`",
        f"copy {', '.join(data.FILES)} into {tmp_path / 'full'}",
    ):
        assert message in str(error.value)
    assert names_in(tmp_path / "full") == []


# Folders that cannot be written


READ_ONLY = """
import os, sys
import filelock
from dshlib import data
if os.geteuid() == 0:
    os.setgid(65534), os.setuid(65534)
root, debian = sys.argv[1:]
data.DEBIAN_FOLDER = data.Path(debian)
try:
    print(len(data.load("full", root).database))
except data.DataError as error:
    print(error)
"""


@pytest.fixture
def read_only_root(full):
    """A folder with good data in full/ that a user without rights can read but not write."""
    with tempfile.TemporaryDirectory() as root:
        copy_files(full.folder, Path(root, "full"))
        os.chmod(root, 0o555)
        os.chmod(Path(root, "full"), 0o555)
        yield Path(root)
        os.chmod(Path(root, "full"), 0o755)
        os.chmod(root, 0o755)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights on folders")
def test_good_data_in_a_read_only_folder_is_read(read_only_root):
    out, err = run(READ_ONLY, read_only_root, "/not-here").communicate(timeout=60)
    assert out == "60000\n", err


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights on folders")
def test_read_only_folder_without_the_data_is_named(read_only_root):
    (read_only_root / "full").chmod(0o755)
    (read_only_root / "full" / LABELS).unlink()
    (read_only_root / "full").chmod(0o555)
    out, err = run(READ_ONLY, read_only_root, "/not-here").communicate(timeout=60)
    assert f"Cannot keep the full data in {read_only_root / 'full'}" in out, err
    assert "Permission denied" in out and "DSHLIB_DATA or root=" in out
    assert LABELS not in names_in(read_only_root / "full")


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights on folders")
def test_damaged_file_in_a_read_only_folder_gives_way_to_debian(full, read_only_root):
    (read_only_root / "full" / LABELS).write_bytes(b"damaged")
    read_only_root.chmod(0o755)
    debian = copy_files(full.folder, read_only_root / "debian")
    out, err = run(READ_ONLY, read_only_root, debian).communicate(timeout=60)
    assert out == "60000\n", err
    assert err.startswith("<string>:") and f"UserWarning: Read {debian} instead" in err
    assert f"{read_only_root / 'full' / LABELS} is damaged" in err
    assert (read_only_root / "full" / LABELS).read_bytes() == b"damaged"


# Several processes, and one that dies


FETCH = """
import json, sys
from torchvision.datasets import FashionMNIST
from dshlib import data
address, resources, root = sys.argv[1:]
FashionMNIST.mirrors, FashionMNIST.resources = [address], json.loads(resources)
data.DEBIAN_FOLDER = data.Path("/not-here")
print("ready", flush=True)
sys.stdin.readline()
dataset = data.load("full", root)
print(len(dataset.database), dataset.sha256)
"""


def fetch_at_once(n_processes, mirror, root):
    arguments = mirror.url, json.dumps(mirror.resources()), root
    processes = [run(FETCH, *arguments) for _ in range(n_processes)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    return processes


@pytest.mark.slow
def test_processes_that_fetch_at_once_fetch_once(full, mirror, tmp_path):
    mirror.delay = 0.3
    for process in fetch_at_once(3, mirror, tmp_path):
        out, err = process.communicate(timeout=60)
        assert out == f"60000 {full.sha256}\n", err
    assert sorted(mirror.requests) == sorted(data.FILES)
    assert names_in(tmp_path / "full") == sorted(data.FILES)


def test_process_killed_half_way_leaves_nothing_bad_and_no_lock(
    full, mirror, tmp_path, monkeypatch
):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    mirror.stops_half_way = True
    (process,) = fetch_at_once(1, mirror, tmp_path)
    assert mirror.half_way.wait(60)
    process.kill()
    process.communicate()
    assert names_in(tmp_path / "full") == []
    mirror.stops_half_way = False
    mirror.go_on.set()
    assert same(data.load("full", root=tmp_path), full)


@pytest.mark.slow
def test_part_of_a_file_left_by_a_killed_process_is_cleared_away(full, mirror, tmp_path):
    folder = copy_files(full.folder, tmp_path / "full")
    (folder / LABELS).rename(folder / f"{LABELS}.part")
    (folder / f"{LABELS}.part").write_bytes(b"half")
    assert same(data.load("full", root=tmp_path), full)
    assert names_in(folder) == sorted(data.FILES)


# Import and command line


FORBID_NETWORK = """
import sys
def forbid(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "subprocess.Popen"):
        raise RuntimeError(f"{event} {arguments}")
sys.addaudithook(forbid)
import dshlib.data
dshlib.data.load("classroom")
heavy = {"torch", "torchvision", "matplotlib", "IPython", "ipywidgets"}
print(sorted(heavy & set(sys.modules)))
"""


def test_import_and_classroom_need_neither_network_nor_torch_nor_matplotlib():
    out, err = run(FORBID_NETWORK).communicate(timeout=60)
    assert out == "[]\n", err


def command_line(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "dshlib.data", *arguments], capture_output=True, text=True
    )


def test_the_largest_split_is_the_full_one_only_where_all_its_files_are(
    full, no_source, monkeypatch, tmp_path
):
    monkeypatch.setenv("DSHLIB_DATA", str(tmp_path))
    assert data.load_largest().name == "classroom"
    copy_files(full.folder, tmp_path / "full")
    assert data.load_largest().name == "full"
    (tmp_path / "full" / QUERY_LABELS).unlink()
    assert data.load_largest().name == "classroom"
    monkeypatch.setattr(data, "DEBIAN_FOLDER", full.folder)
    assert data.load_largest().name == "full"


def test_the_largest_split_where_no_folder_can_have_the_name_is_the_classroom(
    no_source, monkeypatch
):
    monkeypatch.setenv("DSHLIB_DATA", "/" + 300 * "x")
    assert data.load_largest().name == "classroom"


@pytest.mark.parametrize(("arguments", "split"), [((), "classroom"), (("full",), "full")])
def test_command_line_prints_one_line(arguments, split, request):
    dataset = request.getfixturevalue(split)
    done = command_line(*arguments)
    assert done.returncode == 0 and done.stdout.count("\n") == 1
    counts = f"{len(dataset.database):,} in the database, {len(dataset.queries):,} queries"
    for message in (f"{split}: {counts}", str(dataset.folder), dataset.sha256):
        assert message in done.stdout


def test_command_line_says_what_is_wrong_without_a_traceback(monkeypatch, tmp_path):
    done = command_line("fulll")
    assert done.returncode == 1 and done.stderr.startswith("split='fulll' is unknown")
    monkeypatch.setenv("DSHLIB_DATA", str(tmp_path / "file"))
    (tmp_path / "file").write_text("")
    done = command_line("full")
    assert done.returncode == 1 and done.stderr.startswith("root='") and not done.stdout
