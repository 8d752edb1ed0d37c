"""A demo for readers without a kernel: every value of a choice drawn beforehand, in plain HTML."""

import hashlib
import html

from IPython.display import HTML

from dshcourse.demos.widget import as_page


def frames(demo, name, **fixed):
    """Every value of one choice of a demo as a row of radio buttons, the chosen picture below.

    Parameters: demo, a `Demo`; name, of the choice; fixed, values for its other choices, which
    have their defaults else. Returns: HTML without scripts that needs no network; the arrow keys
    move from value to value. Equal demos give equal HTML. Raises ValueError for an unknown name.
    """
    if name not in demo.choices:
        raise ValueError(f"name={name!r}, but it must be one of {', '.join(demo.choices)}")
    return framed(demo, name, drawn_pages(demo, name, **fixed))


def drawn_pages(demo, name, **fixed):
    """What a demo shows at every value of one choice: a list of HTML."""
    return [as_page(*demo(**fixed | {name: value})) for value in demo.choices[name][1]]


def framed(demo, name, drawn):
    """The row of radio buttons of one choice, and below it what was drawn for the chosen value."""
    label, values, default = demo.choices[name]
    names = {value: html.escape(str(value)) for value in values} | demo.pictures(name)
    key = "frames-" + hashlib.sha256("".join(drawn).encode()).hexdigest()[:12]
    buttons = "".join(
        f'<input type="radio" name="{key}" id="{key}-{i}"{" checked" * (value == default)}/>'
        f'<label for="{key}-{i}">{names[value]}</label> '
        for i, value in enumerate(values)
    )
    shown = ", ".join(
        f"#{key}-{i}:checked ~ .frame:nth-of-type({i + 1})" for i in range(len(values))
    )
    style = f"#{key} > .frame {{ display: none }} {shown} {{ display: block !important }}"
    pages = "".join(f'<div class="frame">{page}</div>' for page in drawn)
    return HTML(
        f'<fieldset id="{key}"><style>{style}</style><legend>{html.escape(label)}</legend>'
        f"{buttons}{pages}</fieldset>"
    )
