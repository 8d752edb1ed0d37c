"""Demos: pictures that answer to sliders, one for each chapter.

demo = demos.Buckets(data)
show(*demo(k=8))     # a figure as ordinary output
explore(demo)        # the same with sliders
"""

from dshlib.demos.widget import Demo, explore

__all__ = ["Demo", "explore"]
