"""Sliders over pure functions: the picture is a function of the values, and nothing else."""

import html

import ipywidgets as widgets

from dshlib.figures import as_png

LABEL_STYLE = {"description_width": "10em"}
WIDE = {"width": "26em"}


def explore(draw, *, height="400px", **choices):
    """Sliders for draw(**values) → (figure, alt text), redrawn in place when a value changes.

    Parameters: draw, a function of keyword arguments; height, CSS height of the box that holds the
    picture, fixed so that the page does not jump; choices, dict from argument name to (label,
    values, default). Each row is a list of these values, which is labelled for screen readers
    and takes the keyboard, and a slider linked to it. An error appears below the picture.
    Returns: a widget. Used in every chapter.
    """
    picture = widgets.Image(format="png", layout=widgets.Layout(max_width="100%", height="auto"))
    words = widgets.HTML()
    controls, rows = {}, []
    for name, (label, values, default) in choices.items():
        common = {"options": values, "value": default}
        box = widgets.Dropdown(description=label, style=LABEL_STYLE, layout=WIDE, **common)
        slider = widgets.SelectionSlider(continuous_update=False, readout=False, **common)
        widgets.link((slider, "value"), (box, "value"))
        controls[name] = slider
        rows.append(widgets.HBox([box, slider]))
    drawn = {}

    def redraw(_=None):
        values = {name: control.value for name, control in controls.items()}
        key = tuple(values.values())
        try:
            if key not in drawn:
                figure, alt = draw(**values)
                drawn[key] = as_png(figure), alt
            picture.value, alt = drawn[key]
            words.value = f'<p role="status">{html.escape(alt)}</p>'
        except Exception as error:  # shown where the student looks, then raised for the log
            words.value = f'<p role="alert">Error: {html.escape(repr(error))}</p>'
            raise

    for control in controls.values():
        control.observe(redraw, "value")
    redraw()
    frame = widgets.Box([picture], layout=widgets.Layout(height=height, align_items="flex-start"))
    return widgets.VBox([*rows, frame, words])
