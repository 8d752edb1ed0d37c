"""Figures of chapter 02: images beside their codes, and distances of codes against Hamming."""

import matplotlib.pyplot as plt
import numpy as np

from dshcourse.figures.base import OKABE_ITO, finish, style


def plot_codes(images, codes):
    """Images beside their codes; the first is the query, the others say how many bits differ.

    Parameters: images, dict from name to (height, width); codes, their bits, (n, k).
    Returns: figure and alt text.
    """
    n, k = codes.shape
    fig, axes = plt.subplots(n, 2, figsize=(9, 1.2 * n), width_ratios=[1, 7], layout="constrained")
    counted = []
    for (picture, bits), (name, image), code in zip(axes, images.items(), codes, strict=True):
        differ = np.sum(code != codes[0])
        picture.imshow(image, cmap="gray_r")
        bits.imshow(code[None], cmap="gray_r", aspect="auto", vmin=0, vmax=1)
        bits.set_title(f"{name}: {differ} of {k} bits differ from the query's" if counted else name)
        counted.append(f"{name} {differ}")
        for ax in (picture, bits):
            ax.set(xticks=[], yticks=[])
    axes[-1, 1].set_xlabel(f"bit 0 to {k - 1}; black is 1, white is 0")
    title = "The more similar image has the more similar code"
    fig.suptitle(title)
    return fig, f"{title}. Bits that differ from the query's: {', '.join(counted)}."


def plot_codes_against_features(bits_apart, distance):
    """Distance of the features against bits that differ, a dot per image, and the means.

    Parameters: bits_apart and distance, (n,). Returns: figure and alt text.
    """
    steps, sizes = np.unique(bits_apart, return_counts=True)
    steps = steps[sizes >= 10]
    mean = [distance[bits_apart == d].mean() for d in steps]
    fig, ax = plt.subplots(figsize=(6.5, 3.4))
    ax.plot(bits_apart, distance, ".", color="0.7", ms=3, label="one database image")
    ax.plot(steps, mean, **style(0), ms=4, label="mean, where ten images or more")
    title = "Images with closer codes are closer, on average"
    finish(ax, title, "bits that differ from the first query's code",
           "distance of the HOG features")  # fmt: skip
    ax.legend(frameon=False, loc="lower right")
    return fig, (
        f"{title}. {len(distance)} images scatter around a rising line: from {steps[0]} bits and a "
        f"mean feature distance of {mean[0]:.2f} up to {steps[-1]} bits and {mean[-1]:.2f}."
    )


def plot_against_hamming(d_H, distances, pair):
    """One panel per distance: its values at every Hamming distance, the range as a bar.

    Parameters: d_H, (n,); distances, dict from name to values (n,); pair, two places in them,
    which are marked in the last panel. Returns: figure and alt text.
    """
    fig, axes = plt.subplots(1, len(distances), figsize=(9, 3.3), layout="constrained")
    counted = []
    for index, (ax, (name, values)) in enumerate(zip(axes, distances.items(), strict=True)):
        at = {d: np.unique(values[d_H == d].round(9)) for d in np.unique(d_H)}
        most = max(map(len, at.values()))
        ax.vlines(list(at), [v[0] for v in at.values()], [v[-1] for v in at.values()],
                  color=OKABE_ITO[index], lw=1)  # fmt: skip
        look = style(index) | {"linestyle": "", "ms": 4}
        ax.plot(np.repeat(list(at), [len(v) for v in at.values()]),
                np.concatenate(list(at.values())), **look)  # fmt: skip
        many = "one value each" if most == 1 else f"up to {most} values each"
        finish(ax, f"{name}: {many}", "Hamming distance", "")
        ax.set(xlim=(0, max(at) + 1))
        ax.set_ylim(bottom=0)
        counted.append(f"{name}: {many}")
    x, y = ((d_H[i], values[i]) for i in pair)
    axes[-1].annotate("", y, x, arrowprops={"arrowstyle": "-|>", "lw": 2, "color": "black"})
    for label, place, offset in (("x", x, (-10, 3)), ("y", y, (6, -12))):
        axes[-1].annotate(label, place, offset, textcoords="offset points", fontsize=12)
    title = "Jaccard does not follow Hamming: y is farther than x by Hamming, closer by Jaccard"
    fig.suptitle(title)
    return fig, f"{title}. Values at each Hamming distance: {'; '.join(counted)}."
