"""Make the handouts: the folder for students, and the same as a zip, equal to the byte each time.

python -m tools.handouts.build [--out build/handouts]
"""

import argparse
import io
import shutil
import tempfile
import zipfile
from pathlib import Path

import nbformat

from dshcourse.console import any_character
from dshlib.data import write_atomically
from tools.handouts.course import NOTEBOOKS, Course
from tools.handouts.library import ROOT, copy_library
from tools.run_notebooks import KERNEL

NAME = "hashing-handouts"
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
3. Hand in the notebook under its own name, such as `A1_lsh.ipynb`. Restart the kernel and run all
   cells once before you do: what only works in your session will not work in ours.
"""


def build(folder):
    """Fill an empty folder with what students get."""
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as work:
        course = Course(Path(work) / "course")
        for assignment, source in NOTEBOOKS.items():
            notebook = nbformat.read(course.release(assignment), as_version=4)
            text = nbformat.writes(clean(notebook)) + "\n"
            (folder / source.name).write_text(text, encoding="utf-8", newline="\n")
    copy_library(folder)
    (folder / "README.md").write_text(README, encoding="utf-8", newline="\n")
    for name in ("requirements.txt", "LICENSE"):
        shutil.copy(ROOT / name, folder)


def clean(notebook):
    """A release without outputs, counts and traces of the machine that made it."""
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number:02d}"
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
