"""Everything about one student can be deleted, and nothing about the others is."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from proctor.batch.survey import GONE
from proctor.cli.main import main
from proctor.gradebook.database import open_gradebook
from proctor.submission.record import Origin, load, update

if TYPE_CHECKING:
    from pathlib import Path

EXERCISE = "exercise4"
STEPS = ("submitted", "autograded", "feedback")


@pytest.fixture(scope="module")
def gradebook_of_two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a gradebook with a submission of each of two students."""
    path = tmp_path_factory.mktemp("gradebook") / "gradebook.db"
    with open_gradebook(f"sqlite:///{path}") as gradebook:
        gradebook.add_assignment(EXERCISE)
        gradebook.add_notebook(EXERCISE, EXERCISE)
        gradebook.add_grade_cell("he", EXERCISE, EXERCISE, max_score=2, cell_type="code")
        for student in ("ada", "alan"):
            gradebook.add_student(student)
            gradebook.add_submission(EXERCISE, student)
    return path


@pytest.fixture
def course(tmp_path: Path, gradebook_of_two: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a course that holds something about two students everywhere."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    shutil.copy(gradebook_of_two, tmp_path)
    for student in ("ada", "alan"):
        for step in STEPS:
            folder = tmp_path / step / student / EXERCISE
            folder.mkdir(parents=True)
            (folder / "file").write_text(student)
    update(tmp_path, EXERCISE, {name: Origin("moodle", name) for name in ("ada", "alan")})
    (tmp_path / "grades.csv").write_text("ada,2\nalan,2\n")
    return tmp_path


def names(course: Path) -> set[str]:
    """List all files and folders of a course, but for those that nbgrader and the lock keep."""
    return {str(path.relative_to(course)) for path in course.rglob("*") if path.is_file()}


def test_one_student_is_deleted_everywhere(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Gradebook, folders and record know the student no more; the other one is untouched."""
    assert main(["forget", "ada"]) == 0
    said = capsys.readouterr().out
    assert all(f"deleted: {step}/ada" in said for step in STEPS)
    with open_gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        assert [student.id for student in gradebook.students] == ["alan"]
        assert len(gradebook.assignment_submissions(EXERCISE)) == 1
    assert set(load(course, EXERCISE)) == {"alan"}
    assert not [name for name in names(course) if "ada" in name]
    assert {f"{step}/alan/{EXERCISE}/file" for step in STEPS} <= names(course)
    assert not (course / "grades.csv").exists()


def test_a_dry_run_deletes_nothing(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same list, and all is still there."""
    before = names(course)
    assert main(["forget", "ada", "--dry-run"]) == 0
    assert "would be deleted: submitted/ada" in capsys.readouterr().out
    assert before <= names(course)
    assert set(load(course, EXERCISE)) == {"ada", "alan"}


def test_status_names_whose_grade_alone_is_left(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who is graded and has no submission any more is named with what to do, until they are forgotten."""
    shutil.rmtree(course / "submitted" / "ada")
    assert main(["status", EXERCISE]) == 1
    said = capsys.readouterr().out
    assert f"    1  {GONE}\n" in said
    assert "grades these 1;" in said  # alan
    assert "Nothing in submitted/ is left of ada." in said
    assert main(["status", EXERCISE, "--json"]) == 1
    students = json.loads(capsys.readouterr().out)["students"]
    assert students["ada"]["state"] == GONE
    assert main(["forget", "ada"]) == 0
    capsys.readouterr()
    main(["status", EXERCISE])
    assert GONE not in capsys.readouterr().out


@pytest.mark.parametrize("name", ["nobody", "..", "", "alan/exercise4"])
def test_who_is_not_known_is_refused(course: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A name that is no student's is one line and exit status 2, and nothing is deleted."""
    before = names(course)
    assert main(["forget", name]) == 2
    assert "Nothing is known about" in capsys.readouterr().err
    assert before <= names(course)
