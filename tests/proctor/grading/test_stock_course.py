"""A stock nbgrader course from end to end: assertions in cells, hidden tests, partial credit, manual and task cells."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import compute_checksum
from traitlets.config import Config

from proctor.batch.job import Job, Ungraded
from proctor.batch.pages import PageJob, render
from proctor.batch.work import work
from proctor.course import Exercise
from proctor.criteria.outcome import Outcome
from proctor.errors import GraderError
from proctor.feedback.reports import reports_of, without_report
from proctor.gradebook.book import open_book
from proctor.gradebook.class_points import points_of
from proctor.gradebook.database import open_gradebook
from proctor.gradebook.facts import read_facts
from proctor.gradebook.freshness import Freshness
from proctor.grading.grade import grade_notebook
from proctor.grading.settings import Grading
from proctor.sandbox.settings import Sandbox
from proctor.submission import restore, unreadable
from proctor.submission.handed_in import HandInTimes
from proctor.submission.intake import Submitted
from tests.proctor.support import small_course, stock_course
from tests.proctor.support.own_courses import done
from tests.proctor.support.stock_course import EXERCISE, POINTS, TESTED

if TYPE_CHECKING:
    from collections.abc import Mapping

ALONE = Config({"Sandbox": {"preload": []}})
REPORTS = "list_of_squares", "sum_of_squares"


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Complete a stock course by `proctor init --from`, check it, and grade six students by `proctor grade`."""
    course = tmp_path_factory.mktemp("stock") / "course"
    stock_course.write(course)
    done(course, "proctor", "init", "--from", ".")
    with (course / "nbgrader_config.py").open("a") as config:
        config.write(stock_course.SHORT_LIMIT)
    said = done(course, "proctor", "check", EXERCISE, "--no-sandbox")
    assert "squares can be released: 7 points by tests." in said
    stock_course.generate(course)
    stock_course.hand_in(course, stock_course.CLASS)
    with small_course.nothing_left(course) as environment:
        ended = small_course.run(course, "proctor", "grade", EXERCISE, "--jobs", "1", **environment)
    assert (ended.returncode, ended.stderr) == (0, "")
    return course


@pytest.fixture(scope="module")
def grades(course: Path) -> dict[tuple[str, str], tuple[Any, ...]]:
    """Return each grade in the gradebook, by student and cell."""
    return {row[:2]: row[2:] for row in small_course.rows(course)["grades"]}


def test_it_has_its_pages(course: Path) -> None:
    """Each student gets a page, and the class's page counts them all."""
    done(course, "proctor", "feedback", EXERCISE, "--jobs", "1")
    assert {path.parts[-3] for path in course.glob("feedback/*/squares/squares.html")} == set(POINTS)
    assert f"{len(POINTS)} submissions" in done(course, "proctor", "report", EXERCISE)
    assert (course / "reports" / f"{EXERCISE}.html").is_file()


@pytest.mark.parametrize("student", POINTS)
def test_tests_in_cells_give_their_points(grades: Mapping[Any, Any], student: str) -> None:
    """Who is right, partly right, endless, crashing or loud gets what the cell says, and others' cells their own."""
    assert tuple(grades[student, cell][0] for cell in TESTED) == POINTS[student]


def test_a_person_grades_what_is_theirs(grades: Mapping[Any, Any]) -> None:
    """An answered essay and a task wait for a person; what is untouched has no points and waits for nobody."""
    waits, settled = (None, None, None, 1), (0.0, None, None, 0)
    assert grades["ada", "essay"] == grades["ada", "project"] == waits
    assert grades["ada", "drawing"] == settled


@pytest.mark.parametrize(
    ("student", "outcomes"),
    [
        ("ben", (Outcome.FAILED, Outcome.FAILED)),
        ("cem", (Outcome.UNFINISHED, Outcome.UNFINISHED)),
        ("dan", (Outcome.TIME, Outcome.TIME)),
        ("eve", (Outcome.DIED, Outcome.DIED)),
        ("fay", (Outcome.PASSED, Outcome.PASSED)),
    ],
)
def test_each_cell_says_how_it_ended(course: Path, student: str, outcomes: tuple[Outcome, ...]) -> None:
    """The verdict of a cell is one outcome, and it is known that its own tests judged it."""
    reports = reports_of(stock_course.read_graded(course, student))
    assert tuple(reports[cell].verdicts[0].outcome for cell in REPORTS) == outcomes
    assert all(report.inside for report in reports.values())


