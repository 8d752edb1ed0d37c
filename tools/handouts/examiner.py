"""Nbgrader's Execute step, done by an examiner who never lets the candidate hold the mark sheet.

The student's cells run in a sandbox. The tests run here, in a space of their own; a name that they
use and that is the student's becomes a stand-in, which sends the arguments over and brings the
result back as plain data. So no student's code can read a test, replace one or print its text.
"""

import ast
import builtins
import io
import time
from contextlib import redirect_stdout
from pathlib import Path

import nbformat
import numpy as np
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import List

from dshlib.data import DataError, load_largest
from tools.handouts import messages
from tools.handouts.library import library
from tools.handouts.project import NEW
from tools.handouts.sandbox import Limits, Sandbox, Stopped

LIMITS = {"A4": Limits(cell=90, total=400, memory=2**33)}  # A4 trains; the others have the default
WITHOUT = {"A4": NEW}  # classes of which no student's process has images or labels
HIDDEN = "### BEGIN HIDDEN TESTS"
ANEW = "### IN A NEW PROCESS"  # a test cell with this line: nothing is left of what ran before


def unseen(assignment):
    """Folders with the images on which an assignment is marked and that no student may look up.

    Raises DataError if A4 is to be marked without them: its promise of new queries would be false.
    """
    if assignment != "A4":
        return []
    data = load_largest()
    if data.name != "full":
        raise DataError(
            "A4 is marked on images that the classroom split does not hold, and they are not on "
            "this machine. Fetch them once by `python -m dshlib.data full`."
        )
    return [data.folder]


class StudentError(Exception):
    """The student's function raised this: the kind and the text of the exception."""


class Examiner(NbGraderPreprocessor):
    """Run a notebook: the student's cells in the sandbox, then the gradebook's tests here."""

    secrets = List(help="folders to hide from the candidate, beside the course's own").tag(
        config=True
    )

    def preprocess(self, nb, resources):
        where = resources["nbgrader"]
        trusted = _trusted(where)
        mine = [cell for cell in nb.cells if cell.cell_type == "code"]
        tests = [cell for cell in mine if _is(trusted, cell) and cell.metadata.nbgrader.grade]
        others = [cell for cell in mine if not any(cell is test for test in tests)]
        secrets = [Path(where["db_url"].removeprefix("sqlite:///")).parent, *self.secrets]
        secrets += unseen(where["assignment"])
        limits = LIMITS.get(where["assignment"], Limits())
        folder = library(WITHOUT.get(where["assignment"], ()))
        examinee = Examinee([cell.source for cell in others], limits, secrets, folder)
        try:
            examinee.start()
            for cell, result in zip(others, examinee.results, strict=True):
                cell.outputs = _outputs(result)
            space = {}
            for cell in others:
                if _is(trusted, cell):
                    exec(compile(cell.source, "<handout>", "exec"), space)
            for cell in tests:
                problem, printed = examine(cell.source, space, examinee)
                error = {"kind": "AssertionError", "text": problem} if problem else None
                cell.outputs = _outputs({"printed": printed, "error": error})
        finally:
            examinee.close()
        return nb, resources


def _trusted(where):
    """Sources of the locked cells of the gradebook, by their name."""
    with Gradebook(where["db_url"]) as gradebook:
        cells = gradebook.find_notebook(where["notebook"], where["assignment"]).source_cells
        return {cell.name: cell.source for cell in cells if cell.locked}


def _is(trusted, cell):
    """Whether a cell is, to the letter, a locked cell of ours, whatever it says of itself."""
    return trusted.get(cell.metadata.get("nbgrader", {}).get("grade_id")) == cell.source


def _error(kind, text):
    return nbformat.v4.new_output("error", ename=kind, evalue=text, traceback=[f"{kind}: {text}"])


def _outputs(result):
    printed, error = str(result.get("printed") or ""), result.get("error")
    outputs = [nbformat.v4.new_output("stream", text=printed)] if printed else []
    return outputs + ([_error(str(error["kind"]), str(error["text"]))] if error else [])


def examine(source, space, examinee):
    """Run one test cell: None if it passes, else what to tell the student; and what it prints."""
    code = ast.parse(source)
    foreign = {n for n in _needed(code) if n not in space and not hasattr(builtins, n)}
    space["processor_seconds"] = examinee.processor_seconds
    printed, problem = io.StringIO(), None
    if ANEW in source:
        examinee.close()
    try:
        for name in sorted(foreign):
            examinee.fetch(name, space)
        with redirect_stdout(printed):
            exec(compile(code, "<test>", "exec"), space)
    except Exception as error:
        problem = _words(error, HIDDEN in source)
    finally:
        for name in foreign:
            space.pop(name, None)
    return problem, printed.getvalue()


