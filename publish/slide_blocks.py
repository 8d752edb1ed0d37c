"""Parts of a slide as HTML, each with the height that it needs: words, code, tables, figures.

A deck is laid out without a browser, from the number of letters and the widths of formulas; the
deck brings its fonts along, so that the letters are everywhere as wide as here.
"""

import base64
import html
import re
from dataclasses import dataclass
from math import ceil

from bs4 import BeautifulSoup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from dshcourse.figures.base import size_on_page

WIDTH, ROOM = 1224, 580  # pixels of a slide, 1280 × 720, that parts can have under its heading
TEXT, GAP = 30, 18  # pixels of type, and between parts
CODE_SIZES, TABLE_SIZES = (26, 24, 22, 20), (28, 26, 24, 22, 20, 18)
LETTER, CODE_LETTER = 0.48, 0.605  # width of a letter, as a share of the size of the type
EX = 0.49  # the unit of formulas, likewise
SMALL = 22  # type in which numbers turn over rather than shrink further
TALLEST_CODE = 470
STRIP_HEIGHT = 180  # of a query with its neighbours in one row, see deck.css
LARGEST_ZOOM = 1.5  # of a figure whose slide has words, too


@dataclass(frozen=True)
class Block:
    """A part of a slide. `step`: it waits for a key, unless the slide begins with it."""

    kind: str
    html: str = ""
    height: float = 0
    notes: str = ""
    step: bool = False


def coloured(source, language="", attributes=""):
    """Python in colours; the other arguments are what markdown-it adds."""
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
    page = coloured(source) if kind == "code" else html.escape(source)
    rows = "".join(f'<span class="line">{line or " "}</span>' for line in page.splitlines())
    text = f'<pre class="{kind}" style="font-size: {size}px"><code>{rows}</code></pre>'
    return Block(kind, text, height + GAP, step=True)


def figure_block(png, alt):
    """A stored figure, which takes what room the slide has left."""
    picture = f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{png.strip()}">'
    said = f"<p><b>The figure in words.</b> {html.escape(alt)}</p>"
    return Block("figure", picture, figure_height(png), said, step=True)


def figure_height(picture):
    """Pixels that a figure, in base64, has on a slide that has words, too."""
    width, height = size_on_page(base64.b64decode(picture))
    return min(min(LARGEST_ZOOM, WIDTH / width) * height, ROOM)


def strip_blocks(page):
    """A query and its neighbours a block, so that several of them can turn to the next slide."""
    for strip in re.findall('<figure role="img".*?</figure>', page, re.DOTALL):
        alt = BeautifulSoup(strip, "html.parser").figure["aria-label"]
        said = f"<p><b>The figure in words.</b> {html.escape(alt)}</p>"
        yield Block("strip", strip, STRIP_HEIGHT + GAP, said, step=True)


def table_blocks(page, step):
    """A table in the largest type that fits, or parts of it with the head repeated."""
    table = BeautifulSoup(page, "html.parser").table
    numbers = "numbers" if "dataframe" in table.get("class", []) else "words"
    for tag in [table, *table.find_all(["thead", "tr", "th", "td"])]:
        tag.attrs = {k: v for k, v in tag.attrs.items() if k in ("rowspan", "colspan")}
    head, rows = table.thead, table.tbody.find_all("tr")
    for size in TABLE_SIZES:
        heights = _row_heights([*head.find_all("tr"), *rows], size)
        body = heights[-len(rows) :]
        turns_over = numbers == "numbers" and max(body) > min(body) and size > SMALL
        if sum(heights) + GAP <= ROOM and not turns_over:
            break
    above = sum(heights[: -len(rows)]) + GAP
    part, used = [], above
    for row, height in zip(rows, body, strict=True):
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


def text_height(page):
    """Pixels of paragraphs, lists and displayed formulas."""
    shown = re.findall(r'<div class="math.*? height="([\d.]+)ex"', page, re.DOTALL)
    height = sum(TEXT * EX * float(h) + 2 * GAP for h in shown)
    page = re.sub(r'<div class="math.*?</div>', "", page, flags=re.DOTALL)
    for kind, paragraph in re.findall(r"<(p|li)>(.*?)</\1>", page, re.DOTALL):
        lines = ceil(len(_plain(paragraph)) * LETTER * TEXT / WIDTH)
        height += 1.35 * TEXT * lines + (GAP if kind == "p" else 10)
    return height
