"""What the examiner takes from a student's process, and what it tells of it."""

import ast
import copy

import nbformat
import pytest
from sandboxes import HOSTILE, error, results, running, told

from tools.handouts.course import NOTEBOOKS
from tools.handouts.examiner import (
    ANEW,
    BACK,
    HIDDEN,
    LIMITS,
    LONGEST_TEXT,
    examine,
    made,
    needed,
)
from tools.handouts.mistakes import answered
from tools.handouts.repair import grade_id
from tools.handouts.sandbox import Limits

LIAR = HOSTILE + "candidate.get, candidate.call = [lambda *_, **__: {}] * 2\n"  # answers at will
SPY = """
import os
notes, seen = ["/tmp/note", "/dev/shm/note"], []
def bucket_keys(X, R, mean):
    seen.append(len(X))
    for note in notes:
        open(note, "a").write(f"{len(X)} ")
    return [6, 1]
"""
TELL = """
def probe_keys(projected, n_probes):
    raise ValueError(f"{seen} {[open(note).read() for note in notes]}")
"""


def test_function_is_called_there_and_its_result_comes_here():
    source = "def f(x, *, scale=1):\n    return {'sum': (x * scale).sum()}"
    assert told(source, "assert f(np.array([1.0, 2]), scale=2) == {'sum': 6}, 'no'") is None


def test_function_can_call_a_function_of_the_test_back():
    tests = "assert twice(lambda v: v + 1, 5) == 7", "twice(lambda v: v.missing, 5)"
    first, second = told("def twice(f, x):\n    return f(f(x))", *tests)
    assert first is None and "the function that you were given cannot take that" in second


def test_object_stays_there_and_is_used_from_here():
    source = (
        "class A:\n    def __init__(self):\n        self.n = 0\n"
        "    def add(self, k):\n        self.n += k\n        return self.n"
    )
    assert told(source, "a = A()\na.add(2)\nassert a.add(3) == 5") is None


def test_inputs_are_copies_that_no_student_can_change():
    source = "def f(x):\n    x[:] = 9\n    return x"
    assert told(source, "x = np.zeros(3)\nf(x)\nassert not x.any()") is None


def test_inputs_come_back_where_a_test_asks():
    source = "def f(x, n):\n    x[:] = n"
    assert told(source, f"{BACK}\nx = np.zeros(3)\nf(x, 9)\nassert (x == 9).all()") is None


def test_nothing_of_an_earlier_call_is_left_in_a_new_process():
    source = "calls = []\ndef count():\n    calls.append(1)\n    return len(calls)"
    first, second = (f"assert count() == {n}, 'wrong'" for n in (1, 2))
    assert told(source, first, second, f"{ANEW}\n{first}", second) == [None] * 4


def test_processor_time_of_a_call_can_be_measured_and_what_a_test_prints_is_kept():
    source = "import time\ndef work():\n    start = time.process_time()\n"
    source += "    while time.process_time() < start + 1:\n        pass"
    test = "start = processor_seconds()\nwork()\nprint(processor_seconds() - start > 0.8)"
    with running(source) as examinee:
        assert examine(test, {}, examinee) == (None, "True\n")


def test_only_names_of_the_handouts_answers_are_fetched():
    """Else a student's own `results` counts where the test that makes them did not come so far."""
    reply = "{'value': {'seen': 1.0}}"
    source = LIAR.replace("{}", reply) + "results = {'seen': 1.0}\nclass MyHasher:\n    pass"
    with running(source) as examinee:
        examinee.answers = {"MyHasher"}
        message, _ = examine("assert results['seen'] > 0.7", {}, examinee)
    assert message == "this test builds on an earlier one, which did not come to its end"


@pytest.mark.parametrize("assignment", NOTEBOOKS)
def test_every_name_that_a_test_takes_from_an_answer_is_made_in_the_handout(class_of, assignment):
    """At top level of the cell for the answer as it is given out: the examiner looks there."""
    group = class_of(assignment)
    given, right = (
        {name for cell in notebook.cells if grade_id(cell) in group.model
         and cell.cell_type == "code" for name in made(ast.parse(cell.source).body)}
        for notebook in (group.release, group.right)
    )  # fmt: skip
    source = nbformat.read(NOTEBOOKS[assignment], as_version=4)
    for cell in source.cells:
        if cell.metadata.nbgrader.grade and cell.cell_type == "code":
            assert needed(ast.parse(cell.source)) & right <= given, grade_id(cell)


@pytest.mark.parametrize("reply", [
    "{'value': {'kept': -1}}", "{'value': {'kept': 10**40}}", "{'value': {'kept': 'f'}}", "{}",
    "{'error': 7}", "{'error': {'kind': ['x'], 'text': {}}}", "{'ask': 'x'}", "{'ask': 1}",
    "{'ask': -1, 'args': {'tuple': []}, 'kwargs': {'dict': []}}", "[['value', True]]",
    "{'value': {'array': '', 'dtype': 'f8', 'shape': [10**9, 0]}}",
    "{'value': {'objects': [], 'shape': [0, 10**9]}}", "{'value': {'range': [0, 10**15, 1]}}",
    "{'value': {'set': [n * (2**61 - 1) for n in range(10**5)]}}",
    "{'value': {'list': [{'list': []}] * 10**5}}",
], ids=lambda reply: reply[:40])  # fmt: skip
def test_forged_reply_gains_nothing_and_stops_nobody(reply):
    source = "def f(x):\n    return x\n" + HOSTILE + f"candidate.call = lambda **_: {reply}"
    assert told(source, "assert f(3) == 3 and f(4) == 4, 'wrong'")