def _needed(code):
    """Names that a cell reads and does not make itself."""
    read, made = set(), set()
    for node in ast.walk(code):
        if isinstance(node, ast.Name):
            (read if isinstance(node.ctx, ast.Load) else made).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            made.add(node.name)
        elif isinstance(node, ast.alias):
            made.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.arg):
            made.add(node.arg)
    return read - made


def _words(error, hidden):
    """What a student is shown; of a hidden test no more than its own message."""
    if isinstance(error, AssertionError | Stopped):
        return str(error)
    if isinstance(error, StudentError):
        kind, text = error.args
        detail = " for an input that you do not see" if hidden else f": {text}"
        return f"your code raised {kind}{detail}"
    if isinstance(error, NameError):
        return f"there is no `{error.name}` in your notebook: keep the names of the handout"
    return f"the answer has another form than the one asked for ({type(error).__name__})"


class Examinee:
    """The student's notebook, run in a sandbox, and run again if it ended or hung the process.

    Parameters: sources of its cells; limits, secrets and library, see Sandbox. After start(),
    results has for each cell what it printed and its error.
    """

    def __init__(self, sources, limits, secrets, library):
        self.sources, self.limits, self.secrets = sources, limits, secrets
        self.library = library
        self.results = [None] * len(sources)
        self.deadline = time.monotonic() + limits.total
        self.sandbox, self.callbacks, self.lost = None, [], set()

    def start(self):
        """Run all cells; leave out, the next time, the one at which the process ended."""
        while self.sandbox is None:
            if time.monotonic() > self.deadline:
                raise Stopped("the time for the whole notebook is up")
            self.sandbox = Sandbox(self.library, self.limits, self.secrets)
            try:
                self.sandbox.ask({"get": "__name__"}, seconds=60)
            except Stopped as why:  # no cell has run: it is not the student's doing
                raise RuntimeError("the sandbox does not start on this machine") from why
            for number, source in enumerate(self.sources):
                if number in self.lost:
                    continue
                try:
                    self.results[number] = self.sandbox.ask({"run": source})
                except Stopped as why:
                    self._lose(number, why)
                    break

    def _lose(self, number, why):
        self.lost.add(number)
        self.results[number] = {"error": {"kind": "Stopped", "text": str(why)}}
        self.close()

    def ask(self, request):
        """Send a request to the running notebook; if it stops over it, the next ask starts anew."""
        self.start()
        try:
            return self.sandbox.ask(request, self._asked_back)
        except Stopped:
            self.close()
            raise

    def fetch(self, name, space):
        """Put the student's value of a name into space, if there is one."""
        reply = self.ask({"get": name})
        if "missing" not in reply:
            space[name] = messages.unpack(reply["value"], self._stand_in)

    def call(self, number, method, args, kwargs):
        """Call the object that the candidate keeps under a number, or a method of it."""
        packed = [messages.pack(part, self._keep) for part in (args, kwargs)]
        request = {"call": number, "method": method, "args": packed[0], "kwargs": packed[1]}
        reply = self.ask(request)
        if reply.get("error"):
            raise StudentError(str(reply["error"]["kind"]), str(reply["error"]["text"]))
        for mine, changed in zip(args, reply.get("changed", []), strict=False):
            if changed and isinstance(mine, np.ndarray) and mine.flags.writeable:
                mine[...] = messages.unpack(changed, self._stand_in)
        return messages.unpack(reply.get("value"), self._stand_in)

    def processor_seconds(self):
        """What the running notebook has used so far."""
        return self.sandbox.seconds()

    def close(self):
        if self.sandbox is not None:
            self.sandbox.close()
            self.sandbox = None

    def _stand_in(self, number, kind):
        return StandIn(self, self.sandbox, number, kind)

    def _keep(self, thing):
        if isinstance(thing, StandIn):
            return thing._number
        self.callbacks.append(thing)
        return -len(self.callbacks)

    def _asked_back(self, asked):
        """The student's function calls a function that a test passed to it."""
        try:
            args, kwargs = (messages.unpack(asked[k], self._stand_in) for k in ("args", "kwargs"))
            value = self.callbacks[-int(asked["ask"]) - 1](*args, **kwargs)
            return {"value": messages.pack(value, self._keep)}
        except Exception as error:
            return {"error": f"the function that you were given cannot take that: {error}"[:300]}


class StandIn:
    """What a test holds instead of a student's function or object."""

    def __init__(self, examinee, sandbox, number, kind):
        self._examinee, self._sandbox, self._number, self._kind = examinee, sandbox, number, kind

    def __call__(self, *args, **kwargs):
        return self._call(None, args, kwargs)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *args, **kwargs: self._call(name, args, kwargs)

    def __repr__(self):
        return f"<{self._kind}>"

    def _call(self, method, args, kwargs):
        if self._examinee.sandbox is not self._sandbox:
            raise Stopped("it is gone: an earlier call ended the Python process")
        return self._examinee.call(self._number, method, args, kwargs)
