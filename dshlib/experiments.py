"""The tables of the slides, measured: grids of settings → records → tables. Chapter 10.

    python -m dshlib.experiments table1 --split classroom --seeds 0 1 2 --jobs 2

measures LSH (Table 1) or DSH (table2) and prints the means beside the numbers on the slides; table3
compares all methods of `dshlib.methods`, and "unseen" does so on classes kept out of training.
"""

import argparse
import itertools
import shlex
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
from filelock import FileLock, Timeout
from joblib import Parallel, cpu_count, delayed, parallel_config
from threadpoolctl import threadpool_limits
from tqdm.auto import tqdm

from dshlib import data
from dshlib.features import hog
from dshlib.hashers.lsh import HashTables
from dshlib.methods import METHODS, ONLY_BITS, method_cell, unseen_cell
from dshlib.records import Record
from dshlib.scores import METRICS, code_scores, list_scores

BITS = (8, 12, 16)
GRIDS = {
    "table1": {
        "ranking": ("votes", "votes, centred", "euclidean, centred"),
        "n_tables": (8, 16),
        "n_bits": BITS,
    },
    "table2": {"alpha": (0.005, 0.01, 0.1), "n_bits": BITS},
    "table3": {"method": tuple(METHODS), "n_bits": (8, 12, 16, 24, 32, 48)},
    "unseen": {"method": tuple(METHODS), "n_bits": (12, 48)},
}
PRINTED = {  # mAP@10 on the slides: a row's parameters, then its scores at BITS
    "table1": {("votes", 8): (0.6223, 0.6401, 0.6494), ("votes", 16): (0.6775, 0.6923, 0.6940)},
    "table2": {(0.005,): (0.7305, 0.7650, 0.7744), (0.01,): (0.7184, 0.7576, 0.7801)},
}


def run(table, split="classroom", seeds=(0,), jobs=1, out=None, scheduler=None, **grid):
    """Measure every setting of a table's grid with every seed; return the record as a dict.

    Parameters: table, a name in GRIDS; split; seeds, integers >= 0; jobs, processes; out, a JSON
    file that keeps finished cells and is continued if it is there; scheduler, address of a Dask
    cluster whose workers measure instead of processes of this machine; grid, other values for a
    parameter of the grid, for example alpha=[0.01]. Each cell uses one thread, so its scores
    depend neither on jobs nor on the scheduler.
    """
    if table not in GRIDS:
        raise ValueError(f"table={table!r}, but it must be one of {', '.join(GRIDS)}")
    if unknown := set(grid) - set(GRIDS[table]):
        raise ValueError(f"{unknown.pop()} is no parameter of {table}: {', '.join(GRIDS[table])}")
    if not seeds or any(seed != int(seed) or seed < 0 for seed in seeds):
        raise ValueError(f"seeds={seeds!r}, but it must hold one or more integers >= 0")
    for method in grid.get("method", ()):
        if method not in METHODS:
            raise ValueError(f"method={method!r}, but it must be one of {'; '.join(METHODS)}")
    settings = GRIDS[table] | grid
    dataset = data.load(split)
    command = _command(table, split, seeds, grid)
    if out is None:
        record = Record(table, dataset, command)
        return _measure(record, dataset, settings, seeds, jobs, scheduler)
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(f"{out}.lock", timeout=0):
            record = Record(table, dataset, command, out)
            return _measure(record, dataset, settings, seeds, jobs, scheduler)
    except Timeout:
        raise RuntimeError(f"out={str(out)!r} is being written by another run") from None


