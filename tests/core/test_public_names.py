"""The names that dshlib shows: all there, loaded only when used, documented and annotated."""

import doctest
import importlib
import inspect
import pkgutil
import subprocess
import sys

import pytest
from numpydoc.validate import validate

import dshlib

CHECKS = {  # of numpydoc: known sections, a summary of one line, parameters, results
    "GL06", "GL07", "GL08", "SS03", "SS06", "PR01", "PR02", "RT01", "YD01",
}  # fmt: skip
INNER = {f"dshlib.{name}" for name in (  # modules of which only what dshlib shows is documented so
    "arguments", "data", "features", "images", "networks", "places", "training",
    "hashers.base", "hashers.class_code", "hashers.cnnh", "hashers.dsh", "hashers.saved",
)}  # fmt: skip
MODULES = [m.name for m in pkgutil.walk_packages(dshlib.__path__, "dshlib.") if not m.ispkg]


def test_dshlib_shows_its_names_and_loads_no_library_for_them():
    code = (
        "import dshlib, sys; print(sorted(dshlib.__all__) == dir(dshlib)); "
        "print({'torch', 'matplotlib', 'skimage', 'sklearn', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["True", "set()"]


def test_every_public_name_is_there_and_comes_from_the_module_that_defines_it():
    assert len(set(dshlib.__all__)) == len(dshlib.__all__)
    for name in dshlib.__all__:
        thing = getattr(dshlib, name)
        if callable(thing):
            assert getattr(importlib.import_module(thing.__module__), name) is thing


def test_every_method_is_a_public_name():
    for module in MODULES:
        for name, thing in vars(importlib.import_module(module)).items():
            if inspect.isclass(thing) and {"fit", "encode"} <= set(dir(thing)):
                assert name in dshlib.__all__


def test_no_public_name_is_that_of_a_module():
    assert not {module.partition(".")[2] for module in MODULES} & set(dshlib.__all__)


def test_names_and_modules_can_be_imported_from_dshlib_and_others_cannot():
    code = (
        "from dshlib import codes, hamming, ITQ, rank; from dshlib import *; "
        "assert hamming is codes.hamming and codes.__name__ == 'dshlib.codes' and DSH and load"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = dshlib.nothing
    with pytest.raises(ImportError, match="cannot import name 'nothing'"):
        exec("from dshlib import nothing")


def documented():
    """Functions, classes and their own methods that have no underscore, as dotted names."""
    for module in MODULES:
        for name, thing in vars(importlib.import_module(module)).items():
            is_own = getattr(thing, "__module__", None) == module and callable(thing)
            is_shown = name in dshlib.__all__ or module not in INNER
            if is_own and is_shown and name[0] != "_":
                yield f"{module}.{name}"
                if inspect.isclass(thing):
                    own = [n for n, method in vars(thing).items() if inspect.isfunction(method)]
                    yield from (f"{module}.{name}.{method}" for method in own if method[0] != "_")


@pytest.mark.parametrize("name", list(documented()))
def test_docstring_is_numpydocs_and_functions_and_classes_have_an_example(name):
    is_method = name.split(".")[-2][0].isupper()
    checks = CHECKS if is_method else CHECKS | {"EX01"}
    assert [said for check, said in validate(name)["errors"] if check in checks] == []


@pytest.mark.parametrize("module", MODULES)
def test_examples_in_docstrings_give_what_they_say(module):
    assert doctest.testmod(importlib.import_module(module)).failed == 0


@pytest.mark.parametrize("name", list(documented()))
def test_every_parameter_and_result_has_a_type_annotation(name):
    thing = pkgutil.resolve_name(name)
    signature = inspect.signature(thing)
    kinds = [p.annotation for p in signature.parameters.values() if p.name != "self"]
    if not inspect.isclass(thing):
        kinds.append(signature.return_annotation)
    assert inspect.Parameter.empty not in kinds
