"""Time at which a submission was handed in: a forged `timestamp.txt` makes nobody early.

If the notebook was written later than its `timestamp.txt` says, the time at which it was written counts.
"""

from __future__ import annotations

import datetime as dt
import logging
import stat
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from nbgrader.utils import parse_utc

from proctor.errors import UnreadableError
from proctor.submission import record
from proctor.submission.reading import content

if TYPE_CHECKING:
    from pathlib import Path

    from proctor.course import Exercise

STAMP = "timestamp.txt"
MAX_STAMP = 200
"""Bytes of a timestamp."""
AGREEMENT = dt.timedelta(minutes=1)
"""Time by which a timestamp may be earlier than the notebook itself."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class HandInTimes:
    """Times at which submissions of an exercise were handed in, in UTC without a zone."""

    exercise: Exercise

    def handed_in(self, student: str) -> dt.datetime | None:
        """Return when a student handed in, or None where nothing says so.

        A `timestamp.txt` that claims a time before the notebook was last written is not believed, unless
        `proctor collect` wrote it: the platform's time stays when a course is copied and its files are new.
        """
        folder = self.exercise.submitted(student)
        written = [time for file in folder.glob("*.ipynb") if (time := _written(file)) is not None]
        claimed = _claimed(folder / STAMP)
        if claimed is None or not written or claimed >= max(written) - AGREEMENT:
            return claimed
        if claimed == self._collected.get(student):
            return claimed
        log.warning("%s claims %s, but the notebook was written at %s", folder / STAMP, claimed, max(written))
        return max(written)

    @cached_property
    def _collected(self) -> dict[str, dt.datetime]:
        """Return the time at which each student handed in, as the platform says it.

        Raises:
            CollectError: the record of what was collected is damaged.
        """
        known = record.load(self.exercise.root, self.exercise.name)
        return {student: parse_utc(origin.time) for student, origin in known.items() if origin.time}

    def check(self) -> None:
        """Read the record of what was collected (see `_collected` for what it raises)."""
        _ = self._collected


def _claimed(path: Path) -> dt.datetime | None:
    try:
        claimed: dt.datetime | None = parse_utc(content(path, MAX_STAMP).decode("utf-8").strip())
    except UnreadableError:  # there is none, or it is a link, or too long for a time
        return None
    except (ValueError, OverflowError):
        log.warning("%s holds no time, and is ignored", path)
        return None
    return claimed


def _written(path: Path) -> dt.datetime | None:
    """Return when a regular file was last written, in UTC without a zone; None for links and other things."""
    try:
        status = path.lstat()
    except OSError:
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return dt.datetime.fromtimestamp(status.st_mtime, tz=dt.UTC).replace(tzinfo=None)
