"""Look a handout over before it is handed in: python check_notebook.py A1_lsh.ipynb

Runs what was saved from top to bottom in a fresh kernel, changes nothing, and says what is missing.
Nothing here is a mark: more tests run when your work is marked.
"""

import argparse
import ast
import json
import re
import sys
from datetime import datetime
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError

HERE = Path(__file__).resolve().parent
NOT_YET = re.compile("is not answered yet|returns nothing yet")
SECTION = re.compile(r"chapter (\d\d)(?:, sections? (\d))?")


def report(path):
    """The lines to print about a notebook."""
    handouts = json.loads((HERE / "handouts.json").read_text(encoding="utf-8"))
    if path.name not in handouts:
        return [f"{path.name} is no handout: the handouts are named {', '.join(handouts)}"]
    if not path.is_file():
        return [f"there is no {path}: run this in the folder of the notebook"]
    notebook, original = nbformat.read(path, as_version=4), handouts[path.name]
    saved = datetime.fromtimestamp(path.stat().st_mtime)
    lines = [
        f"{path.name}, as saved at {saved:%H:%M} on {saved:%d %B}",
        *incomplete(notebook, original),
    ]
    put_back(notebook, original)
    try:
        resources = {"metadata": {"path": str(path.resolve().parent)}}
        NotebookClient(notebook, timeout=None, allow_errors=True, resources=resources).execute()
    except DeadKernelError:
        return [*lines, "it does not run to its end: the kernel died"]
    return [*lines, *stops(notebook), *answers(notebook, original)]


def identity(cell):
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def incomplete(notebook, original):
    """Which cells of the handout are not there, or twice."""
    there = [identity(cell) for cell in notebook.cells]
    lines = [
        f"the cell {name} is missing: copy it from the zip"
        for name in original
        if name not in there
    ]
    lines += [
        f"the cell {name} is there twice: delete one" for name in original if there.count(name) > 1
    ]
    return lines or [f"complete: all {len(original)} cells of the handout are there"]


def put_back(notebook, original):
    """Tests and texts as they were, which is how they are run in marking, too."""
    for cell in notebook.cells:
        given = original.get(identity(cell))
        if given and not given["answer"]:
            cell.source = given["source"]


def stops(notebook):
    """The cells, other than tests, that raise an error."""
    lines = [
        f"cell {number} raises {error}"
        for number, cell in enumerate(notebook.cells, start=1)
        if cell.cell_type == "code" and not is_test(cell) and (error := error_of(cell))
    ]
    return lines or ["it runs from top to bottom in a fresh kernel"]


def answers(notebook, original):
    """A line for each answer."""
    cells = {identity(cell): cell for cell in notebook.cells}
    untouched = {
        n for n, cell in cells.items() if n in original and is_untouched(cell, original[n])
    }
    for name in original:
        if name in cells and (said := of_answer(cells[name], original[name])):
            question, _, part = name.partition("-")
            said = "not answered" if {name, question} & untouched else said
            yield f"question {question[1:]}{part if len(part) == 1 else ''}: {said}"
    yield "This is no mark: more tests run when your work is marked."


def of_answer(cell, given):
    if cell.cell_type == "markdown":
        return f"answered, {len(cell.source.split())} words" if given["answer"] else None
    if not is_test(cell) or "assert " not in cell.source:
        return None
    error = error_of(cell)
    if error and NOT_YET.search(error):
        return "not answered"
    if error:
        return f"the visible check fails: {error}{page_of(error)}"
    if all(NOT_YET.search(ast.unparse(test)) for test in asserts(cell)):
        return "answered; no visible check says whether it is right"
    return "the visible check passes"


def is_untouched(cell, given):
    return given["answer"] and cell.source.strip() == given["source"].strip()


def is_test(cell):
    return cell.metadata.get("nbgrader", {}).get("grade") and cell.cell_type == "code"


def asserts(cell):
    return [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Assert)]


def error_of(cell):
    """The kind and the first line of the error that a cell raised; "" if none."""
    for output in cell.outputs:
        if output.output_type == "error":
            message = (output.evalue.splitlines() or [""])[0]
            return message if output.ename == "AssertionError" else f"{output.ename}: {message}"
    return ""


def page_of(hint):
    """Where the section that a hint names can be read."""
    named = SECTION.search(hint)
    if not named:
        return ""
    place = f"#section-{named[2]}" if named[2] else ""
    return f" -> chapters/{named[1]}.html{place}"


def main():
    if hasattr(sys.stdout, "reconfigure"):  # a terminal may lack a sign that a hint has
        sys.stdout.reconfigure(errors="replace")
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[2])
    parser.add_argument("notebooks", nargs="+", type=Path, help="such as A1_lsh.ipynb")
    for path in parser.parse_args().notebooks:
        print("\n".join(report(path)))


if __name__ == "__main__":
    main()
