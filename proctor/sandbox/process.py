"""A running sandbox: bubblewrap, started and ended with everything in it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

STUDENT_UID = 1000
"""The user that a student's code runs as, as seen inside a sandbox."""
NOBODY_UID = 65534
"""The user that it is outside, where the grader is root."""
READY = b"ready\n"
"""Last bytes before only the student's code speaks."""

ENDINGS: dict[int, str] = {
    signal.SIGKILL: "killed",
    signal.SIGXCPU: "processor time limit",
    signal.SIGXFSZ: "file size limit",
}

TRACEBACK = "Traceback (most recent call last):\n"


@dataclass
class SandboxProcess:
    """A started process and all that it starts."""

    popen: subprocess.Popen[bytes]  # bubblewrap, or the program itself where there is no sandbox
    errors: int  # read end of the pipe that holds what was written before the program was ready
    init: int | None = None  # pidfd of the sandbox's process 1, with whose end Linux ends all others
    init_pid: int = 0  # the same, as a number outside the sandbox
    joined: bool = False  # in the namespace of a fork server, so that bubblewrap is not told of its end

    def wait_until_ready(self, seconds: float) -> str | None:
        """Block until what runs inside says that it is ready: None, or else the reason why not."""
        text, deadline = b"", time.monotonic() + seconds
        while not text.endswith(READY):
            if not readable(self.errors, deadline - time.monotonic()):
                return f"it did not start within {seconds:g} s. {_printable(text)}"
            piece = os.read(self.errors, 2**16)
            if not piece:
                return _printable(text) or "it ended at once, without a word"
            text += piece
        return None

    def complaint(self) -> str:
        """Return what was written to the error stream so far."""
        return _printable(os.read(self.errors, 2**16)) if readable(self.errors, 0) else ""

    def kill(self) -> None:
        """Kill the sandbox as a whole; without one, the process group.

        Killing process 1 rather than bubblewrap lets bubblewrap reap it: else the dead would be left to
        whatever is process 1 of a container around us, which may never reap.
        """
        with contextlib.suppress(ProcessLookupError):
            if self.init is not None:
                signal.pidfd_send_signal(self.init, signal.SIGKILL)
            elif self.popen.returncode is None:
                os.killpg(self.popen.pid, signal.SIGKILL)

    def signal_kernel(self, signum: int) -> None:
        """Send a signal to the program alone, which is the first child of the sandbox's process 1."""
        for pid in children(self.init_pid)[:1] if self.init is not None else [self.popen.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signum)

    def is_over(self) -> bool:
        """Return whether the process has ended, and with it every other one of the sandbox."""
        if self.init is not None:
            over = readable(self.init, 0)
            return over if self.joined else over and self.popen.poll() is not None
        return self.status(0) is not None

    def status(self, seconds: float) -> int | None:
        """Return the exit status of the process, or None if it does not end in time."""
        if self.popen.returncode is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.popen.wait(seconds)
                if self.init is None:
                    with contextlib.suppress(ProcessLookupError):  # what it started and left behind
                        os.killpg(self.popen.pid, signal.SIGKILL)
        return self.popen.returncode

    def close(self) -> None:
        """Kill everything, wait for its end, and release the descriptors."""
        self.kill()
        if self.init is not None:
            readable(self.init)
            if self.joined:
                self.popen.kill()
        self.popen.wait()
        for descriptor in (self.errors, self.init):
            if descriptor is not None:
                os.close(descriptor)
        self.errors, self.init = -1, None


