"""Learn codes by the methods of Table 3 and keep them. Read by the retrieval explorer.

    python -m tools.record_codes classroom
    python -m tools.record_codes full

writes data/models/codes-SPLIT.json, a record with the scores, and codes-SPLIT.safetensors, packed
codes of queries and database, named by `key_of`. Finished ones are kept.
"""

import argparse

from dshcourse.console import any_character
from dshcourse.demos.explorer import ALPHAS, BITS, DSH, LEARNED, key_of
from dshcourse.study.conventions import code_scores
from dshcourse.study.methods import method_of
from dshlib import codes, data
from tools.recording import MODELS, fitted, keep

CHOICES = [(LEARNED[DSH], alpha) for alpha in ALPHAS] + [  # 0: the method's own alpha, or none
    (method, 0) for name, method in LEARNED.items() if name != DSH
]
SEED = 0
EPOCHS = {"classroom": 20, "full": 5}  # of 6,000 and of 60,000 images


def hasher_of(method, alpha, n_bits, seed, epochs):
    """A method of Table 3 that is not fitted yet."""
    hasher = method_of(method).make(n_bits, seed)
    if alpha:
        hasher.alpha = alpha
    if hasattr(hasher, "epochs"):
        hasher.epochs = epochs
    return hasher


def cell(dataset, method, alpha, n_bits, seed, epochs):
    """Learn one code; return the packed codes of both sets and its cell of the record."""
    hasher, seconds = fitted(hasher_of(method, alpha, n_bits, seed, epochs), dataset)
    sets = {"queries": dataset.queries, "database": dataset.database}
    bits = {name: hasher.encode(part.images) for name, part in sets.items()}
    metrics = code_scores(
        bits["queries"], dataset.queries.labels, bits["database"], dataset.database.labels
    )
    kept = {key_of(name, method, alpha, n_bits): codes.pack(code) for name, code in bits.items()}
    return kept, {"epochs": epochs, "seconds": seconds, "metrics": metrics}


def record(split, folder=MODELS, choices=CHOICES, bits=BITS, epochs=None):
    """Learn what is missing in the folder and save after every code; return the record."""
    dataset, epochs = data.load(split), epochs or EPOCHS[split]
    grid = [
        ({"method": method, "alpha": alpha, "n_bits": n_bits}, SEED)
        for n_bits in bits for method, alpha in choices
    ]  # fmt: skip

    def learn(parameters, seed):
        return cell(dataset, **parameters, seed=seed, epochs=epochs)

    command = f"python -m tools.record_codes {split}"
    return keep(f"codes-{split}", dataset, command, grid, learn, folder)


@any_character()
def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tools.record_codes", description=__doc__)
    parser.add_argument("split", choices=data.SHA256)
    for entry in record(parser.parse_args(arguments).split)["cells"]:
        print(entry["parameters"], entry["metrics"])


if __name__ == "__main__":
    main()