def _measure(record, dataset, settings, seeds, jobs, scheduler):
    """Measure the cells that the record lacks, and add each as soon as it is finished."""
    cells = [(parameters, int(seed)) for parameters in _combinations(settings) for seed in seeds]
    missing = [cell for cell in cells if not record.has(*cell)]
    if not missing:
        return record.content
    measure, inputs = _cell_of(record.content["table"], dataset)
    tasks = (delayed(_measured)(measure, inputs, *cell) for cell in missing)
    with _workers(scheduler):
        finished = Parallel(n_jobs=jobs, return_as="generator_unordered")(tasks)
        last = time.perf_counter()
        for cell in tqdm(finished, total=len(missing), desc=record.content["table"], unit="cell"):
            now = time.perf_counter()
            record.add(cell, now - last)
            last = now
    return record.content


def _combinations(settings):
    """Every combination of the grid's values, as dicts; ONLY_BITS replaces a method's n_bits."""
    rows = [dict(zip(settings, v, strict=True)) for v in itertools.product(*settings.values())]
    for row in rows:
        row["n_bits"] = ONLY_BITS.get(row.get("method"), row["n_bits"])
    return [row for i, row in enumerate(rows) if row not in rows[:i]]


def _cell_of(table, dataset):
    """The function that measures a cell of the table, and its inputs."""
    if table == "table3":
        return method_cell, [dataset.database, dataset.database, dataset.queries]
    if table == "unseen":
        return unseen_cell, [dataset]
    labels = [dataset.database.labels, dataset.queries.labels]
    if table == "table1":
        return lsh_cell, [hog(dataset.database.images), hog(dataset.queries.images), *labels]
    return dsh_cell, [dataset.database.images, dataset.queries.images, *labels]


@contextmanager
def _workers(scheduler):
    """Parallel works on the workers of a Dask cluster inside the block, if one is given."""
    if scheduler is None:
        yield
        return
    from distributed import Client  # here, so that nothing but a cluster needs Dask

    with Client(scheduler), parallel_config(backend="dask"):
        yield


@threadpool_limits.wrap(1)
def _measured(measure, inputs, parameters, seed):
    start = time.perf_counter()
    results = measure(*inputs, **parameters, seed=seed)
    seconds = time.perf_counter() - start
    return {"parameters": parameters, "seed": seed, "seconds": round(seconds, 3)} | results


def lsh_cell(database, queries, labels, query_labels, *, ranking, n_tables, n_bits, seed):
    """One cell of Table 1: hash HOG features into n_tables tables, rank each query's candidates.

    ranking is the `rank` of HashTables.query, with ", centred" if angles are taken at the mean.
    """
    rank, _, centred = ranking.partition(", ")
    tables = HashTables(n_tables, n_bits, seed=seed, center=bool(centred)).fit(database)
    start = time.perf_counter()
    ranked = [tables.query(x, k=len(database), rank=rank) for x in queries]
    query_ms = 1000 * (time.perf_counter() - start) / len(queries)
    scores = pd.DataFrame(
        list_scores(labels[ids] == label, (labels == label).sum())
        for ids, label in zip(ranked, query_labels, strict=True)
    )
    return {
        "metrics": scores.mean().round(6).to_dict(),
        "candidates": round(float(np.mean([len(ids) for ids in ranked])) / len(database), 6),
        "query_ms": round(query_ms, 4),
    }


def dsh_cell(database, queries, labels, query_labels, *, alpha, n_bits, seed):
    """One cell of Table 2: train DSH on the database, then rank it by Hamming distance."""
    from dshlib.hashers.dsh import DSH  # here, so that LSH experiments start without torch

    start = time.perf_counter()
    hasher = DSH(n_bits, alpha=alpha, seed=seed).fit(database, labels)
    train_seconds = time.perf_counter() - start
    query_codes, database_codes = hasher.encode(queries), hasher.encode(database)
    return {
        "metrics": code_scores(query_codes, query_labels, database_codes, labels),
        "train_seconds": round(train_seconds, 3),
    }


