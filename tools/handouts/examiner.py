"""Nbgrader's Execute step, done by an examiner who never lets the candidate hold the mark sheet.

The student's cells run in a sandbox. The tests run here, in a space of their own; a name that they
use and that is the student's becomes a stand-in, which sends the arguments over and brings the
result back as plain data. So no student's code can read a test, replace one or print its text.

The notebook runs in two sandboxes: what the hidden tests hand over is never where a visible test,
whose errors the student gets to read in full, could find it.
"""

import ast
import builtins
import contextlib
import io
import re
import time
from dataclasses import replace

import nbformat
import numpy as np
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool

from dshlib.data import DataError, load_largest
from tools.handouts import messages
from tools.handouts.library import library
from tools.handouts.project import NEW
from tools.handouts.sandbox import Limits, Sandbox, Stopped
from tools.handouts.watch import PATIENCE

LIMITS = {"A4": Limits(cell=90, total=400, memory=2**33)}  # A4 trains; the others have the default
WITHOUT = {"A4": NEW}  # classes of which no student's process has images or labels
HIDDEN = "### BEGIN HIDDEN TESTS"
BACK = "### INPUTS COME BACK"  # a test cell with this line sees what is done to its arrays
ANEW = "### IN A NEW PROCESS"  # one with this line: nothing is left of what ran before
LONGEST_TEXT = 300  # characters of a message for the student
KNOWN_ERRORS = {name for name, kind in vars(builtins).items()
                if isinstance(kind, type) and issubclass(kind, BaseException)}  # fmt: skip


def unseen(assignment):
    """Raise DataError if an assignment needs images that no student has, and they are not here.

    Without them the promise of A4, new queries, would be false.
    """
    if assignment == "A4" and load_largest().name != "full":
        raise DataError(
            "A4 is marked on images that the classroom split does not hold, and they are not on "
            "this machine. Fetch them once by `python -m dshlib.data full`."
        )


class StudentError(Exception):
    """The student's function raised this: the kind and the text of the exception."""


class Examiner(NbGraderPreprocessor):
    """Run a notebook: the student's cells in the sandbox, then the gradebook's tests here."""

    with_walls = Bool(True, help="whether candidates run behind walls, see sandbox.py").tag(
        config=True
    )

    def preprocess(self, nb, resources):
        where = resources["nbgrader"]
        unseen(where["assignment"])
        trusted, answers = _trusted(where)
        mine = [cell for cell in nb.cells if cell.cell_type == "code"]
        tests = [cell for cell in mine if _is(trusted, cell) and cell.metadata.nbgrader.grade]
        others = [cell for cell in mine if not any(cell is test for test in tests)]
        sources = [cell.source for cell in others]
        limits = LIMITS.get(where["assignment"], Limits())
        folder = library(WITHOUT.get(where["assignment"], ()))
        visible, hidden = (
            Examinee(sources, limits, folder, self.with_walls, answers) for _ in range(2)
        )
        try:
            with contextlib.suppress(Stopped):  # then every test will say so
                visible.start()
            hidden.lost |= visible.lost  # what never ends need not be waited for twice
            for cell, result in zip(others, visible.results, strict=True):
                cell.outputs = _outputs(result) if result else []
            space = {}
            for cell in others:
                if _is(trusted, cell):
                    exec(compile(cell.source, "<handout>", "exec"), space)
            for cell in tests:
                examinee = hidden if HIDDEN in cell.source else visible
                problem, printed = examine(cell.source, space, examinee)
                error = {"kind": "AssertionError", "text": problem} if problem else None
                cell.outputs = _outputs({"printed": printed, "error": error})
        finally:
            visible.close()
            hidden.close()
        return nb, resources


def _trusted(where):
    """From the gradebook: {name of a locked cell: its source}, and the names to be answered.

    These are what the cells for answers make at top level, as the handout gives them out.
    """
    with Gradebook(where["db_url"]) as gradebook:
        cells = gradebook.find_notebook(where["notebook"], where["assignment"]).source_cells
        locked = {cell.name: cell.source for cell in cells if cell.locked}
        open_ = [cell.source for cell in cells if not cell.locked and cell.cell_type == "code"]
    return locked, {name for source in open_ for name in made(ast.parse(source).body)}


