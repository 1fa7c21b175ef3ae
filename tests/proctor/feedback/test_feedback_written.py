"""`proctor feedback`: a page for everybody who is graded, whole or not at all, made of the grades as they are now."""

from __future__ import annotations

import os
import shutil
import signal
from typing import TYPE_CHECKING

import pytest
from nbgrader.converters import NbGraderException
from nbgrader.coursedir import CourseDirectory

from proctor.batch import pages
from proctor.cli import main
from proctor.course import exercise_of, read_config
from proctor.gradebook.database import open_gradebook
from proctor.nbgrader_plugin.adapters import GenerateFeedback
from proctor.submission import record
from proctor.submission.record import Origin
from tests.proctor.support import small_course
from tests.proctor.support.inline import Inline

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


FEEDBACK = ("proctor", "feedback", small_course.EXERCISE, "--jobs", "1")


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Grade a class of three, and write the pages with a worker."""
    course = tmp_path_factory.mktemp("graded") / "course"
    small_course.make(course)
    small_course.hand_in(course, small_course.CLASS)
    done = small_course.run(course, "proctor", "grade", small_course.EXERCISE, "--jobs", "1")
    assert done.returncode == 0, done.stderr
    with small_course.nothing_left(course) as environment:
        done = small_course.run(course, *FEEDBACK, **environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert "3  pages written" in done.stdout
    return course


@pytest.fixture
def course(graded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Copy the course, where pages are rendered in this process."""
    course = shutil.copytree(graded, tmp_path / "course")
    monkeypatch.chdir(course)
    monkeypatch.setattr(pages, "local_pool", Inline)
    monkeypatch.setattr(Inline, "killed_at", "")
    yield course
    assert not list(course.glob("feedback/.*"))


def written(course: Path) -> dict[str, int]:
    """Return when each page was written."""
    found = course.glob(f"feedback/*/{small_course.EXERCISE}/*.html")
    return {path.parts[-3]: path.stat().st_mtime_ns for path in found}


def feedback(course: Path, *arguments: str) -> int:
    """Write feedback."""
    return main.main(["feedback", small_course.EXERCISE, "--course", str(course), *arguments])


def test_a_page_is_written_again_only_when_it_is_stale(course: Path) -> None:
    """A second run writes nothing; a manual score makes one page stale; --force and --student write what is asked."""
    before = written(course)
    assert set(before) == set(small_course.CLASS)
    assert feedback(course) == 0
    assert written(course) == before
    unwritten = (course / "feedback" / "cem" / small_course.EXERCISE / "small.html").read_text()
    assert "A comment from your grader" not in unwritten  # nbgrader's own "No response." is none
    with open_gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        place = (small_course.EXERCISE, small_course.EXERCISE, "ben")
        book.find_grade("double", *place).manual_score = 0.5
        book.find_comment("answer", *place).manual_comment = "Almost right, ask me."
        book.db.commit()
    assert feedback(course) == 0
    assert {student for student, time in written(course).items() if time != before[student]} == {"ben"}
    page = (course / "feedback" / "ben" / small_course.EXERCISE / "small.html").read_text()
    assert "1.5 of 3 points" in page
    assert "Almost right, ask me." in page
    assert feedback(course, "--force", "--student", "ann") == 0
    assert written(course)["ann"] != before["ann"]
    assert written(course)["cem"] == before["cem"]


def test_a_page_from_before_a_review_is_known(course: Path) -> None:
    """A comment that came later makes a page outdated; a page that says nothing of what it was made from is not."""
    exercise = exercise_of(course, small_course.EXERCISE)
    assert pages.outdated(exercise) == []
    with open_gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        for student in ("ann", "ben"):
            place = (small_course.EXERCISE, small_course.EXERCISE, student)
            book.find_comment("answer", *place).manual_comment = "Look again."
        book.db.commit()
    exercise.page("ann").joinpath("small.html").write_text("<p>By hand.</p>")
    assert pages.outdated(exercise) == ["ben"]


