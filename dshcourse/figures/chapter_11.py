"""Figures of chapter 11 and of its appendix: networks by score and cost, what re-scoring gives."""

import matplotlib.pyplot as plt
import numpy as np

from dshcourse.figures.base import finish, style
from dshcourse.figures.plots import plot_lines, plot_pareto

LEFT = {  # labels that stand to the left of their points, and how far above them
    "half as wide": -3, "small": 5, "small, 256 hidden": -10, "small, lr 0.006": 5,
    "deep, flips at first": 7,
}  # fmt: skip


def plot_networks(networks, title):
    """Score against training time, a labelled point per network; a line joins the Pareto front.

    Parameters: networks, a DataFrame with the columns mean, sd and "training, s".
    Returns: figure and alt text.
    """
    fig, ax = plt.subplots(figsize=(7.5, 4.2), layout="constrained")
    alt = plot_pareto(
        ax, networks["training, s"], networks["mean"], networks["sd"], title=title,
        xlabel="training, seconds of one processor", ylabel="AP@10 out of 10, ± sd of three seeds",
    )  # fmt: skip
    for label in ax.texts:
        label.set_fontsize(9)
        if (name := label.get_text()) in LEFT:
            label.set(position=(-7, LEFT[name]), ha="right")
    ax.set_xticks(ticks := (15, 20, 30, 50, 100), ticks)
    ax.minorticks_off()
    ax.set_xlim(14, 1.3 * networks["training, s"].max())
    return fig, alt


def plot_rescored(scores):
    """Score against the number of re-scored candidates, a line per pair of code and vector.

    Parameters: scores, a DataFrame: index, c, with 0 for the code alone; a column per pair.
    Returns: figure and alt text, which has every number.
    """
    fig, ax = plt.subplots(figsize=(7, 3.8), layout="constrained")
    title = "Re-scoring repairs a random code; too many candidates spoil a learned one"
    plot_lines(
        ax, range(len(scores)), {name: scores[name].to_numpy() for name in scores},
        title=title, xlabel="candidates re-scored, c", ylabel="AP@10 out of 10",
    )  # fmt: skip
    names = [f"{c:,}" if c else "code alone" for c in scores.index]
    ax.set_xticks(range(len(scores)), names)
    ax.set_ylim(0.25, 1)
    described = "; ".join(
        f"{pair}: " + ", ".join(f"{y:.3f} at {x}" for x, y in zip(names, scores[pair], strict=True))
        for pair in scores
    )
    return fig, f"{title}. AP@10 out of 10 against candidates re-scored. {described}."


def plot_bytes_read(costs):
    """What a query reads, codes below and vectors above, a bar per hash size.

    Parameters: costs, a DataFrame: index, bits; columns c, "codes, kB" and "vectors, kB".
    Returns: figure and alt text.
    """
    fig, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
    x, below = np.arange(len(costs)), np.zeros(len(costs))
    for index, part in enumerate(("codes, kB", "vectors, kB")):
        ax.bar(x, costs[part], 0.7, below, label=part[:-4], color=style(index)["color"],
               hatch="//" * index, edgecolor="white")  # fmt: skip
        below = below + costs[part].to_numpy()
    for place, c, height in zip(x, costs["c"], below, strict=True):
        ax.annotate(f"c = {c:,.0f}", (place, height), (0, 3), textcoords="offset points",
                    ha="center")  # fmt: skip
    best = costs.index[np.argmin(below)]
    title = f"A recall of 0.9 reads least with {best} bits"
    finish(ax, title, "bits per code", "read per query, kB")
    ax.grid(visible=False, axis="x")
    ax.set_axisbelow(True)
    ax.margins(y=0.1)
    ax.set_xticks(x, costs.index)
    ax.legend(frameon=False)
    described = "; ".join(
        f"{bits} bits: c = {row['c']:.0f}, codes {row['codes, kB']:.0f} kB, "
        f"vectors {row['vectors, kB']:.0f} kB"
        for bits, row in costs.iterrows()
    )
    return fig, f"{title}. {described}."
