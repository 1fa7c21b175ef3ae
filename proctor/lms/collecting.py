"""The steps of a download: whose, which student, which file, when, and into the course."""

from __future__ import annotations

import datetime as dt
import shlex
import zipfile
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from proctor import submission
from proctor.course import exercise_of
from proctor.errors import CollectError
from proctor.lms.download import (
    ARCHIVES,
    could_be_submission,
    open_download,
    open_inner,
    single,
    split_path,
)
from proctor.lms.members import Contents
from proctor.lms.owner import Handed, HandedFile, Owner, Student
from proctor.lms.pick_files import Wanted, choose, grade_ids
from proctor.lms.platforms import PLATFORMS
from proctor.lms.sorting import layout, sort, students_of, without_junk
from proctor.lms.stage import Stage
from proctor.submission import record
from proctor.submission.record import UNSAFE, is_safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from proctor.lms.members import File
    from proctor.lms.pick_files import Choice
    from proctor.lms.platform import Platform
    from proctor.lms.roster import Roster

PACKING = dt.timedelta(minutes=10)
"""Files that are no further apart than this were dated when they were packed, not when they were handed in."""


@dataclass
class Job:
    """A collection to be made: the download and the settings for it, which are those of `proctor collect`."""

    course: Path
    assignment: str
    download: Path
    roster: Roster | None = None
    zone: dt.tzinfo | None = None
    platform: str | None = None
    student: str | None = None
    force: bool = False
    dry: bool = False


@dataclass
class Report:
    """Result of a collection: the stage has who is new, changed, the same, kept.

    Attributes:
        dated: whether the times of the files are believed to be those of the submissions.
        left_out: files beside the submissions that are nobody's, such as a README.
        unplaced: what could not be placed, and why.
        silent: students of the roster from whom nothing came.
        fitting: how many submissions are of this assignment, of another one, or (None) of nobody knows which.
    """

    platform: Platform
    stage: Stage
    dated: bool
    left_out: list[str] = field(default_factory=list)
    origins: dict[str, record.Origin] = field(default_factory=dict)
    unplaced: list[tuple[str, str]] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    fitting: Counter[bool | None] = field(default_factory=Counter)


def collect(job: Job) -> Report:
    """Collect a download into the course: all that can be placed, at once.

    Raises:
        CollectError: the download, the roster or the course cannot be used.
    """
    wanted = wanted_of(job.course, job.assignment)
    known = record.load(job.course, job.assignment)  # if it is damaged, say so before anything is written
    with _opened(job) as contents:
        platform, handed, unclaimed = _sorted(job, contents, known)
        stage = Stage(job.course, job.assignment, force=job.force, dry=job.dry)
        report = Report(platform, stage, dated=_dated(platform, handed))
        report.unplaced = [(str(path), reason) for path, reason in contents.refused]
        loose = [file.path for file in unclaimed]
        report.unplaced += [(str(path), "whose is this?") for path in loose if could_be_submission(path)]
        report.left_out = sorted(str(path) for path in loose if not could_be_submission(path))
        if not handed and not report.unplaced:
            raise CollectError(
                f"there is no submission in this download; it has {layout(unclaimed)}. If it is a platform's, say "
                "whose: --platform."
            )
        with stage:
            if job.student:
                students = {_student(job): handed}
            else:
                earlier = record.earlier(job.course, job.assignment, known)
                students, unknown = students_of(platform, handed, job.roster, earlier)
                report.unplaced += unknown
            for student, people in students.items():
                _place(job, student, people, wanted, report)
            if report.fitting[False] > 1 and not report.fitting[True]:
                raise CollectError(
                    f"none of these notebooks has a graded cell of {job.assignment}, but {report.fitting[False]} have "
                    "others: is this the download of another assignment? Nothing was collected."
                )
            stage.commit(lambda: record.update(job.course, job.assignment, _dated_before(report, known)))
    if job.roster is not None and not job.student:
        came = {student.id for student in students}
        report.silent = [each.id for each in job.roster.students if each.id not in came]
    return report


@contextmanager
def _opened(job: Job) -> Iterator[Contents]:
    """Open the download; for one student, it may be a single file, or a folder or file in a download."""
    outer, inside = split_path(job.download) if job.student else (job.download, PurePosixPath())
    if job.student and outer.is_file() and not zipfile.is_zipfile(outer):
        yield single(outer)
        return
    with open_download(outer, job.zone) as contents:
        found = [file for file in contents.files if file.path.is_relative_to(inside)]
        if inside.parts and not found:
            raise CollectError(f"there is no {inside} in {outer}.")
        yield Contents(found) if inside.parts else contents


def _sorted(
    job: Job, contents: Contents, known: dict[str, record.Origin]
) -> tuple[Platform, list[Handed], list[File]]:
    """Sort a download by who handed it in, or take all of it as one student's."""
    if not job.student:
        found = sort(contents.files, job.assignment, job.platform, job.zone)
        _refuse_a_zip_of_a_download(job, [item for person in found[1] for item in person.items])
        return found
    if not is_safe(job.student):
        raise CollectError(f"--student {job.student!r} {UNSAFE}")
    _refuse_several(job, contents)
    before = known.get(job.student)
    platform = PLATFORMS[job.platform or (before.platform if before else "plain")]
    owner = platform.owner(_student(job))
    if before and before.platform == platform.name:
        owner = Owner(
            before.platform, before.name, before.folder, before.login, before.platform_id, before.team
        )
    items = [HandedFile(file.path, file) for file in without_junk(contents.files)]
    if not items:
        raise CollectError(f"there is no file in {job.download}.")
    return platform, [Handed(owner, items)], []


