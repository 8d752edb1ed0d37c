"""Train DSH for every setting of Table 2 and keep the codes. Read by the retrieval explorer.

    python -m tools.record_codes classroom
    python -m tools.record_codes full

writes data/models/codes-SPLIT.json, a record with the scores, and codes-SPLIT.safetensors, packed
codes of queries and database by name "queries/ALPHA/BITS". Finished networks are kept.
"""

import argparse

from dshlib import codes, data, experiments
from dshlib.scores import code_scores
from tools.recording import MODELS, keep, trained

ALPHAS = (0.005, 0.01)
SEED = 0
EPOCHS = {"classroom": 20, "full": 5}  # of 6,000 and of 60,000 images


def cell(dataset, alpha, n_bits, seed, epochs):
    """Train one network; return the packed codes of both sets and its cell of the record."""
    hasher, seconds = trained(dataset, n_bits, alpha=alpha, epochs=epochs, seed=seed)
    sets = {"queries": dataset.queries, "database": dataset.database}
    bits = {name: hasher.encode(part.images) for name, part in sets.items()}
    metrics = code_scores(
        bits["queries"], dataset.queries.labels, bits["database"], dataset.database.labels
    )
    kept = {f"{name}/{alpha}/{n_bits}": codes.pack(code) for name, code in bits.items()}
    return kept, {"epochs": epochs, "seconds": seconds, "metrics": metrics}


def record(split, folder=MODELS, alphas=ALPHAS, bits=experiments.BITS, epochs=None):
    """Train what is missing in the folder and save after every network; return the record."""
    dataset, epochs = data.load(split), epochs or EPOCHS[split]
    grid = [({"alpha": alpha, "n_bits": n_bits}, SEED) for n_bits in bits for alpha in alphas]

    def train(parameters, seed):
        return cell(dataset, **parameters, seed=seed, epochs=epochs)

    command = f"python -m tools.record_codes {split}"
    return keep(f"codes-{split}", dataset, command, grid, train, folder)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tools.record_codes", description=__doc__)
    parser.add_argument("split", choices=data.SHA256)
    for entry in record(parser.parse_args().split)["cells"]:
        print(entry["parameters"], entry["metrics"])
