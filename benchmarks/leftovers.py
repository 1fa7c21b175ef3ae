"""Counts what this process has open and running before and after grading many submissions.

python -m benchmarks.leftovers 100
"""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import psutil

from proctor import submission
from proctor.grading.grade import grade_notebook, reports_of
from tests.exercise4.mistakes import grade_id
from tests.proctor.support.ours import SETTINGS
from tests.specimens.build import RELEASE, Submission
from tests.specimens.recipe import recipes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.specimens.build import nbformat

HIDDEN = Path(__file__).resolve().parents[1] / "tests" / "exercise4"
AMONG = (
    "exit_at_once",
    "segmentation_fault_in_a_method",
    "server_left_running",
    "loop_in_a_method",
    "pool_in_a_method",
)
"""Specimens that some of the submissions are; the others are small and right."""

SHARED = [Path("/proc/sysvipc") / kind for kind in ("shm", "sem", "msg")]
"""Lists of the system: a line for each segment of shared memory, set of semaphores and queue, below a header."""

IPC_PRIVATE = IPC_RMID = 0


def count() -> Counter[str]:
    """Count this process's descendants, open files, sockets and mounts, System V's objects, and temporary files."""
    me = psutil.Process()
    living = [child for child in me.children(recursive=True) if child.status() != psutil.STATUS_ZOMBIE]
    links = [_target(path) for path in Path("/proc/self/fd").iterdir()]
    return Counter(
        processes=len(living),
        sockets=sum(link.startswith("socket:") for link in links),
        files=sum(not link.startswith("socket:") for link in links),
        folders=len(list(Path(tempfile.gettempdir()).iterdir())),
        mounts=len(Path("/proc/self/mounts").read_text().splitlines()),
        shared=sum(len(path.read_text().splitlines()) - 1 for path in SHARED if path.exists()),
    )


def grown(before: Counter[str]) -> list[tuple[str, int]]:
    """List what there is more of than before, and how much."""
    return sorted((kind, number) for kind, number in (count() - before).items())


def after(number: int, folder: Path) -> list[tuple[str, int]]:
    """Grade some submissions one after the other; return what is left, beyond what the first of them needs for good."""
    with temporary_folder():
        _grade(folder / "first", "")  # the fork server, and whatever libraries open once
        before = count()
        for each in range(number):
            _grade(folder / str(each), AMONG[each // 2 % len(AMONG)] if each % 2 else "")
        return grown(before)


@contextmanager
def temporary_folder() -> Iterator[None]:
    """Put what is temporary into a folder of our own, where nobody else's is counted."""
    with (
        tempfile.TemporaryDirectory(prefix="left-") as folder,
        mock.patch.object(tempfile, "tempdir", folder),
    ):
        runtime = {name: value for name, value in os.environ.items() if name != "XDG_RUNTIME_DIR"}
        with mock.patch.dict(os.environ, runtime, clear=True):
            yield


def _grade(folder: Path, name: str) -> None:
    """Grade one submission: a recipe's, or one that is small and right."""
    names = {"COURSE": "/nowhere", "HOME": "/nowhere", "PORT": "1", "TOKEN": "left", "OUTSIDE": ""}
    if name:
        recipes("faulty")[name].hand_in(folder, names)
    else:
        Submission.solved().write(folder)
    for path in (RELEASE / "src").rglob("*.py"):
        target = folder / path.relative_to(RELEASE)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    read = submission.read(folder / "exercise4.ipynb")
    notebook, _ = submission.restore(read, Submission.release().notebook)
    notebook.cells = [cell for cell in notebook.cells if not _slow(cell)]
    notebook.metadata["proctor"] = {}
    grade_notebook(notebook, folder, HIDDEN, SETTINGS)
    assert sum(report.points for report in reports_of(notebook).values()) > 20


def _slow(cell: nbformat.NotebookNode) -> bool:
    """Return whether a cell is one of the release's that show pictures or check: they take time."""
    given = {each.source for each in Submission.release().notebook.cells if not grade_id(each)}
    return cell.cell_type == "code" and cell.source in given


def _target(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:  # the one that lists the folder
        return ""


@contextmanager
def litter(folder: Path) -> Iterator[None]:
    """Leave one of each kind lying about, for as long as the block lasts."""
    with ExitStack() as stack:
        stack.enter_context(tempfile.TemporaryDirectory(prefix="proctor-"))
        stack.enter_context(socket.socket())
        stack.enter_context((folder / "open").open("w"))
        libc = ctypes.CDLL(None)
        segment = libc.shmget(IPC_PRIVATE, 4096, 0o600)
        stack.callback(libc.shmctl, segment, IPC_RMID, None)
        process = stack.enter_context(subprocess.Popen(["sleep", "60"]))
        stack.callback(process.kill)
        yield


def main() -> None:
    """Grade as many as the command line says, and stop with what is left."""
    with tempfile.TemporaryDirectory(prefix="left-") as folder:
        left = after(int(sys.argv[1]), Path(folder))
    if left:
        sys.exit(f"After {sys.argv[1]} submissions there is more than before: {dict(left)}")
    sys.stdout.write(f"Nothing is left behind after {sys.argv[1]} submissions.\n")


if __name__ == "__main__":
    main()
