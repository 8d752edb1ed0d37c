"""The page of the explorer: two methods side by side, their curves, and what they cost."""

import html
from dataclasses import dataclass

import numpy as np

from dshcourse.figures import OKABE_ITO

BITS_PER_LINE = 16
NO_NEIGHBOUR = "No image shares a bucket with the query."
STYLE = """<style>
.dsh-two { color: inherit; font-size: 13px; line-height: 1.3; margin: 0; }
.dsh-two .sides { display: flex; flex-wrap: wrap; gap: 8px 24px; }
.dsh-two .side { flex: 1 1 330px; min-width: 0; }
.dsh-two .side > p, .dsh-two .query p { margin: 4px 0; }
.dsh-two .query { align-items: center; display: flex; gap: 12px; }
.dsh-two ol { display: grid; gap: 6px; list-style: none; margin: 0; padding: 0;
  grid-template-columns: repeat(auto-fill, minmax(102px, 1fr)); }
.dsh-two li { margin: 0; text-align: center; }
.dsh-two li img { border: 3px solid #0072b2; box-sizing: content-box; }
.dsh-two li.wrong img { border: 3px dashed #d55e00; }
.dsh-two .near { display: block; font-size: 12px; }
.dsh-two code { background: none; color: inherit; display: block; font-size: 10px;
  line-height: 1.25; padding: 0; }
.dsh-two b.differs { background: #f0e442; color: #000; text-decoration: underline; }
.dsh-two table { border-collapse: collapse; margin: 8px 0; }
.dsh-two :is(td, th) { padding: 2px 10px 2px 0; text-align: left; vertical-align: top;
  font-weight: normal; background: none; color: inherit; }
.dsh-two thead th { font-weight: bold; }
.dsh-two svg { display: block; height: auto; max-width: 100%; }
</style>"""
LOOKS = (  # of the curves: colour, dashes, shape of a point around 0, its sign in words
    (OKABE_ITO[0], "", '<circle r="4"/>', "●"),
    (OKABE_ITO[1], "6 4", '<rect x="-4" y="-4" width="8" height="8"/>', "■"),
)
WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 460, 220, 40, 40, 12, 12  # of the plot, in pixels


@dataclass(frozen=True)
class Page:
    """HTML with its alt text, and a line of words for all readers."""

    page: str
    alt: str
    words: str

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/html": self.page, "text/plain": self.alt}


def reason(title, words):
    """In place of a list, why a method cannot search."""
    return f'<div class="side"><p><strong>{html.escape(title)}</strong></p><p>{words}</p></div>'


def found_list(title, values, images, kinds, right, found):
    """What one method finds, as HTML: a list of pictures with their classes and bits.

    Parameters: title; for each image that was found its number as a query, picture as HTML, class,
    and whether it is right; found, a `Found`.
    """
    own, theirs = found.bits or (None, [None] * len(found.ids))
    items = [
        f'<li class="{"right" if r else "wrong"}"><span data-choice="query" data-value="{value}"'
        f' title="Search for this image">{image}</span><span class="near">'
        f"{'✓' if r else '✗'} {html.escape(str(kind))}<br/>{note}</span>{_bits(code, own)}</li>"
        for value, image, kind, r, note, code in zip(
            values, images, kinds, right, found.notes, theirs, strict=True
        )
    ]
    code = "" if own is None else f"<p>Code of the query: {_bits(own, own)}</p>"
    empty = "" if items else f"<p>{NO_NEIGHBOUR}</p>"
    return (
        f'<div class="side"><p><strong>{html.escape(title)}</strong></p>{code}{empty}'
        f"<ol>{''.join(items)}</ol></div>"
    )


