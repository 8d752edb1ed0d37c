"""Chapters out of order: after a restart, setup and a section run, or name what is missing.

The setup is what stands before the first numbered section. No later cell gives a name of the setup
another meaning, and what a section takes from elsewhere comes from the sections before it.
"""

import ast
import builtins
import contextlib
import io
import json
import re
import symtable
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

from dshlib import features

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
CHAPTERS = sorted(NOTEBOOKS.glob("[01][0-9]_*.ipynb"))
BY_NAME = {"argvalues": CHAPTERS, "ids": [path.stem for path in CHAPTERS]}


def sections(path):
    """Source of the code cells, a list for the setup and one for each section."""
    found = [[]]
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            found[-1].append(source)
        elif re.search(r"^## ", source, re.MULTILINE):
            found.append([])
    return found


def names(source):
    """The names of the notebook that a cell reads, and those that it sets."""
    reads, sets = set(), set()

    def visit(table):
        for symbol in table.get_symbols():
            if table.get_type() == "module":
                if symbol.is_assigned() or symbol.is_imported():
                    sets.add(symbol.get_name())
                if symbol.is_referenced():
                    reads.add(symbol.get_name())
            elif symbol.is_global() and symbol.is_referenced():
                reads.add(symbol.get_name())
        for child in table.get_children():
            visit(child)

    visit(symtable.symtable(source, "cell", "exec"))
    return reads - set(dir(builtins)), sets


def missing(cells, known):
    """What cells that run in this order read, but neither set before nor find among the known."""
    needed, known = set(), set(known)
    for source in cells:
        reads, sets = names(source)
        needed |= reads - sets - known
        known |= sets
    return needed


@pytest.fixture(scope="module", autouse=True)
def quick_hog(database_hog, query_hog):
    """HOG of the classroom from memory: the setups ask for it again and again."""
    original, known = features.hog, {len(f): f for f in (database_hog, query_hog)}

    def hog(images, cell=8):
        is_whole = cell == 8 and len(images) in known and images.dtype == np.uint8
        return known[len(images)] if is_whole else original(images, cell)

    patch = pytest.MonkeyPatch()
    patch.setattr(features, "hog", hog)
    yield
    patch.undo()


def run(cells, space):
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        for source in cells:
            exec(compile(source, "<cell>", "exec"), space)
    plt.close("all")
    return printed.getvalue()


@pytest.mark.parametrize("path", **BY_NAME)
def test_setup_runs_twice_and_no_other_cell_changes_what_it_sets(path, monkeypatch):
    monkeypatch.chdir(NOTEBOOKS)
    setup, *rest = sections(path)
    space = {}
    run(setup, space)
    before = set(space)
    run(setup, space)
    assert set(space) == before
    for cells in rest:
        for source in cells:
            assert not names(source)[1] & before - {"explore"}, source


@pytest.mark.parametrize("path", **BY_NAME)
def test_a_section_takes_names_only_from_setup_and_the_sections_before_it(path):
    setup, *rest = sections(path)
    known = set().union(*(names(source)[1] for source in setup))
    for cells in rest:
        assert missing(cells, known) == set()
        known = known.union(*(names(source)[1] for source in cells))


@pytest.mark.parametrize("path", **BY_NAME)
def test_right_after_setup_a_cell_names_what_it_misses_and_exercises_give_their_hint(
    path, monkeypatch
):
    monkeypatch.chdir(NOTEBOOKS)
    setup, *rest = sections(path)
    space = {}
    run(setup, space)
    everything = [source for cells in rest for source in cells]
    exercises = [s for s in everything if "\ncheck(" in s and s.startswith("def ")]
    assert len(exercises) >= 2
    for source in exercises:
        assert missing([source], space) == set()
        assert run([source], dict(space)).startswith("✗ ")
    for source in everything:
        start = ast.parse(source).body[0]
        lacks = missing([ast.unparse(start)], space)
        if lacks and not isinstance(start, (ast.FunctionDef, ast.ClassDef)):
            with pytest.raises(NameError) as error:
                run([source], dict(space))
            assert error.value.name in lacks
