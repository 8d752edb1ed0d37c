"""Chapters as single HTML files that need no network: formulas are MathML, pictures lie within."""

import html
import re

import nbformat
from docutils.utils.math.latex2mathml import tex2mathml
from nbconvert import HTMLExporter
from pygments.formatters import HtmlFormatter

from dshcourse.study.grids import as_table
from dshcourse.study.records import load_recorded
from tools.chapters import CHAPTERS, calls_explore

FORMULA_OR_CODE = re.compile(r"```.*?```|`[^`]*`|\$\$(.+?)\$\$|\$([^$]+)\$", re.DOTALL)
NO_SLIDERS = "*Here the course's notebook has sliders.*"
LINK_TO_CHAPTER = re.compile(r'<a href="(\w\d)_\w+\.ipynb">(.*?)</a>')
BELOW_TABLE_2 = (
    "mAP@10 of DSH in the slides' convention (chapter 10), by weight alpha and hash size n_bits: "
    "slides, as printed there; ours, all pairs, mean and standard deviation over three seeds."
)
STYLE = """
body { max-width: 50em; margin: 2em auto; padding: 0 1em; font: 1em/1.5 sans-serif }
pre { padding: .5em; overflow-x: auto; background: #f6f6f6 }
table { border-collapse: collapse } td, th { padding: .2em .6em; border: 1px solid #ccc }
img { max-width: 100% }
"""


def write_pages(folder, numbers):
    """Write the chapters of these numbers, "05" as 05.html, and Table 2 as table_2.html."""
    folder.mkdir()
    pages = {path.name[:2]: path for path in CHAPTERS if path.name[:2] in numbers}
    for number, path in pages.items():
        _write(folder / f"{number}.html", chapter(path, pages))
    _write(folder / "table_2.html", table_2())


def _write(path, text):
    path.write_text(text, encoding="utf-8", newline="\n")


def chapter(path, others):
    """The page of a chapter, with links to those others that are pages, and a place a section."""
    notebook, formulas = nbformat.read(path, as_version=4), []
    for cell in notebook.cells:
        cell.metadata.pop("tags", None)
        if calls_explore(cell):
            cell.update(cell_type="markdown", source=NO_SLIDERS)
        if cell.cell_type == "markdown":
            cell.source = _without_formulas(cell.source, formulas)
    exporter = HTMLExporter(template_name="basic", exclude_anchor_links=True,
                            exclude_input_prompt=True, exclude_output_prompt=True)  # fmt: skip
    body, _ = exporter.from_notebook_node(notebook)
    body = re.sub(r"<h2[^>]*>(\d)", r'<h2 id="section-\1">\1', body)
    body = LINK_TO_CHAPTER.sub(
        lambda link: f'<a href="{link[1]}.html">{link[2]}</a>' if link[1] in others else link[2],
        body,
    )
    body = re.sub("\ue000(\\d+)\ue001", lambda place: formulas[int(place[1])], body)
    return page(re.match("# (.*)", notebook.cells[0].source)[1], body)


def _without_formulas(text, formulas):
    """The text with a mark for each formula, of which the MathML is appended to the list."""

    def mark(found):
        tex = found[1] or found[2]
        if not tex:
            return found[0]
        formulas.append(mathml(tex, as_block=bool(found[1])))
        return f"\ue000{len(formulas) - 1}\ue001"

    return FORMULA_OR_CODE.sub(mark, text)


def mathml(tex, as_block):
    """A formula in TeX, its number beside it, as MathML."""
    number = re.search(r"\\tag\{(\d)\}", tex)
    tex = re.sub(r"\\tag\{\d\}", "", tex).replace("…", r"\ldots").replace(r"\dots", r"\ldots")
    tex = re.sub(r"(?<=frac)(\d)(\d)", r"{\1}{\2}", tex)
    return tex2mathml(tex, as_block=as_block) + (f"<p>({number[1]})</p>" if number else "")


def table_2():
    """A page of Table 2: what the slides have, and what the course measured."""
    table = as_table(load_recorded("table2-classroom.json"), "slides").loc[[0.005, 0.01]]
    return page("Table 2", f"<h1>Table 2</h1><p>{BELOW_TABLE_2}</p>{table.to_html()}")


def page(title, body):
    """A whole page of a title and what is below it."""
    style = STYLE + HtmlFormatter().get_style_defs(".highlight")
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"/>'
        f"<title>{html.escape(title)}</title><style>{style}</style></head>\n"
        f"<body>{body}</body></html>\n"
    )
