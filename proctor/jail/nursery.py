"""Warm kernels: a jail with one preloaded process, from which each submission's kernel is forked.

Importing NumPy, SciPy, Matplotlib and IPython costs more CPU time than most submissions do. So one process
imports them once, in a jail of its own (the nursery), and forks. Each fork gets namespaces, file systems and
limits of its own (`partition`) before it sees anything of a submission; what kernels have in common is memory
that a write copies. A nursery belongs to one process of the grader's and ends with it, and all its kernels too.

Where the machine allows no namespaces within namespaces, kernels start one by one as they always did.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import socket
import sys
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proctor.jail.command import ROOMS, WALL, environment_arguments, mount_arguments
from proctor.jail.limits import MEBIBYTE, Limits
from proctor.jail.offspring import NurseryError, NurseryGone, received
from proctor.jail.process import in_memory, start_jailed
from proctor.jail.start import INSIDE, ROOM, inside_files, lend
from proctor.jail.view import build_view

if TYPE_CHECKING:
    from collections.abc import Sequence

    from proctor.jail.bwrap import Bwrap
    from proctor.jail.process import JailProcess

ZYGOTE = Path(__file__).with_name("zygote.py")
PARTS = ("zygote.py", "partition.py", "launcher.py")
"""What runs inside, handed over as text."""
SMALL = Limits(home=16 * MEBIBYTE, tmp=MEBIBYTE, shared_memory=MEBIBYTE)
"""What the preloaded process itself may write; each kernel gets its own instead."""
CAPABILITIES = ("CAP_SYS_ADMIN", "CAP_NET_ADMIN", "CAP_SETFCAP")
"""Privileges over the nursery's own namespaces: to mount, to switch on a loopback device, and to give a user
namespace the nursery's own user by another name."""
ANSWER = 30.0
"""Seconds in which a nursery has to fork; it needs some milliseconds."""


@dataclass(frozen=True)
class Recipe:
    """What a nursery is made of; kernels with the same recipe share one.

    Attributes:
        bwrap: what builds its jail.
        preload: modules to import.
        hide: folders that must not be seen.
        variables: names and values of its environment.
        place: the host's folder with the private folders of kernels.
    """

    bwrap: Bwrap
    preload: tuple[str, ...]
    hide: tuple[Path, ...]
    variables: tuple[tuple[str, str], ...]
    place: Path


class Nursery:
    """A jail with a preloaded process; `close` ends it with all kernels that came from it.

    Bubblewrap is killed with the thread that started it. Kernels may be asked for by threads that come and
    go, so a nursery has a thread of its own, which lives as long.
    """

    def __init__(self, recipe: Recipe, seconds: float) -> None:
        self._seconds = seconds
        started: Future[JailProcess] = Future()
        self._over = threading.Event()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._thread = threading.Thread(
            target=self._keep, args=(recipe, theirs, started), name="nursery", daemon=True
        )
        self._thread.start()
        try:
            with theirs:
                self._jail = started.result()
        except BaseException:
            self._control.close()
            raise
        atexit.register(self.close)
        self._owner = os.getpid()
        if (reason := self._jail.wait_until_ready(seconds)) is not None:
            self.close()
            raise NurseryError(reason)

    def _keep(self, recipe: Recipe, control: socket.socket, started: Future[JailProcess]) -> None:
        try:
            started.set_result(_start(recipe, control))
        except BaseException as error:  # noqa: BLE001  - whoever waits for the result gets it
            started.set_exception(error)
        else:
            self._over.wait()

    def is_over(self) -> bool:
        """Return whether it was closed or killed."""
        return self._over.is_set() or self._jail.is_over()

    def fork(self, settings: dict[str, Any], descriptors: Sequence[int]) -> JailProcess:
        """Fork a kernel; `JailProcess.wait_until_ready` says when, and whether, it listens.

        Args:
            settings: as `zygote` describes them.
            descriptors: the submission and the sockets.

        Raises:
            NurseryGone: if the nursery has ended.
            NurseryError: if none came for another reason.
        """
        reply, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        errors, writer = os.pipe()
        described = in_memory(json.dumps(settings).encode())
        try:
            with theirs:
                passed = [theirs.fileno(), described, writer, *descriptors]
                socket.send_fds(self._control, [b"1"], passed)
            reply.settimeout(ANSWER)
            return received(reply, errors)
        except BaseException as error:
            os.close(errors)
            reply.close()
            if isinstance(error, OSError):
                raise NurseryGone(f"the preloaded process does not answer ({error})") from error
            raise
        finally:
            os.close(described)
            os.close(writer)

    def close(self) -> None:
        """End it, with all that came from it; harmless if it has ended, or belongs to another process."""
        atexit.unregister(self.close)
        if self._over.is_set() or self._owner != os.getpid():
            return
        self._control.close()
        self._jail.kill()
        self._jail.popen.wait()
        self._over.set()
        self._thread.join()
        self._jail.close()


def _start(recipe: Recipe, control: socket.socket) -> JailProcess:
    """Start a nursery's jail."""
    with contextlib.ExitStack() as stack:
        view = build_view(recipe.hide)
        settings = {"control": control.fileno(), "preload": recipe.preload}
        files = inside_files(view) | {f"{INSIDE}/settings.json": json.dumps(settings).encode()}
        files |= {f"{INSIDE}/{name}": ZYGOTE.with_name(name).read_bytes() for name in PARTS}
        lent = {path: lend(stack, content) for path, content in files.items()}
        arguments = [
            *recipe.bwrap.namespace_arguments(privileges=CAPABILITIES),
            *mount_arguments(view, SMALL, lent, {ROOMS: recipe.place}, also=(WALL, ROOM, "/run/proc")),
            *environment_arguments(dict(recipe.variables)),
        ]
        command = [sys.executable, f"{INSIDE}/zygote.py", f"{INSIDE}/settings.json"]
        passed = {*lent.values(), control.fileno()}
        return start_jailed(recipe.bwrap.path, arguments, command, passed, two_users=recipe.bwrap.as_root)
