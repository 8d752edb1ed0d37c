"""Origin: the demo of chapter 04 against sectors counted by angles."""

import itertools

import numpy as np
import pytest

from dshcourse.demos.origin import CENTRE, LINES, N_POINTS, Origin
from dshcourse.figures.base import as_svg

demo = Origin()
STEPS = (0, 25, 50, 75, 100)
SETTINGS = list(itertools.product(STEPS, LINES))


def sectors(moved, lines):
    """The sector of each point: how many half-lines one passes on the way round to it, (300,)."""
    v, r = (demo.points - demo.origin(moved)) @ [1, 1j], demo.normals[:lines] @ [1, 1j]
    borders = np.sort(np.angle(np.concatenate([1j * r, -1j * r])))
    return np.searchsorted(borders, np.angle(v)) % len(borders)


def test_cloud_lies_in_the_positive_corner_and_the_origin_walks_to_its_mean():
    assert demo.points.shape == (N_POINTS, 2)
    assert demo.points.min() > 0
    assert demo.origin(0) == pytest.approx([0, 0])
    assert demo.origin(50) == pytest.approx(demo.points.sum(axis=0) / (2 * N_POINTS))
    assert demo.origin(100) == pytest.approx(CENTRE, abs=0.2)


@pytest.mark.parametrize(("moved", "lines"), SETTINGS)
def test_points_share_a_bucket_if_no_line_runs_between_them(moved, lines):
    keys, sector = demo.keys(moved, lines), sectors(moved, lines)
    assert ((keys[:, None] == keys) == (sector[:, None] == sector)).all()
    sizes = np.bincount(keys)
    assert sizes.min() > 0 and (np.diff(sizes) <= 0).all()


def test_lines_miss_the_cloud_from_afar_and_cut_it_from_its_middle():
    for lines in LINES:
        in_use = [len(np.unique(demo.keys(moved, lines))) for moved in STEPS]
        largest = [np.bincount(demo.keys(moved, lines)).max() for moved in STEPS]
        assert in_use == sorted(in_use) and largest == sorted(largest, reverse=True)
        assert in_use[-1] == 2 * lines  # as many sectors as half-lines
    assert len(np.unique(demo.keys(0, 1))) == 1


def test_each_setting_has_its_own_picture_with_its_numbers_in_words():
    pictures = set()
    for moved, lines in SETTINGS:
        fig, alt = demo(moved=moved, lines=lines)
        pictures.add(as_svg(fig, fig.bbox_inches))
        sizes = sorted(np.bincount(sectors(moved, lines)), reverse=True)
        sizes = [size for size in sizes if size]
        assert alt.startswith(f"Origin moved by {moved}%, {lines} line")
        assert f"{len(sizes)} code" in alt
        assert f"the largest bucket holds {sizes[0]} of 300 points" in alt
        assert alt.endswith(f"Points per bucket: {', '.join(map(str, sizes))}.")
    assert len(pictures) == len(SETTINGS) == 20
