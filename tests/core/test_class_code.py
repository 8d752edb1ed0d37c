"""The class code: a classifier whose answer is stored as a code, and whose features are vectors."""

import numpy as np
import pytest
import torch

from dshlib.hashers.class_code import ClassCode

EPOCHS = 5


@pytest.fixture(scope="module")
def fitted(first_images):
    small = first_images(1000).database
    return ClassCode(epochs=EPOCHS).fit(small.images, 10 * small.labels + 3)


@pytest.fixture(scope="module")
def images(classroom):
    return classroom.queries.images


def test_most_queries_get_their_class_in_the_labels_that_were_given(fitted, classroom, images):
    accuracy = np.mean(fitted.predict(images) == 10 * classroom.queries.labels + 3)
    assert accuracy > 0.7


def test_the_code_is_the_number_of_the_predicted_class(fitted, images):
    codes = fitted.encode(images)
    assert codes.shape == (1000, 4) and codes.dtype == bool
    assert np.array_equal(10 * (codes @ [1, 2, 4, 8]) + 3, fitted.predict(images))


def test_features_are_what_the_last_layer_sees(fitted, images):
    features = fitted.transform(images[:50])
    last = fitted.network_[-1]
    with torch.inference_mode():
        outputs = last(torch.from_numpy(features)).numpy()
    assert features.shape == (50, last.in_features)
    np.testing.assert_allclose(outputs, fitted.outputs(images[:50]), atol=0.1)  # bfloat16


def test_a_network_without_a_last_layer_has_no_features(first_images):
    class Whole(torch.nn.Module):
        def __init__(self, n_outputs):
            super().__init__()
            self.layer = torch.nn.Linear(784, n_outputs)

        def forward(self, images):
            return self.layer(images.flatten(1))

    small = first_images(100).database
    hasher = ClassCode(epochs=1, network=Whole).fit(small.images, small.labels)
    with pytest.raises(TypeError, match="network must make a torch.nn.Sequential"):
        hasher.transform(small.images)


def test_the_loss_is_the_cross_entropy_of_the_classes(first_images):
    small = first_images(300).database
    start = ClassCode(epochs=1, lr=1e-9).fit(small.images, small.labels).history_[0]["loss"]
    assert start == pytest.approx(np.log(10), abs=0.3)  # untrained: all classes alike


def test_the_same_seed_gives_the_same_features_and_another_seed_others(first_images):
    small = first_images(100).database
    first, again, other = (
        ClassCode(epochs=1, seed=seed).fit(small.images, small.labels).transform(small.images)
        for seed in (0, 0, 1)
    )
    assert np.array_equal(first, again)
    assert not np.allclose(first, other)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [({"n_bits": 3}, "n_bits=3 cannot number 10 classes"), ({"epochs": 0}, "epochs"),
     ({"network": "huge"}, "network='huge'")],
)  # fmt: skip
def test_parameters_that_cannot_be_are_named(parameters, message, first_images):
    small = first_images(100).database
    with pytest.raises(ValueError, match=message):
        ClassCode(**parameters).fit(small.images, small.labels)
