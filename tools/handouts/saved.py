"""What came of each notebook, kept in a file of its own as soon as it is there.

A run again marks only what is new: a student's notebook or the handout that differs from the one
whose marks are kept.
"""

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path

import nbformat

from dshlib.data import write_atomically
from tools.handouts.course import ASSIGNMENTS, NOTEBOOKS, Mark
from tools.handouts.library import ROOT
from tools.handouts.repair import grade_id

RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


@dataclass
class Result:
    """What the tables and the page of feedback show of one student and handout."""

    student: str
    assignment: str
    marks: list = field(default_factory=list)
    remarks: list = field(default_factory=list)
    notebook: object = None  # as it was marked, with outputs
    comments: dict = field(default_factory=dict)
    sha256: str = ""  # of what was handed in
    handout: str = ""  # see edition(); "" where it could not be marked
    state: str = "marked"  # or "not marked yet", "nothing handed in"

    @property
    def answers(self):
        """{cell: source} of what was marked."""
        cells = self.notebook.cells if self.notebook else ()
        return {grade_id(cell): cell.source for cell in cells if grade_id(cell)}


@cache
def edition(assignment):
    """Names the state of a handout and of the programs that decide its marks."""
    decisive = [
        NOTEBOOKS[assignment], ASSIGNMENTS / "nbgrader_config.py",
        *sorted(Path(__file__).parent.glob("*.py")), *sorted((ROOT / "dshlib").rglob("*.py")),
    ]  # fmt: skip
    state = hashlib.sha256()
    for path in decisive:
        state.update(hashlib.sha256(path.read_bytes()).digest())
    return state.hexdigest()


def file_name(student):
    """A name for files of a student: safe on every system, and no other student's."""
    safe = re.sub(r"[^\w@+-]+", "_", student).strip("_")[:60] or "student"
    return f"{safe}-{hashlib.sha256(student.encode()).hexdigest()[:8]}"


def folder_names(students):
    """{student: folder for pages}: the name itself where a folder may be called so."""
    taken = {}
    for student in students:
        taken.setdefault(student.casefold(), set()).add(student)
    return {
        student: student
        if len(taken[student.casefold()]) == 1 and _is_safe(student)
        else file_name(student)
        for student in students
    }


def _is_safe(name):
    plain = re.fullmatch(r"[\w@+(),' .-]{1,60}", name) and name[-1] not in " ." and name[0] != "."
    return bool(plain) and not RESERVED.fullmatch(name)


class Store:
    """The results of a folder, a file each: marked/A1/STUDENT.json."""

    def __init__(self, folder):
        self.folder = Path(folder)

    def keep(self, result):
        path = self._path(result.student, result.assignment)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps(asdict(result)).encode())

    def find(self, student, assignment):
        """The Result that is kept, or None."""
        try:
            found = json.loads(self._path(student, assignment).read_bytes())
            result = Result(**found)
            result.marks = [Mark(**mark) for mark in result.marks]
            result.notebook = result.notebook and nbformat.from_dict(result.notebook)
        except (OSError, ValueError, TypeError):
            return None
        return result

    def _path(self, student, assignment):
        return self.folder / assignment / f"{file_name(student)}.json"
