"""What all figures share: how one is shown with its words, and what it looks like."""

import base64
import html
import io
import re

OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
INK = (OKABE_ITO[0], "#B34700")  # the first two, for words: dark enough on white
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)))
PER_INCH = 90  # pixels of the page, as CSS counts them, of an inch of a figure
DPI = 2 * PER_INCH  # sharp on any screen
PNG = b"\x89PNG"  # how such a file begins
SVG = {"svg.fonttype": "none", "svg.hashsalt": "figure"}  # words stay words; ids are not by chance


class Shown:
    """A finished figure with its alt text: HTML for people, PNG for files, text for comparison."""

    def __init__(self, fig, alt):
        self.alt = alt
        self.png = as_png(fig)

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {
            "text/html": as_html(self.png, self.alt),
            "image/png": base64.b64encode(self.png).decode(),
            "text/plain": self.alt,
        }


def show(fig, alt):
    """The last line of a cell: a figure, or a page such as a `Strip`, with its alt text."""
    return fig if hasattr(fig, "page") else Shown(fig, alt)


def as_png(fig, dpi=DPI):
    """Render and close a figure, all that it draws: bytes that are equal for equal figures.

    Without a layout engine its size is measured here; "tight" would first lay out all again.
    """
    import matplotlib.pyplot as plt  # here: pages of HTML are shown without it, and sooner

    buffer = io.BytesIO()
    fig.set_dpi(dpi)
    box = box_of(fig) if fig.get_layout_engine() is None else "tight"
    fig.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None}, bbox_inches=box)
    plt.close(fig)
    return buffer.getvalue()


def as_svg(fig, box):
    """Draw and close a figure: SVG, sharp at any size, in about half the time of a PNG.

    box, in inches, is the part that is drawn. Words stay words, in a font that the reader has.
    """
    import matplotlib.pyplot as plt

    buffer = io.BytesIO()
    unsigned = {"Creator": None, "Date": None}
    with plt.rc_context(SVG):
        fig.savefig(buffer, format="svg", dpi=DPI, metadata=unsigned, bbox_inches=box)
    plt.close(fig)
    return buffer.getvalue()


def box_of(fig):
    """What a figure draws and a small margin, in inches, of a figure without a layout engine."""
    from matplotlib import rcParams

    return fig.get_tightbbox().padded(rcParams["savefig.pad_inches"])


def as_html(picture, alt):
    """A picture, PNG or SVG, and its words as HTML that needs no other file."""
    source, (width, _) = base64.b64encode(picture).decode(), size_on_page(picture)
    kind = "png" if picture.startswith(PNG) else "svg+xml"
    return (
        f'<figure><img alt="{html.escape(alt)}" src="data:image/{kind};base64,{source}"'
        f' width="{width}"/></figure>'
    )


def size_on_page(picture):
    """Width and height of a PNG that was drawn at DPI, or of an SVG, in pixels of the page."""
    if picture.startswith(PNG):
        lengths, per_inch = [int.from_bytes(picture[i : i + 4], "big") for i in (16, 20)], DPI
    else:
        lengths, per_inch = map(float, re.findall(rb'="([\d.]+)pt"', picture[:999])), 72
    return tuple(round(length * PER_INCH / per_inch) for length in lengths)


def title_of(fig):
    """The title of a figure, or else of the first of its axes that has one; "" if none has."""
    titles = [fig.get_suptitle(), *(ax.get_title() for ax in fig.axes)]
    return next((" ".join(title.split()) for title in titles if title), "")


def style(index):
    """Colour, marker and line of the index-th series, so that no one needs to tell by colour."""
    pick = index % len(OKABE_ITO)
    return {"color": OKABE_ITO[pick], "marker": MARKERS[pick], "linestyle": LINES[pick]}


def finish(ax, title, xlabel, ylabel):
    """Title, axis labels, light grid and no box.

    With y=1 the title stays where it is; else matplotlib measures all ticks to find it a place.
    """
    ax.set_title(title, y=1)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.grid(alpha=0.3)
    ax.spines[["top", "right"]].set_visible(False)


def pin(ax, below=0.13, left=0.13):
    """Fix title and axis labels of a finished ax, `below` and `left` of it in parts of its size.

    Left alone, matplotlib measures all ticks several times to place them: a fifth of a redraw.
    """
    ax.set_title(ax.get_title(), y=1)
    ax.xaxis.set_label_coords(0.5, -below)
    ax.yaxis.set_label_coords(-left, 0.5)
