"""The cells of a chapter as blocks of slides: what of them is shown, and what is only said.

A slide has room for a question, a piece of code, a figure; a page of a chapter says more. What is
too long to be read from the back row goes into the speaker notes, by these rules:

- A paragraph shows as many of its first sentences as fit in LEAD characters, at least one, and the
  last one if it ends in a colon. If that is not all, the notes have the whole paragraph. Bets,
  exercises, questions, lists, tables and formulas are shown whole.
- Code is shown, without what only imports, what only draws (from the line on that makes the
  figure) and what only writes a sentence, unless the cell has the tag `hide-input`. Where code is
  left out, the notes name its cell.
- A figure is shown, and the notes have it in words. So is a demo, with one choice that moves; demos
  that are pages are left to JupyterLab.
- The solution of an exercise, and what one should have seen in a demo, are in the notes only; the
  answer to a **Think.** is a step.
- What is needed, the time, references and links to the neighbours are in the notes.
"""

import ast
import html
import re
from dataclasses import replace

from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

from publish.slide_blocks import (
    EX,
    TEXT,
    WIDTH,
    Block,
    code_block,
    coloured,
    figure_block,
    strip_blocks,
    table_blocks,
    text_height,
)
from tools.chapters import WIDGET, calls_explore

LEAD = 210
SENTENCE = re.compile(r'(?<=[.?!])["”)*_]*\s+')
DETAILS = re.compile(r"<details>\s*<summary>(.*?)</summary>(.*?)</details>", re.DOTALL)
FOR_THE_TEACHER = ("Solution", "What you should have seen")
SAID_ONLY = re.compile(r"\*\*(You need|References)\*\*|(Next|Previous): ")
SHOWN_WHOLE = re.compile(r"\*\*You will|\*\*Exercise|\*\*Think\.|\*[^*]")
DRAWS = re.compile(r"fig\b|demo = |show\(")
EXERCISE = re.compile(r"^check\(", re.MULTILINE)


class Formulas:
    """TeX as HTML. Asked for a formula that was not typeset yet, it notes it down."""

    FITTING = WIDTH / (EX * TEXT)  # ex of this type are as wide as a slide

    def __init__(self):
        self.known = {}

    def __call__(self, tex, options):
        page = self.known.setdefault((tex, options["display_mode"]), "")
        width = re.search(r'(?:min-width: | width=")([\d.]+)ex', page)
        if width and float(width[1]) > self.FITTING:
            size = int(TEXT * self.FITTING / float(width[1]))
            return f'<div style="font-size: {size}px">{page}</div>'
        return page


