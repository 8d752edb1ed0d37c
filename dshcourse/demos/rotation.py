"""Turn the plane of the first two PCA directions and watch the quantisation error. Chapter 06."""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.decomposition import PCA

from dshcourse import figures
from dshcourse.demos.widget import Demo
from dshlib.data import CLASS_NAMES
from dshlib.hashers.itq import best_rotation, nearest_corners

SUBSETS = {
    "all classes": CLASS_NAMES,
    "trousers and sneakers": ("Trouser", "Sneaker"),
    "sandals and bags": ("Sandal", "Bag"),
    "trousers, pullovers and sneakers": ("Trouser", "Pullover", "Sneaker"),
}
CORNERS = np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)])  # the four codes of two bits
N_POINTS, N_ARROWS = 300, 25  # are drawn; errors are those of all images
ITERATIONS = 50


class Rotation(Demo):
    """Two bits of PCA, turned by hand: points, their corners, the error. Chapter 06.

    Parameters: dataset; features, those of its database images, (n, d).
    Data, for all classes and for three choices of them: planes, coordinates of the images on
    their first two PCA directions, (n, 2), scaled to mean square 1; curves, quantisation error
    per entry at 0, 1, …, 89 degrees, (90,); stops, degrees modulo 90 at which ITQ ends from 0.
    """

    height = "400px"

    def __init__(self, dataset, features):
        self.planes, self.curves, self.stops = {}, {}, {}
        for name, classes in SUBSETS.items():
            wanted = [CLASS_NAMES.index(one) for one in classes]
            mine = features[np.isin(dataset.database.labels, wanted)]
            V = PCA(2, svd_solver="covariance_eigh").fit_transform(mine)
            self.planes[name] = V = V / np.sqrt(np.mean(V**2))
            self.curves[name] = np.array([_error(V @ _turn(angle)) for angle in range(90)])
            self.stops[name] = _where_itq_stops(V)
        self.choices = {
            "points": ("images", list(SUBSETS), "all classes"),
            "angle": ("rotation θ", list(range(0, 90, 3)), 0),
        }

    def turned(self, points, angle):
        """Coordinates of the images, turned clockwise by `angle` degrees, (n, 2)."""
        return self.planes[points] @ _turn(angle)

    def shares(self, points, angle):
        """Share of the images with each of the four codes, in the order of CORNERS, (4,)."""
        bits = self.turned(points, angle) > 0
        return np.array([np.mean((bits == (corner > 0)).all(axis=1)) for corner in CORNERS])

    def draw(self, points, angle):
        """The turned points with arrows to their corners, and the error at every angle."""
        curve, stop = self.curves[points], self.stops[points]
        shares = self.shares(points, angle)
        fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.9), gridspec_kw={"wspace": 0.3})
        _draw_plane(left, self.turned(points, angle), shares)
        right.plot(curve, color=figures.OKABE_ITO[0])
        right.plot(angle, curve[angle], "ko", ms=10)
        right.axvline(stop, color="black", ls="--")
        figures.finish(right, "●: here, dashed: where ITQ stops", "rotation θ in degrees",
                       "quantisation error per entry")  # fmt: skip
        right.set_xticks((0, 30, 60, 90))
        right.locator_params("y", nbins=4)
        figures.pin(right, left=0.16)
        message = (
            f"{points}, turned clockwise by {angle}°: error {curve[angle]:.3f}; ITQ from 0° stops "
            f"at {stop:.0f}°, the minimum is {curve.min():.3f} at {curve.argmin()}°"
        )
        fig.suptitle(message.replace("; ", "\n"), y=1.08)
        summary = ", ".join(
            f"({a:+d}, {b:+d}) {share:.0%}" for (a, b), share in zip(CORNERS, shares, strict=True)
        )
        return fig, f"{message}. Share of the images with each code: {summary}."


def _draw_plane(ax, P, shares):
    B = np.where(P > 0, 1, -1)
    for index, (corner, share) in enumerate(zip(CORNERS, shares, strict=True)):
        mine, look = (B[:N_POINTS] == corner).all(axis=1), figures.style(index)
        ax.plot(*P[:N_POINTS][mine].T, look["marker"], color=look["color"], ms=3, alpha=0.5)
        ax.plot(*corner, look["marker"], color=look["color"], ms=13, mec="black")
        ax.text(*(2.4 * corner), f"{share:.0%}", ha="center", va="center", fontsize=12)
    ax.quiver(*P[:N_ARROWS].T, *(B - P)[:N_ARROWS].T, angles="xy", scale_units="xy", scale=1,
              width=0.004)  # fmt: skip
    ax.axhline(0, color="black", lw=1)
    ax.axvline(0, color="black", lw=1)
    ax.set(xlim=(-3, 3), ylim=(-3, 3), aspect="equal", xlabel="bit 0", ylabel="bit 1",
           xticks=(-1, 0, 1), yticks=(-1, 0, 1))  # fmt: skip
    figures.pin(ax)


def _turn(degrees):
    """R for which rows V R are turned clockwise: (2, 2)."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, -s], [s, c]])


def _error(P):
    return np.mean((np.where(P > 0, 1, -1) - P) ** 2)


def _where_itq_stops(V):
    """Degrees, modulo 90, of the rotation that ITQ's two steps reach from the PCA axes."""
    R = np.eye(2)
    for _ in range(ITERATIONS):
        B, _ = nearest_corners(V, R)
        R = best_rotation(B, V)
    return np.degrees(np.arctan2(R[1, 0], R[0, 0])) % 90
