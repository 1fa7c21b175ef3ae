"""Submissions come in as they lie on the disk: links, wrong names and forged times included."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import nbgrader.apps.api
import nbgrader.apps.autogradeapp
import nbgrader.converters
import pytest
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from proctor.batch.grade_job import restored
from proctor.batch.grading import grade
from proctor.batch.head import Head
from proctor.batch.plan import Course as BatchCourse
from proctor.batch.plan import RunOptions
from proctor.batch.results import Progress
from proctor.batch.survey import Survey
from proctor.course import Exercise
from proctor.errors import CannotGrade, SubmissionRefused, UnreadableError
from proctor.gradebook.database import open_gradebook
from proctor.nbgrader_plugin.adapters import Autograde
from proctor.nbgrader_plugin.replacement import ADAPTERS, install
from proctor.sandbox.packing import pack
from proctor.sandbox.settings import Limits
from proctor.submission import content, look_for, read, record
from proctor.submission.fingerprints import UNKNOWN
from proctor.submission.intake import copy_files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proctor.submission.intake import Submitted


from tests.specimens.build import Submission

ROOT = Path(__file__).resolve().parents[3]
EXERCISE = "exercise4"

ANN = Path("submitted") / "ann" / EXERCISE
HANDED_IN = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)


@dataclass
class Taken:
    """A submission as it was taken in: the notebook as it lies on the disk, and why it would be graded again."""

    submitted: Submitted
    handed_in: dt.datetime | None
    why: str


@pytest.fixture(scope="module")
def empty_gradebook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a gradebook that expects the exercise, once: that takes a second."""
    path = tmp_path_factory.mktemp("gradebook") / "gradebook.db"
    with open_gradebook(f"sqlite:///{path}") as gradebook:
        gradebook.add_assignment(EXERCISE)
        gradebook.add_notebook(EXERCISE, EXERCISE)
    return path


@pytest.fixture
def course(tmp_path: Path, empty_gradebook: Path) -> Iterator[Path]:
    """Make a course with one student's submission."""
    for name in ("source", "release", "tests"):
        shutil.copytree(ROOT / name / EXERCISE, tmp_path / name / EXERCISE)
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    shutil.copy(empty_gradebook, tmp_path)
    Submission.solved().write(tmp_path / ANN)
    before = Path.cwd()
    yield tmp_path
    assert Path.cwd() == before


def exercise(course: Path) -> Exercise:
    """Return the exercise of a course."""
    config = Config({"CourseDirectory": {"root": str(course), "assignment_id": EXERCISE}})
    return Exercise(EXERCISE, CourseDirectory(config=config))


def take(course: Path, **settings: object) -> Taken:
    """Take ann's submission in; nothing is run, and what would be graded is in its place."""
    config = Config({"Sandbox": settings})
    found = BatchCourse(exercise(course), config, lambda *_: None)
    with found.book as book:
        survey = Survey(found, RunOptions())
        run = Head(found, RunOptions(), survey, book, Progress(), print)
        assert survey.students == ["ann"]
        handed_in = survey.times.handed_in("ann")
        run.stage_files("ann", handed_in)
        ungraded = run.ungraded("ann", EXERCISE)
        notebook = restored(f"{EXERCISE}.ipynb", ungraded, skip=True)
        found.stage.put_in_place("ann", {f"{EXERCISE}.ipynb": nbformat.writes(notebook)})
        return Taken(ungraded.submitted, handed_in, survey.why("ann"))


def copied(course: Path) -> set[str]:
    """List what came into ann's folder, beyond notebook and given files."""
    folder = course / "autograded" / "ann" / EXERCISE
    given = {str(path.relative_to(course / "source" / EXERCISE)) for path in (course / "source").rglob("*")}
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    return found - given - {f"{EXERCISE}.ipynb"}


def test_nbgraders_own_commands_use_it() -> None:
    """`install` puts our classes in the place of nbgrader's, wherever they are looked up."""
    places = (nbgrader.converters, nbgrader.apps.api, nbgrader.apps.autogradeapp)
    before = {(place, name): getattr(place, name, None) for place in places for name in ADAPTERS}
    try:
        install()
        assert {place.Autograde for place in places} == {Autograde}
    finally:
        for (place, name), found in before.items():
            if found is not None:
                setattr(place, name, found)


