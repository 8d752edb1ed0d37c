"""Processor time of a redraw, from values to HTML: median and p95; one thread.

Pictures that the sliders keep are forgotten before each. The peer, between the redraws, draws two
empty axes as a PNG, as chapters store figures: the ratio to it holds on a busy machine too.
"""

from time import process_time

import matplotlib.pyplot as plt
import numpy as np
from threadpoolctl import threadpool_limits

from dshcourse.demos import explore
from dshcourse.demos.catalogue import DEMOS, Inputs
from dshcourse.figures import as_png
from dshcourse.figures.base import PER_INCH
from dshlib.data import load_largest
from tools.benchmarks.timing import show

LIMITS = {"first time": 0.150, "again": 0.100}  # seconds, of the p95
RANDOM = 100  # settings, besides every value of every choice with the others at their defaults
EVERY = 5  # redraws there is one of the peer


@threadpool_limits.wrap(1)
def run():
    """Time the making of each demo, and two passes over its settings."""
    inputs = Inputs(load_largest())
    print(f"Data: {inputs.dataset.name}; recorded outputs: {inputs.classroom.name}")
    _empty_axes()  # matplotlib makes itself ready
    show("HOG of all images", _timed(lambda: inputs.features)[0], 1)
    for entry in DEMOS:
        name = entry.kind.__name__
        seconds, demo = _timed(lambda entry=entry: entry.make(inputs))
        show(f"{name}: made", seconds, 1)
        sliders, settings = explore(demo), _settings(demo)
        for state, limit in LIMITS.items():
            ours, peers = _redraws(sliders, settings)
            for part, wanted in ((50, None), (95, limit)):
                seconds, least = np.percentile(ours, part), np.percentile(peers, part)
                what, peer = f"{name}: {state}, p{part}", f"two empty axes, p{part}"
                show(what, seconds, len(ours), peer, least, wanted)


def _redraws(sliders, settings):
    """Seconds from values to HTML, on its way to the browser, and those of the peer between."""
    ours, peers = [], []
    for number, setting in enumerate(settings):
        sliders._render.cache_clear()
        ours.append(_timed(lambda setting=setting: sliders.set(**setting))[0])
        if number % EVERY == 0:
            peers.append(_timed(_empty_axes)[0])
    return ours, peers


def _empty_axes():
    as_png(plt.subplots(1, 2, figsize=(9, 3.6))[0], dpi=PER_INCH)


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
