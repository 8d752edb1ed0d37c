"""A demo for readers without a kernel: every value of a choice drawn beforehand, in plain HTML."""

import hashlib
import html

from IPython.display import HTML

from dshcourse.figures import as_html, as_png


def frames(demo, name, **fixed):
    """Every value of one choice of a demo as a row of radio buttons, the chosen picture below.

    Parameters: demo, a `Demo`; name, of the choice; fixed, values for its other choices, which
    have their defaults else. Returns: HTML without scripts that needs no network; the arrow keys
    move from value to value. Equal demos give equal HTML. Raises ValueError for an unknown name.
    """
    if name not in demo.choices:
        raise ValueError(f"name={name!r}, but it must be one of {', '.join(demo.choices)}")
    label, values, default = demo.choices[name]
    pictures = (demo(**fixed | {name: value}) for value in values)
    drawn = [as_html(as_png(figure), alt) for figure, alt in pictures]
    key = "frames-" + hashlib.sha256("".join(drawn).encode()).hexdigest()[:12]
    buttons = "".join(
        f'<input type="radio" name="{key}" id="{key}-{i}"{" checked" * (value == default)}/>'
        f'<label for="{key}-{i}">{html.escape(str(value))}</label> '
        for i, value in enumerate(values)
    )
    shown = ", ".join(
        f"#{key}-{i}:checked ~ figure:nth-of-type({i + 1})" for i in range(len(values))
    )
    style = f"#{key} figure {{ display: none }} {shown} {{ display: block !important }}"
    return HTML(
        f'<fieldset id="{key}"><style>{style}</style><legend>{html.escape(label)}</legend>'
        f"{buttons}{''.join(drawn)}</fieldset>"
    )
