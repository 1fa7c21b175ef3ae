"""Downloads of each platform come into the course: everybody once, under the right id, at the right time."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from typing import TYPE_CHECKING

import nbformat
import pytest

from proctor.cli.main import main
from proctor.submission import record
from tests.exercise4.mistakes import mistakes
from tests.proctor.support.downloads import (
    DEADLINE,
    PEOPLE,
    Person,
    canvas_gradebook,
    canvas_path,
    canvas_zip,
    empty_course,
    ilias_path,
    ilias_zip,
    moodle_path,
    moodle_zip,
    packed,
    roster_csv,
    small_notebook,
    status_csv,
    worksheet,
    write_zip,
)
from tests.specimens.bank import right_answers, submission_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FIRST = PEOPLE[0]
NOTEBOOK = "exercise4.ipynb"


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """Make a course with nothing in it but the release's notebook."""
    return empty_course(tmp_path)


@pytest.fixture(scope="module")
def class_of_30() -> dict[Person, bytes]:
    """Give each of the class a submission of the banks, right and wrong ones."""
    cases = chain(islice(right_answers().values(), 15), islice(mistakes().values(), 15))
    return {
        person: nbformat.writes(submission_of(case).notebook).encode()
        for person, case in zip(PEOPLE, cases, strict=True)
    }


def collect(course: Path, download: Path, *options: str | Path) -> int:
    """Run `proctor collect`, with times in UTC where they come without a zone."""
    return main(["collect", str(download), f"--course={course}", "--timezone=UTC", *map(str, options)])


def placed(course: Path) -> dict[str, bytes]:
    """Return each student's notebook in the course."""
    found = (course / "submitted").glob(f"*/exercise4/{NOTEBOOK}")
    return {path.parts[-3]: path.read_bytes() for path in found}


def handed_in(course: Path, student: str) -> str | None:
    """Return what the student's timestamp says, or None if there is none."""
    path = course / "submitted" / student / "exercise4" / "timestamp.txt"
    return path.read_text().strip() if path.exists() else None


def students_folder(course: Path, student: str) -> dict[str, bytes]:
    """Return a student's files by their path."""
    folder = course / "submitted" / student / "exercise4"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def one(course: Path, tmp_path: Path, files: Mapping[str, bytes], *options: str) -> int:
    """Collect what one student of Moodle's has handed in."""
    members = {moodle_path(FIRST, name): data for name, data in files.items()}
    return collect(course, write_zip(tmp_path / "one.zip", members), *options)


DOWNLOADS = {
    "moodle": (moodle_zip, worksheet, True),
    "ilias": (ilias_zip, status_csv, True),
    "canvas": (canvas_zip, canvas_gradebook, False),
}
"""For each platform: its download, its own table as the roster, and whether both together say when."""

IDS = {"moodle": "student", "ilias": "login", "canvas": "login"}


@pytest.mark.parametrize("platform", DOWNLOADS)
def test_a_class_of_30(platform: str, course: Path, tmp_path: Path, class_of_30: dict[Person, bytes]) -> None:
    """All 30 are placed, byte by byte, with umlauts, double names and two of one name; those times that are known."""
    download, table, timed = DOWNLOADS[platform]
    (tmp_path / "table.csv").write_bytes(table())
    assert (
        collect(course, download(tmp_path / "all.zip", class_of_30), "--roster", tmp_path / "table.csv") == 0
    )
    expected = {getattr(person, IDS[platform]): data for person, data in class_of_30.items()}
    assert placed(course) == expected
    for person in PEOPLE:
        said = handed_in(course, getattr(person, IDS[platform]))
        assert said == (f"{person.submitted:%Y-%m-%d %H:%M:%S}.000000 UTC" if timed else None)


