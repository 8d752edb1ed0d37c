"""Figures of chapter 09: one batch learned by heart, a whole run, runs with a mistake."""

import matplotlib.pyplot as plt
import numpy as np

from dshcourse.figures.base import finish, style
from dshcourse.figures.plots import plot_lines


def plot_batch(losses, at_zero):
    """The loss of the same batch, step by step, and what outputs of 0 cost: figure, alt text."""
    fig, ax = plt.subplots(figsize=(6.5, 3.2))
    steps = np.arange(1, len(losses) + 1)
    alt = plot_lines(
        ax, steps, {"the same 100 images": np.array(losses)},
        title=f"The network learns one batch by heart in {len(losses)} steps",
        xlabel="step", ylabel="loss of the batch",
    )  # fmt: skip
    ax.axhline(at_zero, color="k", ls="--", label="all outputs 0")
    ax.set_yscale("log")
    ax.legend(frameon=False)
    return fig, f"{alt} All outputs 0: {at_zero:.2f}."


def one_cycle(n_steps, lr):
    """The learning rate of every step, (n_steps,), as `dshlib.training.train` sets it."""
    import torch  # here: figures of other chapters start without it

    optimizer = torch.optim.SGD([torch.zeros(1)], lr)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=n_steps)
    rates = []
    for _ in range(n_steps):
        rates.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    return np.array(rates)


def plot_run(history, scores, coin_loss, n_steps, lr):
    """Loss, gap, score and learning rate of a run against the epoch.

    Parameters: history, of `dshlib.training.train`; scores, AP@10 out of 10, of the untrained
    network and after each epoch; coin_loss, of codes that ignore the images; n_steps and lr, of the
    whole run. Returns: figure and alt text.
    """
    fig, axes = plt.subplots(2, 2, figsize=(8.5, 5), layout="constrained", sharex=True)
    n_epochs = len(history)
    e = np.arange(n_epochs + 1)
    curves = {
        "loss": (e[1:], [h["loss"] for h in history]),
        "gap": (e[1:], [h["quantization_gap"] for h in history]),
        "AP@10 out of 10": (e, scores),
        "learning rate": (np.arange(n_steps) * n_epochs / n_steps, one_cycle(n_steps, lr)),
    }
    described = []
    for index, (ax, (name, (xs, ys))) in enumerate(zip(axes.flat, curves.items(), strict=True)):
        look = style(index) | {"linestyle": "-"}
        ax.plot(xs, ys, **look | {"marker": look["marker"] if len(xs) <= len(e) else ""})
        finish(ax, name, "epoch" if index > 1 else "", "")
        described.append(f"{name} from {ys[0]:.3g} to {ys[-1]:.3g}")
    axes[0, 0].axhline(coin_loss, color="k", ls="--", label="coin tosses")
    axes[0, 0].legend(frameon=False)
    title = "Loss and gap fall, the score rises, the learning rate goes up and down"
    fig.suptitle(title)
    return fig, f"{title}. One run of {n_epochs} epochs: {'; '.join(described)}."


def plot_runs(runs, coin_loss):
    """Loss, gap and score of several runs against the epoch.

    Parameters: runs, dict from letter to a dict with loss, gap and score of every epoch; coin_loss,
    of codes that ignore the images. Returns: figure and alt text.
    """
    fig, axes = plt.subplots(1, 3, figsize=(10.5, 4), layout="constrained")
    described = []
    for ax, what in zip(axes, ("loss", "gap", "score"), strict=True):
        lines = {letter: np.array(run[what]) for letter, run in runs.items()}
        epochs = np.arange(1, len(next(iter(lines.values()))) + 1)
        name = "AP@10 out of 10" if what == "score" else what
        described.append(plot_lines(ax, epochs, lines, title=name, xlabel="epoch", ylabel=name))
        ax.set(xticks=epochs, ylabel="")
        ax.get_legend().remove()
    axes[0].axhline(coin_loss, color="k", ls=":")
    axes[0].set(yscale="log", title=f"loss (dotted: coin tosses, {coin_loss:.2f})")
    axes[1].axhline(1, color="k", ls=":")
    axes[1].set(yscale="log", title="gap (dotted: 1)")
    title = "Which of these runs is healthy?"
    fig.legend(*axes[2].get_legend_handles_labels(), loc="outside lower center", ncols=len(runs),
               frameon=False)  # fmt: skip
    fig.suptitle(title)
    return fig, f"{title} {' '.join(described)}"
