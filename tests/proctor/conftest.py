"""Set-up of all the package's tests, however they are started."""

import os
import shutil
import subprocess
import sys
import tempfile
from multiprocessing.util import Finalize
from pathlib import Path

# nbgrader looks for alembic on the PATH, where it is not when the environment's Python is called by its path.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])

import pytest

from tests.proctor.support.thinning import THOROUGH

AFTER_MULTIPROCESSING = -200
"""Multiprocessing removes its own temporary folder, which lies in ours, with -100."""
HERE = Path(__file__).resolve().parent
LONGEST_FIRST = (
    "lesson/test_browser_student.py",
    "agent/test_parity.py",
    "batch/test_grade_killed.py",
    "nbgrader_plugin/test_browser_instructor.py",
    "submission/test_sanitize.py",
    "course/test_main_job.py",
    "session/test_ends.py",
    "authoring/test_own_courses.py",
    "batch/test_grade.py",
    "grading/test_banks.py",
    "lesson/test_figures.py",
    "session/test_hostile.py",
    "lesson/test_self_checks.py",
    "cli/test_faults_of_operation.py",
    "course/test_banks.py",
    "batch/test_grade_cluster.py",
    "session/test_ordinary_user.py",
    "lesson/test_see.py",
    "gradebook/test_regrade.py",
    "lms/test_return.py",
    "batch/test_nothing_left.py",
    "jupyter_kernel/test_kernel.py",
    "sandbox/test_fork_server.py",
    "authoring/test_your_own_course.py",
    "course/test_misconceptions.py",
    "lesson/test_self_check_bank.py",
)
"""Files that take longest. A worker takes a whole file, so one of these at the end would leave the other worker idle."""


def pytest_configure() -> None:
    """Give each process of the tests a temporary folder of its own: some count what there is in it.

    pytest's own folders stay where they are.
    """
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())
    os.environ["TMPDIR"] = folder = tempfile.mkdtemp(prefix="t-", dir=os.environ["PYTEST_DEBUG_TEMPROOT"])
    tempfile.tempdir = None
    Finalize(None, shutil.rmtree, (folder, True), exitpriority=AFTER_MULTIPROCESSING)


def pytest_report_header() -> str:
    """Return which cases of the large banks run."""
    if THOROUGH:
        return "banks: every case"
    some = "every thirtieth fault and attack, every twelfth mistake, every 24th verdict across the sandbox, some kills"
    return f"banks: {some}; `make thorough` runs all"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest; all else keeps its order."""
    rank = {HERE / name: place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Start what forks commands, if any of the tests is going to need it."""
    commands = sys.modules.get("tests.proctor.support.commands")
    if commands and session.items and not session.config.option.collectonly:
        commands.start()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Remove what tests have made too deep for Python's own removal, of which pytest makes use after this."""
    base = session.config._tmp_path_factory.getbasetemp()
    deep = ["find", base, "-mindepth", "100", "-maxdepth", "100", "-type", "d", "-printf", "%P\n"]
    found = subprocess.run(deep, capture_output=True, text=True, check=True).stdout.splitlines()
    for name in {path.split("/")[0] for path in found}:
        subprocess.run(["rm", "-rf", base / name], check=True)
