"""No right answer loses a point: other ways to the answer, and every form that numbers come in."""

import pytest
from in_process import ASSIGNMENTS, questions, right_answers

RIGHT = [
    pytest.param(questions(assignment)[name], answer, id=f"{assignment}-{name}: {words}")
    for assignment in ASSIGNMENTS
    for name, answers in right_answers(assignment).items()
    for words, answer in answers.items()
]
FUNCTIONS = {
    (assignment, name): question
    for assignment in ASSIGNMENTS
    for name, question in questions(assignment).items()
    if question.function
}
WHOLE = [("A1", "q3"), ("A3", "q6")]  # integers are asked for
FORMS = {  # of what `as_plain` makes of the right answer
    "lists": "lambda r: r",
    "tuples": "tuples",
    "namedtuple": "lambda r: namedtuple('Pair', 'a b')(*r) if np.shape(r)[:1] == (2,) else r",
    "array": "np.array",
    "array of objects": "lambda r: np.array(r, dtype=object)",
    "numbers of NumPy": "lambda r: each(r, lambda x: np.array(x)[()])",
    "tensor": "torch.tensor",
    "Series": "lambda r: pd.Series(r) if np.ndim(r) == 1 else each_row(r, pd.Series)",
    "DataFrame": "lambda r: pd.DataFrame(r) if np.ndim(r) == 2 else r",
}
NUMBERS = {  # that may stand for whole ones where none are asked for
    "float64": "np.float64",
    "float32": "np.float32",
    "list of float32": "lambda r: each(r, np.float32)",
    "fractions": "lambda r: each(r, Fraction)",
    "array of fractions": "lambda r: np.array(each(r, Fraction), dtype=object)",
    "tensor of float32": "lambda r: torch.tensor(r, dtype=torch.float32)",
    "tensor that learns": "lambda r: torch.tensor(r, dtype=torch.float32, requires_grad=True)",
}
CONVERTED = """
from collections import namedtuple
from fractions import Fraction

import pandas as pd
import torch


def each(r, change):
    return [each(part, change) for part in r] if isinstance(r, list) else change(r)


def each_row(r, change):
    return [change(row) for row in r] if isinstance(r, list) else r


def tuples(r):
    return tuple(tuples(part) for part in r) if isinstance(r, list) else r


def {name}(*args, **kwargs):
    answer = as_plain(right(*args, **kwargs))
    return None if answer is None else ({form})(answer)
"""
WRITES_LATER = """
def {name}(*args, **kwargs):
    answer = right(*args, **kwargs)
    for thing in args:
        if isinstance(thing, np.ndarray) and thing.flags.writeable:
            thing[...] = 0
        elif isinstance(thing, set):
            thing.clear()
    return answer
"""


@pytest.mark.parametrize(("question", "answer"), RIGHT)
def test_right_answer_in_other_words_earns_all_points(question, answer):
    assert question.failed(answer) == {}


def test_every_question_has_a_right_answer_in_other_words():
    for assignment in ASSIGNMENTS:
        assert set(right_answers(assignment)) == set(questions(assignment))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("which", FUNCTIONS, ids="-".join)
def test_right_answer_counts_in_every_container(which, form):
    question = FUNCTIONS[which]
    assert question.failed(question.around(CONVERTED, form=FORMS[form])) == {}


@pytest.mark.parametrize("form", NUMBERS)
@pytest.mark.parametrize(
    "which", [which for which in FUNCTIONS if which not in WHOLE], ids="-".join
)
def test_right_numbers_count_in_every_kind(which, form):
    question = FUNCTIONS[which]
    assert question.failed(question.around(CONVERTED, form=NUMBERS[form])) == {}


@pytest.mark.parametrize("form", NUMBERS)
@pytest.mark.parametrize("which", WHOLE, ids="-".join)
def test_what_is_no_integer_where_one_is_asked_for_is_refused_at_home_already(which, form):
    question = FUNCTIONS[which]
    failed = question.failed(question.around(CONVERTED, form=NUMBERS[form]))
    assert f"{question.name}-visible" in failed


@pytest.mark.parametrize("which", FUNCTIONS, ids="-".join)
def test_function_may_write_into_its_inputs_where_the_question_does_not_forbid_it(which):
    question = FUNCTIONS[which]
    forbidden = {"q5-visible", "q5-hidden"} if which == ("A3", "q5") else set()
    assert set(question.failed(question.around(WRITES_LATER))) == forbidden


def test_all_handouts_compare_by_the_same_two_functions():
    assert len({questions(assignment)["q1"].setup for assignment in ASSIGNMENTS}) == 1
