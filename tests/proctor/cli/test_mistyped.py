"""A mistyped id, exercise, table or option is refused in one line, or doubted, before it does harm."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from proctor.cli.main import main
from proctor.gradebook.database import open_gradebook
from proctor.gradebook.extensions import load
from tests.proctor.support.downloads import PEOPLE as CLASS
from tests.proctor.support.downloads import empty_course, moodle_path, small_notebook, table, write_zip

if TYPE_CHECKING:
    from pathlib import Path

EXERCISE = "exercise4"
NOTEBOOK = f"{EXERCISE}.ipynb"
UNTIL = "--until=2027-01-22 23:59"


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a course whose gradebook knows one exercise and ada12."""
    monkeypatch.chdir(tmp_path)
    course = empty_course(tmp_path)
    with open_gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        book.add_assignment(EXERCISE)
        book.add_student("ada12")
    return course


UNKNOWN = {
    "extend": ["extend", "ada12", "exercise5", UNTIL],
    "report": ["report", "exercise5"],
    "comments": ["comments", "exercise5"],
    "status": ["status", "exercise5"],
    "grade": ["grade", "exercise5"],
    "feedback": ["feedback", "exercise5"],
    "return": ["return", "exercise5", "--platform=csv"],
}


@pytest.mark.parametrize("command", UNKNOWN)
def test_an_exercise_that_is_not_known(
    command: str, course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each command names those that there are, and writes nothing."""
    before = sorted(course.rglob("*"))
    assert main([*UNKNOWN[command], f"--course={course}"]) == 2
    said = capsys.readouterr().err
    assert f"proctor {command}: The gradebook does not know exercise5 (it knows exercise4)." in said
    assert said.count("\n") == 1
    assert sorted(course.rglob("*")) == before


def test_an_extension_for_a_stranger(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is granted, since who has handed in nothing yet may need it, and doubted, with the id that is most alike."""
    assert main(["extend", "ada21", EXERCISE, UNTIL, f"--course={course}"]) == 0
    assert "ada21 is new to this course, which knows ada12: is the id right?" in capsys.readouterr().out
    assert main(["extend", "ada12", EXERCISE, UNTIL, f"--course={course}"]) == 0
    assert "is new" not in capsys.readouterr().out
    assert main(["extend", "ada21", EXERCISE, "--withdraw", f"--course={course}"]) == 0
    assert "is new" not in capsys.readouterr().out
    assert list(load(course)) == [f"ada12/{EXERCISE}"]


def test_an_extension_that_is_none(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One that ends before the due date is written, as the date may move, and called what it is."""
    with open_gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        book.update_or_create_assignment(EXERCISE, duedate=dt.datetime(2027, 2, 1, 22, 59))
    assert main(["extend", "ada12", EXERCISE, UNTIL, f"--course={course}"]) == 0
    assert "It is due on 2027-02-01 22:59, so that this gives no more time." in capsys.readouterr().out
    assert main(["extend", "ada12", EXERCISE, "--until=2027-02-02", f"--course={course}"]) == 0
    assert "no more time" not in capsys.readouterr().out


def test_a_whole_download_is_nobodys(
    course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A class's download is not taken for one student's; the path of one in it is, and who is new is named."""
    members = {moodle_path(each, NOTEBOOK): small_notebook(each.login) for each in CLASS[:3]}
    download = write_zip(tmp_path / "all of 1.zip", members)
    arguments = [f"--course={course}", "--student=ada12"]
    assert main(["collect", str(download), *arguments]) == 2
    said = capsys.readouterr().err
    assert f"of 3 people or teams; give what is ada12's: '{download}/PATH'." in said
    assert not (course / "submitted").exists()
    path = download / moodle_path(CLASS[0], "")
    assert main(["collect", str(path), *arguments]) == 0
    assert "New:\n  ada12\n" in capsys.readouterr().out
    found = course / "submitted" / "ada12" / EXERCISE / NOTEBOOK
    assert found.read_bytes() == small_notebook(CLASS[0].login)


def test_what_is_no_longer_known_can_be_withdrawn(course: Path) -> None:
    """An extension for an exercise that is gone from the gradebook is taken back."""
    (course / "extensions.json").write_text('{"ada12/old": "2027-01-22T23:59:00+01:00"}')
    assert main(["extend", "ada12", "old", "--withdraw", f"--course={course}"]) == 0
    assert load(course) == {}


def test_a_file_for_a_stranger(course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file is placed under an id that is new, and the id is doubted, unless the roster has it or it was there."""
    (tmp_path / NOTEBOOK).write_bytes(small_notebook())
    (tmp_path / "r.csv").write_bytes(table(["id", "login"], [["emmy3", "en"]]))
    place = ["collect", str(tmp_path / NOTEBOOK), f"--course={course}"]
    assert main([*place, "--student=ada21"]) == 0
    said = capsys.readouterr().out
    assert "ada21 is new to this course, which knows ada12: is the id right? `proctor forget ada21`" in said
    for options in (["--student=ada21"], ["--student=ada12"], ["--student=emmy3", "--roster=r.csv"]):
        assert main([*place, *options]) == 0
        assert "is new" not in capsys.readouterr().out, options


def test_a_course_that_knows_nobody_doubts_nobody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first student of all is new in any case."""
    (tmp_path / NOTEBOOK).write_bytes(small_notebook())
    course = empty_course(tmp_path)
    assert main(["collect", str(tmp_path / NOTEBOOK), f"--course={course}", "--student=ada"]) == 0
    assert "is new" not in capsys.readouterr().out


def test_what_to_copy_can_be_copied(course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command that places what is left over has its path in quotes; columns that were not read are named."""
    (tmp_path / "r.csv").write_bytes(table(["id", "nme"], [["1", "Ada Lovelace"]]))
    members = {moodle_path(CLASS[0], NOTEBOOK): small_notebook()}
    download = write_zip(tmp_path / "All of 1.zip", members)
    assert main(["collect", str(download), f"--course={course}", "--roster=r.csv"]) == 1
    said = capsys.readouterr().out
    assert f"`proctor collect '{download}/PATH' --student ID`" in said
    assert "The roster's columns nme are not known" in said


def test_files_in_each_others_place(course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A table as download, a download as table, another platform, another exercise: each says what helps."""
    (tmp_path / "r.csv").write_bytes(table(["id", "login"], [["1", "ada"]]))
    download = str(write_zip(tmp_path / "a.zip", {f"ada/{NOTEBOOK}": small_notebook()}))
    (tmp_path / NOTEBOOK).write_bytes(small_notebook())
    write_zip(tmp_path / "b.zip", {f"({each.number}) {each.name}.pdf": b"%PDF" for each in CLASS[:3]})
    for arguments, words in {
        ("b.zip",): "it has 3 files, most of them .pdf in no folder, such as '(4700) Jörg Müller.pdf'",
        (NOTEBOOK,): "say whose: --student ID",
        ("r.csv",): "give it as --roster",
        (download, "--roster=a.zip"): "a.zip is a zip, and no table.",
        (download, "--platform=canvas"): "it has one file, .ipynb in a folder, such as",
        (download, "--assignment=exercise5"): "It has exercise4.",
    }.items():
        assert main(["collect", *arguments, f"--course={course}"]) == 2
        assert words in capsys.readouterr().err
    assert not (course / "submitted").exists()


@pytest.mark.parametrize(("option", "platform"), [
    ("--criteria", "moodle"), ("--column=x", "csv"), ("--passing=3", "canvas"),
])  # fmt: skip
def test_an_option_of_another_platform(
    option: str, platform: str, course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is refused, as it would do nothing."""
    assert main(["return", EXERCISE, f"--platform={platform}", option, f"--course={course}"]) == 2
    assert f"{option.partition('=')[0]} is for --platform" in capsys.readouterr().err


def test_an_option_cut_short(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--student is not --students: what is not an option is named, and not completed."""
    with pytest.raises(SystemExit, match="2"):
        main(["status", EXERCISE, "--student", "ada12", f"--course={course}"])
    assert "unrecognized arguments: --student ada12" in capsys.readouterr().err
