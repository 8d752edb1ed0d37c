"""A demo for readers without a kernel: its pictures drawn beforehand, in plain HTML."""

import hashlib
import html
from itertools import product

from IPython.display import HTML

from dshcourse.demos.widget import Pictures


def frames(demo, *names, **fixed):
    """Choices of a demo as rows of radio buttons, and below the picture of what is chosen.

    Parameters: demo, a `Demo`; names, of the choices that move, together: a picture is drawn for
    every combination of their values; fixed, values for its other choices, which have their
    defaults else. Returns: HTML without scripts that needs no network; the arrow keys move from
    value to value. Equal demos give equal HTML. Raises ValueError for an unknown name.
    """
    for name in names:
        if name not in demo.choices:
            raise ValueError(f"name={name!r}, but it must be one of {', '.join(demo.choices)}")
    values = [demo.choices[name][1] for name in names]
    as_html = Pictures()
    as_html(*demo(**fixed))  # the part of all figures that is shown is that of the defaults
    pages = {
        place: as_html(*demo(**fixed | dict(zip(names, chosen, strict=True))))
        for place, chosen in _numbered(values)
    }
    key = "frames-" + hashlib.sha256("".join(pages.values()).encode()).hexdigest()[:12]
    rows = [_buttons(demo, name, f"{key}-{row}") for row, name in enumerate(names)]
    shown, drawn = [], list(dict.fromkeys(pages.values()))  # equal pages are there once
    for place, page in pages.items():
        chosen = "".join(f":has(#{key}-{row}-{i}:checked)" for row, i in enumerate(place))
        shown.append(f"#{key}{chosen} > .frame-{drawn.index(page)}")
    style = (
        f"#{key} > .frame {{ display: none }} {', '.join(shown)} {{ display: block !important }}"
    )
    divs = [f'<div class="frame frame-{i}">{page}</div>' for i, page in enumerate(drawn)]
    return HTML(f'<div id="{key}"><style>{style}</style>{"".join(rows)}{"".join(divs)}</div>')


def _numbered(values):
    """Every combination of values, with the places of its values in their lists."""
    places = product(*(range(len(each)) for each in values))
    return zip(places, product(*values), strict=True)


def _buttons(demo, name, key):
    """The values of a choice as radio buttons in a row, its default chosen."""
    label, values, default = demo.choices[name]
    shown = {value: html.escape(str(value)) for value in values} | demo.pictures(name)
    buttons = "".join(
        f'<input type="radio" name="{key}" id="{key}-{i}"{" checked" * (value == default)}/>'
        f'<label for="{key}-{i}">{shown[value]}</label> '
        for i, value in enumerate(values)
    )
    return f"<fieldset><legend>{html.escape(label)}</legend>{buttons}</fieldset>"
