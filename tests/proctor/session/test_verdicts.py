"""The hidden tests give the same verdicts across a real sandbox as on classes of this process."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from proctor.grading.execute import saved_body
from proctor.grading.judge_cells import Exam, Judging
from proctor.sandbox.settings import Sandbox
from proctor.session.clock import Bounds
from proctor.session.session import Session
from tests.exercise4.mistakes import PARTS, Mistake, grade_id, mistakes
from tests.proctor.support.judging import CELLS, HIDDEN, judge, quietly
from tests.proctor.support.thinning import thinned
from tests.specimens.bank import right_answers, submission_of
from tests.specimens.build import Submission

if TYPE_CHECKING:
    from proctor.criteria.outcome import CellReport, Outcome

TESTS = Path(__file__).resolve().parents[2]
ROOT = TESTS.parent

EVERYONE = thinned({**right_answers(), **mistakes()}, 24)
SESSION_LASTS = 25
"""Specimens for one session, whose limits on time and output they share."""
GIVEN = {cell.id for cell in Submission.release().notebook.cells} - set(PARTS)
Ends = dict[str, dict[str, "Outcome"]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay out what a student has."""
    folder = tmp_path_factory.mktemp("folder")
    Submission.release().write(folder)
    for path in (ROOT / "release" / "exercise4" / "src").rglob("*.py"):
        target = folder / path.relative_to(ROOT / "release" / "exercise4")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    return folder


def across(submission: Submission, session: Session, cells: tuple[str, ...]) -> dict[str, CellReport]:
    """Judge cells of a submission in a sandbox, after the student's own cells have run there."""
    session.run("%reset -f")
    exam = Exam(HIDDEN)
    for cell in submission.notebook.cells:
        if cell.cell_type == "code" and (grade_id(cell) in PARTS or cell.get("id") not in GIVEN):
            assert not session.run(cell.source, saved_body(cell.source), exam.needs).fatal
    judging = Judging(exam, cells)
    assert all(judging.judge(cell, session) for cell in cells)
    judging.leave_place()
    return judging.reports


def ends(reports: dict[str, CellReport]) -> Ends:
    """Return how each criterion ended."""
    return {name: {v.criterion: v.outcome for v in report.verdicts} for name, report in reports.items()}


GROUPS = [list(EVERYONE)[first : first + SESSION_LASTS] for first in range(0, len(EVERYONE), SESSION_LASTS)]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("names", GROUPS, ids=lambda names: f"{names[0]} to {names[-1]}")
def test_verdicts_are_the_same_across_the_sandbox(names: list[str], folder: Path) -> None:
    """Each criterion of the part that a specimen changes ends as it does on local classes."""
    differ = []
    with Session(folder, Sandbox(), Bounds()) as session:
        for specimen in (EVERYONE[name] for name in names):
            cells = CELLS[specimen.part] if isinstance(specimen, Mistake) else tuple(HIDDEN)
            submission = submission_of(specimen)
            here = ends(quietly(submission, partial(judge, cells=cells)))
            if ends(across(submission, session, cells)) != here:
                differ.append(specimen.name)
    assert differ == []
