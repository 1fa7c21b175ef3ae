"""A learning platform, as collecting and returning see it; each module of :mod:`platforms` describes one."""

from __future__ import annotations

import io
import re
import stat
import zipfile
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from proctor.errors import ExportError
from proctor.lms.owner import Owner
from proctor.lms.spreadsheet import written

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path, PurePosixPath

    from proctor.lms.members import File
    from proctor.lms.owner import Piece, Student
    from proctor.lms.spreadsheet import Table
    from proctor.submission.record import Origin

    Reader = Callable[[PurePosixPath], Sequence[Piece]]


EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every file in a zip: the earliest that there is, so that nothing in it depends on today."""


@dataclass(frozen=True)
class StudentResult:
    """Result that one student gets back: points of the maximum, and the feedback, a page of HTML for each notebook.

    The points include manual scores and are never negative; the penalty for lateness is taken off.
    """

    student: str
    origin: Origin
    points: float
    maximum: float
    penalty: float
    pages: tuple[Path, ...]

    def pages_in(self, folder: str) -> dict[str, bytes]:
        """Return the pages by their paths in a zip; the folder ends with a slash, or begins the names."""
        return {f"{folder}{page.name}": page.read_bytes() for page in self.pages}


@dataclass(frozen=True)
class CommentedNotebook:
    """A graded notebook: the file, and the comment on each of its graded cells."""

    path: Path
    comments: Mapping[str, str]


@dataclass(frozen=True)
class Request:
    """Results to be returned, in the order of the students' ids, and the settings for it.

    The template is the platform's own table to be filled in; the column is the assignment's name on the platform, if it
    is another one; `graded` returns a student's :class:`CommentedNotebook`.
    """

    results: Sequence[StudentResult]
    assignment: str
    template: Table | None = None
    column: str = ""
    passing: float | None = None
    graded: Any = None

    def matched(
        self,
        rows: Mapping[str, list[str]],
        problems: dict[str, str],
        absent: str,
        key: Callable[[Origin], str] = attrgetter("platform_id"),
    ) -> Iterator[tuple[StudentResult, list[str]]]:
        """Yield each result with its row; note for whoever has none that they are absent."""
        for result in self.results:
            row = rows.get(key(result.origin))
            if row is None:
                problems[result.student] = absent
            else:
                yield result, row

    def able(self, problems: Mapping[str, str]) -> list[StudentResult]:
        """Return the results of those who have no problem."""
        return [each for each in self.results if each.student not in problems]


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
        identity: the field by which it knows a person again, of an Owner, a Student and an Origin.
        times_advice: what to do where a download does not say when, appended to a sentence.
        required: what has to be given as --template, or "".
        upload: where to upload what is returned, or "" if nothing can be returned.
    """

    name: str
    title: str
    times = ""
    identity = "platform_id"
    times_advice = ""
    required = ""
    upload = ""

    def reader(self, files: Sequence[File], assignment: str, zone: dt.tzinfo | None) -> Reader:
        """Return a function that reads one path of these files; it returns nothing for a path of others'."""
        del files, assignment, zone
        return self.read

    def read(self, path: PurePosixPath) -> Sequence[Piece]:
        """Read a path, where that needs to know no other one."""
        del path
        return ()

    def columns(self, table: Table, general: dict[str, int]) -> dict[str, int] | None:
        """Return which column of a table of this platform's holds what, or None if it is not one.

        In general the usual names of columns say it (see :mod:`proctor.lms.roster`).
        """
        del table, general
        return None

    def identify(self, person: Owner | Student | Origin) -> str:
        """Return that by which the platform knows a person again, or "" if it is not known."""
        return str(getattr(person, self.identity))

    def owner(self, student: Student) -> Owner:
        """Return how the platform would name a student of the roster."""
        folder = self.folder(student) if student.platform_id else ""
        return Owner(self.name, student.full_name, folder, student.login, student.platform_id)

    def folder(self, student: Student) -> str:
        """Return the folder that the platform would give to a student who has its number, or ""."""
        del student
        return ""

    def export(self, request: Request) -> Exported:
        """Return the files for the platform.

        Raises:
            ExportError: the template is not this platform's, or does not fit the gradebook.
        """
        raise NotImplementedError

    def template(self, request: Request) -> Table:
        """Return the template, without which there is no export."""
        if request.template is None:
            raise ExportError(f"give {self.required} as --template FILE")
        return request.template


def refuse_other_maximum(theirs: str, maximum: float, sentence: str) -> None:
    """Refuse a platform's maximum that is not the gradebook's; what is no number is no maximum."""
    try:
        points = float(theirs.replace(",", "."))
    except ValueError:
        return
    if points != maximum:
        raise ExportError(sentence.format(theirs=written(points), ours=written(maximum)))


def only_column(titles: Sequence[str], wanted: str, whose: str, form: str) -> int:
    """Return the place of the only title that is wanted, with Canvas's number behind it or without."""
    title = re.compile(rf"{re.escape(wanted)}(?: \(\d+\))?", re.IGNORECASE)
    found = [place for place, each in enumerate(titles) if title.fullmatch(each)]
    if len(found) != 1:
        many = f"{len(found)} columns" if found else "no column"
        raise ExportError(f"{whose} has {many} called {wanted!r}: say which with --column '{form}'.")
    return found[0]


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a zip with files by their path in it; names other than ASCII are marked as UTF-8."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(info, content)
    return buffer.getvalue()
