"""The course as a website without a kernel and without a network: make site.

python -m publish.build_site [FOLDER]

Sphinx and MyST-NB build FOLDER, build/site if none is given, from build/site-work. Both are made
anew. In the latter each chapter is a copy of the notebook with its stored outputs: pictures lie
beside the pages, and the pictures of each demo, drawn beforehand, stand where a kernel would show
its sliders.
"""

import argparse
import base64
import hashlib
import html
import re
import shutil
import sys
from copy import copy
from pathlib import Path

import nbformat
from sphinx.cmd.build import build_main

from dshcourse.console import any_character
from dshcourse.demos.beforehand import drawn_pages, framed
from dshcourse.demos.catalogue import Inputs, demos_of
from dshcourse.figures.base import size_on_page
from dshlib.data import load
from tools.chapters import PAGES, ROOT, WIDGET, calls_explore

IN_THE_LAB = "<p>The sliders move where the notebook runs: <code>make lab</code> opens it.</p>"
SETTINGS = ROOT / "publish" / "site"
MATHJAX = ROOT / "publish" / "node_modules" / "mathjax" / "es5" / "tex-svg-full.js"
COPIED = (  # what README and the pages under it link to
    "README.md", "CONTRIBUTING.md", "LICENSE", "publish/explorer.png",
    "data/README.md", "data/make_classroom.py", "notebooks/assignments/teacher/guide.md",
)  # fmt: skip
TEACHERS_ONLY = re.compile(r"\[([^]]*)\]\((\S*/teacher/\S*)\)")  # no page, or search would tell
MOST_VALUES = 9  # of a choice that are drawn
PICTURE = re.compile(r'<img alt="([^"]*)" src="data:image/png;base64,([^"]+)" width="\d+"/>')
KEPT_AS_THEY_ARE = r"```.*?```|`+[^`]+`+|\$\$.*?\$\$|\$[^$]*\$|^#.*?$|\[[^]]*\]\([^)]*\)"
DOWNLOAD = "{{download}}`Download this notebook <../downloads/{name}>`"


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
    strict = ["--fail-on-warning", "--keep-going", "--quiet"]
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
    inputs = Inputs(load("classroom"))
    pictures = source / "_static" / "pictures"
    pictures.mkdir()
    for path in PAGES:
        _put(path, source / "downloads" / path.name)
        notebook = chapter_page(path, demos_of(path.name[:2], inputs), pictures)
        (source / "notebooks").mkdir(exist_ok=True)
        nbformat.write(notebook, source / "notebooks" / path.name)


def _put(file, place):
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(file, place)


def chapter_page(path, demos, pictures):
    """A notebook as the site shows it: linked, its pictures in files, frames for sliders.

    An appendix has no demos here: the picture above stands for its sliders.
    """
    notebook, demos = nbformat.read(path, as_version=4), iter(demos)
    title, _, rest = notebook.cells[0].source.partition("\n")
    notebook.cells[0].source = f"{title}\n\n{DOWNLOAD.format(name=path.name)}\n{rest}"
    for cell in notebook.cells:
        cell.metadata.pop("tags", None)  # "hide-input" is for slides; here all code is shown
        if cell.cell_type == "markdown":
            cell.source = labelled(linked(cell.source))
        elif calls_explore(cell):
            demo = next(demos, None)
            shown = unfolding(thinned(demo)) if demo else IN_THE_LAB
            cell.outputs = [nbformat.v4.new_output("display_data", {"text/html": shown})]
        if cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if WIDGET not in o.get("data", {})]
            for output in cell.outputs:
                if "text/html" in output.get("data", {}):
                    output.data = {"text/html": in_files(output.data["text/html"], pictures)}
    return notebook


def in_files(text, pictures):
    """HTML whose pictures lie in a folder, named by what they hold, instead of within the text."""

    def filed(match):
        alt, png = match[1], base64.b64decode(match[2])
        name = hashlib.sha256(png).hexdigest()[:16] + ".png"
        (pictures / name).write_bytes(png)
        width, height = size_on_page(png)
        size = f'width="{width}" height="{height}"'
        return f'<img alt="{alt}" src="../_static/pictures/{name}" {size} loading="lazy"/>'

    return PICTURE.sub(filed, text)


def unfolding(demo):
    """The frames of each choice of a demo, one below the other, the first of them open."""
    others = "; ".join(f"{label} {default}" for label, _, default in demo.choices.values())
    parts = []
    for name, (label, _, _) in demo.choices.items():
        drawn = drawn_pages(demo, name)
        if len(set(drawn)) > 1:  # some choices matter only beside certain others
            first, shown = " open" * (not parts), framed(demo, name, drawn).data
            parts.append(
                f"<details{first}><summary>{html.escape(label)}</summary>{shown}</details>"
            )
    introduction = (
        "This page has no Python behind it. Here each slider moves alone, through pictures drawn "
        f"beforehand; the others stand at their defaults ({html.escape(others)}). "
        "<code>make lab</code> opens the chapter, where they all move."
    )
    return f'<div class="sliders"><p>{introduction}</p>{"".join(parts)}</div>'


def thinned(demo):
    """A demo whose choices have so few values that all can be drawn, the defaults among them."""
    few = copy(demo)
    few.choices = {
        name: (label, _spread(list(values), default), default)
        for name, (label, values, default) in demo.choices.items()
    }
    return few


def _spread(values, default):
    step = -(-len(values) // MOST_VALUES)
    return values[values.index(default) % step :: step]


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
