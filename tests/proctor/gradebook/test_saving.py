"""The gradebook's rows are those that stock nbgrader writes for the same grades."""

from __future__ import annotations

import datetime as dt
import shutil
from typing import TYPE_CHECKING, Any

import nbformat
import nbgrader.api
import pytest
from nbgrader.converters.autograde import Autograde as Stock
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import AssignLatePenalties, SaveAutoGrades
from nbgrader.utils import compute_checksum
from traitlets.config import Config, LoggingConfigurable

from proctor.criteria.outcome import CellReport, Outcome, Verdict
from proctor.errors import GraderError
from proctor.feedback.reports import show_report
from proctor.gradebook.book import open_book
from proctor.gradebook.database import open_gradebook
from proctor.gradebook.marks import marks_of
from proctor.gradebook.saving import GradedSubmission, save
from proctor.nbgrader_plugin.late_plugin import LatePlugin
from proctor.nbgrader_plugin.late_policy import LatePolicy
from proctor.submission.fingerprints import checksum
from tests.proctor.support import small_course

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EXERCISE = "mixed"
DUE = dt.datetime(2027, 1, 15, 22, 59)
KINDS: dict[str, dict[str, Any]] = {
    "answer": {"solution": True},
    "tested": {"grade": True, "points": 2.0, "locked": True},
    "halved": {"grade": True, "points": 1.0, "locked": True},
    "essay": {"solution": True, "grade": True, "points": 3.0},
    "essay_in_code": {"solution": True, "grade": True, "points": 1.0},
    "task": {"task": True, "points": 4.0},
}
IN_MARKDOWN = ("essay", "task")


def notebook(*, answered: bool, points: dict[str, float]) -> Any:
    """Make a graded notebook with a cell of each kind: its answers, and the points of its hidden tests."""
    cells = []
    for name, kind in KINDS.items():
        new = nbformat.v4.new_markdown_cell if name in IN_MARKDOWN else nbformat.v4.new_code_cell
        data = {"grade_id": name, "schema_version": 3, "solution": False, "grade": False, "locked": False}
        cell = new(f"# {name}", metadata={"nbgrader": {**data, "task": False, **kind}}, id=name)
        cell.metadata.nbgrader["checksum"] = compute_checksum(cell)
        if answered and kind.get("solution"):
            cell.source += "\nan answer"
        if name in points:
            lost = float(kind["points"]) - points[name]
            passed = Verdict("test_a", "This is right.", Outcome.PASSED, points[name])
            failed = Verdict("test_b", "This is wrong.", Outcome.FAILED, lost)
            show_report(cell, CellReport(name, name, (passed, failed)))
        cells.append(cell)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a course whose gradebook knows the exercise; making one takes a second."""
    course = tmp_path_factory.mktemp("template") / "course"
    (course / "source" / EXERCISE).mkdir(parents=True)
    with open_gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        book.add_assignment(EXERCISE, duedate=DUE)
        book.add_notebook(EXERCISE, EXERCISE)
        place = (EXERCISE, EXERCISE)
        for name, kind in KINDS.items():
            sort = "markdown" if name in IN_MARKDOWN else "code"
            if kind.get("task"):
                book.add_task_cell(name, *place, max_score=kind["points"], cell_type=sort)
            if kind.get("grade"):
                book.add_grade_cell(name, *place, max_score=kind["points"], cell_type=sort)
            if kind.get("solution"):
                book.add_solution_cell(name, *place)
    return course


def config(course: Path) -> Config:
    """Return the settings of a course in which late work costs something."""
    settings = Config({"CourseDirectory": {"root": str(course), "assignment_id": EXERCISE}})
    settings.AssignLatePenalties.plugin_class = LatePolicy
    settings.LatePolicy.per_day = 0.1
    settings.CourseDirectory.course_id = "default_course"
    return settings


def save_as_stock(course: Path, graded: Any, handed_in: str) -> None:
    """Let stock nbgrader's Autograde save a graded notebook, which it neither changes nor runs."""
    folder = course / "submitted" / "ada" / EXERCISE
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(graded, folder / f"{EXERCISE}.ipynb")
    (folder / "timestamp.txt").unlink(missing_ok=True)
    if handed_in:
        (folder / "timestamp.txt").write_text(handed_in)
    settings = config(course)
    settings.Autograde.sanitize_preprocessors = []
    settings.Autograde.autograde_preprocessors = [SaveAutoGrades, AssignLatePenalties]
    stock = Stock(coursedir=CourseDirectory(config=settings), config=settings)
    stock.force = True
    stock.start()


def save_as_ours(course: Path, graded: Any, handed_in: str) -> None:
    """Save the same with our own code."""
    time = nbgrader.utils.parse_utc(handed_in) if handed_in else None
    rule = LatePlugin(LoggingConfigurable(config=config(course)))
    with open_book(f"sqlite:///{course / 'gradebook.db'}", "default_course") as book:
        save(book, GradedSubmission(EXERCISE, "ada", {EXERCISE: marks_of(graded)}, time), rule)


