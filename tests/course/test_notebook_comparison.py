"""How nbval compares a stored cell with a new run, as notebooks/conftest.py has it."""

import base64
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import nbformat.v4 as nbf
import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
TRAINED = {"trained": {"the score is": 0.03, "healthy": [0.1, 0.03]}}
WORDS_DIFFER = TRAINED | {"tags": ["trained-picture"]}
TABLE = """
          loss  mAP@10  codes used
healthy   0.95   0.671         375
shuffled  2.28   0.474        1531

the score is {}, 2 epochs"""
SCORE = TABLE.format("0.671")


def picture(width=120, height=80, grey=100):
    """A frame around one grey, as PNG."""
    pixels = np.zeros((height, width), np.uint8)
    pixels[10:-10, 10:-10] = grey
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png")
    return file.getvalue()


MAY_DIFFER = {  # metadata, what is stored, and what a new run gives
    "a named number, by its tolerance": (TRAINED, SCORE, TABLE.format("0.643")),
    "unnamed numbers": (TRAINED, SCORE, SCORE.replace("2.28", "-13.5").replace("2 ep", "3 ep")),
    "a count in a named row": (TRAINED, SCORE, SCORE.replace(" 375", "6000")),
    "the width of a table": (TRAINED, SCORE, SCORE.replace("   0", "        0")),
    "rules below its head": (TRAINED, "|--|\n" + SCORE, "|-----|\n" + SCORE),
    "words, where they may": (WORDS_DIFFER, "a Dress " + SCORE, "a Coat, a Bag " + SCORE),
    "what a trained picture shows": (TRAINED, (SCORE, picture()), (SCORE, picture(130, 80, 250))),
    "a picture's shade, by a little": ({}, picture(), picture(grey=104)),
    "nothing": ({}, SCORE, SCORE),
}
MUST_NOT = {  # and what the report says besides both of them
    "a named number": (TRAINED, SCORE, TABLE.format("0.64"), "'the score is': [0.671] was"),
    "a second named number": (TRAINED, SCORE, SCORE.replace("0.671  ", "0.601  "), "'healthy'"),
    "a named number, where words may": (WORDS_DIFFER, SCORE, TABLE.format("0.64"), "score is': ["),
    "a number that is none": (TRAINED, SCORE, TABLE.format("nan"), "The words differ."),
    "a word": (TRAINED, SCORE, SCORE.replace("epochs", "times"), "The words differ."),
    "a missing row": (TRAINED, SCORE, SCORE.replace("shuffled", ""), "The words differ."),
    "everything": (TRAINED, SCORE, "", "'healthy' must stand once in the output"),
    "a name that is not there": ({"trained": {"x": 1}}, SCORE, SCORE, "'x' must stand once"),
    "a name that is there twice": (TRAINED, 2 * SCORE, 2 * SCORE, "must stand once"),
    "a picture that is empty": (
        TRAINED, (SCORE, picture()), (SCORE, picture(grey=0)), "Picture 0 differs."),
    "the size of a picture": (
        TRAINED, (SCORE, picture()), (SCORE, picture(260)), "Picture 0 differs."),
    "a missing picture": (TRAINED, (SCORE, picture()), SCORE, "1 pictures were stored, 0 are now"),
    "another picture": (TRAINED, SCORE, (SCORE, picture()), "0 pictures were stored, 1 are now"),
    "an untrained number": ({}, SCORE, TABLE.format("0.672"), "mismatch 'stdout'"),
    "untrained output that is missing": ({}, SCORE, "", "Missing output fields"),
    "an untrained picture": ({}, picture(), picture(grey=140), "Picture 0 differs."),
    "an untrained picture's size": ({}, picture(), picture(121), "Picture 0 differs."),
    "an untrained picture that is missing": ({}, (SCORE, picture()), SCORE, "1 pictures were"),
}  # fmt: skip


def parts(what):
    """The texts and pictures of an output."""
    return [part for part in (what if isinstance(what, tuple) else (what,)) if part]


def as_outputs(what):
    """Text and pictures as a notebook stores them."""
    name = "<IPython.core.display.Image object>"
    return [
        nbf.new_output("stream", name="stdout", text=part)
        if isinstance(part, str)
        else nbf.new_output(
            "display_data",
            data={"text/plain": name, "image/png": base64.b64encode(part).decode()},
        )
        for part in parts(what)
    ]


def as_source(what):
    """Code that gives this output."""
    lines = [
        f"print({part!r}, end='')" if isinstance(part, str) else f"display(Image({part!r}))"
        for part in parts(what)
    ]
    return "\n".join(["from IPython.display import Image", *lines])


def as_cell(count, metadata, stored, new, *_):
    return nbf.new_code_cell(
        as_source(new), outputs=as_outputs(stored), metadata=metadata, execution_count=count
    )


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """What pytest says of a notebook with all these cells: a report for each that fails."""
    folder = tmp_path_factory.mktemp("notebooks")
    cases = MAY_DIFFER | MUST_NOT
    cells = [as_cell(count, *case) for count, case in enumerate(cases.values(), 1)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    text = nbformat.writes(nbf.new_notebook(cells=cells, metadata=kernel))
    (folder / "cells.ipynb").write_text(text, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n")
    shutil.copy(ROOT / "notebooks" / "conftest.py", folder)
    command = ["-m", "pytest", "--nbval", "--color", "no", "--junitxml", "report.xml"]
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    found = ElementTree.parse(folder / "report.xml").iter("testcase")
    message = ["".join(case.itertext()) for case in found]
    return dict(zip(cases, message, strict=True))


@pytest.mark.parametrize("what", MAY_DIFFER)
def test_a_cell_may_differ_in(what, reports):
    assert reports[what] == ""


@pytest.mark.parametrize("what", MUST_NOT)
def test_a_cell_fails_and_both_outputs_are_shown_if_it_differs_in(what, reports):
    _, stored, new, reason = MUST_NOT[what]
    assert reason in reports[what]
    n_pictures = sum(isinstance(part, bytes) for part in parts(stored) + parts(new))
    assert reports[what].count("[picture of") == n_pictures
    for title, shown in (("Stored", stored), ("Now", new)):
        text = "".join(part for part in parts(shown) if isinstance(part, str))
        assert f"{title}:\n{text}" in reports[what]