def test_deep_nesting_gains_nothing():
    raw = "b'{\"value\": ' + b'[' * 10**6 + b']' * 10**6 + b'}\\n'"
    deep = HOSTILE + f"candidate.call = lambda **_: candidate.send({raw})\ndef f(x):\n    return x"
    assert told(deep, "assert f(3) == 3")
    nested = "def f(x):\n    for _ in range(10**4):\n        x = [x]\n    return x"
    assert "RecursionError" in told(nested, "f(3)")


def test_class_of_an_error_carries_nothing_out():
    source = "def f(x):\n    raise type(f'input {x}', (Exception,), {})('text')"
    assert told(source, "f(123)") == "your code raised an error of its own kind: text"
    message = told(source, f"{HIDDEN}\nf(123)")
    assert message == "your code raised an error of its own kind for an input that you do not see"


def test_name_of_a_type_carries_nothing_out():
    source = "def f(x):\n    return type(f'input {x}', (), {})()"
    assert "123" not in told(source, "got = f(123)\nassert got == 0, f'you return {got!r}'")


def test_text_of_an_error_is_shortened_without_control_characters_and_only_of_visible_tests():
    source = "def f(x):\n    raise ValueError('\\x1b[31m' + '\\u202e' + str(x) * 1000)"
    message = told(source, "f(7)")
    assert message.startswith("your code raised ValueError: \N{REPLACEMENT CHARACTER}[31m")
    assert message.isprintable() and len(message) < LONGEST_TEXT + 40
    assert "7" not in told(source, f"{HIDDEN}\nf(7)")


@pytest.mark.parametrize("forged", ["Stopped", "<b>x</b>", 5])
def test_cell_cannot_make_up_the_kind_of_its_error(forged):
    source = (
        HOSTILE + f"candidate.run = lambda source: {{'error': {{'kind': {forged!r}, 'text': 1}}}}"
    )
    assert results(source, "1")[1]["error"] == {"kind": "an error of its own kind", "text": ""}


def test_cell_that_asks_back_although_it_was_given_no_function_gains_nothing():
    asks = HOSTILE + "import json, messages\ncandidate.send(messages.line({'ask': -1, 'args': 1}))"
    asks += "\nprint(json.loads(candidate.requests.readline()))"
    assert "cannot take that" in results(asks)[0]["printed"]


def test_hidden_tests_quote_nothing_but_numbers():
    """What a student's code returns there may hold the input that it was given."""
    for path in NOTEBOOKS.values():
        for cell in nbformat.read(path, as_version=4).cells:
            if HIDDEN not in cell.source:
                continue
            for node in ast.walk(ast.parse(cell.source.partition(HIDDEN)[2])):
                if isinstance(node, ast.FormattedValue):
                    form = ast.unparse(node.format_spec) if node.format_spec else ""
                    assert form.rstrip("'\"")[-1:] in "defg%" and form, (path.name, grade_id(cell))


def test_hidden_inputs_are_never_where_a_visible_test_could_tell_of_them(class_of):
    """The notebook runs in two sandboxes that share no memory and no file."""
    group = class_of("A1")
    marked = group.mark("spy", answered(group.right, {"q3": SPY, "q4": TELL}))
    assert "q3-hidden" in marked.messages  # which calls it with 50 rows, or with 1
    assert marked.messages["q4-visible"] == "your code raised ValueError: [2] ['2 ', '2 ']"


def test_patched_answering_loop_gains_nothing(class_of):
    """Through the gradebook: it answers every name and every call with what it likes."""
    group = class_of("A1")
    notebook = copy.deepcopy(group.release)
    for reply in ("{'value': True}", "{'value': {'kept': -1}}"):
        notebook.cells.insert(0, nbformat.v4.new_code_cell(LIAR.replace("{}", reply)))
        assert group.mark("liar", notebook).total[0] == 0


@pytest.mark.parametrize("line", [
    "%matplotlib inline", "%pip install something", "%conda install -y x", "!pip install something",
    "!ls", "%config InlineBackend.figure_format = 'retina'", "%load_ext autoreload",
    "%load_ext not_installed_here", "%unknown magic", "%%time", "files = !ls", "%time 1 + 1",
])  # fmt: skip
def test_magics_lose_nothing(line):
    magic, after = results(f"{line}\nanswer = 42", "print(answer)")
    assert magic["error"] is None and after["printed"] == "42\n"


def test_syntax_error_loses_only_its_own_cell():
    _, broken, fine = results("x = 1", "def f(:\n    pass", "print(x)")
    assert broken["error"]["kind"] == "SyntaxError" and fine["printed"] == "1\n"


def test_errors_of_cells_carry_their_kind():
    assert error("import nothing_of_that_name")[0] == "ModuleNotFoundError"
    assert error("{}['k']") == ("KeyError", "'k'")


def test_torch_in_a_cell_loses_no_point(class_of, monkeypatch):
    monkeypatch.setitem(LIMITS, "A1", Limits(cell=60))  # importing it takes seconds
    group = class_of("A1")
    answer = "import torch\n" + group.model["q3"].replace("positive @", "np.asarray(positive) @")
    assert group.mark("torch", answered(group.right, {"q3": answer})).total == (18, 20)


def test_magics_in_every_cell_lose_no_point(class_of):
    group = class_of("A1")
    answers = {name: "%matplotlib inline\n%pip install x\n" + source
               for name, source in group.model.items() if name != "q7-written"}  # fmt: skip
    assert group.mark("magics", answered(group.right, answers)).total == (18, 20)
