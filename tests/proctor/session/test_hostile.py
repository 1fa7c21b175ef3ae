"""Cells and methods that attack their own process: each costs its own cell, within its limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from proctor.criteria import Criteria, points
from proctor.criteria.outcome import Check, Outcome
from proctor.grading.execute import run_submission
from proctor.grading.judge_cells import Exam
from proctor.sandbox.fork_server import fork_servers
from proctor.sandbox.settings import Sandbox
from proctor.session import session as session_module
from proctor.session.clock import Allowance, Bounds
from proctor.session.session import Session
from tests.proctor.support.sandboxes import NUMPY_ONLY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nbformat import NotebookNode

    from proctor.criteria.outcome import CellReport

BOUNDS = Bounds(cell=Allowance(0.5, 2), call=Allowance(0.5, 2), graded_cell=Allowance(2, 10))

STUDENT = """
class Student:
    def answer(self, cell):
        if cell == "first":
            spoil()
        return 1
def spoil():
    pass
"""
SOCKETS = """
import json, os, socket, stat, struct, time
ends = [number for number in range(3, 100) if os.path.exists(f"/proc/self/fd/{number}")]
ends = [number for number in ends if stat.S_ISSOCK(os.fstat(number).st_mode)]
assert ends
def send(data):
    for end in ends:
        try:
            os.write(end, data)
        except OSError:
            pass
header = json.dumps({"show": "junk"}).encode()
frame = struct.pack(">II", 4 + len(header), len(header)) + header
"""
"""Code that a cell needs to write to its agent's sockets: bytes, or a frame."""


class Asked(Criteria):
    """Criterion that asks for an answer, which has to be one."""

    __test__ = False
    needs = ("Student",)

    @points(1)
    def test_answer(self) -> None:
        """The answer is one."""
        if self.Student().answer(self.grade_id) != 1:  # type: ignore[attr-defined]
            self.fail_with(Check.VALUES, "It is not one.")


CASES = {
    name: type(name, (Asked,), {"grade_id": name, "test_answer": Asked.test_answer, "__doc__": name})
    for name in ("first", "second")
}


@pytest.fixture(scope="module", autouse=True)
def _ends() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session_module, "GRACE", Allowance(0.3, 1))
        yield
    fork_servers().close()


def graded(name: str) -> NotebookNode:
    """Return a graded cell."""
    data = {"grade": True, "grade_id": name, "solution": False, "locked": True, "points": 1}
    return new_code_cell("", metadata={"nbgrader": data})


def run(folder: Path, *sources: str, exam: Exam | None = None) -> tuple[list[Any], dict[str, CellReport]]:
    """Run a right answer, then cells, then the two graded cells; return what the cells show, and the reports."""
    written = [new_code_cell(source) for source in (STUDENT, *sources)]
    notebook = new_notebook(cells=[*written, *map(graded, CASES)])
    exam = exam or Exam(CASES, BOUNDS)
    done = run_submission(
        notebook, lambda displays: Session(folder, Sandbox(**NUMPY_ONLY), BOUNDS, displays), exam
    )
    return [cell.outputs for cell in notebook.cells[1 : 1 + len(sources)]], done.reports


def ending(outputs: list[Any]) -> str:
    """Return the name of a cell's error, the last one if there are several, or ""."""
    return str(next((output.ename for output in reversed(outputs) if output.output_type == "error"), ""))


def text(outputs: list[Any]) -> str:
    """Return what a cell has printed."""
    return "".join(output.text for output in outputs if output.output_type == "stream")


THREAD = """
import threading
def tell():
    while True:
        print('x' * 1000)
threading.Thread(target=tell, daemon=True).start()
"""
QUESTIONS = """
header = json.dumps({'back': [0, 'x', ['t', []], ['d', []]]}).encode()
frame = struct.pack('>II', 4 + len(header), len(header)) + header
while True: send(frame)
"""
TIME, DIED = Outcome.TIME.value, Outcome.DIED.value
CELLS = {
    "part of a frame, then a loop": (SOCKETS + "send(frame[:10])\nwhile True: pass", {TIME, DIED}),
    "junk, then a loop": (SOCKETS + "send(b'x' * 5000)\nwhile True: pass", {TIME, DIED}),
    "junk without end": (SOCKETS + "while True: send(b'x' * 5000)", {TIME, DIED}),
    "frames without end": (SOCKETS + "while True: send(frame)", {TIME, DIED}),
    "frames, slowly": (SOCKETS + "while True: send(frame); time.sleep(1e-4)", {TIME, DIED}),
    "bytes now and then": (SOCKETS + "while True: send(b'\\0'); time.sleep(0.05)", {TIME, DIED}),
    "more bytes lost than a number tells": (
        SOCKETS + "lost = json.dumps({'show': 'lost', 'size': int('9' * 4300)}).encode()\n"
        "for _ in range(20): send(struct.pack('>II', 4 + len(lost), len(lost)) + lost)",
        {""},
    ),
    "all descriptors closed": ("import os\nos.closerange(0, 4096)", {DIED}),
    "stopped": ("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", {TIME}),
    "interrupts ignored": (
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        {TIME},
    ),
    "a child that never ends": ("import os, time\nif os.fork() == 0: time.sleep(600)", {""}),
    "a child that loops, and is waited for": (
        "import os\nif os.fork() == 0:\n    while True: pass\nos.wait()",
        {TIME},
    ),
    "a child that prints on": (
        "import os\nif os.fork() == 0:\n    while True: os.write(1, b'x' * 1000)",
        {""},
    ),
    "a thread that prints on": (
        THREAD,
        {"", TIME},
    ),
    "endless recursion": ("def r(): return r()\nr()", {"RecursionError"}),
    "another fork": ("import os\nos.fork = lambda: 1", {""}),
    "another time to wait": ("import socket\nsocket.setdefaulttimeout(0.1)", {""}),
}


