"""Four processes that load at once: each gets all images, and they are downloaded once."""

import pytest
from test_data import CHECKOUT, copy_files, fetch_at_once, names_in

from dshlib import data


@pytest.mark.slow
def test_four_processes_mend_a_damaged_file_once_and_all_load(full, mirror, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(CHECKOUT))
    folder = copy_files(full.folder, tmp_path / "full")
    (folder / data.FILES[1]).write_bytes(b"damaged")
    mirror.delay = 0.5
    for process in fetch_at_once(4, mirror, tmp_path):
        out, err = process.communicate(timeout=300)
        assert out == f"60000 {full.sha256}\n", err
    assert sorted(mirror.requests) == sorted(data.FILES)
    assert names_in(folder) == sorted(data.FILES)
