"""CSV files that a spreadsheet shows as they are: no formulas, no characters that it chokes on."""

import csv
import io
import unicodedata

FORMULA = "=+-@\N{MINUS SIGN}"  # what a spreadsheet takes for the beginning of a formula
MOST = 32_767  # characters of a cell, as spreadsheets count them: two for those beyond U+FFFF
SHORTENED = " … [shortened: marked/ has it all]"


def quoted(value):
    """A value for a cell: a text that looks like a formula gets an apostrophe."""
    if not isinstance(value, str):
        return value
    text = value[: 2 * MOST].replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    text = f"'{text}" if _looks_like_formula(text.lstrip("'")) else text
    return _shortened(text, long=len(value) > 2 * MOST)


def unquoted(text):
    """The text without the apostrophe that quoted() put before it."""
    mark = text.startswith("'") and _looks_like_formula(text.lstrip("'"))
    return text[1:] if mark else text


def _looks_like_formula(text):
    """Also after blanks, tabs and what is not seen, and in the wide letters of East Asia."""
    seen = (c for c in unicodedata.normalize("NFKC", text[:1000])
            if not c.isspace() and unicodedata.category(c) not in ("Cc", "Cf"))  # fmt: skip
    return next(seen, " ") in FORMULA


def _shortened(text, long):
    units = text.encode("utf-16-le")
    if len(units) <= 2 * MOST and not long:
        return text
    return units[: 2 * (MOST - len(SHORTENED))].decode("utf-16-le", "ignore") + SHORTENED


def as_csv(rows):
    """Bytes of a CSV file: all quoted, UTF-8 with the mark by which spreadsheets know it."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([[quoted(value) for value in row] for row in rows])
    return text.getvalue().encode("utf-8-sig")


def rows_of(path, error):
    """Yield (line, {column: text}) of a CSV file; semicolons if its first line has one, or tabs.

    Raises error, with a message that names the file and the line.
    """
    try:
        lines = path.read_bytes().decode("utf-8-sig").splitlines(keepends=True)
    except UnicodeDecodeError:
        raise error(f'{path.name} is not in UTF-8: save it as "CSV UTF-8"') from None
    except OSError as why:
        raise error(f"{path} cannot be read: {why.strerror}") from None
    header = lines[0] if lines else ""
    between = next((sign for sign in ";\t" if sign in header), ",")
    csv.field_size_limit(2**30)  # a long answer is no error
    rows = csv.DictReader(lines, restval="", delimiter=between)
    try:
        line = 1
        yield line, dict.fromkeys(rows.fieldnames or (), "")
        line = rows.line_num + 1
        for row in rows:
            yield line, row
            line = rows.line_num + 1
    except csv.Error as why:
        raise error(f"{path.name}, line {line}: {why}") from None
