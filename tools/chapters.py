"""Chapters and appendices: where they are, and what tells their sliders from other cells."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CHAPTERS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
APPENDICES = sorted((ROOT / "notebooks").glob("A[0-9]_*.ipynb"))
PAGES = [*CHAPTERS, *APPENDICES]  # on the site; only chapters are slides, in the order of lessons
WIDGET = "application/vnd.jupyter.widget-view+json"  # the kind of output that shows sliders


def calls_explore(cell):
    """Whether a cell of a notebook is code that shows a demo with its sliders."""
    return cell["cell_type"] == "code" and "\nexplore(" in "\n" + cell["source"]
