"""Comments on recognised mistakes: those written for one student, offered to all who made the same mistake.

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
from nbgrader.api import BaseCell, Comment, MissingEntry, SubmittedAssignment, SubmittedNotebook
from sqlalchemy import select

from proctor.course import STATE, write_whole
from proctor.errors import ExportError
from proctor.lms.results import gradebook_of
from proctor.lms.tables import reports
from proctor.submission.answered_cells import answered_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from proctor.course import Exercise

GIVEN = Path(STATE) / "comments.json"
MOST_SUGGESTED = 5
"""Comments that are offered for one cell."""


@dataclass(frozen=True)
class Offer:
    """A comment on a mistake in a cell, the students who have it, and those who made the mistake and have none there.

    The command knows it by the `key`, which is the same as long as cell, mistake and text are.
    """

    key: str
    cell: str
    misconception: str
    text: str
    have: tuple[str, ...]
    share: tuple[str, ...]


def offers(exercise: Exercise) -> list[Offer]:
    """Return the comments that were written on recognised mistakes, those that help the most students first."""
    written, about = _written(exercise), _about(exercise)
    made: dict[tuple[str, str], set[str]] = {}
    for student in sorted({student for student, _ in written}):
        for cell, misconception in sorted(_mistakes(exercise, student, about)):
            if (student, cell) in written:
                made.setdefault((cell, misconception), set()).add(student)
    found = []
    for (cell, misconception), students in made.items():
        for text in sorted({written[student, cell] for student in students} - {""}):
            have = tuple(sorted(each for each in students if written[each, cell] == text))
            share = tuple(sorted(each for each in students if not written[each, cell]))
            found.append(Offer(_key(cell, misconception, text), cell, misconception, text, have, share))
    return sorted(found, key=lambda offer: (-len(offer.share), offer.cell, offer.key))


def suggestions(exercise: Exercise, student: str) -> dict[str, list[str]]:
    """Return by cell what was written to others who made the same mistake there; the most frequent first."""
    about = _about(exercise)
    mistakes = cache(lambda each: _mistakes(exercise, each, about))
    cells = {cell for cell, _ in mistakes(student)}
    found: dict[str, Counter[str]] = {}
    for (other, cell), text in sorted(_written(exercise).items()):
        alike = other != student and text and cell in cells and mistakes(other) & mistakes(student)
        if alike and cell in {each for each, _ in alike}:
            found.setdefault(cell, Counter())[text] += 1
    return {cell: [text for text, _ in texts.most_common(MOST_SUGGESTED)] for cell, texts in found.items()}


def apply(exercise: Exercise, offer: Offer) -> None:
    """Give a comment to all who share the mistake: all of them, or nobody.

    To whom is noted first; if it is stopped in between, the same again gives it to those who have none.
    """
    given = _given(exercise.root)
    kept = given.setdefault(exercise.name, {}).setdefault(offer.key, {"cell": offer.cell, "text": offer.text})
    kept["students"] = sorted({*kept.get("students", ()), *offer.share})
    _save(exercise.root, given)
    _write(exercise, offer.cell, dict.fromkeys(offer.share, ("", offer.text)))


def undo(exercise: Exercise, key: str) -> tuple[str, ...]:
    """Take a comment back from those to whom it was given and who still have it; return who that is."""
    given = _given(exercise.root)
    kept = given.get(exercise.name, {}).pop(key, None)
    if kept is None:
        raise ExportError(
            f"no comment {key} was given to anybody; `proctor comments {exercise.name}` lists them."
        )
    changed = _write(exercise, kept["cell"], dict.fromkeys(kept["students"], (kept["text"], "")))
    _save(exercise.root, given)
    return changed


def forget(course: Path, student: str, *, delete: bool) -> bool:
    """Remove a student from the notes on who was given a comment; return whether one was there."""
    given = _given(course)
    holders = [kept["students"] for keys in given.values() for kept in keys.values()]
    found = [students for students in holders if student in students]
    for students in found:
        students.remove(student)
    if found and delete:
        _save(course, given)
    return bool(found)


def _write(exercise: Exercise, cell: str, texts: dict[str, tuple[str, str]]) -> tuple[str, ...]:
    """Set each student's comment in a cell from one text to another, in one transaction; return whose changed."""
    changed = []
    with gradebook_of(exercise.directory) as gradebook:
        for student, name, comment in _comments(gradebook, exercise):
            if name == cell and student in texts and (comment.manual_comment or "") == texts[student][0]:
                comment.manual_comment = texts[student][1] or None
                changed.append(student)
        gradebook.db.commit()
    return tuple(sorted(changed))


def _written(exercise: Exercise) -> dict[tuple[str, str], str]:
    """Return what was written in each student's cells that can have a comment; "" for nothing."""
    with gradebook_of(exercise.directory) as gradebook:
        rows = _comments(gradebook, exercise)
        return {(student, cell): comment.manual_comment or "" for student, cell, comment in rows}


def _comments(gradebook: Any, exercise: Exercise) -> Any:
    """Return the comment of each student and cell."""
    try:
        number = gradebook.find_assignment(exercise.name).id
    except MissingEntry:
        raise ExportError(f"the gradebook has no assignment {exercise.name!r}: first grade it.") from None
    return gradebook.db.execute(
        select(SubmittedAssignment.student_id, BaseCell.name, Comment)
        .select_from(Comment)
        .join(BaseCell, BaseCell.id == Comment.cell_id)
        .join(SubmittedNotebook, SubmittedNotebook.id == Comment.notebook_id)
        .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        .where(SubmittedAssignment.assignment_id == number)
    )


def _mistakes(exercise: Exercise, student: str, about: Mapping[str, Sequence[str]]) -> set[tuple[str, str]]:
    """Return the mistakes that were recognised in a student's notebook, each with the cell that was filled in."""
    found: set[tuple[str, str]] = set()
    for graded, report in reports(exercise, student).items():
        mistakes = {verdict.misconception for verdict in report.verdicts if verdict.misconception}
        found |= set(product(about.get(graded, ()), mistakes))
    return found


def _about(exercise: Exercise) -> dict[str, tuple[str, ...]]:
    """Return which cells each graded cell of the assignment is about."""
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted(exercise.released.glob("*.ipynb")):
        found |= answered_in(nbformat.read(path, as_version=4))
    return found


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:6]


def _given(course: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((course / GIVEN).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ExportError(f"{course / GIVEN} is damaged ({error}); move it away.") from None


def _save(course: Path, given: dict[str, Any]) -> None:
    write_whole(course / GIVEN, json.dumps(given, indent=1, ensure_ascii=False) + "\n")
