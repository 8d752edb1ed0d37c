"""The page that a student gets back: marks and hints, and no line of a hidden test."""

import re
from html import escape

from tools.handouts.repair import grade_id

STYLE = """
body { font: 17px/1.5 system-ui, sans-serif; max-width: 44em; margin: 2em auto; padding: 0 1em;
       color: #222; background: #fff; }
h1 { font-size: 1.5em; } h2 { font-size: 1.1em; margin: 1.6em 0 .2em; }
.marks { float: right; font-variant-numeric: tabular-nums; }
p { margin: .3em 0; } pre { background: #f4f4f4; padding: .6em; white-space: pre-wrap; }
.hint { border-left: 4px solid #d55e00; padding-left: .7em; }
.fine { border-left: 4px solid #009e73; padding-left: .7em; }
"""


def titles(notebook):
    """{question: its title}, from the headings of the handout."""
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    found = re.findall(r"^## Question (\d+) · (.*?) \(", text, re.MULTILINE)
    return {f"q{number}": f"Question {number} · {title}" for number, title in found}


def problems(notebook):
    """{cell: its error as the student sees it}, of a notebook that was marked."""
    found = {}
    for cell in notebook.cells:
        errors = [o for o in cell.get("outputs", []) if o.output_type == "error"]
        if errors and grade_id(cell):
            kind, text = errors[0].ename, errors[0].evalue
            plain = kind in ("AssertionError", "Stopped")
            found[grade_id(cell)] = text if plain else f"{kind}: {text}"
    return found


def printed(notebook):
    """{cell: the lines that its test printed}, of a notebook that was marked."""
    return {
        grade_id(cell): [line for o in cell.outputs if o.output_type == "stream"
                         for line in o.text.splitlines()]
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade")
    }  # fmt: skip


def page(title, student, notebook, marks, comments, remarks):
    """The whole page as HTML text.

    Parameters: notebook, as it was marked; marks, a list of Mark; comments, {cell: what the teacher
    wrote}; remarks, on the notebook as a whole.
    """
    errors, heads, shown = problems(notebook), titles(notebook), printed(notebook)
    (got, most), left = total(marks), waiting(marks)
    still = f" so far; {left:g} are still to be marked by hand" if left else ""
    parts = [f"<h1>{escape(title)}</h1>",
             f"<p>{escape(student)}: {got:g} of {most:g} points{still}.</p>"]  # fmt: skip
    parts += [f'<p class="hint">{escape(remark)}</p>' for remark in remarks]
    for question, head in heads.items():
        mine = [mark for mark in marks if mark.question == question]
        lines = [line for mark in mine for line in shown.get(mark.cell, [])]
        parts.append(_question(question, head, mine, errors, comments, lines))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>\n<body>\n"
        + "\n".join(parts) + "\n</body></html>\n"
    )  # fmt: skip


def total(marks):
    """Points so far, and points in all."""
    return sum(mark.score or 0 for mark in marks), sum(mark.most for mark in marks)


def waiting(marks):
    """Points that are still to be given by hand."""
    return sum(mark.most for mark in marks if mark.score is None)


def _question(question, head, marks, errors, comments, printed):
    (got, most), left = total(marks), waiting(marks)
    lines = [f'<h2><span class="marks">{"waiting" if left else f"{got:g} / {most:g}"}</span>'
             f"{escape(head)}</h2>"]  # fmt: skip
    lines += [f"<p>{escape(line)}</p>" for line in printed]
    if question in errors:
        lines.append(f'<p class="hint">✗ Your answer could not run: {escape(errors[question])}</p>')
    failed = [mark.cell for mark in marks if mark.cell in errors]
    if f"{question}-visible" in failed:  # what is hidden builds on it
        failed = [f"{question}-visible"]
    if question in errors:  # and what did not run cannot pass
        failed = []
    lines += [f'<p class="hint">✗ {escape(errors[cell])}</p>' for cell in failed]
    lines += [f"<p>{escape(comments[m.cell])}</p>" for m in marks if comments.get(m.cell)]
    if not failed and question not in errors and not left and got == most:
        lines.append('<p class="fine">✓ Full marks.</p>')
    return "\n".join(lines)
