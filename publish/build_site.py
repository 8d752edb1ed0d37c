"""The course as a website without a kernel and without a network: make site.

python -m publish.build_site [FOLDER]

Sphinx and MyST-NB build FOLDER, build/site if none is given, from build/site-work. Both are made
anew. In the latter each chapter is a copy of the notebook with its stored outputs: pictures lie
beside the pages, the answer to a prediction is folded, and the pictures of each demo, drawn
beforehand, stand where a kernel would show its sliders. The front page is none of Sphinx's: it
shows the web explorer before anything else is loaded.
"""

import argparse
import ast
import base64
import hashlib
import html
import io
import os
import re
import shutil
import sys
from copy import copy
from math import prod
from pathlib import Path

import jinja2
import nbformat
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from PIL import Image
from sphinx.cmd.build import build_main

from dshcourse.console import any_character
from dshcourse.demos.beforehand import frames
from dshcourse.demos.catalogue import Inputs, demos_of
from dshcourse.figures.base import PNG, size_on_page
from dshlib.data import load
from publish import build_web
from publish.course_zip import write_zip
from publish.values import spread
from tools.chapters import CHAPTERS, PAGES, ROOT, WIDGET, calls_explore

IN_THE_LAB = "<p>The sliders move where the notebook runs: see above how to run it.</p>"
SETTINGS = ROOT / "publish" / "site"
MATHJAX = ROOT / "publish" / "node_modules" / "mathjax" / "es5" / "tex-svg-full.js"
GUIDE = "notebooks/assignments/teacher/guide.md"
FOR_ALL = ("From the first to the last command", "Schedule", "On JupyterHub", "Security")  # of it
COPIED = (  # what README and the pages under it link to
    "README.md", "CONTRIBUTING.md", "LICENSE", "publish/explorer.png",
    "data/README.md", "data/make_classroom.py",
)  # fmt: skip
TEACHERS_ONLY = re.compile(r"\[([^]]*)\]\((\S*/teacher/\S*)\)")  # no page, or search would tell
MOST_PICTURES = 64  # of a demo that are drawn
MOST_VALUES, LEAST_VALUES = 9, 4  # of a choice that moves; fewer only if it has no more
PICTURE = re.compile(
    r'<img alt="([^"]*)" src="data:image/(?:png|svg\+xml);base64,([^"]+)" width="\d+"/>'
)
KEPT_AS_THEY_ARE = r"```.*?```|`+[^`]+`+|\$\$.*?\$\$|\$[^$]*\$|^#.*?$|\[[^]]*\]\([^)]*\)"
DOWNLOAD = (
    "{{download}}`Download this notebook <../downloads/{name}>` · [How to run this](../run.md)"
)
FIRST_PARAGRAPH = re.compile(
    r"(?!<details|#|\*\*(?:Exercise|Predict|Think))(.+?)(?:\n\n|\Z)", re.DOTALL
)
NEIGHBOURS = re.compile(r"\n+(?:Previous|Next): \[.*\Z")  # the theme has buttons for them
DIAGRAMS = {  # to touch, below the cell that holds these words
    "hyperplanes": ("chapter_03.plot_wedge(", "two vectors and a fan of random hyperplanes"),
    "loss": (r"\tag{7}", "two outputs on the DSH loss, and its sub-gradient as an arrow"),
}
DESCRIPTION = (
    "Codes of a few bits that find similar pictures. Search 6,000 pictures in the browser, draw "
    "one, and read how it works."
)


def build(target):
    """Build the site into a folder. Returns Sphinx's exit code: 0 if there was no warning.

    Raises FileExistsError, and deletes nothing, if something else than a site is there.
    """
    target = Path(target).resolve()
    _check_that_it_was_built(target, "searchindex.js")
    work = target.with_name(target.name + "-work")
    _check_that_it_was_built(work, "source")
    source, pages = work / "source", work / "html"
    for folder in (work, target):
        shutil.rmtree(folder, ignore_errors=True)
    prepare(source)
    failed = render(source, pages)
    if not failed:
        pages.rename(target)
    return failed


def _check_that_it_was_built(folder, holds):
    """Only a folder that is empty, or holds this because we built it, may be replaced."""
    if not folder.exists() or (folder / holds).exists():
        return
    if not folder.is_dir() or any(folder.iterdir()):
        raise FileExistsError(f"{folder} holds something else than a site; delete it yourself")


def render(source, pages):
    """Let Sphinx make pages of a prepared folder. Returns its exit code: any warning fails."""
    strict = ["--fail-on-warning", "--keep-going", "--quiet", "-D", f"author={author()}"]
    return build_main([*strict, "-d", str(pages.with_name("doctrees")), str(source), str(pages)])


