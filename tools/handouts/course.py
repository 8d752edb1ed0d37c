"""The nbgrader course in a folder of its own: sources in, releases and a gradebook out."""

import os
import shutil
import sys
import warnings
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import nbformat
import nbgrader.api
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from sqlalchemy.exc import SAWarning
from traitlets.config import Config, PyFileConfigLoader

from tools.handouts.library import ROOT

# Nbgrader opens its gradebook ten times a notebook; one engine keeps the queries that it compiled.
nbgrader.api.create_engine = lru_cache(nbgrader.api.create_engine)

ASSIGNMENTS = ROOT / "notebooks" / "assignments"
NOTEBOOKS = {path.parent.name: path for path in sorted((ASSIGNMENTS / "source").glob("*/*.ipynb"))}


@dataclass(frozen=True)
class Mark:
    """Of one cell that carries points: score is None while it waits to be marked by hand."""

    cell: str  # "q3-hidden"
    score: float | None
    most: float
    by_hand: bool

    @property
    def question(self):
        return self.cell.partition("-")[0]


class Course:
    """The course of notebooks/assignments, worked on in another folder, which must not exist.

    Parameters: folder; with_walls, whether candidates are kept behind walls; like, the folder of
    another Course, whose releases it starts with.
    """

    def __init__(self, folder, with_walls=True, like=None):
        _find_alembic()
        self.folder = Path(folder).resolve()
        if like:
            shutil.copytree(like, self.folder)
        else:
            shutil.copytree(ASSIGNMENTS / "source", self.folder / "source",
                            ignore=shutil.ignore_patterns(".ipynb_checkpoints"))  # fmt: skip
        config = PyFileConfigLoader("nbgrader_config.py", str(ASSIGNMENTS)).load_config()
        config.merge(Config({
            "CourseDirectory": {"root": str(self.folder)},
            "Examiner": {"with_walls": with_walls},
            "Autograde": _needed(config.Autograde.autograde_preprocessors),
            "NbGrader": {"logfile": ""}, "Application": {"log_level": "ERROR"},
        }))  # fmt: skip
        self.api = NbGraderAPI(config=config)
        self.gradebook_url = self.api.coursedir.db_url

    def release(self, assignment):
        """Make the student version, unless it is there; its path."""
        path = self.folder / "release" / assignment / NOTEBOOKS[assignment].name
        if not path.exists():
            _succeed(self.api.generate_assignment(assignment))
        return path

    def submit(self, student, assignment, notebook):
        """Hand in a notebook for a student."""
        folder = self.folder / "submitted" / student / assignment
        folder.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, folder / NOTEBOOKS[assignment].name)

    def autograde(self, student, assignment):
        """Mark what a student handed in; the notebook with its outputs."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # nbgrader's, and harmless
            _succeed(self.api.autograde(assignment, student))
        name = NOTEBOOKS[assignment].name
        return nbformat.read(self.folder / "autograded" / student / assignment / name, 4)

    def marks(self, student, assignment):
        """Every Mark of a student in an assignment, as the gradebook has it."""
        with Gradebook(self.gradebook_url) as gradebook:
            grades = gradebook.find_submission(assignment, student).notebooks[0].grades
            marks = [
                Mark(g.name, None if g.needs_manual_grade else g.score, g.max_score,
                     g.cell.cell_type == "markdown")
                for g in grades
            ]  # fmt: skip
        return sorted(marks, key=lambda mark: mark.cell)

    def mark_by_hand(self, student, assignment, cell, score, comment=""):
        """Enter the points of a written answer into the gradebook."""
        name = NOTEBOOKS[assignment].stem
        with Gradebook(self.gradebook_url) as gradebook:
            grade = gradebook.find_grade(cell, name, assignment, student)
            if not 0 <= score <= grade.max_score:
                raise ValueError(f"{cell}: {score:g} points, but it has {grade.max_score:g}")
            grade.manual_score, grade.needs_manual_grade = score, False
            gradebook.find_comment(cell, name, assignment, student).manual_comment = comment
            gradebook.db.commit()


def _needed(steps):
    """Nbgrader's steps without those that repair() has done, or that look at each cell's schema."""
    return {
        "sanitize_preprocessors": ["nbgrader.preprocessors.OverwriteCells"],
        "autograde_preprocessors": [s for s in steps if not s.endswith(".CheckCellMetadata")],
    }


def _find_alembic():
    """Nbgrader calls it by name, also where this environment's programs are not on the PATH."""
    programs, path = str(Path(sys.executable).parent), os.environ.get("PATH", "")
    if programs not in path.split(os.pathsep):
        os.environ["PATH"] = programs + os.pathsep + path


def _succeed(result):
    if not result["success"]:
        raise RuntimeError(f"{result.get('log', '')}\n{result.get('error', '')}")
