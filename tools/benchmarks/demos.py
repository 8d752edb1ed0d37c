"""Processor time of a redraw, from values to PNG: p95, and median and maximum; one thread."""

from functools import lru_cache
from time import process_time

import matplotlib.pyplot as plt
import numpy as np
from threadpoolctl import threadpool_limits

from dshcourse import demos
from dshcourse.figures import as_png
from dshcourse.study.records import load_recorded
from dshlib import data
from dshlib.features import hog
from dshlib.hashers.lsh import RandomProjection
from tools.benchmarks.timing import in_unit, show

LIMITS = {"first time": 0.150, "again": 0.100}  # seconds, of the p95
RANDOM = 100  # settings, besides every value of every choice with the others at their defaults
DEMOS = {  # name: what makes the demo, out of the inputs below
    "RandomCodes": lambda: demos.RandomCodes(),
    "Neighbours": lambda: demos.Neighbours(largest()),
    "Flipping": lambda: demos.Flipping(),
    "Collisions": lambda: demos.Collisions(),
    "Buckets": lambda: demos.Buckets(largest(), *features()),
    "Ties": lambda: demos.Ties(largest(), *lsh_codes()),
    "Rotation": lambda: demos.Rotation(largest(), features()[1]),
    "Pair": lambda: demos.Pair(),
    "LossSurface": lambda: demos.LossSurface(),
    "Outputs": lambda: demos.Outputs(*outputs()),
    "Epochs": lambda: demos.Epochs(*made_up_run()),
    "Explorer": lambda: demos.Explorer(largest()),
    "Rescoring": lambda: demos.Rescoring(largest(), *features()),
}

largest = lru_cache(data.load_largest)
classroom = lru_cache(lambda: data.load("classroom"))


@lru_cache
def features():
    """HOG, neither centred nor scaled: float32, of queries and database."""
    return [hog(part.images) for part in (largest().queries, largest().database)]


@lru_cache
def lsh_codes():
    """16 bits by random projection: bool, of queries and database."""
    hasher = RandomProjection(16, center=True).fit(features()[1])
    return [hasher.encode(vectors) for vectors in features()]


@lru_cache
def outputs():
    """Outputs of trained networks, the dataset whose queries they are of, and their record."""
    arrays, record = (load_recorded(f"outputs-alpha.{kind}") for kind in ("safetensors", "json"))
    return arrays, classroom(), record


def made_up_run():
    """As if the outputs had grown evenly from 0 to the recorded ones, in 20 epochs."""
    end = outputs()[0]["queries/0.01"].astype(float)
    steps = np.linspace(0.01, 1, 21)
    return [step * end for step in steps], classroom().queries.labels, 0.8 * steps, 24


@threadpool_limits.wrap(1)
def run():
    """Time the making of each demo, and two passes over its settings."""
    kinds = {name for name in demos.__all__ if isinstance(getattr(demos, name), type)} - {"Demo"}
    if kinds != set(DEMOS):
        raise ValueError(f"DEMOS and dshcourse.demos differ in {kinds ^ set(DEMOS)}")
    print(f"Data: {largest().name}; recorded outputs: {classroom().name}")
    as_png(plt.figure())  # matplotlib makes itself ready
    show("HOG of all images", _timed(features)[0], 1)
    for name, make in DEMOS.items():
        seconds, demo = _timed(make)
        show(f"{name}: made", seconds, 1)
        settings = _settings(demo)
        for state, limit in LIMITS.items():
            times = [_redraw(demo, setting) for setting in settings]
            p50, p95, most = np.percentile(times, (50, 95, 100))
            beside = f"p50 {in_unit(p50)}, max {in_unit(most)}"
            show(f"{name}: {state}, p95", p95, len(times), beside, limit=limit)


def _redraw(demo, setting):
    """Seconds from values to PNG."""
    return _timed(lambda: as_png(demo(**setting)[0], compress_level=1))[0]


def _settings(demo):
    """Every value of each choice with the others at default, and random ones; none twice."""
    rng = np.random.default_rng(0)
    allowed = [list(values) for _, values, _ in demo.choices.values()]
    single = [tuple(setting.values()) for setting in demo.one_at_a_time()]
    mixed = [tuple(values[rng.integers(len(values))] for values in allowed) for _ in range(RANDOM)]
    distinct = dict.fromkeys(single + mixed)
    return [dict(zip(demo.choices, values, strict=True)) for values in distinct]


def _timed(function):
    start = process_time()
    result = function()
    return process_time() - start, result