def _refuse_a_zip_of_a_download(job: Job, items: Sequence[HandedFile]) -> None:
    """Refuse a download that holds nothing but a download: all in it would be one student's."""
    path = items[0].file.path if len(items) == 1 else PurePosixPath()
    if not path.name.casefold().endswith(ARCHIVES) or len(path.parts) > 1:
        return
    try:
        platform, several, _ = sort(open_inner(items[0].file.read(), path.name).files, job.assignment)
    except CollectError:  # it is no archive, or an empty one, which is said where it is unpacked
        return
    owners = [each for each in several if any(could_be_submission(item.path) for item in each.items)]
    if len(owners) > 1:
        raise CollectError(
            f"{job.download.name} holds nothing but {path}, a download from {platform.title} of {len(owners)} people or "
            "teams: unpack it, and give what was in it. If it is one student's, say whose: --student ID."
        )


def _refuse_several(job: Job, contents: Contents) -> None:
    """Refuse to take what several people handed in to a platform for one student's."""
    platform, several, _ = sort(contents.files, job.assignment, zone=job.zone)
    if platform.name != "plain" and len(several) > 1:
        path = shlex.quote(f"{job.download}/PATH")
        raise CollectError(
            f"{job.download.name} is a download from {platform.title}, of {len(several)} people or teams; give what is "
            f"{job.student}'s: {path}."
        )


def _student(job: Job) -> Student:
    """Return the student who was named, with what the roster knows."""
    listed = job.roster.students if job.roster else ()
    return next((each for each in listed if each.id == job.student), Student(job.student or ""))


def wanted_of(course: Path, assignment: str) -> Wanted:
    """Return what an assignment asks for, from its release, or from its source."""
    exercise = exercise_of(course, assignment)
    for folder in (exercise.released, exercise.given):
        if notebooks := sorted(folder.glob("*.ipynb")):
            ids = (grade_ids(path.read_bytes()) for path in notebooks)
            given = (submission.sources(submission.read(path)) for path in notebooks)
            names = tuple(path.name for path in notebooks)
            return Wanted(names, frozenset[str]().union(*ids), frozenset[str]().union(*given))
    others = ", ".join(released(course))
    raise CollectError(
        f"This course has no assignment {assignment!r}: no notebook in {exercise.released}."
        + f" It has {others}." * bool(others)
    )


def released(course: Path) -> list[str]:
    """Return the names of the assignments that a course has released."""
    folders = exercise_of(course, "*").released.parent.glob("*/")
    return sorted(path.name for path in folders if any(path.glob("*.ipynb")))


def _dated_before(report: Report, known: dict[str, record.Origin]) -> dict[str, record.Origin]:
    """Return what was learned; a submission that is the same came when it came, also where nothing says so now."""
    origins = dict(report.origins)
    for student in report.stage.same:
        if student in known and not origins[student].time:
            origins[student] = replace(origins[student], time=known[student].time)
    return origins


def _place(job: Job, student: Student, people: list[Handed], wanted: Wanted, report: Report) -> None:
    """Choose a student's submission and stage it; if that is not possible, report it."""
    choices: list[tuple[Handed, Choice]] = []
    for person in people:
        try:
            choices.append((person, choose(person, wanted)))
        except CollectError as error:
            who = str(person.owner)
            report.unplaced.append((who if student.id in who else f"{student.id}: {who}", str(error)))
    if not choices:
        return
    times = [choice.time for _, choice in choices if report.dated and choice.time]
    if len(choices) > 1 and len(set(times)) < len(choices):
        names = ", ".join(person.owner.folder or person.owner.name for person, _ in choices)
        reason = f"several submissions, and nothing says which is the latest: {names}"
        report.unplaced.append((student.id, reason))
        return
    report.fitting.update(choice.fits for _, choice in choices)
    latest = times.index(max(times)) if len(choices) > 1 else 0
    person, choice = choices[latest]
    time = student.submitted or (choice.time if report.dated else None)
    report.stage.put(student.id, choice, time)
    if student.id not in report.stage.kept:
        report.origins[student.id] = _origin(job, student, person, choice, time)


def _origin(
    job: Job, student: Student, person: Handed, choice: Choice, time: dt.datetime | None
) -> record.Origin:
    owner = person.owner
    return record.Origin(
        platform=owner.platform,
        name=student.full_name or owner.name,
        login=owner.login or student.login,
        platform_id=owner.platform_id or student.platform_id,
        folder=owner.folder,
        file=str(choice.source),
        time=time.astimezone(dt.UTC).isoformat() if time else "",
        late=choice.late,
        download=job.download.name,
        notes=tuple(choice.notes),
        team=person.team or owner.team or student.team,
    )


def _dated(platform: Platform, handed: list[Handed]) -> bool:
    """Return whether times are those of submissions: the platform's, or files' that differ more than packing takes."""
    if platform.times != "files":
        return bool(platform.times)
    times = [item.file.time for person in handed for item in person.items if item.file.time]
    return bool(times) and max(times) - min(times) > PACKING
