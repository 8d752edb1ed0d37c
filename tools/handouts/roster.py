"""Who should have handed in: the list of a course, as Moodle, Canvas or nbgrader export it."""

import re
from dataclasses import dataclass

from tools.handouts.cells import rows_of, unquoted
from tools.handouts.collect import plain

KNOWN = (
    "student", "key", "name", "full name", "fullname", "student name", "display name", "username",
    "user name", "login", "login id", "sis login id", "identifier", "id", "id number", "student id",
    "user id", "sis user id", "lms user id", "email", "email address", "e mail",
    "matriculation number",
)  # fmt: skip
FIRST, LAST = ("first name", "firstname", "given name"), ("last name", "lastname", "surname")


class RosterError(ValueError):
    """The list cannot be read; the message says what is there and what is asked for."""


@dataclass(frozen=True)
class Person:
    """Somebody on the list: a name to show, and all names by which an export may call them."""

    name: str
    aliases: frozenset


def read_roster(path):
    """A Person for each line of a CSV file. Raises RosterError."""
    rows = rows_of(path, RosterError)
    _, header = next(rows)
    columns = {column: _heading(column or "") for column in header}
    if not any(name in (*KNOWN, *LAST) for name in columns.values()):
        raise RosterError(
            f"{path}: none of its columns {', '.join(map(repr, header))} says who it is; known are "
            f"{', '.join(KNOWN)}, or first name and last name"
        )
    people = []
    for _, row in rows:
        values = {columns[c]: plain(unquoted(row[c] or "")) for c in columns if c is not None}
        names = [values[name] for name in KNOWN if values.get(name)]
        first, last = (_value(values, options) for options in (FIRST, LAST))
        if last:
            names = [f"{first} {last}".strip(), f"{last} {first}", f"{last}, {first}", *names]
        names += [f"{b} {a}" for a, comma, b in (n.partition(", ") for n in names) if comma]
        if names and not names[0].startswith("Points Possible"):  # a line of Canvas's own
            people.append(Person(names[0], frozenset(key for name in names for key in keys(name))))
    return people


def _heading(column):
    return re.sub(r"[\W_]+", " ", column).strip().casefold()


def _value(values, options):
    return next((values[name] for name in options if values.get(name)), "")


def keys(name):
    """Forms of a name that are one: Canvas writes "Lovelace, Ada" as lovelaceada."""
    return {name.casefold(), re.sub(r"[\W_]", "", name.casefold())} - {""}


def match(people, students):
    """{student: Person or None}; names that two people on the list share tell nobody."""
    times = {}
    for person in people:
        for alias in person.aliases:
            times.setdefault(alias, []).append(person)
    return {name: _person(student, times) for name, student in students.items()}


def _person(student, times):
    """By number first, then by name, then by the name after that of a group in Moodle."""
    number = f"Participant {student.number}" if student.lms == "Moodle" else student.number
    for called in (number, student.name, student.name.rpartition("-")[2]):
        for key in keys(called) if called else ():
            if len(times.get(key, ())) == 1:
                return times[key][0]
    return None
