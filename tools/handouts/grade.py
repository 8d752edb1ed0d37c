"""Mark what was handed in: a row a student for the gradebook, and a page of feedback each.

python -m tools.handouts.grade SUBMISSIONS [--out build/grades] [--assignment A1] [--jobs 2]

SUBMISSIONS is a folder or a zip as Moodle, Canvas or nbgrader export it, see collect.py. Everything
that is finished is kept at once: the same command goes on where it was stopped, and marks only what
is new. Marks by hand are read from by_hand.csv, in SUBMISSIONS and where the results are.
"""

import argparse
import difflib
import os
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from filelock import FileLock, Timeout
from tqdm import tqdm

from dshcourse.console import any_character
from dshlib.data import DataError
from tools.handouts.book import Book
from tools.handouts.by_hand import ByHandError, read_by_hand
from tools.handouts.collect import Student, collect, known_handouts, plain
from tools.handouts.course import NOTEBOOKS, Course
from tools.handouts.examiner import WITHOUT, unseen
from tools.handouts.library import library
from tools.handouts.marking import marker, nothing
from tools.handouts.roster import RosterError, match, read_roster
from tools.handouts.sandbox import missing_walls
from tools.handouts.saved import Result
from tools.handouts.workers import share

PROCESSORS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


class GradingError(Exception):
    """Nothing can be marked; the message says why, and what there is."""


@dataclass(frozen=True)
class Wishes:
    """What the teacher asks for: handouts and students, None for all; the rest as in main()."""

    assignments: list | None = None
    students: list | None = None
    roster: Path | None = None
    jobs: int = 1
    run: bool = True  # False: only put marks by hand together with those that are kept
    again: bool = False
    with_walls: bool = True


def grade(submissions, out, wishes=Wishes()):
    """Mark a folder, or a zip, and write everything to the folder out: a list of Result.

    Raises GradingError if nothing was handed in, a student is not there or another command writes
    to out, ByHandError and RosterError if their files cannot be read, DataError if A4 is to be
    marked and its new queries are not on this machine. KeyboardInterrupt comes after all that is
    finished is written.
    """
    submissions, out = Path(submissions).resolve(), Path(out).resolve()
    beside = submissions if submissions.is_dir() else submissions.parent
    filled_in = read_by_hand(out / "by_hand.csv")
    by_hand = read_by_hand(beside / "by_hand.csv", out / "by_hand.csv")
    students, nobodys = collect(submissions, known_handouts())
    if not any(student.attempts for student in students.values()):
        raise GradingError(_nothing_found(submissions, students, nobodys))
    if wishes.roster:
        students = _with_roster(students, read_roster(wishes.roster))
    _check_by_hand(by_hand, students, filled_in)
    _check_students(wishes.students, students)
    handouts = wishes.assignments or sorted({h for s in students.values() for h in s.attempts})
    book = Book(out, students, handouts, by_hand)
    todo = book.to_do(wishes) if wishes.run else []
    for handout in {handout for _, handout in todo}:
        unseen(handout)  # better no marks than marks on images that everybody has
    with _alone(out):
        for belongs in nobodys:
            if ".ipynb" in belongs.lower():
                print(f"whose is it? {belongs}: not marked")
        try:
            for result in _mark_all(todo, students, wishes):
                book.keep(result)
        finally:
            book.write()
    return book.shown()


@contextmanager
def _alone(out):
    """Make the folder of results; nobody else writes there in the block that follows."""
    out.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(out / ".lock", timeout=0):
            yield
    except Timeout:
        raise GradingError(
            f"another command is writing marks to {out}: wait for its end. "
        ) from None


# Who, and what is left to do


def _nothing_found(submissions, students, nobodys):
    found = [f"{name}: {text}" for name, student in students.items() for _, text in student.others]
    found += [*nobodys, *(f"{name}: empty" for name, s in students.items() if not s.others)]
    shown = "".join(f"\n  {line}" for line in found[:20]) or " nothing"
    more = f"\n  and {len(found) - 20} more" if len(found) > 20 else ""
    return f"no notebook of a handout is in {submissions}. There is:{shown}{more}\n"


def _with_roster(students, people):
    """The students, and those on the list of whom nothing came."""
    found = match(people, students)
    for name, person in found.items():
        if person is None:
            students[name].remarks.setdefault(None, []).append("not in the roster")
    came = [person for person in found.values() if person]
    for person in people:
        if person not in came:
            name = person.name
            while name in students:
                name += " (roster)"
            students[name] = Student(name)
    return students


