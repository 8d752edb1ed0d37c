"""Figures of appendix A3: how long a query takes as the database grows."""

import matplotlib.pyplot as plt

from dshcourse.figures.plots import plot_lines


def plot_query_times(ms, families):
    """Milliseconds per query against the number of codes, a panel for each family of programs.

    Parameters: ms, DataFrame with a row for each number of codes and a column for each index;
    families, dict from a name to its indexes, the flat scan first. Returns: figure and alt text.
    """
    fig, axes = plt.subplots(1, len(families), figsize=(10, 4.6), sharey=True,
                             layout="constrained")  # fmt: skip
    alts = []
    for ax, (family, indexes) in zip(axes, families.items(), strict=True):
        fastest = ms[indexes].iloc[-1].idxmin()
        title = f"{family}, {ms.index[-1]:,} codes: the fastest is\n{fastest}"
        alts.append(plot_lines(ax, ms.index.to_numpy(), ms[indexes].to_dict("list"), title=title,
                               xlabel="codes in the database", ylabel="ms per query"))  # fmt: skip
        ax.set(xscale="log", yscale="log")
        ax.legend(frameon=False, loc="upper left")
    top = ms[[i for indexes in families.values() for i in indexes]].max(axis=None)
    axes[0].set_ylim(top=20 * top)  # room for the legends
    return fig, " ".join(alts).replace("\n", " ")
