"""Who handed in what: attempts by student and handout, as Moodle, Canvas and nbgrader export them.

    Moodle    Ada Lovelace_12345_assignsubmission_file_/A1_lsh.ipynb, or flat with that prefix
    Canvas    lovelaceada_LATE_12345_67890_A1_lsh-1.ipynb
    nbgrader  submitted/ada/A1/A1_lsh.ipynb, inbound/ada+A1+TIME UTC/A1_lsh.ipynb
    by hand   ada/…/A1_lsh.ipynb, A1/ada/…, ada.zip, A1_lsh_ada.ipynb

All of them in folders or zips. Which handout a notebook is its cells tell, not its name. Of several
attempts the newest counts.
"""

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import PurePosixPath

import nbformat
from nbgrader.utils import parse_utc

from tools.handouts.course import NOTEBOOKS
from tools.handouts.files import File, Folder, Refused, Unreadable, Zip, tree
from tools.handouts.repair import grade_id

MOST_OF_A_STUDENT = 200 * 2**20  # bytes that are read in all
MOST_FILES = 2000  # of a student
MOODLE = re.compile(r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_[a-z]+_?.*", re.DOTALL)
CANVAS = re.compile(
    r"(?:(?P<name>.+?)_)??(?:late_)?(?P<number>\d+)_(?:(?P<upload>\d+)_.+|(?:text|link)\.html)",
    re.DOTALL | re.IGNORECASE,
)
EXCHANGE = re.compile(r"(?P<name>[^+]+)\+[^+]+\+[^+]+ UTC.*")
OF_NBGRADER = ("submitted", "inbound")  # folders with those of students
AGAIN = re.compile(r"-(\d{1,3})$")  # what Canvas adds to the name when it gets one again
COPY = re.compile(r"\((\d{1,3})\)|[-_ ](?:copy|v)?(\d{1,3})$", re.IGNORECASE)
NOT_A_NAME = re.compile(r"^copy of |[-_ ]copy\d*$|\(\d+\)|[-_ ]\d{1,2}$", re.IGNORECASE)
REASONS = (
    "it has most of the handout's cells", "its timestamp.txt is later",
    "its name on Canvas has the higher number", "Canvas got it later", "its file is newer",
    "its name has the higher number", "the last by name, nothing else tells them apart",
)  # fmt: skip


@dataclass(frozen=True)
class Handout:
    """How to know a handout again: the name of its notebook, and {name of a cell: its source}."""

    name: str
    stem: str
    cells: dict


@dataclass(frozen=True)
class Owner:
    """Whose a file is, by its name; Moodle's numbers differ from handout to handout."""

    name: str
    number: str = ""
    lms: str = ""


@dataclass
class Attempt:
    """A notebook that was handed in; rank says how new it is, see REASONS."""

    owner: Owner
    handout: str
    path: str
    content: bytes
    rank: tuple
    problem: str = ""

    @property
    def sha256(self):
        return hashlib.sha256(self.content).hexdigest()


@dataclass
class Student:
    """What one student handed in: by handout the attempt that counts, and remarks."""

    name: str
    number: str = ""
    lms: str = ""
    attempts: dict = field(default_factory=dict)
    remarks: dict = field(default_factory=dict)
    others: list = field(default_factory=list)  # (handout or None, what is there)

    def there(self, handout):
        """What else of this student may have been meant as a handout, in words."""
        return [text for whose, text in self.others if whose in (handout, None)]


def plain(name):
    """A name as we write it: NFC, no control characters, one blank between words."""
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    text = unicodedata.normalize("NFC", re.sub(r"\s+", " ", text))
    return "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cf")).strip()


def known_handouts():
    """Every Handout of the course."""
    cells = {name: nbformat.read(path, as_version=4).cells for name, path in NOTEBOOKS.items()}
    return [
        Handout(name, NOTEBOOKS[name].stem, {grade_id(cell): cell.source.strip() for cell in mine})
        for name, mine in cells.items()
    ]


def collect(path, handouts):
    """Find what was handed in: ({name: Student}, [what belongs to nobody]).

    Parameters: path, a folder or a zip; handouts, a list of Handout.
    """
    found, nobodys = _owned(tree(path), handouts), []
    by_owner = {}
    for owner, entry in found:
        if owner is None:
            nobodys.append(_what(entry))
        else:
            by_owner.setdefault(owner, []).append(entry)
    looked = {owner: _look(owner, entries, handouts) for owner, entries in by_owner.items()}
    return _students(looked), nobodys


