"""The main job from end to end: generate, autograde, feedback, with nbgrader's own commands."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest

from proctor.cli.main import main
from proctor.gradebook.database import open_gradebook
from proctor.grading.grade import reports_of
from proctor.nbgrader_plugin.drift import differences, generate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


from benchmarks import demo
from tests.exercise4.mistakes import mistakes, solution
from tests.proctor.support import commands
from tests.proctor.support.orphans import adopted_orphans
from tests.proctor.support.thinning import THOROUGH
from tests.proctor.support.world import WITHOUT_MISTAKES
from tests.specimens.bank import right_answers, submission_of
from tests.specimens.build import Submission

ROOT = Path(__file__).resolve().parents[3]
EXERCISE = "exercise4"

LIMITS = "\nc.Grading.cell_seconds = 2\nc.Grading.graded_cell_seconds = 1\nc.Grading.call_seconds = 0.5\n"
"""A tenth of the usual limits or less, so that what hangs does so for seconds; right answers take a tenth of that."""

HANG = "class Sigmoid(BaseLayer):\n    def forward(self, x):\n        while True:\n            pass\n"
"""A forward pass that never ends."""


def class_of() -> dict[str, Submission]:
    """Build a class: each student's name says who this is."""
    book = {
        "solution": Submission.solved(),
        "untouched": Submission.release(),
        "noisy": right_answers()["noisy"].submission(),
        "saved": right_answers()["saved_with_writefile"].submission(),
        "mistaken": submission_of(mistakes()["conv_true_convolution"]),
        "half": Submission.release().replace("activation_functions", solution()["activation_functions"]),
        "deleted": Submission.solved(),
        "forger": Submission.release(),
        "dies": Submission.solved().insert("import os; os._exit(1)", after="initializers"),
        "hangs": Submission.solved(),
    }
    book["deleted"].notebook.cells = [
        cell for cell in book["deleted"].notebook.cells if not cell.metadata.get("nbgrader", {}).get("grade")
    ]
    for cell in book["forger"].notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.source, cell.metadata.nbgrader["points"] = "100", 100
            cell.outputs = [nbformat.v4.new_output("execute_result", data={"text/plain": "100"})]
    source = solution()["activation_functions"]
    start, end = source.index("class Sigmoid"), source.index("class ReLU")
    book["hangs"].replace("activation_functions", source[:start] + HANG + "\n\n" + source[end:])
    return book


@pytest.fixture(scope="module")
def left_behind() -> Iterator[Callable[[], list[str]]]:
    """Return what names the processes that a command has left running."""
    with adopted_orphans() as left:
        yield left


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory, left_behind: Callable[[], list[str]]) -> Path:  # noqa: ARG001  - begun before
    """Make a course with a graded class in it."""
    course = tmp_path_factory.mktemp("course")
    generate(ROOT, course)
    with (course / "nbgrader_config.py").open("a") as config:
        config.write(LIMITS)
    shutil.copytree(ROOT / "tests" / EXERCISE, course / "tests" / EXERCISE, ignore=WITHOUT_MISTAKES)
    for name, submission in class_of().items():
        submission.write(course / "submitted" / name / EXERCISE)
    broken = course / "submitted" / "broken" / EXERCISE
    broken.mkdir(parents=True)
    (broken / f"{EXERCISE}.ipynb").write_text("{ this is no notebook")
    done = run(course, "autograde", EXERCISE)
    assert done.returncode == 0, done.stderr[-3000:]
    return course


