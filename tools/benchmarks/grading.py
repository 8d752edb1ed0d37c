"""make grade on copies that differ, half of them with mistakes: 120 of A1–A3, 120 of A4."""

import os
import tempfile
from contextlib import redirect_stdout
from pathlib import Path
from time import perf_counter

import nbformat

from tools.benchmarks.timing import in_unit, show
from tools.handouts.course import NOTEBOOKS, Course
from tools.handouts.grade import PROCESSORS, Wishes, grade
from tools.handouts.mistakes import answered, bundles, mistakes

CLASS = 120
LIMITS = {("A1", "A2", "A3"): 3 * 60, ("A4",): 35 * 60}  # seconds for a class, on two processors
FEW = {("A4",): 8}  # students that are marked, where all would take too long


def run():
    for handouts, limit in LIMITS.items():
        students = FEW.get(handouts, CLASS)
        seconds = measure(handouts, students)
        each = in_unit(seconds / (students * len(handouts)))
        name = f"{CLASS} of {', '.join(handouts)}, from {students}"
        beside = f"{PROCESSORS} jobs, {each} a notebook"
        show(name, seconds * CLASS / students, 1, beside, limit=limit)


def measure(handouts, students, jobs=PROCESSORS):
    """Seconds to mark so many copies of each handout."""
    with tempfile.TemporaryDirectory() as folder, open(os.devnull, "w") as nowhere:
        for handout in handouts:
            for number, notebook in enumerate(copies(handout, students)):
                path = Path(folder, "in", f"student {number:03}", NOTEBOOKS[handout].name)
                path.parent.mkdir(parents=True, exist_ok=True)
                nbformat.write(notebook, path)
        start = perf_counter()
        with redirect_stdout(nowhere):
            grade(Path(folder, "in"), Path(folder, "out"), Wishes(jobs=jobs))
        return perf_counter() - start


def copies(handout, number):
    """So many notebooks: the model answers, and in every second one some known mistakes."""
    with tempfile.TemporaryDirectory() as folder:
        release = nbformat.read(Course(Path(folder) / "course").release(handout), as_version=4)
    source = nbformat.read(NOTEBOOKS[handout], as_version=4)
    model = {c.metadata.nbgrader.grade_id: c.source for c in source.cells
             if c.metadata.nbgrader.solution}  # fmt: skip
    wrong = bundles(mistakes(handout))
    for student in range(number):
        made = wrong[student // 2 % len(wrong)] if student % 2 else []
        notebook = answered(release, model | {m.question: m.answer for m in made})
        notebook.cells.insert(0, nbformat.v4.new_code_cell(f"name = 'student {student}'"))
        yield notebook
