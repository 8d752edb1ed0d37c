"""Figures of chapter 05: what the order of ties decides, and two scores of two codes."""

import matplotlib.pyplot as plt
import numpy as np

from dshcourse.figures.base import finish, style
from dshcourse.figures.plots import plot_lines


def plot_tie_ranges(table):
    """A line per score and hash size, from relevant last to relevant first, the mean marked.

    Parameters: table, a DataFrame with rows (k, order) and a column per score; the orders are
    "relevant last", "relevant first" and "mean of all orders". Returns: figure and alt text.
    """
    fig, ax = plt.subplots(figsize=(7, 3.8))
    sizes, ticks, described = table.index.unique(level=0), [], []
    for index, score in enumerate(table.columns):
        for row, k in enumerate(sizes):
            y, look = (len(sizes) + 1) * index + row, style(index)
            last, first, mean = table.loc[k, score][
                ["relevant last", "relevant first", "mean of all orders"]
            ]
            ax.plot([last, first], [y, y], "|-", color=look["color"], ms=10, lw=2)
            ax.plot(mean, y, look["marker"], color=look["color"], ms=8)
            ticks.append((y, f"{score}, {k} bits"))
            described.append(f"{ticks[-1][1]}: {last:.2f} to {first:.2f}, mean {mean:.2f}")
    ax.set_yticks(*zip(*ticks, strict=True))
    ax.invert_yaxis()
    title = "The order of ties can decide the score"
    finish(ax, title, "mean over queries: relevant last, mean of all orders, relevant first", "")
    return fig, f"{title}. {'; '.join(described)}."


def plot_two_scores(bits, pca, random, at):
    """PCA signs and random hyperplanes, a panel per score, with the spread of the seeds.

    Parameters: bits, hash sizes (n,); pca, dict from the name of a score to its means (n,); random,
    such a dict per seed; at, the hash size whose winners the title counts. Returns: figure, alt.
    """
    fig, axes = plt.subplots(1, len(pca), figsize=(8, 3.4), sharey=True, layout="constrained")
    alts, wins = [], []
    for ax, (name, signs) in zip(axes, pca.items(), strict=True):
        seeds = np.array([scores[name] for scores in random])
        wins.append((seeds < signs).sum(axis=0)[bits.index(at)])
        series = {"random hyperplanes": seeds.mean(axis=0), "PCA signs": signs}
        spread = {"random hyperplanes": seeds.std(axis=0, ddof=1)}
        alts.append(plot_lines(ax, bits, series, spread=spread, title=name,
                               xlabel="bits k", ylabel="mean over queries"))  # fmt: skip
        ax.axvline(at, color="black", ls=":")
    axes[1].set_ylabel("")
    names = list(pca)
    title = (
        f"At {at} bits PCA signs beat {wins[0]} of {len(random)} seeds {names[0]}, "
        f"and {wins[1]} on the {names[1]}"
    )
    fig.suptitle(title)
    return fig, f"{title}. {' '.join(alts)}"
