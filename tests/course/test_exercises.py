"""Exercises: right answers pass, every known mistake gets its own hint, an empty body a hint."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import torch

from dshcourse.exercises import EXERCISES, check, hint
from dshcourse.exercises.exercise import Exercise, problem_of

BYTES = Exercise(  # for answers that no mistake explains
    reference=lambda n_bits, n_tables: -(-n_bits * n_tables // 8),
    inputs=((8, 16), (12, 1)),
    mistakes={"these are bits": lambda n_bits, n_tables: n_bits * n_tables},
)
MISTAKES = [
    pytest.param(name, text, wrong, id=f"{name}-{number}")
    for name, exercise in EXERCISES.items()
    for number, (text, wrong) in enumerate(exercise.mistakes.items())
]


@pytest.mark.parametrize("name", EXERCISES)
def test_reference_solution_passes(name, capsys):
    check(name, EXERCISES[name].reference)
    assert capsys.readouterr().out == "✓ correct\n"


def is_right(name, answer):
    """Whether an answer passes; quicker than a hint, which tries all mistakes."""
    return problem_of(replace(EXERCISES[name], mistakes={}), answer) is None


def _tensor(values):
    tensor = torch.tensor(values)
    return tensor.requires_grad_() if tensor.is_floating_point() else tensor


def _nested(values):
    return tuple(map(_nested, values)) if isinstance(values, list) else values


FORMS = {  # an answer as somebody else would return it
    "list": lambda values: values.tolist(),
    "tuple": lambda values: _nested(values.tolist()),
    "array": lambda values: values,
    "tensor": _tensor,
    "list of tensors": lambda values: [_tensor(v) for v in values] if values.ndim else values,
    "series": lambda values: pd.Series(values) if values.ndim == 1 else values,
    "fractions": np.vectorize(Fraction, otypes=[object]),
    "float32": lambda values: values.astype(np.float32),
    "float16": lambda values: values.astype(np.float16),
    "bfloat16": lambda values: torch.tensor(values).bfloat16(),
}
NUMBERS_ONLY = "fractions", "float32", "float16", "bfloat16"
REFUSED = [  # what the text asks for in this form
    *(("hash_bits", form) for form in NUMBERS_ONLY),  # booleans
    *(("training_step", form) for form in ("tensor", "fractions", "bfloat16")),
    *(("diagnosis", form) for form in FORMS if form in ("tensor", *NUMBERS_ONLY)),  # words
]


def _in_form(form, answer):
    def other(*inputs):
        result = answer(*inputs)
        return result if result is None else FORMS[form](np.asarray(result))

    return other


def _calculating_in_float32(answer):
    def other(*inputs):
        return answer(*(np.float32(i) if _is_real(i) else i for i in inputs))

    return other


def _is_real(value):
    return isinstance(value, float | np.ndarray) and np.asarray(value).dtype == float


@pytest.mark.parametrize("name", EXERCISES)
def test_a_right_answer_passes_in_every_form(name):
    right = EXERCISES[name].reference
    problems = {form: hint(name, _in_form(form, right)) for form in FORMS}
    for form, problem in problems.items():
        assert (problem is None) != ((name, form) in REFUSED), f"{form}: {problem}"


@pytest.mark.parametrize("name", EXERCISES)
def test_a_right_answer_may_calculate_in_float32(name):
    assert hint(name, _calculating_in_float32(EXERCISES[name].reference)) is None


@pytest.mark.filterwarnings("ignore:overflow")  # in float16
@pytest.mark.parametrize("name", EXERCISES)
def test_a_mistake_is_told_from_rounding_in_every_form(name):
    passed = [
        (text, form)
        for text, wrong in EXERCISES[name].mistakes.items()
        for form in FORMS
        if is_right(name, _in_form(form, wrong))
    ]
    assert not passed


@pytest.mark.parametrize("name", EXERCISES)
@pytest.mark.parametrize("blank", [lambda *_: None, lambda *_: ...])
def test_blank_answer_fails(name, blank):
    assert hint(name, blank).startswith("it returns nothing yet")


@pytest.mark.parametrize("name", EXERCISES)
def test_at_least_five_mistakes_are_known(name):
    assert len(EXERCISES[name].mistakes) >= 5


@pytest.mark.parametrize(("name", "text", "wrong"), MISTAKES)
def test_mistake_is_told_by_its_own_hint(name, text, wrong):
    assert hint(name, wrong) == text


@pytest.mark.parametrize("name", EXERCISES)
def test_answer_that_is_right_for_one_input_only_fails(name):
    exercise = EXERCISES[name]
    fixed = exercise.outcome(exercise.reference, exercise.inputs[0])
    assert hint(name, lambda *_: fixed) is not None


def test_tables_needed_is_tried_where_rounding_does_not_decide():
    for p, k, recall in EXERCISES["tables_needed"].inputs:
        quotient = np.log(1 - recall) / np.log(1 - p**k)
        assert abs(quotient - round(quotient)) > 0.01 or recall == p**k


RAISING = {  # mistakes whose symptom is an error
    "candidates": {KeyError, ValueError},
    "regularizer_slope": {ValueError},
    "training_step": {RuntimeError},
}


def test_a_mistake_raises_only_where_that_is_its_symptom():
    raised = {}
    for name, exercise in EXERCISES.items():
        for wrong in exercise.mistakes.values():
            for inputs in exercise.inputs:
                try:
                    exercise.outcome(wrong, inputs)
                except Exception as error:
                    raised.setdefault(name, set()).add(type(error))
    assert raised == RAISING


def test_none_is_told_from_an_empty_body():
    assert hint("smallest_distance", _none_if_unreachable) == (
        "return -1, a number, if no two codes are that far apart"
    )
    assert problem_of(BYTES, lambda n_bits, n_tables: 16 if n_bits == 8 else None) == (
        "it gives None, expected 2, for 12, 1"
    )


def _none_if_unreachable(n_bits, m):
    return -(-m // 4) if m <= 4 * n_bits else None


def test_true_is_one_but_one_is_not_true():
    is_odd = Exercise(lambda n: n % 2, ((3,), (4,)), {})
    assert problem_of(is_odd, lambda n: n % 2 == 1) is None
    assert "expected True" in problem_of(replace(is_odd, reference=lambda n: n % 2 == 1), int)


def test_whole_numbers_are_exact_however_large():
    bits = Exercise(lambda k: 2**k, ((40,),), {})
    assert problem_of(bits, lambda k: 2.0**k) is None
    assert problem_of(bits, lambda k: 2**k + 1) is not None


@pytest.mark.parametrize(
    "answer", [b"0.5", np.datetime64("2026-01-01"), torch.ones(2, requires_grad=True)]
)
def test_an_answer_of_another_kind_gets_a_hint_and_no_traceback(answer):
    assert "expected" in problem_of(BYTES, lambda n_bits, n_tables: answer)


def test_exception_is_told_with_its_input():
    assert "ZeroDivisionError" in problem_of(BYTES, lambda n_bits, n_tables: 1 // 0)


def test_ragged_answer_gets_a_hint_and_no_traceback():
    assert "[[1], [2, 3]]" in hint("candidates", lambda tables, keys: [[1], [2, 3]])


def test_unknown_mistake_is_told_with_plain_numbers():
    assert problem_of(BYTES, lambda n_bits, n_tables: np.int64(77)) == (
        "it gives 77, expected 16, for 8, 16"
    )


def test_of_a_long_array_a_message_tells_the_shape_only():
    first_entry = Exercise(lambda a, b: a.flat[0] + b[0], ((np.ones((5, 5)), np.ones(2)),), {})
    assert problem_of(first_entry, lambda a, b: 3) == (
        "it gives 3, expected 2.0, for array of shape (5, 5), array([1., 1.])"
    )
    assert problem_of(first_entry, lambda a, b: a).startswith("it gives array of shape (5, 5), ")
    assert "ValueError('no') for array of shape" in problem_of(first_entry, raise_value_error)


def raise_value_error(*_):
    raise ValueError("no")


@pytest.mark.parametrize("name", EXERCISES)
def test_a_mistake_that_no_hint_explains_is_told_in_a_few_lines(name):
    assert len(hint(name, lambda *_: "something else")) < 1000


def test_result_instead_of_function_is_told():
    assert "the function itself" in hint("hash_bits", np.array([True]))


def test_unknown_exercise_is_named():
    with pytest.raises(ValueError, match="exercise='nope'"):
        hint("nope", print)


def test_answer_cannot_change_the_inputs_of_the_check():
    def spoil(tables, keys):
        found = EXERCISES["candidates"].reference(tables, keys)
        tables.clear()
        return found

    assert hint("candidates", spoil) is None
    assert hint("candidates", EXERCISES["candidates"].reference) is None
