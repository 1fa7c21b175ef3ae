"""Limits of a sandbox.

Most limits are set inside the sandbox by `agent/privileges`, as hard limits, before any of the student's code runs: a
limit on processes that were set outside would count everything the grader's account runs. `memory` is watched from
outside, because Linux limits the address space of each process and not their sum. Nothing a student writes reaches the
host's disk: the home folder, /tmp and /dev/shm are in memory, of fixed size.
"""

from __future__ import annotations

import dataclasses
import numbers
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

MEBIBYTE = 2**20
GIBIBYTE = 2**30


@dataclass(frozen=True)
class Limits:
    """Limits of one sandbox; sizes in bytes, times in seconds."""

    address_space: int = 4 * GIBIBYTE  # that one process may map; beyond it Python raises `MemoryError`
    memory: int = 6 * GIBIBYTE  # resident, of all processes together; the sandbox is killed above it
    processes: int = 64  # with threads; a kernel of JupyterLab's alone needs about 12
    cpu_seconds: int = 900  # of one process
    file_size: int = 256 * MEBIBYTE
    open_files: int = 256  # of one process
    home: int = 256 * MEBIBYTE  # room in the home folder, which holds the copy of the submission
    tmp: int = 256 * MEBIBYTE  # room in /tmp
    shared_memory: int = 64 * MEBIBYTE  # room in /dev/shm
    submission: int = 64 * MEBIBYTE  # the folder that is copied into the sandbox
    submission_files: int = 2000  # in that folder
    output: int = 8 * MEBIBYTE  # of a whole notebook; kept by the session, which reads it

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < 1:
                raise ValueError(f"limit {field.name!r} must be a positive whole number, not {value!r}")

    def updated(self, changes: Mapping[str, Any]) -> Limits:
        """Return these limits with some of them changed; ValueError for an unknown name, or one that is no limit."""
        known = [field.name for field in dataclasses.fields(self)]
        unknown = sorted(set(changes) - set(known))
        if unknown:
            raise ValueError(f"unknown limit {', '.join(unknown)}; the limits are {', '.join(known)}")
        return dataclasses.replace(self, **changes)

    def as_rlimits(self, *, own_namespace: bool) -> dict[str, tuple[int, int]]:
        """Return the soft and hard limits to set, by their names in the module `resource`.

        Without a user namespace of its own, a limit on processes would count all that the account runs.
        """
        rlimits = {"AS": self.address_space, "FSIZE": self.file_size, "NOFILE": self.open_files}
        rlimits |= dict.fromkeys(("CORE", "MEMLOCK", "MSGQUEUE"), 0)
        if own_namespace:
            rlimits["NPROC"] = self.processes
        pairs = {f"RLIMIT_{name}": (limit, limit) for name, limit in rlimits.items()}
        # At the soft limit comes a signal that tells the cause; who ignores it is killed a second later.
        return pairs | {"RLIMIT_CPU": (self.cpu_seconds, self.cpu_seconds + 1)}

    def describe(self) -> str:
        """Return one line for a report."""
        return (
            f"{_size(self.address_space)} of memory per process and {_size(self.memory)} in all, "
            f"{self.processes} processes, {self.cpu_seconds} s of processor time, "
            f"{_size(self.home)} of files, {self.open_files} of them open"
        )


def _size(count: int) -> str:
    """Return a number of bytes as people write it."""
    unit, name = (GIBIBYTE, "GiB") if count >= GIBIBYTE else (MEBIBYTE, "MiB")
    return f"{count / unit:.3g} {name}"
