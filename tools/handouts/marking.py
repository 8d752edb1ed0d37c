"""One notebook through the gradebook: put into shape, run, marked."""

import tempfile
import warnings
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path

import nbformat
from threadpoolctl import threadpool_limits

from tools.handouts.course import NOTEBOOKS, Course, Mark
from tools.handouts.files import Unreadable
from tools.handouts.repair import grade_id, repair
from tools.handouts.saved import Result, edition, file_name

STOPS = ("Stopped", "SyntaxError", "MemoryError")


@contextmanager
def marker(folder, like, with_walls):
    """A function that marks one (student, handout, content), with a gradebook of its own."""
    with tempfile.TemporaryDirectory(dir=folder) as own, threadpool_limits(1):
        yield partial(mark, Course(Path(own) / "course", with_walls, like))


def mark(course, task):
    """Never raises: whatever a submission does, it becomes a Result."""
    name, handout, content = task
    result = Result(name, handout, nothing(handout))
    student = file_name(name)
    try:
        release = nbformat.read(course.release(handout), as_version=4)
        notebook, result.remarks = repair(read(content), release)
        course.submit(student, handout, notebook)
        result.notebook = course.autograde(student, handout)
        result.remarks += _stops(result.notebook)
        result.marks = course.marks(student, handout)
        result.handout = edition(handout)
    except Unreadable as why:
        result.remarks, result.handout = [str(why)], edition(handout)
    except Exception as error:
        last = (str(error).strip().splitlines() or [""])[-1]
        result.remarks.append(f"could not be marked: {type(error).__name__}: {last}"[:300])
    return result


def read(content):
    """The notebook in the bytes of a student's file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # cells that were copied have their id twice
            notebook = nbformat.reads(content.decode("utf-8-sig"), as_version=4)
            nbformat.validate(notebook)
        return notebook
    except Exception as error:
        reason = str(error).partition("\n")[0][:80]
        raise Unreadable(f"it is no notebook ({type(error).__name__}: {reason})") from error


def _stops(notebook):
    """Which cells ended the program, for the teacher."""
    return [
        f"{grade_id(cell) or 'a cell of their own'}: {o.evalue}"
        for cell in notebook.cells
        for o in cell.get("outputs", [])
        if o.output_type == "error" and o.ename in STOPS
    ]


@cache
def _marked_cells(handout):
    cells = nbformat.read(NOTEBOOKS[handout], as_version=4).cells
    return [cell.metadata.nbgrader for cell in cells if cell.metadata.nbgrader.grade]


def nothing(handout):
    """The marks of somebody who handed in no notebook."""
    cells = sorted(_marked_cells(handout), key=lambda cell: cell.grade_id)
    return [Mark(cell.grade_id, 0, cell.points, cell.solution) for cell in cells]
