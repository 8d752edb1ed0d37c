"""Train DSH for several values of one setting and keep the real outputs. Chapters 08 and 09.

    python -m tools.record_outputs alpha
    python -m tools.record_outputs margin

writes data/models/outputs-SETTING.json, a record with the scores of every value and seed, and
outputs-SETTING.safetensors, the outputs of seed 0. Finished cells are kept, so an interrupted run
continues where it stopped.
"""

import argparse

import numpy as np

from dshcourse.console import any_character
from dshcourse.study.methods import make_dsh
from dshlib import codes, data
from dshlib.metrics import average_precision, mean_average_precision
from dshlib.terms import gap
from tools.recording import MODELS, fitted, keep

N_BITS = 12
VALUES = {
    "alpha": (0, 0.001, 0.005, 0.01, 0.03, 0.1, 0.3),
    "margin": (3, 6, 12, 24, 36, 48, 96),
}
SEEDS = (0, 1, 2)
KEPT_SEED = 0  # its outputs are kept; of the other seeds only the scores, to show the spread


def scores(query_outputs, query_labels, outputs, labels):
    """mAP of the signs and of the real outputs, and how far the queries' outputs are from ±1.

    Signs are ranked by Hamming distance, ties at their expectation; real outputs by Euclidean
    distance, ties by id. "min" is AP@10 out of 10, "full" is AP of the whole ranking.
    """
    query_outputs, outputs = query_outputs.astype(float), outputs.astype(float)
    signs = (codes.binarize(query_outputs), query_labels, codes.binarize(outputs), labels)
    squared = (outputs**2).sum(axis=1) - 2 * query_outputs @ outputs.T
    order = np.argsort(squared, axis=1, kind="stable")
    relevant = labels[order] == query_labels[:, None]
    n_relevant = (labels == query_labels[:, None]).sum(axis=1)
    found = {
        "min": mean_average_precision(*signs, k=10, divisor="min"),
        "full": mean_average_precision(*signs, k=None, divisor="all"),
        "real_min": average_precision(relevant, 10, "min", n_relevant).mean(),
        "real_full": average_precision(relevant, None, "all", n_relevant).mean(),
        "quantization_gap": gap(query_outputs).mean(),
    }
    return {name: round(float(score), 6) for name, score in found.items()}


def cell(dataset, setting, value, seed, epochs=20):
    """Train one network; return its outputs as float16 (seed 0 only) and its cell of the record."""
    hasher, seconds = fitted(make_dsh(N_BITS, seed, epochs=epochs, **{setting: value}), dataset)
    queries, database = (
        hasher.outputs(part.images).astype(np.float16)
        for part in (dataset.queries, dataset.database)
    )
    metrics = scores(queries, dataset.queries.labels, database, dataset.database.labels)
    outputs = {f"queries/{value}": queries, f"database/{value}": database}
    kept = outputs if seed == KEPT_SEED else {}
    return kept, {"seconds": seconds, "metrics": metrics}


def record(setting, folder=MODELS, values=None, seeds=SEEDS, epochs=20):
    """Train what is missing in the folder and save after every network; return the record."""
    dataset = data.load("classroom")
    grid = [({setting: value}, seed) for value in values or VALUES[setting] for seed in seeds]

    def train(parameters, seed):
        return cell(dataset, setting, parameters[setting], seed, epochs)

    command = f"python -m tools.record_outputs {setting}"
    return keep(f"outputs-{setting}", dataset, command, grid, train, folder)


@any_character()
def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tools.record_outputs", description=__doc__)
    parser.add_argument("setting", nargs="?", default="alpha", choices=VALUES)
    for entry in record(parser.parse_args(arguments).setting)["cells"]:
        print(entry["parameters"], entry["seed"], entry["metrics"])


if __name__ == "__main__":
    main()
