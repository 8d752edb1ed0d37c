"""No wrong answer gains a point: small changes of every model answer, and writing into the inputs."""

import ast
import tomllib
from pathlib import Path

import pytest
from in_process import ASSIGNMENTS, questions
from mutants import mutants

QUESTIONS = [pytest.param(question, id=f"{assignment}-{name}") for assignment in ASSIGNMENTS
             for name, question in questions(assignment).items()]  # fmt: skip
FUNCTIONS = [case for case in QUESTIONS if "def " in case.values[0].model]
EQUAL = tomllib.loads((Path(__file__).parent / "equal_mutants.toml").read_text(encoding="utf-8"))

BLANK = '''
def blank(thing, value):
    """Write a value into whatever can be written into."""
    if isinstance(thing, np.ndarray) and thing.flags.writeable:
        thing[...] = value
    elif isinstance(thing, list):
        for part in thing:
            blank(part, value)
    elif isinstance(thing, set):
        thing.clear()


def {name}(*args, **kwargs):
    for thing in args:
        blank(thing, {value})
    return right(*args, **kwargs)
'''


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_change_of_a_model_answer_loses_points_or_is_explained(question):
    assert not question.failed(question.model)
    unnoticed = {line for mutant, line in mutants(question.model).items()
                 if not question.failed(mutant)}  # fmt: skip
    here = [e for e in EQUAL["equal"] if e["question"] == f"{question.assignment} {question.name}"]
    assert unnoticed == {line for entry in here for line in entry["lines"]}
    assert all(entry["why"] for entry in here)


def test_every_explained_change_belongs_to_a_question():
    names = {f"{case.values[0].assignment} {case.values[0].name}" for case in QUESTIONS}
    assert {entry["question"] for entry in EQUAL["equal"]} <= names


@pytest.mark.parametrize("value", [0, 1])
@pytest.mark.parametrize("question", FUNCTIONS)
def test_writing_into_the_inputs_first_loses_what_is_hidden(question, value):
    """Right for inputs that are all 0 or all 1: full marks if a test computed what it wants later."""
    (function,) = [n for n in ast.parse(question.model).body if isinstance(n, ast.FunctionDef)]
    if question.name == "q5" and question.assignment == "A1" or function.name == "counterexample":
        pytest.skip("all its inputs are numbers: there is nothing to write into")
    cheat = f"{question.model}\n\nright = {function.name}\n{BLANK.format(name=function.name, value=value)}"
    lost = question.failed(cheat)
    assert {cell for cell, *_ in question.tests} == set(lost)
