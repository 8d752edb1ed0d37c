"""Learn the codes that the explorer shows, and the models that readers can encode with at once.

    python -m tools.record_codes classroom
    python -m tools.record_codes full

writes data/models/codes-SPLIT.json, a record with the scores, and codes-SPLIT.safetensors, packed
codes of queries and database, named by `key_of`; of the classroom split also their HOG vectors, of
all images dsh-BITS.safetensors, which DSH.load reads. Finished ones are kept.
"""

import argparse

from dshcourse.console import any_character
from dshcourse.demos.recorded import key_of
from dshcourse.study.conventions import code_scores, vector_scores
from dshcourse.study.methods import method_of
from dshlib import codes, data
from tools.recording import MODELS, fitted, keep

DSH = "DSH, all pairs"
BITS = (4, 8, 12, 16, 24, 32, 48, 64)
ON_FEATURES = ("LSH, HOG", "ITQ, HOG", "SH, HOG")
ALPHAS = {"classroom": (0.01, 0.005, 0.1), "full": (0.01,)}  # training on all images takes long
MODEL_BITS = (12, 16, 32)
SEED = 0


def choices(split):
    """What is recorded of a split: (method, alpha, n_bits), alpha 0 for a method without one."""
    learned = [(DSH, alpha, k) for alpha in ALPHAS[split] for k in BITS]
    if split == "classroom":
        learned += [("DSH, one pair per image", 0.01, k) for k in BITS] + [("exact, HOG", 0, 0)]
    return learned + [("class code", 0, 4)] + [(name, 0, k) for name in ON_FEATURES for k in BITS]


def hasher_of(method, alpha, n_bits, epochs=None):
    """A method of Table 3 that is not fitted yet; epochs, if given, instead of its own."""
    hasher = method_of(method).make(n_bits, SEED)
    if alpha:
        hasher.alpha = alpha
    if epochs:
        hasher.epochs = epochs
    return hasher


def cell(hasher, dataset, method, alpha, n_bits):
    """Fit one hasher; return the packed codes, or vectors, of both sets and its cell."""
    hasher, seconds = fitted(hasher, dataset)
    queries, database = dataset.queries, dataset.database
    encoded = {"queries": hasher.encode(queries.images), "database": hasher.encode(database.images)}
    score = code_scores if n_bits else vector_scores
    metrics = score(encoded["queries"], queries.labels, encoded["database"], database.labels)
    kept = {
        key_of(name, method, alpha, n_bits): codes.pack(rows) if n_bits else rows
        for name, rows in encoded.items()
    }
    return kept, {"seconds": seconds, "metrics": metrics}


def record(split, folder=MODELS, settings=None, epochs=None):
    """Learn what is missing in the folder and save after every code; return the record."""
    dataset = data.load(split)

    def learn(parameters, seed):
        hasher = hasher_of(**parameters, epochs=epochs)
        kept = cell(hasher, dataset, **parameters)
        if split == "full" and parameters["method"] == DSH and parameters["n_bits"] in MODEL_BITS:
            hasher.save(folder / f"dsh-{parameters['n_bits']}.safetensors")
        return kept

    grid = [
        (dict(zip(("method", "alpha", "n_bits"), setting, strict=True)), SEED)
        for setting in settings or choices(split)
    ]
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
