"""ILIAS's exercise, from 5.2 to 10, and StudOn with it.

Download (`ilExSubmission::getDirectoryNameFromUserData`; the StudOn plugin ExerciseStatusFile 1.3 builds the same):
    `Lastname_Firstname_login_4711/work.ipynb`, in ASCII (`ue` or `u` for `ü`), below the assignment's title, a
    translated *Submissions*, `Multi_Feedback_...` or, where teams hand in, `Team 7` (`Team_7` from the plugin, and in
    the language of who downloads) with a folder for each member. What peers wrote about each other lies in
    `Feedback_files/to_Lastname_.../from_...`, and is nobody's submission. A second file of one name is `work (2).ipynb`,
    and a late one has `Late Submission - ` in front, or what the platform's language has for it. Up to 8, files are
    dated when they were handed in; from 9, when they are packed.

Feedback: the *multi-feedback* upload takes the structure that it hands out, `multi_feedback_TITLE/FOLDER/file`, with
the student's folder `Lastname_Firstname_login_4711` (`ilExAssignment::getMultiFeedbackFiles` up to 8,
`TutorFeedbackZipRepository` from 9): the top folder must begin with `multi_feedback`, and only the number at the end of
the other one counts.

Grades: ILIAS itself has no import of marks. StudOn has, by its plugin ExerciseStatusFile (1.3; before that, its own
patch of `ilExAssignmentStatusFile`): a `status.csv` in the zip, with these columns in this order; rows with 1 in
`update` are taken over, as a whole. So without the status file of the download as a template, a comment that
ILIAS has is lost. The plugin leaves out files that are called like the student's own; pages of feedback are not.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from proctor.errors import ExportError
from proctor.lms.owner import Owner, Piece, split_name
from proctor.lms.platform import Exported, Platform, zipped
from proctor.lms.spreadsheet import Table, written

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from proctor.lms.members import File
    from proctor.lms.owner import Student
    from proctor.lms.platform import Reader, Request, StudentResult

COLUMNS = [
    "update", "usr_id", "login", "lastname", "firstname", "status", "mark", "notice", "comment", "plagiarism",
    "plag_comment",
]  # fmt: skip
FOLDER = re.compile(r"(?P<last>[^_]*)_(?P<first>[^_]*)_(?P<login>.+)_(?P<id>\d+)")
TEAM = re.compile(r"(?:Team|[ÉE]quipe|Equipo)[ _](\d+)")
PEERS = "Feedback_files"
LATE = re.compile(
    r"(?:late|versp|remise en retard|retard|entrega tard|env[ií]o tard|fuera de plazo)[^-]* - (?P<rest>.+)",
    re.IGNORECASE,
)


class Ilias(Platform):
    """ILIAS's exercise."""

    name = "ilias"
    title = "ILIAS"
    times = "files"
    upload = (
        "feedback.zip: exercise > Submissions and Grades > Multi-Feedback; on StudOn it brings the marks too"
    )

    def reader(self, files: Sequence[File], assignment: str, zone: dt.tzinfo | None) -> Reader:
        """Return a function that reads one path, where the students' folders lie as deep as the most do."""
        del assignment, zone
        return partial(_read, depth=_depth(files))

    def columns(self, table: Table, general: dict[str, int]) -> dict[str, int] | None:
        """Return the columns of StudOn's status file."""
        number = table.column("usr_id")
        return None if number is None else general | {"platform_id": number}

    def folder(self, student: Student) -> str:
        """Return the folder of a student."""
        return f"{student.last}_{student.first}_{student.login}_{student.platform_id}"

    def export(self, request: Request) -> Exported:
        """Return the status file, and the zip of feedback with the status file where StudOn looks for it."""
        status, problems = _grades(request)
        top = "multi_feedback_" + re.sub(r"[^A-Za-z0-9-]+", "_", request.assignment)
        files = {"status.csv": status}
        for result in request.able(problems):
            files |= result.pages_in(f"{top}/{result.origin.folder}/")
        return Exported({"status.csv": status, "feedback.zip": zipped(files)}, problems)


PLATFORM = Ilias()


def _read(path: PurePosixPath, depth: int) -> Sequence[Piece]:
    match = FOLDER.fullmatch(path.parts[depth]) if len(path.parts) > depth + 1 else None
    if not match or PEERS in path.parts[:depth]:
        return ()
    above = path.parts[depth - 1] if depth else ""
    team = f"Team {found[1]}" if (found := TEAM.fullmatch(above)) else ""
    name = f"{match['first']} {match['last']}".strip() or match["login"]
    owner = Owner("ilias", name, match[0], match["login"], match["id"], team)
    late = LATE.fullmatch(path.name)
    inside = PurePosixPath(*path.parts[depth + 1 :])
    return [Piece(owner, inside.with_name(late["rest"]) if late else inside, bool(late))]


def _depth(files: Sequence[File]) -> int:
    """Return at which depth the most folders look like a student's; the deeper of two that are equal."""
    folders = {
        (depth, file.path.parts[: depth + 1])
        for file in files
        for depth, part in enumerate(file.path.parts[:-1][:4])
        if FOLDER.fullmatch(part) and PEERS not in file.path.parts[:depth]
    }
    counts = Counter(depth for depth, _ in folders)
    return max(counts, key=lambda depth: (counts[depth], depth), default=0)


def _grades(request: Request) -> tuple[bytes, dict[str, str]]:
    """Fill in the status file, or make one; return it, and for whom it has no row, the reason."""
    template = request.template
    if template is not None and template.header[: len(COLUMNS)] != COLUMNS:
        raise ExportError(
            f"--template is no status file of StudOn's: its columns are not {', '.join(COLUMNS)}."
        )
    given = template.rows if template is not None else map(_row, request.results)
    rows, problems = {row[1]: row for row in given}, dict[str, str]()
    for result, row in request.matched(rows, problems, "is not in the status file"):
        row[0], row[6] = "1", written(result.points)
        if request.passing is not None:
            row[5] = "passed" if result.points >= request.passing else "failed"
    names = (2, 3, 4)  # which StudOn does not read: it knows people by usr_id
    table = Table(COLUMNS, list(rows.values()), newline="\n")
    return table.encode(guarded=names, quoting=csv.QUOTE_ALL), problems


def _row(result: StudentResult) -> list[str]:
    first, last = split_name(result.origin.name)
    row = ["1", result.origin.platform_id, result.origin.login, last, first, "notgraded"]
    return row + [""] * (len(COLUMNS) - len(row))