def test_the_graded_notebook_shows_the_instructor_all(course: Path) -> None:
    """Hidden tests are back in their cells, and what they have shown stands below the report."""
    cells = {
        cell.metadata.get("nbgrader", {}).get("grade_id"): cell
        for cell in stock_course.read_graded(course, "ben").cells
    }
    assert cells["list_of_squares"].source == stock_course.LIST
    assert cells["list_of_squares"].metadata.nbgrader.checksum == compute_checksum(cells["list_of_squares"])
    (error,) = without_report(cells["list_of_squares"])
    assert (error.ename, error.evalue) == ("AssertionError", "squares(3) is not the list of three squares.")
    assert len(cells["list_of_squares"].outputs) == 2


def test_the_page_says_what_was_judged_inside(course: Path) -> None:
    """The page says it at each such cell, shows no hidden test, and calls nothing graded that is not."""
    source = page(course, "ben", course / "gradebook.db")
    words = in_words(source)
    assert words.count("The tests of this cell ran inside your notebook.") == 3
    assert "A test failed: squares(3) is not the list of three squares." in words
    assert "HIDDEN" not in source
    assert "halves(-1)" not in source
    assert "3 are not right yet, 2 are not graded yet and 1 is not answered" in words
    assert "graded by a person" not in words


def test_points_given_by_hand_are_shown(course: Path, tmp_path: Path) -> None:
    """A manual score and extra credit in the gradebook are on the page that is written after them."""
    database = shutil.copy(course / "gradebook.db", tmp_path)
    with open_gradebook(f"sqlite:///{database}") as book:
        essay = book.find_grade("essay", EXERCISE, EXERCISE, "ada")
        essay.manual_score, essay.needs_manual_grade = 2.5, False
        book.find_grade("halving", EXERCISE, EXERCISE, "ada").extra_credit = 0.25
        book.db.commit()
    words = in_words(page(course, "ada", database))
    assert "9.75 of 13 points" in words
    assert "essay 2.5 / 3 ✎ graded by a person" in words


def test_a_changed_hidden_test_makes_grades_stale(course: Path) -> None:
    """A grade depends on the hidden tests that the gradebook keeps, too; as long as they stay, it is up to date."""
    found = read_facts(f"sqlite:///{course / 'gradebook.db'}", EXERCISE).sources
    sources = {notebook: dict(cells) for notebook, cells in found.items()}
    place = CourseDirectory(config=Config({"CourseDirectory": {"root": str(course)}}))
    exercise = Exercise(EXERCISE, place)
    times = HandInTimes(exercise)
    assert Freshness(exercise, times, sources).why("ada", [EXERCISE]) == ""
    sources[EXERCISE]["halving"] += "assert halves(2) == 1\n"
    changed = Freshness(exercise, times, sources).why("ada", [EXERCISE])
    assert changed == "stale: a graded cell or its points have changed"


def page(course: Path, student: str, database: Path) -> str:
    """Return a student's page, made with the points of a gradebook."""
    with open_book(f"sqlite:///{database}", "") as book:
        points = points_of(book, EXERCISE)[student]
    graded, release = course / "autograded" / student / EXERCISE, course / "release" / EXERCISE
    files = graded / f"{EXERCISE}.ipynb", release / f"{EXERCISE}.ipynb"
    result = render(PageJob(student, {EXERCISE: files}, points))
    assert result.fault == ""
    return result.pages[EXERCISE]


def in_words(source: str) -> str:
    """Return the words of a page."""
    return " ".join(re.sub("<[^>]+>", " ", source).split())


def graded(sources: Mapping[str, str], tests: Path, folder: Path, *, answer: str = stock_course.RIGHT) -> Any:
    """Grade a notebook with some sources in its gradebook, in this process; return it."""
    notebook = stock_course.master({"answer": answer, "drawing": "", **dict.fromkeys(TESTED, "# Graded")})
    notebook.metadata["proctor"] = {}
    folder.mkdir(exist_ok=True)
    grade_notebook(notebook, folder, tests, ALONE, sources)
    return notebook


CLASS_TEST = '''"""Hidden tests, in a class, for one cell."""

from proctor.criteria import Criteria, points


class Halving(Criteria):
    """Halving"""

    grade_id = "halving"
    needs = ("halves",)

    @points(4)
    def test_value(self):
        """Three is halved."""
        self.check(self.halves(3.0), 1.5, "halves(3)")
'''


def test_a_course_may_mix(tmp_path: Path) -> None:
    """One cell is judged by a test class, others by their own tests, which see what cells before them define."""
    tests = tmp_path / "tests" / EXERCISE
    tests.mkdir(parents=True)
    (tests / "test_halving.py").write_text(CLASS_TEST)
    sources = {
        "list_of_squares": stock_course.LIST,
        "sum_of_squares": "expected.pop()\nassert sum(squares(2)) == sum(expected)",
        "halving": "assert False",
    }
    reports = reports_of(graded(sources, tests, tmp_path / "work"))
    assert {name: (report.points, report.inside) for name, report in reports.items()} == {
        "list_of_squares": (2.0, True),
        "sum_of_squares": (1.0, True),
        "halving": (4.0, False),
    }


