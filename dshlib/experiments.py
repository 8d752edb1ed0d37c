"""The tables of the slides, measured: grids of settings → records → tables. Chapter 10.

    python -m dshlib.experiments table1 --split classroom --seeds 0 1 2 --jobs 2

measures LSH (Table 1) or DSH (table2) and prints the means beside the numbers on the slides.
"""

import argparse
import itertools
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from filelock import FileLock, Timeout
from joblib import Parallel, cpu_count, delayed
from tqdm.auto import tqdm

from dshlib import codes, data
from dshlib.features import hog
from dshlib.hashers.lsh import HashTables
from dshlib.metrics import average_precision, mean_average_precision
from dshlib.records import Record

K = 10
BITS = (8, 12, 16)
GRIDS = {
    "table1": {
        "ranking": ("votes", "votes, centred", "euclidean, centred"),
        "n_tables": (8, 16),
        "n_bits": BITS,
    },
    "table2": {"alpha": (0.005, 0.01, 0.1), "n_bits": BITS},
}
PRINTED = {  # mAP@10 on the slides: a row's parameters, then its scores at BITS
    "table1": {("votes", 8): (0.6223, 0.6401, 0.6494), ("votes", 16): (0.6775, 0.6923, 0.6940)},
    "table2": {(0.005,): (0.7305, 0.7650, 0.7744), (0.01,): (0.7184, 0.7576, 0.7801)},
}
METRICS = {  # but for "slides", DSH's ties count at their expectation; LSH's lists stay as ranked
    "slides": "AP@10 ÷ relevant items retrieved, short lists padded as if correct, ties by order",
    "retrieved": "AP@10 ÷ relevant items retrieved",
    "min": "AP@10 ÷ 10",
    "all": "AP@10 ÷ all relevant items",
    "full": "AP of the whole ranking ÷ all relevant items",
}


def run(table, split="classroom", seeds=(0,), jobs=1, out=None, **grid):
    """Measure every setting of a table's grid with every seed; return the record as a dict.

    Parameters: table, "table1" or "table2"; split; seeds, integers >= 0; jobs, processes; out, a
    JSON file that keeps finished cells and is continued if it is there; grid, other values for a
    parameter of the grid, for example alpha=[0.01]. Each cell uses one thread, so its result does
    not depend on jobs.
    """
    if table not in GRIDS:
        raise ValueError(f"table={table!r}, but it must be one of {', '.join(GRIDS)}")
    if unknown := set(grid) - set(GRIDS[table]):
        raise ValueError(f"{unknown.pop()} is no parameter of {table}: {', '.join(GRIDS[table])}")
    if not seeds or any(seed != int(seed) or seed < 0 for seed in seeds):
        raise ValueError(f"seeds={seeds!r}, but it must hold one or more integers >= 0")
    settings = GRIDS[table] | grid
    dataset = data.load(split)
    command = _command(table, split, seeds, grid)
    if out is None:
        return _measure(Record(table, dataset, command), dataset, settings, seeds, jobs)
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(f"{out}.lock", timeout=0):
            record = Record(table, dataset, command, out)
            return _measure(record, dataset, settings, seeds, jobs)
    except Timeout:
        raise RuntimeError(f"out={str(out)!r} is being written by another run") from None


def _measure(record, dataset, settings, seeds, jobs):
    """Measure the cells that the record lacks, and add each as soon as it is finished."""
    cells = [
        (dict(zip(settings, values, strict=True)), int(seed))
        for values in itertools.product(*settings.values())
        for seed in seeds
    ]
    missing = [cell for cell in cells if not record.has(*cell)]
    if not missing:
        return record.content
    if record.content["table"] == "table1":
        measure, inputs = lsh_cell, [hog(dataset.database.images), hog(dataset.queries.images)]
    else:
        measure, inputs = dsh_cell, [dataset.database.images, dataset.queries.images]
    inputs += [dataset.database.labels, dataset.queries.labels]
    tasks = (delayed(_timed)(measure, inputs, *cell) for cell in missing)
    finished = Parallel(n_jobs=jobs, return_as="generator_unordered")(tasks)
    last = time.perf_counter()
    for cell in tqdm(finished, total=len(missing), desc=record.content["table"], unit="cell"):
        now = time.perf_counter()
        record.add(cell, now - last)
        last = now
    return record.content


