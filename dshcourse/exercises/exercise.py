"""What an exercise is, and how an answer is told from the mistakes that people make."""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Number

import numpy as np

LONGEST = 24  # entries of an array that a message shows
FLOAT32 = float(np.finfo(np.float32).eps)  # the relative step from a number to the next


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
        got, wanted = _result(task, answer, inputs), task.outcome(task.reference, inputs)
        if _same(got, wanted):
            continue
        if got is ... or all(_result(task, answer, others) is None for others in task.inputs):
            return "it returns nothing yet: replace the ... and return the result"
        return _matching_hint(task, inputs, got) or _in_words(got, wanted, inputs)
    return None


def _result(task, answer, inputs):
    """What is compared of an answer, or the error that it raised."""
    try:
        return task.outcome(answer, inputs)
    except Exception as error:  # whatever a student's function may raise is worth a hint
        return error


def _matching_hint(task, inputs, got):
    for text, wrong in task.mistakes.items():
        if _same(got, _result(task, wrong, inputs)):
            return text
    return None


def _in_words(got, wanted, inputs):
    if isinstance(got, Exception):
        return f"it raised {got!r} for {_as_text(inputs)}"
    return f"it gives {_as_text([got])}, expected {_as_text([wanted])}, for {_as_text(inputs)}"


def _same(got, wanted):
    """Equal shape and values, as far as the numbers of `got` go. True is 1, but 1 is not True."""
    if got is None or isinstance(got, Exception) or isinstance(wanted, Exception):
        return type(got) is type(wanted)
    try:
        (a, step), (b, _) = _as_array(got), _as_array(wanted)
    except (OverflowError, RuntimeError, TypeError, ValueError):  # lists of unequal lengths, say
        return False
    kinds = {a.dtype.kind, b.dtype.kind}
    if a.shape != b.shape or not kinds <= set("buifcU"):
        return False
    if "U" in kinds or b.dtype == bool:
        return a.dtype.kind == b.dtype.kind and bool((a == b).all())
    if b.dtype.kind in "iu":  # a whole number is only stored, and moved by half a step at most
        relative, absolute = step / 2, 1e-4
    else:  # half of float32's digits may be lost on the way, as by arccos near 1
        largest = np.abs(b[np.isfinite(b)]).max(initial=0)
        relative, absolute = 0, (FLOAT32**0.5 + 2 * step) * (largest or 1)
    return bool(np.allclose(a * 1.0, b * 1.0, relative, absolute, equal_nan=True))


def _as_array(value):
    """Numbers or words in any form as an array, and the relative step from a number to the next.

    Numbers with more digits than float32 count as float32: they may have been that before.
    """
    if isinstance(value, list | tuple) and value:
        arrays, steps = zip(*map(_as_array, value), strict=True)
        return np.array(arrays), max(steps)
    if hasattr(value, "detach"):  # a tensor; NumPy has no bfloat16
        value = value.detach().cpu()
        if value.is_floating_point():
            from torch import finfo  # here: other exercises start without it

            return value.double().numpy(), max(finfo(value.dtype).eps, FLOAT32)
    array = np.asarray(value)
    if array.dtype == object and array.ndim:
        return _as_array(array.tolist())
    if isinstance(array.item() if array.dtype == object else None, Number):  # a Fraction, say
        array = array.astype(float)
    is_rounded = array.dtype.kind in "fc"
    return array, max(float(np.finfo(array.dtype).eps), FLOAT32) if is_rounded else 0


def _as_text(values):
    """The values, separated by commas: plain numbers, and of a long array only its shape."""
    return ", ".join(map(_value_as_text, values))


def _value_as_text(value):
    shape = getattr(value, "shape", ())
    if isinstance(shape, tuple) and math.prod(shape) > LONGEST:
        return f"array of shape {tuple(shape)}"
    return repr(value.item() if isinstance(value, np.generic) else value)
