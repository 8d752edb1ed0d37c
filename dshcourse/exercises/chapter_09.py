"""Exercises of chapter 09, training DSH."""

import numpy as np

from dshcourse.exercises.exercise import Exercise

_NAN = float("nan")
_COIN = 2.42


def _push(labels, m, itself=0):
    n, size = len(labels), np.bincount(labels)
    similar = (size * (size - 1 + itself)).sum() / (n * (n - 1 + itself))
    return (1 - similar) * m / 2


def _cosine(a, b, s):
    return b + (a - b) / 2 * (1 + np.cos(np.pi * s))


def _rate(step, n_steps, peak, start=1 / 25, end=1 / 250000, top=0.3, first=1, shape=_cosine):
    top = top * n_steps - first
    if step <= top:
        return shape(start * peak, peak, step / top)
    return _cosine(peak, end * peak, (step - top) / (n_steps - 1 - top))


def _line(a, b, s):
    return a + (b - a) * s


def _diagnose(loss, gap, coin_loss, at=-1, finite=np.isfinite, floor=0.9):
    if not finite(loss[at]) or loss[at] > loss[0]:
        return "diverged"
    if loss[at] > 0.7 * loss[0]:
        return "slow"
    if gap[at] < 0.1:
        return "frozen"
    if gap[at] > 2:
        return "margin"
    return "labels" if loss[at] > floor * coin_loss else "healthy"


def _labels_first(loss, gap, coin_loss):
    got = _diagnose(loss, gap, coin_loss)
    late = got in ("frozen", "margin") and loss[-1] > 0.9 * coin_loss
    return "labels" if late else got


def _slow_last(loss, gap, coin_loss):
    got = _diagnose(loss, gap, coin_loss)
    return "labels" if got == "slow" and loss[-1] > 0.9 * coin_loss else got


def _rows(order, batch_size):
    return order[: len(order) - len(order) % batch_size].reshape(-1, batch_size)


def _shuffled_within(n, batch_size, rng):
    return rng.permuted(_rows(np.arange(n), batch_size), axis=1)