def review(course: Path) -> None:
    """Do what a person does in formgrader: a manual score, extra credit, a comment, and another due date."""
    with open_gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        place = (EXERCISE, EXERCISE, "ada")
        for name, score in (("tested", 1.5), ("essay", 2.0), ("task", 4.0)):
            grade = book.find_grade(name, *place)
            grade.manual_score, grade.needs_manual_grade = score, False
        book.find_grade("halved", *place).extra_credit = 0.5
        book.find_comment("answer", *place).manual_comment = "Well done."
        book.grant_extension(EXERCISE, "ada", days=1)
        book.db.commit()


SCENARIOS: dict[str, list[Any]] = {
    "new": [({"tested": 2.0, "halved": 0.5}, True, "")],
    "untouched": [({"tested": 0.0, "halved": 0.0}, False, "")],
    "in time": [({"tested": 2.0, "halved": 1.0}, True, "2027-01-15 20:00 UTC")],
    "late": [({"tested": 2.0, "halved": 1.0}, True, "2027-01-17 10:00 UTC")],
    "again, better": [
        ({"tested": 0.0, "halved": 0.0}, False, "2027-01-14 10:00 UTC"),
        ({"tested": 2.0, "halved": 1.0}, True, "2027-01-17 10:00 UTC"),
    ],
    "again, without a time": [
        ({"tested": 1.0, "halved": 0.0}, True, "2027-01-17 10:00 UTC"),
        ({"tested": 2.0, "halved": 1.0}, True, ""),
    ],
    "reviewed, then again": [
        ({"tested": 1.0, "halved": 0.0}, True, "2027-01-17 10:00 UTC"),
        review,
        ({"tested": 2.0, "halved": 1.0}, False, "2027-01-18 10:00 UTC"),
    ],
}


def rows(course: Path) -> dict[str, Any]:
    """Read all rows about submissions, and what nbgrader makes of them."""
    with open_gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        one = book.find_submission(EXERCISE, "ada")
        names = ("score", "max_score", "written_score", "task_score", "needs_manual_grade")
        names = (*names, "late_submission_penalty", "total_seconds_late")
        return {**small_course.rows(course), "made of them": {name: getattr(one, name) for name in names}}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_rows_are_those_of_stock_nbgrader(
    template: Path, tmp_path: Path, scenario: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """New, again, late, reviewed: grades, comments, times, penalties and what waits for a person are the same."""
    found = {}
    savers: dict[str, Callable[..., None]] = {"stock": save_as_stock, "ours": save_as_ours}
    for name, saver in savers.items():
        course = shutil.copytree(template, tmp_path / name)
        monkeypatch.chdir(course)
        for step in SCENARIOS[scenario]:
            if callable(step):
                step(course)
            else:
                points, answered, handed_in = step
                saver(course, notebook(answered=answered, points=points), handed_in)
        found[name] = rows(course)
    assert found["ours"] == found["stock"]


def test_a_decided_score_stays_decided(template: Path, tmp_path: Path) -> None:
    """A reviewed score whose automatic one is the same needs no new review; nbgrader asks for one each time."""
    course = shutil.copytree(template, tmp_path / "course")
    graded = notebook(answered=True, points={"tested": 1.0, "halved": 0.0})
    save_as_ours(course, graded, "")
    review(course)
    save_as_ours(course, graded, "")
    assert [row for row in small_course.rows(course)["grades"] if row[1] == "tested"] == [
        ("ada", "tested", 1.0, 1.5, None, 0)
    ]


def test_a_checksum_is_nbgraders() -> None:
    """The checksum of each kind of cell is what nbgrader computes."""
    for cell in notebook(answered=True, points={}).cells:
        assert checksum(cell) == compute_checksum(cell)


def test_a_graded_code_cell_without_a_verdict_is_an_error() -> None:
    """No points for a cell that was not judged, where nbgrader gives all of them."""
    with pytest.raises(GraderError, match="'halved' has no verdict"):
        marks_of(notebook(answered=True, points={"tested": 2.0}))


def test_a_failed_save_leaves_nothing(template: Path, tmp_path: Path) -> None:
    """A cell that the gradebook does not know is an error, and no row of the submission is left."""
    course = shutil.copytree(template, tmp_path / "course")
    graded = notebook(answered=True, points={"tested": 2.0, "halved": 1.0})
    graded.cells[3].metadata.nbgrader["grade_id"] = "unknown"
    with pytest.raises(GraderError, match="does not know the cell 'unknown'"):
        save_as_ours(course, graded, "")
    assert not any(small_course.rows(course).values())