def _what(entry):
    return f"{entry.name} ({entry.why})" if isinstance(entry, Refused) else entry.name


# Whose it is


def owner_of(entry):
    """The Owner that a learning platform wrote into the name, or None."""
    for lms, pattern in (("Moodle", MOODLE), ("Canvas", CANVAS)):
        match = pattern.fullmatch(entry.name)
        if match and not (lms == "Canvas" and isinstance(entry, Folder)):
            return Owner(plain(match["name"] or match["number"]), match["number"], lms)
    return None


def _owned(folder, handouts):
    """Yield (owner, entry) for all in a folder that has those of several students."""
    entries = folder.entries()
    for part in entries:
        if isinstance(part, Folder) and part.name in OF_NBGRADER:
            for entry in part.entries():
                match = EXCHANGE.fullmatch(entry.name)
                yield Owner(plain(match["name"] if match else entry.name)), entry
            return
    for entry in entries:
        if owner := owner_of(entry):
            yield owner, entry
        elif _has_several(entry, handouts):
            yield from _owned(_unwrapped(entry, handouts), handouts)
        elif isinstance(entry, Folder | Zip) or entry.name.lower().endswith(".ipynb"):
            name = plain(_without_handout(entry.name, handouts))
            yield (Owner(name) if name else None), entry
        else:
            yield (Owner(plain(entry.name)) if isinstance(entry, Refused) else None), entry


def _has_several(entry, handouts):
    """Whether it is no student's: named as a handout, or full of names of a learning platform."""
    if not isinstance(entry, Folder | Zip):
        return False
    inside = entry.entries()
    if isinstance(entry, Zip):
        folders = inside and all(isinstance(part, Folder) for part in inside)
        return bool(folders) or any(owner_of(part) for part in inside)
    named = entry.name.casefold() in {handout.name.casefold() for handout in handouts}
    return named or (bool(inside) and all(owner_of(part) for part in inside))


def _unwrapped(entry, handouts):
    """The folder in a zip that has nothing beside it and holds folders of students."""
    inside = entry.entries()
    if not isinstance(entry, Zip) or len(inside) != 1 or not isinstance(inside[0], Folder):
        return entry
    if owner_of(inside[0]) or inside[0].name in OF_NBGRADER:
        return entry
    parts, names = inside[0].entries(), {handout.name.casefold() for handout in handouts}
    full = any(owner_of(part) or part.name in OF_NBGRADER for part in parts)
    folders = all(isinstance(p, Folder) and p.name.casefold() not in names for p in parts)
    return inside[0] if full or folders else entry


def _without_handout(name, handouts):
    """The name of a student in a name such as `A1_lsh_ada (1).ipynb`; "" if there is none."""
    if not name.lower().endswith((".ipynb", ".zip")):
        return name
    stem = NOT_A_NAME.sub("", PurePosixPath(name).stem)
    for handout in handouts:
        stem = re.sub(re.escape(handout.stem), "", stem, flags=re.IGNORECASE)
    return stem.strip(" _-.")


# What it is


def _look(owner, entries, handouts):
    """All of one owner: attempts, and (handout or None, what is there) for the rest."""
    attempts, others, left = [], [], MOST_OF_A_STUDENT
    for count, (path, stamp, entry) in enumerate(_walk(entries)):
        if count >= MOST_FILES or left <= 0:
            others.append((None, "and more, too much to be read"))
            break
        named = _by_name(path.partition("/")[2] or path, handouts)
        meant = named and named.name
        if isinstance(entry, Refused):
            others.append((meant, f"{path} ({entry.why}: not opened)"))
        elif not entry.name.lower().endswith(".ipynb"):
            others.append((meant, path))
        else:
            attempt = _attempt(owner, path, stamp, entry, handouts, named)
            left -= len(attempt.content)
            if attempt.handout:
                attempts.append(attempt)
            else:
                others.append((None, attempt.problem or path))
    return attempts, others


def _walk(entries, above="", stamp=0.0):
    """Yield (path, seconds of the timestamp.txt that holds there, File or Refused)."""
    for entry in entries:
        if isinstance(entry, File) and entry.name == "timestamp.txt":
            stamp = _seconds(entry) or stamp
    for entry in entries:
        path = above + entry.name
        if isinstance(entry, Folder | Zip):
            yield from _walk(entry.entries(), f"{path}/", stamp)
        elif entry.name != "timestamp.txt":
            yield path, stamp, entry


