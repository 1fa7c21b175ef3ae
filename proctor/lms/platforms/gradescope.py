"""Gradescope's programming assignments.

Download (*Review Grades > Export Submissions*):
    `assignment_123_export/submission_456/work.ipynb`, and in `assignment_123_export/submission_metadata.yml` for each
    `submission_456` its `:submitters:` (with `:name:`, `:sid:`, `:email:`; several for a group) and `:created_at:`.

Roster: *Roster > Download*, with the columns Name (or First Name and Last Name), SID, Email, Role.

Nothing goes back: Gradescope imports no grades and no files of feedback into such an assignment.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import partial
from typing import TYPE_CHECKING, Any

import yaml

from proctor.errors import CollectError
from proctor.lms.owner import Owner, Piece
from proctor.lms.platform import Platform

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import PurePosixPath

    from proctor.lms.members import File
    from proctor.lms.platform import Reader
    from proctor.lms.spreadsheet import Table

METADATA = "submission_metadata.yml"
FOLDER = re.compile(r"submission_\d+")
LARGEST = 8 * 2**20


class Gradescope(Platform):
    """Gradescope."""

    name = "gradescope"
    title = "Gradescope"
    times = "names"
    identity = "folder"

    def reader(self, files: Sequence[File], assignment: str, zone: dt.tzinfo | None) -> Reader:
        """Return a function that reads one path, by the table in the download."""
        del assignment, zone
        tables = [file for file in files if file.path.name == METADATA and not _handed_in(file.path)]
        people = {table.path.parent / name: each for table in tables for name, each in _table(table)}
        return partial(_read, people=people)

    def columns(self, table: Table, general: dict[str, int]) -> dict[str, int] | None:
        """Return the columns of the roster, in which teachers stand, too."""
        role = table.column("role")
        return None if role is None or table.column("sid") is None else general | {"role": role}


PLATFORM = Gradescope()


def _handed_in(path: PurePosixPath) -> bool:
    """Return whether a file is in somebody's submission."""
    return any(FOLDER.fullmatch(part) for part in path.parts[:-1])


def _read(path: PurePosixPath, people: Mapping[PurePosixPath, list[Piece]]) -> Sequence[Piece]:
    for folder in path.parents:
        if folder in people:
            inside = path.relative_to(folder)
            return [Piece(each.owner, inside, time=each.time) for each in people[folder]]
    return ()


def _table(file: File) -> Iterator[tuple[str, list[Piece]]]:
    """Yield each submission's folder and who handed it in; nothing if the table cannot be read."""
    if file.size > LARGEST:
        return
    try:
        data = file.read()
        if b"&" in data and b"*" in data:  # no anchors: a few lines of them unfold to gigabytes
            data = b"\n".join(line for line in data.splitlines() if not _refers(line))
        table = yaml.load(data, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  it is the safe loader
    except (CollectError, yaml.YAMLError, ValueError, RecursionError):
        return
    for folder, facts in table.items() if isinstance(table, dict) else ():
        submitters = facts.get(":submitters") if isinstance(facts, dict) else None
        if isinstance(submitters, list):
            people = [each for each in submitters if isinstance(each, dict)]
            team = str(folder) if len(people) > 1 else ""
            yield str(folder), [Piece(_owner(each, team), None, time=_time(facts)) for each in people]


def _refers(line: bytes) -> bool:
    return line.strip().startswith((b"<<", b"*")) or b": *" in line or b"- *" in line


def _owner(submitter: Mapping[str, Any], team: str) -> Owner:
    """Return who handed in; the folder, which nothing wants back, is what tells people apart."""
    name, number, mail = (str(submitter.get(key) or "") for key in (":name", ":sid", ":email"))
    return Owner("gradescope", name, number or mail or name, mail.partition("@")[0], number, team)


def _time(facts: Mapping[str, Any]) -> dt.datetime | None:
    time = facts.get(":created_at")
    if not isinstance(time, dt.datetime):
        return None
    return time.astimezone(dt.UTC) if time.tzinfo else time.replace(tzinfo=dt.UTC)