@pytest.mark.parametrize(
    "source",
    [None, "# Graded", 'self_check("halving")\nfrom proctor.grading.notebook import grade\ngrade("halving")'],
)
def test_a_cell_that_nothing_tests_gives_no_points(tmp_path: Path, source: str | None) -> None:
    """Neither a test class nor tests of its own: the instructor's error, before any code runs."""
    sources = {"list_of_squares": stock_course.LIST, "sum_of_squares": stock_course.SUM}
    if source is not None:
        sources["halving"] = source
    with pytest.raises(GraderError, match="no test class for the graded cell 'halving', and the cell has no"):
        graded(sources, tmp_path / "tests", tmp_path / "work", answer="raise SystemExit")


def test_an_unreadable_submission_gets_a_word_at_each_cell(tmp_path: Path) -> None:
    """A notebook that cannot be read has no points, and each cell says why."""
    notebook = stock_course.master()
    notebook.metadata["proctor"] = {"unreadable": "It is no notebook."}
    sources = dict(zip(TESTED, (stock_course.LIST, stock_course.SUM, stock_course.PARTIAL), strict=True))
    grade_notebook(notebook, tmp_path, tmp_path / "tests", ALONE, sources)
    verdicts = [report.verdicts[0] for report in reports_of(notebook).values()]
    assert [(each.outcome, each.hint, each.points) for each in verdicts] == [
        (Outcome.UNREADABLE, "It is no notebook.", 0.0)
    ] * 3


@pytest.mark.parametrize(
    ("settings", "cell", "all_cells"),
    [
        ({}, 20, 150),
        ({"Execute": {"timeout": "60"}}, 60, 450),
        ({"Execute": {"timeout": 4}}, 4, 150),
        ({"Execute": {"timeout": None}}, 20, 150),
        ({"Execute": {"timeout": -1}}, 20, 150),
        ({"Execute": {"timeout": 60}, "Grading": {"cell_seconds": 3.0, "submission_seconds": 9.0}}, 3, 9),
    ],
)
def test_a_limit_that_a_course_has_set_for_nbgrader_holds(
    settings: dict[str, Any], cell: float, all_cells: float
) -> None:
    """`c.Execute.timeout` is the limit of a cell where no setting of ours is there."""
    grading = Grading(config=Config(settings))
    assert (grading.cell_seconds, grading.submission_seconds) == (cell, all_cells)


@pytest.mark.parametrize(
    ("settings", "source", "modules"),
    [
        ({}, "print('a scipython')", ["numpy"]),
        ({}, "from scipy import optimize", ["numpy", "scipy.signal"]),
        ({}, "%matplotlib inline", ["numpy", "matplotlib.pyplot", "matplotlib.backends.backend_agg"]),
        ({"Sandbox": {"preload": ["pandas"]}}, "import scipy", ["pandas"]),
        ({"Sandbox": {"preload": []}}, "import scipy", []),
    ],
)
def test_only_what_an_exercise_names_is_imported_beforehand(
    settings: dict[str, Any], source: str, modules: list[str]
) -> None:
    """Of the default modules; what a course has set stays as it is."""
    assert Sandbox(config=Config(settings)).preload_for(["import math", source]) == modules


@pytest.mark.parametrize(
    "metadata",
    [
        {"kernelspec": {"name": "ir", "display_name": "R", "language": "R"}},
        {"language_info": {"name": "julia"}},
    ],
)
def test_a_notebook_of_another_language_is_refused(metadata: dict[str, Any]) -> None:
    """It would be run as Python, and everybody would get nothing: the instructor's error, in words."""
    release = nbformat.v4.new_notebook(metadata=metadata)
    job = Job(
        "ann", {"a.ipynb": Ungraded(Submitted(None, "", "", ""), nbformat.writes(release))}, Path(), Path()
    )
    assert "a.ipynb was released as a notebook of" in work(job).fault


def test_an_older_release_makes_valid_notebooks() -> None:
    """Cells get ids, which the format has since 4.5: what is written is 4.5 at least, read or not."""
    release = stock_course.master()
    release.nbformat_minor = 2
    for cell in release.cells:
        del cell["id"]
    for graded_notebook in (restore(release, release)[0], unreadable(release, "It is empty.")):
        nbformat.validate(graded_notebook)
        assert graded_notebook.nbformat_minor == 5


def test_the_release_shows_no_hidden_test(course: Path) -> None:
    """What students get has the visible assertions alone."""
    release = nbformat.read(course / "release" / EXERCISE / f"{EXERCISE}.ipynb", as_version=4)
    sources = "\n".join(cell.source for cell in release.cells)
    assert "assert squares(1) == [1]" in sources
    assert "squares(3) == expected" not in sources
