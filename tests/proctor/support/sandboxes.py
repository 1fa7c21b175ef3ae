"""Cells, run in sandboxes for the tests, and what is left of a sandbox."""

from __future__ import annotations

import contextlib
import os
import tempfile
import textwrap
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from proctor.sandbox.process import readable
from proctor.sandbox.settings import Sandbox
from proctor.session.clock import Bounds
from proctor.session.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proctor.session.session import Execution

BOUNDS = Bounds(output=2**30)
"""The usual limits; many tests share a session, and must not run out of output together."""
NUMPY_ONLY = {"preload": ["numpy"]}
"""Settings of a fork server that starts in half a second.

With SciPy and Matplotlib, as by default, it takes three more. That one is compared with Jupyter and with agents that
start by themselves (`agent/test_parity.py`), and grades the banks.
"""


class Cells:
    """Runner of cells in a session, whose process is `session.pid`."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def __call__(self, code: str) -> str:
        """Run a cell, indented as it may be; return what it prints and the name of its error, if any."""
        return shown(self.session.run(textwrap.dedent(code)))

    def until_dead(self, code: str) -> str:
        """Run a cell that ends its process; return how that ended."""
        execution = self.session.run(textwrap.dedent(code))
        assert execution.fatal, shown(execution)
        return execution.cause

    @property
    def forked(self) -> bool:
        """Whether the agent came from a fork server."""
        started = self.session._started
        return started is not None and started.server is not None

    def family(self) -> list[psutil.Process]:
        """Return the living processes of the sandbox: its process 1, the agent, and what it started."""
        started = self.session._started
        assert started is not None
        roots = {self.session.pid, started.sandbox.init_pid, started.sandbox.popen.pid} - {0}
        family = {child for root in roots for child in psutil.Process(root).children(recursive=True)}
        return [*family, *map(psutil.Process, roots - {each.pid for each in family})]


def shown(execution: Execution) -> str:
    """Return what a cell has printed, with the name of its error, as text."""
    return "".join(output.get("text") or output.get("ename", "") for output in execution.outputs).strip()


@contextlib.contextmanager
def cells(folder: Path, bounds: Bounds = BOUNDS, **settings: Any) -> Iterator[Cells]:
    """Run cells in a new session on a folder; where nothing else is set, its fork server is a quick one."""
    with Session(folder, Sandbox(**{**NUMPY_ONLY, **settings}), bounds) as session:
        yield Cells(session)


@contextlib.contextmanager
def temporary(folder: Path) -> Iterator[None]:
    """Put what is temporary into a folder."""
    with contextlib.ExitStack() as stack:
        stack.callback(setattr, tempfile, "tempdir", tempfile.tempdir)
        tempfile.tempdir = str(folder)
        yield


def traces() -> dict[str, Any]:
    """Return what a session could leave behind: processes, descriptors by kind, temporary folders."""
    links = []
    for path in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # the one that lists the folder
            links.append(os.readlink(path).split(":")[0])  # noqa: PTH115  - the text, not a path
    return {
        "children": sorted(child.pid for child in psutil.Process().children(recursive=True)),
        "descriptors": sorted(links),
        "folders": sorted(path.name for path in Path(tempfile.gettempdir()).glob("proctor-*")),
    }


def left(before: dict[str, Any]) -> dict[str, Any]:
    """Return what there is more of than before, once processes that are about to end have ended."""
    known = set(before["children"])
    gone([child for child in psutil.Process().children(recursive=True) if child.pid not in known])
    now = traces()
    more = {kind: list((Counter(now[kind]) - Counter(before[kind])).elements()) for kind in now}
    return {kind: found for kind, found in more.items() if found}


def gone(processes: list[psutil.Process], seconds: float = 20) -> bool:
    """Return whether some processes have ended, or end in time."""
    deadline = time.monotonic() + seconds
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            handle = os.pidfd_open(process.pid)
            readable(handle, deadline - time.monotonic())
            os.close(handle)
    return not living(processes)


def living(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Return those of some processes that have not ended."""
    return [each for each in processes if not _has_ended(each)]


def _has_ended(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.NoSuchProcess:  # it has, between the two looks
        return True
