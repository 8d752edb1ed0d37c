"""From an export to a gradebook and back: attempts, rosters, marks by hand, and going on."""

import copy
import csv
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile

import nbformat
import psutil
import pytest

from tools.handouts import grade as grading
from tools.handouts import saved, workers
from tools.handouts.cells import MOST, quoted, unquoted
from tools.handouts.course import NOTEBOOKS
from tools.handouts.grade import Wishes, grade
from tools.handouts.mistakes import answered
from tools.handouts.saved import folder_names

A2 = NOTEBOOKS["A2"].name
WRITTEN = "q7-written"


def hand_in(folder, path, notebook):
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / path)


def table(path, key="student"):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row[key]: row for row in csv.DictReader(file)}


def fill_in(path, **marks):
    """What a teacher does in a spreadsheet: {student: (marks, comment)} into by_hand.csv."""
    rows = table(path)
    for student, (points, comment) in marks.items():
        rows[student].update(marks=points, comment=comment)
    with path.open("w", encoding="utf-8", newline="") as file:
        (first, *_) = rows.values()
        writer = csv.DictWriter(file, first)
        writer.writeheader()
        writer.writerows(rows.values())


@pytest.fixture
def nothing_runs(monkeypatch):
    """Marking a notebook is an error."""

    def share(*_):
        raise AssertionError("a notebook was to be run")

    monkeypatch.setattr(grading, "share", share)


# Exports of all kinds


@pytest.fixture(scope="module")
def exports(class_of, tmp_path_factory):
    """A zip of Moodle's, files of Canvas's and folders side by side, marked with a roster."""
    folder = tmp_path_factory.mktemp("exports")
    right, mistaken = class_of("A2").right, answered(class_of("A2").right, {"q1": "pass"})
    with zipfile.ZipFile(folder / "CS-A2-4711.zip", "w") as archive:
        prefix = "Ada Lovelace_1_assignsubmission_file_/"
        archive.writestr(f"{prefix}Copy of A2 (1).ipynb", "\ufeff" + nbformat.writes(right))
        archive.writestr("Zoe Park_2_assignsubmission_onlinetext_/onlinetext.html", "<p>Late!")
    hand_in(folder, "A2/hoppergrace_LATE_31_901_A2_metrics.ipynb", mistaken)
    hand_in(folder, "A2/hoppergrace_31_955_A2_metrics-1.ipynb", right)
    hand_in(folder, "turing/work/A2_metrics.ipynb", right)
    (folder / "mallory").mkdir()
    (folder / "mallory" / A2).symlink_to(NOTEBOOKS["A2"])
    (folder / "list.csv").write_text(
        'Student,ID\n"Lovelace, Ada",1\n"Hopper, Grace",31\n"Missing, Max",99\nturing,5\n'
        "Zoe Park,6\n"
    )
    arguments = [str(folder), "--out", str(folder.parent / "out"), "--jobs", "2"]
    grading.main([*arguments, "--roster", str(folder / "list.csv")])
    return folder.parent / "out"


def test_gradebook_has_one_row_a_student_with_the_points_of_each_handout(exports):
    rows = table(exports / "grades.csv")
    points = {name: (row["A2"], row["A2 of"]) for name, row in rows.items()}
    assert points == {
        "Ada Lovelace": ("18", "20"), "hoppergrace": ("18", "20"), "turing": ("18", "20"),
        "Zoe Park": ("0", "20"), "mallory": ("0", "20"), "Missing, Max": ("0", "20"),
    }  # fmt: skip
    assert rows["hoppergrace"]["id"] == "31"


@pytest.mark.parametrize(("student", "words"), [
    ("hoppergrace", "2 attempts, hoppergrace_31_955_A2_metrics-1.ipynb counts"),
    ("hoppergrace", "not hoppergrace_LATE_31_901_A2_metrics.ipynb"),
    ("mallory", "mallory/A2_metrics.ipynb (a symbolic link: not opened)"),
    ("mallory", "not in the roster"),
    ("Missing, Max", "nothing handed in"),
    ("Zoe Park", "onlinetext.html"),
])  # fmt: skip
def test_remarks_name_attempts_links_and_who_is_missing_or_unknown(exports, student, words):
    assert words in table(exports / "grades.csv")[student]["remarks"]
    assert student in ("mallory", "Missing, Max", "Zoe Park") or (
        "roster" not in table(exports / "grades.csv")[student]["remarks"]
    )


