"""What methods score in the two runs of A4: measure before you change its classes or its marks.

python -m tools.handouts.baselines [--new 0 2 9] [--seeds 20] [--learners 4]

The first methods never look at a label; whatever they reach must be worth no point that is meant
for learning. The others learn from labels, and should earn most.
"""

import argparse
import time

import numpy as np

from dshcourse.console import any_character
from dshlib import DSH, ITQ, ClassCode, RandomProjection, features
from tools.handouts.project import NEW, new_classes, new_queries


class Flat:
    """A hasher of vectors as one of images.

    Parameters: method, with fit(vectors) and encode(vectors); vectors, a function of images.
    """

    def __init__(self, method, vectors):
        self.method, self.vectors = method, vectors

    def fit(self, images, labels):
        self.method.fit(self.vectors(images))

    def encode(self, images):
        return self.method.encode(self.vectors(images))


class Signs(ITQ):
    """Signs of the first 12 principal components: ITQ without a rotation."""

    def __init__(self):
        super().__init__(12, n_iter=0)

    def fit(self, X, y=None):
        super().fit(X)
        self.rotation_ = np.eye(12)
        return self


class Model(Flat):
    """The model solution: outputs of a network beside what needs no label, rotated by ITQ."""

    def __init__(self, seed):
        self.network = DSH(12, epochs=8, lr=0.005, seed=seed)
        super().__init__(ITQ(12), self.describe)

    def fit(self, images, labels):
        self.network.fit(images, labels)
        super().fit(images, labels)

    def describe(self, images):
        return np.hstack([self.network.outputs(images), 3 * hog(images)])


class LinearNames:
    """Least squares to the classes; the code marks the predicted one."""

    def fit(self, images, labels):
        X = pixels(images[:, ::2, ::2])
        self.mean = X.mean(axis=0)
        X = X - self.mean
        targets = (labels[:, None] == np.unique(labels)) - 0.1
        self.W = np.linalg.solve(X.T @ X + np.eye(X.shape[1]), X.T @ targets)

    def encode(self, images):
        best = ((pixels(images[:, ::2, ::2]) - self.mean) @ self.W).argmax(axis=1)
        return np.eye(12, dtype=bool)[best]


def remembered(function):
    """The same function of images, which keeps what it returned: 20 seeds need it once."""
    known = {}

    def lookup(images):
        key = hash(images.tobytes())
        if key not in known:
            known[key] = function(images)
        return known[key]

    return lookup


def pixels(images):
    return images.reshape(len(images), -1) / 255


@remembered
def hog(images):
    return features.hog(images)


@remembered
def both(images):
    """Pixels and HOG in one vector."""
    return np.hstack([pixels(images) / 3, hog(images)])


LABEL_FREE = {
    f"{name}, {of}": lambda seed, make=make, vectors=vectors: Flat(make(seed), vectors)
    for of, vectors in {"pixels": pixels, "HOG": hog, "pixels and HOG": both}.items()
    for name, make in {
        "random hyperplanes": lambda seed: RandomProjection(12, seed),
        "random hyperplanes, centred": lambda seed: RandomProjection(12, seed, center=True),
        "PCA signs": lambda seed: Signs(),
        "ITQ": lambda seed: ITQ(12, seed=seed),
    }.items()
}
LEARNERS = {
    "linear, names of classes": lambda seed: LinearNames(),
    "network, names of classes": lambda seed: ClassCode(12, epochs=5, lr=0.005, seed=seed),
    "DSH, 5 epochs": lambda seed: DSH(12, epochs=5, lr=0.005, seed=seed),
    "DSH, default": lambda seed: DSH(12, seed=seed),
    "model solution": Model,
}


def measured(make, seeds, new):
    """{score: list over the seeds} of a method, and the processor seconds of question 4's run."""
    runs = []
    for seed in seeds:
        start = time.process_time()
        score = new_queries(make(seed))
        seconds = time.process_time() - start
        runs.append({"new queries": score, **new_classes(make(seed), new), "seconds": seconds})
    return {name: [run[name] for run in runs] for name in runs[0]}


@any_character()
def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--new", type=int, nargs="+", default=NEW, help="the new classes")
    parser.add_argument("--seeds", type=int, default=20, help="of methods that look at no label")
    parser.add_argument("--learners", type=int, default=4, help="seeds of those that learn")
    options = parser.parse_args(arguments)
    print("lowest … highest of the seeds; new classes: all ten, of these the old, the new")
    for methods, seeds in ((LABEL_FREE, options.seeds), (LEARNERS, options.learners)):
        for name, make in methods.items() if seeds else ():
            drawn = "PCA" not in name and "linear" not in name
            scores = measured(make, range(seeds if drawn else 1), options.new)
            ranges = (f"{what} {min(v):.3f} … {max(v):.3f}" for what, v in scores.items())
            print(f"{name:45} " + "   ".join(ranges), flush=True)


if __name__ == "__main__":
    main()