def lend(stack: contextlib.ExitStack, content: bytes) -> int:
    """Return a descriptor of a file in memory that holds `content`; it is ours until `stack` ends."""
    descriptor = os.memfd_create("proctor")
    stack.callback(os.close, descriptor)
    with os.fdopen(descriptor, "wb", closefd=False) as file:
        file.write(content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def children(pid: int) -> list[int]:
    """Return the processes started by `pid`, oldest first; none if it has ended."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208  - asked often, and Path takes longer
            # Not by Python's `open`, in whose place a hidden test may have put one of its own.
            handle = os.open(f"/proc/{pid}/task/{task}/children", os.O_RDONLY)
            with os.fdopen(handle, encoding="ascii") as file:
                found += map(int, file.read().split())
    return found


def family(roots: Iterable[int]) -> list[int]:
    """Return some processes and all living ones below them, each once."""
    members = list(dict.fromkeys(roots))
    for pid in members:  # grows while it is walked
        members += [child for child in children(pid) if child not in members]
    return members


def start_plainly(
    command: Sequence[str],
    environment: dict[str, str],
    fds: Iterable[int],
    *,
    folder: str = "/",
    stdin: int = subprocess.DEVNULL,
) -> SandboxProcess:
    """Start a command in a folder, without any sandbox.

    It inherits `fds` under their numbers; `stdin` is for its input and output, and leads nowhere by default.
    """
    errors, writer = os.pipe()
    try:
        popen = subprocess.Popen(  # noqa: S603  - a command of our own
            command,
            env=environment,
            cwd=folder,
            stdin=stdin,
            stdout=stdin,
            stderr=writer,
            pass_fds=tuple(fds),
            start_new_session=True,
        )
    except BaseException:
        os.close(errors)
        raise
    finally:
        os.close(writer)
    return SandboxProcess(popen, errors)


def start_bwrap(  # noqa: PLR0913  - a process has that many sides
    program: Path,
    arguments: Sequence[str],
    command: Sequence[str],
    fds: Iterable[int] = (),
    *,
    two_users: bool,
    joined: bool = False,
    stdin: int = subprocess.DEVNULL,
) -> SandboxProcess:
    """Start `command` in bubblewrap.

    The arguments travel through a descriptor, so that the sandbox does not read the host's paths in the command
    line of its process 1; for the same reason the environment is empty.

    Args:
        program: bubblewrap.
        arguments: how to build the sandbox.
        command: what to run in it.
        fds: descriptors that `arguments` or `command` name.
        two_users: whether to write the map of users ourselves: root for the mounts, nobody for the student.
        joined: whether the arguments join the namespaces of a fork server.
        stdin: a descriptor for the command's input and output; nowhere by default.
    """
    with contextlib.ExitStack() as ours, contextlib.ExitStack() as theirs:
        info, info_writer = _pipe(ours, theirs)
        gate, gate_writer = _pipe(theirs, ours)
        words = [*arguments, "--info-fd", str(info_writer)]
        words += ["--userns-block-fd", str(gate)] if two_users else []
        spelled = lend(theirs, b"".join(os.fsencode(word) + b"\0" for word in words))
        passed = {*fds, spelled, info_writer, *([gate] if two_users else [])}
        line = [str(program), "--args", str(spelled), "--", *command]
        sandbox = start_plainly(line, {}, passed, stdin=stdin)
        theirs.close()
        sandbox.joined = joined
        with os.fdopen(info, "rb", closefd=False) as facts:
            pid = json.loads(facts.read() or b"{}").get("child-pid")
        with contextlib.suppress(OSError):  # it ended at once: its complaint is read later
            if pid:
                sandbox.init, sandbox.init_pid = os.pidfd_open(pid), pid
                if two_users:
                    _map_users(pid)
                    os.write(gate_writer, b"1")
    return sandbox


def _pipe(reader: contextlib.ExitStack, writer: contextlib.ExitStack) -> tuple[int, int]:
    """Return the ends of a pipe, each until its owner ends."""
    ends = os.pipe()
    reader.callback(os.close, ends[0])
    writer.callback(os.close, ends[1])
    return ends


def readable(descriptor: int, seconds: float = 3600) -> bool:
    """Return whether a descriptor becomes readable in time; `select` knows only the first 1,024."""
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    return bool(poller.poll(max(0.0, seconds) * 1000))


def how_it_ended(status: int) -> str:
    """Return in words how a process with this exit status ended: "" if in order.

    Bubblewrap reports a signal in the sandbox as 128 plus its number, as a shell does.
    """
    number = -status if status < 0 else status - 128
    if number <= 0:
        return f"ended with status {status}" if status else ""
    return ENDINGS.get(number, f"crashed with signal {number}")


def _map_users(pid: int) -> None:
    """Let the sandbox's namespace know two users: root, and the student, who is nobody outside."""
    for kind in ("uid", "gid"):
        Path(f"/proc/{pid}/{kind}_map").write_text(f"0 0 1\n{STUDENT_UID} {NOBODY_UID} 1\n")


def _printable(text: bytes) -> str:
    """Return what a process complained of, as printable text of bounded length; of a traceback the last line."""
    words = text.decode(errors="replace").strip()[-2000:]
    before, traceback, lines = words.rpartition(TRACEBACK)
    if traceback:
        words = before + lines.rpartition("\n")[2]
    return "".join(letter for letter in words if letter.isprintable() or letter == "\n")