def _timed(measure, inputs, parameters, seed):
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
        _list_scores(labels[ids] == label, (labels == label).sum())
        for ids, label in zip(ranked, query_labels, strict=True)
    )
    return {
        "metrics": scores.mean().round(6).to_dict(),
        "candidates": round(float(np.mean([len(ids) for ids in ranked])) / len(database), 6),
        "query_ms": round(query_ms, 4),
    }


def _list_scores(relevant, n_relevant):
    """Every convention of METRICS for one ranked list of candidates, which may be short."""
    top = relevant[:K]
    padded = np.append(top, np.ones(K - len(top), dtype=bool))
    return {
        "slides": average_precision(padded, K, "retrieved"),
        "retrieved": average_precision(top, K, "retrieved"),
        "min": average_precision(top, K, "min", n_relevant),
        "all": average_precision(top, K, "all", n_relevant),
        "full": average_precision(relevant, None, "all", n_relevant),
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


def code_scores(query_codes, query_labels, database_codes, labels):
    """Every convention of METRICS for Hamming ranking; the slides order ties by code, then id."""
    query_codes, database_codes = codes.pack(query_codes), codes.pack(database_codes)
    by_code = np.argsort(database_codes, kind="stable")
    ordered = (query_codes, query_labels, database_codes[by_code], labels[by_code])
    sets = (query_codes, query_labels, database_codes, labels)
    scores = {
        "slides": mean_average_precision(*ordered, K, "retrieved", ties="stable"),
        "retrieved": mean_average_precision(*sets, K, "retrieved"),
        "min": mean_average_precision(*sets, K, "min"),
        "all": mean_average_precision(*sets, K, "all"),
        "full": mean_average_precision(*sets, None, "all"),
    }
    return {name: round(score, 6) for name, score in scores.items()}


def summary(record, metric="slides"):
    """Mean and sd over seeds of one metric: a DataFrame with a row a setting.

    Columns: the grid's parameters, mean, sd (NaN for one seed), seeds, and slides, the printed
    number (NaN where there is none, or where it was measured in another convention).
    """
    if metric not in METRICS:
        raise ValueError(f"metric={metric!r}, but it must be one of {', '.join(METRICS)}")
    cells = pd.DataFrame(
        cell["parameters"] | {"score": cell["metrics"][metric]} for cell in record["cells"]
    )
    grid = list(GRIDS[record["table"]])
    rows = cells.groupby(grid)["score"].agg(mean="mean", sd="std", seeds="count").reset_index()
    printed = PRINTED[record["table"]] if metric == "slides" else {}
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
    return rows.pivot(index=index, columns=columns, values="score")


def _command(table, split, seeds, grid):
    words = [f"python -m dshlib.experiments {table} --split {split} --seeds", *map(str, seeds)]
    for name, values in grid.items():
        words += [f"--{name}", *map(str, values)]
    return " ".join(words)


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m dshlib.experiments", description=__doc__)
    parser.add_argument("table", choices=GRIDS)
    parser.add_argument("--split", choices=data.SHA256, default="classroom")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--jobs", type=int, default=cpu_count(), help="processes")
    parser.add_argument("--out", type=Path, help="default: results/TABLE-SPLIT.json")
    parser.add_argument("--alpha", type=float, nargs="+", help="for table2, instead of the grid's")
    options = parser.parse_args(arguments)
    out = options.out or Path("results", f"{options.table}-{options.split}.json")
    grid = {} if options.alpha is None else {"alpha": options.alpha}
    record = run(options.table, options.split, options.seeds, options.jobs, out, **grid)
    for metric, meaning in METRICS.items():
        print(f"\n{metric}: {meaning}\n{as_table(record, metric).to_string()}")
    print(f"\n{len(record['cells'])} cells, {record['wall_seconds']:.0f} s, recorded in {out}")


if __name__ == "__main__":
    sys.exit(main())
