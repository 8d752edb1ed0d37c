"""Demos: pictures that answer to sliders, one or two for each chapter.

    demo = demos.Buckets(data, query_features, database_features)
    show(*demo(k=8))     # a figure as ordinary output
    explore(demo)        # the same with sliders

Each is a `Demo`, a function of a few discrete values; `frames` draws them all beforehand.
"""

from dshcourse.demos.beforehand import frames
from dshcourse.demos.buckets import Buckets
from dshcourse.demos.collisions import Collisions
from dshcourse.demos.epochs import Epochs
from dshcourse.demos.explorer import Explorer
from dshcourse.demos.flipping import Flipping
from dshcourse.demos.margin import Margin
from dshcourse.demos.neighbours import Neighbours
from dshcourse.demos.outputs import Outputs
from dshcourse.demos.pair import Pair
from dshcourse.demos.random_codes import RandomCodes
from dshcourse.demos.rescoring import Rescoring
from dshcourse.demos.rotation import Rotation
from dshcourse.demos.surface import LossSurface
from dshcourse.demos.ties import Ties
from dshcourse.demos.widget import Demo, explore

__all__ = [
    "Buckets",
    "Collisions",
    "Demo",
    "Epochs",
    "Explorer",
    "Flipping",
    "LossSurface",
    "Margin",
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
