"""Comments that come again: those written for one student, offered to all who made the same mistake.

A comment stands in the cell that was filled in; it goes with a mistake that was recognised in a graded cell that is
about that one. Who has a comment of their own in the cell keeps it. `.proctor/comments.json` holds to whom a comment
was given, so that it can be taken back.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbgrader.api import (
    BaseCell,
    Comment,
    MissingEntry,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import select

from proctor.course import STATE, write_whole
from proctor.errors import ExportError
from proctor.gradebook.database import open_gradebook
from proctor.lms.tables import reports
from proctor.submission.structure import answered_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from proctor.lms.results import Course

GIVEN = Path(STATE) / "comments.json"
MOST_SUGGESTED = 5
"""Comments that are offered for one cell."""


@dataclass(frozen=True)
class Offer:
    """A comment, the mistake that it goes with, and who has and who shares both.

    Attributes:
        key: by which the command knows it, the same as long as cell, mistake and text are.
        cell: the cell in which the comment stands.
        misconception: the mistake's sentence.
        text: the comment.
        have: the students who have it.
        share: the students who made the mistake and have no comment of their own in the cell.
    """

    key: str
    cell: str
    misconception: str
    text: str
    have: tuple[str, ...]
    share: tuple[str, ...]


def offers(course: Course) -> list[Offer]:
    """Return the comments that were written on recognised mistakes, those that help the most students first."""
    written, about = _written(course), _about(course)
    made: dict[tuple[str, str], set[str]] = {}
    for student in sorted({student for student, _ in written}):
        for cell, misconception in sorted(_mistakes(course, student, about)):
            if (student, cell) in written:
                made.setdefault((cell, misconception), set()).add(student)
    found = []
    for (cell, misconception), students in made.items():
        for text in sorted({written[student, cell] for student in students} - {""}):
            have = tuple(sorted(each for each in students if written[each, cell] == text))
            share = tuple(sorted(each for each in students if not written[each, cell]))
            found.append(Offer(_key(cell, misconception, text), cell, misconception, text, have, share))
    return sorted(found, key=lambda offer: (-len(offer.share), offer.cell, offer.key))


def suggestions(course: Course, student: str) -> dict[str, list[str]]:
    """Return by cell what was written to others who made the same mistake there; the most frequent first.

    Raises:
        ExportError: the gradebook does not know the assignment.
    """
    about = _about(course)
    mistakes = cache(lambda each: _mistakes(course, each, about))
    cells = {cell for cell, _ in mistakes(student)}
    found: dict[str, Counter[str]] = {}
    for (other, cell), text in sorted(_written(course).items()):
        alike = other != student and text and cell in cells and mistakes(other) & mistakes(student)
        if alike and cell in {each for each, _ in alike}:
            found.setdefault(cell, Counter())[text] += 1
    return {cell: [text for text, _ in texts.most_common(MOST_SUGGESTED)] for cell, texts in found.items()}


def apply(course: Course, offer: Offer) -> None:
    """Give a comment to all who share the mistake: all of them, or nobody.

    To whom is noted first; if it is stopped in between, the same again gives it to those who have none.
    """
    given = _given(course)
    kept = given.setdefault(course.assignment, {}).setdefault(
        offer.key, {"cell": offer.cell, "text": offer.text}
    )
    kept["students"] = sorted({*kept.get("students", ()), *offer.share})
    _save(course, given)
    _write(course, offer.cell, dict.fromkeys(offer.share, ("", offer.text)))


def undo(course: Course, key: str) -> tuple[str, ...]:
    """Take a comment back from those to whom it was given and who still have it; return who that is.

    Raises:
        ExportError: no such comment was given.
    """
    given = _given(course)
    kept = given.get(course.assignment, {}).get(key)
    if kept is None:
        raise ExportError(
            f"no comment {key} was given to anybody; `proctor comments {course.assignment}` lists them."
        )
    changed = _write(course, kept["cell"], dict.fromkeys(kept["students"], (kept["text"], "")))
    del given[course.assignment][key]
    _save(course, given)
    return changed


def forget(course: Path, student: str, *, delete: bool) -> bool:
    """Remove a student from the notes on who was given a comment; return whether one was there."""
    path = course / GIVEN
    if not path.is_file():
        return False
    given = json.loads(path.read_text(encoding="utf-8"))
    found = False
    for kept in (each for keys in given.values() for each in keys.values()):
        found = found or student in kept["students"]
        kept["students"] = [each for each in kept["students"] if each != student]
    if found and delete:
        write_whole(path, json.dumps(given, indent=1, ensure_ascii=False) + "\n")
    return found


def _write(course: Course, cell: str, texts: dict[str, tuple[str, str]]) -> tuple[str, ...]:
    """Set each student's comment in a cell from one text to another, in one transaction; return whose changed."""
    changed = []
    with open_gradebook(course.database, course.course_id) as gradebook:
        for student, name, comment in _comments(gradebook, course):
            if name == cell and student in texts and (comment.manual_comment or "") == texts[student][0]:
                comment.manual_comment = texts[student][1] or None
                changed.append(student)
        gradebook.db.commit()
    return tuple(sorted(changed))


def _comments(gradebook: Any, course: Course) -> Iterator[tuple[str, str, Any]]:
    """Yield the comment of each student and cell."""
    submissions = _assignment(gradebook, course).submissions
    for submission in submissions:
        for notebook in submission.notebooks:
            yield from ((submission.student.id, each.name, each) for each in notebook.comments)


def _written(course: Course) -> dict[tuple[str, str], str]:
    """Return what was written in each student's cells that can have a comment; "" for nothing."""
    query = (
        select(SubmittedAssignment.student_id, BaseCell.name, Comment.manual_comment)
        .select_from(Comment)
        .join(BaseCell, BaseCell.id == Comment.cell_id)
        .join(SubmittedNotebook, SubmittedNotebook.id == Comment.notebook_id)
        .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
    )
    with open_gradebook(course.database, course.course_id) as gradebook:
        number = _assignment(gradebook, course).id
        rows = gradebook.db.execute(query.where(SubmittedAssignment.assignment_id == number))
        return {(student, cell): text or "" for student, cell, text in rows}


def _mistakes(course: Course, student: str, about: Mapping[str, Sequence[str]]) -> set[tuple[str, str]]:
    """Return the mistakes that were recognised in a student's notebook, each with the cell that was filled in."""
    found: set[tuple[str, str]] = set()
    for graded, report in reports(course, student).items():
        mistakes = {verdict.misconception for verdict in report.verdicts if verdict.misconception}
        found |= set(product(about.get(graded, ()), mistakes))
    return found


def _assignment(gradebook: Any, course: Course) -> Any:
    try:
        return gradebook.find_assignment(course.assignment)
    except MissingEntry:
        raise ExportError(f"the gradebook has no assignment {course.assignment!r}: first grade it.") from None


def _about(course: Course) -> dict[str, tuple[str, ...]]:
    """Return which cells each graded cell of the assignment is about."""
    release = sorted(course.exercise.released.glob("*.ipynb"))
    found: dict[str, tuple[str, ...]] = {}
    for path in release:
        found |= answered_in(nbformat.read(path, as_version=4))
    return found


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:6]


def _given(course: Course) -> dict[str, Any]:
    try:
        return dict(json.loads((course.folder / GIVEN).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ExportError(f"{course.folder / GIVEN} is damaged ({error}); move it away.") from None


def _save(course: Course, given: dict[str, Any]) -> None:
    write_whole(course.folder / GIVEN, json.dumps(given, indent=1, ensure_ascii=False) + "\n")
