"""A kernel that was forked in a nursery, as the grader's side holds it."""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
from pathlib import Path

from proctor.jail.process import JailProcess, readable


class NurseryError(RuntimeError):
    """No kernel came out of the nursery; the message says why."""


class NurseryGone(NurseryError):  # noqa: N818  - what happened to it
    """The nursery has ended, or was killed."""


class Offspring:
    """A forked kernel's monitor, with the few things that are asked of a `subprocess.Popen`."""

    def __init__(self, reply: socket.socket, pid: int) -> None:
        self._reply, self.pid = reply, pid
        self._one_reads = threading.Lock()
        reply.setblocking(False)  # noqa: FBT003
        self.returncode: int | None = None
        self._status: int | None = None

    def poll(self) -> int | None:
        """Return the status with which the kernel ended, or None while it lives."""
        with self._one_reads, contextlib.suppress(BlockingIOError):
            while self.returncode is None:
                if said := self._reply.recv(64):
                    self._status = int(said)
                else:  # the monitor has ended as well
                    self.returncode = -signal.SIGKILL if self._status is None else self._status
        return self.returncode

    @property
    def lost(self) -> bool:
        """Whether it ended without a word, hence with its nursery: no kernel can reach its monitor."""
        return self.returncode is not None and self._status is None

    def wait(self) -> int | None:
        """Wait for that."""
        while self.poll() is None:
            readable(self._reply.fileno())
        return self.returncode

    def close(self) -> None:
        """Release the descriptor."""
        self._reply.close()


def received(reply: socket.socket, errors: int) -> JailProcess:
    """Return the forked kernel that the reply speaks of."""
    word, descriptors, _, _ = socket.recv_fds(reply, 2000, 1, socket.MSG_CMSG_CLOEXEC)
    if not word:
        raise NurseryGone("the preloaded process has ended")
    if word != b"1" or len(descriptors) != 1:
        raise NurseryError(word[1:].decode(errors="replace"))
    init = descriptors[0]
    pid = _number(f"/proc/self/fdinfo/{init}", "Pid:")
    return JailProcess(Offspring(reply, _number(f"/proc/{pid}/status", "PPid:")), errors, init, pid)


def _number(path: str, name: str) -> int:
    """Return a number that a file of /proc tells by name; 0 if the process has ended."""
    with contextlib.suppress(OSError):
        for line in Path(path).read_text().splitlines():
            if line.startswith(name):
                return max(0, int(line.split()[1]))
    return 0
