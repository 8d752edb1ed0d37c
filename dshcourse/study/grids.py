"""What the tables are: grids of settings, numbers on the slides, records as tables."""

import numpy as np
import pandas as pd

from dshcourse.study.ablation import VARIANTS
from dshcourse.study.conventions import METRICS
from dshcourse.study.methods import ALL_BITS, METHODS

BITS = (8, 12, 16)
GRIDS = {
    "table1": {
        "ranking": ("votes", "votes, centred", "euclidean, centred"),
        "n_tables": (8, 16),
        "n_bits": BITS,
    },
    "table2": {"alpha": (0.005, 0.01, 0.1), "n_bits": BITS},
    "table3": {"method": tuple(method.name for method in METHODS), "n_bits": ALL_BITS},
    "unseen": {
        "method": tuple(method.name for method in METHODS),
        "n_bits": (12, 48),
    },
    "networks": {"network": tuple(VARIANTS), "n_bits": (12,)},
}
PRINTED = {  # mAP@10 on the slides: a row's parameters, then its scores at BITS
    "table1": {("votes", 8): (0.6223, 0.6401, 0.6494), ("votes", 16): (0.6775, 0.6923, 0.6940)},
    "table2": {(0.005,): (0.7305, 0.7650, 0.7744), (0.01,): (0.7184, 0.7576, 0.7801)},
}
SIX = {  # the methods of chapter 10 and exact search: a ranking of Table 1, or a method of Table 3
    "votes": "LSH, votes",
    "euclidean, centred": "LSH, re-ranked",
    "ITQ, HOG": "ITQ",
    "DSH, one pair per image": "DSH, one pair per image",
    "DSH, all pairs": "DSH, all pairs",
    "class code": "class code",
    "exact, HOG": "exact HOG search",
}


def summary(record, metric="slides"):
    """Mean and sd over seeds of one metric: a DataFrame with a row a setting.

    Columns: the grid's parameters, mean, sd (NaN for one seed), seeds, and slides, the printed
    number (NaN where there is none, or where it was measured in another convention). Raises
    ValueError for an unknown metric, or one that no cell has.
    """
    if metric not in METRICS:
        raise ValueError(f"metric={metric!r}, but it must be one of {', '.join(METRICS)}")
    cells = pd.DataFrame(
        cell["parameters"] | {"score": cell["metrics"][metric]}
        for cell in record["cells"]
        if metric in cell["metrics"]
    )
    if cells.empty:
        raise ValueError(f"metric={metric!r} was not measured for {record['table']}")
    grid = list(GRIDS[record["table"]])
    rows = cells.groupby(grid)["score"].agg(mean="mean", sd="std", seeds="count").reset_index()
    printed = PRINTED.get(record["table"], {}) if metric == "slides" else {}
    slides = {(*row, bits): score for row, scores in printed.items()
              for bits, score in zip(BITS, scores, strict=True)}  # fmt: skip
    settings = rows[grid].itertuples(index=False, name=None)
    rows["slides"] = [slides.get(setting, np.nan) for setting in settings]
    return rows


def as_table(record, metric="slides"):
    """The table as on the slides: hash sizes side by side, "mean ± sd" as text.

    Where the slides have numbers in this metric, the last level of the index tells our rows,
    "ours", from theirs, "slides", which are quoted as printed. No sd is shown for one seed, nor
    for a method that no seed changes.
    """
    rows = summary(record, metric)
    printed = rows.dropna(subset="slides")
    *index, columns = GRIDS[record["table"]]
    if len(printed):
        index = [*index, "whose"]
    quoted = printed["slides"].map("{:.4f}".format)
    both = pd.concat([rows.assign(whose="ours", score=with_spread(rows)),
                      printed.assign(whose="slides", score=quoted)])  # fmt: skip
    table = both.pivot(index=index, columns=columns, values="score").fillna("")
    return table.loc[_in_order(record, table.index.unique(0))]


def with_spread(rows):
    """The text "mean ± sd" for each row of a DataFrame; no sd where seeds change nothing."""
    sd = rows["sd"].map(lambda sd: f" ± {sd:.3f}" if sd > 1e-9 else "")
    return rows["mean"].map("{:.3f}".format) + sd


def six_methods(table1, table3, metric="slides"):
    """The six methods of chapter 10 and exact search: mean and sd over seeds, and seeds.

    Parameters: the records of Tables 1, of which the rows with 16 tables count, and 3; metric.
    Returns: a DataFrame with a row for each method and hash size of the slides; the class code has
    4 bits, exact search 0.
    """
    lsh = summary(table1, metric).query("n_tables == 16").rename(columns={"ranking": "method"})
    rows = pd.concat([lsh, summary(table3, metric)])
    rows = rows[rows["method"].isin(SIX) & rows["n_bits"].isin((0, 4, *BITS))]
    rows["method"] = rows["method"].map(SIX)
    return rows.set_index(["method", "n_bits"])[["mean", "sd", "seeds"]].loc[list(SIX.values())]


def by_seed(record, metric="min"):
    """Scores of one metric with a row for each seed and a column for each setting of a record."""
    scores = pd.DataFrame(
        cell["parameters"] | {"seed": cell["seed"], "score": cell["metrics"][metric]}
        for cell in record["cells"]
    )
    table = scores.pivot(index="seed", columns=list(GRIDS[record["table"]]), values="score")
    return table.reindex(columns=_in_order(record, table.columns.levels[0]), level=0)


def costs(record):
    """What each row costs, for table3, unseen and networks: a row a method and hash size.

    Columns, means over seeds: train_seconds; encode_us and bytes of one image; query_ms.
    """
    columns = ["train_seconds", "encode_us", "bytes", "query_ms"]
    cells = pd.DataFrame(
        cell["parameters"] | {name: cell[name] for name in columns} for cell in record["cells"]
    )
    grid = list(GRIDS[record["table"]])
    means = cells.groupby(grid)[columns].mean()
    return means.reindex(_in_order(record, means.index.levels[0]), level=0)


def _in_order(record, names):
    """The names of a table's rows in the order of its grid, then those that are not in it."""
    first, *_ = GRIDS[record["table"]].values()
    return [n for n in first if n in names] + [n for n in names if n not in first]
