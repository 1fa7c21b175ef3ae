"""Sorting of a download by who handed it in, and by student; two students never become one, nor one two."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from proctor.errors import CollectError
from proctor.lms.download import could_be_submission
from proctor.lms.owner import JUNK, Handed, HandedFile, Student, slug
from proctor.lms.platforms import PLATFORMS
from proctor.lms.roster import Roster
from proctor.submission.record import is_safe

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping, Sequence

    from proctor.lms.members import File
    from proctor.lms.owner import Owner
    from proctor.lms.platform import Platform, Reader
    from proctor.submission.record import Origin


def sort(
    files: Sequence[File], assignment: str, platform: str | None = None, zone: dt.tzinfo | None = None
) -> tuple[Platform, list[Handed], list[File]]:
    """Return whose download it is, what each person handed in, and the files of which it is not known whose they are.

    A file's name may hold that of the assignment. The zone is that of times that come without one.

    Raises:
        CollectError: there is nothing in it, or it is not the download of the platform that was given.
    """
    files = without_junk(files)
    if not files:
        raise CollectError("There is no file in this download.")
    readers = {name: each.reader(files, assignment, zone) for name, each in PLATFORMS.items()}
    chosen = platform or _recognise(files, readers)
    handed: dict[tuple[str, str, str], Handed] = {}
    unclaimed = []
    for file in files:
        pieces = readers[chosen](file.path)
        if not pieces:
            unclaimed.append(file)
        for piece in pieces:
            owner = piece.owner
            # A team's number may be a person's, too; and two people of one name may have no number.
            key = (owner.platform_id, owner.name, "" if owner.platform_id else owner.folder)
            person = handed.setdefault(key, Handed(owner))
            if piece.inside is None:
                person.texts += piece.typed
            else:
                dated = replace(file, time=piece.time) if piece.time else file
                person.items.append(HandedFile(piece.inside, dated, piece.late))
    if platform and not handed:
        raise CollectError(
            f"no file in this download is called as {PLATFORMS[chosen].title} calls them; it has {layout(files)}. "
            "Leave out --platform, or use another one."
        )
    return PLATFORMS[chosen], list(handed.values()), unclaimed


def without_junk(files: Sequence[File]) -> list[File]:
    """Return the files that people may have put into a download."""
    return [file for file in files if not any(JUNK.fullmatch(part) for part in file.path.parts)]


def layout(files: Sequence[File]) -> str:
    """Return in words how the files of a download are called, for who has to find out what it is."""
    shapes = Counter((len(file.path.parts), file.path.suffix or "no ending") for file in files)
    deep, ending = shapes.most_common(1)[0][0]
    example = next(file.path for file in files if len(file.path.parts) == deep)
    folders = ("no folder", "a folder")[deep - 1] if deep < 3 else f"{deep - 1} folders"
    count = "one file," if len(files) == 1 else f"{len(files)} files, most of them"
    return f"{count} {ending} in {folders}, such as {str(example)[:80]!r}"


def _recognise(files: Sequence[File], readers: dict[str, Reader]) -> str:
    """Return the platform that can read the most paths, if it can read half of them; else "plain"."""
    can = {name: sum(bool(read(file.path)) for file in files) for name, read in readers.items()}
    del can["plain"]
    best = max(can, key=can.__getitem__)
    return best if 2 * can[best] >= len(files) else "plain"


def students_of(
    platform: Platform,
    handed: Sequence[Handed],
    roster: Roster | None,
    earlier: Mapping[str, Origin],
) -> tuple[dict[Student, list[Handed]], list[tuple[str, str]]]:
    """Return what each student handed in, a team's as each member's, and for whom no student was found, the reason.

    Without a roster, ids are those of who was collected earlier, or made of what the platform says.

    Raises:
        CollectError: somebody was collected under another id before, and would be two students.
    """
    known = {student: each for student, each in earlier.items() if each.platform == platform.name}
    before = _remembered(known)
    ids = {identity: student for student, each in known.items() if (identity := platform.identify(each))}
    found: dict[Student, list[Handed]] = {}
    unplaced: list[tuple[str, str]] = []
    doubled: dict[str, str] = {}
    for person in handed:
        try:
            placed = list(_placed(platform, person, roster, before, ids))
        except CollectError as error:
            unplaced.append((str(person.owner), str(error)))
            continue
        for student, each in placed:
            former = ids.get(platform.identify(each.owner), student.id)
            if former != student.id:
                doubled[former] = f"{each.owner} as {former}, not {student.id}"
            found.setdefault(student, []).append(each)
    if doubled:
        one = next(iter(doubled.values()))
        raise CollectError(
            f"{len(doubled)} of these people were collected under another id before ({one}), and would be two "
            "students each: give the roster of then, or none, or first `proctor forget` the old ids. "
            "Nothing was collected."
        )
    for student, people in list(found.items()):
        owners = [person.owner for person in people]
        if len({platform.identify(each) for each in owners if each.platform_id or each.login}) > 1:
            names = " and ".join(map(str, owners))
            reason = (
                f"different people, who would all be {student.id}: give a --roster with platform_id or login"
            )
            unplaced.append((names, reason))
            del found[student]
    _share_in_teams(platform, found, roster or before)
    return found, unplaced


def _remembered(known: Mapping[str, Origin]) -> Roster:
    """Return who was collected from a platform before, as a roster."""
    return Roster(
        tuple(
            Student(student, name=each.name, login=each.login, platform_id=each.platform_id, team=each.team)
            for student, each in known.items()
        )
    )


def _placed(
    platform: Platform, person: Handed, roster: Roster | None, before: Roster, ids: Mapping[str, str]
) -> Iterator[tuple[Student, Handed]]:
    """Yield the students who handed something in, each with it; nobody, or one of several, is a CollectError."""
    owner = person.owner
    if roster is None and not before.knows(owner):
        yield Student(ids.get(platform.identify(owner)) or _own_id(owner)), replace(person, team=owner.team)
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
    for person in (each for people in found.values() for each in people if each.owner.team):
        teams.setdefault(person.owner.team, []).append(person)
    for team, people in teams.items():
        items = [item for person in people for item in person.items]
        once = list({(item.path, item.file.size, item.file.read): item for item in items}.values())
        for person in people:
            if not any(could_be_submission(item.path) for item in person.items):
                person.items = list(once)
        for student in roster.members(team):
            if student not in found:
                texts = sum(person.texts for person in people)
                found[student] = [Handed(platform.owner(student), list(once), texts, team)]


def _own_id(owner: Owner) -> str:
    """Make a student id of what the platform says: the login, or the name with the platform's number."""
    plain = owner.name if owner.platform == "plain" else ""
    for name in (owner.login, plain, slug(*dict.fromkeys((owner.name, owner.platform_id)))):
        if is_safe(name):
            return name
    raise CollectError("no id can be made of this name: give a --roster")
