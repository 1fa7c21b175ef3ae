"""Count of what this process has open and running before and after grading many submissions, hostile ones among them.

    python -m benchmarks.leftovers 100      a hundred of the hostile bank, each as often as the others

What a worker does with a submission is done here, in one process.
"""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from functools import cache
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import psutil

from proctor.batch.job import Job, Ungraded
from proctor.batch.work import work
from proctor.submission.folders import remove
from proctor.submission.intake import read_notebook, write_file
from tests.proctor.support.orphans import adopted_orphans
from tests.proctor.support.ours import SETTINGS
from tests.specimens.build import RELEASE, Submission
from tests.specimens.recipe import EXERCISE, Recipe, Work, fault, recipes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HIDDEN = Path(__file__).resolve().parents[1] / "tests" / "exercise4"
AMONG = (
    "exit_at_once",
    "segmentation_fault_in_a_method",
    "server_left_running",
    "loop_in_a_method",
    "pool_in_a_method",
)
"""Faults that leave most behind, of which those who solve everything are capable."""

SHARED = [Path("/proc/sysvipc") / kind for kind in ("shm", "sem", "msg")]
"""Lists of the system: a line for each segment of shared memory, set of semaphores and queue, below a header."""

OTHERS = ("sem.", "psm_", "loky-", "pym-", "joblib_", "PostgreSQL.", ".org.chromium")
"""Beginnings of what other programs, tests that run at the same time among them, have in /dev/shm."""

IPC_PRIVATE = IPC_RMID = 0


def count() -> Counter[str]:
    """Count this process's descendants, open files, sockets and mounts, shared memory, and temporary files."""
    me = psutil.Process()
    living = [child for child in me.children(recursive=True) if child.status() != psutil.STATUS_ZOMBIE]
    links = [_target(path) for path in Path("/proc/self/fd").iterdir()]
    shared = [str(path) for path in Path("/dev/shm").iterdir() if not path.name.startswith(OTHERS)]
    return Counter(
        processes=len(living),
        sockets=sum(link.startswith("socket:") for link in links),
        files=sum(not link.startswith("socket:") for link in links),
        folders=len(list(Path(tempfile.gettempdir()).iterdir())),
        mounts=len(Path("/proc/self/mounts").read_text().splitlines()),
        shared=sum(_mine(path) for path in SHARED if path.exists()),
        **dict.fromkeys(shared, 1),
    )


def grown(before: Counter[str]) -> list[tuple[str, int]]:
    """List what there is more of than before, and how much."""
    return sorted((kind, number) for kind, number in (count() - before).items())


@fault()
def right(work: Work) -> None:
    """Everything is solved."""


def some_faults() -> list[Recipe]:
    """Return a right answer and a fault in turn."""
    return [recipe for name in AMONG for recipe in (right, recipes("faulty")[name])]


def hostile() -> list[Recipe]:
    """Return the hostile bank."""
    return list(recipes("hostile").values())


def after(number: int, folder: Path, among: Sequence[Recipe]) -> list[tuple[str, int]]:
    """Grade some submissions one after the other; return what is left, beyond what the first of them needs for good."""
    with temporary_folder(), adopted_orphans():
        right.hand_in(folder / "alice" / EXERCISE, {})  # a classmate, whose work some try to reach
        _grade(folder / "first", right)  # the fork server, and whatever libraries open once
        before = count()
        for each, recipe in enumerate(islice(cycle(among), number)):
            _grade(folder / str(each), recipe)
            if not (each + 1) % 50:
                print(f"{each + 1} of {number}", file=sys.stderr)
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


def _grade(folder: Path, recipe: Recipe) -> None:
    """Hand a submission in, grade it as a worker does, and remove its folder."""
    outside = str(Path("/proc/self/ns/pid").readlink())
    names = {"COURSE": "/nowhere", "HOME": "/nowhere", "PORT": "1", "TOKEN": "left", "OUTSIDE": outside}
    folder /= EXERCISE
    recipe.hand_in(folder, names)
    release, files = _given()
    submitted = read_notebook(folder / f"{EXERCISE}.ipynb", Submission.release().notebook, {EXERCISE})
    for inside, data in files.items():
        _make_way(folder, inside)
        write_file(folder / inside, data)
    notebooks = {f"{EXERCISE}.ipynb": Ungraded(submitted, release)}
    result = work(Job(recipe.name, notebooks, folder, HIDDEN, SETTINGS))
    remove(folder.parent)
    assert not result.fault, f"{recipe.name}: {result.fault}"


def _make_way(folder: Path, inside: Path) -> None:
    """Remove what stands where a given file needs a folder, as the head leaves it out: a file, or a link to anywhere."""
    for part in reversed(inside.parents):
        place = folder / part
        if place.is_symlink() or place.is_file():
            place.unlink()
    if (folder / inside).is_dir():
        remove(folder / inside)


@cache
def _given() -> tuple[str, dict[Path, bytes]]:
    """Return the release's notebook as text, and the modules beside it."""
    modules = sorted((RELEASE / "src").rglob("*.py"))
    text = (RELEASE / f"{EXERCISE}.ipynb").read_text("utf-8")
    return text, {path.relative_to(RELEASE): path.read_bytes() for path in modules}


def _mine(table: Path) -> int:
    """Return the number of lines in a table of the system that name this user."""
    head, *lines = [line.split() for line in table.read_text().splitlines()]
    return sum(line[head.index("uid")] == str(os.getuid()) for line in lines)


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
    number, begun = int(sys.argv[1]), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="left-") as folder:
        left = after(number, Path(folder), hostile())
    if left:
        sys.exit(f"After {number} submissions there is more than before: {dict(left)}")
    minutes = (time.monotonic() - begun) / 60
    sys.stdout.write(
        f"Nothing is left behind after {number} submissions of the hostile bank ({minutes:.0f} minutes).\n"
    )


if __name__ == "__main__":
    main()
