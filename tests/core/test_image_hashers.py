"""What all hashers that train a network have in common: DSH, CNNH and the class code."""

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from dshlib import data, training
from dshlib.hashers.class_code import ClassCode
from dshlib.hashers.cnnh import CNNH
from dshlib.hashers.dsh import DSH

DATABASE = data.load("classroom").database
IMAGES, LABELS = DATABASE.images[:202], DATABASE.labels[:202]  # batches of 100, 100 and 2
OWN = {  # parameters that only one of them has, as a test gives them
    DSH: {
        "margin": None,
        "alpha": np.float32(0.02),
        "pairs": "siamese",
    },
    CNNH: {"n_sweeps": np.int64(1)},
    ClassCode: {},
}


def turned(images):
    """A batch with about half of its images upside down, as torch's own generator decides."""
    chosen = torch.rand(len(images)) < 0.5
    return torch.where(chosen[:, None, None, None], images.flip(2), images)


pytestmark = pytest.mark.parametrize("kind", OWN)


def test_fit_leaves_the_global_random_states_alone(kind):
    torch.manual_seed(7)
    np.random.seed(7)
    kind(8, epochs=1, **OWN[kind]).fit(IMAGES, LABELS).encode(IMAGES)
    drawn = float(torch.rand(1)), np.random.random()
    torch.manual_seed(7)
    np.random.seed(7)
    assert drawn == (float(torch.rand(1)), np.random.random())


def test_parameters_stay_as_given(kind):
    given = OWN[kind] | {
        "n_bits": np.int64(8), "epochs": 1, "lr": np.float32(0.001), "batch_size": 50,
        "network": "paper", "seed": np.int64(4), "progress": False, "n_threads": np.int64(1),
        "augment": turned, "augment_share": 0.5, "device": "cpu",
    }  # fmt: skip
    hasher = kind(**given)
    copy = clone(hasher.fit(IMAGES, LABELS))
    for estimator in (hasher, copy):
        assert estimator.get_params() == given
    assert all(getattr(hasher, name) is value for name, value in given.items())
    assert not hasattr(copy, "network_")


SCALES = {
    "0 to 255": IMAGES,
    "0 to 1": IMAGES / 255,
    "0 and 1": (IMAGES > 127).astype(np.uint8),
    "-1 to 1": IMAGES / 127.5 - 1,
    "standardised": ((IMAGES - IMAGES.mean()) / IMAGES.std()).astype(np.float32),
}
UNITS = ("0 to 1", "0 and 1")  # these two are one scale


@pytest.mark.parametrize("trained_on", SCALES)
def test_grey_values_of_another_scale_than_in_training_are_refused(kind, trained_on):
    hasher = kind(8, epochs=1).fit(SCALES[trained_on], LABELS)
    allowed, others = {trained_on}, {"0 to 255"}
    if trained_on in UNITS:
        allowed, others = set(UNITS), {"0 to 255", "-1 to 1", "standardised"}
    if trained_on == "0 to 255":
        others = set(SCALES) - allowed
    for scale in allowed:
        hasher.encode(SCALES[scale])
    for scale in others:
        with pytest.raises(ValueError, match="X has grey values from .*, but fit saw .*one scale"):
            hasher.encode(SCALES[scale])


@pytest.mark.filterwarnings("error")
def test_images_of_the_scale_of_training_are_encoded_without_a_word(kind, classroom):
    hasher = kind(8, epochs=1).fit(IMAGES, LABELS)
    queries = classroom.queries.images
    black, white = IMAGES[:1] * 0, IMAGES[:1] * 0 + 255
    half_black = np.concatenate([black, IMAGES[:1]])
    faint = 255 - IMAGES // 40
    for images in (queries, queries[:1], IMAGES * 1.0, IMAGES // 16, faint, black, white,
                   np.repeat(black, 9, axis=0), half_black):  # fmt: skip
        hasher.encode(images)
    for hidden in (5, 8):
        seen = ~np.isin(LABELS, hidden)
        hasher.fit(IMAGES[seen], LABELS[seen])
        hasher.encode(queries[classroom.queries.labels == hidden])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("divisor", [1, 255])
def test_dark_and_bright_photographs_of_one_scale_are_no_two_scales(kind, divisor):
    dark, bright = IMAGES // 5 / divisor, (255 - IMAGES // 5) / divisor
    for trained_on, other in ((dark, bright), (bright, dark)):
        kind(8, epochs=1).fit(trained_on, LABELS).encode(other)


def test_one_dark_image_draws_a_warning_and_two_are_another_scale(kind):
    hasher = kind(8, epochs=1).fit(IMAGES, LABELS)
    dark = IMAGES[:2] // 100
    with pytest.warns(UserWarning, match="grey values from 0 to 2, but fit saw 0 to 255") as caught:
        hasher.encode(dark[:1])
    assert [warning.filename for warning in caught] == [__file__]
    with pytest.raises(ValueError, match="grey values from 0 to 2, but fit saw 0 to 255"):
        hasher.encode(dark)


GLOBAL_SETTINGS = {
    "float64": lambda: torch.set_default_dtype(torch.float64),
    "meta device": lambda: torch.set_default_device("meta"),
    "no gradients": lambda: torch.set_grad_enabled(False),
}


def settings():
    return torch.get_default_dtype(), torch.get_default_device(), torch.is_grad_enabled()


@pytest.fixture
def torch_as_before():
    yield
    torch.set_default_dtype(torch.float32)
    torch.set_default_device(None)
    torch.set_grad_enabled(True)


