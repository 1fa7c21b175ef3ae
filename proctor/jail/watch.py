"""Watches, from outside, how much memory all processes of a jail hold together.

Linux limits the memory of one process (`RLIMIT_AS`); sixty of them within that limit could still take down
the grader's machine. A control group would count them, but an ordinary user rarely has one to give.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from proctor.jail.process import children

if TYPE_CHECKING:
    from proctor.jail.process import JailProcess

PAGE = 4096
INTERVAL = 0.25
"""Seconds between two looks; a look at a kernel without children takes some 50 microseconds."""


class MemoryWatch(threading.Thread):
    """Kills a jail whose processes hold more than `limit` bytes together.

    Attributes:
        tripped: whether it had to.
    """

    def __init__(self, jail: JailProcess, limit: int) -> None:
        super().__init__(name=f"memory of jail {jail.init_pid}", daemon=True)
        self.jail, self.limit = jail, limit
        self.tripped = False
        self._stopped = threading.Event()

    def run(self) -> None:
        """Look, until stopped or the jail is over."""
        while not self._stopped.wait(INTERVAL) and not self.jail.is_over():
            if held(self.jail.init_pid, self.limit) > self.limit:
                self.tripped = True
                self.jail.kill()

    def stop(self) -> None:
        """Stop looking, and wait for the last look to end."""
        self._stopped.set()
        self.join()


def held(root: int, enough: int = 0) -> int:
    """Return the bytes of memory that `root` and all processes below it hold.

    Resident pages are quick to count, but pages that processes share count once for each of them; only
    where that sum exceeds `enough` are the shared ones divided among their holders, which is slower.
    """
    family = [root]
    for pid in family:  # grows while it is walked
        family += children(pid)
    resident = sum(_resident(pid) for pid in family)
    return resident if resident <= enough else sum(_share(pid) for pid in family)


def _resident(pid: int) -> int:
    """Return the resident bytes of one process; 0 if it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except (OSError, IndexError):
        return 0


def _share(pid: int) -> int:
    """Return the resident bytes of one process, shared pages divided by the number of their holders."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
