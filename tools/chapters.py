"""Chapters and appendices: where they are, their sections, their prose, and how long they take."""

import re
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[1]
CHAPTERS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
APPENDICES = sorted((ROOT / "notebooks").glob("A[0-9]_*.ipynb"))
EXPLORER = ROOT / "notebooks" / "explorer.ipynb"
PAGES = [*CHAPTERS, *APPENDICES]  # on the site; only chapters are slides, in the order of lessons
WIDGET = "application/vnd.jupyter.widget-view+json"  # the kind of output that shows sliders


def calls_explore(cell):
    """Whether a cell of a notebook is code that shows a demo with its sliders."""
    return cell["cell_type"] == "code" and "\nexplore(" in "\n" + cell["source"]


def sections(path):
    """The cells of a notebook, a list for the part above the first heading and for every ##."""
    parts = [[]]
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown" and cell.source.startswith("## "):
            parts.append([])
        parts[-1].append(cell)
    return parts


def prose_of(markdown_cells, questions=True):
    """What is read in Markdown cells: without code, formulas, tags and addresses of links.

    Parameters: questions, False to leave out the paragraphs that begin with Predict or Think.
    """
    text = "\n\n".join(cell.source for cell in markdown_cells)
    text = re.sub(r"```.*?```|\$\$.*?\$\$|\$[^$]*\$|`[^`]*`", " x ", text, flags=re.DOTALL)
    text = re.sub(r"<[^>]*>", " ", text)
    text = re.sub(r"\]\([^)]*\)", "]", text)
    if not questions:
        text = re.sub(r"\*\*(Predict|Think)\.\*\*.*?(\n\n|\Z)", " ", text, flags=re.DOTALL)
    return text


def minutes(path, run):
    """How long a chapter takes in class, by one rule for all.

    A minute for 150 words, 1 for a prediction, 4 for an exercise, 2 for a demo; and `run`, the
    minutes that its cells need.
    """
    everything = nbformat.read(path, as_version=4).cells
    text = prose_of([cell for cell in everything if cell.cell_type == "markdown"])
    code = "\n".join(cell.source for cell in everything if cell.cell_type == "code")
    return round(
        len(text.split()) / 150
        + text.count("**Predict.**")
        + 4 * len(re.findall(r"^check\(", code, re.MULTILINE))
        + 2 * len(re.findall(r"^explore\(", code, re.MULTILINE))
        + run
    )
