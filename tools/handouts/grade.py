"""Mark a folder of submissions: a line each in a CSV file, and a page of feedback each.

python -m tools.handouts.grade SUBMISSIONS [--out build/grades] [--assignment A1]

SUBMISSIONS holds a folder for every student; in it, at any depth, the notebooks under the names of
the handout. A file by_hand.csv beside them has the marks of written answers; a list of those that
are still open is written next to the results, to be filled in and put there.
"""

import argparse
import csv
import io
import re
import tempfile
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbgrader.api import MissingEntry

from dshcourse.console import any_character
from dshlib.data import DataError, write_atomically
from tools.handouts import feedback
from tools.handouts.by_hand import ByHandError, quoted, read_by_hand
from tools.handouts.course import NOTEBOOKS, Course, Mark
from tools.handouts.examiner import unseen
from tools.handouts.repair import grade_id, repair
from tools.handouts.sandbox import missing_walls

MOST_BYTES = 20 * 2**20


@dataclass
class Result:
    """A line of the CSV file, and what the page of feedback shows."""

    student: str
    assignment: str
    marks: list = field(default_factory=list)
    remarks: list = field(default_factory=list)
    notebook: object = None
    comments: dict = field(default_factory=dict)


def grade(submissions, assignments=None):
    """Mark every submission in a folder: a list of Result, a submission each.

    Raises DataError if A4 is among them and its new queries are not on this machine, and
    ByHandError if by_hand.csv cannot be read or has marks of somebody who is not there.
    """
    submissions = Path(submissions).resolve()
    by_hand = read_by_hand(submissions / "by_hand.csv")
    students = sorted(path for path in submissions.iterdir() if path.is_dir())
    _check_by_hand(by_hand, {path.name for path in students})
    wanted = assignments or [
        a for a, path in NOTEBOOKS.items() if any(submissions.rglob(path.stem + ".*"))
    ]
    for assignment in wanted:
        unseen(assignment)  # better no marks than marks on images that everybody has
    with tempfile.TemporaryDirectory(prefix="grading-") as folder:
        course = Course(Path(folder) / "course", secrets=[submissions])
        releases = {a: nbformat.read(course.release(a), as_version=4) for a in wanted}
        return [
            _grade_one(course, student, assignment, releases[assignment], by_hand)
            for assignment in wanted
            for student in students
        ]


def _check_by_hand(by_hand, students):
    for student, assignment in by_hand:
        if student not in students:
            raise ByHandError(f"by_hand.csv has marks of {student!r}, who has no folder here")
        if assignment not in NOTEBOOKS:
            handouts = ", ".join(NOTEBOOKS)
            raise ByHandError(f"by_hand.csv has marks for {assignment!r}; handouts are {handouts}")


def _grade_one(course, folder, assignment, release, by_hand):
    """Never raises: whatever a submission does, it becomes a line."""
    result = Result(folder.name, assignment)
    student = re.sub(r"[^\w.@-]", "_", folder.name)
    try:
        path = find(folder, NOTEBOOKS[assignment])
        notebook, result.remarks = repair(read(path), release)
        course.submit(student, assignment, notebook)
        result.notebook = course.autograde(student, assignment)
        result.remarks += _stops(result.notebook)
        for cell, (points, comment) in by_hand.get((folder.name, assignment), {}).items():
            try:
                course.mark_by_hand(student, assignment, cell, points, comment)
                result.comments[cell] = comment
            except (ValueError, MissingEntry) as error:
                result.remarks.append(f"by_hand.csv: {error}")
        result.marks = course.marks(student, assignment)
    except Unreadable as why:
        result.remarks, result.marks = [str(why)], nothing(release)
    except Exception as error:
        last = (str(error).strip().splitlines() or [""])[-1]
        result.remarks.append(f"could not be marked: {type(error).__name__}: {last}"[:300])
        result.marks = result.marks or nothing(release)
    return result


def nothing(release):
    """The marks of somebody who handed in no notebook."""
    cells = [cell.metadata.nbgrader for cell in release.cells if cell.metadata.nbgrader.grade]
    return [Mark(cell.grade_id, 0, cell.points, cell.solution) for cell in cells]


class Unreadable(Exception):
    """There is no notebook to mark; the message says what is there instead."""


