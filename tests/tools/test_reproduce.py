"""The check of all records: what is the same is called so, and what differs is found."""

import copy
import json

import pytest

from dshcourse.study.grids import GRIDS
from tools import reproduce
from tools.recording import MODELS

RECORDS = sorted([*reproduce.RESULTS.glob("*.json"), *MODELS.glob("*.json")])
SETTING = {"ranking": "votes", "n_tables": 8, "n_bits": 8}


def record_of(name, setting):
    """The record of data/results, but only the cells of one setting."""
    record = json.loads((reproduce.RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    cells = [cell for cell in record["cells"] if cell["parameters"] == setting]
    return record | {"cells": cells}


@pytest.fixture
def table1():
    return record_of("table1-classroom", SETTING)


@pytest.fixture
def only_table1(table1, tmp_path, monkeypatch):
    """A project that has recorded nothing else."""
    folder = tmp_path / "recorded"
    folder.mkdir()
    (folder / "table1-classroom.json").write_text(json.dumps(table1))
    monkeypatch.setattr(reproduce, "RESULTS", folder)
    return table1


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_every_record_can_be_measured_again(path):
    record = json.loads(path.read_text(encoding="utf-8"))
    assert record["table"] in GRIDS or record["table"] == path.stem in reproduce.RECORDINGS


def test_lsh_measured_again_gives_the_recorded_scores(only_table1, tmp_path, capsys):
    reproduce.main(["--only", "table1-classroom", "--out", str(tmp_path)])
    again = json.loads((tmp_path / "table1-classroom.json").read_text(encoding="utf-8"))
    assert reproduce.report("table1-classroom", only_table1, again) in capsys.readouterr().out
    assert again["command"] == only_table1["command"]
    for cell, old in zip(again["cells"], only_table1["cells"], strict=True):
        assert cell["metrics"] == pytest.approx(old["metrics"], abs=0.001)


def test_a_record_that_is_the_same_is_told_in_a_line(table1):
    assert reproduce.report("table1", table1, table1) == (
        "table1: all 15 scores of 3 cells are the same"
    )


@pytest.mark.parametrize("damaged", ["", "{", "[]", '{"cells": [{}]}'])
def test_a_damaged_record_is_an_error_that_names_it(damaged, only_table1, tmp_path):
    (reproduce.RESULTS / "broken.json").write_text(damaged)
    with pytest.raises(ValueError, match="broken.json is damaged"):
        reproduce.main(["--only", "table1-classroom", "--out", str(tmp_path)])


def test_a_score_that_differs_is_reported_with_its_size_and_the_spread_over_seeds(table1):
    new = copy.deepcopy(table1)
    new["cells"][1]["metrics"]["min"] += 0.25
    new["cells"][2]["metrics"]["full"] -= 0.01
    found = reproduce.differences(table1, new)
    assert found[["seed", "metric"]].values.tolist() == [[1, "min"], [2, "full"]]
    assert (found["now"] - found["recorded"]).tolist() == pytest.approx([0.25, -0.01])
    scores = [cell["metrics"]["min"] for cell in table1["cells"]]
    mean = sum(scores) / 3
    spread = (sum((s - mean) ** 2 for s in scores) / 2) ** 0.5
    assert found["sd"].iloc[0] == pytest.approx(spread)
    assert found["in_sd"].iloc[0] == pytest.approx(0.25 / spread)
    message = reproduce.report("table1", table1, new)
    in_sd = f"at most by {found['in_sd'].max():.1f} standard deviations over seeds"
    assert f"2 of 15 scores differ, at most by 0.2500, {in_sd}" in message


def test_what_an_earlier_run_measured_is_told_apart(only_table1, tmp_path, capsys):
    (tmp_path / "table1-classroom.json").write_text(json.dumps(only_table1))
    reproduce.main(["--only", "table1-classroom", "--out", str(tmp_path)])
    assert "table1-classroom: 3 cells are those of an earlier run" in capsys.readouterr().out


def test_an_unknown_record_is_named_with_those_that_there_are(capsys):
    with pytest.raises(SystemExit):
        reproduce.main(["--only", "table9", "--split", "classroom"])
    assert "--only table9, but it must be one of" in (message := capsys.readouterr().err)
    assert "table1-classroom" in message and "table3-full" not in message


def test_a_cell_that_is_missing_now_counts_as_different_and_is_told(table1):
    new = table1 | {"cells": table1["cells"][:2]}
    assert set(reproduce.differences(table1, new)["seed"]) == {2}
    assert "5 of 15 scores differ, missing now: 5; " in reproduce.report("table1", table1, new)


def test_without_a_second_seed_there_is_no_spread_and_that_is_told(table1):
    old = table1 | {"cells": table1["cells"][:1]}
    new = copy.deepcopy(old)
    new["cells"][0]["metrics"]["min"] += 0.25
    message = reproduce.report("table1", old, new)
    assert "at most by 0.2500, without a second seed, so without a spread: 1; " in message
