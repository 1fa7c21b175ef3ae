"""Deadlines: CPU time, time on the clock, and what a busy machine does not take from either."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from proctor.session import clock
from proctor.session.clock import LONGEST, Allowance, Deadline, cpu_seconds, kept_waiting_seconds


class Machine:
    """A made-up machine: its clock, and the accounts of one process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.cpu, self.waited = 0.0, 0.0, 0.0
        monkeypatch.setattr(clock.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(clock, "cpu_seconds", lambda _pid: self.cpu)
        monkeypatch.setattr(clock, "kept_waiting_seconds", lambda _pid: self.waited)

    def run(self, *, cpu: float = 0, waiting: float = 0, asleep: float = 0) -> None:
        """Let time pass, in one of three ways."""
        self.now += cpu + waiting + asleep
        self.cpu += cpu
        self.waited += waiting


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Return a made-up machine, on which all accounts had begun before."""
    machine = Machine(monkeypatch)
    machine.run(cpu=50, waiting=70)
    return machine


def looked_at(cpu: float, wall: float) -> Deadline:
    """Return a deadline that has had its first look."""
    deadline = Deadline(1, Allowance(cpu, wall))
    assert not deadline.over()
    return deadline


def test_computing_counts(machine: Machine) -> None:
    """CPU time beyond the allowance ends it, long before the clock does."""
    deadline = looked_at(2, 100)
    machine.run(cpu=1.9)
    assert not deadline.over()
    machine.run(cpu=0.2)
    assert deadline.over()


def test_sleeping_counts_on_the_clock(machine: Machine) -> None:
    """What sleeps is over when its time on the clock is."""
    deadline = looked_at(2, 100)
    machine.run(asleep=99)
    assert not deadline.over()
    machine.run(asleep=2)
    assert deadline.over()


def test_waiting_for_a_busy_machine_does_not_count(machine: Machine) -> None:
    """Time in which others had the CPU is not counted: 300 seconds of it leave the limits where they were."""
    deadline = looked_at(20, 100)
    machine.run(waiting=300, cpu=19)
    assert not deadline.over()
    assert deadline.wall_left() == pytest.approx(81)
    machine.run(cpu=2)
    assert deadline.over()


def test_nothing_lasts_for_ever(machine: Machine) -> None:
    """A process that never gets a CPU ends when it has taken several times its limit on the clock."""
    deadline = looked_at(20, 100)
    machine.run(waiting=LONGEST * 100 - 1)
    assert not deadline.over()
    machine.run(waiting=2)
    assert deadline.over()


def test_many_threads_that_wait_gain_no_more_than_the_time_that_passes(machine: Machine) -> None:
    """Sixty threads wait sixty seconds in a second: that buys no credit for the time after it."""
    deadline = looked_at(20, 100)
    machine.waited += 60
    machine.run(asleep=1)
    assert not deadline.over()
    machine.run(asleep=98)
    assert not deadline.over()
    machine.run(asleep=3)
    assert deadline.over()


def test_the_system_keeps_account() -> None:
    """A process that shares one CPU with another one computes for a while, and is kept waiting for a while."""
    cpu = min(os.sched_getaffinity(0))
    program = f"import os; os.sched_setaffinity(0, [{cpu}])\nwhile True: pass"
    both = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(2)]
    try:
        end = time.monotonic() + 120
        while min(kept_waiting_seconds(both[0].pid), cpu_seconds(both[0].pid)) < 0.3:
            assert time.monotonic() < end
            time.sleep(0.05)
    finally:
        for process in both:
            process.kill()
            process.wait()
    assert kept_waiting_seconds(both[0].pid) == cpu_seconds(both[0].pid) == 0