def find(folder, handout):
    """The one notebook of a student with the name of the handout."""
    found = [p for p in sorted(folder.rglob(handout.name)) if ".ipynb_checkpoints" not in p.parts]
    if len(found) == 1:
        return found[0]
    if found:
        raise Unreadable(f"{len(found)} files are called {handout.name}: which one counts?")
    others = sorted(path.name for path in folder.rglob("*") if path.is_file())
    there = f"; there is {', '.join(others[:3])}" if others else ""
    raise Unreadable(f"no {handout.name} was handed in{there}")


def read(path):
    """The notebook in a file of a student's."""
    if path.stat().st_size > MOST_BYTES:
        raise Unreadable(f"{path.name} is larger than {MOST_BYTES // 2**20} MB")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # cells that were copied have their id twice
            notebook = nbformat.read(path, as_version=4)
            nbformat.validate(notebook)
        return notebook
    except Exception as error:
        reason = str(error).partition("\n")[0][:80]
        raise Unreadable(
            f"{path.name} is no notebook ({type(error).__name__}: {reason})"
        ) from error


def _stops(notebook):
    """Which cells ended the program, for the teacher."""
    return [
        f"{grade_id(cell) or 'a cell of their own'}: {o.evalue}"
        for cell in notebook.cells
        for o in cell.get("outputs", [])
        if o.output_type == "error" and o.ename in ("Stopped", "SyntaxError", "MemoryError")
    ]


def as_csv(results):
    """The marks: a line a submission, a column a question."""
    questions = sorted({mark.question for result in results for mark in result.marks})
    rows = [["student", "assignment", "marks", "of", "open by hand", "remarks", *questions]]
    for r in results:
        got, most = feedback.total(r.marks)
        each = [feedback.total([m for m in r.marks if m.question == q])[0] for q in questions]
        numbers = [f"{number:g}" for number in (got, most, feedback.waiting(r.marks))]
        printed = feedback.printed(r.notebook) if r.notebook else {}
        remarks = " | ".join(sum(printed.values(), r.remarks))
        rows.append([r.student, r.assignment, *numbers, remarks, *each])
    return _csv(rows)


def open_answers(results):
    """What is left to mark by hand, with the answers: by_hand.csv, to be filled in."""
    rows = [["student", "assignment", "cell", "of", "marks", "comment", "answer"]]
    for r in results:
        for mark in r.marks:
            if mark.score is None:
                (cell,) = [c for c in r.notebook.cells if grade_id(c) == mark.cell]
                rows.append([r.student, r.assignment, mark.cell, mark.most, "", "", cell.source])
    return _csv(rows)


def _csv(rows):
    """CSV text; a cell that a spreadsheet would take for a formula gets an apostrophe."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([map(quoted, row) for row in rows])
    return text.getvalue()


def save(results, out):
    """Write grades.csv, by_hand.csv and feedback/STUDENT/ASSIGNMENT.html."""
    out.mkdir(parents=True, exist_ok=True)
    for r in results:
        folder = out / "feedback" / r.student
        folder.mkdir(parents=True, exist_ok=True)
        notebook = r.notebook or nbformat.v4.new_notebook()
        title = f"Handout {r.assignment}"
        html = feedback.page(title, r.student, notebook, r.marks, r.comments, r.remarks)
        write_atomically(folder / f"{r.assignment}.html", html.encode())
    write_atomically(out / "grades.csv", as_csv(results).encode())
    write_atomically(out / "by_hand.csv", open_answers(results).encode())


@any_character()
def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("submissions", type=Path)
    parser.add_argument("--out", type=Path, default=Path("build/grades"))
    parser.add_argument("--assignment", action="append", choices=list(NOTEBOOKS))
    options = parser.parse_args(arguments)
    if not options.submissions.is_dir():
        parser.error(f"{options.submissions} is no folder")
    if missing_walls():
        parser.error(missing_walls())
    try:
        results = grade(options.submissions, options.assignment)
    except ByHandError as error:
        parser.error(f"{error}. Nothing was marked.")
    except DataError as error:
        others = " ".join(f"--assignment {a}" for a in NOTEBOOKS if a != "A4")
        parser.error(f"{error} Nothing was marked; `{others}` marks the others now.")
    save(results, options.out)
    print(f"{len(results)} submissions: {options.out / 'grades.csv'}")


if __name__ == "__main__":
    main()
