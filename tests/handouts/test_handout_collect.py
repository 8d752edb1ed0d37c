"""Who handed in what is found in every tree and zip that Moodle, Canvas and nbgrader export."""

import io
import json
import os
import socket
import stat
import unicodedata
import zipfile

import nbformat
import pytest

from tools.handouts import collect as collecting
from tools.handouts import files
from tools.handouts.collect import collect, known_handouts
from tools.handouts.course import NOTEBOOKS
from tools.handouts.roster import RosterError, match, read_roster

HANDOUTS = known_handouts()


def notebook(handout="A1", mark=""):
    """Bytes of a notebook with the cells of a handout; mark makes it differ from others."""
    content = nbformat.read(NOTEBOOKS[handout], as_version=4)
    content.metadata["mark"] = mark
    return nbformat.writes(content).encode()


def zipped(entries, when=(2026, 11, 30, 10, 0, 0)):
    """Bytes of a zip of {path: content}."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, inside in entries.items():
            archive.writestr(zipfile.ZipInfo(path, when), inside)
    return content.getvalue()


def put(folder, path, content, changed=None):
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    if changed:
        os.utime(target, (changed, changed))


def mark(student, handout="A1"):
    """The mark that notebook() left in the attempt that counts."""
    return json.loads(student.attempts[handout].content)["metadata"]["mark"]


MOODLE = "Ada Lovelace_12345_assignsubmission_file_"
NAMES = {
    "Moodle's folder": (f"{MOODLE}/A1_lsh.ipynb", "Ada Lovelace"),
    "Moodle's folder as newer ones write it": (f"{MOODLE[:-1]}/A1_lsh.ipynb", "Ada Lovelace"),
    "Moodle, folders in the folder": (f"{MOODLE}/work/A1_lsh.ipynb", "Ada Lovelace"),
    "Moodle, flat": (f"{MOODLE}A1_lsh.ipynb", "Ada Lovelace"),
    "Moodle, marked blindly": ("Participant_77_assignsubmission_file_/x.ipynb", "Participant"),
    "Canvas": ("lovelaceada_12345_67890_A1_lsh.ipynb", "lovelaceada"),
    "Canvas, late and again": ("lovelaceada_LATE_12345_67890_A1_lsh-1.ipynb", "lovelaceada"),
    "Canvas, late, as of old": ("lovelaceada_late_12345_67890_A1_lsh.ipynb", "lovelaceada"),
    "Canvas, marked blindly": ("12345_67890_A1_lsh.ipynb", "12345"),
    "nbgrader": ("submitted/ada/A1/A1_lsh.ipynb", "ada"),
    "nbgrader's exchange": ("inbound/ada+A1+2026-11-30 10:00:00 UTC+x/A1_lsh.ipynb", "ada"),
    "a folder of one's own": ("ada/A1_lsh.ipynb", "ada"),
    "a folder for each handout": ("A1/ada/lsh.ipynb", "ada"),
    "Moodle's export, unpacked beside others": (f"week 3/{MOODLE}/A1_lsh.ipynb", "Ada Lovelace"),
    "another name": ("ada/final FINAL.ipynb", "ada"),
    "a name with a prefix": ("ada/lovelace_A1_lsh.ipynb", "ada"),
    "a copy": ("ada/Copy of A1_lsh (1).ipynb", "ada"),
    "a loose file with a name": ("A1_lsh_ada.ipynb", "ada"),
}


@pytest.mark.parametrize("case", NAMES)
@pytest.mark.parametrize("as_zip", [False, True], ids=["folder", "zip"])
def test_student_is_known_by_the_names_of_the_export(case, as_zip, tmp_path):
    path, name = NAMES[case]
    if as_zip:
        (tmp_path / "export.zip").write_bytes(zipped({path: notebook()}))
        found = [collect(tmp_path / "export.zip", HANDOUTS)]
        if "a loose file" not in case and not path.startswith(("ada/", "A1/", "week")):
            found.append(collect(tmp_path, HANDOUTS))  # the zip as it came, in a folder
    else:
        put(tmp_path, path, notebook())
        found = [collect(tmp_path, HANDOUTS)]
    for students, nobodys in found:
        assert list(students) == [name] and not nobodys
        assert list(students[name].attempts) == ["A1"]


@pytest.mark.parametrize("path", ["work.zip", "deep/work.zip"])
def test_zip_of_a_student_is_read_and_what_systems_leave_is_not(path, tmp_path):
    inside = {
        "A1/A1_lsh.ipynb": notebook(mark="right"),
        "__MACOSX/A1/._A1_lsh.ipynb": b"\x00\x05\x16\x07",
        "A1/.ipynb_checkpoints/A1_lsh-checkpoint.ipynb": notebook(mark="old"),
        "more.zip": zipped({"A2_metrics.ipynb": notebook("A2")}),
    }
    put(tmp_path, f"{MOODLE}/{path}", zipped(inside))
    put(tmp_path, f"{MOODLE}/.ipynb_checkpoints/A1_lsh-checkpoint.ipynb", notebook(mark="old"))
    (student,) = collect(tmp_path, HANDOUTS)[0].values()
    assert mark(student) == "right" and sorted(student.attempts) == ["A1", "A2"]
    assert not student.remarks["A1"] and not student.others


def test_handout_is_told_by_the_cells_and_the_name_only_decides_without_them(tmp_path):
    for handout in NOTEBOOKS:
        put(tmp_path, f"ada/{handout}/A1_lsh.ipynb", notebook(handout))
    bare = nbformat.writes(nbformat.v4.new_notebook()).encode()
    put(tmp_path, "bob/my A2_metrics (3).ipynb", bare)
    put(tmp_path, "eve/scratch.ipynb", bare)
    students, _ = collect(tmp_path, HANDOUTS)
    assert sorted(students["ada"].attempts) == sorted(NOTEBOOKS)
    assert list(students["bob"].attempts) == ["A2"]
    assert not students["eve"].attempts and students["eve"].there("A1") == ["eve/scratch.ipynb"]


def test_byte_order_mark_does_no_harm(tmp_path):
    put(tmp_path, "ada/A1_lsh.ipynb", b"\xef\xbb\xbf" + notebook())
    (student,) = collect(tmp_path, HANDOUTS)[0].values()
    assert not student.attempts["A1"].problem


OLD, NEW = 1_700_000_000, 1_700_100_000
NEWEST = {
    "timestamp.txt is later": [
        ("submitted/ada/A1/A1_lsh.ipynb", NEW), ("submitted/ada/A1/again/A1_lsh.ipynb", OLD),
    ],
    "name on Canvas has the higher number": [
        ("x_1_20_A1_lsh-1.ipynb", NEW), ("x_1_10_A1_lsh-2.ipynb", OLD),
    ],
    "Canvas got it later": [("x_1_9_A1_lsh.ipynb", NEW), ("x_1_10_A1_lsh.ipynb", OLD)],
    "file is newer": [("ada/A1_lsh (1).ipynb", OLD), ("ada/A1_lsh.ipynb", NEW)],
    "the higher number": [("ada/A1_lsh (2).ipynb", OLD), ("ada/A1_lsh (10).ipynb", OLD)],
    "most of the handout's cells": [("ada/try.ipynb", NEW), ("ada/A1_lsh.ipynb", OLD)],
    "the only one that can be read": [("ada/A1_lsh-1.ipynb", NEW), ("ada/A1_lsh.ipynb", OLD)],
}  # fmt: skip


@pytest.mark.parametrize("why", NEWEST)
def test_newest_attempt_counts_and_the_remark_names_the_others_and_says_why(why, tmp_path):
    (older, first), (newer, second) = NEWEST[why]
    put(tmp_path, older, notebook(mark="older"), first)
    put(tmp_path, newer, notebook(mark="newer"), second)
    if "timestamp" in why:
        put(tmp_path, "submitted/ada/A1/timestamp.txt", b"2026-11-29 09:00:00.000000 UTC")
        put(tmp_path, "submitted/ada/A1/again/timestamp.txt", b"2026-11-30 09:00:00.000000 UTC")
    if "most" in why:
        few = nbformat.reads(notebook().decode(), as_version=4)
        few.cells = few.cells[3:6]
        put(tmp_path, older, nbformat.writes(few).encode(), first)
    if "only" in why:
        put(tmp_path, older, notebook()[:-100], first)
    (student,) = collect(tmp_path, HANDOUTS)[0].values()
    (remark,) = student.remarks["A1"]
    assert mark(student) == "newer"
    assert remark.startswith("2 attempts, ") and why in remark
    assert remark.endswith(f"not {older.removeprefix('submitted/')}")


def test_newer_file_in_a_zip_counts(tmp_path):
    put(tmp_path, "ada/a.zip", zipped({"A1_lsh.ipynb": notebook(mark="new")}))
    put(
        tmp_path,
        "ada/b.zip",
        zipped({"A1_lsh.ipynb": notebook(mark="old")}, (2026, 11, 1, 9, 0, 0)),
    )
    (student,) = collect(tmp_path, HANDOUTS)[0].values()
    assert mark(student) == "new" and "its file is newer" in student.remarks["A1"][0]


# Names


def test_two_spellings_of_one_name_are_one_student_and_control_characters_go(tmp_path):
    for form, handout in (("NFC", "A1"), ("NFD", "A2")):
        name = unicodedata.normalize(form, "Zoë\tÅngström")
        put(tmp_path, f"{name}/x.ipynb", notebook(handout))
    students, _ = collect(tmp_path, HANDOUTS)
    assert list(students) == ["Zoë Ångström"]
    assert sorted(students["Zoë Ångström"].attempts) == ["A1", "A2"]


def test_two_students_of_one_name_are_two_and_moodles_numbers_tell_them_apart(tmp_path):
    put(tmp_path, "Ada_11_assignsubmission_file_/x.ipynb", notebook(mark="11"))
    put(tmp_path, "Ada_12_assignsubmission_file_/x.ipynb", notebook(mark="12"))
    put(tmp_path, "Bob_13_assignsubmission_file_/x.ipynb", notebook())
    put(tmp_path, "Bob_24_assignsubmission_file_/x.ipynb", notebook("A2"))  # of another export
    students, _ = collect(tmp_path, HANDOUTS)
    assert sorted(students) == ["Ada (11)", "Ada (12)", "Bob"]
    assert mark(students["Ada (12)"]) == "12"
    assert sorted(students["Bob"].attempts) == ["A1", "A2"]


def test_text_in_place_of_a_file_on_canvas_has_its_student(tmp_path):
    put(tmp_path, "x_12_99_A1_lsh.ipynb", notebook())
    put(tmp_path, "parkzoe_LATE_13_text.html", b"<p>Sorry")
    students, _ = collect(tmp_path, HANDOUTS)
    assert students["parkzoe"].there("A1") == ["parkzoe_LATE_13_text.html"]


def test_loose_file_without_a_name_is_nobodys(tmp_path):
    put(tmp_path, "Copy of A1_lsh (1).ipynb", notebook())
    assert collect(tmp_path, HANDOUTS) == ({}, ["Copy of A1_lsh (1).ipynb"])


# What is never opened


def test_links_pipes_and_sockets_are_named_and_never_opened(tmp_path, monkeypatch):
    secret = tmp_path / "secret"
    put(secret, "A1_lsh.ipynb", notebook())
    top = tmp_path / "in"
    for name in ("link", "pipe", "socket", "folder"):
        (top / name).mkdir(parents=True)
    (top / "link" / "A1_lsh.ipynb").symlink_to(secret / "A1_lsh.ipynb")
    (top / "folder" / "A1").symlink_to(secret)
    (top / "student").symlink_to(secret)
    os.mkfifo(top / "pipe" / "A1_lsh.ipynb")
    monkeypatch.chdir(top / "socket")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("A1_lsh.ipynb")
        students, _ = collect(top, HANDOUTS)
    words = {"link": "symbolic link", "folder": "symbolic link", "student": "symbolic link",
             "pipe": "named pipe", "socket": "socket"}  # fmt: skip
    assert set(students) == set(words)
    for name, kind in words.items():
        assert not students[name].attempts
        (there,) = students[name].there("A1")
        assert f"a {kind}: not opened" in there


@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_file_that_turns_into_another_kind_after_it_was_listed_is_not_read(kind, tmp_path):
    put(tmp_path, "a", b"text")
    (entry,) = files.tree(tmp_path).entries()
    (tmp_path / "a").unlink()
    if kind == "pipe":
        os.mkfifo(tmp_path / "a")
    else:
        put(tmp_path, "secret", b"secret")
        (tmp_path / "a").symlink_to(tmp_path / "secret")
    with pytest.raises(files.Unreadable, match="cannot be opened|no regular file"):
        entry.read()


def link_in_a_zip():
    link = zipfile.ZipInfo("A1_lsh.ipynb")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    return content.getvalue()


def nested(times):
    content = zipped({"A1_lsh.ipynb": notebook()})
    for _ in range(times):
        content = zipped({"again.zip": content})
    return content


BAD_ZIPS = {
    "a path that leads out of its zip": lambda: zipped({"../../bob/A1_lsh.ipynb": notebook()}),
    "a symbolic link": link_in_a_zip,
    "no zip that can be read": lambda: b"PK\x03\x04 and nothing more",
    "too deep": lambda: nested(30),
    "entries": lambda: zipped({f"{n}.txt": b"" for n in range(files.MOST_ENTRIES + 1)}),
}


@pytest.mark.parametrize("why", BAD_ZIPS)
def test_zip_that_is_a_trap_is_named_and_the_others_are_read(why, tmp_path):
    put(tmp_path, f"{MOODLE}/work.zip", BAD_ZIPS[why]())
    put(tmp_path, "Bob_2_assignsubmission_file_/A1_lsh.ipynb", notebook(mark="his own"))
    students, _ = collect(tmp_path, HANDOUTS)
    assert any(why in text for text in students["Ada Lovelace"].there("A1"))
    assert not students["Ada Lovelace"].attempts and mark(students["Bob"]) == "his own"


def test_bomb_in_a_zip_is_a_line(tmp_path):
    put(tmp_path, f"{MOODLE}/work.zip", zipped({"A1_lsh.ipynb": bytes(files.MOST_BYTES + 1)}))
    (student,) = collect(tmp_path, HANDOUTS)[0].values()
    assert student.attempts["A1"].problem == "A1_lsh.ipynb is larger than 20 MB"


def test_what_is_read_of_one_student_has_an_end(tmp_path, monkeypatch):
    monkeypatch.setattr(collecting, "MOST_OF_A_STUDENT", 3 * len(notebook()))
    for number in range(10):
        put(tmp_path, f"ada/A1_lsh ({number}).ipynb", notebook())
    (student,) = collect(tmp_path, HANDOUTS)[0].values()
    assert "3 attempts" in student.remarks["A1"][0] or "4 attempts" in student.remarks["A1"][0]
    assert student.there("A1") == ["and more, too much to be read"]


# The roster


ROSTERS = {
    "Moodle's participants": (
        "First name,Last name,Email address\nAda,Lovelace,a@x\nEve,Adams,e@x\n",
        "Ada Lovelace_1_assignsubmission_file_/x.ipynb", "Eve Adams"),
    "Moodle's worksheet": (
        "Identifier,Full name,Status\nParticipant 1,Ada Lovelace,x\nParticipant 2,Eve Adams,x\n",
        "Ada Lovelace_1_assignsubmission_file_/x.ipynb", "Eve Adams"),
    "Moodle with groups": (
        "Full name\nAda Lovelace\nEve Adams\n",
        "Group B-Ada Lovelace_1_assignsubmission_file_/x.ipynb", "Eve Adams"),
    "Canvas's gradebook": (
        'Student,ID,Login\n"    Points Possible",,\n"Lovelace, Ada",12,al\n"Adams, Eve",13,e\n',
        "lovelaceada_12_99_x.ipynb", "Adams, Eve"),
    "nbgrader's students": (
        "id,first_name,last_name,email\nada,Ada,Lovelace,a@x\neve,Eve,Adams,e@x\n",
        "submitted/ada/A1/x.ipynb", "Eve Adams"),
    "semicolons": ("username;name\nada;Ada\neve;Eve\n", "ada/x.ipynb", "Eve"),
}  # fmt: skip


@pytest.mark.parametrize("case", ROSTERS)
def test_roster_is_read_as_it_is_exported_and_shows_who_is_missing(case, tmp_path):
    text, path, missing = ROSTERS[case]
    put(tmp_path, f"in/{path}", notebook())
    put(tmp_path, "roster.csv", b"\xef\xbb\xbf" + text.encode())
    people = read_roster(tmp_path / "roster.csv")
    students, _ = collect(tmp_path / "in", HANDOUTS)
    (person,) = match(people, students).values()
    assert person and [p.name for p in people if p != person] == [missing]


def test_two_of_one_name_in_the_roster_are_told_apart_by_the_number_or_not_at_all(tmp_path):
    put(tmp_path, "roster.csv", b'Student,ID\n"Li, Wei",7\n"Li, Wei",8\n')
    put(tmp_path, "in/liwei_8_99_x.ipynb", notebook())
    put(tmp_path, "in/liwei_9_98_x.ipynb", notebook())
    people = read_roster(tmp_path / "roster.csv")
    found = match(people, collect(tmp_path / "in", HANDOUTS)[0])
    assert found == {"liwei (8)": people[1], "liwei (9)": None}


def test_roster_without_a_column_that_we_know_says_what_is_there_and_what_is_known(tmp_path):
    put(tmp_path, "roster.csv", b"colour,size\nred,3\n")
    with pytest.raises(RosterError, match=r"columns 'colour', 'size' .* known are student"):
        read_roster(tmp_path / "roster.csv")
