"""Who is graded by one run: members of a team with the same files, and nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from nbgrader.coursedir import CourseDirectory

from proctor.batch.teams import share
from proctor.course import Exercise
from proctor.submission import record
from proctor.submission.record import Origin

if TYPE_CHECKING:
    from pathlib import Path

STUDENTS = ("ada", "alan", "emmy", "kurt", "grace")
TEAMS = {"ada": "A", "alan": "A", "emmy": "B", "kurt": "", "grace": "A"}


@pytest.fixture
def exercise(tmp_path: Path) -> Exercise:
    """Make a course in which all have handed in the same notebook, and some are in teams."""
    for student in STUDENTS:
        folder = tmp_path / "submitted" / student / "small"
        folder.mkdir(parents=True)
        (folder / "small.ipynb").write_text("{}")
        (folder / "timestamp.txt").write_text(student)
    origins = {student: Origin("moodle", team=team) for student, team in TEAMS.items()}
    record.update(tmp_path, "small", origins)
    return Exercise("small", CourseDirectory(root=str(tmp_path), assignment_id="small"))


def test_a_team_shares(exercise: Exercise) -> None:
    """Three of one team are one; who is alone in a team, in none, or not recorded is one alone; order is kept."""
    (exercise.submitted("zoe")).mkdir(parents=True)
    assert share(exercise, [*STUDENTS, "zoe"]) == {
        "ada": ("alan", "grace"), "emmy": (), "kurt": (), "zoe": (),
    }  # fmt: skip
    assert share(exercise, ["grace", "ada"]) == {"grace": ("ada",)}


@pytest.mark.parametrize("name", ["small.ipynb", "data.csv"])
def test_another_file_is_another_work(name: str, exercise: Exercise) -> None:
    """A member whose notebook, or a file beside it, is another one is graded alone."""
    (exercise.submitted("alan") / name).write_text("mine")
    assert share(exercise, STUDENTS)["ada"] == ("grace",)
    assert share(exercise, STUDENTS)["alan"] == ()


def test_what_cannot_be_read_is_graded_alone(exercise: Exercise) -> None:
    """A link says nothing about what will be read there later: both are left to the grading."""
    for student in ("ada", "alan"):
        (exercise.submitted(student) / "link").symlink_to("/etc/hostname")
    assert share(exercise, ["ada", "alan"]) == {"ada": (), "alan": ()}
