"""make grade on a class in which everything goes wrong: a mark or a clear line for each."""

import copy
import csv
import re
import tempfile

import nbformat
import pytest
from filelock import FileLock

from dshlib.data import load
from tools.handouts import grade as grading
from tools.handouts.examiner import LIMITS, _is
from tools.handouts.feedback import problems
from tools.handouts.mistakes import answered
from tools.handouts.sandbox import Limits

CHEAT = """
def replace(lines):
    return ["pass\\n"] if any("assert" in line for line in lines) else lines
get_ipython().input_transformers_cleanup.append(replace)
import builtins
builtins.AssertionError = RuntimeError
"""
SPY = """
import glob, os, pathlib
seen = []
for top in glob.glob({course!r}) + {roots}:
    for folder, _, files in os.walk(top):
        for name in files:
            path = pathlib.Path(folder, name)
            if path.suffix in (".ipynb", ".db", ".toml") or "examiner" in name:
                seen.append(str(path))
print("SPY FOUND", len(seen), seen[:3])
"""
LEAK = """
caught = []
def bucket_keys(X, R, mean):
    import sys, gc
    frame = sys._getframe()
    while frame is not None:
        caught.append(repr(frame.f_code.co_consts) + repr(sorted(frame.f_globals)))
        frame = frame.f_back
    raise ValueError("LEAK " + repr(X) + " ".join(caught))
"""


def cell_of(notebook, name):
    (found,) = [c for c in notebook.cells if c.metadata.nbgrader.grade_id == name]
    return found


def extra(source):
    return nbformat.v4.new_code_cell(source)


def forged(right):
    """The right notebook, with a cell in it that pretends to be the locked one that sets up."""
    notebook = copy.deepcopy(right)
    notebook.cells.insert(0, extra("import sys\nprint('FORGED', 'nbgrader' in sys.modules)"))
    cell = cell_of(right, "setup")
    notebook.cells[0].metadata["nbgrader"] = copy.deepcopy(cell.metadata.nbgrader)
    return notebook


