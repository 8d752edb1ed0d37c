"""The typical mistakes, from the teacher's folder, and notebooks that make them."""

import copy
import tomllib
from dataclasses import dataclass

from tools.handouts.course import ASSIGNMENTS


@dataclass(frozen=True)
class Mistake:
    """A wrong answer: the cell it stands in, the points it loses, and the hint it should get."""

    question: str
    name: str
    loses: float
    hint: str
    answer: str


def mistakes(assignment):
    """All known mistakes of an assignment."""
    path = ASSIGNMENTS / "teacher" / f"mistakes_{assignment}.toml"
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["mistake"]
    return [Mistake(**(entry | {"answer": entry["answer"].strip()})) for entry in entries]


def bundles(known):
    """Lists of mistakes, at most one of each question in a list: one notebook can hold a list."""
    rows = []
    for mistake in known:
        row = next((r for r in rows if all(m.question != mistake.question for m in r)), None)
        if row is None:
            rows.append(row := [])
        row.append(mistake)
    return rows


def answered(notebook, answers):
    """A copy of a notebook with the cells named in {grade_id: source} replaced."""
    changed = copy.deepcopy(notebook)
    for cell in changed.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = answers.get(name, cell.source)
    return changed
