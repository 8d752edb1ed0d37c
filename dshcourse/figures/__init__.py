"""Figures that can be read unseen: each comes with words that say what it shows.

    fig, ax = plt.subplots()
    alt = plot_lines(ax, x, {"recall": y}, title=..., xlabel=..., ylabel=...)
    show(fig, alt)

The words are computed from the data, like the picture. base: how a figure is shown; plots: lines,
histograms, matrices, diagrams; strips: a query and its neighbours; chapter_NN and appendix_aN: what
only that page draws.
"""

from dshcourse.figures.base import (
    INK,
    LINES,
    MARKERS,
    OKABE_ITO,
    Shown,
    as_html,
    as_png,
    finish,
    pin,
    show,
    style,
)
from dshcourse.figures.plots import (
    pareto_front,
    plot_flow,
    plot_histograms,
    plot_lines,
    plot_matrices,
    plot_pareto,
)
from dshcourse.figures.strips import Strip, grey_map, picture, strip

__all__ = [
    "INK", "LINES", "MARKERS", "OKABE_ITO", "Shown", "Strip", "as_html", "as_png", "finish",
    "grey_map", "pareto_front", "picture", "pin", "plot_flow", "plot_histograms", "plot_lines",
    "plot_matrices", "plot_pareto", "show", "strip", "style",
]  # fmt: skip