def test_regular_files_come_along_and_nothing_else(course: Path) -> None:
    """Links to files and folders, hard links and pipes stay outside; a file in a folder comes along."""
    folder, secret = course / ANN, course / "secret.txt"
    secret.write_text("of another")
    (folder / "data").mkdir()
    (folder / "data" / "numbers.txt").write_text("1 2 3")
    (folder / "link.txt").symlink_to(secret)
    (folder / "everything").symlink_to(course)
    (folder / "hard.txt").hardlink_to(secret)
    os.mkfifo(folder / "pipe")
    take(course)
    assert copied(course) == {"data/numbers.txt"}


def test_a_file_where_a_given_folder_stands_is_left_out(course: Path) -> None:
    """A file called src, or a folder called src/base.py, does not keep a student from being graded."""
    shutil.rmtree(course / ANN / "src", ignore_errors=True)
    (course / ANN / "src").write_text("no folder")
    (course / ANN / "Tests" / "TestConv.py").mkdir(parents=True)
    (course / ANN / "Tests" / "TestConv.py" / "deep.txt").write_text("no file")
    assert take(course).submitted.content
    assert copied(course) == set()
    assert (course / "autograded" / "ann" / EXERCISE / "src" / "base.py").is_file()


def test_what_is_too_large_is_left_out(course: Path) -> None:
    """A file beyond the limits is left out, a small one beside it is not."""
    (course / ANN / "large.bin").write_bytes(bytes(4_000))
    (course / ANN / "small.bin").write_bytes(bytes(400))
    take(course, limits={"submission": 4_000})
    assert copied(course) == {"small.bin"}


def test_a_notebook_with_another_name_is_taken_if_it_is_the_only_one(course: Path) -> None:
    """A renamed notebook is graded under the name that the gradebook knows."""
    (course / ANN / f"{EXERCISE}.ipynb").rename(course / ANN / "my solution (1).ipynb")
    taken = take(course)
    assert taken.submitted.content
    assert "my solution (1).ipynb" in taken.submitted.notice
    assert (course / "autograded" / "ann" / EXERCISE / f"{EXERCISE}.ipynb").is_file()
    found, notice = look_for(course / ANN / f"{EXERCISE}.ipynb")
    assert found.name in notice


def test_a_folder_without_a_notebook_is_graded_all_the_same(course: Path) -> None:
    """An empty folder is a submission, which cannot be read."""
    (course / ANN / f"{EXERCISE}.ipynb").unlink()
    assert take(course).submitted.reason
    with pytest.raises(UnreadableError, match="There is no file"):
        read(course / ANN / f"{EXERCISE}.ipynb")


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "hard link"])
def test_only_an_ordinary_file_is_a_notebook(course: Path, kind: str) -> None:
    """A notebook that is a link, a pipe, a folder or a hard link is refused at once, in words."""
    notebook = course / ANN / f"{EXERCISE}.ipynb"
    other = notebook.rename(course / "other.ipynb")
    make = {
        "link": lambda: notebook.symlink_to(other),
        "pipe": lambda: os.mkfifo(notebook),
        "folder": notebook.mkdir,
        "hard link": lambda: notebook.hardlink_to(other),
    }
    make[kind]()
    with pytest.raises(UnreadableError):
        read(notebook)


def stamped(course: Path, claimed: str, written: dt.datetime) -> dt.datetime | None:
    """Return when ann handed in, by a timestamp.txt that claims one time and a file of another."""
    notebook = course / ANN / f"{EXERCISE}.ipynb"
    (course / ANN / "timestamp.txt").write_text(claimed)
    os.utime(notebook, (written.timestamp(), written.timestamp()))
    return take(course).handed_in


def test_a_timestamp_after_the_file_is_believed(course: Path) -> None:
    """Handing in comes after writing: such a timestamp counts."""
    found = stamped(course, "2026-11-20 13:30:00 UTC", HANDED_IN)
    assert found == dt.datetime(2026, 11, 20, 13, 30)


def test_a_timestamp_before_the_file_is_not_believed(course: Path) -> None:
    """Nobody handed in what was not yet written; a second run does not take it for newer again."""
    found = stamped(course, "2026-11-01 00:00:00 UTC", HANDED_IN)
    assert found == HANDED_IN.replace(tzinfo=None)
    # Nothing was run, so nobody knows by which tests it was graded; but the time is the same as before.
    assert take(course).why == f"stale: {UNKNOWN}"


@pytest.mark.parametrize("claimed", ["2026-11-01 00:00:00.000000 UTC", "2026-10-01 00:00:00 UTC"])
def test_only_a_collected_time_outlives_a_copy(course: Path, claimed: str) -> None:
    """A copied course has new files: the time that the platform gave stays, one that somebody else wrote does not."""
    collected = record.Origin("moodle", time="2026-11-01T00:00:00+00:00")
    record.update(course, EXERCISE, {"ann": collected})
    believed = collected.time if claimed.startswith("2026-11-01") else HANDED_IN.isoformat()
    found = stamped(course, claimed, HANDED_IN)
    assert found is not None
    assert f"{found.isoformat()}+00:00" == believed


