"""Reads who is in the course, and says which of them a platform means.

A roster is a table with a header. Five kinds are known by their columns:

- a table of your own: `id`, and any of `first_name`, `last_name`, `name`, `login`, `email`, `platform_id`;
- Moodle's grading worksheet (`Identifier`, `Full name` ...), which also says when each submission came;
- Moodle's gradebook export (`First name`, `Last name` or `Surname`, `ID number`, `Email address`);
- Canvas's gradebook export (`Student`, `ID`, `SIS Login ID`, `Section`);
- StudOn's status file (`usr_id`, `login`, `lastname`, `firstname`).

German column names are known too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proctor.collect import CollectError
from proctor.collect.moodle_time import moodle_time
from proctor.collect.names import is_safe, slug, spellings
from proctor.spreadsheet import TableError, read_table

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from proctor.collect.platforms import Owner
    from proctor.spreadsheet import Table

COLUMNS = {
    "id": (
        "student_id",
        "student id",
        "id number",
        "idnumber",
        "id-nummer",
        "matriculation",
        "matrikelnummer",
        "id",
    ),
    "first": ("first_name", "firstname", "first name", "vorname", "given name"),
    "last": ("last_name", "lastname", "last name", "surname", "nachname", "family name"),
    "name": ("name", "full name", "fullname", "vollständiger name", "student"),
    "login": ("login", "username", "user name", "anmeldename", "sis login id", "kennung"),
    "email": ("email", "email address", "e-mail", "e-mail-adresse", "mail"),
    "platform_id": ("platform_id", "platform id", "usr_id", "user_id", "identifier"),
    "submitted": ("last modified (submission)", "zuletzt geändert (abgabe)"),
}


@dataclass(frozen=True)
class Student:
    """One of the course: the student id that nbgrader will know, and what may lead to it ("" where unknown)."""

    id: str
    first: str = ""
    last: str = ""
    name: str = ""
    login: str = ""
    email: str = ""
    platform_id: str = ""
    submitted: dt.datetime | None = None

    def spellings(self) -> frozenset[str]:
        """Return the ways in which the name may be written as one word."""
        family, _, given = self.name.partition(",")
        orders = (self.first + self.last, self.last + self.first, self.name, given + family)
        return frozenset().union(*map(spellings, orders))


@dataclass(frozen=True)
class Roster:
    """The students of a course."""

    students: tuple[Student, ...]

    def find(self, owner: Owner) -> Student:
        """Return the student whom a platform means: by its number, by the login, or else by the name.

        Raises:
            CollectError: nobody, or several.
        """
        for known in (self._by_number(owner), self._by_login(owner), self._by_name(owner)):
            if len(known) == 1:
                return known[0]
            if known:
                ids = ", ".join(student.id for student in known)
                raise CollectError(f"the roster has several of this name ({ids}): it needs their platform_id")
        blind = owner.platform_id and not any(student.platform_id for student in self.students)
        raise CollectError(
            "is not in the roster" + ", which has no platform_id to know people by" * bool(blind)
        )

    def _by_number(self, owner: Owner) -> list[Student]:
        return [each for each in self.students if owner.platform_id and each.platform_id == owner.platform_id]

    def _by_login(self, owner: Owner) -> list[Student]:
        """Find by the account; ILIAS puts it last, after a given name that may hold the separator too."""
        account = (owner.login or (owner.name if owner.platform == "plain" else "")).casefold()
        known = {
            each: {each.login.casefold(), each.id.casefold(), each.email.casefold().partition("@")[0]} - {""}
            for each in self.students
        }
        found = [each for each, names in known.items() if account in names]
        if found or owner.platform != "ilias":
            return found
        ends = {
            each: len(each.login)
            for each in known
            if each.login and account.endswith(f"_{each.login.casefold()}")
        }
        return [each for each, length in ends.items() if length == max(ends.values())]

    def _by_name(self, owner: Owner) -> list[Student]:
        """Find by name, among those whose number does not say that they are somebody else."""
        wanted = spellings(owner.name)
        rivals = [each for each in self.students if not (owner.platform_id and each.platform_id)]
        return [each for each in rivals if wanted & each.spellings()]


def read_roster(path: Path, zone: dt.tzinfo | None = None) -> Roster:
    """Read a roster.

    Args:
        path: the table.
        zone: in which a worksheet of Moodle's gives its times; the machine's own if None.

    Raises:
        CollectError: it cannot be read, has no column that leads to an id, or gives an id twice.
    """
    try:
        table = read_table(path)
    except TableError as error:
        raise CollectError(str(error)) from None
    places = _places(table)
    students = people_in(table, zone)
    if not students or not places.keys() & {"id", "login", "email", "name", "last"}:
        raise CollectError(f"{path} has no column `id`, `login` or `name`; see `proctor collect --help`.")
    ids = [student.id.casefold() for student in students]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        raise CollectError(f"{path} gives the id {twice[0]} to more than one student.")
    unsafe = next((student.id for student in students if not is_safe(student.id)), None)
    if unsafe is not None:
        raise CollectError(
            f"{path}: {unsafe!r} cannot be the name of a folder; use letters, digits and . _ - @"
        )
    return Roster(tuple(students))


def people_in(table: Table, zone: dt.tzinfo | None = None) -> list[Student]:
    """Return the people in a table; rows about points and the like are nobody."""
    places = _places(table)
    return [student for row in table.rows if (student := _student(row, places, zone)) is not None]


def _places(table: Table) -> dict[str, int]:
    """Return which column holds what."""
    places = {what: place for what, names in COLUMNS.items() if (place := table.column(*names)) is not None}
    canvas = table.column("student") is not None and table.column("section") is not None
    if canvas:  # there, ID is the platform's number, and the SIS has the student's
        places.pop("id", None)
        places["platform_id"] = table.column("id") or 0
        sis = table.column("sis user id")
        if "login" not in places and sis is not None:
            places["id"] = sis
    changeable = table.column("grade can be changed", "bewertung kann geändert werden")
    if not canvas and ("submitted" in places or changeable is not None):
        number = table.column("identifier", "id")  # «Participant 12345»
        if number is not None:
            places["platform_id"] = number
        known = table.column(*COLUMNS["id"][:-1])
        places.pop("id", None)
        if known is not None:
            places["id"] = known
    return places


def _student(row: list[str], places: dict[str, int], zone: dt.tzinfo | None) -> Student | None:
    cells = {what: row[place].strip() for what, place in places.items()}
    number = cells.get("platform_id", "")
    digits = re.fullmatch(r"\D+(\d+)", number)
    number = digits[1] if digits else number
    known = {key: cells.get(key, "") for key in ("first", "last", "name", "login", "email")}
    if not any([cells.get("id"), number, *known.values()]) or known["name"].startswith("Points Possible"):
        return None
    name = known["name"] or f"{known['first']} {known['last']}"
    account = known["login"] or known["email"].partition("@")[0]
    student = cells.get("id") or account or slug(name, number)
    return Student(
        student, **known, platform_id=number, submitted=moodle_time(cells.get("submitted", ""), zone)
    )
