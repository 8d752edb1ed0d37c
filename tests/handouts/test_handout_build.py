"""What students get: everything they need, the same to the byte each time, and no answer."""

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import dshlib
from tools.handouts.build import NAME, main
from tools.handouts.course import ASSIGNMENTS, NOTEBOOKS

REGION = re.compile(r"### BEGIN (SOLUTION|HIDDEN TESTS)\n(.*?)### END", re.DOTALL)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder that `make handouts` fills."""
    folder = tmp_path_factory.mktemp("build")
    (folder / NAME).mkdir()
    (folder / NAME / "stale.txt").touch()
    main(["--out", str(folder)])
    return folder


@pytest.fixture(scope="module")
def unzipped(built, tmp_path_factory):
    folder = tmp_path_factory.mktemp("student")
    with zipfile.ZipFile(built / f"{NAME}.zip") as archive:
        archive.extractall(folder)
    return folder / NAME


def secrets():
    """Every line of a solution or of a hidden test that says something, by where it stands."""
    for path in NOTEBOOKS.values():
        for cell in nbformat.read(path, as_version=4).cells:
            for kind, block in REGION.findall(cell.source):
                for line in block.splitlines():
                    line = line.strip()
                    if len(line) >= 12 and not line.startswith(("from ", "import ", "def ")):
                        yield path.stem, kind, line


@pytest.mark.slow
def test_the_command_builds_the_same_to_the_byte(built, tmp_path):
    command = [sys.executable, "-m", "tools.handouts.build", "--out", tmp_path]
    subprocess.run(command, check=True)
    first, second = (folder / f"{NAME}.zip" for folder in (built, tmp_path))
    assert first.read_bytes() == second.read_bytes()


def test_building_replaces_the_folder_and_leaves_nothing_else(built):
    assert sorted(path.name for path in built.iterdir()) == [NAME, f"{NAME}.zip"]
    assert not (built / NAME / "stale.txt").exists()
    assert (built / f"{NAME}.zip").stat().st_size < 5e6


def test_zip_holds_the_handouts_the_library_and_the_data_and_nothing_of_the_teacher(unzipped):
    top = sorted(path.name for path in unzipped.iterdir())
    handouts = sorted(path.name for path in NOTEBOOKS.values())
    assert top == sorted([*handouts, "LICENSE", "README.md", "dshlib", "requirements.txt"])
    files = {path.name for path in unzipped.rglob("*")}
    assert not files & {path.name for path in (ASSIGNMENTS / "teacher").iterdir()}
    assert not files & {"nbgrader_config.py", "gradebook.db", "examiner.py"}
    assert all(path.suffix in (".py", ".gz") for path in (unzipped / "dshlib").rglob("*.*"))


def test_no_line_of_a_solution_or_a_hidden_test_is_in_the_zip_or_in_dshlib(unzipped):
    places = {
        path.relative_to(unzipped): path.read_text(encoding="utf-8")
        for path in unzipped.rglob("*")
        if path.suffix in (".ipynb", ".py", ".md", ".txt")
    }
    places |= {path: path.read_text(encoding="utf-8")
               for path in Path(dshlib.__file__).parent.rglob("*.py")}  # fmt: skip
    found = list(secrets())
    assert len(found) > 250
    for where, kind, line in found:
        escaped = json.dumps(line, ensure_ascii=False)[1:-1]
        for place, text in places.items():
            assert line not in text and escaped not in text, f"{where}, {kind}: {line!r} in {place}"


@pytest.mark.parametrize("name", [path.name for path in NOTEBOOKS.values()])
def test_released_notebook_has_no_trace_of_its_making(unzipped, name):
    text = (unzipped / name).read_text(encoding="utf-8")
    assert "HIDDEN TESTS" not in text and "BEGIN SOLUTION" not in text
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    assert all(not c.get("outputs") and c.get("execution_count") is None for c in notebook.cells)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    allowed = {"nbgrader", "tags", "deletable", "editable"}
    assert all(set(cell.metadata) <= allowed for cell in notebook.cells)


@pytest.mark.parametrize("name", [path.name for path in NOTEBOOKS.values()])
def test_untouched_handout_runs_to_its_end_in_an_empty_folder_with_a_friendly_banner(
    unzipped, name, monkeypatch
):
    """As a student would: no error stops "run all", and the library is the one in the zip."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    notebook = nbformat.read(unzipped / name, as_version=4)
    notebook.cells.insert(-1, nbformat.v4.new_code_cell("import dshlib; print(dshlib.__file__)"))
    resources = {"metadata": {"path": str(unzipped)}}
    NotebookClient(notebook, timeout=60, kernel_name="python3", resources=resources).execute()
    assert notebook.cells[-2].outputs[0].text.startswith(str(unzipped))
    banner = notebook.cells[-1].outputs[0].data["text/markdown"]
    assert "You have reached the end" in banner and "0 of" in banner and "Go on with" in banner


def test_banner_counts_the_checks_that_there_are(unzipped):
    for path in sorted(unzipped.glob("A*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        checks = sum(cell.source.count("passed.add(") for cell in notebook.cells)
        assert f"== {checks} else" in notebook.cells[-1].source, path.name
