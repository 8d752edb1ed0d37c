"""The tables of marks: grades.csv with a row a student, details.csv with a row a notebook."""

from tools.handouts.feedback import printed, total, waiting


def grades(results, students):
    """Rows for a gradebook: points by handout, 0 where nothing was handed in.

    Parameters: results, a Result of each student and handout; students, {name: Student}.
    """
    handouts = sorted({result.assignment for result in results})
    of = {(result.student, result.assignment): result for result in results}
    rows = [["student", "id", *(column for h in handouts for column in (h, f"{h} of")),
             "open by hand", "remarks"]]  # fmt: skip
    for name, student in students.items():
        mine = [of[name, handout] for handout in handouts]
        points = [text for result in mine for text in _points(result)]
        left = sum(waiting(result.marks) for result in mine)
        remarks = [f"{r.assignment}: {remark}" for r in mine for remark in _remarks(r)]
        rows.append([name, student.number, *points, f"{left:g}", " | ".join(remarks)])
    return rows


def _points(result):
    got, most = total(result.marks)
    return "" if result.state == "not marked yet" else f"{got:g}", f"{most:g}"


def _remarks(result):
    """What happened to a notebook, and what its tests printed, such as the scores of A4."""
    lines = printed(result.notebook).values() if result.notebook else ()
    return sum(lines, result.remarks)


def details(results):
    """Rows with the points of each question, and what is still open."""
    questions = sorted({mark.question for result in results for mark in result.marks})
    rows = [["student", "assignment", "marks", "of", "open by hand", "remarks", *questions]]
    for r in results:
        each = [total([m for m in r.marks if m.question == q]) for q in questions]
        known = r.state != "not marked yet"
        points = [f"{got:g}" if most and known else "" for got, most in each]
        left = f"{waiting(r.marks):g}"
        rows.append([r.student, r.assignment, *_points(r), left, " | ".join(_remarks(r)), *points])
    return rows