def test_a_page_names_the_team(course: Path) -> None:
    """A member's page says for which team it was handed in; the pages of all others stay as they are."""
    before = written(course)
    record.update(
        course, small_course.EXERCISE, {"ben": Origin("moodle", team="Group <A>"), "cem": Origin("moodle")}
    )
    assert feedback(course) == 0
    assert {student for student, time in written(course).items() if time != before[student]} == {"ben"}
    page = (course / "feedback" / "ben" / small_course.EXERCISE / "small.html").read_text()
    assert "Feedback for ben, handed in for the team Group &lt;A&gt;</p>" in page


def test_a_killed_run_leaves_nobody_out(course: Path) -> None:
    """Killed between two pages, the same command again writes those that are missing, and only those."""
    before = written(course)
    shutil.rmtree(course / "feedback")
    pid = os.fork()
    if pid == 0:
        Inline.killed_at = "cem"
        feedback(course)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
    first = written(course)
    assert set(first) == {"ann", "ben"}
    assert feedback(course) == 0
    second = written(course)
    assert set(second) == set(before)
    assert {student: second[student] for student in first} == first


def test_a_page_folder_holds_nothing_of_the_submission(course: Path) -> None:
    """Files beside the graded notebook are not handed on, but for what nbgrader's exchange asks for."""
    folder = course / "autograded" / "ann" / small_course.EXERCISE
    for name in ("evil.html", "timestamp.txt", "submission_secret.txt"):
        (folder / name).unlink(missing_ok=True)
        (folder / name).write_text("2027-01-01 00:00:00 UTC")
    assert feedback(course, "--force", "--student", "ann") == 0
    found = (course / "feedback" / "ann" / small_course.EXERCISE).iterdir()
    assert {path.name for path in found} == {"small.html", "timestamp.txt", "submission_secret.txt"}


def test_one_notebook_of_several(course: Path) -> None:
    """With `--notebook` its pages are written, beside those that are there; a wrong name is said."""
    folder = course / "feedback" / "ann" / small_course.EXERCISE
    (folder / "other.html").write_text("of another notebook")
    before = written(course)["ann"]
    place = CourseDirectory(
        config=read_config(course), assignment_id=small_course.EXERCISE, notebook_id="small"
    )
    generate = GenerateFeedback(coursedir=place, force=True)
    generate.start()
    assert (folder / "other.html").read_text() == "of another notebook"
    assert (folder / "small.html").stat().st_mtime_ns != before
    place.notebook_id = "smal"
    with pytest.raises(NbGraderException, match="small has no notebook smal; it has small"):
        generate.start()


def test_who_has_no_grade_is_said(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A graded folder that the gradebook knows nothing of is a fault, and the others have their pages."""
    shutil.copytree(course / "autograded" / "ann", course / "autograded" / "zoe")
    assert feedback(course, "--force") == 1
    assert "zoe: The gradebook and autograded/ do not have the same notebooks." in capsys.readouterr().out
    assert set(written(course)) == set(small_course.CLASS)


@pytest.mark.parametrize("secret", ["of ann", ""])
def test_release_feedback_leaves_out_who_did_not_hand_in_by_the_exchange(
    graded: Path, tmp_path: Path, secret: str
) -> None:
    """The command of nbgrader says whom it leaves out, where stock ends in a traceback, and releases the others."""
    course = shutil.copytree(graded, tmp_path / "course")
    folder = course / "feedback" / "ann" / small_course.EXERCISE
    if secret:
        (folder / "timestamp.txt").write_text("2027-01-01 00:00:00 UTC")
        (folder / "submission_secret.txt").write_text(secret)
    with (course / "nbgrader_config.py").open("a") as config:
        config.write(f"c.Exchange.root = {str(tmp_path / 'exchange')!r}\n")
    (tmp_path / "exchange").mkdir(mode=0o777)
    (tmp_path / "exchange").chmod(0o777)
    done = small_course.run(course, "nbgrader", "release_feedback", small_course.EXERCISE)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert f"exchange: {'' if secret else 'ann, '}ben, cem. `proctor return`" in done.stderr
    assert len(list((tmp_path / "exchange").rglob("*.html"))) == len(secret[:1])