@pytest.fixture(scope="module")
def handed_in(class_of, tmp_path_factory):
    """A folder with a student for each thing that can go wrong, and the results."""
    group, folder = class_of("A1"), tmp_path_factory.mktemp("submissions")
    right, model = group.right, group.model

    def hand_in(student, notebook, name="A1_lsh.ipynb"):
        path = folder / student / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(notebook, bytes):
            path.write_bytes(notebook)
        else:
            nbformat.write(notebook, path)

    def with_answer(source, name="q3"):
        return answered(right, {name: source})

    def with_first(source):
        changed = copy.deepcopy(right)
        changed.cells.insert(0, extra(source))
        return changed

    def changed(function):
        notebook = copy.deepcopy(right)
        function(notebook.cells)
        return notebook

    hand_in("right", right)
    hand_in("in-a-folder", right, "A1/A1_lsh.ipynb")
    hand_in("hard-coded", with_answer("def bucket_keys(X, R, mean):\n    return np.array([6, 1])"))
    globals_only = model["q6"].replace("n):", "n_items):").replace("/ n ", "/ size ")
    hand_in("globals", with_answer("size = 10\n" + globals_only, "q6"))
    hand_in("renamed", with_answer(model["q3"].replace("bucket_keys", "keys_of_buckets")))
    hand_in("deleted-test", changed(lambda cells: cells.remove(
        next(c for c in cells if c.metadata.nbgrader.grade_id == "q3-visible"))))  # fmt: skip
    hand_in("deleted-answer", changed(lambda cells: cells.remove(
        next(c for c in cells if c.metadata.nbgrader.grade_id == "q3"))))  # fmt: skip
    twice = copy.deepcopy(right)
    twice.cells.append(copy.deepcopy(cell_of(right, "q3")))
    twice.cells.append(copy.deepcopy(cell_of(right, "q3-hidden")))
    twice.cells.append(copy.deepcopy(cell_of(right, "q7-written")))
    hand_in("duplicated", twice)
    edited = copy.deepcopy(right)
    cell_of(edited, "q3").source = "def bucket_keys(X, R, mean):\n    return [6, 1]"
    for name in ("q3-visible", "q3-hidden"):
        cell_of(edited, name).source = "pass"
        cell_of(edited, name).metadata.nbgrader.update(points=50, locked=False)
    hand_in("edited-test", edited)
    hand_in("forged-cell", forged(right))
    hand_in("syntax-error", with_answer("def bucket_keys(X, R, mean)\n    return 1"))
    hand_in("endless-cell", with_answer("while True:\n    pass"))
    hand_in("exit", with_answer("import os\nos._exit(0)"))
    hand_in("sys-exit", with_answer("def bucket_keys(X, R, mean):\n    import sys\n    sys.exit()"))
    hand_in("memory", with_answer("X = bytearray(3 * 10**9)\n" + model["q3"]))
    hand_in("asks-for-input", with_answer("name = input('who?')\n" + model["q3"]))
    hand_in("cheat", with_answer(CHEAT + "def bucket_keys(X, R, mean):\n    return [6, 1]"))
    hand_in("leak", with_answer(LEAK))
    roots = [str(folder), str(grading.NOTEBOOKS["A1"].parents[2])]
    hand_in("spy", with_first(SPY.format(course=f"{tempfile.gettempdir()}/grading-*", roots=roots)))
    hand_in("magic", with_first("%timeit -n1 -r1 1 + 1\nimport math\nmath.pi"))
    (folder / "nothing").mkdir()
    hand_in("wrong-type", b"%PDF-1.7", "A1_lsh.pdf")
    hand_in("no-notebook", b"\x89PNG\r\n")
    hand_in("empty-file", b"")
    hand_in("other-json", b'{"cells": 3}')
    hand_in("wrong-cells", b'{"cells": [], "nbformat": 4, "metadata": 3}')
    hand_in("rebuilt", nbformat.v4.new_notebook(cells=[extra("print(1)")]))
    hand_in("two", right)
    hand_in("two", right, "old/A1_lsh.ipynb")
    hand_in("=cmd()", right)
    (folder / "by_hand.csv").write_text(
        "student,assignment,cell,of,marks,comment,answer\nright,A1,q7-written,2,1.5,Say why.,\n"
        "in-a-folder,A1,q7-written,2,7,too many,\n"
    )
    (folder / "notes.txt").write_text("of the teacher")
    LIMITS["A1"] = Limits(cell=3, total=60)
    results = grading.grade(folder, folder.parent / "grades")
    return {r.student: r for r in results}, folder.parent / "grades"


