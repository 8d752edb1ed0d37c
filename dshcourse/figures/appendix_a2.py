"""Figures of appendix A2: scores of all methods against the hash size."""

import matplotlib.pyplot as plt
from matplotlib.ticker import NullLocator

from dshcourse.figures.plots import plot_lines


def plot_by_hash_size(panels, title):
    """Score against hash size, a line for each method that was measured at several.

    Parameters: panels, dict from a panel's title to a DataFrame with a row for each setting and
    the columns method, n_bits, mean and sd. Returns: figure and alt text.
    """
    fig, axes = plt.subplots(1, len(panels), figsize=(10 if len(panels) > 1 else 7, 4.8),
                             sharey=True, squeeze=False, layout="constrained")  # fmt: skip
    alts = []
    for ax, (name, rows) in zip(axes[0], panels.items(), strict=True):
        several = rows.groupby("method", sort=False).filter(lambda line: len(line) > 1)
        lines = {method: line for method, line in several.groupby("method", sort=False)}
        bits, means, sds = (
            {method: line[column].to_numpy() for method, line in lines.items()}
            for column in ("n_bits", "mean", "sd")
        )
        alts.append(plot_lines(ax, bits, means, spread=sds, title=name, xlabel="bits per code",
                               ylabel="AP@10 out of 10, ± sd"))  # fmt: skip
        ax.set_xscale("log", base=2)
        ticks = sorted(several["n_bits"].unique())
        ax.set_xticks(ticks, ticks)
        ax.xaxis.set_minor_locator(NullLocator())
        ax.get_legend().remove()
    fig.suptitle(title)
    fig.legend(*axes[0][0].get_legend_handles_labels(), loc="outside lower center", ncols=3,
               frameon=False)  # fmt: skip
    return fig, f"{title}. {' '.join(alts)}"