def _bits(code, own):
    """Bits in lines, those that differ from `own` marked; for eyes only: a note counts them."""
    if code is None:
        return ""
    marked = [
        str(int(bit)) if bit == wanted else f'<b class="differs">{int(bit)}</b>'
        for bit, wanted in zip(code, own, strict=True)
    ]
    lines = ["".join(marked[i : i + BITS_PER_LINE]) for i in range(0, len(marked), BITS_PER_LINE)]
    return f'<code aria-hidden="true">{"<br/>".join(lines)}</code>'


def curves(names, scores, sizes, rings, ylabel):
    """Two curves of score against hash size as SVG, with their alt text.

    Parameters: names, two; scores, for each a dict from hash size to score; sizes, on the
    horizontal axis, evenly spaced; rings, for each the hash size whose point is ringed.
    """
    scores_of_all = [score for points in scores for score in points.values()]
    low = np.floor(10 * min(scores_of_all, default=0)) / 10
    high = max(np.ceil(10 * max(scores_of_all, default=1)) / 10, low + 0.1)
    step = (WIDTH - LEFT - RIGHT - 20) / max(len(sizes) - 1, 1)
    across = {size: LEFT + 10 + i * step for i, size in enumerate(sizes)}

    def up(score):
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - score) / (high - low)

    parts = [_text((LEFT + WIDTH) / 2, HEIGHT - 4, "hash size k, bits", "middle")]
    parts += [_text(x, HEIGHT - BOTTOM + 18, size, "middle") for size, x in across.items()]
    for tick in np.linspace(low, high, round(10 * (high - low)) + 1):
        line = f"M{LEFT} {up(tick):.1f}H{WIDTH - RIGHT}"
        parts.append(_text(LEFT - 6, up(tick) + 4, f"{tick:.1f}", "end"))
        parts.append(f'<path d="{line}" stroke="currentColor" stroke-opacity=".25"/>')
    for points, ring, look in zip(scores, rings, LOOKS, strict=True):
        places = {size: (across[size], up(score)) for size, score in points.items()}
        parts.append(_curve(places, ring, *look))
    described = [
        f"{name}: {', '.join(f'{score:.3f} at {k}' for k, score in points.items()) or 'none'}"
        for name, points in zip(names, scores, strict=True)
    ]
    alt = f"{ylabel} against hash size. {'; '.join(described)}."
    return (
        f'<svg role="img" aria-label="{html.escape(alt)}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" font-size="12">{"".join(parts)}</svg>'
    ), alt


def _curve(places, ring, colour, dashes, shape, sign):
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places.values())
    around = f'<circle r="9" fill="none" stroke="{colour}" stroke-width="2"/>'
    points = "".join(
        f'<g transform="translate({x:.1f} {y:.1f})" fill="{colour}">{shape}'
        f"{around * (size == ring)}</g>"
        for size, (x, y) in places.items()
    )
    return (
        f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2" '
        f'stroke-dasharray="{dashes}"/>{points}'
    )


def _text(x, y, words, anchor):
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="currentColor">{words}</text>'
    )


def table(names, rows):
    """A table of two columns, with the signs of the curves in its head: rows of (what, two)."""
    heads = "".join(
        f'<th scope="col"><span style="color: {colour}" aria-hidden="true">{sign}</span> '
        f"{html.escape(name)}</th>"
        for name, (colour, _, _, sign) in zip(names, LOOKS, strict=True)
    )
    body = "".join(
        f'<tr><th scope="row">{what}</th>{"".join(f"<td>{value}</td>" for value in values)}</tr>'
        for what, *values in rows
    )
    return f"<table><thead><tr><td></td>{heads}</tr></thead><tbody>{body}</tbody></table>"


def page(query, sides, plot, costs):
    """The parts of the explorer, each HTML, as one page."""
    return (
        f'<figure role="group" aria-label="Two methods compared" class="dsh-two">{STYLE}'
        f'<div class="query">{query}</div><div class="sides">'
        f'{"".join(sides)}</div><div class="sides"><div class="side">{plot}</div>'
        f'<div class="side">{costs}</div></div></figure>'
    )
