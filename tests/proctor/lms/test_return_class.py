"""The way back for a class of 200: what each platform's own importer makes of it is everybody's points and page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from proctor.cli import export
from proctor.cli.main import main
from proctor.gradebook.database import open_gradebook
from tests.proctor.support.classrooms import Made, build
from tests.proctor.support.downloads import (
    Person,
    blackboard_path,
    canvas_gradebook,
    canvas_zip,
    class_of,
    ilias_zip,
    moodle_zip,
    roster_csv,
    small_notebook,
    status_csv,
    table,
    worksheet,
    write_zip,
)
from tests.proctor.support.importers import (
    blackboard_reads_grades,
    canvas_reads_feedback,
    canvas_reads_grades,
    ilias_reads_feedback,
    moodle_reads_feedback,
    moodle_reads_grades,
    studon_reads_status,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

EXERCISE = "exercise4"
PAGE = f"{EXERCISE}.html"
CLASS = class_of(200)
POINTS = {person: place / 8 for place, person in enumerate(CLASS)}
COLUMN = "Exercise 4 [Total Pts: 25 Score] |77"


def page_of(person: Person) -> str:
    """Return the page of feedback of a person."""
    return f"<p>Feedback for {person.name}</p>"


def blackboard_zip(path: Path, works: Mapping[Person, bytes]) -> Path:
    """Write Blackboard's download."""
    return write_zip(path, {blackboard_path(each, f"{EXERCISE}.ipynb"): data for each, data in works.items()})


def blackboard_gradebook() -> bytes:
    """Return Blackboard's download of its gradebook."""
    header = ["Last Name", "First Name", "Username", "Student ID", "Last Access", "Availability", COLUMN]
    rows = [[each.last, each.first, each.login, each.student, "2026-11-20", "Yes", ""] for each in CLASS]
    return table(header, rows, separator="\t").decode().encode("utf-16")


DOWNLOADS: dict[str, Callable[[Path, Mapping[Person, bytes]], Path]] = {
    "moodle": moodle_zip, "ilias": ilias_zip, "canvas": canvas_zip, "blackboard": blackboard_zip,
}  # fmt: skip
TEMPLATES: dict[str, bytes] = {
    "moodle": worksheet("de", CLASS, separator=";"), "ilias": status_csv(CLASS),
    "canvas": canvas_gradebook(CLASS), "blackboard": blackboard_gradebook(),
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a graded class with a page of feedback each; nothing is collected yet."""
    folder = tmp_path_factory.mktemp("class")
    data = {"grade_id": "relu_forward", "grade": True, "points": 25.0, "locked": True, "solution": False}
    data |= {"schema_version": 3, "task": False}
    release = new_notebook(cells=[new_code_cell("", id="relu_forward", metadata={"nbgrader": data})])
    (folder / "course").mkdir()
    open_gradebook(f"sqlite:///{folder / 'course' / 'gradebook.db'}").close()
    made = [Made(each.student, {}, by_hand={"relu_forward": points}) for each, points in POINTS.items()]
    course = build(folder / "course", made, release)
    for person in CLASS:
        page = course / "feedback" / person.student / EXERCISE / PAGE
        page.parent.mkdir(parents=True)
        page.write_text(page_of(person))
    (folder / "roster.csv").write_bytes(roster_csv(CLASS))
    return folder


@pytest.fixture
def returned(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], dict[str, bytes]]:
    """Return a function that collects what a platform gave, and gives it back; made-up grades are never stale."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(export, "_stale", lambda _app: {})

    def there_and_back(platform: str) -> dict[str, bytes]:
        download = DOWNLOADS[platform](
            tmp_path / "all.zip", {each: small_notebook(each.login) for each in CLASS}
        )
        course = [f"--course={folder / 'course'}"]
        rest = [f"--roster={folder / 'roster.csv'}", "--timezone=UTC", "--force"]
        assert main(["collect", str(download), *course, *rest]) == 0
        (tmp_path / "template.csv").write_bytes(TEMPLATES[platform])
        options = [
            f"--platform={platform}",
            f"--template={tmp_path / 'template.csv'}",
            f"--to={tmp_path / 'out'}",
        ]
        column = ["--column=Exercise 4"] if platform == "blackboard" else []
        assert main(["return", EXERCISE, *course, *options, *column]) == 0
        return {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}

    return there_and_back


def near(found: Mapping[int, float] | Mapping[str, float], key: Callable[[Person], object]) -> bool:
    """Return whether everybody, and nobody else, has their points, as exactly as two decimals say them."""
    return found == {key(each): pytest.approx(points, abs=0.0051) for each, points in POINTS.items()}


def test_moodle(returned: Callable[[str], dict[str, bytes]]) -> None:
    """In a German worksheet."""
    files = returned("moodle")
    assert near(moodle_reads_grades(files["grades.csv"], "de", ";"), lambda each: each.number)
    assert moodle_reads_feedback(files["feedback.zip"]) == {
        each.number: (PAGE, page_of(each)) for each in CLASS
    }


def test_ilias(returned: Callable[[str], dict[str, bytes]]) -> None:
    """With StudOn's marks."""
    files = returned("ilias")
    status = studon_reads_status(files["status.csv"])
    assert near({number: float(row[6]) for number, row in status.items()}, lambda each: each.number)
    assert ilias_reads_feedback(files["feedback.zip"]) == {
        each.number: (PAGE, page_of(each)) for each in CLASS
    }


def test_canvas(returned: Callable[[str], dict[str, bytes]]) -> None:
    """Under the numbers of the person and of each one's own file."""
    files = returned("canvas")
    read = {
        number: float(row["exercise4 (812)"])
        for number, row in canvas_reads_grades(files["grades.csv"]).items()
    }
    assert near(read, lambda each: each.number)
    owners = {(str(each.number), str(90_000 + each.number)) for each in CLASS}
    assert set(canvas_reads_feedback(files["feedback.zip"])) == owners


def test_blackboard(returned: Callable[[str], dict[str, bytes]]) -> None:
    """By the username."""
    assert near(blackboard_reads_grades(returned("blackboard")["grades.csv"]), lambda each: each.login)
