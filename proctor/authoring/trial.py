"""A trial of an exercise: what its hidden tests say of a notebook of the course's own, and of mutants of it.

The cells run in a process of their own (:mod:`proctor.authoring.trial_process`), so that neither nbgrader nor a notebook
server gets anything to see of them. It is the course's own code, so it needs no sandbox.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat

from proctor.authoring.live_notebook import Judged
from proctor.authoring.master import Master, copy_files
from proctor.criteria.outcome import CellReport, Outcome
from proctor.errors import SolutionFails

if TYPE_CHECKING:
    from proctor.course import Exercise

PROCESS = "proctor.authoring.trial_process"
PLAN, ANSWER = "plan.json", "trial.json"
CANNOT_CROSS = " The test uses something that cannot cross to the sandbox."
UNEQUAL = "The cell is worth {points:g} points, its criteria {worth:g}. They must agree."


@dataclass
class Plan:
    """Plan of a trial: a notebook in JSON, run in a folder, the folder of the hidden tests ("" for none), and the seed.

    Where more is to be tried than the notebook itself, there are the sources of the solution cells, markers included.
    """

    notebook: str
    folder: str
    tests: str
    seed: int
    solutions: dict[str, str] = field(default_factory=dict)


@dataclass
class Trial:
    """Result of a trial. A criterion is named by its cell's grade_id and its own name.

    Attributes:
        judged: what was said of the notebook.
        uncrossed: the criteria that fail, and pass where nothing has to cross into a sandbox.
        seeds: the criteria that fail for another seed, by seed; None for a seed if the tests did not end.
        noticed: what made each criterion fail: a known mistake, or a change of the solution.
        test_errors: the criteria at which a mistake would stop the grading, and how the test ended there.
        tried: how many mistakes and mutants were tried.
        fault: why the hidden tests do not load; "" if they do.
    """

    judged: Judged = field(default_factory=Judged)
    uncrossed: list[str] = field(default_factory=list)
    seeds: dict[str, list[str] | None] = field(default_factory=dict)
    noticed: dict[str, str] = field(default_factory=dict)
    test_errors: dict[str, str] = field(default_factory=dict)
    tried: int = 0
    fault: str = ""

    def written(self) -> str:
        """Return it as JSON."""
        data = asdict(self)
        data["judged"]["reports"] = {name: each.as_dict() for name, each in self.judged.reports.items()}
        return json.dumps(data)

    @classmethod
    def read(cls, text: str) -> Trial:
        """Return what :meth:`written` wrote."""
        data = json.loads(text)
        judged = Judged(**data["judged"])
        judged.reports = {
            name: CellReport.from_dict(each) for name, each in data["judged"]["reports"].items()
        }
        return cls(**{**data, "judged": judged})

    def losses(self) -> dict[str, str]:
        """Return for each graded cell that does not earn its points a sentence that says why; "" for the tests."""
        if self.fault:
            return {"": f"{self.fault.rstrip('.')}."}
        judged = self.judged
        said = {
            name: f"{fault.rstrip('.')}.{self._crossing(name)}" for name, (_, fault) in judged.faults.items()
        }
        for name, report in judged.reports.items():
            if report.points == report.worth:
                continue
            first = next(verdict for verdict in report.verdicts if verdict.outcome is not Outcome.PASSED)
            lines = [" ".join(line.split()) for line in first.hint.splitlines()]
            why = ("; ".join(lines) or first.outcome.value).rstrip(".")
            points = f"{report.points:g} of {report.worth:g} points"
            said[name] = (
                f"{name}: {points}, as this does not pass: “{first.sentence}” ({why}).{self._crossing(name)}"
            )
        if said and judged.raised:
            cells = "; ".join(f"{name}: {error}" for name, error in judged.raised.items())
            said["raised"] = f"Before that, cells raised errors: {cells}."
        return said

    def _crossing(self, grade_id: str) -> str:
        """Return what a test is told that only fails because something cannot cross into a sandbox, or ""."""
        if not any(name.rpartition(".")[0] == grade_id for name in self.uncrossed):
            return ""
        said = "" if grade_id in self.judged.faults else CANNOT_CROSS  # which a fault says itself
        return f"{said} docs/writing-tests.md says what can cross."


def try_solution(exercise: Exercise, master: Master, seed: int = 0, *, thorough: bool = False) -> Trial:
    """Run and judge the solution of a master notebook; thoroughly with other seeds, known mistakes and mutants, too.

    Raises:
        SolutionFails: the cells have ended the process they ran in.
    """
    return _try(exercise, master, master.solved(), seed, master.solutions if thorough else {})


def try_release(exercise: Exercise, master: Master, seed: int = 0) -> Trial:
    """Run and judge the untouched release."""
    return _try(exercise, master, master.released(), seed, {})


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
    if lost := list(trial.losses().values()):
        raise SolutionFails(f"{master.path}: the solution does not earn its points. {' '.join(lost)}")
    for name, report in trial.judged.reports.items():
        if (points := points_of(master.graded[name])) != report.worth:
            raise SolutionFails(f"{master.path}: {name}: {UNEQUAL.format(points=points, worth=report.worth)}")


def points_of(cell: Any) -> float:
    """Return the points of a graded cell."""
    return float(cell.metadata.nbgrader.get("points", 0))


def _try(exercise: Exercise, master: Master, notebook: Any, seed: int, solutions: dict[str, str]) -> Trial:
    with tempfile.TemporaryDirectory(prefix="trial-") as name:
        scratch = Path(name)
        folder = copy_files(exercise, scratch / exercise.name)
        tests = str(exercise.tests) if exercise.has_tests else ""
        plan = Plan(nbformat.writes(notebook), str(folder), tests, seed, solutions)
        (scratch / PLAN).write_text(json.dumps(asdict(plan)), encoding="utf-8")
        said = _run_process(scratch)
        answer = scratch / ANSWER
        if not answer.exists():
            raise SolutionFails(f"{master.path}: running its cells ended the process. {said}".strip())
        return Trial.read(answer.read_text("utf-8"))


def _run_process(scratch: Path) -> str:
    """Run the process of a trial; return the last line that it said."""
    own = {
        "IPYTHONDIR": str(scratch / "ipython"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYTHONDONTWRITEBYTECODE": "1",  # nothing is written beside the hidden tests
    }
    done = subprocess.run(  # noqa: S603  - ourselves
        [sys.executable, "-m", PROCESS, str(scratch / PLAN)], env={**os.environ, **own}, cwd=scratch, check=False,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    return (done.stderr.decode("utf-8", "replace").strip().splitlines() or [""])[-1][:300]
