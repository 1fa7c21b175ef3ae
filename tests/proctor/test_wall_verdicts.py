"""The hidden tests give the same verdicts across the real wall as on classes of this process."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

TESTS = Path(__file__).resolve().parents[1]
ROOT = TESTS.parent
sys.path[:0] = [str(TESTS), str(TESTS / "specimens")]

import bank  # noqa: E402
import fairness  # noqa: E402
from bank import PARTS, Submission  # noqa: E402
from build import grade_id  # noqa: E402
from judging import CELLS, HIDDEN, judge  # noqa: E402

from proctor.grading import jailed_room  # noqa: E402
from proctor.judging import Judging, Snapshots  # noqa: E402
from proctor.kernel import StudentKernel  # noqa: E402
from proctor.listener import Listener, Peer  # noqa: E402
from proctor.run import Bounds, Exam, saved_files  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proctor.outcome import CellReport, Outcome

EVERYONE = {**bank.right_answers(), **bank.mistakes()}
KERNEL_LASTS = 25
"""Specimens for one kernel: each leaves a frozen copy's remains, and a jail has room for 64 processes."""
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


@contextmanager
def jailed(folder: Path) -> Iterator[Snapshots]:
    """Run a kernel in the jail."""
    with (
        jailed_room(folder, None) as room,
        Listener(room.socket) as listener,
        StudentKernel(room.manager, Bounds(), **room.launch) as running,
        Snapshots(running, listener, room.socket_inside) as snapshots,
    ):
        yield snapshots


def across_the_wall(
    submission: Submission, snapshots: Snapshots, cells: tuple[str, ...]
) -> dict[str, CellReport]:
    """Judge cells of a submission in the jailed kernel, after the student's own cells have run there."""
    snapshots.kernel.run("%reset -f")
    for cell in submission.notebook.cells:
        if cell.cell_type == "code" and (grade_id(cell) in PARTS or cell.get("id") not in GIVEN):
            assert not snapshots.kernel.run(cell.source).fatal
    frozen = snapshots.take()
    assert isinstance(frozen, Peer)
    judging = Judging(submission.notebook, saved_files(submission.notebook), Exam(HIDDEN), cells)
    assert judging.judge(dict.fromkeys(cells, frozen), snapshots, ())
    frozen.close()
    return judging.reports


def ends(reports: dict[str, CellReport]) -> Ends:
    """Return how each criterion ended."""
    return {name: {v.criterion: v.outcome for v in report.verdicts} for name, report in reports.items()}


GROUPS = [list(EVERYONE)[first : first + KERNEL_LASTS] for first in range(0, len(EVERYONE), KERNEL_LASTS)]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("names", GROUPS, ids=lambda names: f"{names[0]} to {names[-1]}")
def test_verdicts_are_the_same_across_the_wall(names: list[str], folder: Path) -> None:
    """Each criterion of the part that a specimen changes ends as it does on local classes."""
    differ = []
    with jailed(folder) as kernel:
        for specimen in (EVERYONE[name] for name in names):
            cells = CELLS[specimen.part] if isinstance(specimen, bank.Mistake) else tuple(HIDDEN)
            submission = specimen.submission()
            here = ends(fairness.quietly(submission, partial(judge, cells=cells)))
            if ends(across_the_wall(submission, kernel, cells)) != here:
                differ.append(specimen.name)
    assert differ == []
