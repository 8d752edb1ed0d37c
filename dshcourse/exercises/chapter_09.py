"""Exercises of chapter 09, training DSH."""

from dataclasses import dataclass

import numpy as np

from dshcourse.exercises.exercise import Exercise


def _training_step(network, optimizer, loss_of, images, labels):
    optimizer.zero_grad()
    loss = loss_of(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


def _never_zeroed(network, optimizer, loss_of, images, labels):
    loss = loss_of(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


def _zeroed_before_the_step(network, optimizer, loss_of, images, labels):
    loss = loss_of(network(images), labels)
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    return loss.item()


def _step_before_backward(network, optimizer, loss_of, images, labels):
    loss = loss_of(network(images), labels)
    optimizer.step()
    loss.backward()
    return loss.item()


def _returns_a_tensor(network, optimizer, loss_of, images, labels):
    loss = loss_of(network(images), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


def _loss_after_the_step(network, optimizer, loss_of, images, labels):
    _training_step(network, optimizer, loss_of, images, labels)
    return loss_of(network(images), labels).item()


def _in_evaluation_mode(network, optimizer, loss_of, images, labels):
    return _training_step(network.eval(), optimizer, loss_of, images, labels)


def _averaged_again(network, optimizer, loss_of, images, labels):
    return _training_step(
        network, optimizer, lambda b, y: loss_of(b, y) / len(images), images, labels
    )


def _image_by_image(network, optimizer, loss_of, images, labels):
    for _ in images:
        loss = _training_step(network, optimizer, loss_of, images, labels)
    return loss


@dataclass(frozen=True)
class _Calls:
    """Three calls of a training step, on a batch of so many images; a network of so many bits."""

    n_images: int
    n_bits: int

    def __repr__(self):
        return (
            f"three calls on {self.n_images} images (their losses, the loss afterwards, "
            "1 if they are numbers)"
        )


def _three_steps(answer, calls):
    """What three calls of a training step return, and what they make of a tiny network."""
    import torch  # here: other exercises start without it
    from torch import nn

    from dshlib.loss import all_pairs_loss

    def loss_of(b, labels):
        return all_pairs_loss(b, labels, 2 * calls.n_bits, 0.01)

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(calls.n_images)
        layers = nn.Flatten(), nn.Linear(16, 8), nn.BatchNorm1d(8), nn.Linear(8, calls.n_bits)
        network = nn.Sequential(*layers)
        images = torch.randn(calls.n_images, 1, 4, 4)
    labels = torch.arange(calls.n_images) % 3
    optimizer = torch.optim.SGD(network.parameters(), lr=0.02)
    losses = [answer(network, optimizer, loss_of, images, labels) for _ in range(3)]
    if any(loss is None or loss is ... for loss in losses):
        return None
    afterwards = loss_of(network.train()(images), labels)
    values = [torch.as_tensor(value).detach().item() for value in (*losses, afterwards)]
    return [*values, not any(torch.is_tensor(loss) for loss in losses)]


_CAUSES = {"A": "learning rate", "B": "margin", "C": "alpha", "D": "labels", "E": "healthy"}
_WOULD = {
    "learning rate": "tiny steps would leave the gap about where it began",
    "margin": "a margin that is too large would drive the gap far above 1",
    "alpha": "a large α would hold all outputs at ±1, so the gap would fall to 0",
    "labels": "shuffled labels would keep the loss at that of coin tosses",
    "healthy": "a healthy run ends with the best score, and far below the loss of coin tosses",
}


def _misled(letter, cause):
    return lambda run: (_CAUSES | {letter: cause})[run]


def _rows(order, batch_size):
    return order[: len(order) - len(order) % batch_size].reshape(-1, batch_size)


def _shuffled_within(n, batch_size, rng):
    return rng.permuted(_rows(np.arange(n), batch_size), axis=1)


EXERCISES = {
    "training_step": Exercise(
        reference=_training_step,
        inputs=((_Calls(8, 4),), (_Calls(12, 6),)),
        trial=_three_steps,
        mistakes={
            "gradients add up from call to call: set them to zero in every step":
                _never_zeroed,
            "the weights do not move: first backward, then step, and no zero_grad in between":
                _zeroed_before_the_step,
            "backward failed: it needs the graph of this loss, before step moves the weights":
                _step_before_backward,
            "return a Python number, loss.item(): a tensor keeps its whole graph in memory":
                _returns_a_tensor,
            "return the loss that you differentiated, not one computed after the step":
                _loss_after_the_step,
            "leave the network in training mode: batch norm then uses the mean of the batch":
                _in_evaluation_mode,
            "loss_of is a mean over the pairs already: do not divide it again": _averaged_again,
            "one call makes one step: the batch is not passed image by image": _image_by_image,
        },
    ),
    "diagnosis": Exercise(
        reference=lambda run: _CAUSES[run],
        inputs=tuple((letter,) for letter in _CAUSES),
        mistakes={
            f"run {letter} is no case of {wrong!r}: {would}": _misled(letter, wrong)
            for letter, right in _CAUSES.items()
            for wrong, would in _WOULD.items()
            if wrong != right
        },
    ),
    "epoch_batches": Exercise(
        reference=lambda n, batch_size, rng: _rows(rng.permutation(n), batch_size),
        inputs=((12, 4, np.random.default_rng(0)), (11, 3, np.random.default_rng(1)),
                (10, 5, np.random.default_rng(2))),
        mistakes={
            "an epoch of these batches would still end with one code: print a few batches":
                lambda n, batch_size, rng: _rows(np.arange(n), batch_size),
            "an image must come once an epoch: rng.integers draws some twice":
                lambda n, batch_size, rng: _rows(rng.integers(n, size=n), batch_size),
            "shuffling inside each batch leaves its images together: shuffle before you cut":
                _shuffled_within,
            "you shuffle the batches, but each still holds neighbours: shuffle the images":
                lambda n, batch_size, rng: rng.permutation(_rows(np.arange(n), batch_size)),
            "a new generator inside gives the same order in every epoch: use rng":
                lambda n, batch_size, rng:
                    _rows(np.random.default_rng(0).permutation(n), batch_size),
            "the last image is lost: order[0:-1] stops before it":
                lambda n, batch_size, rng: _rows(rng.permutation(n)[0:-1], batch_size),
            "the same last images are left out in every epoch: shuffle all n, then cut":
                lambda n, batch_size, rng: _rows(rng.permutation(n - n % batch_size), batch_size),
        },
    ),
}  # fmt: skip