def summary(record, metric="slides"):
    """Mean and sd over seeds of one metric: a DataFrame with a row a setting.

    Columns: the grid's parameters, mean, sd (NaN for one seed), seeds, and slides, the printed
    number (NaN where there is none, or where it was measured in another convention).
    """
    if metric not in METRICS:
        raise ValueError(f"metric={metric!r}, but it must be one of {', '.join(METRICS)}")
    cells = pd.DataFrame(
        cell["parameters"] | {"score": cell["metrics"][metric]}
        for cell in record["cells"]
        if metric in cell["metrics"]
    )
    grid = list(GRIDS[record["table"]])
    rows = cells.groupby(grid)["score"].agg(mean="mean", sd="std", seeds="count").reset_index()
    printed = PRINTED.get(record["table"], {}) if metric == "slides" else {}
    slides = {(*row, bits): score for row, scores in printed.items()
              for bits, score in zip(BITS, scores, strict=True)}  # fmt: skip
    settings = rows[grid].itertuples(index=False, name=None)
    rows["slides"] = [slides.get(setting, np.nan) for setting in settings]
    return rows


def as_table(record, metric="slides"):
    """The table as on the slides: hash sizes side by side, "mean ± sd" with the printed number."""
    rows = summary(record, metric)
    rows["sd"] = rows["sd"].map(lambda sd: "" if np.isnan(sd) else f" ± {sd:.4f}")
    rows["slides"] = rows["slides"].map(lambda s: "" if np.isnan(s) else f" (slides {s:.4f})")
    rows["score"] = rows["mean"].map("{:.4f}".format) + rows["sd"] + rows["slides"]
    *index, columns = GRIDS[record["table"]]
    table = rows.pivot(index=index, columns=columns, values="score").fillna("")
    return table if index != ["method"] else table.loc[[m for m in METHODS if m in table.index]]


def costs(record):
    """What a method costs, for table3 and unseen: a DataFrame with a row a method and hash size.

    Columns, means over seeds: train_seconds; encode_us and bytes of one image; query_ms.
    """
    columns = ["train_seconds", "encode_us", "bytes", "query_ms"]
    cells = pd.DataFrame(
        cell["parameters"] | {name: cell[name] for name in columns} for cell in record["cells"]
    )
    return (
        cells.groupby(["method", "n_bits"])[columns].mean().reindex(level="method", labels=METHODS)
    )


def _command(table, split, seeds, grid):
    words = ["python", "-m", "dshlib.experiments", table, "--split", split]
    for name, values in ({"seeds": seeds} | grid).items():
        words += [f"--{name}", *map(str, values)]
    return shlex.join(words)


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m dshlib.experiments", description=__doc__)
    parser.add_argument("table", choices=GRIDS)
    parser.add_argument("--split", choices=data.SHA256, default="classroom")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--jobs", type=int, default=cpu_count(), help="processes")
    parser.add_argument("--out", type=Path, help="default: results/TABLE-SPLIT.json")
    parser.add_argument("--scheduler", help="address of a Dask cluster, used instead of --jobs")
    for name, kind in {"alpha": float, "method": str, "n_bits": int}.items():
        parser.add_argument(f"--{name}", type=kind, nargs="+", help="instead of the table's own")
    options = parser.parse_args(arguments)
    out = options.out or Path("results", f"{options.table}-{options.split}.json")
    grid = {name: getattr(options, name) for name in ("alpha", "method", "n_bits")}
    grid = {name: values for name, values in grid.items() if values is not None}
    jobs = options.jobs if options.scheduler is None else -1
    record = run(options.table, options.split, options.seeds, jobs, out, options.scheduler, **grid)
    measured = set().union(*(cell["metrics"] for cell in record["cells"]))
    for metric in METRICS:
        if metric in measured:
            print(f"\n{metric}: {METRICS[metric]}\n{as_table(record, metric).to_string()}")
    if "bytes" in record["cells"][0]:
        print(f"\n{costs(record).to_string()}")
    print(f"\n{len(record['cells'])} cells, {record['wall_seconds']:.0f} s, recorded in {out}")


if __name__ == "__main__":
    sys.exit(main())
