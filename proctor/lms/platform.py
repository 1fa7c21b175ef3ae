"""A learning platform, as collecting and returning see it; each module of :mod:`platforms` describes one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from proctor.lms.owner import Owner

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path, PurePosixPath

    from proctor.lms.members import File
    from proctor.lms.owner import Piece, Student
    from proctor.lms.spreadsheet import Table
    from proctor.submission.record import Origin

    Reader = Callable[[PurePosixPath], Sequence[Piece]]


@dataclass(frozen=True)
class Result:
    """Result that one student gets back.

    Attributes:
        student: the student's id in the course.
        origin: the student on the platform.
        points: with manual scores, after the penalty for lateness; never negative.
        maximum: points that can be had.
        penalty: what lateness cost, in points.
        pages: the feedback, a page of HTML for each notebook.
    """

    student: str
    origin: Origin
    points: float
    maximum: float
    penalty: float
    pages: tuple[Path, ...]


@dataclass(frozen=True)
class Graded:
    """A graded notebook: the file, and the comment on each of its graded cells."""

    path: Path
    comments: Mapping[str, str]


@dataclass(frozen=True)
class Request:
    """Results to be returned, and the settings for it.

    Attributes:
        results: of the students, in the order of their ids.
        assignment: its name in the course.
        template: the platform's own table to be filled in, or None.
        column: the assignment's name on the platform, if it is another one, or "".
        passing: the points from which somebody has passed, or None.
        graded: returns a student's graded notebook.
    """

    results: Sequence[Result]
    assignment: str
    template: Table | None = None
    column: str = ""
    passing: float | None = None
    graded: Callable[[str], Graded] | None = None


@dataclass
class Exported:
    """The files for a platform, and who cannot be in them, with the reason."""

    files: dict[str, bytes]
    problems: dict[str, str] = field(default_factory=dict)


class Platform:
    """A platform. What a subclass leaves as it is here, that platform does not have.

    Attributes:
        name: on the command line.
        title: in messages.
        times: where the time of handing in stands: "files" if the files' own times may be it, "names" if the
            platform writes it into a name or a table of the download, "" if nowhere.
        times_advice: what to do where a download does not say when, appended to a sentence.
        required: what has to be given as --template, or "".
        upload: where to upload what is returned, or "" if nothing can be returned.
    """

    name: str
    title: str
    times = ""
    times_advice = ""
    required = ""
    upload = ""

    def reader(self, files: Sequence[File], assignment: str, zone: dt.tzinfo | None) -> Reader:
        """Return a function that reads one path of these files; it returns nothing for a path of others'."""
        del files, assignment, zone
        return lambda _: ()

    def columns(self, table: Table, general: dict[str, int]) -> dict[str, int] | None:
        """Return which column of a table of this platform's holds what, or None if it is not one.

        Args:
            table: the table.
            general: what the usual names of columns say (see :mod:`proctor.lms.roster`).
        """
        del table, general
        return None

    def owner(self, student: Student) -> Owner:
        """Return how the platform would name a student of the roster."""
        name = student.name or f"{student.first} {student.last}".strip()
        return Owner(self.name, name, self.folder(student, name), student.login, student.platform_id)

    def folder(self, student: Student, name: str) -> str:
        """Return the folder that the platform would give to a student of the roster, or ""."""
        del student, name
        return ""

    def export(self, request: Request) -> Exported:
        """Return the files for the platform.

        Raises:
            ExportError: the template is not this platform's, or does not fit the gradebook.
        """
        raise NotImplementedError
