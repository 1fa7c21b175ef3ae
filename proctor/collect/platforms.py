"""Says whose each file of a download is, for each platform that we know.

The names are those of the platforms' own source code:

Moodle, from 3.1 to 4.x (mod/assign, *Download all submissions*; `classes/downloader.php`, before 4.2 `locallib.php`):
    `Full Name_12345_assignsubmission_file/work.ipynb`, until 4.0 with a `_` at the end of the folder; with
    *Download submissions in folders* off, and before 3.1, `Full Name_12345_assignsubmission_file_work.ipynb`. Texts
    lie beside it as `..._assignsubmission_onlinetext/`. 12345 is the participant of the grading worksheet. Where
    groups hand in, each member has a folder, `Group A-Full Name_12345_...`, with the same files.
ILIAS, from 5.2 to 10, and StudOn (`ilExSubmission::getDirectoryNameFromUserData`; the StudOn plugin
ExerciseStatusFile 1.3 builds the same):
    `Lastname_Firstname_login_4711/work.ipynb`, in ASCII (`ue` or `u` for `ü`), below the assignment's title, a
    translated *Submissions*, `Multi_Feedback_...` or `Team 7`. A second file of one name is `work (2).ipynb`, and
    a late one has `Late Submission - ` in front, or what the platform's language has for it.
Canvas, 2023 to 2025 (`lib/content_zipper.rb`):
    `lastnamefirstname_LATE_12345_67890_work.ipynb`: user, attachment; `_LATE` only if it was. With anonymous grading
    `anon_a1B2c_67890_work.ipynb`. A student's second upload of one name is `work-1.ipynb`; texts and links are
    `..._12345_text.html`.
plain:
    A folder for each student, as nbgrader's own `submitted/`, or `hans.ipynb`, `hans_exercise4.ipynb`, `hans.zip`.

Only ILIAS up to 8 and plain folders keep the time of a submission in that of the file; Moodle, Canvas and ILIAS
from 9 write the time of the download there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from proctor.collect.members import File

MOODLE = re.compile(r"(?P<prefix>(?P<name>.+?)_(?P<id>\d+)_assignsubmission_(?P<kind>[a-z]+)_?)(?P<rest>.*)")
ILIAS = re.compile(r"(?P<last>[^_]*)_(?P<first>[^_]*)_(?P<login>.+)_(?P<id>\d+)")
CANVAS = re.compile(
    r"(?P<name>.*?)(?P<late>_late)?_(?P<id>\d+)_(?P<attachment>\d+)_(?P<rest>.+)", re.IGNORECASE
)
CANVAS_ANONYMOUS = re.compile(r"(?P<id>anon_(?:late_)?\w+?)_(?P<attachment>\d+)_(?P<rest>.+)", re.IGNORECASE)
CANVAS_TEXT = re.compile(r"(?P<name>.*?)(?:_late)?_(?P<id>\d+)_(?:text|link)\.html", re.IGNORECASE)
LATE = re.compile(r"(?:late|versp)[^-]* - (?P<rest>.+)", re.IGNORECASE)

JUNK = re.compile(
    r"__MACOSX|\.ipynb_checkpoints|__pycache__|\.git|\.venv|\.DS_Store|\._.*|Thumbs\.db|desktop\.ini|~\$.*"
)
"""What computers put into archives by themselves."""


@dataclass(frozen=True)
class Owner:
    """Who handed something in, as the platform says it.

    Attributes:
        platform: "moodle", "ilias", "canvas" or "plain".
        name: the full name as the platform spells it, or what stands for it.
        folder: the folder, or the beginning of the file's name, which the platform wants back; "" for Canvas.
        login: the account, or "".
        platform_id: the platform's number for the person, or "".
    """

    platform: str
    name: str
    folder: str = ""
    login: str = ""
    platform_id: str = ""

    def __str__(self) -> str:
        return (
            f"{self.name} ({self.login or self.platform_id})" if self.login or self.platform_id else self.name
        )


@dataclass(frozen=True)
class Item:
    """A file that somebody handed in: its path within the submission, and the file in the download."""

    path: PurePosixPath
    file: File
    late: bool = False


@dataclass
class Handed:
    """What one person handed in: files, and the number of texts that were typed in."""

    owner: Owner
    items: list[Item] = field(default_factory=list)
    texts: int = 0


Reading = tuple[Owner, PurePosixPath | None, bool] | None
"""Whose a path is, where it lies within the submission, and whether the platform calls it late."""


def moodle(path: PurePosixPath) -> Reading:
    """Read a path of Moodle's; a text that was typed in has no place in the submission."""
    for number, part in enumerate(path.parts):
        match = MOODLE.fullmatch(part)
        if match:
            inside = [*filter(None, [match["rest"]]), *path.parts[number + 1 :]]
            name = match["name"].replace("_", " ")  # as Moodle writes it, and reads it back
            owner = Owner("moodle", name, name + match["prefix"][len(name) :], platform_id=match["id"])
            return owner, PurePosixPath(*inside) if inside and match["kind"] == "file" else None, False
    return None


def ilias(path: PurePosixPath, depth: int) -> Reading:
    """Read a path of ILIAS's or StudOn's, where the students' folders lie at a depth."""
    match = ILIAS.fullmatch(path.parts[depth]) if len(path.parts) > depth + 1 else None
    if not match:
        return None
    owner = Owner("ilias", f"{match['first']} {match['last']}", match[0], match["login"], match["id"])
    late = LATE.fullmatch(path.name)
    inside = PurePosixPath(*path.parts[depth + 1 :])
    return owner, inside.with_name(late["rest"]) if late else inside, bool(late)


def canvas(path: PurePosixPath) -> Reading:
    """Read a path of Canvas's: everything is in the name of the file."""
    anonymous = CANVAS_ANONYMOUS.fullmatch(path.name)
    if anonymous:
        owner = Owner("canvas", anonymous["id"], platform_id=anonymous["id"])
        return owner, PurePosixPath(anonymous["rest"]), "_late_" in path.name.casefold()
    match = CANVAS.fullmatch(path.name)
    found = match or CANVAS_TEXT.fullmatch(path.name)
    if not found:
        return None
    owner = Owner("canvas", found["name"] or found["id"], platform_id=found["id"])
    return owner, PurePosixPath(match["rest"]) if match else None, bool(match and match["late"])


def plain(path: PurePosixPath, skip: int, assignment: str) -> Reading:
    """Read a path of a plain folder: a folder for each student, or a file whose name says who."""
    parts = path.parts[skip:]
    if len(parts) > 1:
        return Owner("plain", parts[0], parts[0]), PurePosixPath(*parts[1:]), False
    affix = rf"(?:{re.escape(assignment)}[-_. ]+)?(?P<who>.+?)(?:[-_. ]+{re.escape(assignment)})?"
    match = re.fullmatch(affix, path.stem, re.IGNORECASE)
    who = match["who"] if match else path.stem
    if who.casefold() == assignment.casefold():
        return None
    return Owner("plain", who, path.stem), PurePosixPath(path.name), False
