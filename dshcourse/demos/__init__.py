"""Demos: pictures that answer to sliders, one or two for each chapter.

    demo = demos.Buckets(data, query_features, database_features)
    show(*demo(k=8))     # a figure as ordinary output
    explore(demo)        # the same with sliders

Each is a `Demo`, a function of a few discrete values; `frames` draws them all beforehand.
"""

from importlib import import_module

_MODULES = {  # of each name; a module is loaded when the name is first used (PEP 562)
    "Buckets": "buckets",
    "Collisions": "collisions",
    "Demo": "widget",
    "Design": "design",
    "Epochs": "epochs",
    "Explorer": "explorer",
    "Flipping": "flipping",
    "LossSurface": "surface",
    "Margin": "margin",
    "Neighbours": "neighbours",
    "Noise": "noise",
    "Origin": "origin",
    "Outputs": "outputs",
    "Pair": "pair",
    "RandomCodes": "random_codes",
    "Rescoring": "rescoring",
    "Rotation": "rotation",
    "Ties": "ties",
    "explore": "widget",
    "frames": "beforehand",
}
__all__ = list(_MODULES)


def __getattr__(name):
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__():
    return __all__
