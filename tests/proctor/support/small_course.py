"""A course with an exercise so small that it is graded in a moment, for tests that grade it again and again.

Two graded cells, three points; no file beside the notebook, no import but NumPy's.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import psutil
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tests.proctor.support import commands, postgres

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parents[3]
EXERCISE = "small"
SOLUTION = '''class Doubler:
    """Doubles, and halves."""

    def double(self, x):
        ### BEGIN SOLUTION
        return 2 * x
        ### END SOLUTION

    def halve(self, x):
        ### BEGIN SOLUTION
        return x / 2
        ### END SOLUTION
'''
TESTS = '''"""Hidden tests of the small exercise."""

import numpy as np

from proctor.criteria import Criteria, points
X = np.array([[1.0, -3.0], [0.0, 8.0]])


class Double(Criteria):
    """Doubling"""

    grade_id = "double"
    needs = ("Doubler",)

    @points(1)
    def test_shape(self):
        """The output has the input's shape."""
        self.check(np.asarray(self.Doubler().double(X)).shape, X.shape, "the shape of double(x)")

    @points(1)
    def test_values(self):
        """Each number is doubled."""
        self.check(self.Doubler().double(X), 2 * X, "double(x)")


class Halve(Criteria):
    """Halving"""

    grade_id = "halve"
    needs = ("Doubler",)

    @points(1)
    def test_values(self):
        """Each number is halved."""
        self.check(self.Doubler().halve(X), X / 2, "halve(x)")