@pytest.mark.parametrize("platform", DOWNLOADS)
def test_a_roster_of_names_only(
    platform: str, course: Path, tmp_path: Path, class_of_30: dict[Person, bytes]
) -> None:
    """Without the platform's numbers, names and logins lead to ids; the two of one name are left for people to tell."""
    (tmp_path / "names.csv").write_bytes(roster_csv(numbers=False))
    download = DOWNLOADS[platform][0](tmp_path / "all.zip", class_of_30)
    status = collect(course, download, "--roster", tmp_path / "names.csv")
    twins = set() if platform == "ilias" else {"23000004", "23000005"}
    assert set(placed(course)) == {person.student for person in PEOPLE} - twins
    assert status == (1 if twins else 0)


@pytest.mark.parametrize("platform", DOWNLOADS)
def test_without_a_roster(
    platform: str, course: Path, tmp_path: Path, class_of_30: dict[Person, bytes]
) -> None:
    """Ids are made of what the platform says, and are as many as there are people."""
    assert collect(course, DOWNLOADS[platform][0](tmp_path / "all.zip", class_of_30)) == 0
    found = placed(course)
    assert len(found) == 30
    assert {"moodle": "joerg-mueller-4700", "ilias": "ab00cdef", "canvas": "muellerjoerg-4700"}[
        platform
    ] in found


def test_moodle_without_folders(course: Path, tmp_path: Path, class_of_30: dict[Person, bytes]) -> None:
    """Moodle's other setting, one long name for each file, gives the same."""
    (tmp_path / "table.csv").write_bytes(worksheet("de", separator=";"))
    zipped = moodle_zip(tmp_path / "all.zip", class_of_30, folders=False)
    assert collect(course, zipped, "--roster", tmp_path / "table.csv") == 0
    assert placed(course) == {person.student: data for person, data in class_of_30.items()}
    assert handed_in(course, FIRST.student) == "2026-11-20 22:40:00.000000 UTC"


def test_moodle_before_4_1(course: Path, tmp_path: Path) -> None:
    """The folder with a `_` at its end is the same person's."""
    name = moodle_path(FIRST, NOTEBOOK).replace("_file/", "_file_/")
    assert collect(course, write_zip(tmp_path / "old.zip", {name: small_notebook()})) == 0
    assert set(placed(course)) == {"joerg-mueller-4700"}


def test_moodle_and_canvas_say_nothing_of_times(course: Path, tmp_path: Path) -> None:
    """Times that are far apart in a download of Moodle's are still not those of the submissions."""
    members = {moodle_path(person, NOTEBOOK): small_notebook() for person in PEOPLE[:3]}
    times = {name: DEADLINE + timedelta(days=day) for day, name in enumerate(members)}
    assert collect(course, write_zip(tmp_path / "slow.zip", members, times)) == 0
    assert [handed_in(course, student) for student in placed(course)] == [None, None, None]


def test_ilias_from_9_on_dates_files_when_it_packs(course: Path, tmp_path: Path) -> None:
    """Where all files are of the same minutes, no time is written: nobody may be late for the packing."""
    members = {ilias_path(person, NOTEBOOK): small_notebook() for person in PEOPLE}
    times = {name: DEADLINE + timedelta(seconds=10 * place) for place, name in enumerate(members)}
    assert collect(course, write_zip(tmp_path / "new.zip", members, times, utc=True)) == 0
    assert len(placed(course)) == 30
    assert not list((course / "submitted").rglob("timestamp.txt"))


@pytest.mark.parametrize(
    "top", ["", "Multi_Feedback_Individual_Uebung_4_815", "Uebung_4_Teil_2/Submissions", "Team 7"]
)
def test_the_folders_around_ilias(top: str, course: Path, tmp_path: Path) -> None:
    """Whatever lies around them, and however like a student's it is called, the students' folders are found."""
    members = {ilias_path(person, NOTEBOOK, top): small_notebook(person.login) for person in PEOPLE[:3]}
    members["status.csv"] = status_csv()
    assert collect(course, write_zip(tmp_path / "all.zip", members)) == 0
    assert placed(course) == {person.login: small_notebook(person.login) for person in PEOPLE[:3]}


