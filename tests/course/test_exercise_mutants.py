"""Every small slip in a solution is refused by its check, or is none, for a reason given here."""

import functools
import math
import re

import nbformat
import numpy as np
import pytest
from mutants import mutants
from test_exercises import is_right

from tools.chapters import CHAPTERS

SAME_FOR_A_REASON = {
    "the distance is squared": {
        "nearest": [r"X.astype\(float\) - q -> q - X.astype\(float\)"],
        "margin_loss": ["b1 - b2 -> b2 - b1"],
        "dsh_losses": ["u1 - u2 -> u2 - u1"],
        "rescore": [r"vectors\[ids\] - query -> query - vectors\[ids\]"],
    },
    "an absolute value is taken of it": {
        "dsh_losses": [r"np.abs\(u(.)\) - 1 -> 1 - np.abs\(u\1\)"],
        "paired_difference_in_noise": [r"np.asarray\(a\) - np.asarray\(b\) -> .*b\) - .*a\)"],
    },
    "the mean orders as the sum does": {
        "nearest": [r".*sum\(axis=1\) -> .*mean\(axis=1\)"],
        "neighbours_of_item": [r".*sum\(axis=1\) -> .*mean\(axis=1\)"],
        "rescore": [r".*sum\(axis=1\) -> .*mean\(axis=1\)"],
    },
    "a dot product has no order": {
        "bit_agreement": ["x @ y -> y @ x"],
        "pair_slope": ["d @ d -> d @ d"],
    },
    "it is a whole number already, and 3.0 is as good as 3": {
        "images_that_fit": [r"int\((.*)\) -> (round\(|ceil\()?\1\)?"],
        "pack_code": [r"int\((.*)\) -> (round\(|ceil\()?\1\)?"],
        "tables_needed": [r"int\((.*)\) -> (round\(|ceil\()?\1\)?"],
        "smallest_distance": [r"int\((.*)\) -> (round\(|ceil\()?\1\)?"],
        "candidates_needed": [r"int\((.*)\) -> (round\(|ceil\()\1\)"],
        "table1_cell": [r"np.zeros\((.*), dtype=int\) -> np.zeros\(\1\)"],
    },
    "int() rounds down what // did not": {"images_that_fit": ["(.*) // (.*) -> (.*) / (.*)"]},
    "a billionth of a gigabyte": {"images_that_fit": ["8000000000.0 -> .*"]},
    "a list is as good as an array": {
        "bucket_sizes": [r"np.array\((.*)\) -> \1", "keys.tolist\\(\\) -> keys"],
        "candidates": [r"np.array\(\[\], dtype=int\) -> (\[\]|np.array\(\[\]\))"],
        "paired_difference_in_noise": [r"np.asarray\((.)\) -> \1"],
    },
    "± 1 is its own reciprocal": {
        "regularizer_slope": [r"alpha \* np.where(.*) -> alpha / np.where\1"]
    },
    "NumPy works out the length for -2 as for -1": {"epoch_batches": ["1 -> 2"]},
    "average_precision cuts at ten, and so does the list": {
        "table1_cell": [
            "10 -> 11",
            r"order\[row\[order\] > 0\]\[:10\] -> order\[row\[order\] > 0\]",
        ]
    },
    "powers of three number keys as well": {"table1_cell": ["2 -> 3"]},
    "neither line needs the other": {
        "margin_loss": ["pull = .* <-> push = .*"],
        "dsh_losses": ["contrast = .* <-> gap = .*"],
        "training_step": [r"loss = .* <-> optimizer.zero_grad\(\)"],
        "epoch_batches": ["order = .* <-> whole = .*"],
        "table1_cell": ["from .* <-> def .*", r"for .* <-> scores = \[\]"],
        "table2_cell": ["from .* <-> def .*"],
    },
    "ten is the default": {"table2_cell": [r"(.*), k=10(.*) -> \1\2"]},
}


def solutions():
    """The solution that a chapter shows, by the name of its exercise."""
    text = "\n".join(
        cell.source for path in CHAPTERS for cell in nbformat.read(path, as_version=4).cells
    )
    found = re.findall(r"<summary>Solution</summary>\s+```python\n(.*?)```", text, re.DOTALL)
    return {re.search(r"def (\w+)", source).group(1): source for source in found}


SOLUTIONS = solutions()


@functools.cache
def slips(solution):
    return list(mutants(solution))


def passes(name, source):
    space = {"np": np, "floor": math.floor, "ceil": math.ceil}
    try:
        exec(source, space)
    except Exception:  # a name that is used before it is made
        return False
    return is_right(name, space[name])


def is_the_same(name, change):
    return any(
        re.fullmatch(pattern, change)
        for exercises in SAME_FOR_A_REASON.values()
        for pattern in exercises.get(name, ())
    )


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "solution"), SOLUTIONS.items(), ids=list(SOLUTIONS))
def test_a_slip_in_a_solution_is_refused(name, solution):
    accepted = [change for change, source in slips(solution) if passes(name, source)]
    assert not [change for change in accepted if not is_the_same(name, change)]


def test_every_reason_is_needed():
    for reason, exercises in SAME_FOR_A_REASON.items():
        for name, patterns in exercises.items():
            changes = [change for change, _ in slips(SOLUTIONS[name])]
            for pattern in patterns:
                assert any(re.fullmatch(pattern, change) for change in changes), (reason, name)
