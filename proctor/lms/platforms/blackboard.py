"""Blackboard Learn, Original course view.

Download (*Grade Center > Assignment File Download*):
    `Exercise 4_ab12cdef_attempt_2026-11-20-21-40-00_work.ipynb`: assignment, username, time of the attempt in the
    server's zone. Beside each attempt, `Exercise 4_ab12cdef_attempt_2026-11-20-21-40-00.txt` says who it was and holds
    what was typed in.

Grades: *Grade Center > Work Offline > Upload* takes a table with the username and the column that is to be changed,
`Exercise 4 [Total Pts: 25 Score] |12345`; the download is tab-separated, in UTF-16. Where a cell is not filled in,
nothing changes. There is no upload of feedback files for a class: `feedback.zip` is sorted by username.
"""

from __future__ import annotations

import datetime as dt
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from proctor.errors import ExportError
from proctor.lms.export import zipped
from proctor.lms.owner import Owner, Piece
from proctor.lms.platform import Exported, Platform
from proctor.lms.spreadsheet import written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from proctor.lms.members import File
    from proctor.lms.platform import Reader, Request
    from proctor.lms.spreadsheet import Table

FILE = re.compile(
    r"(?P<title>.+?)_(?P<login>[^_]+)_attempt_(?P<time>\d{4}(?:-\d\d){5})(?:_(?P<rest>.+)|\.txt)"
)
MAXIMUM = re.compile(r"\[[^\]]*?(\d+(?:[.,]\d+)?)[^\]]*\]")


class Blackboard(Platform):
    """Blackboard Learn."""

    name = "blackboard"
    title = "Blackboard"
    times = "names"
    required = "Blackboard's gradebook (Grade Center > Work Offline > Download)"
    upload = "grades.csv: Grade Center > Work Offline > Upload; feedback.zip has a folder for each username"

    def reader(self, files: Sequence[File], assignment: str, zone: dt.tzinfo | None) -> Reader:
        """Return a function that reads one path, whose time is in that zone."""
        del files, assignment

        def read(path: PurePosixPath) -> Sequence[Piece]:
            match = FILE.fullmatch(path.name)
            if not match:
                return ()
            login = match["login"]
            owner = Owner("blackboard", login, login, login)
            inside = PurePosixPath(match["rest"]) if match["rest"] else None
            return [Piece(owner, inside, time=_time(match["time"], zone))]

        return read

    def columns(self, table: Table, general: dict[str, int]) -> dict[str, int] | None:
        """Return the columns of the gradebook."""
        if table.column("last access") is None or table.column("availability") is None:
            return None
        student = table.column("student id")
        found = {key: place for key, place in general.items() if key != "id"}
        return found | ({"id": student} if student is not None else {})

    def export(self, request: Request) -> Exported:
        """Return the table of usernames and points, and the pages by username."""
        table = request.template
        if table is None:
            raise ExportError(f"give {self.required} as --template FILE")
        login, place = (
            table.column("username", "user name"),
            _column(table, request.column or request.assignment),
        )
        if login is None:
            raise ExportError("--template is no gradebook of Blackboard's: it has no column Username.")
        rows = {row[login].casefold(): row for row in table.rows}
        problems: dict[str, str] = {}
        files: dict[str, bytes] = {}
        for result in request.results:
            row = rows.get(result.origin.login.casefold())
            if row is None:
                problems[result.student] = "is not in the gradebook's download"
                continue
            _refuse_other_maximum(table.header[place], result.maximum)
            row[place] = written(result.points)
            files |= {f"{result.origin.login}/{page.name}": page.read_bytes() for page in result.pages}
        table.header = [table.header[login], table.header[place]]
        table.rows = [[row[login], row[place]] for row in table.rows]
        return Exported({"grades.csv": table.encode(), "feedback.zip": zipped(files)}, problems)


PLATFORM = Blackboard()


def _time(text: str, zone: dt.tzinfo | None) -> dt.datetime | None:
    try:
        return dt.datetime.strptime(text, "%Y-%m-%d-%H-%M-%S").replace(tzinfo=zone).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def _column(table: Table, wanted: str) -> int:
    titles = [name.partition("[")[0].strip().casefold() for name in table.header]
    found = [place for place, title in enumerate(titles) if title == wanted.casefold()]
    if len(found) != 1:
        raise ExportError(
            f"Blackboard's gradebook has {len(found)} columns called {wanted!r}: say which with --column 'TITLE'."
        )
    return found[0]


def _refuse_other_maximum(title: str, maximum: float) -> None:
    found = MAXIMUM.search(title)
    if found and float(found[1].replace(",", ".")) != maximum:
        raise ExportError(
            f"Blackboard has {found[1]} points possible, the gradebook {written(maximum)}: change the column's points "
            "in Blackboard, and download again."
        )
