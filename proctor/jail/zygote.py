"""Forks a kernel for each submission from one process that has imported what all of them need.

Runs inside the nursery's jail and reads nothing of any submission: a request is a handful of descriptors, and
only the forked child looks at what they hold, so that no child finds anything of another's in its memory.

    zygote                one thread, waits for requests; never runs students' code
    └── monitor           makes the namespaces, tells the grader of process 1, and at last how it ended
        └── process 1     furnishes the room, gives up all privileges, collects the dead
            └── kernel    unpacks the submission and becomes ipykernel

    python zygote.py SETTINGS   a JSON file: control (descriptor), preload (modules)

A request is one byte with the descriptors of: reply, settings, errors, submission, and a socket for each
channel. Settings are those of the launcher and of `partition.furnish`; sockets are given by their place.
The reply has one byte "1" with a descriptor of process 1, later its exit status as text; or else "!" and why not.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import random
import signal
import socket
import sys
from pathlib import Path
from typing import Any, NoReturn

import launcher  # type: ignore[import-not-found]  # it lies beside us inside the jail
import partition  # type: ignore[import-not-found]

MOST_DESCRIPTORS = 16
KERNEL_MODULES = (
    "debugpy", "faulthandler", "pdb", "runpy", "unittest",
    "IPython.core.completer", "IPython.core.completerlib", "IPython.core.debugger", "IPython.core.logger",
    "IPython.core.magics.ast_mod", "IPython.core.magics.execution", "IPython.core.magics.extension",
    "IPython.core.magics.pylab", "IPython.core.oinspect", "IPython.extensions.autoreload",
    "IPython.extensions.storemagic", "IPython.utils.module_paths",
    "ipykernel.debugger", "ipykernel.embed", "ipykernel.ipkernel", "ipykernel.kernelapp", "ipykernel.zmqshell",
    "matplotlib_inline.config", "pygments.formatters.terminal256", "pygments.styles.default",
    "stack_data.formatting", "tornado.platform.asyncio", "zmq.eventloop.zmqstream",
)  # fmt: skip
"""What kernels import while they start, and for their first magic and their first traceback."""


def preload(modules: list[str]) -> None:
    """Import modules; one that is missing, or breaks, is left for the student's own import to tell."""
    for name in (*KERNEL_MODULES, *modules):
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def spare_reloads() -> None:
    """Tell `%autoreload` that what is loaded by now stays as it is: it lies on a system that nobody can write to.

    A look at some 1,400 files before each cell takes longer than most cells do.
    """
    try:
        from IPython.extensions.autoreload import ModuleReloader  # noqa: PLC0415
    except ImportError:
        return
    begin: Any = ModuleReloader.__init__
    loaded = dict.fromkeys(sys.modules, True)

    def begin_without_them(self: Any, *args: Any, **named: Any) -> None:
        begin(self, *args, **named)
        self.skip_modules.update(loaded)

    ModuleReloader.__init__ = begin_without_them  # type: ignore[method-assign]


def serve(control: socket.socket) -> None:
    """Fork a monitor for each request, until the grader closes its end."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for monitors
    while True:
        request, descriptors, _, _ = socket.recv_fds(control, 1, MOST_DESCRIPTORS)
        if not request:
            return
        if os.fork() == 0:
            control.close()
            monitor(*descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def monitor(reply_number: int, *others: int) -> NoReturn:
    """Start process 1 in namespaces of its own, and report its beginning and end."""
    reply = socket.socket(fileno=reply_number)
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        partition.leave_namespaces()
        pid = os.fork()
        if pid == 0:
            first_process(reply, *others)
        for descriptor in others:
            os.close(descriptor)
        socket.send_fds(reply, [b"1"], [os.pidfd_open(pid)])
        _, status = os.waitpid(pid, 0)
        reply.send(b"%d" % os.waitstatus_to_exitcode(status))
    except BaseException as error:  # noqa: BLE001  - whatever it is, the grader is to know
        reply.send(f"!{error}".encode())
    finally:
        os._exit(0)


def first_process(reply: socket.socket, described: int, errors: int, *others: int) -> NoReturn:
    """Prepare the room, fork the kernel, and collect the dead until the kernel is among them."""
    try:
        os.dup2(errors, 2)
        with os.fdopen(described, "rb") as file:
            settings = json.load(file)
        partition.die_with_parent()
        partition.furnish(settings["room"])
        launcher.close_all_but(set(others))
        reply.detach()
        launcher.become(settings["user"])
        partition.own_nothing(settings["inner_user"])
        launcher.limit(settings)
        if settings["filter"]:
            partition.refuse_system_calls(bytes.fromhex(settings["filter"]))
        kernel = os.fork()
        if kernel == 0:
            become_kernel(settings, *others)
        partition.hide_memory()
        collect(kernel)
    except BaseException as error:  # noqa: BLE001
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(1)


def collect(kernel: int) -> NoReturn:
    """Wait for processes to end; with the kernel's, end too, as bubblewrap does."""
    os.closerange(0, 4096)
    while True:
        pid, status = os.wait()
        if pid == kernel:
            code = os.waitstatus_to_exitcode(status)
            os._exit(128 - code if code < 0 else code)


def become_kernel(settings: dict[str, Any], submission: int, *sockets: int) -> NoReturn:
    """Be what a fresh interpreter would be, and run the kernel."""
    status = 1
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        random.seed()
        if numbers := sys.modules.get("numpy.random"):
            numbers.seed()
        numbered = {int(port): sockets[place] for port, place in settings["sockets"].items()}
        launcher.run_kernel({**settings, "sockets": numbered, "submission": submission})
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    finally:
        os._exit(status)


def main(settings_file: str) -> None:
    """Preload, say so, and serve."""
    del sys.path[0]
    settings = json.loads(Path(settings_file).read_text())
    launcher.close_all_but({settings["control"]})
    launcher.warm_fonts()
    preload(settings["preload"])
    spare_reloads()
    if (threads := len(os.listdir("/proc/self/task"))) > 1:  # noqa: PTH208
        raise SystemExit(
            f"one of the modules to preload starts threads ({threads} run), which no fork survives"
        )
    gc.collect()
    gc.freeze()  # what is frozen is not touched by later collections, and so stays shared
    last_words = launcher.hush()
    os.write(last_words, launcher.READY)
    os.close(last_words)
    with socket.socket(fileno=settings["control"]) as control:
        serve(control)


if __name__ == "__main__":
    main(sys.argv[1])
