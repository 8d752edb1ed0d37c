"""Make the handouts: the folder for students, and the same as a zip, equal to the byte each time.

python -m tools.handouts.build [--out build/handouts]
"""

import argparse
import io
import json
import re
import shutil
import tempfile
import zipfile
from pathlib import Path

import nbformat

from dshcourse.console import any_character
from dshlib.data import write_atomically
from tools.handouts import check_notebook
from tools.handouts.course import NOTEBOOKS, Course
from tools.handouts.library import ROOT, copy_library
from tools.handouts.pages import write_pages
from tools.run_notebooks import KERNEL

NAME = "hashing-handouts"
CHAPTERS_NAMED = re.compile(r"chapters? \d\d(?:(?:, | and |, and )\d\d)*")
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the time of every file in the zip: the first that zip knows
README = """# Handouts: hashing for image retrieval

A1 LSH · A2 metrics · A3 DSH loss and gradients · A4 project

1. Python 3.11 to 3.14; on Windows write `py` for `python3` and `.venv\\Scripts` for `.venv/bin`:

       python3 -m venv .venv
       .venv/bin/python -m pip install -r requirements.txt
       .venv/bin/jupyter lab

   Whoever has the course installed can open the notebooks right away.
2. Open a handout, work from top to bottom, run the checks. Leave the notebooks in this folder: they
   find the library `dshlib` and the images beside them.
3. Where a hint names a chapter and a section, read `chapters/`, in any browser and without a
   network: `chapters/05.html` is chapter 05, and `chapters/table_2.html` is Table 2.
4. Save, and look the notebook over before you hand it in, in a terminal or in a new cell:

       .venv/bin/python check_notebook.py A1_lsh.ipynb
       %run check_notebook.py A1_lsh.ipynb

   It runs what you have saved in a fresh kernel, since what only works in your session will not
   work in ours. It tells for every question whether it is answered, and whether its visible check
   passes. Neither is a mark: more tests run later.
5. Hand in the notebook under its own name, such as `A1_lsh.ipynb`.
"""


def build(folder):
    """Fill an empty folder with what students get."""
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as work:
        course = Course(Path(work) / "course")
        handouts = {
            source.name: clean(nbformat.read(course.release(assignment), as_version=4))
            for assignment, source in NOTEBOOKS.items()
        }
    for name, notebook in handouts.items():
        _write(folder / name, nbformat.writes(notebook) + "\n")
    cells = {name: cells_of(notebook) for name, notebook in handouts.items()}
    _write(folder / "handouts.json", json.dumps(cells, ensure_ascii=False, indent=1) + "\n")
    write_pages(folder / "chapters", named_chapters())
    copy_library(folder)
    _write(folder / "README.md", README)
    for path in (ROOT / "requirements.txt", ROOT / "LICENSE", Path(check_notebook.__file__)):
        shutil.copy(path, folder)


def _write(path, text):
    path.write_text(text, encoding="utf-8", newline="\n")


def named_chapters():
    """The numbers of the chapters that handouts and their hints name."""
    texts = [path.read_text(encoding="utf-8") for path in NOTEBOOKS.values()]
    return {number for text in texts for named in CHAPTERS_NAMED.findall(text)
            for number in re.findall(r"\d\d", named)}  # fmt: skip


def linked(text):
    """Markdown in which the chapters it names, and Table 2, are links to their pages."""
    text = CHAPTERS_NAMED.sub(
        lambda named: re.sub(r"\d\d", r"[\g<0>](chapters/\g<0>.html)", named[0]), text
    )
    return re.sub(r"Table 2 of the slides", r"[\g<0>](chapters/table_2.html)", text)


def cells_of(notebook):
    """What check_notebook.py compares with: every cell that was given out, by its name."""
    return {
        cell.metadata.nbgrader.grade_id: {
            "source": cell.source, "answer": cell.metadata.nbgrader.solution,
        }
        for cell in notebook.cells
    }  # fmt: skip


def clean(notebook):
    """A release with links, without outputs, counts and traces of the machine that made it."""
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number:02d}"
        if cell.cell_type == "markdown":
            cell.source = linked(cell.source)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    notebook.metadata = nbformat.from_dict(KERNEL)
    return notebook


def zipped(folder, target):
    """Zip a folder: names in order, one time and one mode for all files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            name = f"{NAME}/{path.relative_to(folder).as_posix()}"
            info = zipfile.ZipInfo(name, LONG_AGO)
            info.compress_type, info.create_system = zipfile.ZIP_DEFLATED, 3
            info.external_attr = 0o644 << 16
            archive.writestr(info, path.read_bytes())
    write_atomically(target, content.getvalue())


@any_character()
def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("build/handouts"))
    out = parser.parse_args(arguments).out
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out) as work:
        fresh = Path(work) / NAME
        build(fresh)
        shutil.rmtree(out / NAME, ignore_errors=True)
        fresh.rename(out / NAME)
    zipped(out / NAME, out / f"{NAME}.zip")
    print(f"for students: {out / NAME} and {out / NAME}.zip")


if __name__ == "__main__":
    main()
