"""Tables for no platform: points by cell and criterion, as text and as a workbook; and names that come in."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from proctor.cli import export
from proctor.cli.main import main
from proctor.criteria.outcome import CellReport, Outcome, Verdict
from proctor.gradebook.database import open_gradebook
from proctor.lms import tables
from tests.proctor.support.classrooms import Made, build
from tests.proctor.support.downloads import empty_course, table, worksheet

if TYPE_CHECKING:
    from pathlib import Path

EXERCISE = "exercise4"
SHAPE, VALUES = "The shape is right.", "=1+1 is 2."


def release() -> Any:
    """Return a notebook with a cell that tests grade, and one that a person grades."""
    cells = []
    for name, solution in (("relu", False), ("essay", True)):
        data = {"grade_id": name, "grade": True, "solution": solution, "locked": not solution, "points": 2.0}
        cells.append(
            new_code_cell("", id=name, metadata={"nbgrader": data | {"schema_version": 3, "task": False}})
        )
    return new_notebook(cells=cells)


def report(shape: Outcome, values: Outcome) -> dict[str, CellReport]:
    """Return how the two criteria of the tested cell ended."""
    verdicts = (Verdict("test_shape", SHAPE, shape, 0.5), Verdict("test_values", VALUES, values, 1.5))
    return {"relu": CellReport("relu", "ReLU", verdicts)}


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a course with one who is right, and one with points by hand whose name is a formula."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(export, "_stale", lambda _app: {})
    passed, failed = Outcome.PASSED, Outcome.FAILED
    made = [
        Made("ada", report(passed, passed), name=("Ada", "Lovelace"), penalty=0.5),
        Made("bob", report(passed, failed), by_hand={"relu": 1.25, "essay": 2.0}, name=("Bob", "=cmd()")),
    ]
    course = build(tmp_path / "course", made, release())
    for each in made:
        (course / "submitted" / each.student / EXERCISE).mkdir(parents=True)
    return course


def returned(course: Path, *options: str) -> Path:
    """Run `proctor return --platform csv`; return the folder."""
    assert main(["return", EXERCISE, "--platform=csv", f"--course={course}", *options]) == 0
    return course / "exports" / f"{EXERCISE}-csv"


def test_points_of_each_criterion(course: Path) -> None:
    """A column for each cell, behind it those of its criteria; a cell has the points by hand, no criterion has."""
    text = (returned(course, "--criteria") / "criteria.csv").read_text()
    rows = {row["student_id"]: row for row in csv.DictReader(io.StringIO(text))}
    assert list(rows["ada"]) == ["student_id", "essay", "relu", f"relu: {SHAPE}", f"relu: {VALUES}"]
    assert list(rows["ada"].values()) == ["ada", "0", "2", "0.5", "1.5"]
    assert list(rows["bob"].values()) == ["bob", "2", "1.25", "0.5", "0"]


def test_workbooks_say_the_same(course: Path) -> None:
    """Each table is a workbook, too, in which points are numbers, and what looks like a formula is a text."""
    folder = returned(course, "--criteria")
    sheet = openpyxl.load_workbook(folder / "criteria.xlsx").active
    assert [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)] == [
        ["ada", 0, 2, 0.5, 1.5], ["bob", 2, 1.25, 0.5, 0],
    ]  # fmt: skip
    header, *rows = openpyxl.load_workbook(folder / "grades.xlsx").active.iter_rows()
    place = [cell.value for cell in header].index("last_name")
    assert [(row[place].value, row[place].data_type) for row in rows] == [("=cmd()", "s"), ("Lovelace", "s")]
    assert "'=cmd()" in (folder / "grades.csv").read_text()


def test_without_openpyxl_there_are_no_workbooks(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tables are written, and nothing else; criteria only where they were asked for."""
    monkeypatch.setattr(tables, "workbook", lambda _table: None)
    assert [path.name for path in returned(course).iterdir()] == ["grades.csv"]


def test_names_come_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A roster alone brings names and addresses into the gradebook, and changes what it knows, nothing else."""
    course = empty_course(tmp_path)
    url = f"sqlite:///{course / 'gradebook.db'}"
    with open_gradebook(url) as book:
        book.add_student("ab00cdef", first_name="J", email="old@example.org")
        book.add_student("x", last_name="Stays")

    def collect(data: bytes) -> str:
        (tmp_path / "r.csv").write_bytes(data)
        assert main(["collect", f"--course={course}", f"--roster={tmp_path / 'r.csv'}"]) == 0
        return capsys.readouterr().out

    own = table(
        ["id", "Vorname", "Nachname", "E-Mail"],
        [["ab00cdef", "Jörg", "Müller", ""], ["new", "Ann", "", "a@x.org"]],
    )
    assert "Names and e-mail addresses of 2 students" in collect(own)
    assert "is in the gradebook already" in collect(own)
    assert "of 30 students" in collect(worksheet("de"))
    with open_gradebook(url) as book:
        found = {each.id: (each.first_name, each.last_name, each.email) for each in book.students}
    assert found["ab00cdef"] == ("Jörg", "Müller", "old@example.org")
    assert (found["new"], found["x"]) == (("Ann", None, "a@x.org"), (None, "Stays", None))
    assert found["23000000"] == ("Jörg", "Müller", "23000000@example.org")
    assert not (course / "submitted").exists()
