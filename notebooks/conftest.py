"""Make nbval strict: figures are compared too, and a notebook without stored outputs fails.

The kernels reach this machine only, so that a chapter that needs the network fails.

A cell tagged `trained` shows what depends on training a network here and now: processors round
differently, so its numbers may differ by TRAINED_TOLERANCE, and its pictures only keep their size.
In a cell tagged `trained-picture` the words may differ as well: other images are retrieved.
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

collect_ignore = ["assignments"]  # they are made to fail; tests/handouts has their tests
RMS_TOLERANCE = 10  # of 255 grey levels; fonts differ a little between machines
TRAINED_TOLERANCE = 0.06
NUMBER = re.compile(r"-?\d*\.?\d+")

compare_text = IPyNbCell.compare_outputs


def compare_outputs(cell, new, stored, skip_compare=None):
    tags = cell.cell.metadata.get("tags", [])
    trained = "trained" in tags or "trained-picture" in tags
    if trained:
        difference = None if "trained-picture" in tags else _difference_of_numbers(new, stored)
    elif not compare_text(cell, new, stored, skip_compare):
        return False
    else:
        difference = None
    difference = difference or _difference_of_pictures(new, stored, trained)
    if difference:
        cell.comparison_traceback.append(difference)
    return difference is None


def _difference_of_numbers(new, stored):
    new, stored = _text(new), _text(stored)
    if NUMBER.sub("#", new) != NUMBER.sub("#", stored):
        return f"the words differ:\n{stored}\nnow:\n{new}"
    for a, b in zip(NUMBER.findall(new), NUMBER.findall(stored), strict=True):
        if abs(float(a) - float(b)) > TRAINED_TOLERANCE:
            return f"{b} was stored, {a} is now, which is more than {TRAINED_TOLERANCE} apart"
    return None


def _text(outputs):
    kinds = ("text/plain", "text/markdown")
    return "\n".join(
        o.get("text", "") + "\n".join(o.get("data", {}).get(kind, "") for kind in kinds)
        for o in outputs
    )


def _difference_of_pictures(new, stored, trained):
    new, stored = _pictures(new), _pictures(stored)
    if len(new) != len(stored):
        return f"{len(stored)} pictures were stored, {len(new)} are now"
    for number, (a, b) in enumerate(zip(new, stored, strict=True)):
        if trained and np.abs(np.subtract(a.shape, b.shape)).max() <= 40 and a.std() > 1:
            continue
        rms = np.sqrt(((a - b) ** 2).mean()) if a.shape == b.shape else np.inf
        if rms > RMS_TOLERANCE:
            return f"picture {number} differs by {rms:.1f} grey levels, shapes {a.shape} {b.shape}"
    return None


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