def made(statements):
    """Names that the statements of a cell for an answer make."""
    for statement in statements:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            yield statement.name
        elif isinstance(statement, ast.Assign):
            names = (node for target in statement.targets for node in ast.walk(target))
            yield from (node.id for node in names if isinstance(node, ast.Name))


def _is(trusted, cell):
    """Whether a cell is, to the letter, a locked cell of ours, whatever it says of itself."""
    return trusted.get(cell.metadata.get("nbgrader", {}).get("grade_id")) == cell.source


def _outputs(result):
    """What a notebook shows below a cell."""
    outputs = []
    if result["printed"]:
        outputs.append(nbformat.v4.new_output("stream", text=result["printed"]))
    if result["error"]:
        kind, text = result["error"]["kind"], result["error"]["text"]
        shown = {"ename": kind, "evalue": text, "traceback": [f"{kind}: {text}"]}
        outputs.append(nbformat.v4.new_output("error", **shown))
    return outputs


def _result(reply):
    """What a candidate says of a cell, which it may have made up: in the form that we expect."""
    printed = _plain(reply.get("printed"), messages.MOST_PRINTED)
    return {"printed": printed, "error": _told(reply["error"]) if reply.get("error") else None}


def _told(error):
    """The same for an error: one of known kind, and a text that fits a page."""
    error = error if isinstance(error, dict) else {}
    known = [kind for kind in KNOWN_ERRORS if kind == error.get("kind")]
    kind = known[0] if known else "an error of its own kind"
    return {"kind": kind, "text": _plain(error.get("text"))}


def _plain(text, most=LONGEST_TEXT):
    """Text of a stranger's, shortened and without control characters; pages escape the rest."""
    shown = text[:most] if isinstance(text, str) else ""
    return re.sub(r"[^\n\t]", lambda c: c[0] if c[0].isprintable() else "\ufffd", shown)


def examine(source, space, examinee):
    """Run one test cell: None if it passes, else what to tell the student; and what it prints."""
    code, printed, problem = ast.parse(source), io.StringIO(), None
    foreign = (needed(code) & examinee.answers) - set(space)
    space["processor_seconds"] = examinee.processor_seconds
    examinee.inputs_come_back = BACK in source.splitlines()
    if ANEW in source.splitlines():
        examinee.close()
    try:
        for name in sorted(foreign):
            examinee.fetch(name, space)
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "<test>", "exec"), space)
    except Exception as error:
        problem = _words(error, HIDDEN in source, examinee.answers)
    finally:
        for name in foreign:
            space.pop(name, None)
    return problem, _plain(printed.getvalue(), messages.MOST_PRINTED)


def needed(code):
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


def _words(error, hidden, answers):
    """What a student is shown; of a hidden test no more than its own message."""
    if isinstance(error, AssertionError | Stopped):
        return _plain(str(error))
    if isinstance(error, StudentError):
        kind, text = error.args
        detail = " for an input that you do not see" if hidden else f": {text}"
        return f"your code raised {kind}{detail}"
    if isinstance(error, NameError) and error.name in answers:
        return f"there is no `{error.name}` in your notebook: keep the names of the handout"
    if isinstance(error, NameError):
        return "this test builds on an earlier one, which did not come to its end"
    return f"the answer has another form than the one asked for ({type(error).__name__})"


