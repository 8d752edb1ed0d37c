"""Experiments and their records: real cells of both tables on the classroom split."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from distributed import Client, LocalCluster
from filelock import FileLock
from threadpoolctl import threadpool_info, threadpool_limits

from dshcourse.study import experiments
from dshcourse.study.conventions import METRICS, code_scores, list_scores
from dshcourse.study.records import Record
from dshlib.data import load

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "data" / "results"
ONE_CELL = {"ranking": ["votes"], "n_tables": [8], "n_bits": [8]}
TWO_CELLS = ONE_CELL | {"n_bits": [8, 12]}


def recorded(table, split="classroom"):
    return json.loads((RESULTS / f"{table}-{split}.json").read_text(encoding="utf-8"))


def scores(record):
    return [(cell["parameters"], cell["seed"], cell["metrics"]) for cell in record["cells"]]


@pytest.mark.parametrize("table", experiments.GRIDS)
def test_record_holds_every_cell_and_where_it_came_from(table):
    record = recorded(table)
    found = [(cell["parameters"], cell["seed"]) for cell in record["cells"]]
    settings = experiments._settings(table, {})
    seeds = range(10 if table == "unseen" else 3)
    for setting in settings:
        assert all((setting, seed) in found for seed in seeds), setting
    assert len(found) == len(seeds) * len(settings)
    check_provenance(record, "classroom")


def test_record_of_all_images_holds_every_method_once_at_least_and_where_it_came_from():
    record = recorded("table3", "full")
    found = [(cell["parameters"], cell["seed"]) for cell in record["cells"]]
    for setting in experiments._settings("table3", {"n_bits": [12]}, "full"):
        assert (setting, 0) in found, setting
    assert len(found) == len({str(cell) for cell in found})
    check_provenance(record, "full")


def check_provenance(record, split):
    for cell in record["cells"]:
        with_radius = record["table"] not in ("table1", "table2") and cell["parameters"]["n_bits"]
        assert set(cell["metrics"]) == set(METRICS) - (set() if with_radius else {"eleven"})
    assert record["split"] == split
    assert record["data_sha256"] == load(split).sha256
    command = f"python -m dshcourse.study {record['table']} --split {split} "
    assert all(part.startswith(command) for part in record["command"].split(" && "))
    assert set(record["versions"]) >= {"python", "numpy", "torch", "scikit-image"}
    assert record["wall_seconds"] > 0
    assert record["processor"]


def test_recorded_table_1_lies_within_three_hundredths_of_the_slides():
    rows = experiments.summary(recorded("table1"), "slides").query("ranking == 'votes'")
    assert len(rows) == 6
    assert (rows["mean"] - rows["slides"]).abs().max() <= 0.03


def test_recorded_table_2_is_at_least_eight_hundredths_above_the_slides_everywhere():
    rows = experiments.summary(recorded("table2"), "slides").dropna(subset="slides")
    assert len(rows) == 6
    assert (rows["mean"] - rows["slides"]).min() >= 0.08


@pytest.mark.parametrize(
    ("table", "grid"),
    [
        ("table1", ONE_CELL),
        ("table3", {"method": ["LSH, HOG"], "n_bits": [12]}),
        ("table3", {"method": ["ITQ, HOG"], "n_bits": [12]}),
        ("table3", {"method": ["SH, HOG"], "n_bits": [12]}),
    ],
)
def test_a_cell_without_a_network_has_its_recorded_scores_on_every_processor(table, grid):
    (cell,) = experiments.run(table, seeds=[0], **grid)["cells"]
    (old,) = (
        old["metrics"]
        for old in recorded(table)["cells"]
        if (old["parameters"], old["seed"]) == (cell["parameters"], 0)
    )
    assert cell["metrics"] == pytest.approx(old, abs=0.001)


@pytest.fixture
def watched(monkeypatch):
    """Cells of any table only say in which process they ran, and with how many threads."""

    def cell(seed, **parameters):  # a local function, which travels to other processes whole
        import os
        import time

        from threadpoolctl import threadpool_info

        time.sleep(0.5)  # so that a second worker gets the second cell
        threads = max(pool["num_threads"] for pool in threadpool_info())
        return {"metrics": {}, "pid": os.getpid(), "threads": threads}

    monkeypatch.setattr(experiments, "_cell_of", lambda table, dataset: (cell, []))


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        yield cluster.scheduler_address


def test_results_do_not_depend_on_the_number_of_processes():
    alone = experiments.run("table1", seeds=[0], jobs=1, **TWO_CELLS)
    shared = experiments.run("table1", seeds=[0], jobs=2, **TWO_CELLS)
    assert scores(alone) == scores(shared)


def test_two_jobs_are_two_other_processes_of_one_thread_each(watched):
    cells = experiments.run("table1", seeds=[0], jobs=2, **TWO_CELLS)["cells"]
    assert len({cell["pid"] for cell in cells} - {os.getpid()}) == 2
    assert [cell["threads"] for cell in cells] == [1, 1]


def test_one_job_uses_one_thread_however_many_there_were(watched):
    with threadpool_limits(2):
        assert max(pool["num_threads"] for pool in threadpool_info()) == 2
        (cell,) = experiments.run("table1", seeds=[0], jobs=1, **ONE_CELL)["cells"]
    assert (cell["pid"], cell["threads"]) == (os.getpid(), 1)


@pytest.mark.slow
def test_a_dask_cluster_of_two_workers_gives_the_same_scores(cluster, tmp_path):
    alone = experiments.run("table3", seeds=[0], method=["LSH, HOG", "ITQ, HOG"], n_bits=[8])
    command = ["table3", "--seeds", "0", "--method", "LSH, HOG", "ITQ, HOG", "--n_bits", "8"]
    out = tmp_path / "table3.json"
    experiments.main([*command, "--scheduler", cluster, "--out", str(out)])
    assert scores(json.loads(out.read_text(encoding="utf-8"))) == scores(alone)
    assert len(scores(alone)) == 2


@pytest.mark.slow
def test_the_workers_of_a_dask_cluster_measure_with_one_thread_each(cluster, watched):
    cells = experiments.run("table1", seeds=[0], scheduler=cluster, **TWO_CELLS)["cells"]
    with Client(cluster) as client:
        workers = set(client.run(os.getpid).values())
    assert len(workers) == 2 and {cell["pid"] for cell in cells} == workers
    assert [cell["threads"] for cell in cells] == [1, 1]


def test_finished_cells_are_kept_and_only_missing_ones_are_measured(tmp_path, monkeypatch):
    out = tmp_path / "new" / "table1.json"
    first = experiments.run("table1", seeds=[0], out=out, **ONE_CELL)
    measured = []
    original = experiments.lsh_cell
    monkeypatch.setattr(
        experiments, "lsh_cell", lambda *a, **k: measured.append(k) or original(*a, **k)
    )
    second = experiments.run("table1", seeds=[0], out=out, **TWO_CELLS)
    assert [cell["n_bits"] for cell in measured] == [12]
    assert second["cells"][0] == first["cells"][0]
    assert json.loads(out.read_text(encoding="utf-8")) == second
    assert second["wall_seconds"] > first["wall_seconds"]
    assert second["command"] == f"{first['command']} && {first['command']} 12"
    third = experiments.run("table1", seeds=[0], out=out, **ONE_CELL)
    assert third["command"] == second["command"]


def test_a_record_of_other_data_or_versions_is_not_mixed_with_new_cells(tmp_path, watched):
    out = tmp_path / "table1.json"
    experiments.run("table1", seeds=[0], out=out, **ONE_CELL)
    for name, value in (("data_sha256", "0"), ("versions", {"numpy": "1"}), ("split", "full")):
        content = json.loads(out.read_text(encoding="utf-8"))
        (tmp_path / "other.json").write_text(json.dumps(content | {name: value}))
        with pytest.raises(ValueError, match=f"other.json.* holds results with {name}"):
            experiments.run("table1", seeds=[0], out=tmp_path / "other.json", **ONE_CELL)


def test_a_record_that_went_on_on_another_processor_names_both(tmp_path, monkeypatch):
    out = tmp_path / "table1.json"
    for processor in ("first", "second", "first"):
        monkeypatch.setattr("dshcourse.study.records._processor", lambda name=processor: name)
        content = Record("table1", load("classroom"), "command", out).content
        out.write_text(json.dumps(content))
    assert content["processor"] == "first && second"


def test_a_record_says_whether_bfloat16_was_forced(monkeypatch):
    monkeypatch.setenv("DSHLIB_BFLOAT16", "off")
    record = Record("table1", load("classroom"), "command")
    assert record.content["processor"].endswith(", DSHLIB_BFLOAT16=off")


def test_two_runs_do_not_write_the_same_record(tmp_path):
    out = tmp_path / "table1.json"
    with (
        FileLock(f"{out}.lock"),
        pytest.raises(RuntimeError, match="being written by another run"),
    ):
        experiments.run("table1", seeds=[0], out=out, **ONE_CELL)
    assert not out.exists()


def test_a_failed_write_leaves_the_old_record(tmp_path, monkeypatch):
    record = Record("table1", load("classroom"), "command", tmp_path / "record.json")
    record.add({"parameters": {"n_bits": 8}, "seed": 0}, 1.0)
    before = (tmp_path / "record.json").read_bytes()

    def full_disk(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full_disk)
    with pytest.raises(OSError, match="No space"):
        record.add({"parameters": {"n_bits": 12}, "seed": 0}, 1.0)
    assert (tmp_path / "record.json").read_bytes() == before
    assert os.listdir(tmp_path) == ["record.json"]


def test_short_lists_count_as_padded_only_in_the_slides_convention():
    short = list_scores(np.array([True, False]), n_relevant=600)
    assert short["slides"] == pytest.approx(np.mean([1, *[(1 + i) / (2 + i) for i in range(1, 9)]]))
    assert short["retrieved"] == 1
    assert short["min"] == 0.1
    assert short["all"] == pytest.approx(1 / 600)


def test_slides_ties_follow_code_then_order():
    query = np.array([[False, False]])
    two_codes = np.array([[False, True], [True, False]])  # both at distance 1; values 2 and 1
    database, labels = np.tile(two_codes, (6, 1)), np.tile([0, 1], 6)
    scores = code_scores(query, np.array([1]), database, labels)
    assert scores["slides"] == 1  # the six items of code 1 come first, all of them right
    assert 0.4 < scores["retrieved"] < 0.8


def test_table_shows_slides_only_beside_numbers_in_their_convention():
    record = recorded("table1")
    table = experiments.as_table(record, "slides")
    assert table.loc[("votes", 8, "slides"), 8] == "0.6223"
    assert table.loc[("votes", 8, "ours"), 8].startswith("0.639 ± ")
    assert "slides" not in experiments.as_table(record, "min").to_string()
    assert "slides" not in table.loc["votes, centred"].to_string()
    assert [*table.index.unique(0)] == [*experiments.GRIDS["table1"]["ranking"]]


def test_mean_and_sd_are_over_seeds():
    record = recorded("table2")
    values = [c["metrics"]["min"] for c in record["cells"]
              if c["parameters"] == {"alpha": 0.01, "n_bits": 12}]  # fmt: skip
    row = experiments.summary(record, "min").query("alpha == 0.01 and n_bits == 12").iloc[0]
    assert (row["mean"], row["sd"], row["seeds"]) == pytest.approx(
        (np.mean(values), np.std(values, ddof=1), 3)
    )


def test_table_shows_a_spread_only_where_seeds_differ():
    table = experiments.as_table(recorded("table3"), "min")
    has_spread = table.map(lambda cell: "±" in cell)[[8, 16]].all(axis=1)
    assert not has_spread["SH, HOG"] and "±" not in table.loc["SH, HOG"].to_string()
    assert has_spread["LSH, HOG"] and has_spread["ITQ, HOG"] and has_spread["CNNH"]


@pytest.mark.parametrize("table", ["table3", "unseen", "networks"])
def test_rows_stand_in_the_order_of_the_grid_and_each_has_its_costs(table):
    record = recorded(table)
    name, *_ = experiments.GRIDS[table]
    measured = {cell["parameters"][name] for cell in record["cells"]}
    wanted = [row for row in experiments.GRIDS[table][name] if row in measured]
    assert list(experiments.as_table(record, "min").index) == wanted
    costs = experiments.costs(record)
    assert list(costs.index.get_level_values(0).unique()) == wanted
    assert (costs > 0).all(axis=None)


def test_six_methods_stand_in_one_table_with_the_numbers_of_both_records():
    rows = experiments.six_methods(recorded("table1"), recorded("table3"), "min")
    assert list(rows.index.unique("method"))[::5] == ["LSH, votes", "class code"]
    assert len(rows) == 5 * len(experiments.BITS) + 2
    lsh = experiments.summary(recorded("table1"), "min").set_index(
        ["ranking", "n_tables", "n_bits"]
    )
    assert rows["mean"]["LSH, re-ranked", 8] == lsh["mean"]["euclidean, centred", 16, 8]
    dsh = experiments.summary(recorded("table3"), "min").set_index(["method", "n_bits"])
    assert rows["sd"]["DSH, all pairs", 16] == dsh["sd"]["DSH, all pairs", 16]


def test_scores_by_seed_are_those_of_the_cells_and_their_mean_that_of_the_summary():
    record = recorded("unseen")
    table = experiments.by_seed(record, "min")
    cell = record["cells"][-1]
    setting = cell["parameters"]["method"], cell["parameters"]["n_bits"]
    assert table.loc[cell["seed"], setting] == cell["metrics"]["min"]
    rows = experiments.summary(record, "min").set_index(["method", "n_bits"])
    assert table.mean()["ITQ, HOG", 12] == pytest.approx(rows["mean"]["ITQ, HOG", 12])


def test_settings_beyond_the_grid_stand_below_it():
    record = recorded("table2")
    for cell in record["cells"]:
        cell["parameters"]["alpha"] = {0.1: 0.001}.get(cell["parameters"]["alpha"], 0.01)
    assert list(experiments.as_table(record, "min").index) == [0.01, 0.001]


@pytest.mark.slow
def test_command_line_prints_the_table_beside_the_slides_and_records_it(tmp_path):
    out = tmp_path / "table1.json"
    command = [sys.executable, "-m", "dshcourse.study", "table1", "--seeds", "0"]
    command += ["--ranking", "votes", "--n_tables", "16", "--n_bits", "16", "--out", out]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "slides 0.6940" in " ".join(done.stdout.split())
    assert f"1 cells, {json.loads(out.read_text())['wall_seconds']:.0f} s" in done.stdout


@pytest.mark.parametrize("table", experiments.GRIDS)
def test_the_command_that_a_record_names_can_be_run(table, monkeypatch):
    grid = {name: list(values)[:2] for name, values in experiments.GRIDS[table].items()}
    command = experiments._command(table, "classroom", [0, 1], grid)
    given = {}
    monkeypatch.setattr(experiments, "run", lambda *a, **k: given.update(k) or recorded(table))
    experiments.main([*shlex.split(command)[3:], "--jobs", "3"])
    assert {name: given[name] for name in grid} == grid and given["jobs"] == 3


def test_a_method_that_the_table_has_with_12_bits_is_measured_with_others_if_asked():
    method = {"method": ["DSH, paper's network"]}
    in_table, asked = (
        [setting["n_bits"] for setting in experiments._settings("table3", method | grid)]
        for grid in ({}, {"n_bits": [8, 16]})
    )
    assert (in_table, asked) == ([12], [8, 16])


def test_a_method_with_its_own_number_of_bits_is_measured_once(watched):
    record = experiments.run("table3", seeds=[0], method=["exact, HOG"], n_bits=[8, 12])
    assert [cell["parameters"] for cell in record["cells"]] == [
        {"method": "exact, HOG", "n_bits": 0}
    ]
    assert record["command"].endswith("--method 'exact, HOG' --n_bits 8 12")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: experiments.run("table9"), "table='table9'"),
        (lambda: experiments.run("table1", alpha=[1]), "alpha is no parameter of table1"),
        (lambda: experiments.run("table1", split="tiny"), "tiny"),
        (lambda: experiments.run("table1", seeds=[]), "seeds"),
        (lambda: experiments.run("table1", seeds=[-1]), "seeds"),
        (lambda: experiments.run("table1", jobs=0), "jobs == 0, must be >= 1"),
        (lambda: experiments.run("table3", n_bits=[65]), "n_bits == 65, must be <= 64"),
        (lambda: experiments.run("table1", out="."), "out='.' is a folder"),
        (lambda: experiments.run("table3", method=["magic"]), "method='magic'"),
        (lambda: experiments.run("networks", network=["huge"]), "network='huge'"),
        (lambda: experiments.summary(recorded("table1"), "best"), "metric='best'"),
        (lambda: experiments.summary(recorded("table1"), "eleven"), "metric='eleven'.*table1"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
