"""Connections to a student's process: no wait without a deadline, and the end of the process is noticed."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

from proctor.criteria import Broken
from proctor.criteria.outcome import Outcome
from proctor.sandbox.peer_process import Peer, accept, socket_pair
from proctor.sandbox.process import readable
from proctor.session.clock import Allowance, Deadline
from proctor.session.connection import GuardedConnection

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORT = Allowance(cpu=60, wall=0.6)
FRAME = b"\\0\\0\\0\\x06\\0\\0\\0\\x02{}"


@contextlib.contextmanager
def peer(program: str) -> Iterator[Peer]:
    """Start a program that says hello on its descriptor `end`, and goes on as it likes."""
    mine, theirs = socket_pair()
    code = f"import os, time\nend = {theirs.fileno()}\nos.write(end, b'x')\n{textwrap.dedent(program)}"
    with theirs:
        process = subprocess.Popen([sys.executable, "-c", code], pass_fds=[theirs.fileno()])
    try:
        found = accept(mine, 60)
        assert found is not None
        assert found.pid == process.pid
        yield found
        found.close()
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    "program",
    [
        "time.sleep(600)",
        "while True: os.write(end, b'\\x01'); time.sleep(0.05)",
        f"while True: os.write(end, b'{FRAME.decode()}')",
        f"while True: os.write(end, b'{FRAME.decode()}'); time.sleep(0.001)",
        "while True: os.write(end, b'\\x03' + bytes(1000)); time.sleep(0.01)",
    ],
    ids=["nothing", "a byte now and then", "frames without end", "frames at a pace", "an endless frame"],
)
def test_no_pace_escapes_the_deadline(program: str) -> None:
    """Whatever comes, and however fast, waiting ends with the deadline."""
    with peer(program) as found:
        connection = GuardedConnection(found)
        connection.allow(Deadline(found.pid, SHORT))
        with pytest.raises(Broken) as caught:  # noqa: PT012  - which frame it is does not matter
            while True:
                connection.receive()
        assert caught.value.outcome is Outcome.TIME


@pytest.mark.parametrize("program", ["time.sleep(600)", "while True: os.read(end, 10); time.sleep(0.05)"])
def test_sending_has_a_deadline(program: str) -> None:
    """A process that does not read, or as slowly as it likes, holds up nobody."""
    with peer(program) as found:
        connection = GuardedConnection(found)
        connection.allow(Deadline(found.pid, SHORT))
        with pytest.raises(Broken) as caught:
            connection.send({}, bytes(2**25))
        assert caught.value.outcome is Outcome.TIME


def test_computing_counts() -> None:
    """The limit on CPU time ends what computes, long before the one on the clock."""
    with peer("while True: pass") as found:
        connection = GuardedConnection(found)
        connection.allow(Deadline(found.pid, Allowance(cpu=0.2, wall=600)))
        with pytest.raises(Broken):
            connection.receive()


def test_first_deadline_that_is_over() -> None:
    """Of several deadlines the first one that is over ends the waiting."""
    with peer("time.sleep(600)") as found:
        connection = GuardedConnection(found)
        connection.allow(Deadline(found.pid, Allowance(600, 600)), Deadline(found.pid, SHORT))
        with pytest.raises(Broken):
            connection.receive()


def test_end_is_noticed_though_the_socket_is_open() -> None:
    """A process that has ended is noticed, though a child of it keeps its socket, which is then ended, too."""
    program = """
        child = os.fork()
        if child == 0:
            time.sleep(600)
        os.write(end, b'%10d' % child)
        os._exit(0)
    """
    with peer(program) as found:
        child = int(found.socket.recv(10))
        try:
            connection = GuardedConnection(found)
            connection.allow(Deadline(found.pid, Allowance(600, 600)))
            with pytest.raises(EOFError):
                connection.receive()
        finally:
            os.kill(child, 9)


def test_last_words_are_heard() -> None:
    """A process that has sent its answer and ended, has answered."""
    with peer(f"os.write(end, b'{FRAME.decode()}')") as found:
        assert found.is_over(60)
        connection = GuardedConnection(found)
        connection.allow(Deadline(found.pid, SHORT))
        assert connection.receive() == ({}, b"")
        with pytest.raises(EOFError):
            connection.receive()


def test_nobody_says_hello() -> None:
    """Where nobody speaks in time, where the other end is closed, and where it is given up, there is no peer."""
    for seconds, given_up, closed in ((0.1, False, False), (60, True, False), (60, False, True)):
        mine, theirs = socket_pair()
        with theirs:
            if closed:
                theirs.close()
            assert accept(mine, seconds, lambda up=given_up: up) is None
        assert mine.fileno() == -1


def test_close_takes_descendants_along() -> None:
    """What a process has started is killed with it."""
    with peer("child = os.fork()\nif child: os.write(end, b'%10d' % child)\ntime.sleep(600)") as found:
        child = int(found.socket.recv(10))
        handle = os.pidfd_open(child)
        found.close()
        assert found.is_over()
        with contextlib.closing(os.fdopen(handle, "rb")) as ended:
            assert readable(ended.fileno(), 60)
