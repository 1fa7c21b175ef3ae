"""What slips from a teaching assistant's hand: a roster left out, an old table, the zip of another assignment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from proctor.cli.main import main
from proctor.submission import record
from tests.proctor.support.downloads import (
    PEOPLE,
    blackboard_path,
    canvas_zip,
    empty_course,
    moodle_path,
    moodle_zip,
    plain_path,
    roster_csv,
    small_notebook,
    worksheet,
    write_zip,
)

if TYPE_CHECKING:
    from pathlib import Path

FEW = PEOPLE[:4]
NOTEBOOK = "exercise4.ipynb"


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """Make a course with nothing in it but the release's notebook, and a roster beside it."""
    (tmp_path / "roster.csv").write_bytes(roster_csv())
    return empty_course(tmp_path)


def collect(course: Path, download: Path, *options: str | Path) -> int:
    """Run `proctor collect`."""
    return main(["collect", str(download), f"--course={course}", "--timezone=UTC", *map(str, options)])


def placed(course: Path) -> set[str]:
    """Return the students who have a submission."""
    return {path.parts[-3] for path in (course / "submitted").glob(f"*/exercise4/{NOTEBOOK}")}


LAYOUTS = {
    "moodle": (moodle_path, "joerg-mueller-4700", "anna-schmidt-4752"),
    "blackboard": (blackboard_path, "ab00cdef", "ab04cdef"),
    "plain": (plain_path, "ab00cdef", "ab04cdef"),
}
"""For each way in which people are known again, a path, and the ids of the first and the fifth without a roster."""


@pytest.mark.parametrize("platform", LAYOUTS)
def test_the_roster_is_left_out_the_second_time(platform: str, course: Path, tmp_path: Path) -> None:
    """Who was collected before keeps the id: nobody becomes two students."""
    path, _, fifth = LAYOUTS[platform]
    first = write_zip(tmp_path / "first.zip", {path(each, NOTEBOOK): small_notebook() for each in FEW})
    collect(course, first, f"--roster={tmp_path / 'roster.csv'}")
    second = {path(each, NOTEBOOK): small_notebook() for each in PEOPLE[:5]}
    collect(course, write_zip(tmp_path / "second.zip", second))
    assert placed(course) == {*(each.student for each in FEW), fifth}


def test_a_known_time_is_not_forgotten(course: Path, tmp_path: Path) -> None:
    """Collected again without the table of times, a submission came when it came."""
    (tmp_path / "worksheet.csv").write_bytes(worksheet())
    download = moodle_zip(tmp_path / "a.zip", dict.fromkeys(FEW, small_notebook()))
    collect(course, download, f"--roster={tmp_path / 'worksheet.csv'}")
    before = {student: each.time for student, each in record.load(course, "exercise4").items()}
    assert before[FEW[0].student] == FEW[0].submitted.isoformat()
    collect(course, download)
    assert {student: each.time for student, each in record.load(course, "exercise4").items()} == before


@pytest.mark.parametrize("platform", LAYOUTS)
def test_the_roster_was_left_out_the_first_time(
    platform: str, course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Other ids for the same people are refused in one line, and nothing is written."""
    path, one, _ = LAYOUTS[platform]
    download = write_zip(tmp_path / "first.zip", {path(each, NOTEBOOK): small_notebook() for each in FEW})
    collect(course, download)
    before = placed(course)
    assert len(before) == 4
    capsys.readouterr()
    assert collect(course, download, f"--roster={tmp_path / 'roster.csv'}") == 2
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert "4 of these people were collected under another id" in line
    assert f"{one}, not 23000000" in line
    assert placed(course) == before


def test_who_was_removed_may_have_another_id(course: Path, tmp_path: Path) -> None:
    """A student whose folder is gone can be collected under the right id."""
    download = moodle_zip(tmp_path / "first.zip", dict.fromkeys(FEW, small_notebook()))
    collect(course, download)
    for folder in (course / "submitted").glob("*/exercise4"):
        folder.rename(tmp_path / folder.parent.name)
    assert collect(course, download, f"--roster={tmp_path / 'roster.csv'}") == 0
    assert placed(course) == {each.student for each in FEW}


def test_one_number_of_two_platforms(course: Path, tmp_path: Path) -> None:
    """Moodle's 4700 and Canvas's 4700 are different people."""
    collect(course, moodle_zip(tmp_path / "moodle.zip", dict.fromkeys(FEW, small_notebook())))
    assert collect(course, canvas_zip(tmp_path / "canvas.zip", dict.fromkeys(FEW, small_notebook()))) == 0
    assert len(placed(course)) == 8


def test_the_download_of_another_assignment(
    course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where several have graded cells and nobody has this assignment's, it is refused as a whole."""
    other = small_notebook().replace(b"relu_forward", b"max_pool")
    download = write_zip(
        tmp_path / "other.zip", {moodle_path(each, "exercise5.ipynb"): other for each in FEW}
    )
    assert collect(course, download) == 2
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert "4 have others: is this the download of another assignment?" in line
    assert not placed(course)
    members = {moodle_path(each, "exercise5.ipynb"): other for each in FEW}
    members[moodle_path(PEOPLE[5], NOTEBOOK)] = small_notebook()
    collect(course, write_zip(tmp_path / "mixed.zip", members))
    assert len(placed(course)) == 5


def test_a_download_without_notebooks(
    course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Everybody is reported, nobody is said to have been silent, and no record is begun."""
    members = {moodle_path(each, "essay.pdf"): b"%PDF" for each in FEW}
    download = write_zip(tmp_path / "essays.zip", members)
    assert collect(course, download, f"--roster={tmp_path / 'roster.csv'}") == 1
    said = capsys.readouterr().out
    assert all(f"{each.student}: {each.name}" in said for each in FEW)
    assert "Nothing came from 26" in said
    assert not list((course / "submitted").iterdir())


def test_an_old_table_of_times(course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A changed notebook that came, by the table, when the old one came is kept out, and the table is suspected."""
    (tmp_path / "worksheet.csv").write_bytes(worksheet())
    roster = f"--roster={tmp_path / 'worksheet.csv'}"
    collect(course, moodle_zip(tmp_path / "a.zip", dict.fromkeys(FEW, small_notebook("first"))), roster)
    capsys.readouterr()
    collect(course, moodle_zip(tmp_path / "b.zip", dict.fromkeys(FEW, small_notebook("second"))), roster)
    said = capsys.readouterr().out
    assert said.count("another one of the same time is there") == 4
    assert "is the table of times an old one?" in said


def test_an_empty_file(course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is placed, and called what it is."""
    collect(course, write_zip(tmp_path / "a.zip", {moodle_path(FEW[0], NOTEBOOK): b""}))
    assert f"{NOTEBOOK} is an empty file" in capsys.readouterr().out
    assert len(placed(course)) == 1


@pytest.mark.parametrize("sign", ["-", "_"])
def test_groups_of_moodle(
    sign: str, course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each member is known by the number; a roster without numbers is told that it has none."""
    members = {f"Group A{sign}{moodle_path(each, NOTEBOOK)}": small_notebook() for each in FEW}
    download = write_zip(tmp_path / "groups.zip", members)
    (tmp_path / "names.csv").write_bytes(roster_csv(numbers=False))
    assert collect(course, download, f"--roster={tmp_path / 'names.csv'}") == 1
    assert capsys.readouterr().out.count("which has no platform_id to know people by") == 4
    assert not placed(course)
    assert collect(course, download, f"--roster={tmp_path / 'roster.csv'}") == 0
    assert placed(course) == {each.student for each in FEW}
