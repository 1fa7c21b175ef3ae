"""Finds processes that outlive the one that started them."""

from __future__ import annotations

import ctypes

import psutil

PR_SET_CHILD_SUBREAPER = 36
_before: set[int] = set()


def adopt_orphans() -> None:
    """Make this process the parent of descendants whose own parent ends; Linux would else give them to init.

    Whatever a finished command left behind is then found among `psutil.Process().children()`. What runs already,
    on behalf of other tests, does not count.
    """
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "this process cannot adopt orphans")
    _before.update(process.pid for process in psutil.Process().children(recursive=True))


def left_behind() -> list[str]:
    """Return what still runs below this process, by name; what has ended and only waits to be collected is gone."""
    running = [one for one in psutil.Process().children(recursive=True) if one.pid not in _before]
    return [process.name() for process in running if process.status() != psutil.STATUS_ZOMBIE]
