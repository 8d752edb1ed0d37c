"""The wire between examiner and candidate: which forms travel, and what a forged one gains."""

import json
from collections import Counter, OrderedDict, deque, namedtuple
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.handouts import messages

DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
    | st.fractions(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner)
    | st.frozensets(st.integers()),
)  # fmt: skip
Pair = namedtuple("Pair", "k L")
Colour = IntEnum("Colour", "RED GREEN")


def through(value):
    wire = json.loads(messages.line(messages.pack(value, lambda thing: 7)))
    return messages.unpack(wire, lambda number: ("kept", number))


@settings(deadline=None)
@given(DATA)
def test_data_comes_through_unchanged(value):
    assert through(value) == value


@pytest.mark.parametrize("array", [
    np.arange(6).reshape(2, 3)[:, ::-1], np.zeros((0, 4), np.uint8), np.array([True, False]),
    np.array(["a", "bc"]), np.float32(1.5), np.array(3), np.float16([1.5, np.nan]),
    np.array([1, Fraction(1, 3), 2**70], dtype=object), np.array([1 + 2j]),
])  # fmt: skip
def test_arrays_keep_type_and_shape(array):
    got = through(array)
    assert np.array_equal(got, array, equal_nan=array.dtype.kind == "f")
    assert got.dtype == array.dtype and got.shape == array.shape


@pytest.mark.parametrize(("value", "wanted"), [
    (Pair(3, 4), (3, 4)), (Counter("aab"), {"a": 2, "b": 1}), (OrderedDict(a=1), {"a": 1}),
    (Colour.GREEN, 2), (range(3, 9, 2), range(3, 9, 2)), (Decimal("0.25"), Fraction(1, 4)),
    ((x * x for x in range(3)), [0, 1, 4]), (map(int, "12"), [1, 2]), ({1: 2}.keys(), [1]),
    (zip([1], [2], strict=True), [(1, 2)]), ({1: 2}.values(), [2]), (deque([1, 2]), [1, 2]),
    (2**200, 2**200), (1 + 2j, 1 + 2j), (True, True), (float("inf"), float("inf")),
])  # fmt: skip
def test_forms_that_students_use_arrive_as_the_value_they_are(value, wanted):
    got = through(value)
    assert got == wanted and isinstance(got, type(wanted))


@pytest.mark.parametrize("tensor", [
    torch.arange(6).reshape(2, 3), torch.tensor([1.5, 2.0], requires_grad=True),
    torch.tensor([1.5], dtype=torch.bfloat16), torch.tensor(2.5), torch.tensor([True]),
])  # fmt: skip
def test_tensors_arrive_as_arrays(tensor):
    got = through({"codes": tensor})["codes"]
    assert isinstance(got, np.ndarray | np.generic)
    assert np.array_equal(got, tensor.detach().float().numpy())


def test_series_tables_and_indices_arrive_as_arrays():
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"a": [1.5, 2.5]}, index=["x", "y"])
    for value, wanted in (
        (table, [[1.5], [2.5]]),
        (table["a"], [1.5, 2.5]),
        (table.index, ["x", "y"]),
    ):
        assert np.array_equal(through(value), wanted)


def test_what_is_no_data_stays_where_it_is():
    assert through({"f": [print]}) == {"f": [("kept", 7)]}


@pytest.mark.parametrize("forged", [
    {}, {"list": 3}, {"array": "!", "dtype": "f8", "shape": [1]}, [1], {"exec": ["1"]},
    {"array": "", "dtype": "O", "shape": [0]}, {"array": "", "dtype": "M8[s]", "shape": [0]},
    {"array": "", "dtype": "f8,O", "shape": [0]}, {"array": "", "dtype": "NaN", "shape": [0]},
    {"array": "", "dtype": "f8", "shape": [10**9]}, {"array": "", "dtype": "f8", "shape": [-1]},
    {"array": "", "dtype": "f8", "shape": [10**9, 0]}, {"array": "", "dtype": "S0", "shape": [3]},
    {"array": "", "dtype": "f8", "shape": ["1", 0]}, {"array": "AAAA", "dtype": "f8", "shape": [1]},
    {"objects": [1], "shape": [10**9]}, {"objects": [], "shape": [0, 10**9]},
    {"kept": "x"}, {"kept": None}, {"kept": 1, "and": 2}, {"range": [0, 10**18, 1]},
    {"range": [0, 1, 0]}, {"range": [0, 10**30, 1]}, {"fraction": [1, 0]}, {"fraction": ["1e9", 1]},
    {"set": [{"list": []}]}, {"dict": [[1]]}, {"dict": [[{"list": []}, 1]]},
    {"set": [n * (2**61 - 1) for n in range(10**5)]},
    {"dict": [[n * (2**61 - 1), 0] for n in range(10**5)]},
], ids=lambda forged: str(forged)[:50])  # fmt: skip
def test_forged_message_is_a_value_error(forged):
    with pytest.raises(ValueError):
        messages.unpack(forged, lambda number: None)
