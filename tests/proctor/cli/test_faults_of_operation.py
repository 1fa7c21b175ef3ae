"""Faults of operation: one sentence, the right exit status, no traceback, nothing lost, and the next run goes on."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import nbformat
import pytest

from proctor.batch import head, workers
from proctor.batch.job import GradedNotebook, Result
from proctor.cli.main import main
from proctor.course import exercise_of
from proctor.gradebook.marks import marks_of
from proctor.lms.results import results
from proctor.sandbox.bwrap import find_bwrap
from proctor.submission.record import Origin
from tests.proctor.support import clock, small_course

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from proctor.batch.job import Job

COMMANDS = {
    "grade": ["small"],
    "status": ["small"],
    "report": ["small"],
    "feedback": ["small"],
    "return": ["small", "--platform", "csv"],
    "comments": ["small"],
    "forget": ["ann"],
    "collect": ["--roster", "roster.csv"],
}
"""Every command that looks into the gradebook."""


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Grade a small course."""
    course = tmp_path_factory.mktemp("graded") / "course"
    small_course.make(course)
    small_course.hand_in(course, small_course.CLASS)
    assert small_course.run(course, "proctor", "grade", "small", "--jobs", "1").returncode == 0
    (course / "roster.csv").write_text("id,first_name\nann,Ann\n")
    return course


