"""Submissions get into the course all at once or not at all, and none is lost that was there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath

import pytest

from proctor.cli.main import main
from proctor.course import course_lock
from proctor.errors import CollectError
from proctor.lms.pick_files import Choice
from proctor.lms.stage import SCRATCH, Stage
from proctor.submission import record
from tests.proctor.support.downloads import (
    DEADLINE,
    PEOPLE,
    empty_course,
    ilias_path,
    moodle_path,
    small_notebook,
    write_zip,
)

NOTEBOOK = "exercise4.ipynb"
TIME = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """Make a course with nothing in it but the release's notebook."""
    return empty_course(tmp_path)


def choice(content: bytes) -> Choice:
    """Return a submission with one file."""
    return Choice({PurePosixPath(NOTEBOOK): content}, PurePosixPath("x"), None, late=False)


def put(course: Path, submissions: dict[str, bytes], time: datetime | None = TIME, **options: bool) -> Stage:
    """Put submissions into a course."""
    with Stage(course, "exercise4", **options) as stage:
        for student, content in submissions.items():
            stage.put(student, choice(content), time)
        stage.commit(lambda: None)
    return stage


def files(folder: Path) -> dict[str, bytes]:
    """Return all files below a folder, but the lock."""
    found = (path for path in folder.rglob("*") if path.is_file() and path.name != "lock")
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def test_a_later_one_replaces_an_earlier_one(course: Path) -> None:
    """The later takes the place, the earlier is kept aside, and nothing else is left."""
    put(course, {"hans": b"1"})
    assert put(course, {"hans": b"2"}, TIME + timedelta(hours=1)).changed == ["hans"]
    kept = list((course / ".proctor" / "replaced" / "hans" / "exercise4").iterdir())
    assert [(path / NOTEBOOK).read_bytes() for path in kept] == [b"1"]
    assert (course / "submitted" / "hans" / "exercise4" / NOTEBOOK).read_bytes() == b"2"
    assert not (course / "submitted" / SCRATCH).exists()


@pytest.mark.parametrize("time", [TIME - timedelta(hours=1), None])
def test_an_earlier_one_replaces_nothing(time: datetime | None, course: Path) -> None:
    """One that is earlier, or of which nothing says when, stays outside unless forced."""
    put(course, {"hans": b"1"})
    before = files(course)
    assert set(put(course, {"hans": b"2"}, time).kept) == {"hans"}
    assert files(course) == before
    assert put(course, {"hans": b"2"}, time, force=True).changed == ["hans"]
    assert (course / "submitted" / "hans" / "exercise4" / NOTEBOOK).read_bytes() == b"2"


def test_the_same_again_changes_nothing(course: Path) -> None:
    """Collecting a download twice is collecting it once."""
    put(course, {"hans": b"1", "grete": b"2"})
    before = files(course)
    again = put(course, {"hans": b"1", "grete": b"2"})
    assert (again.same, again.new, again.changed, again.kept) == (["hans", "grete"], [], [], {})
    assert files(course) == before


def test_a_time_learned_later_is_added(course: Path) -> None:
    """The same files with a time that was not known before bring the time in."""
    put(course, {"hans": b"1"}, None)
    assert put(course, {"hans": b"1"}).changed == ["hans"]
    assert (
        (course / "submitted" / "hans" / "exercise4" / "timestamp.txt")
        .read_text()
        .startswith("2026-11-20 12:00")
    )


