"""Processor time of a redraw, from values to HTML: p95, and median and maximum; one thread.

Pictures that the sliders keep are forgotten before each.
"""

from time import process_time

import matplotlib.pyplot as plt
import numpy as np
from threadpoolctl import threadpool_limits

from dshcourse.demos import explore
from dshcourse.demos.catalogue import DEMOS, Inputs
from dshcourse.figures import as_png
from dshlib.data import load_largest
from tools.benchmarks.timing import in_unit, show

LIMITS = {"first time": 0.150, "again": 0.100}  # seconds, of the p95
RANDOM = 100  # settings, besides every value of every choice with the others at their defaults


@threadpool_limits.wrap(1)
def run():
    """Time the making of each demo, and two passes over its settings."""
    inputs = Inputs(load_largest())
    print(f"Data: {inputs.dataset.name}; recorded outputs: {inputs.classroom.name}")
    as_png(plt.figure())  # matplotlib makes itself ready
    show("HOG of all images", _timed(lambda: inputs.features)[0], 1)
    for entry in DEMOS:
        name = entry.kind.__name__
        seconds, demo = _timed(lambda entry=entry: entry.make(inputs))
        show(f"{name}: made", seconds, 1)
        sliders, settings = explore(demo), _settings(demo)
        for state, limit in LIMITS.items():
            times = [_redraw(sliders, setting) for setting in settings]
            p50, p95, most = np.percentile(times, (50, 95, 100))
            beside = f"p50 {in_unit(p50)}, max {in_unit(most)}"
            show(f"{name}: {state}, p95", p95, len(times), beside, limit=limit)


def _redraw(sliders, setting):
    """Seconds from values to HTML, on its way to the browser."""
    sliders._render.cache_clear()
    return _timed(lambda: sliders.set(**setting))[0]


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
