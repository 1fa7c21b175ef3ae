"""Blackboard Learn, Original course view.

Download (*Grade Center > Assignment File Download*):
    `Exercise 4_ab12cdef_attempt_2026-11-20-21-40-00_work.ipynb`: assignment, username, time of the attempt in the
    server's zone. Beside each attempt, `Exercise 4_ab12cdef_attempt_2026-11-20-21-40-00.txt` holds what was typed in,
    and begins with `Name: Ada Lovelace (ab12cdef)`: without it, nobody knows where a username with `_` begins. Where
    all attempts were downloaded, each is a submission of its own.

Grades: *Grade Center > Work Offline > Upload* takes a table with the username and the column that is to be changed,
`Exercise 4 [Total Pts: 25 Score] |12345`; the download is tab-separated, in UTF-16. Where a cell is not filled in,
nothing changes. There is no upload of feedback files for a class: `feedback.zip` is sorted by username.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from dataclasses import replace
from functools import partial
from os.path import commonprefix
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from proctor.errors import CollectError, ExportError
from proctor.lms.owner import Owner, Piece
from proctor.lms.platform import Exported, Platform, only_column, refuse_other_maximum, zipped
from proctor.lms.spreadsheet import written

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from proctor.lms.members import File
    from proctor.lms.platform import Reader, Request
    from proctor.lms.spreadsheet import Table

FILE = re.compile(
    r"(?P<attempt>(?P<who>.+?)_attempt_(?P<time>\d{4}(?:-\d\d){5}))(?:_(?P<rest>.+)|(?P<text>\.txt))"
)
NAME = re.compile(r"[^\n:]*:\s*(?P<name>[^\n]*\S)\s*\((?P<login>[^\n()]+)\)\s")
UNTYPED = "There is no student submission text data for this assignment."
LARGEST = 2**20
LINE = 1_000
"""Characters in which the name has to stand: searching takes their square."""
MAXIMUM = re.compile(r"\[[^\]]*?(\d+(?:[.,]\d+)?)[^\]]*\]")
OTHER_MAXIMUM = (
    "Blackboard has {theirs} points possible, the gradebook {ours}: change the column's points "
    "in Blackboard, and download again."
)


class Blackboard(Platform):
    """Blackboard Learn."""

    name = "blackboard"
    title = "Blackboard"
    times = "names"
    identity = "login"
    required = "Blackboard's gradebook (Grade Center > Work Offline > Download)"
    upload = "grades.csv: Grade Center > Work Offline > Upload; feedback.zip has a folder for each username"

    def reader(self, files: Sequence[File], assignment: str, zone: dt.tzinfo | None) -> Reader:
        """Return a function that reads one path, whose time is in that zone, by the texts beside the files."""
        del assignment
        found = [(match, file) for file in files if (match := FILE.fullmatch(file.path.name))]
        owners = _owners({match["who"] for match, _ in found})
        typed: dict[str, str] = {}
        for match, text in ((match, _text(file)) for match, file in found if match["text"]):
            typed[match["attempt"]] = _typed(text)
            named = NAME.match(text[:LINE])
            if named and match["who"].endswith(f"_{named['login']}"):
                owners[match["who"]] = Owner("blackboard", named["name"], login=named["login"])
        usual = Counter(typed.values())  # what several have is Blackboard's, in whatever language
        own = {attempt for attempt, said in typed.items() if said and usual[said] == 1}
        return partial(_read, owners=owners, typed=own, zone=zone)

    def columns(self, table: Table, general: dict[str, int]) -> dict[str, int] | None:
        """Return the columns of the gradebook."""
        if table.column("last access") is None or table.column("availability") is None:
            return None
        student = table.column("student id")
        found = {key: place for key, place in general.items() if key != "id"}
        return found | ({"id": student} if student is not None else {})

    def export(self, request: Request) -> Exported:
        """Return the table of usernames and points, and the pages by username."""
        table = self.template(request)
        titles = [name.partition("[")[0].strip() for name in table.header]
        wanted = request.column or request.assignment
        place = only_column(titles, wanted, "Blackboard's gradebook", "TITLE")
        login = table.column("username", "user name")
        if login is None:
            raise ExportError("--template is no gradebook of Blackboard's: it has no column Username.")
        maximum = MAXIMUM.search(table.header[place])
        rows = {row[login].casefold(): row for row in table.rows}
        problems: dict[str, str] = {}
        files: dict[str, bytes] = {}
        absent = "is not in the gradebook's download"
        for result, row in request.matched(rows, problems, absent, lambda origin: origin.login.casefold()):
            refuse_other_maximum(maximum[1] if maximum else "", result.maximum, OTHER_MAXIMUM)
            row[place] = written(result.points)
            files |= result.pages_in(f"{result.origin.login}/")
        table.header = [table.header[login], table.header[place]]
        table.rows = [[row[login], row[place]] for row in table.rows]
        return Exported({"grades.csv": table.encode(), "feedback.zip": zipped(files)}, problems)


PLATFORM = Blackboard()


def _read(
    path: PurePosixPath, owners: Mapping[str, Owner], typed: Collection[str], zone: dt.tzinfo | None
) -> Sequence[Piece]:
    match = FILE.fullmatch(path.name)
    if not match:
        return ()
    attempt = match["attempt"]
    inside = PurePosixPath(match["rest"]) if match["rest"] else None
    owner = replace(owners[match["who"]], folder=attempt)
    return [Piece(owner, inside, time=_time(match["time"], zone), typed=attempt in typed)]


def _owners(names: Collection[str]) -> dict[str, Owner]:
    """Return who is meant by `Exercise 4_ab12cdef`; where that is one name for several, by what they do not share."""
    logins = {name: name.rpartition("_")[2] for name in names}
    if len(set(logins.values())) < len(logins):
        shared = commonprefix(list(logins)).rpartition("_")[0]  # noqa: RUF071  letters are compared, not folders
        logins = {name: name.removeprefix(f"{shared}_") for name in names}
    return {name: Owner("blackboard", login, login=login) for name, login in logins.items()}


def _typed(text: str) -> str:
    """Return the paragraph of an attempt's text that says what was typed in, or "" if that was nothing."""
    paragraphs = text.replace("\r", "").split("\n\n", 2)
    return paragraphs[1] if len(paragraphs) > 1 and UNTYPED not in text else ""


def _text(file: File) -> str:
    """Return the text of an attempt, or "" if it cannot be read."""
    try:
        return file.read().decode("utf-8-sig", "replace") if file.size <= LARGEST else ""
    except CollectError:
        return ""


def _time(text: str, zone: dt.tzinfo | None) -> dt.datetime | None:
    try:
        return dt.datetime.strptime(text, "%Y-%m-%d-%H-%M-%S").replace(tzinfo=zone).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None