class Examinee:
    """The student's notebook, run in a sandbox, and run again if it ended or hung the process.

    Parameters: sources of its cells; limits, library and with_walls, see Sandbox; answers, the
    names that tests may ask for. After start(), results has for each cell what it printed and its
    error.
    """

    def __init__(self, sources, limits, library, with_walls=True, answers=frozenset()):
        self.sources, self.limits, self.library = sources, limits, library
        self.with_walls, self.answers = with_walls, answers
        self.results = [None] * len(sources)
        self.seconds, self.until = 0, time.monotonic() + PATIENCE * limits.total
        self.sandbox, self.callbacks, self.lost = None, [], set()
        self.inputs_come_back = False

    def start(self):
        """Run all cells; leave out, the next time, the one at which the process ended."""
        while self.sandbox is None:
            if self.seconds > self.limits.total or time.monotonic() > self.until:
                raise Stopped("the time for the whole notebook is up")
            rest = replace(self.limits, total=self.limits.total - self.seconds)
            self.sandbox, self.callbacks = Sandbox(self.library, rest, self.with_walls), []
            try:
                self.sandbox.ask({"get": "__name__"}, self._asked_back, seconds=60)
            except Stopped as why:  # no cell has run: it is not the student's doing
                if self.sandbox.watch.seconds > rest.total:
                    self.close()
                    continue  # to where that is said
                raise RuntimeError("the sandbox does not start on this machine") from why
            for number, source in enumerate(self.sources):
                if number in self.lost:
                    continue
                try:
                    self.results[number] = _result(
                        self.sandbox.ask({"run": source}, self._asked_back)
                    )
                except Stopped as why:
                    self._lose(number, why)
                    break

    def _lose(self, number, why):
        self.lost.add(number)
        self.results[number] = {"printed": "", "error": {"kind": "Stopped", "text": str(why)}}
        self.close()

    def ask(self, request):
        """Send a request to the running notebook; if it stops over it, the next ask starts anew."""
        self.start()
        try:
            reply = self.sandbox.ask(request, self._asked_back)
        except Stopped:
            self.close()
            raise
        if reply.get("error"):
            raise StudentError(*_told(reply["error"]).values())
        return reply

    def fetch(self, name, space):
        """Put the student's value of a name into space, if there is one."""
        reply = self.ask({"get": name})
        if "missing" not in reply:
            space[name] = messages.unpack(reply["value"], self._stand_in)

    def call(self, number, method, args, kwargs):
        """Call the object that the candidate keeps under a number, or a method of it."""
        packed = [messages.pack(part, self._keep) for part in (args, kwargs)]
        reply = self.ask({"call": number, "method": method, "args": packed[0],
                          "kwargs": packed[1], "back": self.inputs_come_back})  # fmt: skip
        if self.inputs_come_back:
            changed = messages.unpack(reply["back"], self._stand_in)
            for mine, new in zip(args, changed, strict=True):
                if isinstance(mine, np.ndarray) and mine.flags.writeable:
                    mine[...] = new
        return messages.unpack(reply.get("value"), self._stand_in)

    def processor_seconds(self):
        """What the notebook has used so far."""
        self.start()
        return self.seconds + self.sandbox.watch.measure()

    def close(self):
        if self.sandbox is not None:
            self.sandbox.close()
            self.seconds += self.sandbox.watch.seconds
            self.sandbox = None

    def _stand_in(self, number):
        if number < 0:
            raise ValueError("a function of ours is no value of theirs")
        return StandIn(self, self.sandbox, number)

    def _keep(self, thing):
        if isinstance(thing, StandIn):
            return thing._number
        self.callbacks.append(thing)
        return -len(self.callbacks)

    def _asked_back(self, asked):
        """The student's function calls a function that a test passed to it."""
        try:
            args, kwargs = (messages.unpack(asked[k], self._stand_in) for k in ("args", "kwargs"))
            function = dict(enumerate(self.callbacks, 1))[-asked["ask"]]
            return {"value": messages.pack(function(*args, **kwargs), self._keep)}
        except Exception as error:
            return {"error": f"the function that you were given cannot take that: {error}"[:300]}


class StandIn:
    """What a test holds instead of a student's function or object."""

    def __init__(self, examinee, sandbox, number):
        self._examinee, self._sandbox, self._number = examinee, sandbox, number

    def __call__(self, *args, **kwargs):
        return self._call(None, args, kwargs)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *args, **kwargs: self._call(name, args, kwargs)

    def __repr__(self):
        return "<a function or an object>"

    def _call(self, method, args, kwargs):
        if self._examinee.sandbox is not self._sandbox:
            raise Stopped("it is gone: an earlier call ended the Python process")
        return self._examinee.call(self._number, method, args, kwargs)
