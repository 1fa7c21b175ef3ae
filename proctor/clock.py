"""Deadlines that count the CPU time of the student's processes, so that a busy machine is nobody's fault.

What sleeps uses no CPU time, so there is a limit on the clock, too. Time in which a student's process was ready
to run and another one had the CPU is not counted: Linux keeps account of it.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from proctor.jail.process import children

LONGEST = 5
"""How many times its limit on the clock something may take in all, however busy the machine is."""


@dataclass(frozen=True)
class Allowance:
    """How long something may take.

    Attributes:
        cpu: seconds of CPU time of the student's processes.
        wall: seconds on the clock, for what waits without computing; generous.
    """

    cpu: float
    wall: float


class Deadline:
    """Runs from its making until the process tree of `pid` has used up its allowance.

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
        """Say whether the allowance is used up."""
        now = cpu_seconds(self._pid)
        if self._start_cpu is None:
            self._start_cpu, self._account = now, kept_waiting_seconds(self._pid)
        self._used = now - self._start_cpu
        self._look_at_waiting()
        return self._used > self._allowance.cpu or self.wall_left() <= 0

    def _look_at_waiting(self) -> None:
        """Add what was waited since the last look: many threads wait no longer than the time that passed."""
        passed, account = time.monotonic(), kept_waiting_seconds(self._pid)
        self._kept_waiting += min(max(0.0, account - self._account), passed - self._looked)
        self._looked, self._account = passed, account

    def used(self) -> Allowance:
        """Return the CPU time up to the last look, and the time on the clock.

        What was over before anyone looked counts as if it had computed all the time.
        """
        wall = time.monotonic() - self._start_wall
        return Allowance(wall if self._start_cpu is None else self._used, wall)


class Budget:
    """What is left of an allowance that several things share."""

    def __init__(self, allowance: Allowance) -> None:
        self._left = allowance

    def spend(self, used: Allowance) -> None:
        """Take away what one thing has used."""
        self._left = Allowance(self._left.cpu - used.cpu, self._left.wall - used.wall)

    def over(self) -> bool:
        """Say whether nothing is left."""
        return self._left.cpu <= 0 or self._left.wall <= 0


def cpu_seconds(pid: int) -> float:
    """Return the CPU time in seconds that a process and its living and reaped descendants have used."""
    total = 0.0
    for member in _family(pid):
        with contextlib.suppress(psutil.Error):
            total += sum(psutil.Process(member).cpu_times()[:4])  # user, system, and both of reaped children
    return total


def kept_waiting_seconds(pid: int) -> float:
    """Return for how many seconds threads of a process and its descendants were ready to run, but did not.

    Zero where the system keeps no such account. A thread that is over takes its account with it.
    """
    total = 0
    for member in _family(pid):
        with contextlib.suppress(OSError, ValueError, IndexError):
            for thread in Path(f"/proc/{member}/task").iterdir():
                total += int((thread / "schedstat").read_text().split()[1])  # nanoseconds
    return total / 1e9


def _family(pid: int) -> list[int]:
    """Return a process and its living descendants."""
    family = [pid]
    for member in family:  # grows while it is walked
        family += children(member)
    return family
