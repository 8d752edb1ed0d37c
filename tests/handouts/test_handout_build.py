"""What students get: everything they need, the same to the byte each time, and no answer."""

import html
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
from tools.handouts.check_notebook import identity, page_of
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


TELLS_NOTHING = ("from ", "import ", "def ", "### ")


def secrets():
    """Every line of a solution or of a hidden test that says something, by where it stands."""
    for path in NOTEBOOKS.values():
        for cell in nbformat.read(path, as_version=4).cells:
            for kind, block in REGION.findall(cell.source):
                for line in block.splitlines():
                    line = line.strip()
                    if len(line) >= 12 and not line.startswith(TELLS_NOTHING):
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
    assert (built / f"{NAME}.zip").stat().st_size < 1e7


def test_zip_holds_the_handouts_the_library_and_the_data_and_nothing_of_the_teacher(unzipped):
    top = sorted(path.name for path in unzipped.iterdir())
    handouts = sorted(path.name for path in NOTEBOOKS.values())
    assert top == sorted([*handouts, "LICENSE", "README.md", "chapters", "check_notebook.py",
                          "dshlib", "handouts.json", "requirements.txt"])  # fmt: skip
    files = {path.name for path in unzipped.rglob("*")}
    assert not files & {path.name for path in (ASSIGNMENTS / "teacher").iterdir()}
    assert not files & {"nbgrader_config.py", "gradebook.db", "examiner.py"}
    assert all(path.suffix in (".py", ".gz") for path in (unzipped / "dshlib").rglob("*.*"))


def test_no_line_of_a_solution_or_a_hidden_test_is_in_the_zip_or_in_dshlib(unzipped):
    places = {
        path.relative_to(unzipped): path.read_text(encoding="utf-8")
        for path in unzipped.rglob("*")
        if path.suffix in (".ipynb", ".py", ".md", ".txt", ".json", ".html")
    }
    places |= {path: path.read_text(encoding="utf-8")
               for path in Path(dshlib.__file__).parent.rglob("*.py")}  # fmt: skip
    found = list(secrets())
    assert len(found) > 250
    for where, kind, line in found:
        escaped = json.dumps(line, ensure_ascii=False)[1:-1]
        for place, text in places.items():
            forms = {line, escaped, html.escape(line), html.escape(line, quote=False)}
            assert not [f for f in forms if f in text], f"{where}, {kind}: {line!r} in {place}"


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
    assert "You have reached the end" in banner and "no error: none yet" in banner
    assert f"`%run check_notebook.py {name}`" in banner


def test_pages_of_chapters_need_no_network_and_no_script(unzipped):
    for page in (unzipped / "chapters").glob("*.html"):
        text = page.read_text(encoding="utf-8")
        sources = re.findall(r"""\b(?:src|data|poster)=["']?([^"'> ]*)""", text)
        assert all(source.startswith("data:") for source in sources), page.name
        assert not re.search("<script|<link|<iframe|@import|url\\(", text), page.name
        for target in re.findall(r'href="([^"]*)"', text):
            assert target.startswith("https://") or (page.parent / target).exists(), target


def test_formulas_of_the_pages_are_mathml(unzipped):
    for number, least in (("02", 10), ("05", 20), ("07", 20), ("08", 30)):
        text = (unzipped / "chapters" / f"{number}.html").read_text(encoding="utf-8")
        read = re.sub(r"<pre.*?</pre>|<code.*?</code>|<style.*?</style>|<math.*?</math>", "", text,
                      flags=re.DOTALL)  # fmt: skip
        assert "$" not in read and "\\frac" not in read and "\ue000" not in read
        assert text.count("</math>") >= least


def test_every_chapter_and_section_that_a_handout_or_a_hint_names_is_a_page_in_the_zip(unzipped):
    text = "\n".join(path.read_text(encoding="utf-8") for path in NOTEBOOKS.values())
    named = re.findall(r"chapter (\d\d)(?:, sections? (\d)(?: and (\d))?)?", text)
    assert len(named) > 20
    for number, *sections in named:
        page = (unzipped / "chapters" / f"{number}.html").read_text(encoding="utf-8")
        for section in filter(None, sections):
            assert f'<h2 id="section-{section}">' in page, (number, section)


def test_links_of_the_handouts_lead_to_pages(unzipped):
    for path in sorted(unzipped.glob("A*.ipynb")):
        text = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
        targets = re.findall(r"\]\((chapters/[^)]*)\)", text)
        assert targets
        assert all((unzipped / target).exists() for target in targets)
    assert "[Table 2 of the slides](chapters/table_2.html)" in text


def test_table_2_has_the_number_to_beat_beside_ours(unzipped):
    text = (unzipped / "chapters" / "table_2.html").read_text(encoding="utf-8")
    assert "<td>0.7650</td>" in text and "<td>0.883 ± 0.010</td>" in text


@pytest.fixture
def reported(unzipped):
    """A function of changes to A1: what check_notebook.py prints of the changed notebook."""
    path = unzipped / "A1_lsh.ipynb"
    before = path.read_text(encoding="utf-8")

    def report(**sources):
        notebook = nbformat.reads(before, as_version=4)
        for cell in notebook.cells:
            cell.source = sources.get(identity(cell).replace("-", "_"), cell.source)
        notebook.cells = [cell for cell in notebook.cells if cell.source is not None]
        nbformat.write(notebook, path)
        command = [sys.executable, "check_notebook.py", path.name]
        ran = subprocess.run(command, cwd=unzipped, capture_output=True, encoding="utf-8")
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.splitlines()

    yield report
    path.write_text(before, encoding="utf-8", newline="\n")


def test_an_untouched_handout_is_complete_and_not_answered(reported):
    lines = reported()
    assert any(line.startswith("complete: all ") for line in lines)
    assert "it runs from top to bottom in a fresh kernel" in lines
    questions = [line for line in lines if line.startswith("question ")]
    assert len(questions) >= 9
    assert all(line.endswith(": not answered") for line in questions)


def test_answered_is_not_called_passed(reported):
    lines = reported(
        q1="differing_bits, bytes_of_codes, largest_angle = 5, None, 0",
        q3="def bucket_keys(X, R, mean):\n    return np.arange(1, len(X) + 1)",
        q4="def probe_keys(projected, n_probes):\n    return [5, 7, 1]",
        q7_written="Equal seeds.",
    )
    assert "question 1a: answered; no visible check says whether it is right" in lines
    assert "question 1b: not answered" in lines
    assert any(line.startswith("question 3: the visible check fails: 3: ") for line in lines)
    assert "question 4: the visible check passes" in lines
    assert "question 7: answered, 2 words" in lines
    assert lines[-1] == "This is no mark: more tests run when your work is marked."


def test_what_stops_a_fresh_kernel_is_told_and_what_is_missing(reported):
    lines = reported(q4="probe_keys = an_earlier_session", q5=None, q3_visible="passed.add('3')")
    assert "the cell q5 is missing: copy it from the zip" in lines
    assert any(re.search("^cell .* raises NameError: .*an_earlier_session", s) for s in lines)
    assert "question 3: not answered" in lines  # the test as it was given out
    assert not [line for line in lines if line.startswith("complete")]


def test_a_hint_is_followed_by_the_page_where_its_section_is():
    assert page_of("3: look (chapter 04, section 3)") == " -> chapters/04.html#section-3"
    assert page_of("3: look (chapter 10)") == " -> chapters/10.html"
    assert page_of("3: count again") == ""