@pytest.mark.parametrize("change", GLOBAL_SETTINGS)
@pytest.mark.usefixtures("torch_as_before")
def test_global_settings_of_torch_change_no_output_and_stay_as_they_were(kind, change):
    parameters = {"epochs": 1, "augment": turned, **OWN[kind]}
    expected = kind(8, **parameters).fit(IMAGES, LABELS).outputs(IMAGES)
    GLOBAL_SETTINGS[change]()
    before = settings()
    outputs = kind(8, **parameters).fit(IMAGES, LABELS).outputs(IMAGES)
    assert settings() == before
    assert np.array_equal(outputs, expected)


def test_half_precision_images_train_as_those_of_single_precision(kind):
    images = (IMAGES / 255).astype(np.float16)
    outputs = [
        kind(8, epochs=1).fit(images.astype(dtype), LABELS).outputs(images.astype(dtype))
        for dtype in (np.float16, np.float32)
    ]
    assert len(np.unique(outputs[0].round(3), axis=0)) > 1
    assert outputs[0] == pytest.approx(outputs[1], abs=1e-3)


def test_codes_are_the_signs_of_the_outputs_or_numbers_of_the_largest(kind):
    hasher = kind(12, epochs=1).fit(IMAGES, LABELS)
    outputs, codes = hasher.outputs(IMAGES), hasher.encode(IMAGES)
    assert (outputs.dtype, codes.dtype, codes.shape) == (np.float32, bool, (202, 12))
    if kind is ClassCode:
        np.testing.assert_array_equal(codes @ 2 ** np.arange(12), outputs.argmax(axis=1))
    else:
        np.testing.assert_array_equal(codes, outputs > 0)


def test_augmentation_changes_what_is_learned_and_the_seed_decides_it(kind):
    plain, first, again, other = (
        kind(8, epochs=1, **p).fit(IMAGES, LABELS).history_[0]["loss"]
        for p in ({}, {"augment": turned}, {"augment": turned}, {"augment": turned, "seed": 1})
    )
    assert first == again and len({plain, first, other}) == 3


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"augment": "flip"}, TypeError, "augment must be None or a function; not str"),
        ({"augment_share": 1.5}, ValueError, "augment_share == 1.5, must be <= 1"),
        ({"device": "gpu"}, ValueError, "device='gpu', but it must be one of cpu, cuda, mps, auto"),
    ],
)
def test_augmentation_and_device_that_cannot_be_are_refused_by_name(
    kind, parameters, error, message
):
    with pytest.raises(error, match=f"^{message}"):
        kind(8, **parameters).fit(IMAGES, LABELS)


@pytest.mark.parametrize("name", ["colour", "8×8", "wide and low"])
def test_images_of_any_size_in_grey_and_colour_are_learned(kind, name):
    images = {
        "colour": np.stack([IMAGES, IMAGES[:, ::-1], 255 - IMAGES], axis=3),
        "8×8": IMAGES[:, 10:18, 10:18],
        "wide and low": IMAGES[:, :9],
    }[name]
    hasher = kind(8, epochs=1).fit(images, LABELS)
    assert hasher.encode(images).shape == (202, 8)
    height, width = images.shape[1:3]
    assert hasher.image_shape_ == (3 if name == "colour" else 1, height, width)


def test_each_channel_of_an_image_counts(kind):
    colour = np.stack([IMAGES, IMAGES[:, ::-1], 255 - IMAGES], axis=3)
    hasher = kind(8, epochs=1).fit(colour, LABELS)
    for channel in range(3):
        changed = colour.copy()
        changed[..., channel] //= 2
        assert not np.array_equal(hasher.outputs(changed), hasher.outputs(colour))


def test_encode_before_fit_says_so(kind):
    for method in (kind(8).encode, kind(8).outputs):
        with pytest.raises(NotFittedError, match=f"{kind.__name__} instance is not fitted yet"):
            method(IMAGES)


@pytest.mark.parametrize(("name", "wrong"), [("lr", -1), ("epochs", 0), ("batch_size", 1.5)])
def test_after_a_fit_that_raised_an_error_nothing_is_fitted(kind, name, wrong):
    hasher = kind(8, epochs=1).fit(IMAGES, LABELS).set_params(**{name: wrong})
    with pytest.raises((TypeError, ValueError), match=name):
        hasher.fit(IMAGES, LABELS)
    with pytest.raises(NotFittedError):
        hasher.encode(IMAGES)
    right = hasher.set_params(**{name: getattr(kind(8, epochs=1), name)})
    assert right.fit(IMAGES, LABELS).encode(IMAGES).shape == (len(IMAGES), 8)


def test_lists_of_images_of_several_sizes_are_refused_by_name(kind):
    with pytest.raises(ValueError, match="X must all have one shape: resize them first"):
        kind(8, epochs=1).fit([IMAGES[0], IMAGES[1][:20]], [0, 1])


def test_threads_are_as_many_as_asked_for_inside_and_as_before_outside(kind, monkeypatch):
    seen = []

    def watched(function):
        def call(*args, **kwargs):
            seen.append(torch.get_num_threads())
            return function(*args, **kwargs)

        return call

    monkeypatch.setattr(training, "train", watched(training.train))
    monkeypatch.setattr(training, "encode_outputs", watched(training.encode_outputs))
    before = torch.get_num_threads()
    for n_threads in (1, 2):
        kind(4, epochs=1, n_threads=n_threads).fit(IMAGES[:40], LABELS[:40]).encode(IMAGES[:40])
        assert torch.get_num_threads() == before
    assert seen == [1, 1, 2, 2]