def test_what_peers_wrote_is_nobodys_submission(
    course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In ILIAS's peer feedback, whoever it is for or from has handed in nothing by it."""
    first, second = (ilias_path(each, "", "").rstrip("/") for each in PEOPLE[:2])
    peers = f"Exercise 4/Feedback_files/to_{first}/from_{second}"
    members = {ilias_path(each, NOTEBOOK): small_notebook(each.login) for each in PEOPLE[:2]}
    members |= {f"{peers}/{NOTEBOOK}": small_notebook("peer"), f"{peers}/notes.pdf": b"%PDF"}
    assert collect(course, write_zip(tmp_path / "peers.zip", members)) == 1
    assert f"{peers}/{NOTEBOOK}: whose is this?" in capsys.readouterr().out
    assert placed(course) == {each.login: small_notebook(each.login) for each in PEOPLE[:2]}


def test_a_class_of_one_below_a_title_like_a_student(course: Path, tmp_path: Path) -> None:
    """With one student below one such title, the deeper of the two is the student."""
    name = ilias_path(FIRST, NOTEBOOK, "Uebung_4_Teil_2/Submissions")
    assert collect(course, write_zip(tmp_path / "one.zip", {name: small_notebook()})) == 0
    assert set(placed(course)) == {FIRST.login}


def test_two_people_and_one_in_the_roster(
    course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two of one name on the platform are never both the only one of that name in the roster: neither is placed."""
    (tmp_path / "roster.csv").write_text("id,name\n1,Anna Schmidt\n2,Jörg Müller\n")
    download = moodle_zip(
        tmp_path / "a.zip", dict.fromkeys((PEOPLE[0], PEOPLE[4], PEOPLE[5]), small_notebook())
    )
    assert collect(course, download, "--roster", tmp_path / "roster.csv") == 1
    assert set(placed(course)) == {"2"}
    assert "different people, who would all be 1" in capsys.readouterr().out


def test_canvas_reads_names_as_canvas_does(course: Path, tmp_path: Path) -> None:
    """Anonymous, late in either case, numbers in names of people and of files: the id stands before the file's."""
    members = {
        "anon_LATE_x7Yz2_90001_exercise4.ipynb": small_notebook("a"),
        "max2mustermann_late_4711_90002_exercise4.ipynb": small_notebook("b"),
        "doejane_4712_90003_2024_11_exercise4.ipynb": small_notebook("c"),
        "doejohn_4713_text.html": b"see my repository",
    }
    assert collect(course, write_zip(tmp_path / "all.zip", members)) == 1
    known = record.load(course, "exercise4")
    assert {each.platform_id: each.late for each in known.values()} == {
        "anon_LATE_x7Yz2": True, "4711": True, "4712": False,
    }  # fmt: skip
    assert "anon-late-x7yz2" in known
    assert known["doejane-4712"].file == "doejane_4712_90003_2024_11_exercise4.ipynb"


PLAIN = {
    "a folder each": ("hans/exercise4.ipynb", "grete/exercise4.ipynb"),
    "as nbgrader keeps them": ("hans/exercise4/exercise4.ipynb", "grete/exercise4/exercise4.ipynb"),
    "wrapped": ("all/hans/exercise4.ipynb", "all/grete/exercise4.ipynb"),
    "names of files": ("hans.ipynb", "exercise4_grete.ipynb"),
    "names of files in a folder": ("all/hans-exercise4.ipynb", "all/grete.ipynb"),
}


@pytest.mark.parametrize("names", PLAIN.values(), ids=PLAIN)
@pytest.mark.parametrize("zipped", [True, False])
def test_plain(names: tuple[str, str], zipped: bool, course: Path, tmp_path: Path) -> None:
    """A folder of notebooks, zipped or not, in each of the usual orders."""
    download = tmp_path / "plain"
    if zipped:
        write_zip(download, {name: small_notebook(name) for name in names})
    for name in () if zipped else names:
        (download / name).parent.mkdir(parents=True, exist_ok=True)
        (download / name).write_bytes(small_notebook(name))
    assert collect(course, download) == 0
    assert placed(course) == dict(zip(("hans", "grete"), map(small_notebook, names), strict=True))


def test_a_single_student_in_a_plain_zip(course: Path, tmp_path: Path) -> None:
    """The only folder is the student's, not a wrapping."""
    assert collect(course, write_zip(tmp_path / "a.zip", {"hans/exercise4.ipynb": small_notebook()})) == 0
    assert set(placed(course)) == {"hans"}


@pytest.mark.parametrize(
    "name", ["exercise4.ipynb", "exercise4 (2).ipynb", "exercise4-Copy1.ipynb", "Exercise4/exercise4.ipynb"]
)
def test_nobodys_notebook(
    name: str, course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A notebook that nothing says whose it is is reported, and nothing is guessed; the others are placed."""
    others = {"hans/exercise4.ipynb": small_notebook("h"), "exercise4_02.ipynb": small_notebook("2")}
    assert collect(course, write_zip(tmp_path / "a.zip", {name: small_notebook()})) == 1
    assert f"{name}: whose is this?" in capsys.readouterr().out
    assert not placed(course)
    assert collect(course, write_zip(tmp_path / "b.zip", {name: small_notebook(), **others})) == 1
    assert f"{name}: whose is this?" in capsys.readouterr().out
    assert placed(course) == {"hans": small_notebook("h"), "02": small_notebook("2")}


def test_a_wrong_name_is_put_right(course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The only notebook is the one, whatever it is called; that is said."""
    assert one(course, tmp_path, {"Übung vier FINAL.ipynb": small_notebook("x")}) == 0
    assert placed(course) == {"joerg-mueller-4700": small_notebook("x")}
    assert "Übung vier FINAL.ipynb was renamed to exercise4.ipynb" in capsys.readouterr().out


def test_several_wrong_names(course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of several, the one with this exercise's cells is taken; if that does not tell, nobody guesses."""
    other = small_notebook().replace(b"relu_forward", b"other_cell")
    assert one(course, tmp_path, {"a.ipynb": other, "b.ipynb": small_notebook("b")}) == 0
    assert placed(course) == {"joerg-mueller-4700": small_notebook("b")}
    assert (
        one(course, tmp_path, {"a.ipynb": small_notebook("a"), "b.ipynb": small_notebook("c")}, "--force")
        == 1
    )
    assert (
        "several notebooks, none of them called exercise4.ipynb: a.ipynb, b.ipynb" in capsys.readouterr().out
    )
    assert placed(course) == {"joerg-mueller-4700": small_notebook("b")}


def test_another_exercise_is_noticed(
    course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A notebook without any of the graded cells is placed, but somebody should look."""
    one(course, tmp_path, {"exercise3.ipynb": small_notebook().replace(b"relu_forward", b"linear_forward")})
    assert "is it the right exercise?" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("names", "latest"),
    [
        (["exercise4.ipynb", "exercise4 (2).ipynb", "exercise4 (10).ipynb"], "exercise4 (10).ipynb"),
        (["exercise4-1.ipynb", "exercise4.ipynb", "exercise4-2.ipynb"], "exercise4-2.ipynb"),
        (["exercise4(1).ipynb", "Exercise4.ipynb"], "exercise4(1).ipynb"),
    ],
)
def test_the_latest_attempt(names: list[str], latest: str, course: Path, tmp_path: Path) -> None:
    """Of several files of one name, the one with the highest number is the latest."""
    assert one(course, tmp_path, {name: small_notebook(name) for name in names}) == 0
    assert placed(course) == {"joerg-mueller-4700": small_notebook(latest)}


def test_the_latest_attempt_by_time(course: Path, tmp_path: Path) -> None:
    """Where the files' times differ, they say it, not the numbers; and the time is that of the one taken."""
    names = [ilias_path(FIRST, "exercise4.ipynb"), ilias_path(FIRST, "exercise4 (2).ipynb")]
    times = {names[0]: DEADLINE, names[1]: DEADLINE - timedelta(days=2)}
    members = {name: small_notebook(name) for name in names}
    assert collect(course, write_zip(tmp_path / "a.zip", members, times, utc=True)) == 0
    assert placed(course) == {"ab00cdef": small_notebook(names[0])}
    assert handed_in(course, "ab00cdef") == "2026-11-20 22:00:00.000000 UTC"


def test_a_zip_that_a_student_handed_in(course: Path, tmp_path: Path) -> None:
    """It is unpacked; the notebook's folder becomes the submission, and what computers add is left out."""
    inner = packed({
        "my work/exercise4.ipynb": small_notebook("z"),
        "my work/src/layers/conv.py": b"code",
        "my work/.ipynb_checkpoints/exercise4-checkpoint.ipynb": small_notebook("old"),
        "my work/timestamp.txt": b"1999-01-01 00:00:00 UTC",
        "__MACOSX/my work/._exercise4.ipynb": b"resource fork",
        "readme.txt": b"elsewhere",
    })  # fmt: skip
    assert one(course, tmp_path, {"solution.zip": inner}) == 0
    assert students_folder(course, "joerg-mueller-4700") == {
        NOTEBOOK: small_notebook("z"), "src/layers/conv.py": b"code",
    }  # fmt: skip


def test_files_as_old_as_the_submission(course: Path, tmp_path: Path) -> None:
    """The notebook is not younger than its timestamp, which autograding would not believe."""
    (tmp_path / "table.csv").write_bytes(worksheet())
    collect(
        course, moodle_zip(tmp_path / "a.zip", {FIRST: small_notebook()}), "--roster", tmp_path / "table.csv"
    )
    path = course / "submitted" / FIRST.student / "exercise4" / NOTEBOOK
    assert datetime.fromtimestamp(path.stat().st_mtime, tz=UTC) == FIRST.submitted


def test_what_return_needs_is_kept(course: Path, tmp_path: Path) -> None:
    """The record has the platform's number, folder and file for everybody, and lies in no student's folder."""
    collect(course, canvas_zip(tmp_path / "a.zip", {FIRST: small_notebook(), PEOPLE[4]: small_notebook()}))
    data = json.loads((course / "submitted" / "collected.json").read_text())["assignments"]["exercise4"]
    assert data["muellerjoerg-4700"]["file"] == canvas_path(FIRST, NOTEBOOK, late=True)
    assert data["schmidtanna-4752"]["platform_id"] == "4752"
    assert data["muellerjoerg-4700"]["late"]
    assert not data["schmidtanna-4752"]["late"]


def test_one_student_can_be_forgotten(course: Path, tmp_path: Path) -> None:
    """One is removed from the record, with what was replaced of theirs; the others stay."""
    collect(course, canvas_zip(tmp_path / "a.zip", {FIRST: small_notebook(), PEOPLE[4]: small_notebook()}))
    collect(course, canvas_zip(tmp_path / "b.zip", {FIRST: small_notebook("b")}), "--force")
    replaced = course / ".proctor" / "replaced" / "muellerjoerg-4700"
    assert replaced.is_dir()
    assert record.forget(course, "muellerjoerg-4700")
    assert set(record.load(course, "exercise4")) == {"schmidtanna-4752"}
    assert not replaced.exists()
    assert not record.forget(course, "..")


def test_a_dry_run_writes_nothing(course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says what would be done, and the course is as it was."""
    before = sorted(course.rglob("*"))
    assert collect(course, moodle_zip(tmp_path / "a.zip", {FIRST: small_notebook()}), "--dry-run") == 0
    assert "1 new" in capsys.readouterr().out
    assert sorted(course.rglob("*")) == before
