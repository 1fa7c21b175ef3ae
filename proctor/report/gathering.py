"""Reading of a graded class: its scores, reports and code, from the gradebook and the graded notebooks alone.

Both are only read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import nbformat

from proctor.course import Exercise
from proctor.errors import NothingToReport, UnreadableError
from proctor.feedback.reports import reports_of
from proctor.report.class_scores import StudentScores, read_scores
from proctor.submission import record
from proctor.submission.reading import json_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from nbgrader.coursedir import CourseDirectory

    from proctor.criteria.outcome import CellReport, Verdict

MAX_FILES = 40
MAX_FILE = 200_000
MAX_CODE = 1_000_000
"""Characters of a submission's code that are compared with others'; nobody writes as much by hand."""


@dataclass(frozen=True)
class Source:
    """Code that a student wrote: where it stands, in words, and the text."""

    where: str
    text: str


@dataclass(frozen=True)
class Submission:
    """A submission: its scores, the reports on its cells, its code, and the notes from grading."""

    student: str
    scores: StudentScores
    reports: Mapping[str, CellReport]
    sources: tuple[Source, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    team: str = ""

    @property
    def verdicts(self) -> list[tuple[str, Verdict]]:
        """Each verdict, with the graded cell that it is on."""
        return [(cell, each) for cell, report in self.reports.items() for each in report.verdicts]


@dataclass(frozen=True)
class Classroom:
    """A graded class: the points of each graded cell, in the order of the notebook, and the submissions.

    Students got the notebooks of the release, by name, and the given code. So many of the gradebook's were absent: they
    handed in nothing. The troubles are what does not fit together, in words, by student.
    """

    assignment: str
    worth: Mapping[str, float]
    submissions: tuple[Submission, ...]
    release: Mapping[str, Any] = field(default_factory=dict)
    given: tuple[str, ...] = ()
    absent: int = 0
    troubles: tuple[tuple[str, str], ...] = ()

    @property
    def full(self) -> float:
        """The points that can be achieved."""
        return sum(self.worth.values())


def gather(course: CourseDirectory, assignment: str) -> Classroom:
    """Read a graded class.

    Raises:
        NothingToReport: nothing of it was graded yet.
    """
    exercise = Exercise(assignment, course)
    paths = sorted(exercise.released.glob("*.ipynb"))
    release = {path.stem: nbformat.read(path, as_version=4) for path in paths}
    given = tuple(_given(exercise.released, release))
    worth, scores, students = read_scores(course.db_url, assignment)
    worth = _ordered(worth, release)
    teams = record.teams(exercise.root, assignment)
    submissions, troubles = [], []
    for student in sorted(scores):
        try:
            read = _graded(exercise.graded(student), set(given))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, UnreadableError) as error:
            troubles.append((student, f"the graded notebook cannot be read ({type(error).__name__})"))
            continue
        if read is None:
            troubles.append((student, "in the gradebook, but there is no graded notebook"))
        elif set(read[0]) - set(worth):
            troubles.append((student, "graded cells that the gradebook does not know; grade again"))
        else:
            submissions.append(Submission(student, scores[student], *read, team=teams.get(student, "")))
    if not submissions:
        where = exercise.graded("*")
        raise NothingToReport(
            f"Nothing was graded yet: no graded notebook in {where}. First grade {assignment}."
        )
    absent = max(0, students - len(scores))
    return Classroom(assignment, worth, tuple(submissions), release, given, absent, tuple(troubles))


def _given(folder: Path, release: Mapping[str, Any]) -> Iterator[str]:
    """Yield the code that students got: cells and files."""
    for notebook in release.values():
        yield from (cell.source for cell in notebook.cells if cell.cell_type == "code")
    for path in sorted(folder.rglob("*.py")):
        yield path.read_text(encoding="utf-8")


def _ordered(worth: Mapping[str, float], release: Mapping[str, Any]) -> dict[str, float]:
    """Put the graded cells in the order of the notebook; those that it does not have come last."""
    names = [
        cell.metadata.nbgrader.grade_id
        for notebook in release.values()
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade")
    ]
    return {name: float(worth[name]) for name in [*names, *sorted(set(worth) - set(names))] if name in worth}


def _graded(
    folder: Path, given: set[str]
) -> tuple[dict[str, CellReport], tuple[Source, ...], dict[str, Any]] | None:
    """Read a student's graded notebooks; None if there are none."""
    reports: dict[str, CellReport] = {}
    sources: list[Source] = []
    facts: dict[str, Any] = {}
    for path in (paths := sorted(folder.glob("*.ipynb"))):
        # Not nbformat.read: it checks each notebook against a schema, which takes longer than all else here.
        notebook = json_of(path.read_bytes(), path.name)
        cells = [cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("grade")]
        reports |= reports_of(nbformat.from_dict({"cells": cells}))
        sources += _cells(notebook, given)
        facts |= notebook["metadata"].get("proctor", {})
    sources += _files(folder, given)
    return (reports, tuple(_first(sources)), facts) if paths else None


def _first(sources: list[Source]) -> Iterator[Source]:
    """Yield sources up to MAX_CODE characters in all."""
    left = MAX_CODE
    for source in sources:
        yield Source(source.where, source.text[:left])
        left -= len(source.text)
        if left <= 0:
            return


def _cells(notebook: dict[str, Any], given: set[str]) -> Iterator[Source]:
    """Yield the code cells of a graded notebook that are not as they were handed out."""
    for number, cell in enumerate(notebook["cells"], 1):
        text = "".join(cell["source"])
        if cell["cell_type"] == "code" and text not in given:
            name = cell["metadata"].get("nbgrader", {}).get("grade_id")
            yield Source(f"cell {name}" if name else f"cell number {number}", text)


def _files(folder: Path, given: set[str]) -> Iterator[Source]:
    """Yield the Python files beside a graded notebook that students did not get."""
    for path in sorted(folder.rglob("*.py"))[:MAX_FILES]:
        if path.is_file() and not path.is_symlink() and path.stat().st_size <= MAX_FILE:
            text = path.read_text(encoding="utf-8", errors="replace")
            if text not in given:
                yield Source(path.relative_to(folder).as_posix(), text)
