"""No wrong answer gains a point: small changes of model answers, and writing into the inputs."""

from pathlib import Path

import pytest
from in_process import ASSIGNMENTS, questions
from mutants import RETURNED, explained, mutants

QUESTIONS = {
    f"{assignment} {name}": question
    for assignment in ASSIGNMENTS
    for name, question in questions(assignment).items()
}
EQUAL, EITHER = explained(Path(__file__).with_name("equal_mutants.toml"))
# Types that are too narrow for some answers; the exercises of the course take them all.
NARROW = "np.asarray({}).astype(np.int32)", "np.asarray({}).astype(np.float16)"
ARRAYS = [name for name, question in QUESTIONS.items() if question.function
          and name not in ("A1 q5", "A2 q2")]  # these two take nothing but numbers  # fmt: skip

WRITES_FIRST = """
import copy

calls, gained = 0, False


def blank(thing):
    if isinstance(thing, np.ndarray) and thing.flags.writeable:
        thing[...] = {value}
    elif isinstance(thing, list):
        for part in thing:
            blank(part)
    elif isinstance(thing, set):
        thing.clear()


def {name}(*args, **kwargs):
    global calls, gained
    calls += 1
    if calls != {number}:
        return right(*args, **kwargs)
    honest = right(*copy.deepcopy(args), **kwargs)
    for thing in args:
        blank(thing)
    answer = right(*args, **kwargs)
    gained = not same_numbers(answer, honest)
    return answer
"""


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_change_of_a_model_answer_loses_points_or_is_explained(name):
    question = QUESTIONS[name]
    assert question.failed(question.model) == {}
    changes = list(mutants(question.model, RETURNED + NARROW))
    either = EITHER.get(name, set())
    assert either <= {line for line, _ in changes}
    unnoticed = {line for line, changed in changes if question.failed(changed) == {}}
    assert unnoticed - either == EQUAL.get(name, set())


def test_every_explained_change_belongs_to_a_question():
    assert EQUAL.keys() | EITHER.keys() <= QUESTIONS.keys()


@pytest.mark.parametrize("value", [0, 1])
@pytest.mark.parametrize("name", ARRAYS)
def test_answer_that_first_writes_into_its_inputs_loses_points(name, value):
    """One call makes them all 0, or all 1: a test that works out what it wants later agrees."""
    question, wrong = QUESTIONS[name], 0
    for number in range(1, 9):
        space = {}
        failed = question.failed(question.around(WRITES_FIRST, value=value, number=number), space)
        assert failed or not space["gained"], f"call {number}"
        wrong += bool(failed)
    assert wrong
