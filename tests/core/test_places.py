"""Files that come with the course are found from every folder; what mends them is said rightly."""

import ast
import re
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from dshcourse.study.records import load_recorded
from dshlib import data, places
from tools.chapters import PAGES, ROOT

NOTEBOOKS = [*PAGES, ROOT / "notebooks" / "explorer.ipynb"]
READS = re.compile(r'load_recorded\("(.*?)"\)')
OPENS_FILES = {"Path", "open", "load_file", "loadtxt", "genfromtxt", "read_csv", "read_json"}


def code(path):
    """The code cells of a notebook."""
    cells = nbformat.read(path, as_version=4).cells
    return [cell for cell in cells if cell.cell_type == "code"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_chapter_opens_a_file_or_names_a_folder_itself(path):
    for cell in code(path):
        for node in ast.walk(ast.parse(cell.source)):
            text = node.value if isinstance(node, ast.Constant) else ""
            name = getattr(node, "id", getattr(node, "attr", ""))
            assert "../" not in str(text) and name not in OPENS_FILES, cell.source


def test_every_record_that_a_chapter_reads_is_there():
    names = {
        name for path in NOTEBOOKS for cell in code(path) for name in READS.findall(cell.source)
    }
    assert len(names) >= 8
    for name in names:
        content = load_recorded(name)
        assert content["cells"] if name.endswith(".json") else len(content)


@pytest.mark.parametrize("folder", [None, ROOT], ids=["an empty folder", "the project's root"])
def test_a_chapter_reads_its_record_wherever_it_is_run(folder, tmp_path):
    (path,) = ROOT.glob("notebooks/07_*.ipynb")
    notebook = nbformat.read(path, as_version=4)
    reads = [n for n, cell in enumerate(notebook.cells) if READS.search(cell.source)]
    notebook.cells = notebook.cells[: reads[-1] + 1]
    where = {"metadata": {"path": str(folder or tmp_path)}}
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources=where).execute()
    assert notebook.cells[-1].execution_count


def test_chapter_00_lists_the_chapters_as_the_readme_does():
    (path,) = ROOT.glob("notebooks/00_*.ipynb")
    texts = [cell.source for cell in nbformat.read(path, as_version=4).cells]
    (text,) = [text for text in texts if text.startswith("| chapter |")]
    table, _, total = text.partition("\n\n")
    readme = (ROOT / "README.md").read_text(encoding="utf-8").replace("notebooks/", "")
    assert f"\n\n{table}\n\n" in readme
    minutes = [int(number) for number in re.findall(r"\| (\d+) \|$", table, re.MULTILINE)]
    hours, half = divmod(round(sum(minutes) / 30), 2)
    hours = f"{hours}{'½' * half}"
    assert total == f"Together: {len(minutes)} chapters, about {hours} hours in class."


@pytest.fixture(params=["checkout", "installed"])
def course(request, tmp_path, monkeypatch):
    """Copies of results/ and classroom/ where a checkout, or a wheel, has them; what mends them."""
    monkeypatch.delenv("DSHLIB_DATA", raising=False)
    monkeypatch.setattr(places, "HERE", tmp_path / "dshlib")
    monkeypatch.setattr(places, "CHECKOUT_DATA", tmp_path / "data")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    copies = {}
    for name in ("classroom", "models", "results"):
        kind = (
            tmp_path / {"checkout": f"data/{name}", "installed": f"dshlib/_{name}"}[request.param]
        )
        copies[name] = Path(shutil.copytree(ROOT / "data" / name, kind))
    mend = {"checkout": "`git checkout -- data/{}`", "installed": "Install dshlib again"}
    return copies, mend[request.param]


def has_advice(error, wanted):
    """Whether a message has this advice and none of the others."""
    advices = ("git checkout", "Install dshlib again", "Delete ")
    return wanted in str(error.value) and sum(each in str(error.value) for each in advices) == 1


def test_damaged_classroom_data_that_came_with_the_course_are_to_be_put_back(course):
    copies, mend = course
    assert data.load("classroom").folder == copies["classroom"]
    (copies["classroom"] / data.FILES[0]).write_bytes(b"damaged")
    with pytest.raises(data.DataError) as error:
        data.load("classroom")
    assert has_advice(error, mend.format("classroom"))


def test_a_damaged_copy_elsewhere_is_to_be_deleted_which_mends_it(course, tmp_path, monkeypatch):
    copies, _ = course
    copy = Path(shutil.copytree(copies["classroom"], tmp_path / "mine" / "classroom"))
    (copy / data.FILES[1]).unlink()
    monkeypatch.setenv("DSHLIB_DATA", str(copy.parent))
    with pytest.raises(data.DataError) as error:
        data.load("classroom")
    assert has_advice(error, f"Delete {copy}, or choose another root by DSHLIB_DATA or root=")
    shutil.rmtree(copy)
    assert data.load("classroom").folder == copies["classroom"]


def test_the_checkout_by_a_relative_path_is_still_the_checkout(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert "git checkout -- data/classroom" in places.how_to_mend(Path("data/classroom"))


@pytest.mark.parametrize("name", ["table1-classroom.json", "outputs-alpha.safetensors"])
def test_a_damaged_record_is_named_with_what_mends_it(name, course):
    copies, mend = course
    kind = "results" if name.endswith(".json") else "models"
    path = copies[kind] / name
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match=re.escape(repr(str(path)))) as error:
        load_recorded(name)
    assert has_advice(error, mend.format(kind))


def test_a_record_that_is_not_there_is_told_with_those_that_are(course):
    copies, mend = course
    (copies["results"] / "scale.json").unlink()
    with pytest.raises(
        FileNotFoundError, match="name='scale.json' .*table1-classroom.json"
    ) as error:
        load_recorded("scale.json")
    assert has_advice(error, mend.format("results data/models"))
