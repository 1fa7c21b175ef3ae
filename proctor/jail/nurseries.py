"""The nurseries of the process that grades: found by what they are made of, started again when they die."""

from __future__ import annotations

import functools
import os
import threading
from typing import TYPE_CHECKING

from proctor.jail.nursery import Nursery, Recipe
from proctor.jail.offspring import NurseryError, NurseryGone

if TYPE_CHECKING:
    from proctor.jail.process import JailProcess
    from proctor.jail.start import Kernel


class Nurseries:
    """The nurseries of one process, each started when a kernel is first asked of it."""

    def __init__(self, patience: int = 3) -> None:
        self._patience, self._failures = patience, 0
        self._lock = threading.Lock()
        self._open: dict[Recipe, Nursery] = {}

    def start(self, recipe: Recipe, kernel: Kernel, seconds: float) -> JailProcess | None:
        """Return a kernel that was forked and listens; None after some failures in a row.

        Raises:
            NurseryError: if none came.
        """
        if self._failures >= self._patience:
            return None
        try:
            jail = self._forked(recipe, kernel, seconds)
        except BaseException:
            self._failures += 1
            raise
        self._failures = 0
        return jail

    def _forked(self, recipe: Recipe, kernel: Kernel, seconds: float) -> JailProcess:
        """Return a forked kernel, from a second nursery if the first turns out to be dead."""
        try:
            jail = kernel.start(self._nursery(recipe, seconds))
        except NurseryGone:
            self._forget(recipe)
            jail = kernel.start(self._nursery(recipe, seconds))
        if (reason := jail.wait_until_ready(seconds)) is not None:
            jail.kill()
            jail.close()
            raise NurseryError(reason)
        return jail

    def _nursery(self, recipe: Recipe, seconds: float) -> Nursery:
        """Return the nursery of a recipe, a new one if it has died."""
        with self._lock:
            found = self._open.get(recipe)
            if found is not None and not found.is_over():
                return found
            if found is not None:
                found.close()
            self._open[recipe] = Nursery(recipe, seconds)
            return self._open[recipe]

    def _forget(self, recipe: Recipe) -> None:
        """Clear away what is left of a nursery that does not answer any more."""
        with self._lock:
            if recipe in self._open:
                self._open.pop(recipe).close()

    def close(self) -> None:
        """End all of them."""
        with self._lock:
            while self._open:
                self._open.popitem()[1].close()


@functools.cache
def _nurseries_of(pid: int) -> Nurseries:  # noqa: ARG001  - a forked process does not own its parent's
    return Nurseries()


def nurseries() -> Nurseries:
    """Return the nurseries of this process."""
    return _nurseries_of(os.getpid())
