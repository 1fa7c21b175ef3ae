"""Files that learning platforms hand out and take back, built in code: for a class of 30, or for a person or two.

The names follow the platforms' own source code, as the modules of :mod:`proctor.lms.platforms` describe them; a test
that reads them back is a test against that description, not against itself, for what is written here is written out.
"""

from __future__ import annotations

import csv
import io
import json
import re
import stat
import struct
import tarfile
import unicodedata
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from proctor.gradebook.database import open_gradebook

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

DEADLINE = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
DOWNLOADED = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)

NAMES = (
    "Jörg Müller", "Anna-Lena von der Heide", "Zoë Brontë", "François Lefèvre", "Anna Schmidt", "Anna Schmidt",
    "Łukasz Żółty", "Søren Ærø", "Şeyma Işik", "Weiß Größl", "Nguyễn Văn An", "李 小龙", "Ó Ríordáin Seán",
    "Max Mustermann", "Erika Musterfrau", "Ada Lovelace", "Alan Turing", "Emmy Noether", "Carl Friedrich Gauß",
    "Sofia Kowalewskaja", "Kurt Gödel", "Grace Hopper", "John von Neumann", "Lise Meitner", "Karl Schwarzschild",
    "Ida Noddack-Tacke", "Georg Simon Ohm", "Amalie Dietrich", "Hedy Lamarr", "Jean-Luc Picard",
)  # fmt: skip
"""Given name first; the family name is the last word, or from `von` on."""


@dataclass(frozen=True)
class Person:
    """A student as a platform knows one."""

    name: str
    number: int
    login: str
    student: str
    submitted: datetime

    @property
    def first(self) -> str:
        """The given name."""
        return self.name[: self.name.rindex(self.last)].strip()

    @property
    def last(self) -> str:
        """The family name."""
        match = re.search(r"(von( der)? )?\S+$", self.name)
        return match[0] if match else self.name


PEOPLE = tuple(
    Person(
        name,
        4700 + 13 * place,
        f"ab{place:02}cdef",
        f"2300{place:04}",
        DEADLINE - timedelta(minutes=17 * place - 40),
    )
    for place, name in enumerate(NAMES)
)
"""A class of 30: two have one name, three are late (the first by 40 minutes), and every numbers differ by 13."""


def class_of(size: int) -> tuple[Person, ...]:
    """Return a class of any size: the 30, then people made of their names; a few have one name."""
    firsts, lasts = [each.first for each in PEOPLE], [each.last for each in PEOPLE]
    more = (
        Person(
            f"{firsts[place % 29]} {lasts[place * 7 % 30]}" if place % 50 else "Max Mustermann",
            20_000 + 3 * place,
            f"cd{place:03}xyzw",
            f"2400{place:04}",
            DEADLINE - timedelta(minutes=11 * place),
        )
        for place in range(30, size)
    )
    return (*PEOPLE, *more)[:size]


def ascii_name(text: str) -> str:
    """Spell a name as ILIAS does in the names of folders: ä as ae, and other accents left out."""
    for letter, plain in {
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "ß": "ss",
        "Ä": "Ae",
        "Ö": "Oe",
        "Ü": "Ue",
    }.items():
        text = text.replace(letter, plain)
    text = unicodedata.normalize("NFKD", text)
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    return "".join(letter if letter.isascii() else "_" for letter in text)


def moodle_path(person: Person, name: str, *, folders: bool = True, kind: str = "file") -> str:
    """Return where Moodle 4.1 and later puts a file."""
    prefix = f"{person.name}_{person.number}_assignsubmission_{kind}"
    return f"{prefix}/{name}" if folders else f"{prefix}_{name}"


def ilias_path(person: Person, name: str, top: str = "Exercise 4/Abgaben") -> str:
    """Return where ILIAS puts a file."""
    folder = ascii_name(f"{person.last}_{person.first}_{person.login}_{person.number}")
    return "/".join(filter(None, [top, folder, name]))


