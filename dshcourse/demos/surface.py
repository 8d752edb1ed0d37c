"""The loss of one pair with one bit, equation 5, as a landscape to walk down. Chapter 08."""

from functools import lru_cache

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import to_rgba

from dshcourse import figures
from dshcourse.demos.widget import PAIRS, Demo
from dshlib.terms import contrast, gap, regularizer_slope

GRID = np.linspace(-2, 2, 161)  # holds -1, 0 and 1
ARROWS = np.arange(-1.75, 2, 0.5)
HIGHEST = 3  # loss of the darkest blue
NO_LOSS = 5e-4  # which is 0 in three decimals; a pixel is a step of 0.025
STEP, N_STEPS = 0.1, 200


class LossSurface(Demo):
    """Equation 5 over two outputs, and the way of gradient descent by equation 7. Chapter 08."""

    height = "420px"

    def __init__(self):
        places = np.arange(-2, 2.01, 0.25).tolist()
        self.choices = {
            "kind": ("pair", list(PAIRS), "dissimilar"),
            "m": ("margin m", [1, 2, 4, 6], 2),
            "alpha": ("weight α", [0, 0.01, 0.03, 0.1, 0.3, 1], 0.3),
            "b1": ("output b₁", places, 1),
            "b2": ("output b₂", places, 0.5),
        }
        self.landscape = lru_cache(None)(self._landscape)

    def loss(self, b1, b2, kind, m, alpha):
        """Equation 5 for outputs of one bit; b1 and b2 are numbers or arrays of equal shape."""
        return contrast((b1 - b2) ** 2, PAIRS[kind], m) + alpha * (gap(b1) + gap(b2))

    def slope(self, b1, b2, kind, m, alpha):
        """Equation 7, with α, for b1 and for b2: array (2, *shape of b1)."""
        y, difference = PAIRS[kind], b1 - b2
        pull = (1 - y - y * (difference**2 < m)) * difference
        up1, up2 = regularizer_slope(b1), regularizer_slope(b2)
        return np.array([pull + alpha * up1, -pull + alpha * up2])

    def path(self, b1, b2, kind, m, alpha):
        """Places (b1, b2) of gradient descent from here on, (N_STEPS + 1, 2)."""
        places = [np.array([b1, b2], dtype=float)]
        for _ in range(N_STEPS):
            places.append(places[-1] - STEP * self.slope(*places[-1], kind, m, alpha))
        return np.array(places)

    def _landscape(self, kind, m, alpha):
        """Loss at the pairs of the GRID, (161, 161); it is the same for (b1, b2) and (b2, b1)."""
        return self.loss(*np.meshgrid(GRID, GRID), kind, m, alpha)

    def draw(self, kind, m, alpha, b1, b2):
        """The landscape with the way down from (b1, b2), and the loss along that way."""
        path = self.path(b1, b2, kind, m, alpha)
        losses = self.loss(*path.T, kind, m, alpha)
        fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.9), gridspec_kw={"wspace": 0.3})
        self._draw_map(left, path, kind, m, alpha)
        right.plot(losses, color=figures.OKABE_ITO[1])
        right.set_ylim(0, max(1.05 * losses.max(), 0.1))
        figures.finish(right, f"{N_STEPS} steps of {STEP} downhill", "step", "loss of the pair")
        right.locator_params(nbins=3)
        figures.pin(right, left=0.17)
        down, end = -self.slope(b1, b2, kind, m, alpha), path[-1]
        message = (
            f"{kind} pair, m = {m}, α = {alpha}: loss {losses[0]:.3f} at ({b1:g}, {b2:g}), "
            f"after one step {losses[1]:.3f}, in the end {losses[-1]:.3f}"
        )
        fig.suptitle(message, y=1.02)
        return fig, f"{message} at {_as_text(end)}. Downhill at first: {_as_text(down)}."

    def _draw_map(self, ax, path, kind, m, alpha):
        L = self.landscape(kind, m, alpha)
        colours = plt.get_cmap("Blues", 15)(L / HIGHEST)
        colours[L < NO_LOSS] = to_rgba(figures.OKABE_ITO[4])
        ax.imshow(colours, origin="lower", interpolation="none",
                  extent=(-2.0125, 2.0125, -2.0125, 2.0125))  # fmt: skip
        if alpha:  # the loss is 0 at single points, which may be too small to see
            row, column = np.nonzero(L < 1e-9)
            ax.plot(GRID[column], GRID[row], ".", color=figures.OKABE_ITO[4], ms=14)
        a1, a2 = np.meshgrid(ARROWS, ARROWS)
        down = -self.slope(a1, a2, kind, m, alpha)
        ax.quiver(a1, a2, *down / np.sqrt(np.hypot(*down) + 1e-9), angles="xy", scale=16,
                  width=0.005, color="0.4")  # fmt: skip
        ax.plot(*path.T, ".-", color=figures.OKABE_ITO[1], ms=5, lw=1, markevery=4)
        ax.plot(*path[0], "s", color=figures.OKABE_ITO[1], mec="black", ms=7)
        ax.quiver(*path[0], *-self.slope(*path[0], kind, m, alpha), angles="xy", scale_units="xy",
                  scale=1, width=0.012, zorder=4)  # fmt: skip
        ax.set(xlim=(-2, 2), ylim=(-2, 2), xticks=(-1, 0, 1), yticks=(-1, 0, 1))
        figures.finish(ax, "yellow-orange: loss 0; arrow: downhill here", "output b₁", "output b₂")
        figures.pin(ax)


def _as_text(place):
    return "({:.2f}, {:.2f})".format(*np.round(place, 2) + 0.0)  # + 0.0: no -0.00