EXERCISES = {
    "loss_of_zeros": Exercise(
        reference=lambda labels, k, m, alpha: _push(labels, m) + 2 * alpha * k,
        inputs=(
            (np.array([0, 0, 1, 1, 1, 3]), 12, 24, 0.01),
            (np.array([2, 0, 2, 1, 2]), 8, 10, 0.5),
            (np.array([1, 0, 1, 1]), 4, 6.5, 0.1),
        ),
        mistakes={
            "the regularizer acts as well: an output of 0 is 1 away from ±1":
                lambda labels, k, m, alpha: _push(labels, m),
            "both images of a pair pay the regularizer, which has no factor of one half":
                lambda labels, k, m, alpha: _push(labels, m) + alpha * k,
            "the regularizer is a sum over the k outputs, not their mean":
                lambda labels, k, m, alpha: _push(labels, m) + 2 * alpha,
            "equation 5 has a factor of one half in front of the push":
                lambda labels, k, m, alpha: 2 * _push(labels, m) + 2 * alpha * k,
            "at distance 0 the dissimilar pairs pay, not the similar ones":
                lambda labels, k, m, alpha: m / 2 - _push(labels, m) + 2 * alpha * k,
            "a similar pair pays nothing at distance 0: only part of the pairs pay m / 2":
                lambda labels, k, m, alpha: m / 2 + 2 * alpha * k,
            "no image forms a pair with itself: s images of a class form s (s - 1) / 2 pairs":
                lambda labels, k, m, alpha: _push(labels, m, itself=1) + 2 * alpha * k,
            "classes differ in size, so one in so many classes is not the share: count the images":
                lambda labels, k, m, alpha:
                    (1 - 1 / len(np.unique(labels))) * m / 2 + 2 * alpha * k,
            "m counts squared distance already: do not square it":
                lambda labels, k, m, alpha: _push(labels, m**2) + 2 * alpha * k,
            "average over the pairs, do not add them up":
                lambda labels, k, m, alpha: (_push(labels, m) + 2 * alpha * k)
                    * len(labels) * (len(labels) - 1) / 2,
        },
    ),
    "learning_rate": Exercise(
        reference=_rate,
        inputs=((50, 720, 0.003), (100, 720, 0.003), (500, 720, 0.003), (719, 720, 0.003),
                (0, 100, 1.0), (60, 100, 1.0)),
        mistakes={
            "the rise is half a cosine, too, not a straight line":
                lambda step, n_steps, peak: _rate(step, n_steps, peak, shape=_line),
            "the rise starts at peak / 25, not at 0":
                lambda step, n_steps, peak: _rate(step, n_steps, peak, start=0),
            "there is a rise first: the peak is at step 0.3 T - 1, not at step 0":
                lambda step, n_steps, peak:
                    _cosine(peak, peak / 250000, step / (n_steps - 1)),
            "the fall goes far below the start: down to peak / 250000":
                lambda step, n_steps, peak: _rate(step, n_steps, peak, end=1 / 25),
            "at the end the rate is peak / 250000, not exactly 0":
                lambda step, n_steps, peak: _rate(step, n_steps, peak, end=0),
            "steps count from 0, so the peak is at 0.3 T - 1":
                lambda step, n_steps, peak: _rate(step, n_steps, peak, first=0),
            "the peak comes after three tenths of the steps, not half way":
                lambda step, n_steps, peak: _rate(step, n_steps, peak, top=0.5),
            "np.cos takes radians: π s, not 180 s":
                lambda step, n_steps, peak: _rate(step, n_steps, peak,
                    shape=lambda a, b, s: b + (a - b) / 2 * (1 + np.cos(180 * s))),
        },
    ),
    "diagnose": Exercise(
        reference=_diagnose,
        inputs=(
            ([4.0, 1.4, 1.1], [0.8, 0.7, 0.6], _COIN), ([3.0, 1.5, 1.0], [0.8, 6.0, 0.5], _COIN),
            ([9.0, _NAN], [0.8, 0.7], _COIN), ([1.0, 30.0, 0.6], [0.7, 9.0, 0.4], _COIN),
            ([60.0, 50.0, 28.0], [0.2, 0.1, 0.03], _COIN), ([56.0, 17.0], [3.5, 4.2], _COIN),
            ([4.2, 2.4, 2.3], [0.7, 0.6, 0.6], _COIN), ([1.2, 3.0, 1.3], [0.7, 2.5, 0.6], _COIN),
            ([3.0, 1.0, 0.9], [0.3, 0.04, 0.5], _COIN), ([10.1, 9.3, 8.7], [0.6, 0.6, 0.5], _COIN),
        ),
        mistakes={
            "no comparison with NaN is true: ask np.isfinite first": lambda loss, gap, coin_loss:
                _diagnose(loss, gap, coin_loss, finite=lambda _: True),
            "test in the order of the text: a frozen run may have a large loss as well":
                _labels_first,
            "a loss that hardly falls is the learning rate's, whatever the labels: test slow first":
                _slow_last,
            "look at the last value, not at the first": lambda loss, gap, coin_loss:
                _diagnose(loss, gap, coin_loss, at=0),
            "compare the last loss with 0.9 of the coin loss, not with all of it":
                lambda loss, gap, coin_loss: _diagnose(loss, gap, coin_loss, floor=1),
            "the largest loss of a run may lie on the way: compare the last one":
                lambda loss, gap, coin_loss:
                    "diverged" if max(loss) > loss[0] else _diagnose(loss, gap, coin_loss),
            "a mean over the run hides the end: take the last value": lambda loss, gap, coin_loss:
                _diagnose([loss[0], np.mean(loss)], [np.mean(gap)], coin_loss),
            "the gap is to be small at the end, not at some time": lambda loss, gap, coin_loss:
                "frozen" if min(gap) < 0.1 and loss[-1] <= loss[0]
                else _diagnose(loss, gap, coin_loss),
        },
    ),
    "epoch_batches": Exercise(
        reference=lambda n, batch_size, rng: _rows(rng.permutation(n), batch_size),
        inputs=((12, 4, np.random.default_rng(0)), (11, 3, np.random.default_rng(1)),
                (10, 5, np.random.default_rng(2))),
        mistakes={
            "print the result: the images still come in the order in which they are stored":
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
        },
    ),
}  # fmt: skip
