"""Demos: pictures that answer to sliders, one or two for each chapter.

    demo = demos.Buckets(data, query_features, database_features)
    show(*demo(k=8))     # a figure as ordinary output
    explore(demo)        # the same with sliders

Each is a `Demo`, a function of a few discrete values; `frames` draws them all beforehand.
"""

from dshlib.demos.beforehand import frames
from dshlib.demos.buckets import Buckets
from dshlib.demos.collisions import Collisions
from dshlib.demos.epochs import Epochs
from dshlib.demos.explorer import Explorer
from dshlib.demos.flipping import Flipping
from dshlib.demos.neighbours import Neighbours
from dshlib.demos.outputs import Outputs
from dshlib.demos.pair import Pair
from dshlib.demos.random_codes import RandomCodes
from dshlib.demos.rescoring import Rescoring
from dshlib.demos.rotation import Rotation
from dshlib.demos.surface import LossSurface
from dshlib.demos.ties import Ties
from dshlib.demos.widget import Demo, explore

__all__ = [
    "Buckets",
    "Collisions",
    "Demo",
    "Epochs",
    "Explorer",
    "Flipping",
    "LossSurface",
    "Neighbours",
    "Outputs",
    "Pair",
    "RandomCodes",
    "Rescoring",
    "Rotation",
    "Ties",
    "explore",
    "frames",
]
