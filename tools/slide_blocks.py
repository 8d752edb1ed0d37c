"""The cells of a chapter as blocks of slides: what is shown, how high it is, what is only said.

A slide has room for a question, a piece of code, a figure; a page of a chapter says more. What is
too long to be read from the back row goes into the speaker notes, by these rules:

- A paragraph shows as many of its first sentences as fit in LEAD characters, at least one, and the
  last one if it ends in a colon. If that is not all, the notes have the whole paragraph. Bets,
  exercises, questions, lists, tables and formulas are shown whole.
- Code is shown, without what only imports, what only draws (from the line on that makes the
  figure) and what only writes a sentence, unless the cell has the tag `hide-input`. Where code is
  left out, the notes name its cell.
- A figure is shown, and the notes have it in words. Sliders are left to JupyterLab.
- The solution of an exercise is in the notes only, the answer to a **Think.** is a step.
- What is needed, the time, references and links to the neighbours are in the notes.
"""

import ast
import base64
import html
import re
import struct
from dataclasses import dataclass, replace
from math import ceil

from bs4 import BeautifulSoup
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

WIDTH, ROOM = 1224, 580  # pixels of a slide, 1280 × 720, that blocks can have under its heading
LEAD = 210
TEXT, GAP = 30, 18
CODE_SIZES, TABLE_SIZES = (26, 24, 22, 20), (28, 26, 24, 22, 20, 18)
LETTER, CODE_LETTER = 0.48, 0.605  # width of a letter, as a share of the size of the type
TALLEST_CODE = 470
LARGEST_ZOOM = 1.5  # of a figure whose slide has text, too