@pytest.fixture
def course(graded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy the course for one test, and go into it."""
    copy = shutil.copytree(graded, tmp_path / "course")
    monkeypatch.chdir(copy)
    return copy


def told(capsys: pytest.CaptureFixture[str], command: str) -> tuple[int, str]:
    """Run a command; return its status and the one line that it said."""
    status = main([command, *COMMANDS[command]])
    (line,) = capsys.readouterr().err.splitlines()
    return status, line


def state(course: Path) -> dict[str, bytes]:
    """Read all files of a course, but for the lock's."""
    paths = sorted(path for path in course.rglob("*") if path.is_file() and ".proctor" not in path.parts)
    return {str(path.relative_to(course)): path.read_bytes() for path in paths}


def changed(*statements: str) -> Callable[[Path], None]:
    """Return what changes a gradebook by SQL."""

    def change(book: Path) -> None:
        with contextlib.closing(sqlite3.connect(book)) as connection:
            for statement in statements:
                connection.execute(statement)
            connection.commit()

    return change


def half(book: Path) -> None:
    """Cut a gradebook in the middle."""
    os.truncate(book, book.stat().st_size // 2)


def other(book: Path) -> None:
    """Put another file in a gradebook's place."""
    book.write_text("This is no gradebook." * 100)


FAULTS = {
    "truncated": (half, "malformed", "put a backup in its place"),
    "another file": (other, "not a database", "put a backup in its place"),
    "without a table": (changed("DROP TABLE grade"), "no such table: grade", "put a backup in its place"),
    "of an older version": (
        changed("ALTER TABLE grade DROP COLUMN extra_credit"),
        "no such column: grade.extra_credit",
        "`nbgrader db upgrade` may help",
    ),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_gradebook_that_cannot_be_used(
    course: Path, capsys: pytest.CaptureFixture[str], fault: str, command: str
) -> None:
    """Damaged, incomplete or of another version: status 1, what to do, and no file is touched."""
    change, said, advice = FAULTS[fault]
    change(course / "gradebook.db")
    before = state(course)
    status, line = told(capsys, command)
    assert status == 1
    assert line.startswith(f"proctor {command}: The gradebook cannot be used (")
    assert said in line
    assert advice in line
    assert state(course) == before


NEWER = (
    "ALTER TABLE student ADD COLUMN pronouns INTEGER NOT NULL DEFAULT 0",
    "PRAGMA writable_schema = ON",
    "UPDATE sqlite_master SET sql = replace(sql, 'INTEGER NOT NULL DEFAULT 0', 'INTEGER NOT NULL')",
)
"""Changes that a newer version may have made to the gradebook: each student has something more, and has to."""


def test_a_gradebook_of_a_newer_version(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What there is can be read and graded again; who is new is named with a sentence, and nothing is lost."""
    changed(*NEWER)(course / "gradebook.db")
    rows = small_course.rows(course)
    canned(monkeypatch, course)
    assert main(["grade", "small", "--force", "--student", "ann"]) == 0
    for name in ("submitted", "autograded"):
        shutil.copytree(course / name / "ann", course / name / "new")
    capsys.readouterr()
    assert main(["grade", "small", "--force", "--student", "new"]) == 1
    captured = capsys.readouterr()
    said = " ".join((captured.out + captured.err).split())
    assert "It is of a newer version of nbgrader: install that one." in said
    assert "Traceback" not in said
    assert small_course.rows(course) == rows


def do_not_wait(course: Path) -> None:
    """Let the course's commands give up at once where the gradebook is held, and not after five seconds."""
    with (course / "nbgrader_config.py").open("a") as config:
        config.write(f"\nc.CourseDirectory.db_url = 'sqlite:///{course}/gradebook.db?timeout=0'\n")


@contextlib.contextmanager
def held(course: Path) -> Iterator[None]:
    """Hold the gradebook, as another program that writes it does; nobody waits for it here."""
    do_not_wait(course)
    with contextlib.closing(sqlite3.connect(course / "gradebook.db")) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield


@pytest.mark.parametrize("command", COMMANDS)
def test_a_gradebook_that_another_program_holds(
    course: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """Each command says so with status 1, and touches no file; when it is free, the same command goes on."""
    with held(course):
        before = state(course)
        status, line = told(capsys, command)
        assert (status, state(course)) == (1, before)
    assert "(database is locked). Another program holds it: wait until that has ended." in line
    assert main([command, *COMMANDS[command]]) == 0


def canned(monkeypatch: pytest.MonkeyPatch, graded: Path, *, then: Callable[[], object] = bool) -> None:
    """Let workers bring back what was graded before, and do something in the meantime."""

    class Canned:
        def __init__(self) -> None:
            self.jobs: list[Job] = []

        def has_room(self) -> bool:
            return not self.jobs

        def submit(self, job: Job) -> None:
            self.jobs.append(job)

        def take(self) -> Result:
            job = self.jobs.pop()
            text = (graded / "autograded" / job.student / "small" / "small.ipynb").read_text()
            then()
            return Result(
                job.student, {"small.ipynb": GradedNotebook(text, marks_of(nbformat.reads(text, 4)))}
            )

    @contextlib.contextmanager
    def pool(*_: object, **__: object) -> Iterator[Canned]:
        yield Canned()

    monkeypatch.setattr(workers, "local_pool", pool)


def test_a_gradebook_that_is_held_while_a_class_is_graded(
    graded: Path, course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whose grade cannot be saved is named with the reason in a sentence; the next run completes the class."""
    rows, files = small_course.rows(course), small_course.files(course)
    changed("UPDATE grade SET auto_score = 0")(course / "gradebook.db")  # so that there is something to save
    do_not_wait(course)
    with contextlib.ExitStack() as stack:
        canned(monkeypatch, graded, then=lambda: hold(stack, course))
        assert main(["grade", "small", "--force", "--student", "ann"]) == 1
        said = capsys.readouterr().out
    assert "ann" in said
    assert "Another program holds it" in " ".join(said.split())
    assert "SQL" not in said
    canned(monkeypatch, graded)
    assert main(["grade", "small", "--force"]) == 0
    assert (small_course.rows(course), small_course.files(course)) == (rows, files)


def hold(stack: contextlib.ExitStack, course: Path) -> None:
    """Hold the gradebook until the stack is left."""
    connection = stack.enter_context(contextlib.closing(sqlite3.connect(course / "gradebook.db")))
    connection.execute("BEGIN IMMEDIATE")


def test_a_submission_that_is_removed_while_it_is_read(
    graded: Path, course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is no empty one: its grade of before stays, the others are graded, and the status is 1."""
    rows, copy = small_course.rows(course), head.copy_files
    canned(monkeypatch, graded)

    def vanishing(exercise: object, student: str, *others: object, **more: object) -> None:
        if student == "ben":
            shutil.rmtree(course / "submitted" / student)
        copy(exercise, student, *others, **more)

    monkeypatch.setattr(head, "copy_files", vanishing)
    assert main(["grade", "small", "--force"]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "2 graded" in said
    assert "was removed while it was read. The grade of before stays." in said
    assert small_course.rows(course) == rows


@pytest.mark.parametrize("command", ["grade", "report"])
def test_a_course_that_cannot_be_written(course: Path, command: str) -> None:
    """On a read-only file system a command that writes ends with status 1, and the path and the reason in a line."""
    readonly = [str(find_bwrap(None).path), "--dev-bind", "/", "/", "--ro-bind", str(course), str(course)]
    done = subprocess.run(
        [*readonly, *small_course.argv("proctor", command, *COMMANDS[command])],
        cwd=course,
        env=small_course.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"proctor {command}: {course}")
    assert done.stderr.endswith(
        "Read-only file system. Nothing more was written; the same command goes on.\n"
    )
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("year", [1980, 2100])
def test_a_clock_that_was_set(course: Path, year: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Files of another century are no other submissions: what is graded stays so."""
    seconds = (year - 1970) * 31_557_600
    for path in course.rglob("*"):
        os.utime(path, (seconds, seconds), follow_symlinks=False)
    assert main(["status", "small"]) == 0
    assert "3  graded, up to date" in capsys.readouterr().out


@pytest.mark.parametrize("days", [-1, 1])
def test_a_clock_that_is_set_between_two_runs(course: Path, days: int) -> None:
    """Set back or forward by a day, and set right again: what is new is graded, and nothing else changes or is held.

    The clock is that of the whole command, its workers included, and of the files that are written meanwhile.
    """
    rows = small_course.rows(course)
    assert "3  graded, up to date" in clock.run(course, days, "proctor", "status", "small").stdout
    with clock.files_written(course, days):
        small_course.hand_in(course, {"ben": small_course.RIGHT, "dan": small_course.WRONG})
    people = dict.fromkeys(("ann", "ben", "cem", "dan"), Origin(""))
    for at, graded, written in (
        (days, "2  graded", "4  pages written"),
        (0, "0  graded", "0  pages written"),
    ):
        done = [
            clock.run(course, at, "proctor", *command)
            for command in (["grade", "small", "--jobs", "1"], ["feedback", "small"])
        ]
        assert [each.returncode for each in done] == [0, 0], done
        assert not [each.stderr for each in done if "Traceback" in each.stderr]
        assert done[0].stdout.startswith(graded)
        assert written in done[1].stdout
        found, missing = results(exercise_of(course, "small"), people, {})
        assert (len(found), missing) == (4, {})
    now = small_course.rows(course)["grades"]
    kept = [row for row in rows["grades"] if row[0] != "ben"]
    assert [row for row in now if row[0] in ("ann", "cem")] == kept
    assert [row[2] for row in now if row[0] == "ben"] == [2, 1]
    assert [row[2] for row in now if row[0] == "dan"] == [1, 1]


QUOTA = """
set -e
mount -o loop "$1" "$2"
cp -a "$3/." "$2"
btrfs quota enable "$2"
btrfs quota rescan -w "$2"
btrfs qgroup limit 300K 0/5 "$2"
cd "$2"
set +e
"$4" -m proctor feedback small --jobs 1 && exit 3
[ "$(ls feedback/*/small/*.html 2>/dev/null | wc -l)" -lt 3 ] || exit 4
btrfs quota disable .
exec "$4" -m proctor feedback small --jobs 1
"""
"""A course on a file system of its own, in which no more is to be had than a quota; then there is no quota any more."""
NO_QUOTA = "needs root, mkfs.btrfs, and a Linux with btrfs: of file systems with a quota, others need more"


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mkfs.btrfs"), reason=NO_QUOTA)
def test_quota(graded: Path, tmp_path: Path) -> None:
    """Where a quota is used up a command says so in one line, and goes on once there is more."""
    image, mounted = tmp_path / "image", tmp_path / "mounted"
    mounted.mkdir()
    with image.open("wb") as file:
        file.truncate(200 * 2**20)
    subprocess.run(["mkfs.btrfs", "-q", "-M", str(image)], check=True)
    places = map(str, (image, mounted, graded, sys.executable))
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", QUOTA, "sh", *places], capture_output=True, text=True, check=False
    )
    if "wrong fs type" in done.stderr or "unknown filesystem" in done.stderr:
        pytest.skip(NO_QUOTA)
    said = [line for line in done.stderr.splitlines() if line.startswith("proctor")]
    assert said == ["proctor feedback: The disk is full. Make room. The same command goes on."], done.stderr
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
