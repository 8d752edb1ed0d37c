"""The tables of the slides, measured: grids of settings → records → tables. Chapter 10.

    python -m dshcourse.study table1 --split classroom --seeds 0 1 2 --jobs 2

measures LSH (Table 1) or DSH (table2) and prints the means beside the numbers on the slides; table3
compares all methods of `dshcourse.study.methods`, "unseen" does so on classes kept out of training,
and "networks" changes one part of the small network at a time.
"""

import argparse
import itertools
import shlex
import time
from collections.abc import Iterable
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, cpu_count, delayed, parallel_config
from threadpoolctl import threadpool_limits
from tqdm.auto import tqdm

from dshcourse.console import any_character
from dshcourse.study.ablation import VARIANTS, network_cell
from dshcourse.study.conventions import METRICS, code_scores, list_scores
from dshcourse.study.grids import (
    BITS,
    GRIDS,
    PRINTED,
    as_table,
    by_seed,
    costs,
    six_methods,
    summary,
    with_spread,
)
from dshcourse.study.methods import METHODS, make_dsh, method_cell, method_of, unseen_cell
from dshcourse.study.records import open_record
from dshlib import data
from dshlib.arguments import check_count, check_number
from dshlib.features import hog
from dshlib.hashers.lsh import RANKINGS, HashTables

__all__ = [
    "BITS", "GRIDS", "PRINTED", "as_table", "by_seed", "code_scores", "costs", "dsh_cell",
    "lsh_cell", "main", "repeat", "run", "six_methods", "summary", "with_spread", "workers",
]  # fmt: skip

KNOWN = {
    "method": tuple(method.name for method in METHODS),
    "network": tuple(VARIANTS),
    "ranking": tuple(rank + centred for rank in RANKINGS for centred in ("", ", centred")),
}
COUNTS = {  # least and most; 64 bits is the longest code that is scored, and key of a hash table
    "seeds": (0, None), "n_tables": (1, None), "n_bits": (1, 64),
}  # fmt: skip
PARAMETERS = {  # on the command line
    "alpha": float, "method": str, "n_bits": int, "n_tables": int, "network": str, "ranking": str,
}  # fmt: skip


def run(table, split="classroom", seeds=(0,), jobs=1, out=None, scheduler=None, **grid):
    """Measure every setting of a table's grid with every seed; return the record as a dict.

    Parameters: table, a name in GRIDS; split; seeds, integers >= 0; jobs, processes (-1: as many
    as processors); out, a JSON file that keeps finished cells and is continued if it is there;
    scheduler, address of a Dask cluster whose workers measure instead of processes of this
    machine; grid, other values for a parameter of the grid, for example alpha=[0.01]. Each cell
    uses one thread, so its scores depend neither on jobs nor on the scheduler.
    """
    if table not in tuple(GRIDS):
        raise ValueError(f"table={table!r}, but it must be one of {', '.join(GRIDS)}")
    if unknown := set(grid) - set(GRIDS[table]):
        raise ValueError(f"{unknown.pop()} is no parameter of {table}: {', '.join(GRIDS[table])}")
    seeds = _checked("seeds", seeds)
    grid = {name: _checked(name, values) for name, values in grid.items()}
    cells = [(row, seed) for row in _settings(table, grid, split) for seed in seeds]
    command = _command(table, split, seeds, grid)
    return _measure(table, split, cells, command, jobs, out, scheduler)


def _checked(name, values):
    """Return the values of one parameter as a list, or raise an error that says what is allowed."""
    if isinstance(values, str) or not isinstance(values, Iterable) or not (values := [*values]):
        raise ValueError(f"{name}={values!r}, but it must be a list of one value or more")
    values = [value.item() if isinstance(value, np.generic) else value for value in values]
    for value in values:
        if name in KNOWN and value not in KNOWN[name]:
            raise ValueError(f"{name}={value!r}, but it must be one of {'; '.join(KNOWN[name])}")
        if name == "alpha":
            check_number(value, name)
        if name in COUNTS:
            check_count(value, name, *COUNTS[name])
    return list(dict.fromkeys(values))


def repeat(record, out, jobs=1):
    """Measure the cells of a record again, into the file out; return the new record.

    A run that was interrupted goes on where it stopped; jobs are as for `run`.
    """
    cells = [(cell["parameters"], cell["seed"]) for cell in record["cells"]]
    where = record["table"], record["split"]
    return _measure(*where, cells, record["command"], jobs, out)


def _measure(table, split, cells, command, jobs, out, scheduler=None):
    """Measure cells, pairs of (parameters, seed), that out lacks; return the record as a dict."""
    if jobs != -1:
        check_count(jobs, "jobs")
    dataset = data.load(split)
    with open_record(table, dataset, command, out) as record:
        return _measure_missing(cells, record, dataset, jobs, scheduler)


