"""Strikes a command at one step of its way: there it is killed, or the disk is full from there on.

A step is each time that it opens, renames or removes a file of the course, or talks to the gradebook. The command runs
in a fork of this process, so that it costs what it does, and no start of Python.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import random
import signal
import sys
import traceback
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, event

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Step = Callable[[str], Any]
    """Called at each step, with what it does: it reads or writes."""
    Command = Callable[[], int]

FILLING = {"os.mkdir", "os.rename"}
OTHER = {"open", "os.rmdir", "os.remove", "os.chmod", "shutil.rmtree"}


def watch(course: Path, step: Step) -> None:
    """Call `step` at each step that this process takes in a course, or in a gradebook, from now on."""

    def hook(name: str, arguments: tuple[Any, ...]) -> None:
        if name in FILLING | OTHER and str(arguments[0]).startswith(str(course)):
            fills = name in FILLING or (name == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR))
            step("writes" if fills else "reads")

    def statement(_connection: Any, _cursor: Any, text: str, *_: Any) -> None:
        step("reads" if text.lstrip().startswith(("SELECT", "PRAGMA")) else "writes")

    sys.addaudithook(hook)
    event.listen(Engine, "before_cursor_execute", statement)
    event.listen(Engine, "commit", lambda _: step("writes"))


def fork(command: Command, course: Path, step: Step) -> tuple[str, list[str]]:
    """Run a command in a copy of this process; return how it ended, and what it said on stderr."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        with os.fdopen(writer, "w") as said, contextlib.redirect_stdout(io.StringIO()):
            sys.stderr = said
            try:
                watch(course, step)
                status = command()
            except BaseException:  # noqa: BLE001  - it is told, and the copy ends
                traceback.print_exc()
                status = 99
        os._exit(status)
    os.close(writer)
    with os.fdopen(reader) as said:
        lines = said.read().splitlines()
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return signal.Signals(-code).name if code < 0 else f"status {code}", lines


def count_steps(command: Command, course: Path, kind: str = "kill") -> int:
    """Run a command once, and count the steps; up to the last that writes, where the disk is to be full."""
    reader, writer = os.pipe()
    ended, said = fork(command, course, lambda what: os.write(writer, what[:1].encode()))
    os.close(writer)
    with os.fdopen(reader, "rb") as steps:
        taken = steps.read()
    if ended != "status 0":
        sys.exit(f"{ended}: {said}")
    return len(taken) if kind == "kill" else taken.rindex(b"w") + 1


def points_of(steps: int, number: int, seed: int) -> list[int]:
    """Return so many of the steps, chosen by the seed; all of them where there are no more."""
    return sorted(random.Random(seed).sample(range(1, steps + 1), min(number, steps)))


def strike(point: int, kind: str = "kill") -> Step:
    """Return a step that kills, or fails for a full disk (an odd one: for a quota), from the given number on."""
    count = 0

    def step(what: str) -> None:
        nonlocal count
        count += 1
        if count >= point and kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if count >= point and kind == "full" and what == "writes":
            code = errno.EDQUOT if point % 2 else errno.ENOSPC
            raise OSError(code, os.strerror(code))

    return step
