"""The results of a class: what is kept, what is left to do, and the files that show it."""

from dataclasses import replace

import nbformat

from dshlib.data import write_atomically
from tools.handouts import feedback, tables
from tools.handouts.by_hand import ByHandError, merged, open_answers, read_by_hand
from tools.handouts.cells import as_csv
from tools.handouts.collect import plain
from tools.handouts.course import NOTEBOOKS
from tools.handouts.marking import nothing
from tools.handouts.saved import Result, Store, edition, folder_names

NOT_YET, NOTHING = "not marked yet", "nothing handed in"


class Book:
    """A Result for each student and handout, of those that are kept in a folder and new ones.

    Parameters: folder; students, {name: Student}; handouts; by_hand, see read_by_hand.
    """

    def __init__(self, folder, students, handouts, by_hand):
        self.folder, self.by_hand = folder, by_hand
        self.students = {name: students[name] for name in sorted(students, key=str.casefold)}
        self.store = Store(folder / "marked")
        self.pages = folder_names(self.students)
        self.results = {
            (name, handout): self._known(student, handout)
            for handout in handouts
            for name, student in self.students.items()
        }

    def _known(self, student, handout):
        """What is known without running anything."""
        attempt = student.attempts.get(handout)
        result = Result(student.name, handout, nothing(handout), state=NOTHING)
        if attempt and not attempt.problem:
            kept = self.store.find(student.name, handout)
            same = kept and (kept.sha256, kept.handout) == (attempt.sha256, edition(handout))
            return kept if same else replace(result, state=NOT_YET, remarks=[NOT_YET])
        if attempt:
            return replace(result, remarks=[attempt.problem])
        there = student.there(handout)
        what = f"no {NOTEBOOKS[handout].name} was handed in" if there else NOTHING
        listed = f"; there is {', '.join(there[:3])}" if there else ""
        return replace(result, remarks=[what + listed])

    def to_do(self, wishes):
        """Each (student, handout) that is to be marked."""
        wanted = {plain(name) for name in wishes.students or self.students}
        return [key for key, result in self.results.items()
                if key[0] in wanted and result.state != NOTHING
                and (wishes.again or result.state == NOT_YET)]  # fmt: skip

    def keep(self, result):
        """Save a new Result at once, with its page."""
        self.store.keep(result)
        self.results[result.student, result.assignment] = result
        self._write_page(self._with_all(result))

    def shown(self):
        """All results, with what is known beside the marks of the notebooks."""
        return [self._with_all(result) for result in self.results.values()]

    def _with_all(self, result):
        """A Result with the remarks on the attempts, and with marks by hand."""
        remarks = self.students[result.student].remarks
        remarks = [*remarks.get(None, []), *remarks.get(result.assignment, []), *result.remarks]
        result = replace(result, remarks=remarks)
        if result.state == NOT_YET:
            return result
        return merged(result, self.by_hand.get((result.student, result.assignment), {}))

    def write(self):
        """Write all tables and pages; by_hand.csv keeps what was filled in until this moment."""
        results = self.shown()
        for result in results:
            if result.state != NOT_YET:
                self._write_page(result)
        grades = tables.grades(results, self.students)
        write_atomically(self.folder / "grades.csv", as_csv(grades))
        write_atomically(self.folder / "details.csv", as_csv(tables.details(results)))
        path = self.folder / "by_hand.csv"
        try:
            write_atomically(path, as_csv(open_answers(results, read_by_hand(path))))
        except ByHandError as error:
            print(f"{error}: left as it is, and no open answers are added")

    def _write_page(self, result):
        folder = self.folder / "feedback" / self.pages[result.student]
        folder.mkdir(parents=True, exist_ok=True)
        notebook = result.notebook or nbformat.v4.new_notebook()
        title = f"Handout {result.assignment}"
        html = feedback.page(
            title, result.student, notebook, result.marks, result.comments, result.remarks
        )
        write_atomically(folder / f"{result.assignment}.html", html.encode())