def prepare(source):
    """Fill a folder with what Sphinx reads."""
    shutil.copytree(SETTINGS, source)
    for name in COPIED:
        _put(ROOT / name, source / name)
    readme = source / "README.md"
    text = linked(readme.read_text(encoding="utf-8"), "notebooks/")
    readme.write_text(TEACHERS_ONLY.sub(r"{download}`\1 <\2>`", text), encoding="utf-8")
    if not MATHJAX.exists():
        raise FileNotFoundError(f"{MATHJAX} is not there: `make site` fetches it")
    _put(MATHJAX, source / "_static" / "mathjax" / MATHJAX.name)
    _put(ROOT / "publish" / "explorer.png", source / "_static" / "explorer.png")
    inputs = Inputs(load("classroom"))
    pictures = source / "_static" / "pictures"
    pictures.mkdir()
    for path in PAGES:
        _put(path, source / "downloads" / path.name)
        notebook = chapter_page(path, demos_of(path.name[:2], inputs), pictures)
        (source / "notebooks").mkdir(exist_ok=True)
        nbformat.write(notebook, source / "notebooks" / path.name)
    write_zip(source / "downloads" / "course.zip")
    beside = source / "beside"  # the pages of Sphinx
    build_web.write_files(beside / "explorer")
    (beside / "index.html").write_text(front_page(source), encoding="utf-8")
    for place in (source / GUIDE, beside / "downloads" / "guide.md"):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(guide_without_answers(), encoding="utf-8")


def guide_without_answers():
    """The teacher's guide as anybody may read it, who may be a student: only what is FOR_ALL."""
    first, *sections = re.split("^## ", (ROOT / GUIDE).read_text(encoding="utf-8"), flags=re.M)
    kept = [section for section in sections if section.startswith(FOR_ALL)]
    more = "Answers\n\nModel answers, common mistakes and rubric are in the course's repository.\n"
    return "## ".join([first, *kept, more])


def _put(file, place):
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(file, place)


def author():
    """Who made the course, as it is to be cited."""
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    return ", ".join(each["name"] for each in cited["authors"])


def front_page(source):
    """The page that shows the web explorer, the result of chapter 10, and where to go on."""
    notebook = nbformat.read(source / "notebooks" / CHAPTERS[10].name, as_version=4)
    pages = (output.get("data", {}).get("text/html", "") for cell in notebook.cells
             for output in cell.get("outputs", []))  # fmt: skip
    figure = next(page for page in pages if "<figure><img" in page)
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(SETTINGS / "_templates"), undefined=jinja2.StrictUndefined
    )
    return templates.get_template("front.html").render(
        explorer=build_web.page("explorer.html", "explorer/"),
        figure=figure.replace("../_static/", "_static/"),
        first=CHAPTERS[0].with_suffix(".html").name,
        last=CHAPTERS[10].with_suffix(".html").name,
        title="Hashing for image retrieval",
        description=DESCRIPTION,
        card=os.environ.get("SITE_URL", "") + "_static/explorer.png",
        author=author(),
    )


def chapter_page(path, demos, pictures):
    """A notebook as the site shows it: linked, its pictures in files, frames for sliders.

    What answers a prediction is folded, and so is code that only draws. An appendix has no demos
    here: the picture above stands for its sliders.
    """
    notebook, demos = nbformat.read(path, as_version=4), iter(demos)
    title, _, rest = notebook.cells[0].source.partition("\n")
    notebook.cells[0].source = f"{title}\n\n{DOWNLOAD.format(name=path.name)}\n{rest}"
    notebook.cells[-1].source = NEIGHBOURS.sub("", notebook.cells[-1].source)
    notebook.cells = [each for cell in notebook.cells for each in (cell, *diagrams_below(cell))]
    for cell in notebook.cells:
        cell.metadata.pop("tags", None)  # those are for slides and tests
        if cell.cell_type == "markdown":
            cell.source = labelled(linked(cell.source))
            continue
        if calls_explore(cell):
            demo = next(demos, None)
            shown = unfolding(thinned(demo)) if demo else IN_THE_LAB
            cell.outputs = [new_output("display_data", {"text/html": shown})]
        cell.outputs = [o for o in cell.outputs if WIDGET not in o.get("data", {})]
        for output in cell.outputs:
            if "text/html" in output.get("data", {}):
                output.data = {"text/html": in_files(output.data["text/html"], pictures)}
        if only_draws(cell.source):
            cell.metadata["tags"] = ["hide-input"]
    notebook.cells = with_answers_folded(notebook.cells)
    return notebook


def diagrams_below(cell):
    """The diagrams to touch that belong below a cell of a chapter, as cells."""
    return [
        new_markdown_cell(
            f'<div class="diagram" data-diagram="{name}"><p>Here a diagram moves: {words}. '
            "It needs JavaScript and a server.</p></div>"
        )
        for name, (beside, words) in DIAGRAMS.items()
        if beside in cell.source
    ]


def only_draws(code):
    """Whether all that code does is to make demos of the course and to show these and figures."""
    return all(map(_draws, ast.parse(code).body))


def _draws(statement):
    if isinstance(statement, ast.Expr):
        return re.match(r"(show|explore)\(", ast.unparse(statement)) is not None
    return isinstance(statement, ast.Assign) and ast.unparse(statement.value).startswith("demos.")