def test_all_or_nothing(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When moving the third of four into place fails, the course is byte by byte what it was."""
    put(course, {"old": b"old", "other": b"other"})
    before = files(course)
    rename, calls = Path.rename, []

    def failing(self: Path, target: Path) -> Path:
        if "new" in self.parts:
            calls.append(self)
            if len(calls) == 3:
                raise OSError(28, "No space left on device", str(target))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    later = TIME + timedelta(hours=1)
    with pytest.raises(OSError, match="No space"):
        put(course, {"a": b"a", "old": b"new", "b": b"b", "other": b"changed"}, later)
    assert files(course) == before
    assert sorted(path.name for path in (course / "submitted").iterdir()) == ["old", "other"]


def test_without_a_record_there_are_no_submissions(course: Path) -> None:
    """When the record cannot be written at the end, nothing is collected either."""

    def fail() -> None:
        raise OSError(28, "No space left on device")

    with Stage(course, "exercise4") as stage:
        stage.put("hans", choice(b"1"), TIME)
        with pytest.raises(OSError, match="No space"):
            stage.commit(fail)
    assert not list((course / "submitted").iterdir())


def test_a_collect_that_was_killed(course: Path) -> None:
    """What a killed collect had moved aside is back in its place before the next one begins."""
    put(course, {"hans": b"1", "grete": b"2"})
    aside = course / "submitted" / SCRATCH / "old" / "exercise4"
    aside.mkdir(parents=True)
    (course / "submitted" / "hans" / "exercise4").rename(aside / "hans")
    (course / "submitted" / SCRATCH / "new" / "hans").mkdir(parents=True)
    put(course, {"anna": b"3"})
    assert (course / "submitted" / "hans" / "exercise4" / NOTEBOOK).read_bytes() == b"1"
    assert not (course / "submitted" / SCRATCH).exists()


def test_one_at_a_time(course: Path) -> None:
    """While the course is graded or collected into, a collect waits outside, and says for whom."""
    with course_lock(course, "proctor grade"), pytest.raises(CollectError, match="proctor grade"):
        put(course, {"hans": b"1"})
    assert not (course / "submitted").exists()


def test_no_disk(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A full disk while writing ends in one line, and leaves nothing."""
    monkeypatch.setattr(Path, "write_bytes", _full)
    path = write_zip(tmp_path / "a.zip", {moodle_path(PEOPLE[0], NOTEBOOK): small_notebook()})
    assert main(["collect", str(path), f"--course={course}"]) == 2
    assert "nothing was collected" in capsys.readouterr().err
    assert not list((course / "submitted").iterdir())


def _full(path: Path, _data: bytes) -> int:
    raise OSError(28, "No space left on device", str(path))


def test_a_link_in_the_place_of_a_submission(course: Path, tmp_path: Path) -> None:
    """A submission's folder that is a link is not written through."""
    (tmp_path / "elsewhere").mkdir()
    (course / "submitted" / "hans").mkdir(parents=True)
    (course / "submitted" / "hans" / "exercise4").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CollectError, match="is not a folder"):
        put(course, {"hans": b"1"})
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_second_download_after_the_deadline(course: Path, tmp_path: Path) -> None:
    """Who handed in again is replaced, who did not is left, who is new is added; the record knows all three."""
    first = {ilias_path(person, NOTEBOOK): small_notebook("1") for person in PEOPLE[:2]}
    times = {name: DEADLINE - timedelta(hours=hour) for hour, name in enumerate(first, 1)}
    assert (
        main(["collect", str(write_zip(tmp_path / "1.zip", first, times, utc=True)), f"--course={course}"])
        == 0
    )
    again, new = ilias_path(PEOPLE[0], NOTEBOOK), ilias_path(PEOPLE[2], NOTEBOOK)
    second = {**first, again: small_notebook("2"), new: small_notebook("2")}
    times |= {again: DEADLINE + timedelta(hours=1), new: DEADLINE + timedelta(hours=2)}
    assert (
        main(["collect", str(write_zip(tmp_path / "2.zip", second, times, utc=True)), f"--course={course}"])
        == 0
    )
    sources = [
        (course / "submitted" / person.login / "exercise4" / NOTEBOOK).read_bytes() for person in PEOPLE[:3]
    ]
    assert sources == [small_notebook("2"), small_notebook("1"), small_notebook("2")]
    known = record.load(course, "exercise4")
    assert known[PEOPLE[0].login].time == (DEADLINE + timedelta(hours=1)).isoformat()
    assert set(known) == {person.login for person in PEOPLE[:3]}


def test_a_damaged_record(course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A record that cannot be read stops collecting before anything is written."""
    (course / "submitted").mkdir()
    (course / "submitted" / "collected.json").write_text("{")
    path = write_zip(tmp_path / "a.zip", {moodle_path(PEOPLE[0], NOTEBOOK): small_notebook()})
    assert main(["collect", str(path), f"--course={course}"]) == 2
    assert "collected.json is damaged" in capsys.readouterr().err
    assert [each.name for each in (course / "submitted").iterdir()] == ["collected.json"]