def test_an_empty_file_is_called_one(tmp_path: Path) -> None:
    """An upload that broke off leaves an empty file: the student reads that, not what a parser made of it."""
    (tmp_path / "a.ipynb").write_bytes(b"\n")
    with pytest.raises(UnreadableError, match=r"^a\.ipynb is an empty file\.$"):
        read(tmp_path / "a.ipynb")


def test_a_damaged_record_stops_the_grading(course: Path) -> None:
    """Where it cannot be read when students handed in, nobody is called late for it."""
    (course / "submitted" / record.NAME).write_text("{")
    with pytest.raises(CannotGrade, match=r"collected\.json is damaged"):
        stamped(course, "2026-11-01 00:00:00 UTC", HANDED_IN)


@pytest.mark.parametrize("claimed", ["yesterday, I think", "", "9999999999-01-01", "x" * 500])
def test_a_timestamp_that_is_none_is_ignored(course: Path, claimed: str) -> None:
    """Nonsense in timestamp.txt keeps nobody from being graded."""
    assert stamped(course, claimed, HANDED_IN) is None


def test_without_a_sandbox_nothing_is_touched(course: Path) -> None:
    """Where no sandbox can be built, grading stops before it starts, and says why."""
    config = Config({"Sandbox": {"bwrap": "/nowhere/bwrap"}})
    with pytest.raises(CannotGrade, match=r"Nothing was graded(?s:.)*nowhere/bwrap"):
        grade(
            BatchCourse(exercise(course), config, lambda *_: None),
            RunOptions(),
            nullcontext,
            Progress(),
            print,
        )
    assert not (course / "autograded").exists()


def test_a_tree_of_a_thousand_folders_is_left_out(course: Path) -> None:
    """Folders within folders stop at a depth at which no walk of a tree fails; what lies beside them comes along."""
    (course / ANN / "beside.txt").write_text("here")
    descriptor = os.open(course / ANN, os.O_RDONLY | os.O_DIRECTORY)
    for _ in range(1_000):
        os.mkdir("d", dir_fd=descriptor)
        below = os.open("d", os.O_RDONLY | os.O_DIRECTORY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = below
    os.close(descriptor)
    try:
        take(course)
        assert copied(course) == {"beside.txt"}
    finally:
        subprocess.run(
            ["rm", "-rf", course / ANN / "d"], check=True
        )  # Python's own removal has the same limit


LARGE = 10**6


@pytest.fixture
def growing(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Let each submitted file grow tenfold when its size is asked for, to some MB; return their names."""
    grown: set[str] = set()

    def fstat(handle: int) -> os.stat_result:
        status = real(handle)
        path = Path(f"/proc/self/fd/{handle}").resolve()
        if path.is_file() and "submitted" in path.parts and status.st_size < LARGE:
            grown.add(path.name)
            with path.open("ab") as file:
                file.write(b"x" * 10 * status.st_size)
        return status

    real = os.fstat
    monkeypatch.setattr(os, "fstat", fstat)
    return grown


def test_a_notebook_that_grows_while_it_is_read(course: Path, growing: set[str]) -> None:
    """No more of it is read than a notebook may have, and the student is told that it is too large."""
    notebook = course / ANN / f"{EXERCISE}.ipynb"
    with pytest.raises(UnreadableError, match="is larger than"):
        content(notebook, notebook.stat().st_size)
    assert growing == {notebook.name}


def test_a_timestamp_that_grows_while_it_is_read(course: Path, growing: set[str]) -> None:
    """It is no time any more, and nobody is kept from being graded."""
    assert stamped(course, "2026-11-20 13:30:00 UTC", HANDED_IN) is None
    assert "timestamp.txt" in growing


def test_files_that_grow_while_they_are_copied(course: Path, growing: set[str], tmp_path: Path) -> None:
    """No more is copied than a file had when it was asked, and no more is packed for a sandbox than may be."""
    data = course / ANN / "data.txt"
    data.write_bytes(b"y" * 1000)
    copy_files(exercise(course), "ann", tmp_path / "copy", [], (10**6, 10))
    assert 1000 <= (tmp_path / "copy" / "data.txt").stat().st_size < data.stat().st_size
    with pytest.raises(SubmissionRefused, match="holds more than"):
        pack(course / ANN, Limits(submission=20_000))
    assert "data.txt" in growing
