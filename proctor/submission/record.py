"""Record of what was collected, which returning needs: `submitted/collected.json`, by assignment and student.

It names people. It lies beside the submissions, is not in git, and `forget` removes one student from it.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from proctor.course import STATE, exercise_of, write_whole
from proctor.errors import CollectError
from proctor.submission import folders

NAME = "collected.json"
"""The file in `submitted/`."""

SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,99}")
"""A student id: it becomes a folder, a part of a glob pattern and a key in the gradebook."""
UNSAFE = "cannot be the name of a folder; use letters, digits and . _ - @"

REPLACED = Path(STATE) / "replaced"
"""Folder of submissions that a later one has replaced: `STUDENT/ASSIGNMENT/TIME`."""


def is_safe(student: str) -> bool:
    """Return whether a student id can be the name of a folder everywhere, and is no pattern and no file of ours."""
    return bool(SAFE.fullmatch(student)) and not student.endswith(".") and student.casefold() != NAME


@dataclass(frozen=True)
class Origin:
    """Origin of a submission; the person's name, login and number are as the platform or the roster has them.

    Attributes:
        folder: the folder in the download, or the beginning of the file's name (Moodle without folders).
        file: the file in the download that the notebook came from.
        time: when it was handed in, in UTC (ISO 8601), or "".
        late: whether the platform calls it late.
        download: the name of the download.
        notes: what was done to it, in words.
        team: the team for which it was handed in, or "".
    """

    platform: str
    name: str = ""
    login: str = ""
    platform_id: str = ""
    folder: str = ""
    file: str = ""
    time: str = ""
    late: bool = False
    download: str = ""
    notes: tuple[str, ...] = ()
    team: str = ""


def load(course: Path, assignment: str) -> dict[str, Origin]:
    """Return what is known of an assignment's submissions, by student.

    Raises:
        CollectError: the record is damaged.
    """
    known = _read(course).get(assignment, {})
    try:
        return {each: Origin(**{**entry, "notes": tuple(entry["notes"])}) for each, entry in known.items()}
    except (TypeError, KeyError, AttributeError):
        raise CollectError(f"{_path(course)} is damaged; move it away and collect again.") from None


def teams(course: Path, assignment: str) -> dict[str, str]:
    """Return the teams of those who handed in for one, by student.

    There are none in a record that is damaged: pages do without, and collecting and returning say what is wrong.
    """
    try:
        known = load(course, assignment)
    except CollectError:
        return {}
    return {student: origin.team for student, origin in known.items() if origin.team}


def earlier(course: Path, assignment: str, known: dict[str, Origin]) -> dict[str, Origin]:
    """Return those who were collected, as far as their submission is still there."""
    exercise = exercise_of(course, assignment)
    return {student: origin for student, origin in known.items() if exercise.submitted(student).is_dir()}


def update(course: Path, assignment: str, origins: dict[str, Origin]) -> None:
    """Add what was learned to the record."""
    if not origins:
        return
    everything = _read(course)
    everything.setdefault(assignment, {}).update({student: asdict(each) for student, each in origins.items()})
    _write(course, everything)


def forget(course: Path, student: str, *, delete: bool = True) -> bool:
    """Remove a student from the record, and earlier submissions that were replaced; says whether there is any."""
    everything = _read(course)
    found = [entries.pop(student) for entries in everything.values() if student in entries]
    if found and delete:
        _write(course, everything)
    replaced = course / REPLACED / student
    kept = is_safe(student) and replaced.is_dir() and not replaced.is_symlink()
    if kept and delete:
        folders.remove(replaced)
    return bool(found or kept)


def _path(course: Path) -> Path:
    return exercise_of(course, "").all_submitted / NAME


def _read(course: Path) -> dict[str, dict[str, dict[str, Any]]]:
    try:
        data = json.loads(_path(course).read_text(encoding="utf-8"))
        return dict(data["assignments"])
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise CollectError(f"{_path(course)} is damaged ({error}); move it away and collect again.") from None


def _write(course: Path, everything: dict[str, dict[str, dict[str, Any]]]) -> None:
    text = json.dumps({"version": 1, "assignments": everything}, indent=1, ensure_ascii=False, sort_keys=True)
    write_whole(_path(course), text + "\n")