def test_tables_are_quoted_and_marked_as_utf8_for_spreadsheets(exports):
    for name in ("grades.csv", "details.csv", "by_hand.csv"):
        text = (exports / name).read_bytes()
        assert text.startswith(b'\xef\xbb\xbf"student",')


@pytest.mark.parametrize("export", ["an empty folder", "only a text", "only a link"])
def test_nothing_handed_in_is_a_failure_that_lists_what_was_found(export, tmp_path, capsys):
    folder = tmp_path / "in"
    (folder / "ada").mkdir(parents=True)
    if export == "only a text":
        (folder / "ada" / "A1.docx").touch()
    if export == "only a link":
        (folder / "ada" / "A1_lsh.ipynb").symlink_to(NOTEBOOKS["A1"])
    with pytest.raises(SystemExit) as end:
        grading.main([str(folder), "--out", str(tmp_path / "out")])
    said = capsys.readouterr().err
    listed = {"an empty folder": "ada: empty", "only a text": "ada/A1.docx",
              "only a link": "a symbolic link: not opened"}  # fmt: skip
    assert end.value.code == 1 and listed[export] in said and "Nothing was marked" in said
    assert not (tmp_path / "out").exists()


# Marks by hand


@pytest.fixture(scope="module")
def marked_once(class_of, tmp_path_factory):
    folder = tmp_path_factory.mktemp("marked")
    for name in ("ada", "bob"):
        notebook = copy.deepcopy(class_of("A2").right)
        notebook.metadata["whose"] = name
        hand_in(folder / "in", f"{name}/{A2}", notebook)
    grade(folder / "in", folder / "out")
    return folder


@pytest.fixture
def marked(marked_once, tmp_path):
    """Two students whose A2 is marked: the folder and where the results are."""
    shutil.copytree(marked_once, tmp_path, dirs_exist_ok=True)
    return tmp_path / "in", tmp_path / "out"


def test_marks_filled_in_where_they_were_written_stay_and_merge_without_a_run(marked, nothing_runs):
    folder, out = marked
    fill_in(out / "by_hand.csv", ada=("1,5", "Say why."))
    for _ in range(2):
        grading.main([str(folder), "--out", str(out), "--by-hand"])
        rows = table(out / "by_hand.csv")
        assert (rows["ada"]["marks"], rows["ada"]["comment"]) == ("1,5", "Say why.")
        assert rows["bob"]["marks"] == ""
        assert table(out / "grades.csv")["ada"]["A2"] == "19.5"
        assert "Say why." in (out / "feedback" / "ada" / "A2.html").read_text()
    grade(folder, out)  # nor does the usual command run what did not change


def test_comment_without_marks_is_kept_and_the_answer_stays_open(marked, nothing_runs):
    folder, out = marked
    fill_in(out / "by_hand.csv", ada=("", "ask in class"))
    grade(folder, out)
    assert table(out / "by_hand.csv")["ada"]["comment"] == "ask in class"
    assert table(out / "grades.csv")["ada"]["open by hand"] == "2"


def test_marks_are_read_from_both_places_and_a_contradiction_stops(marked, nothing_runs, capsys):
    folder, out = marked
    fill_in(out / "by_hand.csv", ada=("1", ""))
    rows = table(out / "by_hand.csv")
    (folder / "by_hand.csv").write_text(
        f"student,assignment,cell,marks,comment\nbob,A2,{WRITTEN},2,\n"
    )
    grade(folder, out)
    assert [row["A2"] for row in table(out / "grades.csv").values()] == ["19", "20"]
    (folder / "by_hand.csv").write_text(
        f"student,assignment,cell,marks,comment\nada,A2,{WRITTEN},2,\n"
    )
    with pytest.raises(SystemExit):
        grading.main([str(folder), "--out", str(out)])
    assert "other marks or another comment than" in capsys.readouterr().err
    assert table(out / "by_hand.csv")["ada"] == rows["ada"]


