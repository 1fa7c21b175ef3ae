"""Deadlines that count the CPU time of the student's processes, so that a busy machine is nobody's fault."""

from __future__ import annotations

import time
from dataclasses import dataclass

import psutil


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

    The CPU clock starts with the first look: most calls are over before anyone looks, and a look costs more
    than they do.
    """

    def __init__(self, pid: int, allowance: Allowance) -> None:
        self._pid, self._allowance = pid, allowance
        self._start_cpu: float | None = None
        self._start_wall = time.monotonic()
        self._used = 0.0

    def wall_left(self) -> float:
        """Return the seconds left on the clock, not below zero."""
        return max(0.0, self._allowance.wall - (time.monotonic() - self._start_wall))

    def over(self) -> bool:
        """Say whether the allowance is used up."""
        now = cpu_seconds(self._pid)
        if self._start_cpu is None:
            self._start_cpu = now
        self._used = now - self._start_cpu
        return self._used > self._allowance.cpu or self.wall_left() <= 0

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
    try:
        root = psutil.Process(pid)
        family = [root, *root.children(recursive=True)]
    except psutil.Error:
        return 0.0
    total = 0.0
    for process in family:
        try:
            total += sum(process.cpu_times()[:4])  # user, system, and both of reaped children
        except psutil.Error:
            continue
    return total
