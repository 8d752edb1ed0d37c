"""Every small slip in a solution is refused by its check, or equal_mutants.toml says why not."""

import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
from mutants import explained, mutants
from test_exercises import is_right

from tools.chapters import CHAPTERS

EQUAL, EITHER = explained(Path(__file__).with_name("equal_mutants.toml"))


def solutions():
    """The solution that a chapter shows, by the name of its exercise."""
    text = "\n".join(
        cell.source for path in CHAPTERS for cell in nbformat.read(path, as_version=4).cells
    )
    found = re.findall(r"<summary>Solution</summary>\s+```python\n(.*?)```", text, re.DOTALL)
    return {re.search(r"def (\w+)", source).group(1): source for source in found}


SOLUTIONS = solutions()


def passes(name, source):
    space = {"np": np}
    try:
        exec(source, space)
    except Exception:  # a name that is used before it is made
        return False
    return is_right(name, space[name])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "solution"), SOLUTIONS.items(), ids=list(SOLUTIONS))
def test_a_slip_in_a_solution_is_refused_unless_it_is_explained(name, solution):
    slips = list(mutants(solution))
    either = EITHER.get(name, set())
    assert either <= {line for line, _ in slips}
    passing = {line for line, changed in slips if passes(name, changed)}
    assert passing - either == EQUAL.get(name, set())


def test_every_explained_slip_belongs_to_an_exercise():
    assert EQUAL.keys() | EITHER.keys() <= SOLUTIONS.keys()
