"""Memory that all processes of a sandbox hold together, the number of their files and sockets, watched from outside.

Linux limits the memory of one process (`RLIMIT_AS`); sixty of them within that limit could still exhaust
the grader's machine. A control group would count them, but an ordinary user rarely has one to give. Each file
system in memory has a size, which bounds the content of files, and not their number. What waits in sockets is memory
of the kernel's, which no process is said to hold.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from proctor.sandbox.process import family
from proctor.sandbox.visible_files import HOME

if TYPE_CHECKING:
    from collections.abc import Iterable

    from proctor.sandbox.process import SandboxProcess

PAGE = 4096
INODE = 1024
"""Bytes that a file in memory takes besides its content."""
SOCKETS = {"sockets: used": 2**18, "TCP: inuse": 2**22, "TCP6: inuse": 2**22}
"""Bytes that may wait in a socket of each kind, as `/proc/net/sockstat` names them: in most as many as Linux lets a
process send by default; in those of TCP, of which it allows more, somewhat more than was seen."""
PLACES = (HOME, "/tmp", "/dev/shm")  # noqa: S108  - inside the sandbox
"""Folders of a sandbox that can be written to, each a file system in memory."""
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
            # A hidden test may have put something else in the place of what is asked here, for a moment.
            with contextlib.suppress(Exception):
                self._look()

    def _look(self) -> None:
        pid = self._sandbox.init_pid
        if held(self._roots, self._limit) + held_by_files(pid) + held_by_sockets(pid) > self._limit:
            self.tripped = True
            self._sandbox.kill()

    def stop(self) -> None:
        """Stop looking, and wait for the last look to end."""
        self._stopped.set()
        if self.ident is not None:
            self.join()


def held_by_files(pid: int) -> int:
    """Return about how many bytes the files that a sandbox's process sees take in memory besides their content."""
    count = 0
    for place in PLACES:
        with contextlib.suppress(OSError):
            found = os.statvfs(f"/proc/{pid}/root{place}")
            count += found.f_files - found.f_ffree
    return count * INODE


def held_by_sockets(pid: int) -> int:
    """Return about how many bytes the sockets in the network of a sandbox's process can hold."""
    text = ""
    for name in ("sockstat", "sockstat6"):
        with contextlib.suppress(OSError):
            text += Path(f"/proc/{pid}/net/{name}").read_text(encoding="ascii")
    return sum(
        SOCKETS.get(kind, 0) * int(count)
        for kind, count in re.findall(r"^(\w+: \w+) (\d+)", text, re.MULTILINE)
    )


def held(roots: Iterable[int], enough: int = 0) -> int:
    """Return the bytes of memory that some processes and all below them hold.

    Resident pages are quick to count, but pages that processes share count once for each of them; only
    where that sum exceeds `enough` are the shared ones divided among their holders, which is slower.
    """
    members = family(roots)
    resident = sum(_resident(pid) for pid in members)
    return resident if resident <= enough else sum(_share(pid) for pid in members)


def _resident(pid: int) -> int:
    """Return the resident bytes of one process; 0 if it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except (OSError, IndexError):
        return 0


def _share(pid: int) -> int:
    """Return the resident bytes of one process, shared pages divided by the number of their holders.

    Where the system refuses to tell, all of its pages count as its own.
    """
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return _resident(pid)
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