def run(course: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run an nbgrader command in a course."""
    one = (
        {} if THOROUGH else {"LOKY_MAX_CPU_COUNT": "1"}
    )  # a second worker would take longer to start than to grade
    return commands.run(course, "nbgrader", *arguments, **one)


def scores(course: Path, student: str) -> dict[str, float]:
    """Read a student's points in each graded cell from the gradebook; all must be decided."""
    with open_gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        grades = gradebook.find_submission_notebook(EXERCISE, EXERCISE, student).grades
        assert not any(grade.needs_manual_grade for grade in grades)
        return {grade.name: grade.auto_score for grade in grades}


def graded(course: Path, student: str) -> nbformat.NotebookNode:
    """Read a student's graded notebook."""
    return nbformat.read(course / "autograded" / student / EXERCISE / f"{EXERCISE}.ipynb", as_version=4)


def lost(course: Path, student: str) -> dict[str, float]:
    """Return the points that a student lost, by cell, where any were."""
    full, got = scores(course, "solution"), scores(course, student)
    return {name: full[name] - got[name] for name in full if full[name] != got[name]}


def test_the_solution_gets_all_points(course: Path) -> None:
    """The solution scores 25 of 25 over 15 cells."""
    points = scores(course, "solution")
    assert (len(points), sum(points.values())) == (15, 25)


@pytest.mark.parametrize("student", ["noisy", "saved", "deleted", "dies"])
def test_right_answers_get_all_points(course: Path, student: str) -> None:
    """Warnings, saving with %%writefile, deleted graded cells and a dead kernel elsewhere cost nothing."""
    assert lost(course, student) == {}


@pytest.mark.parametrize("student", ["untouched", "forger", "broken"])
def test_no_work_gets_no_points(course: Path, student: str) -> None:
    """The untouched release, forged points and an unreadable file score 0 in each cell, decided."""
    assert set(scores(course, student).values()) == {0}


def test_a_mistake_costs_what_it_breaks(course: Path) -> None:
    """A true convolution costs what the bank says, partial points included."""
    assert lost(course, "mistaken") == mistakes()["conv_true_convolution"].costs


def test_half_the_work_gets_half_the_points(course: Path) -> None:
    """Whoever has done the first part gets the points for the first part."""
    got = {name for name, points in scores(course, "half").items() if points}
    assert got == {"sigmoid_forward", "sigmoid_backward", "relu_forward", "relu_backward"}


def test_a_hang_costs_no_more_than_itself(course: Path) -> None:
    """An endless sigmoid costs its own two cells, and its report says that the time limit was reached."""
    assert set(lost(course, "hangs")) == {"sigmoid_forward", "sigmoid_backward"}
    verdicts = reports_of(graded(course, "hangs"))["sigmoid_forward"].verdicts
    assert {verdict.outcome.value for verdict in verdicts} == {"time limit"}
    assert all(verdict.hint.startswith("`Sigmoid.forward`: The time limit") for verdict in verdicts)


def test_an_unreadable_notebook_is_said_in_words(course: Path) -> None:
    """The notebook that stands in for an unreadable one says so at its top."""
    assert "could not be read" in graded(course, "broken").cells[0].source


def test_hidden_tests_stay_hidden(course: Path) -> None:
    """Neither the release nor the feedback holds anything of the hidden tests."""
    done = run(course, "generate_feedback", EXERCISE)
    assert done.returncode == 0, done.stderr[-2000:]
    pages = list((course / "feedback").rglob("*.html"))
    assert len(pages) == len(class_of()) + 1
    names = [path.stem for path in (ROOT / "tests" / EXERCISE).glob("*.py")]
    for path in [
        *pages,
        *(path for path in (course / "release").rglob("*") if path.suffix in (".py", ".ipynb")),
    ]:
        text = path.read_text(encoding="utf-8")
        assert "HIDDEN TESTS" not in text
        assert not [name for name in names if f"{name}.py" in text]


def test_generation_is_deterministic_and_committed(course: Path) -> None:
    """release/ and solutions/ are committed as the master notebook generates them."""
    assert (course / "release" / EXERCISE / "src" / "layers" / "conv_0.py").exists()
    assert (course / "solutions" / EXERCISE / "src" / "layers" / "conv.py").exists()
    for name in ("release", "solutions"):
        assert differences(ROOT / name, course / name) == []


def test_stubs_are_valid_python_and_solved_modules_import(course: Path) -> None:
    """Each stub compiles, and each solved module can be imported in its folder."""
    for path in (course / "release" / EXERCISE / "src" / "layers").glob("*_0.py"):
        assert "NotImplementedError" in path.read_text()
        compile(path.read_text(), str(path), "exec")
    code = "from src.layers import activation_functions, conv, initializers; conv.FlattenLayer()"
    folder = course / "solutions" / EXERCISE
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=True)


def test_a_second_run_changes_nothing(course: Path) -> None:
    """Autograding again grades nobody again."""
    before = {path: path.stat().st_mtime_ns for path in (course / "autograded").rglob("*.ipynb")}
    assert run(course, "autograde", EXERCISE).returncode == 0
    assert {path: path.stat().st_mtime_ns for path in (course / "autograded").rglob("*.ipynb")} == before


def test_the_class_report_reads_the_class(course: Path, tmp_path: Path) -> None:
    """The page about this class has everybody, the hang, the file that is no notebook, and the CPU times."""
    target = tmp_path / "page.html"
    assert main(["report", EXERCISE, "--course", str(course), "--to", str(target)]) == 0
    text = target.read_text(encoding="utf-8")
    assert f"Class report · {len(class_of()) + 1} submissions" in text
    for words in (
        "Took too long and was stopped",
        "The notebook cannot be read",
        "CPU time of each submission",
    ):
        assert words in text
    assert "without a sandbox" not in text


def test_nothing_is_left_behind(course: Path, left_behind: Callable[[], list[str]]) -> None:
    """After grading there is no kernel and no sandbox: whatever outlived its parent would be a child of ours."""
    assert course.exists()
    assert left_behind() == []


def test_the_demo_prints_each_students_points() -> None:
    """The demo's class has at least 12 students, with distinct names, each of whom can be built."""
    names = [name for name, submission in demo.students() if json.dumps(submission.notebook)]
    assert len(set(names)) == len(names) >= 12


def test_without_our_package_nothing_is_graded(course: Path, tmp_path: Path) -> None:
    """Where the package cannot be imported, nbgrader stops in one line instead of grading without a sandbox."""
    broken = tmp_path / "proctor"
    broken.mkdir()
    (broken / "__init__.py").write_text("raise ImportError('no proctor here')\n")
    command = [sys.executable, "-m", "nbgrader", "autograde", EXERCISE]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, cwd=course, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "no proctor here. Nothing was graded." in done.stderr
