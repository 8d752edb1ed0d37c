"""The questions of a handout, and which of its test cells an answer fails, run right here.

No sandbox and no gradebook: thousands of answers in seconds. A function sees the very arrays that a
test holds, as at home, so what it writes into them is seen by the test.
"""

import ast
import contextlib
import io
import re
import tomllib
import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nbformat
import numpy as np

from tools.handouts.course import NOTEBOOKS

ASSIGNMENTS = ("A1", "A2", "A3")


@dataclass(frozen=True)
class Question:
    """A question with code for an answer: its model answer, and ((cell, source), …)."""

    assignment: str
    name: str  # "q3"
    setup: str
    model: str
    tests: tuple

    @property
    def function(self):
        """Name of the function that the question asks for; None if it asks for values."""
        made = [node for node in ast.parse(self.model).body if isinstance(node, ast.FunctionDef)]
        return made[0].name if made else None

    def around(self, wrapper, **parts):
        """The model answer under the name `right`, with a function of its own name around it."""
        wrapped = wrapper.format(name=self.function, **parts)
        return f"{self.model}\n\nright = {self.function}\n{wrapped}"

    def failed(self, answer, space=None):
        """{cell: its message} of the test cells that an answer fails; all runs in space, a dict."""
        space, messages = {} if space is None else space, {}
        with warnings.catch_warnings(), np.errstate(all="ignore"), _silence():
            warnings.simplefilter("ignore")
            exec(_compiled(self.setup), space)
            with contextlib.suppress(Exception):
                exec(_compiled(answer), space)
            for cell, source in self.tests:
                try:
                    exec(_compiled(source), space)
                except Exception as error:
                    messages[cell] = f"{type(error).__name__}: {error}"
        return messages


@cache
def questions(assignment):
    """The questions of an assignment that have code for an answer, by name."""
    notebook = nbformat.read(NOTEBOOKS[assignment], as_version=4)
    cells = {c.metadata.nbgrader.grade_id: c for c in notebook.cells if c.cell_type == "code"}
    answers = [name for name, cell in cells.items() if cell.metadata.nbgrader.solution]
    return {
        name: Question(assignment, name, cells["setup"].source, cells[name].source, tuple(
            (test, cell.source)
            for test, cell in cells.items() if re.match(rf"{name}-", test)))
        for name in answers
    }  # fmt: skip


@cache
def right_answers(assignment):
    """{question: {name: another right answer}} of right_answers.toml."""
    path = Path(__file__).with_name("right_answers.toml")
    found = {}
    for entry in tomllib.loads(path.read_text(encoding="utf-8"))["right"]:
        belongs, question = entry["question"].split()
        if belongs == assignment:
            found.setdefault(question, {})[entry["name"]] = entry["answer"]
    return found


@contextlib.contextmanager
def _silence():
    with contextlib.redirect_stdout(io.StringIO()):
        yield


@cache
def _compiled(source):
    return compile(source, "<cell>", "exec")
