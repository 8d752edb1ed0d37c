"""The marks that a teacher gives to written answers: by_hand.csv, as a spreadsheet saves it."""

import csv

FORMULA = ("=", "+", "-", "@")  # what a spreadsheet takes for the beginning of a formula


class ByHandError(ValueError):
    """A file of marks by hand cannot be read; the message names the file, the line and the cell."""


def quoted(value):
    """A value for a CSV file, with an apostrophe if a spreadsheet would take it for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def unquoted(text):
    """The text without the apostrophe that quoted() put before it."""
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text


def read_by_hand(path):
    """{(student, assignment): {cell: (points, comment)}} from by_hand.csv, if it is there.

    Columns are separated by semicolons if the first line has one, else by commas. Raises
    ByHandError.
    """
    marks = {}
    if path.exists():
        for line, row in _rows_by_hand(path):
            given = row["marks"].strip()
            if given:
                try:
                    entry = float(given.replace(",", ".")), row["comment"]
                except ValueError:
                    where = f"{path.name}, line {line}, {row['cell']} of {row['student']}"
                    raise ByHandError(f"{where}: marks {given!r} are no number") from None
                whose = unquoted(row["student"]), row["assignment"]
                marks.setdefault(whose, {})[row["cell"]] = entry
    return marks


def _rows_by_hand(path):
    """Yield each row as a dict, with the line of the file on which it begins."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines(keepends=True)
    except UnicodeDecodeError:
        raise ByHandError(f'{path.name} is not in UTF-8: save it as "CSV UTF-8"') from None
    header = lines[0].rstrip() if lines else ""
    rows = csv.DictReader(lines, restval="", delimiter=";" if ";" in header else ",")
    needed = ("student", "assignment", "cell", "marks", "comment")
    if missing := [name for name in needed if name not in (rows.fieldnames or ())]:
        raise ByHandError(f"{path.name}, line 1: no column {', '.join(missing)} in {header!r}")
    line = rows.line_num + 1
    for row in rows:
        yield line, row
        line = rows.line_num + 1
