"""CPU time of a command with all that it starts, also of processes that nobody waits for.

The times that a process inherits from its children leave out those that were killed with their namespace, or whose
parent ignores their end; both happen where a sandbox ends. A control group leaves nothing out. Where we may not make
one, the processor time of the whole machine is taken, which is right as long as it has nothing else to do.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


MEMBERS = "cgroup.procs"


@dataclass(frozen=True)
class Cost:
    """Time that a command took, in seconds on the clock and of CPU time."""

    wall: float
    cpu: float


class CommandFailedError(RuntimeError):
    """A measured command failed; the message holds its last words."""


def measure(command: Sequence[str], folder: Path) -> Cost:
    """Run a command in a folder, with all that it starts, and return what that took."""
    with group() as (read, members):
        joining = ["sh", "-c", 'echo $$ > "$0" && exec "$@"', str(members)] if members else []
        begun = time.monotonic()
        done = subprocess.run([*joining, *command], cwd=folder, capture_output=True, text=True, check=False)
        cost = Cost(time.monotonic() - begun, read())
    if done.returncode:
        raise CommandFailedError(f"{' '.join(command)} (in {folder}):\n{(done.stdout + done.stderr)[-3000:]}")
    return cost


@contextlib.contextmanager
def group() -> Iterator[tuple[Callable[[], float], Path | None]]:
    """Lend a control group: what reads the CPU seconds used in it, and the file that lists its processes."""
    parent = own_group()
    if parent is None:
        before = machine_seconds()
        yield lambda: machine_seconds() - before, None
        return
    folder = parent / f"bench-{os.getpid()}-{time.monotonic_ns()}"
    folder.mkdir()
    try:
        yield lambda: used_in(folder), folder / MEMBERS
    finally:
        remove(folder)


def own_group() -> Path | None:
    """Return the folder of this process's control group, if we may make others in it."""
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    for _, place, kind, *_ in mounts:
        if kind != "cgroup2":
            continue
        lines = Path("/proc/self/cgroup").read_text().splitlines()
        name = next(line.split(":", 2)[2] for line in lines if line.startswith("0::"))
        folder = Path(place) / name.lstrip("/")
        if os.access(folder, os.W_OK) and os.access(folder / MEMBERS, os.W_OK):
            return folder
    return None


def used_in(folder: Path) -> float:
    """Return the CPU seconds used in a control group up to now."""
    words = (folder / "cpu.stat").read_text().split()
    return int(words[words.index("usage_usec") + 1]) / 1e6


def remove(folder: Path) -> None:
    """Remove a control group once its last process has ended."""
    for _ in range(100):
        with contextlib.suppress(OSError):
            folder.rmdir()
            return
        time.sleep(0.05)
    sys.stderr.write(f"{folder} is still in use.\n")


def machine_seconds() -> float:
    """Return the seconds that all cores together have been busy since the machine was started."""
    user, nice, system, _, _, irq, softirq, *_ = map(
        int, Path("/proc/stat").read_text().split("\n")[0].split()[1:]
    )
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")
