"""Which versions of Python the pins allow: asked of pip for few pins, and what is claimed."""

import os
import sys
from itertools import islice
from pathlib import Path

import pytest

from tools import pythons

ROOT = Path(__file__).parents[2]
HERE = sys.version_info.minor
LINUX = "Linux, Intel or AMD"
FOR_ANY, UP_TO_3_12 = "joblib==1.4.2", "markupsafe==2.1.5"  # wheels are never added to old releases


def project(folder, classifiers, readme):
    lines = [f'    "Programming Language :: Python :: 3.{minor}",' for minor in classifiers]
    text = "\n".join(['requires-python = ">=3.11"', "classifiers = [", *lines, "]"])
    (folder / "pyproject.toml").write_text(text)
    (folder / "README.md").write_text(readme)
    (folder / "tools" / "handouts").mkdir(parents=True)
    (folder / "tools" / "handouts" / "build.py").write_text("1. Python 3.11 to 3.12; on Windows")
    (folder / "requirements.txt").write_text(f"# The course\n{FOR_ANY}\n")
    (folder / "requirements-dev.txt").write_text(f"# Tests\n{UP_TO_3_12}  # a pin\n")
    return folder


@pytest.mark.slow
def test_pip_names_the_pin_that_has_no_wheel_for_a_python_and_only_that():
    assert pythons.refused(13, LINUX, [UP_TO_3_12, FOR_ANY]) == [UP_TO_3_12]
    assert pythons.refused(12, LINUX, [UP_TO_3_12, FOR_ANY]) == []


@pytest.mark.slow
def test_versions_are_asked_until_one_is_refused_and_a_wrong_claim_is_named(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(pythons, "ROOT", project(tmp_path, [11, 12], "Python 3.11 to 3.13"))
    monkeypatch.setattr(pythons, "PLATFORMS", {LINUX: pythons.PLATFORMS[LINUX]})
    with pytest.raises(SystemExit) as ended:
        pythons.main([])
    assert capsys.readouterr().out.splitlines() == [
        "Python 3.11  Linux, Intel or AMD  ok",
        "Python 3.12  Linux, Intel or AMD  ok",
        f"Python 3.13  Linux, Intel or AMD  {UP_TO_3_12}",
    ]
    assert ended.value.code == "README.md says 3.11, 3.12, 3.13, the pins allow 3.11, 3.12"


def test_a_platform_that_refuses_the_oldest_python_is_not_asked_again(monkeypatch):
    refusing = {(11, "old"): ["pin"], (13, "new"): ["pin"]}
    monkeypatch.setattr(pythons, "refused", lambda minor, name, _: refusing.get((minor, name), []))
    asked = pythons.answers(["pin"], ["old", "new", "any"])
    assert list(islice(asked, 9)) == [
        (11, {"old": ["pin"], "new": [], "any": []}),
        (12, {"new": [], "any": []}),
        (13, {"new": ["pin"], "any": []}),
    ]
    assert list(pythons.answers(["pin"], ["old"])) == [(11, {"old": ["pin"]})]


def test_no_network_is_not_taken_for_a_refusal(monkeypatch):
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with pytest.raises(pythons.PipError, match="connection broken"):
        pythons.refused(12, LINUX, [UP_TO_3_12])


@pytest.mark.parametrize(("claimed", "untrue"), [
    ({"requires-python": [11], "classifiers": [11, 12], "README.md": [11, 12]}, []),
    ({"requires-python": [12]}, ["requires-python says 3.12, the pins allow 3.11"]),
    ({"classifiers": [11]}, ["classifiers says 3.11, the pins allow 3.11, 3.12"]),
    ({"README.md": []}, ["README.md says nothing, the pins allow 3.11, 3.12"]),
])  # fmt: skip
def test_claims_are_compared_with_what_the_pins_allow(claimed, untrue):
    assert pythons.untrue(claimed, [11, 12]) == untrue


def test_claims_of_the_project_agree_and_this_python_is_among_them():
    claimed = pythons.claims(ROOT)
    assert claimed["requires-python"] == [pythons.OLDEST]
    assert claimed["classifiers"] == claimed["README.md"] == claimed["tools/handouts/build.py"]
    assert claimed["classifiers"][0] == pythons.OLDEST
    assert HERE in claimed["classifiers"]


def test_a_python_is_found_by_its_name_and_what_only_looks_like_one_is_not(tmp_path, monkeypatch):
    (tmp_path / f"python3.{HERE}").symlink_to(os.path.realpath(sys.executable))
    shim = tmp_path / "python3.99"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert pythons.interpreters([HERE, 99]) == {HERE: str(tmp_path / f"python3.{HERE}")}


def test_quick_tests_exist():
    assert all((ROOT / path).exists() for path in pythons.QUICK)
