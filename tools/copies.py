"""Copies of the chapters without outputs, to work in: the answer to a prediction is not yet there.

    python -m tools.copies

writes lab/, a copy of each notebook that is not there yet. A copy that is there is never written
over; to begin a chapter anew, rename or delete its copy.
"""

import argparse

import nbformat

from dshcourse.console import any_character
from dshlib.data import write_atomically
from tools.chapters import EXPLORER, PAGES, ROOT

FOLDER = ROOT / "lab"


def without_outputs(path):
    """A notebook as text, without outputs and counts."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return nbformat.writes(notebook) + "\n"


def copy_missing(paths, folder):
    """Copy the notebooks that a folder lacks, without outputs; return the paths of new copies."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [path for path in paths if not (folder / path.name).exists()]
    for path in missing:
        write_atomically(folder / path.name, without_outputs(path).encode())
    return [folder / path.name for path in missing]


@any_character()
def main(arguments=None):
    parser = argparse.ArgumentParser("python -m tools.copies", description=__doc__)
    parser.parse_args(arguments)
    paths = [*PAGES, EXPLORER]
    n_new = len(copy_missing(paths, FOLDER))
    print(f"lab/: {n_new} notebooks copied, {len(paths) - n_new} of yours kept as they are")


if __name__ == "__main__":
    main()
