"""Roster of the course, and the member whom a platform means.

A roster is a table with a header: one of your own, with `id` and any of `first_name`, `last_name`, `name`, `login`,
`email`, `platform_id`, `team`; or a platform's own table, which its module in :mod:`platforms` knows by its columns.
The names of columns are known in English, German, French and Spanish.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proctor.errors import CollectError, TableError
from proctor.lms.names import slug, spellings
from proctor.lms.owner import Student
from proctor.lms.platforms import PLATFORMS
from proctor.lms.spreadsheet import read_table
from proctor.lms.times import moodle_time
from proctor.submission.record import NAME, is_safe

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from proctor.lms.owner import Owner
    from proctor.lms.spreadsheet import Table

COLUMNS = {
    "id": (
        "student_id", "student id", "id number", "idnumber", "id-nummer", "matriculation", "matrikelnummer",
        "numéro d'identification", "número de id", "sid", "id",
    ),
    "first": ("first_name", "firstname", "first name", "vorname", "given name", "prénom", "nombre"),
    "last": (
        "last_name", "lastname", "last name", "surname", "nachname", "family name", "nom", "apellido(s)", "apellidos",
    ),
    "name": ("name", "full name", "fullname", "vollständiger name", "student", "nom complet", "nombre completo"),
    "login": (
        "login", "username", "user name", "anmeldename", "sis login id", "kennung", "nom d'utilisateur",
        "nombre de usuario",
    ),
    "email": (
        "email", "email address", "e-mail", "e-mail-adresse", "mail", "adresse de courriel", "dirección de correo",
        "dirección email",
    ),
    "platform_id": ("platform_id", "platform id", "user_id", "identifier", "identifiant", "identificador"),
    "team": ("team", "team name"),
}  # fmt: skip


@dataclass(frozen=True)
class Roster:
    """The students of a course; and the columns of a table of the course's own that say nothing about them."""

    students: tuple[Student, ...]
    unread: tuple[str, ...] = ()

    def who(self, owner: Owner) -> tuple[tuple[Student, ...], str]:
        """Return whom a platform means, and the name of the team if it is one: number and name have to agree.

        Raises:
            CollectError: nobody, or several people, or a number that is one person's and a name that is another's.
        """
        team = self.members(owner.name)
        numbered = self._by_number(owner)
        if len(numbered) == 1 and _agree(owner, numbered[0]) and (not team or numbered[0] in team):
            return ((numbered[0],), "") if not team else (team, owner.name)
        if team:
            return team, owner.name
        if len(numbered) == 1:
            raise CollectError(
                f"the number {owner.platform_id} is {numbered[0].id}'s, who has another name: is this a team, for "
                "which a --roster needs a column `team`, or the table of another assignment?"
            )
        return (self._find(owner),), ""

    def knows(self, owner: Owner) -> bool:
        """Return whether there is somebody with a platform's number, or a team of that name."""
        return bool(self._by_number(owner) or self.members(owner.name))

    def members(self, team: str) -> tuple[Student, ...]:
        """Return the students of a team."""
        wanted = spellings(team)
        return tuple(each for each in self.students if each.team and spellings(each.team) & wanted)

    def _find(self, owner: Owner) -> Student:
        """Return the student by the login, or else by the name.

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
    ours = NAME  # who has this id is not placed, which stops nobody else
    unsafe = next((each.id for each in students if not is_safe(each.id) and each.id.casefold() != ours), None)
    if unsafe is not None:
        raise CollectError(
            f"{path}: {unsafe!r} cannot be the name of a folder; use letters, digits and . _ - @"
        )
    return Roster(tuple(students), _unread(table))


def people_in(table: Table, zone: dt.tzinfo | None = None) -> list[Student]:
    """Return the people in a table; rows about points and the like are nobody."""
    places = _places(table)
    return [student for row in table.rows if (student := _student(row, places, zone)) is not None]


def _places(table: Table) -> dict[str, int]:
    """Return which column holds what."""
    general = _general(table)
    known = _of_platform(table, general)
    return general if known is None else known


def _general(table: Table) -> dict[str, int]:
    """Return which column holds what in a table of the course's own."""
    return {what: place for what, names in COLUMNS.items() if (place := table.column(*names)) is not None}


def _of_platform(table: Table, general: dict[str, int]) -> dict[str, int] | None:
    """Return which column holds what in a platform's own table; None if it is none's."""
    own = (each.columns(table, general) for each in PLATFORMS.values())
    return next((places for places in own if places is not None), None)


def _unread(table: Table) -> tuple[str, ...]:
    """Return the columns of a table of the course's own that are not known; a platform's has always some."""
    places = _general(table)
    if _of_platform(table, places) is not None:
        return ()
    named = enumerate(name.strip() for name in table.header)
    return tuple(name for place, name in named if name and place not in places.values())


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
    submitted = moodle_time(cells.get("submitted", ""), zone)
    return Student(student, **known, platform_id=number, team=cells.get("team", ""), submitted=submitted)


def _agree(owner: Owner, student: Student) -> bool:
    """Return whether a platform's name, or the login, may be a student's; what is not known contradicts nothing."""
    accounts = {student.login.casefold(), student.id.casefold()} - {""}
    if owner.login and any(f"_{owner.login.casefold()}".endswith(f"_{each}") for each in accounts):
        return True
    theirs, known = spellings(owner.name), student.spellings()
    behind = spellings(owner.name.partition("-")[2])  # «Group A-Full Name», as Moodle wrote it until 4.1
    if not theirs or not known or (theirs | behind) & known:
        return True
    words = {word for part in owner.name.split() for word in spellings(part)}
    named = {
        word for part in f"{student.name} {student.first} {student.last}".split() for word in spellings(part)
    }
    return len(words) > 1 and len(named) > 1 and (words <= named or named <= words)
