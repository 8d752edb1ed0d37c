"""Rotation: the demo of chapter 06 against the plane as complex numbers and a plain SVD."""

import re

import numpy as np
import pytest

from dshcourse.demos.rotation import CORNERS, SUBSETS, Rotation
from dshcourse.figures.base import as_svg
from dshlib.data import CLASS_NAMES

subsets = pytest.mark.parametrize("points", SUBSETS)


@pytest.fixture(scope="module")
def demo(classroom, database_hog):
    return Rotation(classroom, database_hog.astype(float))


def as_complex(demo, points, angle=0):
    """The plane as complex numbers; a turn of the axes by θ is a factor e^(-iθ)."""
    return demo.planes[points] @ [1, 1j] * np.exp(-1j * np.radians(angle))


@subsets
def test_plane_holds_the_first_two_directions_of_the_images_of_these_classes(
    points, demo, classroom, database_hog
):
    names = np.array(CLASS_NAMES)[classroom.database.labels]
    X = database_hog[[name in SUBSETS[points] for name in names]].astype(float)
    U, S, _ = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)
    expected = U[:, :2] * S[:2] / np.sqrt((S[:2] ** 2).sum() / (2 * len(X)))
    plane = demo.planes[points]
    np.testing.assert_allclose(np.abs(plane), np.abs(expected), atol=1e-9)
    assert np.mean(plane**2) == pytest.approx(1)


def test_points_turn_clockwise(demo):
    v, turned = (as_complex(demo, "all classes"), demo.turned("all classes", 30) @ [1, 1j])
    np.testing.assert_allclose(np.degrees(np.angle(turned / v)), -30)


@subsets
def test_turned_points_shares_and_errors_at_each_angle(points, demo):
    for angle in range(90):
        v = as_complex(demo, points, angle)
        np.testing.assert_allclose(demo.turned(points, angle) @ [1, 1j], v, atol=1e-12)
        taken = np.abs(v.real).sum() + np.abs(v.imag).sum()
        error = (2 * len(v) + (np.abs(v) ** 2).sum() - 2 * taken) / (2 * len(v))
        assert demo.curves[points][angle] == pytest.approx(error)
        quadrant = (np.degrees(np.angle(v)) % 360 // 90).astype(int)
        np.testing.assert_allclose(
            demo.shares(points, angle), np.bincount(quadrant, minlength=4) / len(v)
        )


@subsets
def test_itq_stops_where_its_two_steps_by_complex_numbers_do(points, demo):
    v, theta = as_complex(demo, points), 0.0
    for _ in range(50):
        turned = v * np.exp(-1j * theta)
        b = np.where(turned.real > 0, 1, -1) + 1j * np.where(turned.imag > 0, 1, -1)
        theta = np.angle(np.sum(b.conj() * v))
    assert demo.stops[points] == pytest.approx(np.degrees(theta) % 90)
    stop, curve = round(demo.stops[points]) % 90, demo.curves[points]
    assert curve[stop] <= curve[0]
    assert curve[stop] <= min(curve[stop - 3], curve[(stop + 3) % 90])


def test_itq_misses_the_lowest_error_only_where_the_chapter_says(demo):
    missed = {
        name: demo.curves[name][round(stop) % 90] - demo.curves[name].min() > 0.01
        for name, stop in demo.stops.items()
    }
    assert [name for name, late in missed.items() if late] == ["trousers, pullovers and sneakers"]


@pytest.mark.parametrize("choice", ["points", "angle"])
def test_each_value_has_its_own_picture_with_its_numbers_in_words(choice, demo):
    _, values, _ = demo.choices[choice]
    pictures = set()
    for value in values:
        setting = {"points": "all classes", "angle": 0} | {choice: value}
        fig, alt = demo(**{choice: value})
        pictures.add(as_svg(fig, fig.bbox_inches))
        curve = demo.curves[setting["points"]]
        assert f"{setting['points']}, turned clockwise by {setting['angle']}°" in alt
        assert f"error {curve[setting['angle']]:.3f};" in alt
        assert f"the minimum is {curve.min():.3f} at {curve.argmin()}°" in alt
        told = re.findall(r"\(([+-]1), ([+-]1)\) (\d+)%", alt)
        assert [(int(a), int(b)) for a, b, _ in told] == [tuple(c) for c in CORNERS]
        shares = 100 * demo.shares(**setting)
        assert [int(share) for *_, share in told] == pytest.approx(shares, abs=0.51)
    assert len(pictures) == len(values)
