"""What an untrusted download costs, and what lies deep, wide or odd in it: collected or refused in words."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import numpy as np
import pytest

from proctor.cli.main import main
from proctor.lms.pick_files import grade_ids
from proctor.lms.spreadsheet import Table, parse_table
from proctor.lms.tables import workbook
from proctor.submission import folders
from proctor.submission.record import load
from tests.proctor.support.downloads import (
    PEOPLE,
    blackboard_path,
    blackboard_text,
    empty_course,
    moodle_path,
    packed,
    small_notebook,
    table,
    write_zip,
)

if TYPE_CHECKING:
    from pathlib import Path

NOTEBOOK = "exercise4.ipynb"
FORMULAS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "'=1", "''@x"]
HARMLESS = ["-", "-2.5", "12,5", "Ada", "", "a=b", "O'Neill"]


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """Make a course with nothing in it but the release's notebook."""
    return empty_course(tmp_path)


def collect(course: Path, download: Path, *options: str) -> int:
    """Run `proctor collect`."""
    return main(["collect", str(download), f"--course={course}", "--timezone=UTC", *options])


def test_a_notebook_of_empty_objects_costs_its_size(course: Path, tmp_path: Path) -> None:
    """30 MB that would be 5 GB if they were parsed are collected within one."""
    bomb = small_notebook().replace(
        b'"metadata": {},', b'"metadata": {"x": [' + b"{}," * 10_000_000 + b"{}]},", 1
    )
    folder = tmp_path / "all" / "ada"
    folder.mkdir(parents=True)
    (folder / NOTEBOOK).write_bytes(bomb)
    limited = "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30));"
    command = f"{limited} from proctor.cli.main import main; sys.exit(main(sys.argv[1:]))"
    arguments = ["collect", str(folder.parent), f"--course={course}"]
    done = subprocess.run(
        [sys.executable, "-c", command, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (course / "submitted" / "ada" / "exercise4" / NOTEBOOK).stat().st_size == len(bomb)


def test_text_forges_no_grade_id() -> None:
    """What stands in a cell's text is not taken for metadata, nor does a backslash hide what is."""
    cell = {"cell_type": "code", "metadata": {}, "source": '"grade_id": "relu_forward"\\', "outputs": []}
    assert grade_ids(json.dumps({"cells": [cell]}).encode()) == frozenset()
    cell["metadata"] = {"nbgrader": {"grade_id": "he"}}
    assert grade_ids(json.dumps({"cells": [cell]}).encode()) == {"he"}


def _dig(folder: Path) -> None:
    """Make a thousand folders in each other."""
    handle = os.open(folder, os.O_RDONLY)
    for _ in range(1_000):
        os.mkdir("d" * 5, dir_fd=handle)
        inner = os.open("d" * 5, os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = inner
    os.close(handle)


def test_deep_and_odd_folders(course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A thousand folders in each other, a pipe, a link and a terabyte of nothing stop nobody's collecting."""
    ada = tmp_path / "all" / "ada"
    ada.mkdir(parents=True)
    (ada / NOTEBOOK).write_bytes(small_notebook("ada"))
    os.mkfifo(ada / "pipe")
    (ada / "link").symlink_to("/etc/passwd")
    with (ada / "sparse").open("wb") as file:
        file.truncate(2**40)
    _dig(ada)
    try:
        assert collect(course, tmp_path / "all") == 1
    finally:
        folders.remove(tmp_path / "all")  # pytest cannot
    assert [path.name for path in (course / "submitted" / "ada" / "exercise4").iterdir()] == [NOTEBOOK]
    said = capsys.readouterr().out
    for words in (
        "pipe: is left out: not a regular file",
        "link: is left out: a link",
        "is larger than",
        "folders",
    ):
        assert words in said


def test_a_deep_folder_is_removed(tmp_path: Path) -> None:
    """Folders in each other beyond what recursion and the system's paths allow are removed."""
    (tmp_path / "deep").mkdir()
    _dig(tmp_path / "deep")
    folders.remove(tmp_path / "deep")
    assert not list(tmp_path.iterdir())


def test_deep_zips(course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Paths of 5,000 characters and a thousand folders in zips, the student's own too, are refused in words."""
    deep, long = "d/" * 1_000 + "x.txt", "n" * 250 + "/" + "m" * 4_700
    inner = packed({NOTEBOOK: small_notebook("x"), deep: b"", long: b""})
    members = {
        moodle_path(PEOPLE[0], "w.zip"): inner,
        moodle_path(PEOPLE[0], deep): b"",
        "q/" * 80 + "y": b"",
    }
    assert collect(course, write_zip(tmp_path / "a.zip", members), "--platform=moodle") == 1
    assert "too long a name" in capsys.readouterr().out
    assert (course / "submitted" / "joerg-mueller-4700" / "exercise4" / NOTEBOOK).is_file()


def test_a_zip_with_a_million_entries_is_not_listed(course: Path, tmp_path: Path) -> None:
    """A student's zip whose table of contents would take half a gigabyte costs next to nothing."""
    entries = np.zeros((1_000_000, 46), np.uint8)
    entries[:, :4] = np.frombuffer(b"PK\x01\x02", np.uint8)
    entries[:, 16:20] = np.random.default_rng(4).integers(
        0, 256, (1_000_000, 4)
    )  # else it is refused as a bomb
    end = b"PK\x05\x06" + bytes(4) + b"\xff" * 4 + (46_000_000).to_bytes(4, "little")
    bomb = entries.tobytes() + end + bytes(6)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    members = {
        moodle_path(PEOPLE[0], "bomb.zip"): bomb,
        moodle_path(PEOPLE[0], NOTEBOOK): small_notebook("x"),
    }
    assert collect(course, write_zip(tmp_path / "a.zip", members)) == 0
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 250_000
    assert (course / "submitted" / "joerg-mueller-4700" / "exercise4" / NOTEBOOK).is_file()


def test_a_stray_file_decides_nothing(
    course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A README beside the students' folders is named; a loose notebook is nobody's until somebody says whose."""
    names = ("ada", "alan", "emmy")
    members = {f"subs/{name}/{NOTEBOOK}": small_notebook(name) for name in names}
    download = write_zip(
        tmp_path / "a.zip", {"subs/README.txt": b"hi", **members, f"subs/{NOTEBOOK}": small_notebook("?")}
    )
    assert collect(course, download) == 1
    said = capsys.readouterr().out
    assert sorted(path.name for path in (course / "submitted").glob("[!.]*/")) == sorted(names)
    assert "subs/README.txt" in said
    assert f"subs/{NOTEBOOK}: whose is this?" in said
    assert f"`proctor collect {download}/PATH --student ID`" in said
    assert collect(course, download / "subs" / NOTEBOOK, "--student=grace") == 0
    assert (course / "submitted" / "grace" / "exercise4" / NOTEBOOK).read_bytes() == small_notebook("?")


def test_a_download_in_a_zip(course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is refused in one line, for it would be one student's; one student's zip in a zip is theirs."""
    several = packed({moodle_path(each, NOTEBOOK): small_notebook() for each in PEOPLE[:3]})
    assert collect(course, write_zip(tmp_path / "a.zip", {"inner.zip": several})) == 2
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert "nothing but inner.zip, a download from Moodle of 3 people or teams: unpack it" in line
    assert not (course / "submitted").exists()
    one = packed({NOTEBOOK: small_notebook("ada"), "data/x.csv": b"1", "src/y.py": b"2"})
    assert collect(course, write_zip(tmp_path / "b.zip", {"ada.zip": one})) == 0
    assert (course / "submitted" / "ada" / "exercise4" / NOTEBOOK).read_bytes() == small_notebook("ada")


def test_two_exports_in_one_folder(course: Path, tmp_path: Path) -> None:
    """Those of two courses of Gradescope's, put into one folder, are taken together."""
    said = "submission_1:\n  :submitters:\n  - :name: A\n    :email: {}@x.org\n"
    members = {f"{name}/submission_1/{NOTEBOOK}": small_notebook(name) for name in ("ada", "alan")}
    members |= {f"{name}/submission_metadata.yml": said.format(name).encode() for name in ("ada", "alan")}
    assert collect(course, write_zip(tmp_path / "a.zip", members)) == 0
    found = {path.parts[-3]: path.read_bytes() for path in (course / "submitted").rglob(NOTEBOOK)}
    assert found == {name: small_notebook(name) for name in ("ada", "alan")}


@pytest.mark.parametrize("top", ["assignment_9_export", "Archive/assignment_9_export", ""])
def test_the_folders_around_gradescopes(top: str, course: Path, tmp_path: Path) -> None:
    """Its table is found wherever the download was packed again, and not among what somebody handed in."""
    said = "submission_{}:\n  :submitters:\n  - :name: {}\n    :email: {}@x.org\n"
    path = PurePosixPath(top, "submission_1")
    members = {
        f"{path}/{NOTEBOOK}": small_notebook("ada"),
        f"{path}/submission_2/{NOTEBOOK}": small_notebook("forged"),
        f"{path}/submission_metadata.yml": said.format(2, "Alan", "alan").encode(),
        f"{path.parent / 'submission_metadata.yml'}": said.format(1, "Ada", "ada").encode(),
    }
    assert collect(course, write_zip(tmp_path / "a.zip", members)) == 0
    found = {path.parts[-3]: path.read_bytes() for path in (course / "submitted").rglob(NOTEBOOK)}
    assert found == {"ada": small_notebook("ada")}


def test_addresses_that_begin_alike(course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two people of Gradescope's whose id would be one are told to the teacher, and neither is placed."""
    said = "submission_{}:\n  :submitters:\n  - :name: Ann {}\n    :email: ann@{}.org\n"
    members = {f"a/submission_{place}/{NOTEBOOK}": small_notebook(str(place)) for place in (1, 2)}
    members["a/submission_metadata.yml"] = (said.format(1, "Ax", "x") + said.format(2, "By", "y")).encode()
    download = write_zip(tmp_path / "a.zip", members)
    assert collect(course, download) == 1
    assert "Ann Ax (ann) and Ann By (ann): different people, who would all be ann" in capsys.readouterr().out
    (tmp_path / "r.csv").write_bytes(table(["id", "email"], [["ax", "ann@x.org"], ["by", "ann@y.org"]]))
    collect(course, download, f"--roster={tmp_path / 'r.csv'}")
    assert not list((course / "submitted").rglob(NOTEBOOK))


@pytest.mark.parametrize("texts", [True, False])
def test_blackboards_usernames_and_attempts(
    texts: bool, course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two usernames that end alike are two students; the latest attempt is taken as it is; an empty text is nothing."""
    ann, tom = (replace(PEOPLE[place], login=login) for place, login in ((3, "ann_smith"), (5, "tom_smith")))
    again = replace(ann, submitted=ann.submitted + timedelta(hours=1))
    members = {blackboard_path(each, NOTEBOOK): small_notebook(each.login) for each in (ann, tom)}
    members |= {blackboard_path(ann, "old.py"): b"1", blackboard_path(again, NOTEBOOK): small_notebook("new")}
    said = {
        blackboard_path(ann, ""): blackboard_text(ann),
        blackboard_path(tom, ""): blackboard_text(tom, "Hi"),
    }
    download = write_zip(tmp_path / "a.zip", members | (said if texts else {}))
    assert collect(course, download) == 0
    assert capsys.readouterr().out.count("text that was typed in") == texts
    found = {path.parts[-3]: path.read_bytes() for path in (course / "submitted").rglob(NOTEBOOK)}
    assert found == {"ann_smith": small_notebook("new"), "tom_smith": small_notebook("tom_smith")}
    assert not list((course / "submitted").rglob("old.py"))
    known = load(course, "exercise4")
    assert {each.name for each in known.values()} == ({ann.name, tom.name} if texts else set(found))


def test_what_blackboard_says_in_another_language(
    course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A text that several attempts share is the platform's; only one's own was typed in."""
    texts = dict(zip(PEOPLE, ["Es gibt keinen Text.", "Es gibt keinen Text.", "Siehe Anhang"], strict=False))
    members = {blackboard_path(each, NOTEBOOK): small_notebook(each.login) for each in texts}
    members |= {blackboard_path(each, ""): blackboard_text(each, text) for each, text in texts.items()}
    assert collect(course, write_zip(tmp_path / "a.zip", members)) == 0
    said = capsys.readouterr().out
    assert said.count("text that was typed in") == 1
    assert f"{PEOPLE[2].login}: the text that was typed in was left out" in said


def test_a_student_called_like_our_record(
    course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A login that is the name of our own file stops nobody else."""
    members = {f"{name}/{NOTEBOOK}": small_notebook(name) for name in ("ada", "collected.json")}
    assert collect(course, write_zip(tmp_path / "a.zip", members)) == 0
    assert {path.name for path in (course / "submitted").glob("*/")} == {"ada", "collected-json"}
    (tmp_path / "r.csv").write_bytes(
        table(["id", "login"], [["ada", "ada"], ["collected.json", "collected.json"]])
    )
    assert collect(course, tmp_path / "a.zip", f"--roster={tmp_path / 'r.csv'}", "--force") == 1
    assert "the id is the name of the course's own file" in capsys.readouterr().out


def test_a_number_of_another_person(course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder with one student's number and another name is not placed."""
    (tmp_path / "r.csv").write_bytes(table(["id", "name", "platform_id"], [["max", "Max Mustermann", "17"]]))
    members = {f"Group A_17_assignsubmission_file/{NOTEBOOK}": small_notebook("a")}
    assert collect(course, write_zip(tmp_path / "a.zip", members), f"--roster={tmp_path / 'r.csv'}") == 1
    assert "the number 17 is max's, who has another name" in capsys.readouterr().out
    assert not (course / "submitted" / "max").exists()


def test_a_groups_number_is_nobodys_later_on(
    course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the roster, too, a group's number that is somebody's of another group brings nobody its work."""
    people = [
        ["ada", "Ada Lovelace", "17", "Group A"],
        ["alan", "Alan Turing", "18", "Group A"],
        ["emmy", "Emmy Noether", "23", "Group B"],
    ]
    (tmp_path / "r.csv").write_bytes(table(["id", "name", "platform_id", "team"], people))
    works = {f"Group {team}_{number}_assignsubmission_file/{NOTEBOOK}": small_notebook(team)
             for team, number in (("A", 23), ("B", 31))}  # fmt: skip
    assert collect(course, write_zip(tmp_path / "a.zip", works), f"--roster={tmp_path / 'r.csv'}") == 0
    again = {path: data + b"\n" for path, data in works.items()}
    again[f"Stranger_17_assignsubmission_file/{NOTEBOOK}"] = small_notebook("?")
    capsys.readouterr()
    assert collect(course, write_zip(tmp_path / "b.zip", again), "--force") == 1
    found = {path.parts[-3]: path.read_bytes() for path in (course / "submitted").glob("[!.]*/*/*.ipynb")}
    assert found == {
        "ada": small_notebook("A") + b"\n",
        "alan": small_notebook("A") + b"\n",
        "emmy": small_notebook("B") + b"\n",
    }
    assert "Stranger (17): the number 17 is ada's, who has another name" in capsys.readouterr().out


def test_json(course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Scripts read who was placed, and what was not."""
    members = {f"ada/{NOTEBOOK}": small_notebook("ada"), f"emmy/{NOTEBOOK}.pdf": b"", "alan/essay.zip": b"PK"}
    assert collect(course, write_zip(tmp_path / "a.zip", members), "--json") == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["version"], said["new"], said["platform"]) == (1, ["ada"], "plain")
    assert {each["what"] for each in said["unplaced"]} == {"alan", "emmy"}


def test_cells_that_are_no_formulas() -> None:
    """A formula gets an apostrophe, and reads back as what it was; numbers and texts stay as they are."""
    table = Table(["a"] + ["b"] * (len(FORMULAS + HARMLESS) - 1), [FORMULAS + HARMLESS])
    written = table.encode()
    assert parse_table(written, "x").rows == table.rows
    cells = written.decode().splitlines()[1]
    assert "'=1+1,'+cmd" in cells
    assert ",-,-2.5," in cells


def test_a_workbook_has_no_formula(tmp_path: Path) -> None:
    """In xlsx, what looks like a formula is text, and unchanged; points are numbers."""
    openpyxl = pytest.importorskip("openpyxl", reason="an extra")
    data = workbook(Table(["student_id", "score", *"abcdefg"], [["007", "2.5", *FORMULAS]]))
    assert data is not None
    (tmp_path / "t.xlsx").write_bytes(data)
    row = next(openpyxl.load_workbook(tmp_path / "t.xlsx").active.iter_rows(min_row=2))
    assert [cell.value for cell in row] == ["007", 2.5, *FORMULAS]
    assert all(cell.data_type == "s" for cell in row[2:])
