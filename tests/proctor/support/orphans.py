"""Search for processes that outlive the one that started them."""

from __future__ import annotations

import contextlib
import ctypes
import os
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PR_SET_CHILD_SUBREAPER = 36


@contextlib.contextmanager
def adopted_orphans() -> Iterator[Callable[[], list[str]]]:
    """Make this process the parent of descendants whose own parent ends; Linux would else give them to init.

    Whatever a finished command left behind is then found among `psutil.Process().children()`. What runs already,
    on behalf of other tests, does not count. At the end it is as before, and the dead are collected: tests that
    come later in this process count its children, too.

    Yields:
        what returns the names of all that still runs; what has ended and only waits to be collected is gone.
    """
    before = {process.pid for process in psutil.Process().children(recursive=True)}

    def adopted() -> list[psutil.Process]:
        return [one for one in psutil.Process().children(recursive=True) if one.pid not in before]

    def left_behind() -> list[str]:
        return [one.name() for one in adopted() if one.status() != psutil.STATUS_ZOMBIE]

    _adopt(1)
    try:
        yield left_behind
    finally:
        _adopt(0)
        for orphan in adopted():
            with contextlib.suppress(psutil.NoSuchProcess, ChildProcessError):
                if orphan.status() == psutil.STATUS_ZOMBIE:
                    os.waitpid(orphan.pid, os.WNOHANG)


def _adopt(wanted: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, wanted, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "this process cannot adopt orphans")
