"""The marks that a teacher gives to written answers: by_hand.csv, as a spreadsheet saves it.

No mark that a teacher wrote is ever written over: what was filled in where the list of open answers
was written stays there, and may as well be put beside the submissions.
"""

from dataclasses import dataclass, replace

from tools.handouts.cells import quoted, rows_of, unquoted
from tools.handouts.collect import plain

COLUMNS = ("student", "assignment", "cell", "of", "marks", "comment", "answer")


class ByHandError(ValueError):
    """A file of marks by hand cannot be read; the message names the file, the line and the cell."""


@dataclass(frozen=True)
class Entry:
    """A line that a teacher filled in; points is None where there is only a comment."""

    points: float | None
    comment: str
    answer: str
    row: tuple  # as it stands in the file


def read_by_hand(*paths):
    """{(student, assignment): {cell: Entry}} of those files that are there.

    Raises ByHandError, also if two of them give different marks to one answer.
    """
    entries, source = {}, {}
    for path in paths:
        for line, row in _rows(path) if path.exists() else ():
            given, where = row["marks"].strip(), f"{path}, line {line}, {row['cell']}"
            where += f" of {row['student']}"
            if not given and not row["comment"].strip():
                continue
            try:
                points = float(given.replace(",", ".")) if given else None
            except ValueError:
                raise ByHandError(f"{where}: marks {given!r} are no number") from None
            texts = tuple(row.get(column) or "" for column in COLUMNS)
            entry = Entry(points, row["comment"], unquoted(texts[-1]), tuple(map(unquoted, texts)))
            whose = plain(unquoted(row["student"])), row["assignment"].strip()
            mine = entries.setdefault(whose, {})
            key = (*whose, row["cell"])
            if key in source and (mine[row["cell"]].points, mine[row["cell"]].comment) != (
                points, entry.comment,
            ):  # fmt: skip
                raise ByHandError(f"{where}: other marks or another comment than {source[key]}")
            mine[row["cell"]], source[key] = entry, f"{path}, line {line}"
    return entries


def _rows(path):
    """Yield each row with its line, after a look at the columns."""
    rows = rows_of(path, ByHandError)
    _, header = next(rows)
    if missing := [name for name in COLUMNS[:3] + COLUMNS[4:6] if name not in header]:
        found = ",".join(name or "" for name in header)
        raise ByHandError(f"{path}, line 1: no column {', '.join(missing)} in {found!r}")
    yield from rows


def merged(result, entries):
    """A Result with the marks by hand of one student and handout, {cell: Entry}."""
    marks = {mark.cell: mark for mark in result.marks}
    comments, remarks = dict(result.comments), list(result.remarks)
    for cell, entry in entries.items():
        if cell not in marks:
            remarks.append(f"by_hand.csv: {result.assignment} has no cell {cell!r} with points")
        elif entry.points is not None and not 0 <= entry.points <= marks[cell].most:
            most = f"{entry.points:g} points, but it has {marks[cell].most:g}"
            remarks.append(f"by_hand.csv: {cell}: {most}")
        else:
            if entry.points is not None:
                marks[cell] = replace(marks[cell], score=entry.points)
            comments[cell] = entry.comment
            now = result.answers.get(cell, "")
            if entry.answer.strip() and not _same(entry.answer, now):
                remarks.append(f"by_hand.csv: {cell} was answered anew since it was marked")
    return replace(result, marks=list(marks.values()), comments=comments, remarks=remarks)


def _same(answer, now):
    """Whether an answer is the one in the list, whatever a spreadsheet did to its line ends."""
    return answer.split() == unquoted(quoted(now)).split()


def open_answers(results, entries):
    """Rows of by_hand.csv: what is left to mark, after what was filled in there, as it was."""
    rows = [COLUMNS, *(entry.row for cells in entries.values() for entry in cells.values())]
    for result in results:
        listed = entries.get((result.student, result.assignment), {})
        for mark in result.marks:
            if mark.score is None and mark.cell not in listed:
                answer = result.answers.get(mark.cell, "")
                whose = result.student, result.assignment, mark.cell
                rows.append([*whose, f"{mark.most:g}", "", "", answer])
    return rows
