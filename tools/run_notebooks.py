"""Run notebooks top to bottom and store their outputs without what differs from run to run.

python -m tools.run_notebooks notebooks/04_random_projection.ipynb
"""

import argparse
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from dshcourse.console import any_character
from dshlib.data import write_atomically
from tools.chapters import WIDGET

KERNEL = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
KEPT_METADATA = ("tags", "slideshow", "jupyter", "trained")


def run(path):
    """Execute one notebook in its own folder and write it back, normalised."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        store_widget_state=False,
        resources={"metadata": {"path": str(Path(path).parent)}},
    )
    client.execute()
    write_atomically(Path(path), (nbformat.writes(normalise(notebook)) + "\n").encode())


def normalise(notebook):
    """Drop metadata of editors and kernels, progress bars on stderr and identities of widgets."""
    notebook.metadata = nbformat.from_dict(KERNEL)
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number:02d}"
        cell.metadata = nbformat.from_dict(
            {name: cell.metadata[name] for name in KEPT_METADATA if name in cell.metadata}
        )
        if cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if o.get("name") != "stderr"]
            for output in cell.outputs:
                if WIDGET in output.get("data", {}):
                    output.data[WIDGET]["model_id"] = "0" * 32
    return notebook


@any_character()
def main(arguments=None):
    description = __doc__.partition("\n")[0]
    parser = argparse.ArgumentParser("python -m tools.run_notebooks", description=description)
    parser.add_argument("notebook", nargs="+")
    for path in parser.parse_args(arguments).notebook:
        run(path)
        print(f"stored {path}")


if __name__ == "__main__":
    main()