def canvas_path(person: Person, name: str, *, late: bool = False, attachment: int = 0) -> str:
    """Return what Canvas calls a file."""
    sortable = re.sub(r"[^\w]", "", f"{person.last}, {person.first}".lower())
    return (
        f"{sortable}{'_LATE' if late else ''}_{person.number}_{attachment or 90_000 + person.number}_{name}"
    )


def blackboard_path(person: Person, name: str) -> str:
    """Return what Blackboard calls a file, or the text of an attempt where there is no name."""
    attempt = f"Exercise 4_{person.login}_attempt_{person.submitted:%Y-%m-%d-%H-%M-%S}"
    return f"{attempt}_{name}" if name else f"{attempt}.txt"


def blackboard_text(person: Person, typed: str = "") -> bytes:
    """Return the text that Blackboard puts beside each attempt."""
    typed = typed or "There is no student submission text data for this assignment."
    return (
        f"Name: {person.name} ({person.login})\nAssignment: Exercise 4\nDate Submitted: {person.submitted:%c}\n"
        f"Current Grade: Not Graded Yet\n\nSubmission Field:\n{typed}\n\nComments:\n\nFiles:\n"
    ).encode()


def plain_path(person: Person, name: str) -> str:
    """Return the path in a folder of folders."""
    return f"all/{person.login}/{name}"


def write_zip(
    path: Path,
    members: Mapping[str, bytes] | Iterable[tuple[str, bytes]],
    times: Mapping[str, datetime] | None = None,
    *,
    utc: bool = False,
) -> Path:
    """Write a zip; `times` in UTC, and with `utc` as Info-ZIP does, in an extra field; else of the download."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items() if hasattr(members, "items") else members:
            time = (times or {}).get(name, DOWNLOADED)
            info = zipfile.ZipInfo(name, time.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            if utc:
                info.date_time = (2020, 1, 1, 0, 0, 0)  # the local time must not be what is read
                info.extra = struct.pack("<HHBi", 0x5455, 5, 1, int(time.timestamp()))
            archive.writestr(info, data)
    return path


def packed(members: Mapping[str, bytes]) -> bytes:
    """Return a zip as a student makes one."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def tarred(members: Mapping[str, bytes], mode: Any = "w:gz") -> bytes:
    """Return a tar file as a student makes one."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def moodle_zip(path: Path, notebooks: Mapping[Person, bytes], *, folders: bool = True) -> Path:
    """Write Moodle's download, with a text beside the first one's file."""
    members = {
        moodle_path(person, "exercise4.ipynb", folders=folders): data for person, data in notebooks.items()
    }
    members[moodle_path(next(iter(notebooks)), "onlinetext.html", folders=folders, kind="onlinetext")] = (
        b"<p>Hi</p>"
    )
    return write_zip(path, members)


def ilias_zip(path: Path, notebooks: Mapping[Person, bytes]) -> Path:
    """Write the download of ILIAS up to 8: files dated when they came, the late ones called so."""
    members, times = {}, {}
    for person, data in notebooks.items():
        late = person.submitted > DEADLINE
        name = ilias_path(person, ("Verspaetete Abgabe - " if late else "") + "exercise4.ipynb")
        members[name], times[name] = data, person.submitted
    return write_zip(path, members, times, utc=True)


def canvas_zip(path: Path, notebooks: Mapping[Person, bytes]) -> Path:
    """Write Canvas's download, in which some have uploaded twice."""
    members = {}
    for place, (person, data) in enumerate(notebooks.items()):
        name = "exercise4-1.ipynb" if place % 5 == 4 else "exercise4.ipynb"
        members[canvas_path(person, name, late=person.submitted > DEADLINE)] = data
    return write_zip(path, members)


WORKSHEETS = {
    "en": (
        ["Identifier", "Full name", "Email address", "Status", "Grade", "Maximum Grade", "Grade can be changed",
         "Last modified (submission)", "Last modified (grade)", "Feedback comments"],
        "Participant ", "25.00", "%A, %-d %B %Y, %-I:%M %p", "Yes",
    ),
    "de": (
        ["ID", "Vollständiger Name", "E-Mail-Adresse", "Status", "Bewertung", "Bestwertung",
         "Bewertung kann geändert werden", "Zuletzt geändert (Abgabe)", "Zuletzt geändert (Bewertung)",
         "Feedback als Kommentar"],
        "Teilnehmer/in", "25,00", "%A, %-d. {month} %Y, %H:%M", "Ja",
    ),
}  # fmt: skip
"""Moodle's grading worksheet: header, what stands before the number, the maximum, times, yes."""

