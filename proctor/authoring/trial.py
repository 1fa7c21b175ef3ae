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
from proctor.errors import SolutionFails

if TYPE_CHECKING:
    from proctor.course import Exercise

PROCESS = "proctor.authoring.trial_process"
PLAN, ANSWER = "plan.json", "trial.json"


@dataclass
class Plan:
    """Plan of a trial.

    Attributes:
        notebook: in JSON.
        folder: where its cells run.
        tests: the folder of the hidden tests; "" if there are none.
        seed: of the hidden tests, as the course has it.
        solutions: where more is to be tried than the notebook itself, the sources of the solution cells, markers
            included, by grade_id.
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
        uncrossed: the criteria that fail, and pass where nothing has to cross the wall of a sandbox.
        seeds: the criteria that fail for another seed, by seed; None for a seed if the tests did not end.
        noticed: what made each criterion fail: a known mistake, or a change of the solution.
        stumbles: the criteria at which a mistake would stop the grading, and how the test ended there.
        tried: how many mistakes and mutants were tried.
        fault: why the hidden tests do not load; "" if they do.
    """

    judged: Judged = field(default_factory=Judged)
    uncrossed: list[str] = field(default_factory=list)
    seeds: dict[str, list[str] | None] = field(default_factory=dict)
    noticed: dict[str, str] = field(default_factory=dict)
    stumbles: dict[str, str] = field(default_factory=dict)
    tried: int = 0
    fault: str = ""

    def written(self) -> str:
        """Return it as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> Trial:
        """Return what :meth:`written` wrote."""
        data = json.loads(text)
        return cls(**{**data, "judged": Judged(**data["judged"])})


def try_solution(exercise: Exercise, master: Master, seed: int = 0, *, thorough: bool = False) -> Trial:
    """Run and judge the solution of a master notebook.

    Args:
        exercise: the exercise.
        master: one of its notebooks.
        seed: of the hidden tests.
        thorough: whether to try other seeds, known mistakes and mutants of the solution, too.

    Raises:
        SolutionFails: the cells have ended the process they ran in.
    """
    return _try(exercise, master, master.solved(), seed, master.solutions if thorough else {})


def try_release(exercise: Exercise, master: Master, seed: int = 0) -> Trial:
    """Run and judge the untouched release.

    Raises:
        SolutionFails: the cells have ended the process they ran in.
    """
    return _try(exercise, master, master.released(), seed, {})


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
