"""HOG features: the sizes of the slides, the values of scikit-image."""

import numpy as np
import pytest
from skimage.feature import hog as skimage_hog

from dshlib import features


@pytest.mark.parametrize(("cell", "n_features"), [(8, 144), (7, 324), (4, 1296)])
def test_hog_is_what_scikit_image_computes_for_one_image(cell, n_features, classroom):
    images = classroom.queries.images[:5]
    described = features.hog(images, cell)
    assert described.shape == (5, n_features) and described.dtype == np.float32
    for image, found in zip(images, described, strict=True):
        expected = skimage_hog(
            np.sqrt(image.astype(float)).round(4),
            orientations=9,
            pixels_per_cell=(cell, cell),
            cells_per_block=(2, 2),
            block_norm="L2-Hys",
        )
        assert np.array_equal(found, expected.astype(np.float32))


def test_rounded_roots_change_few_features(classroom):
    images = classroom.queries.images[:200]
    exact = [
        skimage_hog(image, pixels_per_cell=(8, 8), cells_per_block=(2, 2), transform_sqrt=True)
        for image in images
    ]
    changed = np.abs(features.hog(images) - exact) > 1e-3
    assert 0 < changed.mean() < 0.02


@pytest.mark.parametrize("side", [-np.inf, np.inf])
def test_last_digit_of_an_angle_decides_nothing(side, classroom, monkeypatch):
    images, angle = classroom.queries.images[:200], np.arctan2
    expected = features.hog(images)

    def in_the_last_digit(rows, columns):
        exact = angle(rows, columns)
        return np.where(np.asarray(rows) == 0, exact, np.nextafter(exact, side))

    monkeypatch.setattr(np, "arctan2", in_the_last_digit)
    assert features.hog(images) == pytest.approx(expected, abs=1e-6)


def test_cells_are_8_pixels_unless_told(classroom):
    images = classroom.queries.images[:2]
    assert np.array_equal(features.hog(images), features.hog(images, cell=8))


def test_no_feature_of_any_image_is_negative_and_no_image_is_left_without(database_hog):
    assert database_hog.shape == (6000, 144)
    assert database_hog.min() >= 0 and np.isfinite(database_hog).all()
    assert database_hog.any(axis=1).all()


def test_an_image_without_edges_has_no_features():
    assert not features.hog(np.full((1, 28, 28), 200, dtype=np.uint8)).any()


def test_grey_values_0_to_1_give_almost_the_features_of_0_to_255(classroom):
    images = classroom.queries.images[:200]
    changed = np.abs(features.hog(images / 255) - features.hog(images)) > 1e-3
    assert changed.mean() < 0.03


@pytest.mark.parametrize(("cell", "n_features"), [(8, 144), (7, 324)])
def test_no_images_have_no_features_of_the_same_width(cell, n_features):
    described = features.hog(np.empty((0, 28, 28), dtype=np.uint8), cell)
    assert described.shape == (0, n_features) and described.dtype == np.float32


@pytest.mark.parametrize("shape", [(28, 28), (2, 28, 28, 4), (784,), (0,), ()])
def test_images_must_be_many_and_grey_or_in_colour(shape):
    with pytest.raises(ValueError, match=r"images must be images of shape \(n, height, width\)"):
        features.hog(np.zeros(shape))


@pytest.mark.parametrize("cell", [0, -8, 15])
def test_four_cells_must_fit_into_the_image(cell):
    with pytest.raises(ValueError, match="cell"):
        features.hog(np.zeros((1, 28, 28)), cell)


def test_half_a_pixel_is_no_cell():
    with pytest.raises(TypeError, match="cell"):
        features.hog(np.zeros((1, 28, 28)), 7.5)


def test_a_list_of_images_of_several_sizes_is_refused_by_name():
    with pytest.raises(ValueError, match="images must all have one shape: resize them first"):
        features.hog([np.zeros((28, 28)), np.zeros((20, 20))])