def test_marks_that_are_filled_in_while_notebooks_run_are_kept(marked, monkeypatch):
    """So is a list that cannot be read by then: it is the teacher's, and stays as it is."""
    folder, out = marked

    def share(*_):
        fill_in(out / "by_hand.csv", bob=("2", "meanwhile"))
        yield from ()

    monkeypatch.setattr(grading, "share", share)
    grade(folder, out, Wishes(again=True))
    assert table(out / "by_hand.csv")["bob"]["comment"] == "meanwhile"

    def spoil(*_):
        (out / "by_hand.csv").write_bytes(b"student;marks\n")
        yield from ()

    monkeypatch.setattr(grading, "share", spoil)
    grade(folder, out, Wishes(again=True))
    assert (out / "by_hand.csv").read_bytes() == b"student;marks\n"


def test_answer_that_changed_since_it_was_marked_is_named(marked, class_of):
    folder, out = marked
    fill_in(out / "by_hand.csv", ada=("2", ""))
    hand_in(folder, f"ada/{A2}", answered(class_of("A2").right, {WRITTEN: "Another answer."}))
    grade(folder, out)
    remarks = {name: row["remarks"] for name, row in table(out / "grades.csv").items()}
    assert "q7-written was answered anew" in remarks["ada"] and not remarks["bob"]


def test_huge_answer_is_marked_and_shortened_in_the_list(class_of, tmp_path):
    """Longer than a field that Python's csv reads, and than a cell of a spreadsheet."""
    huge = "=" + "why? 🐍\n" * 400_000
    hand_in(tmp_path / "in", f"ada/{A2}", answered(class_of("A2").right, {WRITTEN: huge}))
    for points in ("18", "19"):  # also when the list is read again
        grade(tmp_path / "in", tmp_path / "out")
        assert table(tmp_path / "out" / "grades.csv")["ada"]["A2"] == points
        answer = table(tmp_path / "out" / "by_hand.csv")["ada"]["answer"]
        assert len(answer.encode("utf-16-le")) <= 2 * MOST and answer.startswith("'=why?")
        fill_in(tmp_path / "out" / "by_hand.csv", ada=("1", ""))
        assert "anew" not in table(tmp_path / "out" / "grades.csv")["ada"]["remarks"]


# Going on


def test_only_what_is_new_or_changed_is_marked_again(marked, class_of, monkeypatch):
    folder, out = marked
    hand_in(folder, f"bob/{A2}", answered(class_of("A2").right, {"q1": "pass"}))
    hand_in(folder, f"eve/{A2}", class_of("A2").right)
    run, share = [], grading.share

    def noted(tasks, *rest):
        run.extend(tasks)
        return share(tasks, *rest)

    monkeypatch.setattr(grading, "share", noted)
    grade(folder, out)
    assert [name for name, _, _ in run] == ["bob", "eve"]
    monkeypatch.setattr("tools.handouts.book.edition", lambda _: "of another year")
    run.clear()
    grade(folder, out, Wishes(students=["ada"]))
    assert [name for name, _, _ in run] == ["ada"]
    rows = table(out / "grades.csv")
    assert rows["ada"]["A2"] == "18" and rows["bob"]["A2"] == ""
    assert "not marked yet" in rows["bob"]["remarks"]


def test_student_who_is_not_there_ends_with_names_that_are(marked, capsys):
    with pytest.raises(SystemExit):
        grading.main([str(marked[0]), "--out", str(marked[1]), "--student", "adda"])
    assert "--student 'adda' is not there; there is ada" in capsys.readouterr().err