MONTHS = [
    "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
    "Dezember",
]  # fmt: skip


def worksheet(language: str = "en", people: Iterable[Person] = PEOPLE, *, separator: str = ",") -> bytes:
    """Return Moodle's grading worksheet before grading; the times are UTC."""
    header, prefix, maximum, written, yes = WORKSHEETS[language]
    rows = []
    for each in people:
        time = each.submitted.strftime(written.format(month=MONTHS[each.submitted.month - 1]))
        email = f"{each.student}@example.org"
        rows.append(
            [f"{prefix}{each.number}", each.name, email, "Submitted", "", maximum, yes, time, "-", ""]
        )
    return table(header, rows, separator=separator)


def canvas_gradebook(
    people: Iterable[Person] = PEOPLE, *, separator: str = ",", points: str = "25.00", bom: bool = False
) -> bytes:
    """Return Canvas's gradebook export, with another assignment beside ours."""
    header = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "exercise3 (811)", "exercise4 (812)"]
    header += ["Assignments Current Score", "Current Score", "Final Score"]
    rows = [["", "", "", "", "", "Manual Posting", "", "", "", ""]]
    rows.append(["    Points Possible", "", "", "", "", "20.00", points, *["(read only)"] * 3])
    for each in people:
        name = f"{each.last}, {each.first}"
        rows.append(
            [name, str(each.number), each.student, each.login, "DL 1", "17.50", "", "87.5", "87.5", "43.7"]
        )
    return table(header, rows, separator=separator, bom=bom)


def status_csv(people: Iterable[Person] = PEOPLE) -> bytes:
    """Return StudOn's status file, as PhpSpreadsheet writes it."""
    header = ["update", "usr_id", "login", "lastname", "firstname", "status", "mark", "notice", "comment"]
    header += ["plagiarism", "plag_comment"]
    rows = [
        ["0", str(each.number), each.login, each.last, each.first, "notgraded", "", "was ill", "", "", ""]
        for each in people
    ]
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([header, *rows])
    return text.getvalue().encode()


def roster_csv(people: Iterable[Person] = PEOPLE, *, numbers: bool = True) -> bytes:
    """Return a roster of the course's own; without the platform's numbers if so wished."""
    header = ["id", "first_name", "last_name", "login", *(["platform_id"] if numbers else [])]
    rows = [
        [each.student, each.first, each.last, each.login, *([str(each.number)] if numbers else [])]
        for each in people
    ]
    return table(header, rows)


def table(header: list[str], rows: list[list[str]], *, separator: str = ",", bom: bool = False) -> bytes:
    """Return a table as a spreadsheet saves it."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows([header, *rows])
    return text.getvalue().encode("utf-8-sig" if bom else "utf-8")


def small_notebook(mark: str = "") -> bytes:
    """Return a notebook with one graded cell of exercise 4, and a mark to know it by."""
    graded = {"nbgrader": {"grade": True, "grade_id": "relu_forward"}}
    cell = {
        "cell_type": "code",
        "execution_count": None,
        "id": "relu_forward",
        "metadata": graded,
        "outputs": [],
    }
    notebook = {"cells": [cell | {"source": f"# {mark}"}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook).encode()


def empty_course(folder: Path) -> Path:
    """Make a course with nothing in it but the release's notebook, and return its folder."""
    release = folder / "course" / "release" / "exercise4"
    release.mkdir(parents=True)
    (release / "exercise4.ipynb").write_bytes(small_notebook())
    (folder / "course" / "nbgrader_config.py").write_text("")
    open_gradebook(f"sqlite:///{folder / 'course' / 'gradebook.db'}").close()
    return folder / "course"
