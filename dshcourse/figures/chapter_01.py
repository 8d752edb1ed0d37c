"""Figures of chapter 01: two flow charts of the slides, and what disturbed queries still find."""

import matplotlib.pyplot as plt

from dshcourse.figures.plots import plot_flow, plot_lines

BASELINE = 0.1  # precision of ten images at random, of ten classes of about one size


def plot_retrieval():
    """Figure 1 of the slides, drawn anew: figure and alt text."""
    boxes = {
        "query": (0, 1, "query image"),
        "q": (1.5, 1, "features of\nthe query"),
        "database": (0, 0, "database\nof images"),
        "x": (1.5, 0, "features of\nall images"),
        "compare": (2.9, 0.5, "compare,\nsort"),
        "result": (4.2, 0.5, "the k most\nsimilar images"),
    }
    arrows = [("query", "q", "for each query"), ("database", "x", "once"), ("q", "compare", ""),
              ("x", "compare", ""), ("compare", "result", "")]  # fmt: skip
    fig, ax = plt.subplots(figsize=(9, 2.6), layout="constrained")
    title = "Image retrieval (Figure 1 of the slides, drawn anew)"
    return fig, plot_flow(ax, boxes, arrows, title=title)


def plot_hashing():
    """Figure 3 of the slides, drawn anew: figure and alt text."""
    boxes = {
        "query": (0, 1, "query image"),
        "q": (1.2, 1, "features"),
        "b": (2.5, 1, "hash code"),
        "database": (0, 0, "database\nof images"),
        "x": (1.2, 0, "features"),
        "codes": (2.5, 0, "hash codes"),
        "compare": (3.9, 0.5, "compare codes\n(or open a bucket)"),
        "result": (5.4, 0.5, "the k most\nsimilar images"),
    }
    arrows = [("query", "q", ""), ("q", "b", "hash"), ("database", "x", ""),
              ("x", "codes", "hash, once"), ("b", "compare", ""), ("codes", "compare", ""),
              ("compare", "result", "")]  # fmt: skip
    fig, ax = plt.subplots(figsize=(9, 2.6), layout="constrained")
    title = "Retrieval by hashing (Figure 3 of the slides, drawn anew)"
    return fig, plot_flow(ax, boxes, arrows, title=title)


def plot_disturbed(shifted, faded):
    """Precision at 10 against the shift and against the contrast of the queries.

    Parameters: two DataFrames with a column per description; the index has pixels, or percent.
    Returns: figure and alt text.
    """
    fig, axes = plt.subplots(1, 2, figsize=(9, 3.3), sharey=True, layout="constrained")
    panels = [(shifted, "Shifted: HOG loses less", "queries shifted right by, pixels"),
              (faded, "Faded: HOG hardly changes", "contrast of the queries, %")]  # fmt: skip
    described = []
    for ax, (precision, title, xlabel) in zip(axes, panels, strict=True):
        series = {name: precision[name].to_numpy() for name in precision}
        described.append(plot_lines(ax, precision.index, series, title=title, xlabel=xlabel,
                               ylabel="precision at 10"))  # fmt: skip
        ax.axhline(BASELINE, color="grey", linestyle=":")
        ax.annotate("ten images at random", (0.02, BASELINE), va="bottom", color="#595959",
                    xycoords=("axes fraction", "data"))  # fmt: skip
    axes[1].invert_xaxis()
    axes[1].set_ylabel("")
    return fig, f"{' '.join(described)} A dotted line marks ten images at random, {BASELINE}."