def _check_by_hand(by_hand, students, of_before):
    """Marks of somebody unknown are a mistake, unless they were kept from another folder."""
    for student, assignment in by_hand.keys() - of_before.keys():
        if student not in students:
            raise ByHandError(f"by_hand.csv has marks of {student!r}, who is not there")
        if assignment not in NOTEBOOKS:
            handouts = ", ".join(NOTEBOOKS)
            raise ByHandError(f"by_hand.csv has marks for {assignment!r}; handouts are {handouts}")


def _check_students(wanted, students):
    for name in wanted or ():
        if plain(name) not in students:
            close = difflib.get_close_matches(plain(name), students, cutoff=0.3)
            raise GradingError(f"--student {name!r} is not there; there is {', '.join(close)}. ")


# Marking


def _mark_all(todo, students, wishes):
    """Yield a Result for each (student, handout), as they are finished."""
    if not todo:
        return
    for handout in {handout for _, handout in todo}:
        library(WITHOUT.get(handout, ()))  # made before the processes are, which share it
    import_module("torch")  # and so compiled: a sandbox cannot keep what it compiles
    with tempfile.TemporaryDirectory(prefix="grading-") as folder, progress(len(todo)) as tell:
        course = Course(Path(folder) / "course")
        for handout in {handout for _, handout in todo}:
            course.release(handout)
        tasks = [(name, handout, students[name].attempts[handout].content)
                 for name, handout in todo]  # fmt: skip
        arguments = (folder, course.folder, wishes.with_walls)
        for (name, handout, _), result in share(tasks, wishes.jobs, marker, arguments):
            if result is None:
                why = "could not be marked: its process was ended, out of memory?"
                result = Result(name, handout, nothing(handout), [why])
            result.sha256 = students[name].attempts[handout].sha256
            tell(name, handout)
            yield result


@contextmanager
def progress(count):
    """A function to call for each that is finished: a bar on a terminal, some lines elsewhere."""
    if sys.stderr.isatty():
        with tqdm(total=count, unit="notebook", smoothing=0.1) as bar:

            def tell(name, handout):
                bar.set_postfix_str(f"{handout} {name}"[:30], refresh=False)
                bar.update()

            yield tell
        return
    done = []

    def tell(name, handout):
        done.append(name)
        if len(done) in (1, count) or len(done) % max(count // 20, 1) == 0:
            print(f"{len(done)} of {count} marked: {handout} of {name}", flush=True)

    yield tell


def _parser():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("submissions", type=Path, help="a folder or a zip")
    parser.add_argument("--out", type=Path, default=Path("build/grades"))
    parser.add_argument("--assignment", action="append", choices=list(NOTEBOOKS))
    parser.add_argument("--student", action="append", help="mark only this one; may be repeated")
    parser.add_argument("--roster", type=Path, help="a CSV file with everybody in the course")
    parser.add_argument("--jobs", type=int, default=PROCESSORS, help="notebooks at a time")
    only = "run nothing, put marks by hand together with those that are kept"
    parser.add_argument("--by-hand", action="store_true", help=only)
    parser.add_argument("--again", action="store_true", help="also mark what did not change")
    cost = 'see "Security" in the teacher\'s guide for what it costs'
    parser.add_argument("--without-walls", action="store_true", help=cost)
    return parser


@any_character()
def main(arguments=None):
    parser = _parser()
    options = parser.parse_args(arguments)
    if not options.submissions.exists():
        parser.error(f"{options.submissions} is not there")
    if options.jobs < 1:
        parser.error(f"--jobs {options.jobs}: at least 1")
    needs_walls = not options.without_walls and not options.by_hand
    if needs_walls and (missing := missing_walls()):
        parser.error(f"{missing} Nothing was marked.")
    wishes = Wishes(
        options.assignment, options.student, options.roster, options.jobs, not options.by_hand,
        options.again, not options.without_walls,
    )  # fmt: skip
    try:
        results = grade(options.submissions, options.out, wishes)
    except GradingError as error:
        print(f"{error}Nothing was marked.", file=sys.stderr)
        sys.exit(1)
    except (ByHandError, RosterError) as error:
        parser.error(f"{error}. Nothing was marked.")
    except DataError as error:
        others = " ".join(f"--assignment {a}" for a in NOTEBOOKS if a != "A4")
        parser.error(f"{error} Nothing was marked; `{others}` marks the others now.")
    except KeyboardInterrupt:
        print(f"\nStopped. What was finished is in {options.out}; the same command goes on.")
        sys.exit(130)
    marked = sum(result.state == "marked" for result in results)
    print(f"{marked} submissions marked: {options.out / 'grades.csv'}")


if __name__ == "__main__":
    main()
