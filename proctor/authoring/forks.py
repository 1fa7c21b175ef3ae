"""Work in a forked copy of this process, which cannot change it, and is killed when it takes too long."""

from __future__ import annotations

import json
import os
import select
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def in_copy(work: Callable[[], Any], seconds: float) -> Any:
    """Return what `work` returns in a forked copy of this process, as JSON has it; None if it does not end well.

    What it changes is gone afterwards. After some seconds on the clock the copy is killed, with all that it has started.
    """
    end, other = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        os.close(end)
        _answer(other, work)
    with suppress(OSError):  # the copy does the same: whoever is first
        os.setpgid(pid, pid)
    os.close(other)
    try:
        answer = _read(end, seconds)
    finally:
        os.close(end)
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    try:
        return json.loads(answer)
    except ValueError:  # it was killed, or has ended by itself
        return None


def _answer(end: int, work: Callable[[], Any]) -> None:
    """Write what the work returns; never returns."""
    try:
        with os.fdopen(end, "w", encoding="utf-8") as pipe:
            json.dump(work(), pipe)
    finally:
        os._exit(0)


def _read(end: int, seconds: float) -> bytes:
    data, deadline = b"", time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        if not select.select([end], [], [], left)[0]:
            break
        piece = os.read(end, 2**16)
        if not piece:
            break
        data += piece
    return data
