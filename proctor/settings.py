"""What an instructor can set about grading, in `nbgrader_config.py`, as `c.Grading.<name>`."""

from __future__ import annotations

from traitlets import Float, Int
from traitlets.config import Configurable

from proctor.clock import Allowance
from proctor.run import Bounds


class Grading(Configurable):
    """The limits of one submission: seconds of the student's own CPU time, and bytes.

    What sleeps or waits uses no CPU time: it may take `patience` times as long on the clock.
    """

    start_seconds = Float(60, config=True, help="CPU time in which a kernel has to be ready.")
    cell_seconds = Float(20, config=True, help="CPU time of one of the student's cells.")
    call_seconds = Float(10, config=True, help="CPU time of one call of a method by a hidden test.")
    graded_cell_seconds = Float(20, config=True, help="CPU time for all the calls of one graded cell.")
    submission_seconds = Float(150, config=True, help="CPU time of all of a submission's cells together.")
    patience = Float(6, config=True, help="Seconds on the clock that each of these seconds may take.")
    cell_output = Int(2_000_000, config=True, help="Bytes of output of one cell; more is left out.")
    seed = Int(
        0, config=True, help="Seed of the hidden tests' random inputs: another one for each course and term."
    )
    restarts = Int(20, config=True, help="How often a submission may take its kernel down.")

    def bounds(self, output: int) -> Bounds:
        """Return the limits in force.

        Args:
            output: bytes of output of all cells together.
        """
        return Bounds(
            start=self._allowance(self.start_seconds),
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
