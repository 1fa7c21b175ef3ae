"""Graded cells that hold their own tests, as in any nbgrader course: assertions, or a last line that gives points.

Such a cell is run where it stands, like all the others: in nbgrader and in the student's own Jupyter, later cells may
use what it defines or changes. What it earns follows nbgrader's rules, but for what is mended: text on stderr costs
nothing, an error costs all points wherever it is shown, and partial credit is the last number, also one of NumPy's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from proctor.criteria.outcome import CellReport, Check, Outcome, Verdict
from proctor.errors import GraderError
from proctor.feedback.card import number
from proctor.grading.own_tests import lines_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbformat import NotebookNode

    from proctor.criteria import StudentError
    from proctor.session.session import Execution

CRITERION = "cell"
SENTENCE = "The tests in this cell run without an error."
ENDED = {
    Outcome.TIME: "The time limit was reached. Which loop may never end?",
    Outcome.DIED: "Your code ended the process it ran in{cause}.",
    Outcome.MEMORY: "Your code needed more memory than there is.",
}
NOT_SHOWN = "A test failed that is not shown."

_SCALAR = re.compile(r"np\.(?:float|u?int)\d+\((.+)\)")
"""Form in which NumPy shows a number of its own."""


@dataclass(frozen=True)
class CellTests:
    """A graded cell with tests of its own.

    Attributes:
        grade_id: which cell.
        worth: the points it can earn.
        source: what is run: the cell as the gradebook keeps it, with the hidden tests.
        hidden: the lines of it that students do not see.
    """

    grade_id: str
    worth: float
    source: str
    hidden: frozenset[str] = frozenset()

    @classmethod
    def of(cls, grade_id: str, worth: float, source: str, shown: str) -> CellTests:
        """Return the tests of a cell, given its source and what of it students see."""
        return cls(grade_id, worth, source, lines_of(source) - lines_of(shown))

    def report(self, execution: Execution) -> CellReport:
        """Report what the cell has earned when it was run.

        Raises:
            GraderError: its last number is more than the cell's points, or none.
        """
        if execution.ended is not None:
            outcome = Outcome.MEMORY if execution.cause == "memory limit" else execution.ended
            cause = f" ({execution.cause})" if execution.cause else ""
            return self.undecided(outcome, ENDED[outcome].format(cause=cause))
        if execution.raised is not None:
            return self._failed(execution.raised)
        errors = [output for output in execution.outputs if output.output_type == "error"]
        if errors:
            return self.undecided(Outcome.ERROR, f"{errors[0].ename}: {errors[0].evalue}"[:300])
        return self._earned(_last_number(execution.outputs))

    def undecided(self, outcome: Outcome, hint: str, check: Check | None = None) -> CellReport:
        """Report that the cell earned nothing, and why."""
        return self._report(Verdict(CRITERION, SENTENCE, outcome, self.worth, check, hint))

    def _failed(self, error: StudentError) -> CellReport:
        lines = [line for line in error.where.splitlines() if not self._is_hidden(line)]
        shown = [line.removeprefix("<module>, ") for line in lines]
        if error.kind != "AssertionError":
            hint = "\n".join([f"The tests ended with {error.says}", *shown])
            return self.undecided(error.outcome, hint, Check.RUNS)
        said = f"A test failed: {error.text}" if error.text else "A test failed." if shown else NOT_SHOWN
        return self.undecided(Outcome.FAILED, "\n".join([said, *shown]))

    def _is_hidden(self, line: str) -> bool:
        """Return whether a line of a traceback shows a hidden test; long ones are cut there."""
        code = line.partition(": ")[2].strip()
        return bool(code) and any(hidden.startswith(code) for hidden in self.hidden)

    def _earned(self, points: float | None) -> CellReport:
        """Report full points, or those of the cell's last number."""
        if points is None or points == self.worth:
            return self._report(Verdict(CRITERION, SENTENCE, Outcome.PASSED, self.worth))
        if not points < self.worth:
            raise GraderError(
                f"{self.grade_id}: the cell's last line gave {points:g} points, and it is worth {self.worth:g}."
            )
        points = max(0.0, points)
        hint = f"The tests in this cell gave {number(points)} of {number(self.worth)} points."
        return self._report(
            Verdict(CRITERION, SENTENCE, Outcome.FAILED, self.worth, hint=hint, earned=points)
        )

    def _report(self, verdict: Verdict) -> CellReport:
        return CellReport(self.grade_id, self.grade_id.replace("_", " "), (verdict,), inside=True)


def _last_number(outputs: Sequence[NotebookNode]) -> float | None:
    """Return the last result of a cell as a number; None if there is none, or it is something else."""
    results = [output.data.get("text/plain") for output in outputs if output.output_type == "execute_result"]
    if not results:
        return None
    text = _text(results[-1])
    scalar = _SCALAR.fullmatch(text)
    try:
        return float(scalar[1] if scalar else text)
    except ValueError:
        return None


def _text(plain: Any) -> str:
    """Return a text as the notebook format may keep it, whole or in lines."""
    return ("".join(plain) if isinstance(plain, list) else str(plain)).strip()
