"""Teams: what several members handed in alike is run and judged once; `head.Head` saves it for each of them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from proctor.submission import folders, record
from proctor.submission.handed_in import STAMP

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from proctor.course import Exercise


def share(exercise: Exercise, students: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the students who are to be graded, each with the other members of the team who handed in the same.

    Who is in no team has no others, whatever was handed in: of two strangers, each is graded.

    Args:
        exercise: what was handed in.
        students: all of them; the order is kept.

    Raises:
        CollectError: the record of what was collected is damaged.
    """
    known = record.load(exercise.root, exercise.name)
    first: dict[tuple[str, str], str] = {}
    found: dict[str, list[str]] = {}
    for student in students:
        team = known[student].team if student in known else ""
        work = _fingerprint(exercise.submitted(student)) if team else ""
        leader = first.setdefault((team, work), student) if work else student
        found.setdefault(leader, [])
        if leader != student:
            found[leader].append(student)
    return {leader: tuple(teammates) for leader, teammates in found.items()}


def _fingerprint(folder: Path) -> str:
    """Return the fingerprint of a submission's files but for its time; "" where one cannot be read or is a link."""
    digest = hashlib.sha256()
    try:
        for path in sorted(folders.files(folder)):
            if path.name == STAMP and path.parent == folder:
                continue
            if path.is_symlink() or not path.is_file():
                return ""
            digest.update(
                f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode("utf-8", "surrogateescape")
            )
            digest.update(path.read_bytes())
    except OSError:
        return ""
    return digest.hexdigest()
