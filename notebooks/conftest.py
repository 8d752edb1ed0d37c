"""Make nbval strict: figures are compared too, and a notebook without stored outputs fails.

The kernels reach this machine only, so that a chapter that needs the network fails.

A cell whose metadata have `trained` shows what a network learned here and now. Processors round
differently, and training amplifies that: of such a cell only a few numbers are compared, which the
metadata name. {"mAP@10:": 0.03} says that the number after "mAP@10:" may differ by 0.03; a list is
for that many numbers after the name. The words have to be the same, unless the cell has the tag
`trained-picture`: rounding decides them, too. No other number counts, nor does how wide a table
is; pictures only keep their number and, about, their size.

A tolerance is twice the largest difference from the stored number that was seen, or more. The cells
ran with float32 and with bfloat16, with one thread and with two, with the instructions of an older
processor and, where epochs of training amplify what rounding does, from three seeds. So seen: 0.024
for mAP@10 (0.027 for its change, 0.068 in runs that are to fail), 0.07 for the loss, 0.03 for the
gap, 0.013 for a share. DSHLIB_BFLOAT16=off tests, on a processor with bfloat16, what one without
learns.
"""

import base64
import io
import os
import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from nbval import kernel
from nbval.plugin import IPyNbCell
from PIL import Image

import tools

collect_ignore = [
    "assignments",  # they are made to fail; tests/handouts has their tests
    "explorer.ipynb",  # a page that `make explore` serves, stored without outputs
]
RMS_TOLERANCE = 10  # of 255 grey levels; fonts differ a little between machines
SIZE_TOLERANCE = 80  # pixels; the words in a figure decide where its edge is
NUMBER = re.compile(r"(?<![\w@.])[-+]?\d+(?:,\d{3})*(?:\.\d+)?(?:e[-+]?\d+)?")

compare_text = IPyNbCell.compare_outputs


def compare_outputs(cell, new, stored, skip_compare=None):
    """Whether a cell's outputs are those that are stored; if not, nbval reports what differs."""
    tolerances = cell.cell.metadata.get("trained")
    if tolerances is None:
        compare_text(cell, new, stored, skip_compare)  # fills the comparison_traceback
    else:
        same_words = "trained-picture" not in cell.cell.metadata.get("tags", [])
        differences = _differences_of_trained(_text(new), _text(stored), tolerances, same_words)
        cell.comparison_traceback = list(differences)
    cell.comparison_traceback += _differences_of_pictures(new, stored, tolerances is not None)
    if cell.comparison_traceback:
        cell.comparison_traceback += ["\nStored:", _shown(stored), "\nNow:", _shown(new)]
    return not cell.comparison_traceback


def _differences_of_trained(new, stored, tolerances, same_words):
    if same_words and _words(new) != _words(stored):
        yield "The words differ."
    for name, allowed in tolerances.items():
        allowed = np.atleast_1d(allowed)
        was, now = (_numbers_after(name, text)[: len(allowed)] for text in (stored, new))
        if not len(was) == len(now) == len(allowed):
            yield f"{name!r} must stand once in the output, before {len(allowed)} numbers."
        elif (np.abs(now - was) > allowed + 1e-9).any():
            yield f"{name!r}: {was} was stored, {now} is now; they may differ by {allowed}."


def _words(text):
    """The text without its numbers, and with one blank for blanks and rules of any length."""
    return re.sub(r"[\s-]+", " ", NUMBER.sub("#", text)).strip()


def _numbers_after(name, text):
    """The numbers that follow a name; none if it is not there, or is there more than once."""
    _, *after = " ".join(text.split()).split(name)
    found = NUMBER.findall(after[0]) if len(after) == 1 else []
    return np.array([float(number.replace(",", "")) for number in found])


def _text(outputs):
    kinds = ("text/plain", "text/markdown")
    return "\n".join(
        o.get("text", "") + "\n".join(o.get("data", {}).get(kind, "") for kind in kinds)
        for o in outputs
    )


def _shown(outputs):
    """Outputs in words, for a report."""
    pictures = [
        f"[picture of {p.shape[1]} × {p.shape[0]} pixels, grey {p.mean():.1f} ± {p.std():.1f}]"
        for p in _pictures(outputs)
    ]
    return "\n".join([_text(outputs), *pictures])


def _differences_of_pictures(new, stored, trained):
    new, stored = _pictures(new), _pictures(stored)
    if len(new) != len(stored):
        return [f"{len(stored)} pictures were stored, {len(new)} are now."]
    same = _about_the_same_size if trained else _same_picture
    pairs = enumerate(zip(new, stored, strict=True))
    return [f"Picture {number} differs." for number, pair in pairs if not same(*pair)]


def _about_the_same_size(new, stored):
    is_empty = new.std() < 1
    return not is_empty and np.abs(np.subtract(new.shape, stored.shape)).max() <= SIZE_TOLERANCE


def _same_picture(new, stored):
    return new.shape == stored.shape and np.sqrt(((new - stored) ** 2).mean()) <= RMS_TOLERANCE


def _pictures(outputs):
    encoded = [o["data"]["image/png"] for o in outputs if "image/png" in o.get("data", {})]
    return [
        np.asarray(Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB"), dtype=float)
        for png in encoded
    ]


IPyNbCell.compare_outputs = compare_outputs

OFFLINE = str(Path(tools.__file__).parent / "offline")
PYTHONPATH = os.pathsep.join([OFFLINE, *filter(None, [os.environ.get("PYTHONPATH")])])
kernel.start_new_kernel = partial(
    kernel.start_new_kernel, env=os.environ | {"PYTHONPATH": PYTHONPATH}
)


def pytest_collection_modifyitems(items):
    for notebook in {item.parent for item in items if isinstance(item, IPyNbCell)}:
        counts = [
            cell.execution_count
            for cell in notebook.nb.cells
            if cell.cell_type == "code" and cell.source.strip()
        ]
        if counts != list(range(1, len(counts) + 1)):
            raise pytest.UsageError(
                f"{notebook.path.name} was not stored by one run from top to bottom: {counts}"
            )
