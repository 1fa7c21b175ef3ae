"""Settings of grading, in `nbgrader_config.py`, as `c.Grading.<name>`."""

from __future__ import annotations

from traitlets import Bool, Float, Int, Unicode, default
from traitlets.config import Configurable

from proctor.session.clock import Allowance, Bounds

START = 10.0
"""Seconds that a new session takes at most, where the first one could be started."""

UNSET = Bounds()
"""The limits where nothing is set."""
CELL, SUBMISSION = UNSET.cell.cpu, UNSET.submission.cpu


class Grading(Configurable):
    """The limits of one submission: seconds of the student's own CPU time, and bytes.

    What sleeps or waits uses no CPU time: it may take `patience` times as long on the clock.
    """

    cell_seconds = Float(
        config=True,
        help=f"CPU time of one of the student's cells [default: nbgrader's Execute.timeout if set, else {CELL:g}].",
    )
    call_seconds = Float(
        UNSET.call.cpu, config=True, help="CPU time of one call of a method by a hidden test."
    )
    graded_cell_seconds = Float(
        UNSET.graded_cell.cpu, config=True, help="CPU time for all the calls of one graded cell."
    )
    submission_seconds = Float(
        config=True,
        help=f"CPU time of all of a submission's cells together [default: {SUBMISSION / CELL:g} times that of one].",
    )
    patience = Float(
        UNSET.cell.wall / UNSET.cell.cpu,
        config=True,
        help="Seconds on the clock that each of these seconds may take.",
    )
    cell_output = Int(UNSET.cell_output, config=True, help="Bytes of output of one cell; more is left out.")
    skip_demonstrations = Bool(
        default_value=True,
        config=True,
        help="Whether cells that only show something (tag `demonstration` in the release) are left out when "
        "grading, as long as the student has not changed them.",
    )
    seed = Int(
        0, config=True, help="Seed of the hidden tests' random inputs: another one for each course and term."
    )
    tests_directory = Unicode("tests", config=True, help="Folder of the hidden tests, below the course.")
    restarts = Int(
        UNSET.restarts, config=True, help="How often a submission may end its process, and is run again."
    )

    @default("cell_seconds")
    def _seconds_of_stock(self) -> float:
        """Return the limit that a course has set for nbgrader's own step, which has no limit where it is None."""
        timeout = self.config.Execute.get("timeout")
        try:
            seconds = float(timeout)
        except (TypeError, ValueError):
            return CELL
        return seconds if seconds > 0 else CELL

    @default("submission_seconds")
    def _seconds_of_all(self) -> float:
        return max(SUBMISSION, self.cell_seconds * SUBMISSION / CELL)

    def longest(self, cells: int) -> float:
        """Return the seconds on the clock after which a submission must have ended.

        The sum of all that it may take, twice, since one whose process died is run again: who takes longer holds
        the worker by other means than time.

        Args:
            cells: how many graded cells there are.
        """
        cpu = (1 + self.restarts) * START + self.submission_seconds + cells * self.graded_cell_seconds
        return 2 * cpu * self.patience

    def bounds(self, output: int) -> Bounds:
        """Return the limits in force.

        Args:
            output: bytes of output of all cells together.
        """
        return Bounds(
            cell=self._allowance(self.cell_seconds),
            call=self._allowance(self.call_seconds),
            graded_cell=self._allowance(self.graded_cell_seconds),
            submission=self._allowance(self.submission_seconds),
            cell_output=self.cell_output,
            output=output,
            restarts=self.restarts,
        )

    def _allowance(self, cpu: float) -> Allowance:
        return Allowance(cpu, cpu * self.patience)