SENTENCE = re.compile(r'(?<=[.?!])["”)*_]*\s+')
DETAILS = re.compile(r"<details>\s*<summary>(.*?)</summary>(.*?)</details>", re.DOTALL)
SAID_ONLY = re.compile(r"\*\*(You need|References)\*\*|(Next|Previous): ")
SHOWN_WHOLE = re.compile(r"\*\*You will|\*\*Exercise|\*\*Think\.|\*[^*]")
DRAWS = re.compile(r"fig\b|demo = |show\(")
EXERCISE = re.compile(r"^check\(", re.MULTILINE)
SLIDERS = re.compile(r"^explore\(", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A part of a slide. `step`: it waits for a key, unless the slide begins with it."""

    kind: str
    html: str = ""
    height: float = 0
    notes: str = ""
    step: bool = False


class Formulas:
    """TeX as HTML. Asked for a formula that was not typeset yet, it notes it down."""

    FITTING = WIDTH / (0.49 * TEXT)  # ex of this type are as wide as a slide

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
    """Blocks from the cells of the notebook called `name`."""

    def __init__(self, name, formulas):
        self.name = name
        self.markdown = MarkdownIt("commonmark", {"html": True, "highlight": _coloured})
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
            if summary == "Solution":
                notes = f"<p><b>Solution.</b></p>{self._render(folded)}"
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
                    yield Block(kind, page, _text_height(page), step=step)

    def _paragraph(self, source, step):
        if SAID_ONLY.match(source):
            return Block("note", notes=self._render(source))
        if source.startswith("**Predict."):
            page = self._render(source)
            asked = "<p><b>Let the class bet</b>, then go on.</p>"
            return Block("predict", page, _text_height(page) + 40, asked, step=True)
        shown = source if SHOWN_WHOLE.match(source) else lead(source)
        page = self._render(shown)
        notes = "" if shown == source else self._render(source)
        kind = "exercise" if source.startswith(("**Exercise", "**Think")) else "text"
        return Block(kind, page, _text_height(page), notes, step)

    def _from_code(self, number, cell):
        source = shown_code(cell)
        blocks = [code_block(source)] if source else []
        blocks += self._from_outputs(cell)
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
            elif "text/html" in data:
                yield from table_blocks(data["text/html"], step=True)
            elif "text/markdown" in data:
                yield from self._from_markdown(data["text/markdown"], step=True)
            elif "application/vnd.jupyter.widget-view+json" not in data:
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
    if kinds == {"text/markdown", "text/plain"} or SLIDERS.search(cell.source):
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


def _coloured(source, language="", attributes=""):
    return highlight(source, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True))


def code_block(source, kind="code"):
    """Code in colours, or what it printed, in the largest type that fits; long lines turn over."""
    source = re.sub(r"\n{3,}", "\n\n", source.rstrip())
    lines = source.splitlines()
    for size in CODE_SIZES:
        letters = (WIDTH - 18) // (CODE_LETTER * size)
        height = 1.3 * size * sum(max(1, ceil(len(line) / letters)) for line in lines) + 24
        if height <= TALLEST_CODE and max(map(len, lines)) <= letters:
            break
    page = _coloured(source) if kind == "code" else html.escape(source)
    rows = "".join(f'<span class="line">{line or " "}</span>' for line in page.splitlines())
    text = f'<pre class="{kind}" style="font-size: {size}px"><code>{rows}</code></pre>'
    return Block(kind, text, height + GAP, step=True)


def figure_block(png, alt):
    """A stored figure, which takes what room the slide has left."""
    width, height = struct.unpack(">II", base64.b64decode(png[:40])[16:24])
    zoom = min(LARGEST_ZOOM, WIDTH / width)
    picture = f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{png.strip()}">'
    said = f"<p><b>The figure in words.</b> {html.escape(alt)}</p>"
    return Block("figure", picture, min(zoom * height, ROOM), said, step=True)


def table_blocks(page, step):
    """A table in the largest type that fits, or parts of it with the head repeated."""
    table = BeautifulSoup(page, "html.parser").table
    numbers = "numbers" if "dataframe" in table.get("class", []) else "words"
    for tag in [table, *table.find_all(["thead", "tr", "th", "td"])]:
        tag.attrs = {k: v for k, v in tag.attrs.items() if k in ("rowspan", "colspan")}
    head, rows = table.thead, table.tbody.find_all("tr")
    for size in TABLE_SIZES:
        heights = _row_heights([*head.find_all("tr"), *rows], size)
        turns_over = numbers == "numbers" and max(heights) > min(heights)
        if sum(heights) + GAP <= ROOM and not turns_over:
            break
    above = sum(heights[: -len(rows)]) + GAP
    part, used = [], above
    for row, height in zip(rows, heights[-len(rows) :], strict=True):
        if part and used + height > ROOM:
            yield Block("table", _table(head, part, size, numbers), used, step=step)
            part, used = [], above
        part.append(row)
        used += height
    yield Block("table", _table(head, part, size, numbers), used, step=step)


def _table(head, rows, size, kind):
    body = "".join(map(str, rows))
    style = f'class="{kind}" style="font-size: {size}px"'
    return f"<table {style}>{head}<tbody>{body}</tbody></table>"


def _row_heights(rows, size):
    """Pixels of each row if the browser gives columns room by the length of their longest cell."""
    cells = [[len(_plain(str(cell))) for cell in row.find_all(["td", "th"])] for row in rows]
    columns = [max(c[i] for c in cells if i < len(c)) for i in range(max(map(len, cells)))]
    letters = WIDTH / (LETTER * size) - 2 * len(columns)
    widths = [max(letters * c / max(sum(columns), letters), 6) for c in columns]
    return [
        max(1, *(ceil(n / w - 0.01) for n, w in zip(row, widths, strict=False))) * 1.25 * size + 11
        for row in cells
    ]


def _plain(page):
    """HTML as text, a formula as so many letters as it is wide."""
    page = re.sub(r'<svg[^>]*? width="([\d.]+)ex".*?</svg>', _as_letters, page, flags=re.DOTALL)
    return html.unescape(re.sub(r"<math.*?</math>|<[^>]*>", "", page, flags=re.DOTALL))


def _as_letters(match):
    return "x" * round(float(match[1]))


def _text_height(page):
    """Pixels of paragraphs, lists and displayed formulas."""
    shown = re.findall(r'<div class="math.*? height="([\d.]+)ex"', page, re.DOTALL)
    height = sum(TEXT * 0.49 * float(h) + 2 * GAP for h in shown)
    page = re.sub(r'<div class="math.*?</div>', "", page, flags=re.DOTALL)
    for kind, paragraph in re.findall(r"<(p|li)>(.*?)</\1>", page, re.DOTALL):
        lines = ceil(len(_plain(paragraph)) * LETTER * TEXT / WIDTH)
        height += 1.35 * TEXT * lines + (GAP if kind == "p" else 10)
    return height