def table(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def lines(handed_in):
    return {row["student"]: row for row in table(handed_in[1] / "details.csv")}


@pytest.fixture(scope="module")
def pages(handed_in):
    return {
        path.parent.name: path.read_text(encoding="utf-8")
        for path in handed_in[1].glob("feedback/*/A1.html")
    }


def test_every_student_has_a_line_and_a_page(handed_in, lines, pages):
    assert len(lines) == len(handed_in[0]) == len(pages) >= 27


@pytest.mark.parametrize(
    "student",
    ["right", "in-a-folder", "deleted-test", "duplicated", "forged-cell", "magic", "spy", "two"],
)
def test_harmless_oddities_cost_nothing(lines, student):
    row = lines[student]
    assert float(row["marks"]) == (19.5 if student == "right" else 18)
    assert float(row["of"]) == 20


@pytest.mark.parametrize(("student", "lost"), [
    ("hard-coded", 2), ("globals", 1), ("renamed", 3), ("deleted-answer", 3), ("edited-test", 2),
    ("syntax-error", 3), ("endless-cell", 3), ("exit", 3), ("sys-exit", 3),
    ("memory", 3), ("asks-for-input", 3), ("cheat", 2), ("leak", 3),
])  # fmt: skip
def test_only_the_question_concerned_loses_its_points(lines, student, lost):
    question = "q6" if student == "globals" else "q3"
    full = {"q1": 3, "q2": 3, "q3": 3, "q4": 3, "q5": 4, "q6": 2, "q7": 0}
    full[question] -= lost
    assert {q: float(lines[student][q]) for q in full} == full


@pytest.mark.parametrize(("student", "words"), [
    ("deleted-test", "test deleted, put back: q3-visible"),
    ("deleted-answer", "answer deleted: q3"),
    ("duplicated", "cell there twice, the last one to run counts: q3, q3-hidden"),
    ("duplicated", "text there twice, the first one counts: q7-written"),
    ("edited-test", "test or text edited, put back: q3-visible, q3-hidden"),
    ("syntax-error", "q3: expected ':', line 1"),
    ("endless-cell", "q3: it did not finish within 3 seconds"),
    ("exit", "q3: it ended the Python process"),
    ("memory", "q3: "),
    ("nothing", "nothing handed in"),
    ("wrong-type", "no A1_lsh.ipynb was handed in"),
    ("wrong-type", "there is wrong-type/A1_lsh.pdf"),
    ("no-notebook", "A1_lsh.ipynb is no notebook"),
    ("empty-file", "A1_lsh.ipynb is no notebook"),
    ("other-json", "A1_lsh.ipynb is no notebook"),
    ("wrong-cells", "it is no notebook"),
    ("rebuilt", "no cell of the handout was found"),
    ("two", "2 attempts, two/"),
    ("in-a-folder", "by_hand.csv: q7-written: 7 points, but it has 2"),
])  # fmt: skip
def test_line_says_clearly_what_happened(lines, student, words):
    assert words in lines[student]["remarks"]


@pytest.mark.parametrize(("student", "words"), [
    ("renamed", "there is no `bucket_keys` in your notebook"),
    ("sys-exit", "your code raised SystemExit"),
    ("syntax-error", "Your answer could not run: SyntaxError: expected"),
    ("right", "Say why."),
    ("wrong-type", "there is wrong-type/A1_lsh.pdf"),
    ("hard-coded", "50 vectors need 50 keys"),
])  # fmt: skip
def test_page_tells_the_student(pages, student, words):
    assert words in pages[student]


def test_no_page_shows_a_line_of_a_hidden_test_or_of_a_solution(pages, class_of):
    source = nbformat.read(grading.NOTEBOOKS["A1"], as_version=4)
    secret = "\n".join(
        re.sub(r'"[^"]*"', '"', block)  # hints are meant to be shown
        for cell in source.cells if cell.cell_type == "code"
        for block in re.findall(r"### BEGIN [A-Z ]+\n(.*?)### END", cell.source, re.DOTALL)
    )  # fmt: skip
    parts = {line.strip() for line in secret.splitlines() if len(line.strip()) > 15}
    assert len(parts) > 40
    for student, page in pages.items():
        text = page.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        assert not [part for part in parts if part in text], student


def test_what_a_function_finds_in_its_frames_is_no_test_and_its_words_are_not_repeated(
    handed_in, pages
):
    told = str(problems(handed_in[0]["leak"].notebook))
    assert "for an input that you do not see" in told
    assert "default_rng(11)" not in pages["leak"] and "wanted" not in pages["leak"]


def test_cell_is_trusted_for_its_text_and_not_for_its_name(class_of):
    """Even in a notebook that nobody repaired the examiner runs no student's cell itself."""
    trusted = {"setup": cell_of(class_of("A1").release, "setup").source}
    cells = forged(class_of("A1").right).cells
    assert not _is(trusted, cells[0]) and _is(trusted, cells[2])


def test_spy_finds_no_source_no_gradebook_and_no_other_submission(handed_in):
    printed = [o.text for c in handed_in[0]["spy"].notebook.cells
               for o in c.get("outputs", []) if o.output_type == "stream"]  # fmt: skip
    assert any("SPY FOUND 0 []" in text for text in printed), printed


@pytest.mark.parametrize("student", ["nothing", "no-notebook", "in-a-folder"])
def test_line_counts_out_of_all_points_also_without_a_notebook(lines, student):
    assert (lines[student]["of"], float(lines[student]["q3"]) > 0) == (
        "20",
        student == "in-a-folder",
    )


def test_formula_in_a_name_is_no_formula_in_the_table(handed_in):
    for name in ("grades.csv", "details.csv", "by_hand.csv"):
        assert '\n"\'=cmd()",' in (handed_in[1] / name).read_text("utf-8-sig")


def test_open_answers_are_listed_with_their_text(handed_in, class_of):
    rows = table(handed_in[1] / "by_hand.csv")
    (row,) = [row for row in rows if row["student"] == "globals"]
    assert row["cell"] == "q7-written" and row["answer"] == class_of("A1").model["q7-written"]
    assert not [row for row in rows if row["student"] == "right"]


@pytest.mark.parametrize("marks", ["1,5", "1.5"])
def test_marks_are_read_from_a_spreadsheet_with_decimal_commas_too(marks, tmp_path):
    """Such a spreadsheet separates columns by semicolons; an answer may have several lines."""
    path = tmp_path / "by_hand.csv"
    path.write_text(
        "\ufeffstudent;assignment;cell;of;marks;comment;answer\r\n"
        f'ada;A1;q7-written;2;{marks};"Why; how?";"one,\r\ntwo"\r\nbob;A1;q7-written;2\r\n',
        encoding="utf-8",
        newline="",
    )
    entry = grading.read_by_hand(path)["ada", "A1"]["q7-written"]
    assert (entry.points, entry.comment) == (1.5, "Why; how?")


def test_marks_come_back_to_a_student_whose_name_looks_like_a_formula(handed_in, tmp_path):
    path = tmp_path / "by_hand.csv"
    rows = table(handed_in[1] / "by_hand.csv")
    with path.open("w", newline="") as file:
        csv.DictWriter(file, rows[0]).writeheader()
        csv.DictWriter(file, rows[0]).writerows(row | {"marks": "2"} for row in rows)
    assert grading.read_by_hand(path)["=cmd()", "A1"]["q7-written"].points == 2


HEADER = "student,assignment,cell,of,marks,comment,answer"
TWO = f'{HEADER}\nada,A1,q7-written,2,1,,"a\nb"\nbob,A1,q7-written,2,two,,'


@pytest.mark.parametrize(("text", "words"), [
    (TWO, "by_hand.csv, line 4, q7-written of bob: marks 'two' are no number."),
    (TWO.replace(",", ";"), "by_hand.csv, line 4, q7-written of bob: marks 'two' are no number."),
    (HEADER.replace("marks", "points"), "by_hand.csv, line 1: no column marks in 'student,"),
    (f"{HEADER}\nada,A1,q7-written,2,1,für,", "by_hand.csv is not in UTF-8: save it as"),
    (f"{HEADER}\nada,A1,q7-written,2,1,,", "by_hand.csv has marks of 'ada', who is not there"),
    (f"{HEADER}\neve,A0,q7-written,2,1,,", "by_hand.csv has marks for 'A0'; handouts are A1,"),
])  # fmt: skip
def test_marks_that_cannot_be_read_end_the_command_with_one_line_that_says_where(
    text, words, tmp_path, capsys
):
    (tmp_path / "eve").mkdir()
    (tmp_path / "eve" / "A1_lsh.ipynb").touch()
    (tmp_path / "by_hand.csv").write_text(text, encoding="latin-1")
    with pytest.raises(SystemExit):
        grading.main([str(tmp_path), "--out", str(tmp_path / "grades")])
    last = capsys.readouterr().err.splitlines()[-1]
    assert words in last and "Nothing was marked" in last
    assert not (tmp_path / "grades").exists()


def test_a4_is_not_marked_on_queries_that_students_have(tmp_path, monkeypatch, capsys):
    """No full data: nothing is marked, and the teacher reads which command fetches it."""
    (tmp_path / "ada").mkdir()
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / "ada" / "A4_project.ipynb")
    monkeypatch.setattr("tools.handouts.examiner.load_largest", lambda: load("classroom"))
    with pytest.raises(SystemExit):
        grading.main([str(tmp_path), "--out", str(tmp_path / "grades")])
    message = capsys.readouterr().err
    assert "`python -m dshlib.data full`" in message and "--assignment A1" in message
    assert not (tmp_path / "grades").exists()


def test_two_commands_do_not_write_marks_to_one_folder(tmp_path, capsys):
    (tmp_path / "ada").mkdir()
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / "ada" / "A1_lsh.ipynb")
    out = tmp_path / "grades"
    out.mkdir()
    with FileLock(out / ".lock"), pytest.raises(SystemExit):
        grading.main([str(tmp_path), "--out", str(out)])
    assert f"another command is writing marks to {out}" in capsys.readouterr().err
    assert [path.name for path in out.iterdir()] == [".lock"]
