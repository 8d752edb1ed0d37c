"""Collisions: two vectors, random lines between them, and the S-curve of an index. Chapter 03."""

import matplotlib.pyplot as plt
import numpy as np

from dshcourse import figures
from dshcourse.demos.widget import Demo
from dshcourse.figures.chapter_03 import draw_plane, separate
from dshlib.hashers.lsh import candidate_probability, collision_probability

ANGLES = (0, 10, 20, 30, 45, 60, 75, 90, 120, 150)  # degrees
BITS = (1, 2, 4, 8, 12, 16)
TABLES = (1, 2, 4, 8, 16)
DRAWS = 5


class Collisions(Demo):
    """How often does an index of L tables of k bits find a pair at a given angle? Chapter 03.

    Each draw is `trials` indexes with as many tables and bits as there can be; smaller ones are
    parts of them, so a slider that goes up adds lines and tables to those that are there.
    """

    height = "330px"

    def __init__(self, trials=400):
        self.trials = trials
        shape = trials, max(TABLES), max(BITS), 2
        self.normals = [np.random.default_rng(s).standard_normal(shape) for s in range(DRAWS)]
        self.choices = {
            "degrees": ("angle θ, degrees", list(ANGLES), 30),
            "k": ("hash size k", list(BITS), 4),
            "L": ("tables L", list(TABLES), 4),
            "seed": ("draw", list(range(DRAWS)), 1),
        }

    def lines(self, k, seed):
        """Normals of the k lines of the first table of the first index: float64 (k, 2)."""
        return self.normals[seed][0, 0, :k]

    def found(self, degrees, k, L, seed):
        """Share of the indexes in which the pair is in one bucket of at least one table."""
        agree = ~separate(self.normals[seed][:, :L, :k], np.radians(degrees))
        return agree.all(axis=2).any(axis=1).mean()

    def draw(self, degrees, k, L, seed):
        """The vectors with the lines of one table, and the curve with what was simulated."""
        fig = plt.figure(figsize=(9, 3.4))
        left, right = fig.add_axes((0.02, 0.1, 0.36, 0.8)), fig.add_axes((0.48, 0.12, 0.5, 0.76))
        n_split = draw_plane(left, np.radians(degrees), self.lines(k, seed))
        message = f"x and y separated by {n_split} of {k} lines (first table)"
        left.set_title(message, fontsize=10)
        found = self.found(degrees, k, L, seed)
        return fig, f"{message}. {draw_curve(right, degrees, k, L, found, self.trials)}"


def draw_curve(ax, degrees, k, L, found, trials):
    """The probability of being a candidate, and the share `found` in `trials` indexes; in words."""
    theta = np.arange(181)
    curve = candidate_probability(collision_probability(np.radians(theta)), k, L)
    predicted = curve[degrees]
    error = 2 * np.sqrt(predicted * (1 - predicted) / trials)
    ax.set(ylim=(-0.05, 1.05), xticks=(0, 90, 180), yticks=(0, 0.5, 1))
    ax.plot(theta, curve, color=figures.OKABE_ITO[0], label="1 − (1 − p^k)^L")
    colour, label = figures.OKABE_ITO[1], "simulated, ± 2 standard errors"
    ax.plot([degrees] * 2, [found - error, found + error], "_-", color=colour, ms=9)
    ax.plot(degrees, found, "s", color=colour, label=label)
    title = f"k = {k}, L = {L}: theory {predicted:.2f}, simulated {found:.2f}"
    figures.finish(ax, title, "angle θ in degrees", "probability of being a candidate")
    figures.pin(ax)
    ax.legend(frameon=False, loc="upper right")
    return (
        f"At {degrees} degrees, k = {k}, L = {L}, theory gives {predicted:.2f}; "
        f"{found:.2f} of {trials} simulated indexes found it."
    )
