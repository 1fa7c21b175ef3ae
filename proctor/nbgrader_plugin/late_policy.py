"""Cost of late work: an instructor's policy, as nbgrader_config.py sets it by `c.LatePolicy`.

nbgrader compares a submission's timestamp with the assignment's due date in the gradebook, both in UTC, adds an
extension that the gradebook knows, and asks its plugin what to take away, for each notebook of the submission.
Without a due date or without a timestamp nobody is late.

Days are those of the calendar in the due date's time zone: a day ends at the same local time, also
where clocks are changed in between.
"""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from zoneinfo import ZoneInfo

from nbgrader.plugins import BasePlugin
from traitlets import Bool, Dict, Float, TraitError, Unicode, validate

from proctor.gradebook.extensions import until

DAY = 24 * 60 * 60
ROUNDING = 1e-6
"""Seconds by which a number of whole days may be exceeded before another day has begun."""


class LatePolicy(BasePlugin):
    """Policy that takes a share of the points for each day that has begun, up to a cap, after minutes of grace."""

    per_day = Float(
        0.0, help="Share of the points, 0 to 1, that each day costs once it has begun.", config=True
    )
    cap = Float(1.0, help="The largest share of the points that lateness can cost, 0 to 1.", config=True)
    of_achievable = Bool(
        default_value=False,
        help="Whether shares are of all points that can be achieved; else of those that were earned.",
        config=True,
    )
    grace_minutes = Float(
        0.0,
        help="Minutes after the due date that cost nothing. Whoever is later than that is late from the due date on.",
        config=True,
    )
    timezone = Unicode(
        "UTC", help="The time zone of due dates, by whose days lateness is counted.", config=True
    )
    extensions = Dict(
        value_trait=Float(),
        key_trait=Unicode(),
        help="Days granted: {'student': 2.0}, or {'student/assignment': 7.0}, which goes before the former.",
        config=True,
    )
    course = Unicode(
        "", help="The course's folder, whose extensions.json grants time; see `proctor extend`.", config=True
    )

    @validate("timezone")
    def _a_zone(self, proposal: dict[str, object]) -> object:
        try:
            ZoneInfo(str(proposal["value"]))
        except (KeyError, ValueError, OSError):
            raise TraitError(
                f"LatePolicy.timezone is the name of a time zone, such as Europe/Berlin, not {proposal['value']!r}."
            ) from None
        return proposal["value"]

    @validate("per_day", "cap")
    def _a_share(self, proposal: dict[str, object]) -> object:
        value = proposal["value"]
        if not (isinstance(value, float) and 0 <= value <= 1):
            name = _name(proposal)
            raise TraitError(f"LatePolicy.{name} is a share, from 0 to 1 (0.1 is 10 %), not {value}.")
        return value

    @validate("grace_minutes", "extensions")
    def _not_negative(self, proposal: dict[str, object]) -> object:
        value, name = proposal["value"], _name(proposal)
        for number in value.values() if isinstance(value, dict) else [value]:
            if not 0 <= float(str(number)) < math.inf:
                raise TraitError(f"LatePolicy.{name} cannot be {number}: it gives time, 0 or more.")
        return value

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float | None:
        """Return the points to take away from a notebook, or None (called by AssignLatePenalties).

        Args:
            student_id: who handed in.
            score: the points of the notebook, those given by hand included.
            total_seconds_late: seconds after the due date; an extension in the gradebook is already considered.
        """
        step = self.parent
        assignment, gradebook = getattr(step, "assignment_id", ""), getattr(step, "gradebook", None)
        due = gradebook and gradebook.find_submission(assignment, student_id).duedate
        days = self.days_late(student_id, assignment, total_seconds_late, due)
        share = min(self.cap, days * self.per_day)
        if share <= 0:
            return None
        whole = score
        if self.of_achievable:
            place = (step.notebook_id, step.assignment_id, step.student_id)
            whole = float(step.gradebook.find_submission_notebook(*place).max_score)
        points = share * whole
        self.log.info("%s is %d days late: %g of %g points", student_id, days, -points, score)
        return round(max(0.0, min(points, score)), 6)

    def days_late(
        self, student_id: str, assignment_id: str, seconds: float, due: dt.datetime | None = None
    ) -> int:
        """Return the days that have begun since a student's own due date; 0 within the grace period.

        The due date is in UTC without a zone; without a due date each day has 24 hours.
        """
        always: float = self.extensions.get(student_id, 0.0)
        granted = dt.timedelta(days=self.extensions.get(f"{student_id}/{assignment_id}", always))
        zone = ZoneInfo("UTC" if due is None else self.timezone)
        begin = (due or dt.datetime(2000, 1, 1, tzinfo=dt.UTC)).replace(tzinfo=dt.UTC)
        handed_in = begin + dt.timedelta(seconds=seconds)
        last = begin.astimezone(zone).replace(tzinfo=None) + granted
        extended = until(Path(self.course), student_id, assignment_id) if self.course else None
        if extended is not None:
            last = max(last, extended.astimezone(zone).replace(tzinfo=None))
        if (handed_in - last.replace(tzinfo=zone)).total_seconds() <= self.grace_minutes * 60:
            return 0
        late = (handed_in.astimezone(zone).replace(tzinfo=None) - last).total_seconds()
        return max(1, math.ceil((late - ROUNDING) / DAY))


def _name(proposal: dict[str, object]) -> str:
    return str(getattr(proposal["trait"], "name", "?"))
