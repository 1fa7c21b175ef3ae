"""Memory that all processes of a sandbox hold together, watched from outside.

Linux limits the memory of one process (`RLIMIT_AS`); sixty of them within that limit could still take down
the grader's machine. A control group would count them, but an ordinary user rarely has one to give.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from proctor.sandbox.process import family

if TYPE_CHECKING:
    from collections.abc import Iterable

    from proctor.sandbox.process import SandboxProcess

PAGE = 4096
INTERVAL = 0.25
"""Seconds between two looks; a look at a sandbox with one process takes some 50 microseconds."""


class MemoryWatch(threading.Thread):
    """Watch that kills a sandbox whose processes hold more than `limit` bytes together; `tripped` if it had to."""

    def __init__(self, sandbox: SandboxProcess, limit: int, *others: int) -> None:
        """Prepare to watch the processes below a sandbox's process 1, and below `others`, which have entered it."""
        super().__init__(name=f"memory of sandbox {sandbox.init_pid}", daemon=True)
        self._sandbox, self._limit, self._roots = sandbox, limit, (sandbox.init_pid, *others)
        self.tripped = False
        self._stopped = threading.Event()

    def run(self) -> None:
        """Look, until stopped or the sandbox is over."""
        while not self._stopped.wait(INTERVAL) and not self._sandbox.is_over():
            if held(self._roots, self._limit) > self._limit:
                self.tripped = True
                self._sandbox.kill()

    def stop(self) -> None:
        """Stop looking, and wait for the last look to end."""
        self._stopped.set()
        if self.ident is not None:
            self.join()


def held(roots: Iterable[int], enough: int = 0) -> int:
    """Return the bytes of memory that some processes and all below them hold.

    Resident pages are quick to count, but pages that processes share count once for each of them; only
    where that sum exceeds `enough` are the shared ones divided among their holders, which is slower.
    """
    members = family(roots)
    resident = sum(int(text.split()[1]) * PAGE for pid in members if (text := _account(pid, "statm")))
    if resident <= enough:
        return resident
    lines = [line for pid in members for line in _account(pid, "smaps_rollup").splitlines()]
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def _account(pid: int, name: str) -> str:
    """Return what the system tells of a process; "" if it has ended."""
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except OSError:
        return ""
