"""The measuring behind `make bench`: what is counted, and to what it is charged."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from benchmarks import meter
from benchmarks.bench_parts import Stopwatch, plain

if TYPE_CHECKING:
    from pathlib import Path

BURN = "import time\nwhile time.process_time() < 0.3: pass\n"
ORPHAN = f"""
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
reader, writer = os.pipe()
if not os.fork():
    {BURN.replace(chr(10), chr(10) + "    ")}
    os.write(writer, b"done")
    os.kill(os.getpid(), signal.SIGKILL)
os.read(reader, 4)
"""
"""A process whose child uses CPU time and is killed, and who never asks for it."""


def test_time_of_killed_children_counts(tmp_path: Path) -> None:
    """CPU time is counted also where no process inherits it; and not far too much of it."""
    if meter.own_group() is None:
        pytest.skip("this account may not make a control group; the whole machine would be measured")
    cost = meter.measure([sys.executable, "-c", ORPHAN], tmp_path)
    assert 0.3 <= cost.cpu < 3


def test_no_group_is_left(tmp_path: Path) -> None:
    """A measurement removes its control group, also where the command fails, whose words it passes on."""
    with pytest.raises(meter.CommandFailedError, match="no luck"):
        meter.measure([sys.executable, "-c", "raise SystemExit('no luck')"], tmp_path)
    home = meter.own_group()
    assert home is None or not list(home.glob(f"bench-{os.getpid()}-*"))


def test_the_machine_has_been_busy() -> None:
    """Where no group can be made, the machine's own count is read, which only grows."""
    first = meter.machine_seconds()
    assert 0 < first <= meter.machine_seconds()


def test_time_is_charged_to_the_innermost_stage() -> None:
    """Each second is charged once, to the stage that was under way when it was used."""
    clock = iter([0, 1, 3, 6, 10, 15])
    watch = Stopwatch(lambda: next(clock))
    with watch.stage("outer"), watch.stage("inner"):
        pass
    watch.switch()
    assert watch.seconds == {"start": 1 + 5, "outer": 2 + 4, "inner": 3}


def test_watched_methods_do_what_they_did() -> None:
    """A watched method returns what it returned before, and its time is charged."""

    class Counter:
        def add(self, number: int, *, more: int = 0) -> int:
            return number + more

    clock = iter(range(10))
    watch = Stopwatch(lambda: next(clock))
    watch.watch(Counter, "add", "adding")
    assert Counter().add(2, more=3) == 5
    assert watch.seconds["adding"] == 1


def test_saved_cells_define_what_they_would_save() -> None:
    """The floor runs a cell with %%writefile as a plain one, and leaves others as they are."""
    assert plain("%%writefile src/layers/conv.py\nx = 1\ny = 2") == "x = 1\ny = 2"
    assert plain("x = 1\n%matplotlib inline") == "x = 1\n%matplotlib inline"