@pytest.fixture
def heeds_ctrl_c():
    """Programs started here react to Ctrl-C, also where the tests run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.slow
@pytest.mark.usefixtures("heeds_ctrl_c")
def test_ctrl_c_keeps_what_is_finished_and_the_same_command_goes_on(class_of, tmp_path):
    slow = answered(class_of("A2").right, {"q1": "import time\ntime.sleep(7)"})
    hand_in(tmp_path / "in", f"ada/{A2}", class_of("A2").right)
    hand_in(tmp_path / "in", f"bob/{A2}", slow)
    command = [sys.executable, "-m", "tools.handouts.grade", tmp_path / "in"]
    command += ["--out", tmp_path / "out", "--jobs", "1"]
    with subprocess.Popen(
        command, start_new_session=True, stdout=subprocess.PIPE, text=True
    ) as run:
        while not (kept := list(tmp_path.glob("out/marked/A2/ada-*.json"))):
            assert run.poll() is None
            time.sleep(0.05)
        started = psutil.Process(run.pid).children(recursive=True)
        os.killpg(run.pid, signal.SIGINT)
        said = run.communicate()[0]
    assert run.returncode == 130 and "the same command goes on" in said
    assert not psutil.wait_procs(started, timeout=30)[1]
    rows = table(tmp_path / "out" / "grades.csv")
    assert rows["ada"]["A2"] == "18" and "not marked yet" in rows["bob"]["remarks"]
    before = kept[0].stat().st_mtime_ns
    grade(tmp_path / "in", tmp_path / "out")
    assert kept[0].stat().st_mtime_ns == before
    assert float(table(tmp_path / "out" / "grades.csv")["bob"]["A2"]) > 0


def test_process_that_dies_costs_its_own_task_only():
    answers = dict(workers.share([1, 0, 2, 3], 2, Halves))
    assert answers == {1: 12, 2: 6, 3: 4, 0: None}


class Halves:
    """Divides 12; dies at 0."""

    def __enter__(self):
        return lambda number: 12 // number if number else os._exit(1)

    def __exit__(self, *_):
        pass


def test_without_walls_is_a_choice_that_has_to_be_typed(marked, monkeypatch, capsys):
    folder, out = marked
    monkeypatch.setattr(grading, "missing_walls", lambda: "bubblewrap is missing.")
    with pytest.raises(SystemExit):
        grading.main([str(folder), "--out", str(out)])
    assert "bubblewrap is missing. Nothing was marked." in capsys.readouterr().err
    grading.main([str(folder), "--out", str(out), "--without-walls"])


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"student": 3}'])
def test_result_that_cannot_be_read_counts_as_not_there(content, tmp_path):
    store = saved.Store(tmp_path)
    store.keep(saved.Result("ada", "A1"))
    (path,) = tmp_path.glob("A1/*.json")
    assert store.find("ada", "A1").student == "ada"
    path.write_bytes(content)
    assert store.find("ada", "A1") is None


# Names and cells


@pytest.mark.parametrize("text", [
    "=1+1", "+1", "-1", "@SUM(1)", " =1", "\t=1", "\n=1", "\r=1", "＝1", "＋1", "\u200b=1", "−1",
    "'=1",
])  # fmt: skip
def test_formula_is_defused_wherever_a_spreadsheet_would_find_it_and_comes_back(text):
    assert quoted(text).startswith("'")
    assert unquoted(quoted(text)) == text.replace("\r", "\n")


def test_harmless_text_stays_and_control_characters_go():
    assert quoted("it's 1 = 1\n'quoted'") == "it's 1 = 1\n'quoted'"
    assert quoted("a\x00\x1b\x07b") == "ab"


def test_folders_of_pages_are_safe_and_no_two_students_share_one():
    names = ["Ada", "ada", "../x", "a/b", "a:b", "CON", "x.", "", "ä" * 200, "Zoë Ångström", "李伟"]
    folders = folder_names(names)
    assert len({folder.casefold() for folder in folders.values()}) == len(names)
    assert folders["Zoë Ångström"] == "Zoë Ångström" and folders["李伟"] == "李伟"
    assert not [f for f in folders.values() if set(f) & set('/\\:*?"<>|') or f[-1] in ". "]
    assert max(len(folder.encode()) for folder in folders.values()) < 255
