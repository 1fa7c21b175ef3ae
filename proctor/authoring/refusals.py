"""Refusals to release an exercise: missing files, and a solution that does not earn its points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from proctor.authoring.named_files import missing_files
from proctor.authoring.trial import Trial, try_solution
from proctor.criteria.outcome import CellReport, Outcome
from proctor.errors import SolutionFails, UserError

if TYPE_CHECKING:
    from proctor.authoring.master import Master
    from proctor.course import Exercise

UNEQUAL = "The cell is worth {points:g} points, its criteria {worth:g}. They must agree."


def refuse_missing_files(master: Master, exercise: Exercise) -> None:
    """Refuse a notebook that names files which are not there.

    Raises:
        UserError: says which, and where they were looked for.
    """
    if lost := missing_files(master.notebook, exercise):
        raise UserError(f"{master.path}: {'; '.join(lost)}.")


def require_full_points(exercise: Exercise, master: Master, seed: int = 0) -> None:
    """Run the solution, and have it judged by its hidden tests and assertions.

    Raises:
        SolutionFails: it does not earn all of its points; says which, and why.
    """
    if not master.graded or not master.is_python:
        return
    trial = try_solution(exercise, master, seed)
    if trial.fault:
        raise SolutionFails(trial.fault)
    if lost := list(losses(trial).values()):
        raise SolutionFails(f"{master.path}: the solution does not earn its points. {' '.join(lost)}")
    for name, data in trial.judged.reports.items():
        points, worth = points_of(master.graded[name]), CellReport.from_dict(data).worth
        if worth != points:
            raise SolutionFails(f"{master.path}: {name}: {UNEQUAL.format(points=points, worth=worth)}")


def points_of(cell: Any) -> float:
    """Return the points of a graded cell."""
    return float(cell.metadata.nbgrader.get("points", 0))


def losses(trial: Trial) -> dict[str, str]:
    """Return for each graded cell that does not earn its points a sentence that says why; "" for the tests."""
    if trial.fault:
        return {"": f"{trial.fault.rstrip('.')}."}
    judged = trial.judged
    said = {name: f"{fault.rstrip('.')}.{_wall(trial, name)}" for name, (_, fault) in judged.faults.items()}
    for name, data in judged.reports.items():
        report = CellReport.from_dict(data)
        if report.points == report.worth:
            continue
        first = next(verdict for verdict in report.verdicts if verdict.outcome is not Outcome.PASSED)
        why = "; ".join(" ".join(line.split()) for line in first.hint.splitlines()) or first.outcome.value
        points = (
            f"{name}: {report.points:g} of {report.worth:g} points, as this does not pass: “{first.sentence}”"
        )
        said[name] = f"{points} ({why.rstrip('.')}).{_wall(trial, name)}"
    if said and judged.raised:
        cells = "; ".join(f"{name}: {error}" for name, error in judged.raised.items())
        said["raised"] = f"Before that, cells raised errors: {cells}."
    return said


def _wall(trial: Trial, grade_id: str) -> str:
    """Return what a test is told that only the wall of the sandbox lets fail, or ""."""
    if not any(name.rpartition(".")[0] == grade_id for name in trial.uncrossed):
        return ""
    said = (
        ""
        if grade_id in trial.judged.faults
        else " The test uses something that cannot cross to the sandbox."
    )
    return f"{said} docs/writing-tests.md says what can cross."
