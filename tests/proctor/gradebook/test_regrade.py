"""The exercise changes after submissions are in: stale grades are found, and made anew."""

from __future__ import annotations

import datetime as dt
import shutil
from typing import TYPE_CHECKING

import nbformat
import pytest

from proctor.batch.results import Change
from proctor.gradebook.database import open_gradebook
from proctor.gradebook.score import Score
from tests.proctor.support import commands
from tests.proctor.support.tiny_course import EXERCISE, hand_in, make_course, nbgrader

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path


def proctor(course: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of ours in a course."""
    return commands.run(course, "proctor", *arguments)


def points(course: Path) -> dict[str, float]:
    """Read everybody's points from the gradebook."""
    with open_gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        return {found.student.id: found.score for found in gradebook.assignment_submissions(EXERCISE)}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Grade three students, give one of them points by hand, and write the feedback."""
    course = tmp_path_factory.mktemp("course")
    make_course(course)
    done = proctor(course, "grade", EXERCISE, "--jobs", "1")
    assert done.returncode == 0, done.stderr
    with open_gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        grade = gradebook.find_grade("max_pool", EXERCISE, EXERCISE, "cem")
        grade.manual_score, grade.needs_manual_grade = 1.5, False
        gradebook.find_comment("pooling", EXERCISE, EXERCISE, "cem").manual_comment = "Half of it, orally."
        gradebook.db.commit()
    nbgrader(course, "generate_feedback", EXERCISE)
    return course


@pytest.fixture(scope="module")
def changed(course: Path) -> Path:
    """Ask for less in the hidden test, add a graded cell, and change the points."""
    assert points(course) == {"ann": 3, "ben": 2, "cem": 1.5}
    assert proctor(course, "status", EXERCISE).returncode == 0
    tests = course / "tests" / EXERCISE / "test_pooling.py"
    text = tests.read_text().replace("@points(1)", "@points(2)")
    text += """

class ShapeTest(Criteria):
    \"\"\"MaxPool, shape\"\"\"

    grade_id = "max_pool_shape"
    needs = ("MaxPool",)

    @points(1)
    def test_shape(self):
        \"\"\"The output has an entry for each row.\"\"\"
        self.check(np.array(self.MaxPool().forward(ROWS).shape), np.array([2]), "shape")
"""
    tests.write_text(text)
    path = course / "source" / EXERCISE / f"{EXERCISE}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[2].metadata.nbgrader.points = 4
    added = nbformat.from_dict(notebook.cells[2])
    added = nbformat.v4.new_code_cell("# Graded, 1 point", id="max_pool_shape", metadata=dict(added.metadata))
    added.metadata["nbgrader"] = {**added.metadata["nbgrader"], "grade_id": "max_pool_shape", "points": 1}
    notebook.cells.append(added)
    nbformat.write(notebook, path)
    nbgrader(course, "generate_assignment", EXERCISE, "--force")
    return course


def test_status_says_which_grades_are_stale_and_why(changed: Path) -> None:
    """All three grades are stale, for two reasons; the exit status says that there is something to do."""
    done = proctor(changed, "status", EXERCISE, "--students")
    assert done.returncode == 1
    assert "the hidden tests have changed" in done.stdout
    assert "a graded cell or its points have changed" in done.stdout
    assert all(student in done.stdout for student in ("ann", "ben", "cem"))


def test_a_dry_run_shows_the_changes_and_writes_nothing(changed: Path) -> None:
    """Whose grade would change, and by how much; gradebook, notebooks and feedback stay as they are."""
    files = [*(changed / "autograded").rglob("*.ipynb"), *(changed / "feedback").rglob("*.html")]
    before = points(changed), {path: path.read_bytes() for path in files}
    done = proctor(changed, "grade", EXERCISE, "--jobs", "1", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "3 -> 5 points: max_pool 3 -> 4; max_pool_shape 0 -> 1" in done.stdout
    assert "nothing was written" in done.stdout
    assert (points(changed), {path: path.read_bytes() for path in files}) == before
    assert not (changed / "autograded" / ".grading").exists()


def test_regrading_brings_the_changes_and_keeps_what_was_given_by_hand(changed: Path) -> None:
    """New points and cells arrive; a manual score and comment stay; stale feedback goes; then all is up to date."""
    done = proctor(changed, "grade", EXERCISE, "--jobs", "1")
    assert done.returncode == 0, done.stderr
    assert points(changed) == {"ann": 5, "ben": 3, "cem": 1.5}
    with open_gradebook(f"sqlite:///{changed / 'gradebook.db'}") as gradebook:
        assert gradebook.find_assignment(EXERCISE).max_score == 5
        grade = gradebook.find_grade("max_pool", EXERCISE, EXERCISE, "cem")
        assert (grade.manual_score, grade.auto_score, grade.needs_manual_grade) == (1.5, 0, False)
        comment = gradebook.find_comment("pooling", EXERCISE, EXERCISE, "cem")
        assert comment.manual_comment == "Half of it, orally."
    assert not list((changed / "feedback").rglob("*.html"))
    assert proctor(changed, "status", EXERCISE).returncode == 0


def test_a_cell_with_grades_is_not_taken_away(changed: Path) -> None:
    """Removing a graded cell from the master notebook is refused: its grades would be lost."""
    path = changed / "source" / EXERCISE / f"{EXERCISE}.ipynb"
    kept = path.read_bytes()
    release = {file: file.read_bytes() for file in (changed / "release").rglob("*") if file.is_file()}
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.pop()
    nbformat.write(notebook, path)
    done = commands.run(changed, "nbgrader", "generate_assignment", EXERCISE, "--force")
    path.write_bytes(kept)
    assert done.returncode != 0
    assert "max_pool_shape would go, and 3 submissions have grades there" in done.stderr
    assert points(changed)["ann"] == 5
    assert {file: file.read_bytes() for file in (changed / "release").rglob("*") if file.is_file()} == release
    assert [folder.name for folder in (changed / "release").iterdir()] == [EXERCISE]


def test_another_notebook_is_graded_where_nothing_tells_the_time(changed: Path, tmp_path: Path) -> None:
    """A submission that was replaced is graded anew, and it alone; one that was only copied is not."""
    course = shutil.copytree(changed, tmp_path / "course", copy_function=shutil.copyfile)  # all times are new
    assert proctor(course, "grade", EXERCISE, "--jobs", "1").returncode == 0
    assert proctor(course, "status", EXERCISE).returncode == 0
    before = points(course)
    shutil.rmtree(course / "submitted" / "ben")
    hand_in(course, "ben", "return np.max(x, axis=-1)")
    assert "another notebook was handed in" in proctor(course, "status", EXERCISE, "--students").stdout
    done = proctor(course, "grade", EXERCISE, "--jobs", "1")
    assert "1  graded" in done.stdout
    assert points(course) == {**before, "ben": before["ann"]}


def test_penalties_are_counted_again_without_running_any_code(changed: Path) -> None:
    """A due date and a policy that come after grading: status names whom they touch, grade changes penalties alone."""
    graded = {path: path.stat().st_mtime_ns for path in (changed / "autograded").rglob("*.ipynb")}
    with open_gradebook(f"sqlite:///{changed / 'gradebook.db'}") as gradebook:
        due = dt.datetime(2027, 1, 15, 22, 59)
        gradebook.update_or_create_assignment(EXERCISE, duedate=due)
        gradebook.find_submission(EXERCISE, "ann").timestamp = due + dt.timedelta(hours=30)
        gradebook.db.commit()
    with (changed / "nbgrader_config.py").open("a") as config:
        config.write("c.LatePolicy.per_day = 0.1\n")
    done = proctor(changed, "status", EXERCISE, "--students")
    assert (done.returncode, "1  the penalty for lateness has changed" in done.stdout) == (1, True)
    done = proctor(changed, "grade", EXERCISE, "--jobs", "1")
    assert done.returncode == 0, done.stderr
    assert "0 -> 1 points off" in done.stdout
    assert penalty(changed, "ann") == 1
    done = proctor(changed, "extend", "ann", EXERCISE, "--until", "2027-01-20")
    assert done.returncode == 0, done.stderr
    done = proctor(changed, "grade", EXERCISE, "--jobs", "1")
    assert "1 -> 0 points off" in done.stdout
    assert penalty(changed, "ann") == 0
    assert proctor(changed, "status", EXERCISE).returncode == 0
    assert {path: path.stat().st_mtime_ns for path in graded} == graded


def penalty(course: Path, student: str) -> float:
    """Read what is taken away from a student's points."""
    with open_gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        return float(gradebook.find_submission(EXERCISE, student).late_submission_penalty or 0)


def test_points_given_by_hand_outlast_the_automatic_ones() -> None:
    """A change counts the manual score where there is one, and says that it stays."""
    change = Change.of({"a": Score(1.0), "b": Score(2.0, 3.0)}, {"a": 0.0, "b": 0.0, "c": 1.0})
    assert change is not None
    assert (change.before, change.after) == (4, 4)
    assert change.cells == ("a 1 -> 0", "b 2 -> 0 (the 3 given by hand stay)", "c 0 -> 1")
    assert Change.of({}, {"a": 1.0}) is None
    assert Change.of({"a": Score(1.0)}, {"a": 1.0}) is None