def with_answers_folded(cells):
    """The cells of a page; what answers a prediction unfolds by a click.

    That is what the cells after the question show, up to the next prose, and its first paragraph.
    """
    page, asked, answers = [], False, []
    for cell in cells:
        if asked and cell.cell_type == "code" and not calls_explore(cell):
            answers += cell.outputs
            cell.outputs = []
        elif answers:
            told = FIRST_PARAGRAPH.match(cell.source) if cell.cell_type == "markdown" else None
            page += folded(answers, told[1] if told else "")
            cell.source = cell.source[told.end() :] if told else cell.source
            asked, answers = False, []
        if cell.cell_type == "markdown":
            asked = "**Predict.**" in cell.source
        page.append(cell)
    return page


def folded(outputs, words):
    """Cells that show outputs, and words on them, once a reader asks for the answer."""
    return [
        new_markdown_cell('<details class="answer"><summary>Show the answer</summary>'),
        new_code_cell("# above", outputs=outputs, metadata={"tags": ["remove-input"]}),
        new_markdown_cell(f"{words}\n\n</details>"),
    ]


def in_files(text, pictures):
    """HTML whose pictures lie in a folder, named by what they hold, instead of within the text."""

    def filed(match):
        alt, picture = match[1], base64.b64decode(match[2])
        name = hashlib.sha256(picture).hexdigest()[:16]
        if picture.startswith(PNG):
            name += ".webp"  # lossless, in a third of the bytes
            if not (pictures / name).exists():
                pixels = Image.open(io.BytesIO(picture)).convert("RGB")
                pixels.save(pictures / name, lossless=True, method=2, quality=30)
        else:
            name += ".svg"
            (pictures / name).write_bytes(picture)
        width, height = size_on_page(picture)
        size = f'width="{width}" height="{height}"'
        return f'<img alt="{alt}" src="../_static/pictures/{name}" {size} loading="lazy"/>'

    return PICTURE.sub(filed, text)


def unfolding(demo):
    """The choices of a demo that move here, and a line that says what does not."""
    moving = [name for name, (_, values, _) in demo.choices.items() if len(values) > 1]
    fixed = ", ".join(
        f"{label} (here {default})"
        for name, (label, _, default) in demo.choices.items()
        if name not in moving
    )
    stands = f" There you can also change {html.escape(fixed)}." if fixed else ""
    return (
        '<div class="sliders"><p>This page has no Python behind it: its pictures were drawn '
        f"beforehand. The notebook has more values.{stands}</p>"
        f"{frames(demo, *moving).data}</div>"
    )


def thinned(demo):
    """A demo of which every combination of values can be drawn, the defaults among them.

    As many choices as possible move, the first ones first, with as many values as possible; each of
    the others has its default only.
    """
    few = copy(demo)
    for n_moving in range(len(demo.choices), 0, -1):
        for most in range(MOST_VALUES, LEAST_VALUES - 1, -1):
            few.choices = {
                name: (label, spread(list(values), default, most if i < n_moving else 1), default)
                for i, (name, (label, values, default)) in enumerate(demo.choices.items())
            }
            if prod(len(values) for _, values, _ in few.choices.values()) <= MOST_PICTURES:
                return few
    raise AssertionError("a choice alone has few enough values")


def linked(text, folder=""):
    """Markdown in which equations, chapters and parts of the packages named in prose are links."""
    numbers = {path.name[:2]: folder + path.name for path in PAGES}
    names = re.compile(
        rf"(?P<kept>{KEPT_AS_THEY_ARE})"
        r"|(?P<equation>\b[Ee]quations? [1-7](?: (?:and|to) [1-7])?)"
        r"|(?P<chapter>\b[Cc]hapters? \d\d(?:(?:, | and | to )\d\d)*|\b[Aa]ppendix A\d)",
        re.DOTALL | re.MULTILINE,
    )

    def link(match):
        if match["equation"]:
            return re.sub(r"(?:[Ee]\w+ )?([1-7])", r"[\g<0>](#equation-\1)", match[0])
        if match["chapter"]:
            named = r"(?:[AaCc]\w+ )?(\d\d|A\d)"
            return re.sub(named, lambda m: f"[{m[0]}]({numbers[m[1]]})", match[0])
        return re.sub(r"^`(dsh(?:lib|course)\.[\w.]+)`$", r"{py:obj}`\1`", match[0])

    return names.sub(link, text)


def labelled(text):
    """Markdown whose numbered equations can be linked to; the number stays that of the slides."""
    return re.sub(
        r"\$\$((?:(?!\$\$).)*?\\tag\{(\d)\})\$\$",
        r"(equation-\2)=\n\\begin{equation*}\n\1\n\\end{equation*}",
        text,
        flags=re.DOTALL,
    )


@any_character()
def main(arguments=None):
    parser = argparse.ArgumentParser(
        "python -m publish.build_site", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "build" / "site")
    try:
        return build(parser.parse_args(arguments).folder)
    except FileExistsError as error:
        parser.error(str(error))


if __name__ == "__main__":
    sys.exit(main())
