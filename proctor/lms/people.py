"""Mapping of a platform's persons to students; two students never become one, nor one two."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from proctor.errors import CollectError
from proctor.lms.download import could_be_submission
from proctor.lms.names import slug
from proctor.lms.owner import Handed, Student
from proctor.lms.roster import Roster
from proctor.submission.record import is_safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from proctor.lms.owner import Owner
    from proctor.lms.platform import Platform
    from proctor.submission.record import Origin


def students_of(
    platform: Platform,
    handed: Sequence[Handed],
    roster: Roster | None,
    earlier: Mapping[str, Origin],
) -> tuple[dict[Student, list[Handed]], list[tuple[str, str]]]:
    """Group what was handed in by student; what a team handed in is each member's.

    Args:
        platform: whose download it is.
        handed: what each person or team of the platform handed in.
        roster: who is in the course; without it, ids are those of before, or made of what the platform says.
        earlier: who was collected before, by id.

    Returns:
        What each student handed in, and for whom no student was found, the reason.

    Raises:
        CollectError: somebody was collected under another id before, and would be two students.
    """
    before = _remembered(platform, earlier)
    ids = {each.platform_id: each.id for each in before.students}
    found: dict[Student, list[Handed]] = {}
    unplaced: list[tuple[str, str]] = []
    doubled: list[str] = []
    for person in handed:
        try:
            placed = list(_placed(platform, person, roster, before))
        except CollectError as error:
            unplaced.append((str(person.owner), str(error)))
            continue
        for student, each in placed:
            known = ids.get(each.owner.platform_id, student.id)
            if known != student.id:
                doubled.append(f"{each.owner} as {known}, not {student.id}")
            found.setdefault(student, []).append(each)
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
    _share_in_teams(platform, found, roster or before)
    return found, unplaced


def _remembered(platform: Platform, earlier: Mapping[str, Origin]) -> Roster:
    """Return who was collected from a platform before, as a roster."""
    return Roster(
        tuple(
            Student(student, name=each.name, login=each.login, platform_id=each.platform_id, team=each.team)
            for student, each in earlier.items()
            if each.platform == platform.name
        )
    )


def _placed(
    platform: Platform, person: Handed, roster: Roster | None, before: Roster
) -> Iterator[tuple[Student, Handed]]:
    """Yield the students who handed something in, each with it.

    Raises:
        CollectError: nobody is found, or nothing says which of several.
    """
    owner = person.owner
    if roster is None and not before.knows(owner):
        yield Student(_own_id(owner)), replace(person, team=owner.team)
        return
    students, team = (roster or before).who(owner)
    if any(not is_safe(student.id) for student in students):
        raise CollectError("the id is the name of the course's own file: give another one in the --roster")
    for student in students:
        mine = platform.owner(student) if team else owner
        yield student, replace(person, owner=mine, team=team or owner.team)


def _share_in_teams(platform: Platform, found: dict[Student, list[Handed]], roster: Roster) -> None:
    """Give each member of a team what all of them handed in, where the platform keeps it by member."""
    teams: dict[str, list[Handed]] = {}
    for people in found.values():
        for person in people:
            if person.owner.team:
                teams.setdefault(person.owner.team, []).append(person)
    for team, people in teams.items():
        items = [item for person in people for item in person.items]
        once = {(item.path, item.file.size, item.file.read): item for item in items}
        for person in people:
            if not any(could_be_submission(item.path) for item in person.items):
                person.items = list(once.values())
        for student in roster.members(team):
            if student not in found:
                texts = sum(person.texts for person in people)
                found[student] = [Handed(platform.owner(student), list(once.values()), texts, team)]


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
