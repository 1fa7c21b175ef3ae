"""Roster of the course, and the member whom a platform means.

A roster is a table with a header: one of your own, with `id` and any of `first_name`, `last_name`, `name`, `login`,
`email`, `platform_id`, `team`; or a platform's own table, which its module in :mod:`platforms` knows by its columns.
The names of columns are known in English, German, French and Spanish.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from proctor.errors import CollectError, TableError
from proctor.lms.owner import Student, slug, spellings
from proctor.lms.platforms import PLATFORMS
from proctor.lms.platforms.moodle import moodle_time
from proctor.lms.spreadsheet import read_table
from proctor.submission.record import NAME, UNSAFE, is_safe

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
        """Return the student by the number, or else the login, or else the name; none or several is a CollectError."""
        for known in (self._by_number(owner), self._by_login(owner), self._by_name(owner)):
            if len(known) == 1:
                return known[0]
            if known:
                ids = ", ".join(student.id for student in known)
                raise CollectError(
                    f"the roster has several of this name ({ids}): it needs their platform_id or login"
                )
        blind = bool(owner.platform_id) and not any(student.platform_id for student in self.students)
        raise CollectError("is not in the roster" + ", which has no platform_id to know people by" * blind)

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
        ends = [each for each in known if each.login and account.endswith(f"_{each.login.casefold()}")]
        return [each for each in ends if len(each.login) == max(len(other.login) for other in ends)]

    def _by_name(self, owner: Owner) -> list[Student]:
        """Find by name, among those whose number does not say that they are somebody else."""
        wanted = spellings(owner.name)
        rivals = [each for each in self.students if not (owner.platform_id and each.platform_id)]
        return [each for each in rivals if wanted & each.spellings()]


def read_roster(path: Path, zone: dt.tzinfo | None = None) -> Roster:
    """Read a roster; a worksheet of Moodle's gives its times in the zone, or in the machine's own.

    Raises:
        CollectError: it cannot be read, has no column that leads to an id, or gives an id twice.
    """
    try:
        table = read_table(path)
    except TableError as error:
        raise CollectError(str(error)) from None
    places, _ = _places(table)
    students = people_in(table, zone)
    if not students or not places.keys() & {"id", "login", "email", "name", "last"}:
        raise CollectError(f"{path} has no column `id`, `login` or `name`; see `proctor collect --help`.")
    ids = [student.id.casefold() for student in students]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        raise CollectError(f"{path} gives the id {twice[0]} to more than one student.")
    for each in students:
        if not is_safe(each.id) and each.id.casefold() != NAME:  # whose id this is, is not placed
            raise CollectError(f"{path}: {each.id!r} {UNSAFE}")
    return Roster(tuple(students), _unread(table))


def people_in(table: Table, zone: dt.tzinfo | None = None) -> list[Student]:
    """Return the people in a table; rows about points and the like are nobody."""
    places, _ = _places(table)
    return [student for row in table.rows if (student := _student(row, places, zone)) is not None]


def _places(table: Table) -> tuple[dict[str, int], bool]:
    """Return which column holds what, and whether it is a platform's own table."""
    general = {what: place for what, names in COLUMNS.items() if (place := table.column(*names)) is not None}
    own = (each.columns(table, general) for each in PLATFORMS.values())
    known = next((places for places in own if places is not None), None)
    return (general, False) if known is None else (known, True)


def _unread(table: Table) -> tuple[str, ...]:
    """Return the columns of a table of the course's own that are not known; a platform's has always some."""
    places, own = _places(table)
    named = enumerate(name.strip() for name in table.header)
    return () if own else tuple(name for place, name in named if name and place not in places.values())


def _student(row: list[str], places: dict[str, int], zone: dt.tzinfo | None) -> Student | None:
    cells = dict.fromkeys((*COLUMNS, "submitted", "role"), "")
    cells |= {what: row[place].strip() for what, place in places.items()}
    number = cells["platform_id"] = re.sub(r"^\D+(?=\d+$)", "", cells["platform_id"])
    submitted, team = moodle_time(cells.pop("submitted"), zone), cells.pop("team")
    teacher = cells.pop("role").casefold() not in ("", "student")
    if teacher or not any(cells.values()) or cells["name"].startswith("Points Possible"):
        return None
    known = Student(**cells, team=team, submitted=submitted)
    account = known.login or known.email.partition("@")[0]
    return replace(known, id=known.id or account or slug(known.full_name, number))


def _agree(owner: Owner, student: Student) -> bool:
    """Return whether a platform's name, or the login, may be a student's; what is not known contradicts nothing."""
    accounts = {student.login.casefold(), student.id.casefold()} - {""}
    if owner.login and any(f"_{owner.login.casefold()}".endswith(f"_{each}") for each in accounts):
        return True
    theirs, known = spellings(owner.name), student.spellings()
    behind = spellings(owner.name.partition("-")[2])  # «Group A-Full Name», as Moodle wrote it until 4.1
    if not theirs or not known or (theirs | behind) & known:
        return True
    words, named = _words(owner.name), _words(f"{student.name} {student.first} {student.last}")
    return len(words) > 1 and len(named) > 1 and (words <= named or named <= words)


def _words(name: str) -> set[str]:
    return {word for part in name.split() for word in spellings(part)}
