"""Deadlines that count the CPU time of the student's processes, so that a busy machine is nobody's fault.

What sleeps uses no CPU time, so there is a limit on the clock, too. Time in which a student's process was ready
to run and another one had the CPU is not counted: Linux keeps account of it.
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path

from proctor.sandbox.process import family

TICKS = os.sysconf("SC_CLK_TCK")
LONGEST = 5
"""A limit on the clock is extended on a busy machine, up to this many times its length."""


@dataclass(frozen=True)
class Allowance:
    """Time that something may take, in seconds."""

    cpu: float  # time of the student's processes
    wall: float  # on the clock, for what waits without computing; generous


@dataclass(frozen=True)
class Bounds:
    """Limits of a submission, and what they are where `c.Grading` (`grading/settings`) sets nothing."""

    cell: Allowance = Allowance(cpu=20, wall=120)  # for one of the student's cells
    call: Allowance = Allowance(cpu=10, wall=60)  # for one call by a hidden test
    graded_cell: Allowance = Allowance(cpu=20, wall=120)  # for all the calls of one graded cell
    submission: Allowance = Allowance(cpu=150, wall=900)  # for all cells, in all the sessions that it took
    cell_output: int = 2_000_000  # bytes
    output: int = 8_000_000  # bytes, of all cells together
    restarts: int = 20  # how often a submission may end its process, and is run again


class Deadline:
    """Deadline of a process tree: it begins when it is made, and ends when the tree of `pid` has used up its allowance.

    The accounts of CPU time and of waiting for a CPU start with the first look: most calls are over before anyone
    looks, and a look costs more than they do.
    """

    def __init__(self, pid: int, allowance: Allowance) -> None:
        self._pid, self._allowance = pid, allowance
        self._start_cpu: float | None = None
        self._start_wall = time.monotonic()
        self._looked, self._account = self._start_wall, 0.0
        self._kept_waiting = self._used = 0.0

    def wall_left(self) -> float:
        """Return the seconds left on the clock, not below zero; waiting for a CPU counts up to the last look."""
        passed, limit = time.monotonic() - self._start_wall, self._allowance.wall
        return max(0.0, min(limit + self._kept_waiting, LONGEST * limit) - passed)

    def over(self) -> bool:
        """Return whether the allowance is used up."""
        cpu, account, now = cpu_seconds(self._pid), kept_waiting_seconds(self._pid), time.monotonic()
        if self._start_cpu is None:
            self._start_cpu, self._account = cpu, account
        self._used = cpu - self._start_cpu
        # Many threads wait no longer than the time that passed.
        self._kept_waiting += min(max(0.0, account - self._account), now - self._looked)
        self._looked, self._account = now, account
        return self._used > self._allowance.cpu or self.wall_left() <= 0

    def used(self) -> Allowance:
        """Return the CPU time up to the last look (before any, as if it had computed all the time), and on the clock."""
        wall = time.monotonic() - self._start_wall
        return Allowance(wall if self._start_cpu is None else self._used, wall)


class Budget:
    """Rest of an allowance that several things share."""

    def __init__(self, allowance: Allowance) -> None:
        self._left = allowance

    def spend(self, used: Allowance) -> None:
        """Take away what one thing has used."""
        self._left = Allowance(self._left.cpu - used.cpu, self._left.wall - used.wall)

    def over(self) -> bool:
        """Return whether nothing is left."""
        return self._left.cpu <= 0 or self._left.wall <= 0


def cpu_seconds(pid: int) -> float:
    """Return the CPU time in seconds that a process and its living and reaped descendants have used."""
    ticks = 0
    for member in family([pid]):
        with contextlib.suppress(OSError, ValueError, IndexError):
            # The name, in brackets, may hold spaces and brackets itself.
            fields = Path(f"/proc/{member}/stat").read_text(errors="replace").rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))  # user, system, and both of reaped children
    return ticks / TICKS


def kept_waiting_seconds(pid: int) -> float:
    """Return for how many seconds threads of a process and its descendants were ready to run, but did not.

    Zero where the system keeps no such account. A thread that is over takes its account with it.
    """
    total = 0
    for member in family([pid]):
        with contextlib.suppress(OSError, ValueError, IndexError):
            for thread in Path(f"/proc/{member}/task").iterdir():
                total += int((thread / "schedstat").read_text().split()[1])  # nanoseconds
    return total / 1e9