def _seconds(timestamp):
    try:
        return parse_utc(timestamp.read(1000).decode().strip()).timestamp()
    except (Unreadable, ValueError, OverflowError):
        return 0.0


def _attempt(owner, path, stamp, file, handouts, named):
    problem, cells, content = "", {}, b""
    try:
        content = file.read()
        cells = _cells(content)
    except Unreadable as why:
        problem = str(why)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".partition("\n")[0][:80]
        problem = f"{file.name} is no notebook ({reason})"
    handout = _by_cells(cells, handouts) or named
    most = handout and 2 * len(handout.cells.keys() & cells.keys()) >= len(handout.cells)
    rank = (bool(most), stamp, *_on_canvas(owner, path), file.changed // 2, _copy(file.name), path)
    return Attempt(owner, handout and handout.name, path, content, rank, problem)


def _on_canvas(owner, path):
    """How often Canvas had got it before, and the number that it gave to the file."""
    if owner.lms != "Canvas":
        return 0, 0
    handed_in = PurePosixPath(path.partition("/")[0])
    again = AGAIN.search(handed_in.stem)
    return int(again[1]) if again else 0, int(CANVAS.fullmatch(handed_in.name)["upload"])


def _copy(name):
    """The 2 in `A1_lsh (2).ipynb`, `A1_lsh-2.ipynb`, `A1_lsh-Copy2.ipynb`; else 0."""
    numbers = COPY.findall(PurePosixPath(name).stem)
    return int("".join(numbers[-1])) if numbers else 0


def _cells(content):
    """{name of a cell: its source} of a notebook, a byte order mark or not."""
    cells = json.loads(content)["cells"]
    sources = {}
    for cell in cells:
        if isinstance(name := grade_id(cell), str):
            sources.setdefault(name, "".join(cell.get("source", "")).strip())
    return sources


def _by_cells(cells, handouts):
    """The handout with most of these cells, told apart by their texts; None if it has none."""

    def likeness(handout):
        same = sum(handout.cells.get(name) == source for name, source in cells.items())
        return same, -len(handout.cells.keys() ^ cells.keys())

    best = max(handouts, key=likeness)
    return best if cells.keys() & best.cells.keys() else None


def _by_name(path, handouts):
    """The handout that a path names, `A1_lsh` or a part `A1`; None if none or several."""
    for pattern in ("{0.stem}", r"(?<![^\W_]){0.name}(?![^\W_])"):
        named = [h for h in handouts if re.search(pattern.format(h), path, re.IGNORECASE)]
        if len(named) == 1:
            return named[0]
    return None


# Which one counts


def _students(looked):
    """{name: Student}. Two of one name are told apart by the numbers of their platform."""
    numbers = {}
    for owner, (attempts, _) in looked.items():
        for handout in {a.handout for a in attempts} if owner.lms == "Moodle" else [""]:
            numbers.setdefault((owner.name, handout), set()).add(owner.number)
    namesakes = {name for (name, _), several in numbers.items() if len(several) > 1}
    students, attempts_of = {}, {}
    for owner, (attempts, others) in looked.items():
        twice = owner.name in namesakes and owner.number
        name = f"{owner.name} ({owner.number})" if twice else owner.name
        student = students.setdefault(name, Student(name, owner.number, owner.lms))
        student.others += others
        attempts_of.setdefault(name, []).extend(attempts)
    for name, attempts in attempts_of.items():
        for handout in sorted({attempt.handout for attempt in attempts}):
            mine = [attempt for attempt in attempts if attempt.handout == handout]
            _choose(students[name], handout, mine)
    return students


def _choose(student, handout, attempts):
    """Keep the newest attempt that can be read; the remarks name the others, and why."""
    *others, best = sorted(attempts, key=lambda a: (not a.problem, a.rank))
    student.attempts[handout] = best
    remarks = student.remarks.setdefault(handout, [])
    if others and best.problem:
        remarks.append(f"of {len(attempts)} attempts none can be read")
    elif others:
        second = others[-1]
        differs = next(i for i, (a, b) in enumerate(zip(best.rank, second.rank, strict=True))
                       if a != b or i == len(REASONS) - 1)  # fmt: skip
        why = "the only one that can be read" if second.problem else REASONS[differs]
        left = ", ".join(attempt.path for attempt in reversed(others))
        remarks.append(f"{len(attempts)} attempts, {best.path} counts ({why}), not {left}")
    refused = [text for whose, text in student.others if whose == handout and "not opened" in text]
    remarks += [f"left aside: {text}" for text in refused]
    for attempt in others:
        attempt.content = b""
