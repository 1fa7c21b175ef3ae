"""What is written for a platform is what its importer takes, with everybody's points and page, and nobody else's.

The importers in `support.importers` do what the platforms' own code does with what is uploaded.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import tarfile
import zipfile
from typing import TYPE_CHECKING

import nbformat
import pytest
from nbgrader.api import Comment, Gradebook
from nbgrader.plugins import CsvExportPlugin

from proctor.batch import pages
from proctor.cli import export
from proctor.cli.main import main
from proctor.gradebook import database
from proctor.gradebook.database import open_gradebook
from tests.proctor.support import small_course
from tests.proctor.support.classrooms import Made, build
from tests.proctor.support.downloads import (
    PEOPLE,
    Person,
    canvas_gradebook,
    canvas_path,
    canvas_zip,
    ilias_zip,
    moodle_path,
    moodle_zip,
    packed,
    roster_csv,
    small_notebook,
    status_csv,
    tarred,
    worksheet,
    write_zip,
)
from tests.proctor.support.importers import (
    canvas_reads_feedback,
    canvas_reads_grades,
    ilias_reads_feedback,
    moodle_reads_feedback,
    moodle_reads_grades,
    studon_reads_status,
)
from tests.proctor.support.inline import Inline
from tests.specimens.build import Submission

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

EXERCISE = "exercise4"
PAGE = f"{EXERCISE}.html"
DOWNLOADS: dict[str, Callable[[Path, Mapping[Person, bytes]], Path]] = {
    "moodle": moodle_zip,
    "ilias": ilias_zip,
    "canvas": canvas_zip,
}


def points(person: Person) -> float:
    """Return what a person has: an eighth more than the one before, less two for who was late; never below 0."""
    place = PEOPLE.index(person)
    return max(0.0, place / 8 - (2 if place < 3 else 0))


def text_of(person: Person) -> str:
    """Return the page of feedback of a person."""
    return f"<p>Feedback for {person.name}</p>"


# A class, graded in a moment.


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a course in which the class has points by hand and penalties, and a page of feedback each."""
    course = tmp_path_factory.mktemp("graded") / "course"
    made = [
        Made(
            person.student, {}, by_hand={"conv_forward": place / 8}, name=(person.first, person.last),
            penalty=2.0 if place < 3 else 0.0,
        )
        for place, person in enumerate(PEOPLE)
    ]  # fmt: skip
    release = (
        Submission.release().notebook
    )  # the graded cells are enough, and are written thirty times at once
    release.cells = [cell for cell in release.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    build(course, made, release)
    for person in PEOPLE:
        folder = course / "feedback" / person.student / EXERCISE
        folder.mkdir(parents=True)
        (folder / PAGE).write_text(text_of(person))
    return course


@pytest.fixture
def course(graded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy the course; its made-up grades have no fingerprints, so they are not asked whether they are up to date."""
    shutil.copytree(graded, tmp_path / "course")
    (tmp_path / "roster.csv").write_bytes(roster_csv())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(export, "_stale", lambda _app: {})
    monkeypatch.setattr(pages, "local_pool", Inline)
    return tmp_path / "course"


def collect(course: Path, platform: str, people: tuple[Person, ...] = PEOPLE) -> None:
    """Collect what the class has handed in."""
    download = DOWNLOADS[platform](course.parent / "all.zip", dict.fromkeys(people, small_notebook()))
    roster = course.parent / "roster.csv"
    assert main(["collect", str(download), f"--course={course}", f"--roster={roster}"]) == 0


def give(course: Path, platform: str, template: bytes | None = None, *options: str) -> int:
    """Run `proctor return` into a folder beside the course."""
    chosen = []
    if template is not None:
        (course.parent / "template.csv").write_bytes(template)
        chosen = [f"--template={course.parent / 'template.csv'}"]
    target = course.parent / "out"
    return main(
        [
            "return",
            EXERCISE,
            f"--course={course}",
            f"--platform={platform}",
            f"--to={target}",
            *chosen,
            *options,
        ]
    )


def out(course: Path, name: str) -> bytes:
    """Return a file of what was written."""
    return (course.parent / "out" / name).read_bytes()


def refused(capsys: pytest.CaptureFixture[str], course: Path) -> str:
    """Return the one line in which it was refused; nothing was written."""
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert not (course.parent / "out").exists()
    return line


@pytest.mark.parametrize(("language", "separator"), [("en", ","), ("de", ";"), ("de", ",")])
def test_moodle(language: str, separator: str, course: Path) -> None:
    """The worksheet comes back with everybody's points in its language, all else as it was; and each one's page."""
    collect(course, "moodle")
    before = worksheet(language, separator=separator)
    assert give(course, "moodle", before) == 0
    after = out(course, "grades.csv")
    read = moodle_reads_grades(after, language, separator)
    assert read == {person.number: pytest.approx(points(person), abs=0.0051) for person in PEOPLE}
    grade = {"en": 4, "de": 4}[language]
    rows = [
        list(csv.reader(io.StringIO(data.decode(), newline=""), delimiter=separator))
        for data in (before, after)
    ]
    assert rows[1][4][grade] == {"en": "0.38", "de": "0,38"}[language]
    unchanged = [[row[:grade] + row[grade + 1 :] for row in each] for each in rows]
    assert unchanged[0] == unchanged[1]
    assert moodle_reads_feedback(out(course, "feedback.zip")) == {
        person.number: (PAGE, text_of(person)) for person in PEOPLE
    }


def test_moodle_without_folders(course: Path) -> None:
    """Feedback for a download without folders goes back in names like its own."""
    download = moodle_zip(course.parent / "a.zip", dict.fromkeys(PEOPLE, small_notebook()), folders=False)
    main(["collect", str(download), f"--course={course}", f"--roster={course.parent / 'roster.csv'}"])
    assert give(course, "moodle", worksheet()) == 0
    with zipfile.ZipFile(io.BytesIO(out(course, "feedback.zip"))) as archive:
        assert moodle_path(PEOPLE[0], PAGE, folders=False) in archive.namelist()
    assert len(moodle_reads_feedback(out(course, "feedback.zip"))) == 30


def test_moodle_would_pass_over_another_maximum(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A worksheet for 10 points is refused: Moodle drops, silently, every grade above its maximum."""
    collect(course, "moodle")
    capsys.readouterr()
    assert give(course, "moodle", worksheet().replace(b"25.00", b"10.00")) == 2
    assert "Moodle's maximum is 10, the gradebook's 25" in refused(capsys, course)


def test_a_scale_of_moodles(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A worksheet for a scale is refused: Moodle drops, silently, what is no word of the scale."""
    collect(course, "moodle")
    capsys.readouterr()
    scale = worksheet().replace(b"Maximum Grade", b"Scale").replace(b"25.00", b'"Not yet, Good, Excellent"')
    assert give(course, "moodle", scale) == 2
    assert "the assignment is graded on a scale" in refused(capsys, course)


@pytest.mark.parametrize(
    ("platform", "template"),
    [("moodle", worksheet()), ("ilias", status_csv()), ("canvas", canvas_gradebook())],
)
def test_who_handed_in_nothing(
    platform: str, template: bytes, course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who is in the template and has no submission is named, and keeps the row as it was."""
    collect(course, platform, PEOPLE[:28])
    capsys.readouterr()
    assert give(course, platform, template) == 0
    said = capsys.readouterr().out
    assert "left as they are in the template" in said
    assert "Lamarr" in said
    assert "Picard" in said
    assert "Dietrich" not in said


def test_the_wrong_platform(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line says it once for all of them, and what else to give."""
    collect(course, "ilias")
    capsys.readouterr()
    assert give(course, "moodle", worksheet()) == 2
    line = refused(capsys, course)
    assert line.count("was not collected from moodle") == 1
    assert "and 22 more" in line
    assert "Another --platform" in line


def test_who_is_not_in_the_worksheet(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who handed in and is not in the worksheet, or locked in it, is named; --partial goes on with the others."""
    collect(course, "moodle")
    capsys.readouterr()
    template = worksheet(people=PEOPLE[1:]).replace(b"25.00,Yes", b"25.00,No", 1)
    assert give(course, "moodle", template) == 2
    line = refused(capsys, course)
    assert "23000000 is not in the worksheet; 23000001 has a grade that Moodle does not let change" in line
    assert give(course, "moodle", template, "--partial") == 1
    assert set(moodle_reads_grades(out(course, "grades.csv"), "en", ",")) == {
        each.number for each in PEOPLE[2:]
    }
    assert set(moodle_reads_feedback(out(course, "feedback.zip"))) == {each.number for each in PEOPLE[2:]}


@pytest.mark.parametrize("template", [True, False])
def test_ilias(template: bool, course: Path) -> None:
    """The zip has each one's page in the folder that ends in the number, and the marks for StudOn."""
    collect(course, "ilias")
    assert give(course, "ilias", status_csv() if template else None, "--passing=2") == 0
    assert ilias_reads_feedback(out(course, "feedback.zip")) == {
        person.number: (PAGE, text_of(person)) for person in PEOPLE
    }
    with zipfile.ZipFile(io.BytesIO(out(course, "feedback.zip"))) as archive:
        status = studon_reads_status(archive.read("status.csv"))
        users = [name for name in archive.namelist() if re.search(r"[^/]+_[^/]+_[^/]+_\d+/", name)]
        assert len(users) == 30
    assert {number: float(row[6]) for number, row in status.items()} == {
        person.number: pytest.approx(points(person), abs=0.0051) for person in PEOPLE
    }
    assert [row[5] for row in status.values()] == [
        "passed" if points(each) >= 2 else "failed" for each in PEOPLE
    ]
    assert {row[7] for row in status.values()} == ({"was ill"} if template else {""})


def test_ilias_takes_the_status_file_out_of_the_download(course: Path) -> None:
    """The download of StudOn is itself a template: its comments are kept."""
    collect(course, "ilias")
    download = write_zip(course.parent / "studon.zip", {"Uebung 4/status.csv": status_csv()})
    assert give(course, "ilias", None, f"--template={download}") == 0
    assert {row[7] for row in studon_reads_status(out(course, "status.csv")).values()} == {"was ill"}
    assert {row[5] for row in studon_reads_status(out(course, "status.csv")).values()} == {"notgraded"}


@pytest.mark.parametrize(("separator", "bom", "maximum"), [(",", False, "25.00"), (";", True, "25,00")])
def test_canvas(separator: str, bom: bool, maximum: str, course: Path) -> None:
    """Only our column goes back, for everybody; and under each file's own name the notebook with points in it."""
    collect(course, "canvas")
    assert give(course, "canvas", canvas_gradebook(separator=separator, bom=bom, points=maximum)) == 0
    assert out(course, "grades.csv").startswith(b"\xef\xbb\xbf") is bom
    read = canvas_reads_grades(out(course, "grades.csv"))
    assert {number: list(row) for number, row in read.items()} == {
        each.number: ["exercise4 (812)"] for each in PEOPLE
    }
    assert {number: float(row["exercise4 (812)"]) for number, row in read.items()} == {
        person.number: pytest.approx(points(person), abs=0.0051) for person in PEOPLE
    }
    files = canvas_reads_feedback(out(course, "feedback.zip"))
    assert set(files) == {(str(person.number), str(90_000 + person.number)) for person in PEOPLE}
    notebook = nbformat.reads(files["4778", "94778"].decode(), as_version=4)
    assert notebook.cells[0].source == "# 0.75 of 25 points"
    nbformat.validate(notebook)


def test_canvas_says_what_lateness_cost_and_comments(course: Path) -> None:
    """The notebook has the penalty on top and each comment below its cell."""
    collect(course, "canvas")
    with open_gradebook(f"sqlite:///{course / 'gradebook.db'}", "made-up") as book:
        found = book.find_submission_notebook(EXERCISE, EXERCISE, PEOPLE[0].student)
        cell = next(
            each for each in book.find_notebook(EXERCISE, EXERCISE).grade_cells if each.name == "conv_forward"
        )
        book.db.add(Comment(cell_id=cell.id, notebook_id=found.id, manual_comment="Well *done*"))
        book.db.commit()
    (course / "feedback" / PEOPLE[0].student / EXERCISE / PAGE).touch()
    status = give(course, "canvas", canvas_gradebook())
    assert status == 0
    notebook = nbformat.reads(
        canvas_reads_feedback(out(course, "feedback.zip"))["4700", "94700"].decode(), as_version=4
    )
    assert "Taken off for lateness: 2." in notebook.cells[0].source
    place = next(
        n
        for n, each in enumerate(notebook.cells)
        if each.metadata.get("nbgrader", {}).get("grade_id") == "conv_forward"
    )
    assert notebook.cells[place + 1].source == "**Comment:** Well *done*"


def test_canvas_names_a_graded_notebook_that_cannot_be_read(
    course: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is endless is refused before it is built, and named; the gradebook is checked as often as for one."""
    collect(course, "canvas")
    graded = course / "autograded" / PEOPLE[3].student / EXERCISE / f"{EXERCISE}.ipynb"
    graded.write_text('{"cells": [' + "[" * 9_000_000)
    (course / "feedback" / PEOPLE[3].student / EXERCISE / PAGE).touch()
    capsys.readouterr()
    checked, check = [], database.check_whole
    monkeypatch.setattr(database, "check_whole", lambda url: checked.append(url) or check(url))
    assert give(course, "canvas", canvas_gradebook()) == 2
    assert f"{PEOPLE[3].student} has a graded notebook that cannot be read" in refused(capsys, course)
    assert 0 < len(checked) < 4 < len(PEOPLE)


ARCHIVES = {"zip": "", "tar": "w:", "tar.gz": "w:gz", "tgz": "w:gz", "tar.bz2": "w:bz2", "tar.xz": "w:xz"}


@pytest.mark.parametrize("ending", ARCHIVES)
def test_canvas_gets_an_archive_for_an_archive(ending: str, course: Path) -> None:
    """Who handed in an archive gets one of its kind back, with the page in it: Canvas keeps the name."""
    name, mode = canvas_path(PEOPLE[3], f"work.{ending}"), ARCHIVES[ending]
    work = {"exercise4.ipynb": small_notebook()}
    download = write_zip(course.parent / "a.zip", {name: tarred(work, mode) if mode else packed(work)})
    main(["collect", str(download), f"--course={course}", f"--roster={course.parent / 'roster.csv'}"])
    assert give(course, "canvas", canvas_gradebook()) == 0
    (data,) = canvas_reads_feedback(out(course, "feedback.zip")).values()
    if mode:
        with tarfile.open(fileobj=io.BytesIO(data), mode=mode.replace("w", "r")) as archive:
            page = archive.extractfile(PAGE)
            assert page is not None
            content = page.read()
    else:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            content = archive.read(PAGE)
    assert content.decode() == text_of(PEOPLE[3])


def test_canvas_column(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Another title is found when it is said; without one, or with several, nothing is guessed."""
    collect(course, "canvas")
    capsys.readouterr()
    template = canvas_gradebook().replace(b"exercise4 (812)", b"Sheet 4: Conv (812)")
    assert give(course, "canvas", template) == 2
    assert "no column called 'exercise4'" in refused(capsys, course)
    assert give(course, "canvas", template, "--column=Sheet 4: Conv") == 0
    assert list(canvas_reads_grades(out(course, "grades.csv"))[4700]) == ["Sheet 4: Conv (812)"]


def test_canvas_with_another_maximum(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Points out of another number would be other marks: refused."""
    collect(course, "canvas")
    capsys.readouterr()
    assert give(course, "canvas", canvas_gradebook(points="100")) == 2
    assert "Canvas has 100 points possible, the gradebook 25" in refused(capsys, course)


def test_nbgraders_table_is_nbgraders(course: Path) -> None:
    """Where no name holds a comma, it is byte by byte what `nbgrader export` writes."""
    collect(course, "moodle")
    assert give(course, "csv") == 0
    plugin = CsvExportPlugin(to=str(course / "theirs.csv"), assignment=[EXERCISE])
    _with_gradebook(course, plugin.export)
    assert out(course, "grades.csv") == (course / "theirs.csv").read_bytes()


def _review(course: Path, student: str) -> None:
    """Write pages, then change a score."""
    assert main(["feedback", EXERCISE, f"--course={course}", f"--student={student}", "--force"]) == 0
    _with_gradebook(course, lambda book: _give(book, student))


def _give(book: Gradebook, student: str) -> None:
    book.find_submission_notebook(EXERCISE, EXERCISE, student).grades[0].manual_score = 1.0
    book.db.commit()


LACKS: dict[str, tuple[Callable[[Path, str], None], str]] = {
    "no page": (
        lambda course, student: (course / "feedback" / student / EXERCISE / PAGE).unlink(),
        "has no feedback",
    ),
    "an old page": (
        lambda course, student: os.utime(course / "feedback" / student / EXERCISE / PAGE, (1, 1)),
        "has feedback from before the last grading",
    ),
    "a page from before a review": (_review, "has feedback from before the last review"),
    "no grade": (
        lambda course, student: _with_gradebook(
            course, lambda book: book.remove_submission(EXERCISE, student)
        ),
        "is not graded",
    ),
    "a review to do": (
        lambda course, student: _with_gradebook(course, lambda book: _to_review(book, student)),
        "by hand",
    ),
}


def _with_gradebook(course: Path, change: Callable[[Gradebook], None]) -> None:
    with open_gradebook(f"sqlite:///{course / 'gradebook.db'}", "made-up") as book:
        change(book)


def _to_review(book: Gradebook, student: str) -> None:
    book.find_submission_notebook(EXERCISE, EXERCISE, student).grades[0].needs_manual_grade = True
    book.db.commit()


@pytest.mark.parametrize("lack", LACKS)
def test_something_is_missing_for_someone(
    lack: str, course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is refused in one line that names who and what; --partial returns the others only, and says so."""
    collect(course, "moodle")
    capsys.readouterr()
    remove, words = LACKS[lack]
    remove(course, PEOPLE[7].student)
    assert give(course, "moodle", worksheet()) == 2
    line = refused(capsys, course)
    assert PEOPLE[7].student in line
    assert words in line
    assert "for 1 of 30" in line
    assert give(course, "moodle", worksheet(), "--partial") == 1
    others = {each.number for each in PEOPLE} - {PEOPLE[7].number}
    assert set(moodle_reads_grades(out(course, "grades.csv"), "en", ",")) == others
    assert set(moodle_reads_feedback(out(course, "feedback.zip"))) == others


def test_stale_grades_are_not_returned(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A grade from other tests than the course has now is missing like any other."""
    collect(course, "moodle")
    capsys.readouterr()
    monkeypatch.setattr(export, "_stale", lambda _app: {PEOPLE[2].student: "the hidden tests have changed"})
    assert give(course, "moodle", worksheet()) == 2
    assert "23000002 grade out of date (the hidden tests have changed)" in refused(capsys, course)


def test_who_was_not_collected(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A submission put there by hand goes back by the roster; without one, it is named."""
    collect(course, "moodle", PEOPLE[:2])
    capsys.readouterr()
    folder = course / "submitted" / PEOPLE[5].student / EXERCISE
    folder.mkdir(parents=True)
    (folder / "exercise4.ipynb").write_bytes(small_notebook())
    assert give(course, "moodle", worksheet()) == 2
    assert "23000005 was not collected from moodle" in refused(capsys, course)
    assert give(course, "moodle", worksheet(), f"--roster={course.parent / 'roster.csv'}") == 0
    assert moodle_reads_feedback(out(course, "feedback.zip"))[PEOPLE[5].number] == (PAGE, text_of(PEOPLE[5]))


@pytest.mark.parametrize(
    ("platform", "template", "words"),
    [
        ("moodle", None, "grading worksheet"),
        ("canvas", None, "gradebook export"),
        ("moodle", b"a,b\n1,2\n", "is no grading worksheet"),
        ("canvas", b"a,b\n1,2\n", "is no gradebook export"),
        ("ilias", b"a,b\n1,2\n", "is no status file"),
        ("moodle", b"PK\x03\x04", "is a workbook"),
    ],
)
def test_templates_that_are_none(
    platform: str, template: bytes | None, words: str, course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the platform's own table, or with another one, nothing is written."""
    collect(course, platform)
    capsys.readouterr()
    assert give(course, platform, template) == 2
    assert words in refused(capsys, course)


def test_the_same_again_is_the_same(course: Path) -> None:
    """Two returns of the same grades are equal byte by byte."""
    collect(course, "moodle")
    assert give(course, "moodle", worksheet()) == 0
    first = {path.name: path.read_bytes() for path in (course.parent / "out").iterdir()}
    assert give(course, "moodle", worksheet()) == 0
    assert {path.name: path.read_bytes() for path in (course.parent / "out").iterdir()} == first
    with zipfile.ZipFile(io.BytesIO(out(course, "feedback.zip"))) as archive:
        assert {info.date_time[0] for info in archive.infolist()} == {1980}


def test_from_a_download_to_the_upload(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a user does it: a zip comes in, is graded in the sandbox, feedback is made, and both go back."""
    course = tmp_path / "course"
    course.mkdir()
    small_course.make(course)
    release = nbformat.read(course / "release" / "small" / "small.ipynb", as_version=4)
    members = {}
    for person, source in zip(PEOPLE, small_course.CLASS.values(), strict=False):
        release.cells[1].source = source
        members[moodle_path(person, "small.ipynb")] = nbformat.writes(release).encode()
    write_zip(tmp_path / "all.zip", members)
    people = PEOPLE[: len(members)]
    maximum = sum(cell.metadata.get("nbgrader", {}).get("points", 0) for cell in release.cells)
    (tmp_path / "sheet.csv").write_bytes(worksheet(people=people).replace(b"25.00", f"{maximum}.00".encode()))
    monkeypatch.chdir(course)
    sheet = f"{tmp_path / 'sheet.csv'}"
    back = ["return", "small", "--platform=moodle", f"--template={sheet}"]
    assert main(["collect", f"{tmp_path / 'all.zip'}", f"--roster={sheet}", "--timezone=UTC"]) == 0
    for step in (("proctor", "grade", "small", "--jobs=1"), ("nbgrader", "generate_feedback", "small")):
        done = small_course.run(course, *step)
        assert done.returncode == 0, (step, done.stderr[-2000:])
    assert main(back) == 0
    exported = course / "exports" / "small-moodle"
    read = moodle_reads_grades((exported / "grades.csv").read_bytes(), "en", ",")
    assert read == {
        each.number: mark for each, mark in zip(people, small_course.POINTS.values(), strict=True)
    }
    found = moodle_reads_feedback((exported / "feedback.zip").read_bytes())
    assert {number: name for number, (name, _) in found.items()} == dict.fromkeys(read, "small.html")
    times = json.loads((course / "submitted" / "collected.json").read_text())["assignments"]["small"]
    assert [times[each.student]["time"] for each in people] == [each.submitted.isoformat() for each in people]
    with (course / "tests" / "small" / "test_small.py").open("a") as file:
        file.write("\n# another test\n")
    capsys.readouterr()
    assert main(back) == 2
    assert "out of date" in capsys.readouterr().err
