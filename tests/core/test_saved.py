"""Hashers in files: what comes back is what was saved, and nothing else is taken for one."""

import pickle
import subprocess
import sys
from functools import partial

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from sklearn.exceptions import NotFittedError

from dshlib import data
from dshlib.hashers.class_code import ClassCode
from dshlib.hashers.cnnh import CNNH
from dshlib.hashers.dsh import DSH
from dshlib.networks import small_network

DATABASE = data.load("classroom").database
IMAGES, LABELS = DATABASE.images[:120], DATABASE.labels[:120]
COLOUR = np.stack([IMAGES, IMAGES[:, ::-1], 255 - IMAGES], axis=3)
NAMES = np.array(data.CLASS_NAMES)[LABELS]


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A trained hasher and its file."""
    path = tmp_path_factory.mktemp("saved") / "dsh.safetensors"
    hasher = DSH(12, epochs=1, alpha=np.float32(0.02), margin=np.int64(20)).fit(IMAGES, NAMES)
    hasher.save(path)
    return hasher, path


@pytest.mark.parametrize("images", [IMAGES, COLOUR[:, 2:21, 4:25] / 255], ids=["grey", "colour"])
@pytest.mark.parametrize("kind", [DSH, CNNH, ClassCode])
def test_what_is_loaded_gives_the_same_outputs_bit_for_bit(kind, images, tmp_path):
    hasher = kind(8, epochs=1).fit(images, NAMES)
    hasher.save(tmp_path / "hasher")
    loaded = kind.load(tmp_path / "hasher")
    assert np.array_equal(loaded.outputs(images), hasher.outputs(images))
    assert loaded.classes_.tolist() == sorted(set(NAMES))
    for name in ("image_shape_", "pixel_mean_", "pixel_std_", "pixel_range_", "history_"):
        assert getattr(loaded, name) == getattr(hasher, name)


def test_a_new_process_gives_the_same_codes(saved):
    hasher, path = saved
    code = (
        "import sys; from dshlib.data import load; from dshlib.hashers.dsh import DSH; "
        "images = load('classroom').database.images[:120]; "
        "sys.stdout.buffer.write(DSH.load(sys.argv[1]).outputs(images).tobytes())"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, check=True)
    assert done.stdout == hasher.outputs(IMAGES).tobytes()


def test_settings_come_back_and_the_scale_of_training_is_still_checked(saved):
    hasher, path = saved
    loaded = DSH.load(path)
    assert loaded.get_params() == hasher.get_params()
    assert hasher.get_params()["margin"] == 20
    with pytest.raises(ValueError, match="X has grey values from 0 to 1, but fit saw 0 to 255"):
        loaded.encode(IMAGES / 255)


def test_what_is_saved_is_what_was_fitted_whatever_was_set_since(tmp_path):
    hasher = DSH(8, epochs=1).fit(IMAGES, LABELS)
    codes = hasher.encode(IMAGES)
    hasher.set_params(n_bits=12, network="deep").save(tmp_path / "hasher")
    loaded = DSH.load(tmp_path / "hasher")
    assert (loaded.n_bits, loaded.network) == (8, "small")
    assert np.array_equal(loaded.encode(IMAGES), codes)


def test_a_network_of_ones_own_is_needed_again(tmp_path):
    make = partial(small_network, width=4)
    hasher = DSH(8, epochs=1, network=make, augment=lambda images: images).fit(IMAGES, LABELS)
    hasher.save(tmp_path / "own")
    with pytest.raises(ValueError, match="it needs the function that made its network"):
        DSH.load(tmp_path / "own")
    with pytest.raises(ValueError, match="own' cannot be loaded: its weights are those of another"):
        DSH.load(tmp_path / "own", network="small")
    loaded = DSH.load(tmp_path / "own", network=make)
    assert np.array_equal(loaded.encode(IMAGES), hasher.encode(IMAGES))


def changed(path, to, **metadata):
    """A copy of a hasher's file with other metadata."""
    with safe_open(path, "pt") as file:
        names = file.keys()
        save_file({n: file.get_tensor(n) for n in names}, to, file.metadata() | metadata)
    return to


def test_files_that_hold_no_hasher_of_the_class_are_refused_with_the_reason(saved, tmp_path):
    _, path = saved
    other, pickled, cut = (tmp_path / name for name in ("other", "pickle", "cut"))
    pickled.write_bytes(pickle.dumps({"weights": [1, 2]}))
    cut.write_bytes(path.read_bytes()[:-1000])
    save_file({"a": torch.zeros(2)}, other)
    for load, message in (
        (lambda: DSH.load(pickled), "pickle' is no safetensors file, or damaged"),
        (lambda: DSH.load(cut), "cut' is no safetensors file, or damaged"),
        (lambda: DSH.load(other), "other' holds tensors, but no hasher saved by dshlib"),
        (lambda: CNNH.load(path), "holds a DSH, read it by DSH.load"),
        (
            lambda: DSH.load(changed(path, other, format="dshlib hasher, format 0")),
            "other' has 'dshlib hasher, format 0'; this version reads 'dshlib hasher, format 1'",
        ),
        (lambda: DSH.load(changed(path, other, content="{}")), "cannot be loaded: 'settings'"),
        (lambda: DSH.load(changed(path, other, content="{")), "cannot be loaded: Expecting"),
    ):
        with pytest.raises(ValueError, match=f"^path=.*{message}"):
            load()
    with pytest.raises(FileNotFoundError):
        DSH.load(tmp_path / "nowhere")


def test_a_pickle_is_never_run(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (tmp_path / "burst").touch, ()

    (tmp_path / "bomb").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(ValueError, match="no safetensors file"):
        DSH.load(tmp_path / "bomb")
    assert not (tmp_path / "burst").exists()


def test_a_file_is_replaced_whole_or_not_at_all(saved, tmp_path, monkeypatch):
    hasher, _ = saved
    path = tmp_path / "dsh"
    hasher.save(path)
    before = path.read_bytes()
    monkeypatch.setattr("os.replace", lambda *paths: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        hasher.save(path)
    assert path.read_bytes() == before and [*tmp_path.iterdir()] == [path]


def test_a_hasher_that_is_not_fitted_cannot_be_saved(tmp_path):
    with pytest.raises(NotFittedError):
        DSH(8).save(tmp_path / "dsh")
    assert not [*tmp_path.iterdir()]
