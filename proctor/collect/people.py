"""Says which student each person of a platform is, and keeps two students from being one, and one from being two."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proctor.collect import CollectError
from proctor.collect.names import is_safe, slug
from proctor.collect.roster import Student

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from proctor.collect.platforms import Handed, Owner
    from proctor.collect.roster import Roster


def students_of(
    handed: Sequence[Handed], roster: Roster | None, earlier: Mapping[tuple[str, str], str]
) -> tuple[dict[Student, list[Handed]], list[tuple[str, str]]]:
    """Group what was handed in by student.

    Args:
        handed: what each person of the platform handed in.
        roster: who is in the course; without it, ids are those of before, or made of what the platform says.
        earlier: the ids under which people were collected before, by platform and its number.

    Returns:
        What each student handed in, and for whom no student was found, the reason.

    Raises:
        CollectError: somebody was collected under another id before, and would be two students.
    """
    found: dict[Student, list[Handed]] = {}
    unplaced, doubled = [], []
    for person in handed:
        before = earlier.get((person.owner.platform, person.owner.platform_id), "")
        try:
            student = roster.find(person.owner) if roster else Student(before or _own_id(person.owner))
        except CollectError as error:
            unplaced.append((str(person.owner), str(error)))
            continue
        if before and before != student.id:
            doubled.append(f"{person.owner} as {before}, not {student.id}")
        found.setdefault(student, []).append(person)
    if doubled:
        raise CollectError(
            f"{len(doubled)} of these people were collected under another id before ({doubled[0]}), and would be two "
            "students each: give the roster of then, or none, or first `proctor forget` the old ids. "
            "Nothing was collected."
        )
    for student, people in list(found.items()):
        if len({person.owner.platform_id for person in people}) > 1:
            names = " and ".join(str(person.owner) for person in people)
            reason = f"different people, who would all be {student.id}: give a --roster with platform_id"
            unplaced.append((names, reason))
            del found[student]
    return found, unplaced


def _own_id(owner: Owner) -> str:
    """Make a student id of what the platform says: the login, or the name with the platform's number.

    Raises:
        CollectError: nothing of it can be the name of a folder.
    """
    plain = owner.name if owner.platform == "plain" else ""
    for name in (owner.login, plain, slug(owner.name, owner.platform_id)):
        if is_safe(name):
            return name
    raise CollectError("no id can be made of this name: give a --roster")