def _measure_missing(cells, record, dataset, jobs, scheduler):
    """Measure the cells that the record lacks, and add each as soon as it is finished."""
    missing = [cell for cell in cells if not record.has(*cell)]
    if not missing:
        return record.content
    measure, inputs = _cell_of(record.content["table"], dataset)
    tasks = (delayed(_measured)(measure, inputs, *cell) for cell in missing)
    with workers(scheduler):
        n_jobs = jobs if scheduler is None else -1  # the cluster knows how many workers it has
        finished = Parallel(n_jobs=n_jobs, return_as="generator_unordered")(tasks)
        last = time.perf_counter()
        for cell in tqdm(finished, total=len(missing), desc=record.content["table"], unit="cell"):
            now = time.perf_counter()
            record.add(cell, now - last)
            last = now
    return record.content


def _settings(table, grid, split="classroom"):
    """Every combination of a table's values, or the grid's instead, as dicts.

    A method says itself in which tables, and at which hash sizes, it is measured unless asked for.
    """
    values = GRIDS[table] | grid
    if "method" not in values:
        return [dict(zip(values, row, strict=True)) for row in itertools.product(*values.values())]
    where = "unseen" if table == "unseen" else split
    return [
        {"method": name, "n_bits": n_bits}
        for name in values["method"]
        if "method" in grid or where in method_of(name).tables
        for n_bits in method_of(name).sizes(values["n_bits"], asked="n_bits" in grid)
    ]


def _cell_of(table, dataset):
    """The function that measures a cell of the table, and its inputs."""
    if table == "table3":
        return method_cell, [dataset.database, dataset.database, dataset.queries]
    if table in ("unseen", "networks"):
        return (unseen_cell if table == "unseen" else network_cell), [dataset]
    labels = [dataset.database.labels, dataset.queries.labels]
    if table == "table1":
        return lsh_cell, [hog(dataset.database.images), hog(dataset.queries.images), *labels]
    return dsh_cell, [dataset.database.images, dataset.queries.images, *labels]


@contextmanager
def workers(scheduler):
    """Inside the block joblib's Parallel works on the workers of a Dask cluster, if one is given.

    Parameters: scheduler, its address (None: processes of this machine, as elsewhere).
    Raises ValueError if no cluster answers there.
    """
    if scheduler is None:
        yield
        return
    from distributed import Client  # here, so that nothing but a cluster needs Dask

    try:
        client = Client(scheduler)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"scheduler={scheduler!r}, but no cluster answers there: {error}"
        ) from error
    with client, parallel_config(backend="dask"):
        yield


def _measured(measure, inputs, parameters, seed):
    start = time.perf_counter()
    with threadpool_limits(1):
        results = measure(*inputs, **parameters, seed=seed)
    seconds = time.perf_counter() - start
    return {"parameters": parameters, "seed": seed, "seconds": round(seconds, 3)} | results


def lsh_cell(database, queries, labels, query_labels, *, ranking, n_tables, n_bits, seed):
    """One cell of Table 1: hash HOG features into n_tables tables, rank each query's candidates.

    ranking is the `rank` of HashTables.query, with ", centred" if angles are taken at the mean.
    """
    rank, _, centred = ranking.partition(", ")
    tables = HashTables(n_tables, n_bits, seed=seed, center=bool(centred)).fit(database)
    start = time.process_time()
    ranked = [tables.query(x, k=len(database), rank=rank) for x in queries]
    query_ms = 1000 * (time.process_time() - start) / len(queries)
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
    hasher = make_dsh(n_bits, seed, alpha=alpha)
    start = time.process_time()
    hasher.fit(database, labels)
    train_seconds = time.process_time() - start
    query_codes, database_codes = hasher.encode(queries), hasher.encode(database)
    return {
        "metrics": code_scores(query_codes, query_labels, database_codes, labels),
        "train_seconds": round(train_seconds, 3),
    }


def _command(table, split, seeds, grid):
    words = ["python", "-m", "dshcourse.study", table, "--split", split]
    for name, values in ({"seeds": seeds} | grid).items():
        words += [f"--{name}", *map(str, values)]
    return shlex.join(words)


@any_character()
def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m dshcourse.study", description=__doc__)
    parser.add_argument("table", choices=GRIDS)
    parser.add_argument("--split", choices=data.SHA256, default="classroom")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--jobs", type=int, default=cpu_count(), help="processes")
    parser.add_argument("--out", type=Path, help="default: results/TABLE-SPLIT.json")
    parser.add_argument("--scheduler", help="address of a Dask cluster, used instead of --jobs")
    for name, kind in PARAMETERS.items():
        parser.add_argument(f"--{name}", type=kind, nargs="+", help="instead of the table's own")
    options = parser.parse_args(arguments)
    out = options.out or Path("results", f"{options.table}-{options.split}.json")
    grid = {name: getattr(options, name) for name in PARAMETERS if getattr(options, name)}
    how = {"jobs": options.jobs, "out": out, "scheduler": options.scheduler}
    record = run(options.table, options.split, options.seeds, **how, **grid)
    measured = set().union(*(cell["metrics"] for cell in record["cells"]))
    for metric in METRICS:
        if metric in measured:
            print(f"\n{metric}: {METRICS[metric]}\n{as_table(record, metric).to_string()}")
    if "bytes" in record["cells"][0]:
        print(f"\n{costs(record).to_string()}")
    print(f"\n{len(record['cells'])} cells, {record['wall_seconds']:.0f} s, recorded in {out}")
