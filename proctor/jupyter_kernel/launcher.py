"""Launcher of ipykernel inside a sandbox: the one module of this package that runs there.

It is not imported but handed over as text, and imports nothing of the package, which is not to be seen
inside. In the student's process, before any of the student's code and with the working folder still
elsewhere (so that no `numpy.py` of a submission is mistaken for the real one), it closes what it inherited,
becomes the student's user, sets the limits, unpacks the submission, and then becomes the kernel. No second
interpreter is started.

    python launcher.py SETTINGS    a JSON file: connection_file, sockets (by port), submission (descriptor),
                                      work (folder to make), rlimits, limited (processes), user (or null)
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import sys
import tarfile
from pathlib import Path
from typing import Any

READY = b"ready\n"
FONTS = Path("/run/sandbox/fonts")


def close_all_but(kept: set[int]) -> None:
    """Close every inherited descriptor except `kept`, and keep those from programs that are started here."""
    for descriptor in [int(name) for name in os.listdir("/proc/self/fd")]:  # noqa: PTH208  - a folder of the system's
        if descriptor in kept:
            os.set_inheritable(descriptor, False)  # noqa: FBT003  - the function's own signature
        elif descriptor > 2:
            try:
                os.close(descriptor)
            except OSError:  # the one that listed the folder
                continue


def become(user: int | None) -> None:
    """Change to the student's user for good, where the sandbox was built by root; this ends all privileges."""
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)


def limit(settings: dict[str, Any]) -> None:
    """Set the limits of this process and, by its number, of others of the student's user."""
    os.umask(0o077)
    for name, (soft, hard) in settings["rlimits"].items():
        for pid in settings["limited"]:
            resource.prlimit(pid, getattr(resource, name), (soft, hard))


def unpack(descriptor: int, work: Path) -> None:
    """Make the folder `work` and write the packed submission into it: regular files, with fresh dates."""
    work.mkdir(parents=True)
    with os.fdopen(descriptor, "rb") as file, tarfile.open(fileobj=file, mode="r:") as archive:
        for member in archive:
            target = work / member.name
            target.parent.mkdir(parents=True, exist_ok=True)
            content = archive.extractfile(member)
            target.write_bytes(content.read() if content else b"")


def hush() -> int:
    """Point standard output and error to nowhere; return the former error stream, for our own last words.

    What a student's program writes past Jupyter must not reach the grader's terminal or log.
    """
    last_words = os.dup(2)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    return last_words


def kernel_app(sockets: dict[int, int]) -> Any:
    """Return ipykernel's application, serving on sockets that listen already.

    The provisioner made them, outside the sandbox, in a folder that the sandbox does not see. So neither side
    needs a folder that a student could fill, and a client that connects early waits instead of trying
    again.
    """
    import zmq
    from ipykernel import heartbeat, kernelapp

    def serve(socket: Any, ip: str, port: int) -> int:
        socket.setsockopt(zmq.USE_FD, sockets[port])
        socket.bind(f"ipc://{ip}-{port}")
        return port

    class Heartbeat(heartbeat.Heartbeat):
        def _try_bind_socket(self) -> int:
            return serve(self.socket, self.ip, self.port)

    class KernelApp(kernelapp.IPKernelApp):
        def _try_bind_socket(self, s: Any, port: int) -> int:
            serve(s, self.ip, port)
            if s is self.shell_socket:
                # The debugger's client reads the last address; the first one means nothing in here.
                s.bind("inproc://shell")
            return port

    kernelapp.Heartbeat = Heartbeat  # type: ignore[attr-defined]
    return KernelApp.instance()


def make_lenient(shell: Any, work: Path) -> None:
    """Let a notebook go on where a script would end: exit(), an alarm, another working folder."""
    shell.ask_exit = lambda: None
    shell.starting_dir = str(work)
    sys.path.append(str(work))
    for number in (signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF):
        signal.signal(number, signal.SIG_IGN)


def main(settings_file: str) -> None:
    """Prepare a fresh interpreter and run the kernel in it. Returns when the kernel is shut down."""
    del sys.path[0]  # the launcher's own folder; the kernel puts the working folder there
    settings = json.loads(Path(settings_file).read_text())
    sockets = {int(port): descriptor for port, descriptor in settings["sockets"].items()}
    close_all_but({*sockets.values(), settings["submission"]})
    if os.getpid() != os.getpgrp():
        os.setsid()  # so that an interrupt reaches the programs that a cell starts, too
    become(settings["user"])
    limit(settings)
    work = Path(settings["work"])
    unpack(settings["submission"], work)
    if FONTS.is_dir():
        shutil.copytree(FONTS, os.environ["MPLCONFIGDIR"], dirs_exist_ok=True, copy_function=shutil.copyfile)
    last_words = hush()
    try:
        sys.argv = ["ipykernel_launcher.py", "-f", settings["connection_file"]]
        app = kernel_app(sockets)
        app.initialize([*sys.argv[1:], "--HistoryManager.enabled=False"])
        os.chdir(work)
        make_lenient(app.shell, work)
    except BaseException as error:
        os.write(last_words, f"{type(error).__name__}: {error}\n".encode())
        raise
    os.write(last_words, READY)
    os.close(last_words)
    app.start()


if __name__ == "__main__":
    main(sys.argv[1])