@pytest.mark.parametrize("name", CELLS)
def test_cell(name: str, tmp_path: Path) -> None:
    """The cell ends as it should; the cells after it run, and both graded cells get their points."""
    source, ends = CELLS[name]
    shown, reports = run(tmp_path, source, "print('after')")
    assert ending(shown[0]) in ends
    assert "after" in text(shown[1]) or "left out" in text(shown[1])
    assert [report.points for report in reports.values()] == [1, 1]
    assert sum(len(str(output)) for output in shown[0]) < 2 * BOUNDS.cell_output


def test_time_to_wait_of_the_students(tmp_path: Path) -> None:
    """A default timeout of sockets, set by a cell, ends neither a slow cell nor a snapshot that waits for it."""
    cells = [
        new_code_cell(STUDENT + "import socket, time\nsocket.setdefaulttimeout(0.05)"),
        graded("first"),
        new_code_cell("time.sleep(0.5)\nprint('slow')"),
        graded("second"),
    ]
    notebook = new_notebook(cells=cells)
    exam = Exam(CASES, BOUNDS)
    done = run_submission(
        notebook, lambda displays: Session(tmp_path, Sandbox(**NUMPY_ONLY), BOUNDS, displays), exam
    )
    assert text(notebook.cells[2].outputs) == "slow\n"
    assert [report.points for report in done.reports.values()] == [1, 1]


def test_recursion_is_told_shortly(tmp_path: Path) -> None:
    """A thousand frames of the same line are not all shown with their source."""
    shown, _ = run(tmp_path, "def r(): return r()\nr()")
    assert "r()" in str(shown[0])
    assert len(str(shown[0])) < 50_000


METHODS = {
    "junk, then a loop": (
        SOCKETS + "send(b'x' * 5000)\nwhile True: pass",
        {Outcome.TIME, Outcome.DIED, Outcome.ERROR},
    ),
    "frames without end": (SOCKETS + "while True: send(frame)", {Outcome.TIME, Outcome.DIED, Outcome.ERROR}),
    "questions without end": (
        SOCKETS + "header = json.dumps({'back': [0, 'x', ['t', []], ['d', []]]}).encode()\n"
        "frame = struct.pack('>II', 4 + len(header), len(header)) + header\nwhile True: send(frame)",
        {Outcome.TIME, Outcome.DIED},
    ),
    "bytes now and then": (
        SOCKETS + "while True: send(b'\\0'); time.sleep(0.05)",
        {Outcome.TIME, Outcome.ERROR},
    ),
    "all descriptors closed": ("import os\nos.closerange(0, 4096)", {Outcome.DIED}),
    "stopped": ("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", {Outcome.TIME}),
    "its snapshot stopped": ("import os, signal\nos.kill(os.getppid(), signal.SIGSTOP)", {Outcome.PASSED}),
    "a child that never ends": ("import os, time\nif os.fork() == 0: time.sleep(600)", {Outcome.PASSED}),
    "a child that keeps the socket": (
        "import os, time\nif os.fork() == 0: time.sleep(600)\nos._exit(0)",
        {Outcome.DIED},
    ),
    "endless recursion": ("def r(): return r()\nr()", {Outcome.ERROR}),
    "a sleep": ("import time; time.sleep(600)", {Outcome.TIME}),
}


@pytest.mark.parametrize("name", METHODS)
def test_method(name: str, tmp_path: Path) -> None:
    """The graded cell that calls the method ends as it should, and the other one gets its point."""
    source, ends = METHODS[name]
    body = "".join(f"    {line}\n" for line in source.strip().splitlines())
    _, reports = run(tmp_path, f"def spoil():\n{body}")
    assert reports["first"].verdicts[0].outcome in ends
    if name != "its snapshot stopped":
        assert reports["second"].points == 1
