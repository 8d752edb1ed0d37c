"""Handouts marked through the gradebook: right, untouched, and with every known mistake."""

from dataclasses import dataclass, replace
from functools import cache

import nbformat
import pytest

from tools.handouts import examiner
from tools.handouts.course import NOTEBOOKS, Course
from tools.handouts.feedback import problems, total
from tools.handouts.mistakes import answered, bundles, mistakes
from tools.handouts.sandbox import Limits


@dataclass
class Marked:
    """What came of one notebook: every Mark, and what the student is told, by cell."""

    marks: list
    messages: dict

    @property
    def total(self):
        return total(self.marks)

    def lost(self, questions):
        """{question: points lost} of those questions that lost any."""
        lost = {q: 0 for q in questions}
        for mark in self.marks:
            if mark.question in lost and not mark.by_hand:
                lost[mark.question] += mark.most - mark.score
        return {question: points for question, points in lost.items() if points}


class Class:
    """What tests hand in for one assignment of a course."""

    def __init__(self, course, assignment):
        self.assignment = assignment
        self.course = course
        self.release = nbformat.read(self.course.release(assignment), as_version=4)
        source = nbformat.read(NOTEBOOKS[assignment], as_version=4)
        self.model = {c.metadata.nbgrader.grade_id: c.source for c in source.cells
                      if c.metadata.nbgrader.solution}  # fmt: skip
        self.right = answered(self.release, self.model)
        self.bundles = bundles(mistakes(assignment))

    def mark(self, student, notebook):
        self.course.submit(student, self.assignment, notebook)
        done = self.course.autograde(student, self.assignment)
        return Marked(self.course.marks(student, self.assignment), problems(done))

    @cache  # noqa: B019
    def mistaken(self, number):
        """The notebook with the mistakes of one bundle, all other answers right."""
        answers = self.model | {m.question: m.answer for m in self.bundles[number]}
        limits = examiner.LIMITS.get(self.assignment, Limits())
        examiner.LIMITS[self.assignment] = replace(limits, cell=10)  # one of them never ends
        return self.mark(f"bundle-{number}", answered(self.release, answers))


@pytest.fixture(scope="session")
def class_of(tmp_path_factory):
    """A function of an assignment: the Class of it; all are in one course, made once."""
    course = Course(tmp_path_factory.mktemp("handouts") / "course")
    return cache(lambda assignment: Class(course, assignment))


@pytest.fixture(scope="module", autouse=True)
def same_limits_afterwards():
    """Tests shorten limits, since an endless loop takes all the time that it is given."""
    before = dict(examiner.LIMITS)
    yield
    examiner.LIMITS.clear()
    examiner.LIMITS.update(before)
