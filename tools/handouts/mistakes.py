"""The typical mistakes, from the teacher's folder, and notebooks that make them."""

import copy
import tomllib
from dataclasses import dataclass

from tools.handouts.course import ASSIGNMENTS


@dataclass(frozen=True)
class Mistake:
    """A wrong answer: the cell it stands in, {question: points lost}, the hint it should get."""

    question: str
    name: str
    hint: str
    answer: str
    costs: dict

    def meets(self, other):
        """Whether one notebook cannot hold both, because they touch the same question."""
        mine, others = ({m.question, *m.costs} for m in (self, other))
        return bool(mine & others)


def mistakes(assignment):
    """All known mistakes of an assignment."""
    path = ASSIGNMENTS / "teacher" / f"mistakes_{assignment}.toml"
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["mistake"]
    return [
        Mistake(e["question"], e["name"], e["hint"], e["answer"].strip(),
                e.get("costs") or {e["question"]: e["loses"]})
        for e in entries
    ]  # fmt: skip


def bundles(known):
    """The mistakes in lists, each of which one notebook can hold."""
    rows = []
    for mistake in known:
        row = next((r for r in rows if not any(m.meets(mistake) for m in r)), None)
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
