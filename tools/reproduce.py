"""Measure every record of data/results and data/models again, and say what differs.

    python -m tools.reproduce [--split classroom] [--jobs 2] [--only NAME …]

writes the new records to results/. A run that was interrupted goes on where it stopped. Networks
differ a little between processors and versions of torch. So a difference is no error: it is printed
beside the spread over seeds, which three seeds tell roughly. A record that is damaged is an error.
"""

import argparse
import json
from pathlib import Path

import pandas as pd

from dshcourse.console import any_character
from dshcourse.study.experiments import repeat
from dshcourse.study.grids import GRIDS
from tools import record_codes, record_outputs, record_scale
from tools.recording import MODELS

RESULTS = MODELS.parent / "results"
RECORDINGS = {  # not of the grids of dshcourse.study.grids
    "outputs-alpha": lambda folder: record_outputs.record("alpha", folder),
    "outputs-margin": lambda folder: record_outputs.record("margin", folder),
    "codes-classroom": lambda folder: record_codes.record("classroom", folder),
    "codes-full": lambda folder: record_codes.record("full", folder),
    "scale": record_scale.record,
}


def again(old, name, folder, jobs):
    """Measure a record again into folder/name.json; return the new record."""
    if old["table"] in GRIDS:
        return repeat(old, folder / f"{name}.json", jobs)
    return RECORDINGS[old["table"]](folder)


def differences(old, new):
    """Where two records of one table differ: a DataFrame, a row a cell and metric, largest first.

    Columns: the cell's parameters, seed, metric, recorded, now (NaN if it is missing, which counts
    as the largest difference), sd, the spread over the seeds of the old record (NaN for one),
    difference, of recorded and now, and in_sd, how many sd that is (NaN if seeds change nothing).
    """
    both = scores(old).merge(scores(new), on=["setting", "seed", "metric"], how="left",
                             suffixes=("", "_now"))  # fmt: skip
    both = both.rename(columns={"score": "recorded", "score_now": "now"})
    both["sd"] = both.groupby(["setting", "metric"])["recorded"].transform("std")
    both["difference"] = (both["recorded"] - both["now"]).abs()
    both["in_sd"] = both["difference"] / both["sd"].where(both["sd"] > 1e-9)
    changed = both[both["difference"] != 0]
    return changed.sort_values("difference", ascending=False, na_position="first")


def scores(record):
    """The metrics of a record's cells, one a row."""
    return pd.DataFrame(
        {"setting": ", ".join(f"{k} {v}" for k, v in cell["parameters"].items()),
         "seed": cell["seed"], "metric": metric, "score": score}
        for cell in record["cells"] for metric, score in cell["metrics"].items()
    )  # fmt: skip


def report(name, old, new):
    """How far the new record is from the old one: a line, then the largest differences."""
    n_scores, changed = len(scores(old)), differences(old, new)
    if changed.empty:
        return f"{name}: all {n_scores} scores of {len(old['cells'])} cells are the same"
    largest = changed.head(5).to_string(index=False)
    return (
        f"{name}: {len(changed)} of {n_scores} scores differ, {_in_words(changed)}; "
        f"most of all\n{largest}"
    )


def _in_words(changed):
    missing, one_seed = changed["now"].isna().sum(), changed["sd"].isna().sum()
    largest = {
        "at most by {:.4f}": changed["difference"].max(),
        "at most by {:.1f} standard deviations over seeds": changed["in_sd"].max(),
    }
    parts = [words.format(value) for words, value in largest.items() if pd.notna(value)]
    parts += [f"missing now: {missing}"] if missing else []
    parts += [f"without a second seed, so without a spread: {one_seed}"] if one_seed else []
    return ", ".join(parts)


def read(path):
    """The record in a file. Raises ValueError, which names the file, if it is damaged."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        scores(record)
        return record
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is damaged: {error!r}") from error


def cells_in(path):
    """How many cells an earlier run left in a file; 0 as well where it is damaged."""
    try:
        return len(json.loads(path.read_text(encoding="utf-8"))["cells"])
    except (FileNotFoundError, KeyError, TypeError, ValueError):
        return 0


@any_character()
def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tools.reproduce", description=__doc__)
    parser.add_argument("--split", choices=["classroom", "full"], help="default: both")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--only", nargs="+", help="names of records, for example table1-classroom")
    parser.add_argument("--out", type=Path, default=Path("results"), help="default: results")
    options = parser.parse_args(arguments)
    paths = sorted([*RESULTS.glob("*.json"), *MODELS.glob("*.json")])
    records = {path.stem: read(path) for path in paths}
    records = {name: old for name, old in records.items() if options.split in (None, old["split"])}
    if unknown := set(options.only or ()) - set(records):
        parser.error(f"--only {unknown.pop()}, but it must be one of {', '.join(records)}")
    for name in options.only or records:
        kept = cells_in(options.out / f"{name}.json")
        print(report(name, records[name], again(records[name], name, options.out, options.jobs)))
        if kept:
            print(f"{name}: {kept} cells are those of an earlier run, in {options.out}")


if __name__ == "__main__":
    main()
