"""Figures of chapter 10: six methods on one page, known and unseen classes."""

import matplotlib.pyplot as plt
import numpy as np

from dshcourse.figures.base import INK, OKABE_ITO, finish, style

LINE_OF_SLIDES = {"LSH": 0, "DSH": 3}  # drawn in the colour of our line of that number
BESIDE = {"LSH": -0.8, "DSH": 0.8}  # how many bits beside their place, clear of our markers
CLASS_CODE, EXACT = "class code", "exact HOG search"


def plot_six_methods(scores, slides):
    """Score against hash size, a panel for each way to score.

    Parameters: scores, dict from a way to score to a DataFrame of mean and sd by method and hash
    size, see `dshcourse.study.grids.six_methods`; slides, dict from "LSH" and "DSH" to the scores
    on the slides at 8, 12 and 16 bits, for the first panel. Returns: figure and alt text.
    """
    fig, axes = plt.subplots(1, 2, figsize=(10, 5), sharey=True, layout="constrained")
    titles = "Scored as on the slides", "Out of 10"
    alts = []
    for ax, (way, rows), title in zip(axes, scores.items(), titles, strict=True):
        descriptions = _lines(ax, rows)
        if ax is axes[0]:
            descriptions += _lines_of_slides(ax, slides)
        finish(ax, title, "hash size, bits", way)
        ax.set(xticks=(4, 8, 12, 16), xlim=(3, 17.2), ylim=(0.37, 0.93))
        alts.append(f"{title}. {way} against hash size. {'; '.join(descriptions)}.")
    axes[1].yaxis.set_tick_params(labelleft=True)
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3,
               frameon=False)  # fmt: skip
    return fig, " ".join(alts)


def _lines(ax, rows):
    """Draw our methods; return what is drawn, in words."""
    descriptions = []
    codes = rows.drop(index=EXACT, level="method")
    for index, (method, line) in enumerate(codes.groupby("method", sort=False)):
        bits = line.index.get_level_values("n_bits")
        label = f"{method}, 4 bits" if method == CLASS_CODE else method
        beside = bits + 0.25 * (index - 2) * (len(bits) > 1)  # nothing covers another
        ax.errorbar(beside, line["mean"], line["sd"], capsize=3, label=label, **style(index))
        means = " ".join(f"{score:.3f}" for score in line["mean"])
        descriptions.append(f"{method}: {means} at {' '.join(map(str, bits))} bits")
    exact = rows["mean"][EXACT].item()
    ax.axhline(exact, color="0.4", lw=1, ls=(0, (6, 3)), label=EXACT)
    return [*descriptions, f"{EXACT}: {exact:.3f}"]


def _lines_of_slides(ax, slides):
    """Draw the numbers on the slides, with hollow markers; return them in words."""
    for name, line in LINE_OF_SLIDES.items():
        look = style(line) | {"linestyle": ":", "markerfacecolor": "white"}
        beside = np.array([8, 12, 16]) + BESIDE[name]
        ax.plot(beside, slides[name], label=f"{name} on the slides", **look)
    return [
        f"{name} on the slides: {' '.join(map(str, scores))}" for name, scores in slides.items()
    ]


def plot_known_and_unseen(known, unseen, chance):
    """Scores on classes of the training and on others, a row for each method, and chance.

    Parameters: known and unseen, DataFrames with a column for each method and a row for each seed
    or draw of classes; chance, the two scores of a list in random order. Returns: figure and alt
    text.
    """
    fig, axes = plt.subplots(1, 2, figsize=(10, 3.6), sharey=True, sharex=True,
                             layout="constrained")  # fmt: skip
    titles = ("Known classes: all pairs and class code lead",
              "Unseen classes: methods without labels lead")  # fmt: skip
    alts = []
    for ax, scores, zero, title in zip(axes, (known, unseen), chance, titles, strict=True):
        scores = scores[known.columns]
        places = np.arange(len(scores.columns))[::-1]
        for place, (_, values) in zip(places, scores.items(), strict=True):
            values = values.dropna()
            ax.plot(values, np.full(len(values), place), "|", color="0.5", ms=9)
            ax.plot(values.mean(), place, "o", color=OKABE_ITO[0], ms=8)
        ax.axvline(zero, color=OKABE_ITO[1], ls="--")
        ax.text(zero + 0.01, len(places) - 0.6, "chance", color=INK[1], fontsize=10)
        finish(ax, title, "AP@10 out of 10; mean and single runs", "")
        ax.set(yticks=places, yticklabels=scores.columns, xlim=(0, 1),
               ylim=(-0.5, len(places) - 0.2))  # fmt: skip
        means = ", ".join(f"{name} {mean:.3f}" for name, mean in scores.mean().items())
        alts.append(f"{title}. Means: {means}; chance {zero:.3f}.")
    return fig, " ".join(alts)
