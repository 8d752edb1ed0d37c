"""Notebooks in real sandboxes, for the tests beside this file."""

import ast
from contextlib import contextmanager

from tools.handouts.examiner import Examinee, made
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
    examinee = Examinee(sources, limits, with_walls, answers)
    try:
        examinee.start()
        yield examinee
    finally:
        examinee.close()


def results(*sources, **options):
    """What each cell printed, and its error."""
    examinee = Examinee(sources, options.pop("limits", SHORT), **options)
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