'''
RIGHT = SOLUTION.replace("        ### BEGIN SOLUTION\n", "").replace("        ### END SOLUTION\n", "")
WRONG = RIGHT.replace("2 * x", "x * x")
UNDONE = "class Doubler:\n    pass\n"
HANGING = RIGHT.replace("return x / 2", "while True: pass")
CLASS = {"ann": RIGHT, "ben": WRONG, "cem": UNDONE}
POINTS = {"ann": 3, "ben": 2, "cem": 0}


def make(course: Path, database: str = "") -> None:
    """Write the course and generate its exercise; there is no submission yet.

    Args:
        course: its folder.
        database: the URL of its gradebook, which nbgrader makes; SQLite in the course's folder by default.
    """
    (course / "source" / EXERCISE).mkdir(parents=True)
    nbformat.write(_master(), course / "source" / EXERCISE / f"{EXERCISE}.ipynb")
    (course / "tests" / EXERCISE).mkdir(parents=True)
    (course / "tests" / EXERCISE / "test_small.py").write_text(TESTS)
    write_settings(course)
    if database:
        use_database(course, database)
    done = run(
        course, "nbgrader", "generate_assignment", EXERCISE, "--GenerateAssignment.check_solution=False"
    )
    assert done.returncode == 0, done.stderr[-2000:]


def write_settings(course: Path) -> None:
    """Write the settings of exercise 4's course, but preload only what the exercise names.

    NumPy alone is there in a fraction of a second. Each worker would wait three more for SciPy and Matplotlib.
    """
    lines = (ROOT / "nbgrader_config.py").read_text("utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith("c.Sandbox.preload")]
    assert len(kept) == len(lines) - 1
    (course / "nbgrader_config.py").write_text("".join(kept), "utf-8")


def use_database(course: Path, url: str) -> None:
    """Let a course have its gradebook elsewhere."""
    config = course / "nbgrader_config.py"
    kept = [line for line in config.read_text().splitlines() if "db_url" not in line]
    config.write_text("\n".join([*kept, f'c.CourseDirectory.db_url = "{url}"']) + "\n")


def hand_in(course: Path, answers: Mapping[str, str]) -> None:
    """Put submissions into the course: for each student the source of the one cell that is the student's."""
    release = nbformat.read(course / "release" / EXERCISE / f"{EXERCISE}.ipynb", as_version=4)
    for student, source in answers.items():
        release.cells[1].source = source
        folder = course / "submitted" / student / EXERCISE
        folder.mkdir(parents=True, exist_ok=True)
        nbformat.write(release, folder / f"{EXERCISE}.ipynb")


def run(course: Path, *command: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run nbgrader or proctor in the course; with changes to the environment, by which it is known, as users do."""
    if not changes:
        return commands.run(course, *command, **environment())
    return subprocess.run(
        argv(*command), cwd=course, capture_output=True, text=True, check=False, env=environment(**changes)
    )


def argv(program: str, *arguments: str) -> list[str]:
    """Return the command line of nbgrader or proctor."""
    if program == "proctor":
        return [
            sys.executable,
            "-c",
            "import sys; from proctor.cli.main import main; sys.exit(main())",
            *arguments,
        ]
    return [sys.executable, "-m", program, *arguments]


def environment(**changes: str) -> dict[str, str]:
    """Return the environment of a command: nbgrader looks for alembic on the PATH."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return {**os.environ, "PATH": path, **changes}


def rows(course: Path, url: str = "") -> dict[str, list[tuple[Any, ...]]]:
    """Read all that the gradebook says about submissions, with names in place of its random keys.

    Args:
        course: its folder.
        url: of its gradebook, where that is not SQLite in the course's folder.
    """
    cell = "JOIN base_cell ON base_cell.id = cell_id JOIN submitted_notebook n ON n.id = notebook_id"
    whose = "JOIN submitted_assignment s ON s.id = n.assignment_id"
    queries = {
        "submissions": "SELECT student_id, timestamp, extension FROM submitted_assignment ORDER BY 1",
        "notebooks": f"SELECT s.student_id, late_submission_penalty FROM submitted_notebook n {whose} ORDER BY 1",
        "grades": "SELECT s.student_id, base_cell.name, auto_score, manual_score, extra_credit, needs_manual_grade"
        f" FROM grade g {cell.replace('notebook_id', 'g.notebook_id')} {whose} ORDER BY 1, 2",
        "comments": "SELECT s.student_id, base_cell.name, auto_comment, manual_comment"
        f" FROM comment g {cell.replace('notebook_id', 'g.notebook_id')} {whose} ORDER BY 1, 2",
        "students": "SELECT id FROM student ORDER BY 1",
    }
    if url:
        return postgres.rows_of(url, queries)
    with closing(sqlite3.connect(course / "gradebook.db")) as database:
        return {name: database.execute(query).fetchall() for name, query in queries.items()}


def files(course: Path) -> dict[str, Any]:
    """Read all that grading has written, without what differs from one run to the next: how long it took."""
    found: dict[str, Any] = {}
    for path in sorted((course / "autograded").rglob("*")):
        if path.suffix == ".ipynb":
            notebook = json.loads(path.read_text("utf-8"))
            for key in ("wall_seconds", "cpu_seconds"):
                notebook["metadata"]["proctor"].pop(key)
            found[str(path.relative_to(course))] = notebook
        else:
            found[str(path.relative_to(course))] = path.read_text("utf-8") if path.is_file() else "folder"
    return found


@contextmanager
def nothing_left(course: Path) -> Iterator[dict[str, str]]:
    """Give commands a place for temporary files; at the end no file and no process of theirs may be there."""
    with tempfile.TemporaryDirectory(prefix="t-", dir="/tmp") as place:
        marked = {"TMPDIR": place, "XDG_RUNTIME_DIR": "", "PROCTOR_TEST": place}
        yield marked
        assert processes(place) == []
        assert [path.name for path in Path(place).iterdir()] == []
    assert not (course / "autograded" / ".grading").exists()
    assert [path.name for path in (course / ".proctor").iterdir()] == ["lock"]


def processes(mark: str) -> list[str]:
    """List the living processes that have a mark in their environment, or are descendants of one that has."""
    found = {}
    for process in psutil.process_iter():
        try:
            if process.environ().get("PROCTOR_TEST") == mark and process.status() != psutil.STATUS_ZOMBIE:
                found |= {one.pid: one for one in [process, *process.children(recursive=True)]}
        except psutil.Error:
            continue
    return [f"{pid} {process.name()}" for pid, process in found.items() if process.is_running()]


def _master() -> nbformat.NotebookNode:
    kept = {"schema_version": 3, "task": False}
    answer = {"grade_id": "answer", "solution": True, "grade": False, "locked": False, **kept}
    cells = [
        new_markdown_cell("# A small exercise", id="title"),
        new_code_cell(SOLUTION, id="answer", metadata={"nbgrader": answer}),
    ]
    for name, points in (("double", 2), ("halve", 1)):
        graded = {
            "grade_id": name,
            "solution": False,
            "grade": True,
            "locked": True,
            "points": points,
            **kept,
        }
        call = f"from proctor.grading.notebook import grade\ngrade('{name}')"
        hidden = f"### BEGIN HIDDEN TESTS\n{call}\n### END HIDDEN TESTS"
        cells.append(new_code_cell(f"# Graded\n{hidden}", id=name, metadata={"nbgrader": graded}))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})