class Writer:
    """Blocks from the cells of the notebook called `name`.

    Parameters: demos, a block or None for each of its demos, in order; without them none is shown.
    """

    def __init__(self, name, formulas, demos=()):
        self.name, self.demos = name, iter(demos)
        self.markdown = MarkdownIt("commonmark", {"html": True, "highlight": coloured})
        self.markdown.enable("table").use(dollarmath_plugin, renderer=formulas, double_inline=True)

    def blocks(self, number, cell):
        """The blocks of cell `number`, in order."""
        kind = cell.metadata.get("slideshow", {}).get("slide_type")
        if kind == "skip":
            return [Block("note", notes=self._place(number))]
        if kind == "notes":
            return [Block("note", notes=self._render(cell.source))]
        breaks = kind in ("slide", "subslide") and not cell.source.startswith("#")
        start = [Block("break")] if breaks else []
        if cell.cell_type == "markdown":
            return [*start, *self._from_markdown(cell.source)]
        return [*start, *self._from_code(number, cell)]

    def _render(self, source):
        page = self.markdown.render(source)
        page = re.sub(r'href="(\d\d_\w+)\.ipynb"', r'href="\1.html"', page)
        return re.sub(r'<a href="(?!https?:|\d\d_)[^"]*">(.*?)</a>', r"\1", page)

    def _place(self, number):
        return f"<p>Code: cell {number + 1} of {self.name}.</p>"

    def _from_markdown(self, source, step=False):
        pieces = DETAILS.split(source)
        yield from self._prose(pieces[0], step)
        for summary, folded, rest in zip(*(pieces[i::3] for i in (1, 2, 3)), strict=True):
            if summary in FOR_THE_TEACHER:
                notes = f"<p><b>{summary}.</b></p>{self._render(folded)}"
                yield Block("note", notes=notes)
            else:
                yield from self._prose(folded, step=True)
            yield from self._prose(rest, step)

    def _prose(self, source, step):
        lines = source.splitlines()
        for token in self.markdown.parse(source):
            if token.level == 0 and token.map:
                part = "\n".join(lines[slice(*token.map)]).strip()
                kind = token.type.removesuffix("_open")
                if kind == "paragraph":
                    yield self._paragraph(part, step)
                elif kind == "table":
                    yield from table_blocks(self._render(part), step)
                elif kind == "heading":
                    yield Block("heading", self._render(part), 0)
                else:
                    page = self._render(part)
                    yield Block(kind, page, text_height(page), step=step)

    def _paragraph(self, source, step):
        if SAID_ONLY.match(source):
            return Block("note", notes=self._render(source))
        if source.startswith("**Predict."):
            page = self._render(source)
            asked = "<p><b>Let the class bet</b>, then go on.</p>"
            return Block("predict", page, text_height(page) + 40, asked, step=True)
        shown = source if SHOWN_WHOLE.match(source) else lead(source)
        page = self._render(shown)
        notes = "" if shown == source else self._render(source)
        kind = "exercise" if source.startswith(("**Exercise", "**Think")) else "text"
        return Block(kind, page, text_height(page), notes, step)

    def _from_code(self, number, cell):
        source = shown_code(cell)
        blocks = [code_block(source)] if source else []
        blocks += self._from_outputs(cell)
        if calls_explore(cell) and (demo := next(self.demos, None)):
            blocks.append(demo)
        if source != cell.source:
            blocks = blocks or [Block("note")]
            blocks[0] = replace(blocks[0], notes=blocks[0].notes + self._place(number))
        return blocks

    def _from_outputs(self, cell):
        if EXERCISE.search(cell.source):
            return
        for output in cell.outputs:
            data = output.get("data", {})
            if "image/png" in data:
                yield figure_block(data["image/png"], data["text/plain"])
            elif '<figure role="img"' in data.get("text/html", ""):
                yield from strip_blocks(data["text/html"])
            elif '<figure role="group"' in data.get("text/html", ""):  # a page of a demo
                said = f"<p><b>The demo in words.</b> {html.escape(data['text/plain'])}</p>"
                yield Block("note", notes=said)
            elif "text/html" in data:
                yield from table_blocks(data["text/html"], step=True)
            elif "text/markdown" in data:
                yield from self._from_markdown(data["text/markdown"], step=True)
            elif WIDGET not in data:
                yield code_block(data.get("text/plain", output.get("text")), "printed")


def lead(paragraph, limit=LEAD):
    """The first sentences of a paragraph of Markdown, and the last one if it ends in a colon.

    A sentence does not end within a formula, code, bold type or brackets.
    """
    sentences, start = [], 0
    for end in [*(m.end() for m in SENTENCE.finditer(paragraph)), len(paragraph)]:
        if _is_closed(paragraph[start:end]):
            sentences.append(paragraph[start:end].strip())
            start = end
    if start < len(paragraph):
        sentences.append(paragraph[start:].strip())
    last = [sentences.pop()] if paragraph.rstrip().endswith(":") else []
    shown = sentences[: 0 if last else 1]
    for sentence in sentences[len(shown) :]:
        if len(" ".join([*shown, sentence, *last])) > limit:
            break
        shown.append(sentence)
    return " ".join([*shown, *last])


def _is_closed(text):
    marks = all(text.count(mark) % 2 == 0 for mark in ("$", "`", "**"))
    return marks and text.count("(") == text.count(")")


def shown_code(cell):
    """The code of a cell that a class should read; empty if it only imports, draws or tells."""
    statements = ast.parse(cell.source).body
    kinds = {kind for output in cell.outputs for kind in output.get("data", {})}
    if kinds == {"text/markdown", "text/plain"} or calls_explore(cell):
        return ""
    if "hide-input" in cell.metadata.get("tags", []):
        return ""
    if all(isinstance(statement, ast.Import | ast.ImportFrom) for statement in statements):
        return ""
    if "image/png" not in kinds:
        return cell.source
    lines = cell.source.splitlines()
    first = next(s.lineno for s in statements if DRAWS.match(lines[s.lineno - 1]))
    return "\n".join(lines[: first - 1]).rstrip()
