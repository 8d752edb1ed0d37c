"""No right answer loses a point: other ways to the answer, and every form that numbers come in."""

import ast
import tomllib
from pathlib import Path

import pytest
from in_process import ASSIGNMENTS, questions

RIGHT = tomllib.loads((Path(__file__).parent / "right_answers.toml").read_text(encoding="utf-8"))
FUNCTIONS = {(assignment, name): question for assignment in ASSIGNMENTS
             for name, question in questions(assignment).items() if "def " in question.model}  # fmt: skip
WHOLE = {("A1", "q3"), ("A3", "q6")}  # integers are asked for
FORMS = {  # of what `as_plain` makes of the right answer
    "lists": "lambda r: r",
    "tuples": "tuples",
    "namedtuple": "lambda r: namedtuple('Answer', 'first second')(*r) if np.shape(r)[:1] == (2,) else r",
    "array": "np.array",
    "objects": "lambda r: np.array(r, dtype=object)",
    "tensor": "torch.tensor",
    "Series": "lambda r: pd.Series(r) if np.ndim(r) == 1 else [pd.Series(p) for p in r] if np.ndim(r) else r",
    "DataFrame": "lambda r: pd.DataFrame(r) if np.ndim(r) == 2 else r",
    "scalars": "lambda r: each(r, lambda x: np.array(x)[()])",
}  # fmt: skip
NUMBERS = {
    "fractions": "lambda r: each(r, Fraction)",
    "object array of fractions": "lambda r: np.array(each(r, Fraction), dtype=object)",
    "float32": "np.float32",
    "list of float32": "lambda r: each(r, np.float32)",
    "float64": "np.float64",
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


def around(question, wrapper, **parts):
    """The model answer with a function of the same name around it."""
    (function,) = [n for n in ast.parse(question.model).body if isinstance(n, ast.FunctionDef)]
    wrapped = wrapper.format(name=function.name, **parts)
    return f"{question.model}\n\nright = {function.name}\n{wrapped}"


@pytest.mark.parametrize("entry", RIGHT["right"], ids=lambda e: f"{e['question']}: {e['name']}")
def test_right_answer_in_other_words_earns_all_points(entry):
    assignment, name = entry["question"].split()
    assert not questions(assignment)[name].failed(entry["answer"])


@pytest.mark.parametrize("form", [*FORMS, *NUMBERS])
@pytest.mark.parametrize("which", FUNCTIONS, ids="-".join)
def test_right_numbers_count_in_every_form(which, form):
    question = FUNCTIONS[which]
    if form in NUMBERS and which in WHOLE:
        answer = around(question, CONVERTED, form=NUMBERS[form])
        assert "q3-visible" in question.failed(answer) or "q6-visible" in question.failed(answer)
        return  # refused by the visible check already, not in marking only
    assert not question.failed(around(question, CONVERTED, form=(FORMS | NUMBERS)[form]))


@pytest.mark.parametrize("which", FUNCTIONS, ids="-".join)
def test_function_may_write_into_its_inputs_where_the_question_does_not_forbid_it(which):
    question = FUNCTIONS[which]
    failed = set(question.failed(around(question, WRITES_LATER)))
    assert failed == ({"q5-visible", "q5-hidden"} if which == ("A3", "q5") else set())


def test_all_handouts_compare_numbers_by_the_same_two_functions():
    assert len({questions(assignment)["q1"].setup for assignment in ASSIGNMENTS}) == 1
