"""A comment that was written once is offered to all who made the same mistake, given, and taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbgrader.api import Comment, Gradebook

from proctor.cli.main import main
from proctor.course import Exercise, exercise_of
from proctor.lms import comments
from proctor.lms.results import gradebook_of
from proctor.submission.answered_cells import answered_in
from tests.proctor.support.classrooms import POPULAR, Made, build, named

if TYPE_CHECKING:
    from pathlib import Path

EXERCISE = "exercise4"
TEXT = "=Look at the formula again."


@pytest.fixture(autouse=True)
def _somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be in a folder that exists, and come back from wherever a command goes."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def course(tmp_path: Path) -> tuple[Exercise, str]:
    """Make a class of five: three with one mistake, of whom one has a comment; return it, and the comment's cell."""
    _, reports = named(_mistake())
    students = [Made(f"id{number}", reports if number < 3 else {}, {}) for number in range(5)]
    build(tmp_path, students)
    made = exercise_of(tmp_path, EXERCISE)
    graded = next(name for name, each in reports.items() if any(v.misconception for v in each.verdicts))
    (cell,) = answered_in(nbformat.read(tmp_path / "release" / EXERCISE / f"{EXERCISE}.ipynb", 4))[graded]
    with gradebook_of(made.directory) as gradebook:
        solution = gradebook.add_solution_cell(cell, EXERCISE, EXERCISE)
        for notebook in gradebook.notebook_submissions(EXERCISE, EXERCISE):
            text = TEXT if notebook.student.id in ("id0", "id3") else None
            gradebook.db.add(Comment(cell_id=solution.id, notebook_id=notebook.id, manual_comment=text))
        gradebook.db.commit()
    return made, cell


def _mistake() -> str:
    return next(iter(POPULAR.values())).split()[0]


def _comment(gradebook: Gradebook, student: str, cell: str) -> Any:
    notebook = gradebook.find_submission_notebook(EXERCISE, EXERCISE, student)
    return next(each for each in notebook.comments if each.name == cell)


def texts(course: Exercise, cell: str) -> dict[str, str | None]:
    """Return everybody's comment in a cell."""
    with gradebook_of(course.directory) as gradebook:
        return {f"id{n}": _comment(gradebook, f"id{n}", cell).manual_comment for n in range(5)}


def test_given_and_taken_back(course: tuple[Exercise, str], capsys: pytest.CaptureFixture[str]) -> None:
    """It goes to those who made the mistake and have none, once, and comes back only where it still stands."""
    made, cell = course
    before = texts(made, cell)
    (offer,) = comments.offers(made)
    assert offer.cell == cell
    assert (offer.have, offer.share) == (("id0",), ("id1", "id2"))
    options = [f"--course={made.root}"]
    assert main(["comments", EXERCISE, *options]) == 0
    assert f"{offer.key}  {cell}" in capsys.readouterr().out
    assert main(["comments", EXERCISE, "--apply", offer.key, "--dry-run", *options]) == 0
    assert texts(made, cell) == before
    assert main(["comments", EXERCISE, "--apply", offer.key, *options]) == 0
    assert main(["comments", EXERCISE, "--apply", offer.key, *options]) == 0
    assert texts(made, cell) == before | {"id1": TEXT, "id2": TEXT}
    assert main(["comments", EXERCISE, "--undo", offer.key, *options]) == 0
    assert texts(made, cell) == before
    assert main(["comments", EXERCISE, "--undo", offer.key, *options]) == 2
    assert "no comment" in capsys.readouterr().err


def test_in_a_course_of_renamed_folders(course: tuple[Exercise, str]) -> None:
    """The release, which says which cell a comment is about, is where the course's settings put it."""
    made, _ = course
    before = comments.offers(made)
    config = made.root / "nbgrader_config.py"
    config.write_text(config.read_text() + 'c.CourseDirectory.release_directory = "handout"\n')
    (made.root / "release").rename(made.root / "handout")
    assert comments.offers(exercise_of(made.root, EXERCISE)) == before != []


def test_offered_again_in_a_review(course: tuple[Exercise, str]) -> None:
    """Who made the mistake is offered what others got for it, the most frequent first; nobody else, and not the own."""
    made, cell = course
    assert comments.suggestions(made, "id1") == {cell: [TEXT]}
    assert comments.suggestions(made, "id0") == {}  # the only one who has it
    assert comments.suggestions(made, "id4") == {}  # made no mistake
    with gradebook_of(made.directory) as gradebook:
        for student in ("id1", "id2"):
            _comment(gradebook, student, cell).manual_comment = "Once more."
        gradebook.db.commit()
    assert comments.suggestions(made, "id0") == {cell: ["Once more."]}
    assert comments.suggestions(made, "id2") == {cell: [TEXT, "Once more."]}
