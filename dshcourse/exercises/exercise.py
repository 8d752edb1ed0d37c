"""What an exercise is, and how an answer is told from the mistakes that people make."""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

LONGEST = 24  # entries of an array that a message shows


@dataclass(frozen=True)
class Exercise:
    """What is asked: the right answer, inputs to try, and mistakes as {hint: wrong answer}.

    Parameters: reference, the function that is wanted; inputs, tuples of arguments, which the
    notebook does not show; mistakes, known wrong answers by the hint that helps with each. Of an
    exercise that asks to find a bug, the first mistake is the bug. trial, a function of an answer
    and of inputs, returns what is compared: by default what the answer returns, but where an answer
    changes a thing, what became of it.
    """

    reference: Callable
    inputs: tuple
    mistakes: dict
    trial: Callable = lambda answer, *inputs: answer(*inputs)

    def outcome(self, answer, inputs):
        """What is compared of an answer that is tried on copies of these inputs."""
        return self.trial(answer, *copy.deepcopy(inputs))


def problem_of(task, answer):
    """What is wrong with `answer`, a function, as a solution of `task`; None if nothing is."""
    for inputs in task.inputs:
        wanted = task.outcome(task.reference, inputs)
        try:
            got = task.outcome(answer, inputs)
        except Exception as error:  # whatever a student's function may raise is worth a hint
            return (
                _matching_hint(task, inputs, error) or f"it raised {error!r} for {_as_text(inputs)}"
            )
        if got is None or got is ...:
            return "it returns nothing yet: replace the ... and return the result"
        if not _same(got, wanted):
            mismatch = (
                f"it gives {_as_text([got])}, expected {_as_text([wanted])}, for {_as_text(inputs)}"
            )
            return _matching_hint(task, inputs, got) or mismatch
    return None


def _matching_hint(task, inputs, got):
    for text, wrong in task.mistakes.items():
        try:
            result = task.outcome(wrong, inputs)
        except Exception as error:
            result = error
        if _same(got, result):
            return text
    return None


def _same(a, b):
    """Equal kind, shape and values (to rounding)."""
    if isinstance(a, Exception) or isinstance(b, Exception):
        return type(a) is type(b)
    try:
        a, b = np.asarray(a), np.asarray(b)
    except (RuntimeError, TypeError, ValueError):  # no array: lists of unequal lengths, say
        return False
    kinds = {a.dtype.kind, b.dtype.kind}
    if a.shape != b.shape or (a.dtype == bool) != (b.dtype == bool) or not kinds <= set("buifcU"):
        return False
    if "U" in kinds:
        return bool((a == b).all())
    return bool(np.allclose(a, b, rtol=1e-9, atol=1e-12, equal_nan=True))


def _as_text(values):
    """The values, separated by commas: plain numbers, and of a long array only its shape."""
    return ", ".join(map(_value_as_text, values))


def _value_as_text(value):
    shape = tuple(getattr(value, "shape", ()))
    if math.prod(shape) > LONGEST:
        return f"array of shape {shape}"
    return repr(value.item() if isinstance(value, np.generic) else value)
