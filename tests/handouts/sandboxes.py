"""Notebooks in real sandboxes, for the tests beside this file."""

import ast
from contextlib import contextmanager

import numpy as np

from tools.handouts.examiner import Examinee, examine, made
from tools.handouts.library import library
from tools.handouts.sandbox import Limits

SHORT = Limits(cell=5, total=60)
HOSTILE = """
import gc, os, time
candidate = next(o for o in gc.get_objects() if type(o).__name__ == "Candidate")
"""


@contextmanager
def running(*sources, limits=SHORT, with_walls=True):
    """An Examinee that has run these cells; a test may ask for what they make at top level."""
    answers = {name for source in sources for name in made(ast.parse(source).body)}
    examinee = Examinee(sources, limits, library(), with_walls, answers)
    try:
        examinee.start()
        yield examinee
    finally:
        examinee.close()


def results(*sources, **options):
    """What each cell printed, and its error."""
    examinee = Examinee(sources, options.pop("limits", SHORT), library(), **options)
    try:
        examinee.start()
    finally:
        examinee.close()
    return examinee.results


def printed(source, **options):
    (result,) = results(source, **options)
    assert result["error"] is None, result
    return result["printed"]


def error(source, **options):
    """Kind and text of the error of a cell."""
    (result,) = results(source, **options)
    return result["error"]["kind"], result["error"]["text"]


def told(source, *tests, **options):
    """What a student with this cell is told of a test, or of each of several; None if it passes."""
    space = {"np": np}
    with running(source, **options) as examinee:
        messages = [examine(test, space, examinee)[0] for test in tests]
    return messages if len(tests) > 1 else messages[0]
