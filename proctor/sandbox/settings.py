"""Settings of sandboxes, in `nbgrader_config.py` or elsewhere, as `c.Sandbox.<name>`, and their limits.

Most limits are set inside the sandbox by `agent/privileges`, as hard limits, before any of the student's code runs: a
limit on processes that were set outside would count everything the grader's account runs. `memory` is watched from
outside, because Linux limits the address space of each process and not their sum. Nothing a student writes reaches the
host's disk: the home folder, /tmp and /dev/shm are in memory, of fixed size.
"""

from __future__ import annotations

import dataclasses
import numbers
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from traitlets import Bool, Dict, Float, List, TraitError, Unicode, validate
from traitlets.config import Configurable

from proctor.errors import SandboxUnavailable
from proctor.sandbox.bwrap import find_bwrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FORMER = "JailProvisioner"
"""Name of these settings in former versions."""
MEBIBYTE = 2**20
GIBIBYTE = 2**30
SIGNALS = 1_024
"""Signals that may wait, with timers, of which each holds one ready."""


@dataclass(frozen=True)
class Limits:
    """Limits of one sandbox; sizes in bytes, times in seconds."""

    address_space: int = 4 * GIBIBYTE  # that one process may map; beyond it Python raises `MemoryError`
    memory: int = 6 * GIBIBYTE  # resident, of all processes together; the sandbox is killed above it
    processes: int = 64  # with threads; a kernel of JupyterLab's alone needs about 12
    cpu_seconds: int = 900  # of one process
    file_size: int = 256 * MEBIBYTE
    open_files: int = 256  # of one process
    home: int = 256 * MEBIBYTE  # size of the home folder, which holds the copy of the submission
    tmp: int = 256 * MEBIBYTE  # size of /tmp
    shared_memory: int = 64 * MEBIBYTE  # size of /dev/shm
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

        Without a user namespace of its own, a limit on processes or signals would count those of the whole account.
        """
        rlimits = {"AS": self.address_space, "FSIZE": self.file_size, "NOFILE": self.open_files}
        rlimits |= dict.fromkeys(("CORE", "MEMLOCK", "MSGQUEUE"), 0)
        if own_namespace:
            rlimits |= {"NPROC": self.processes, "SIGPENDING": SIGNALS}
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


class Sandbox(Configurable):
    """The settings of sandboxes, and how a report tells them."""

    enabled = Bool(
        default_value=True,
        config=True,
        help="Whether to use a sandbox. Without it, students' code runs with the rights "
        "of your own account: it can read your files, the hidden tests and the gradebook.",
    )
    limits = Dict(
        config=True,
        help="Limits that differ from the defaults of proctor.sandbox.settings.Limits, by name, "
        "such as {'address_space': 2 * 2**30}.",
    )
    hide = List(
        Unicode(),
        config=True,
        help="Folders that must not be seen inside, even where they lie in one that "
        "is shown (the Python environment, /usr).",
    )
    extra_env = Dict(
        config=True, help="Environment variables to add to those inside; students can read them."
    )
    bwrap = Unicode(
        "", config=True, help="Path of the bubblewrap to use [default: the system's, else the packaged one]."
    )
    start_timeout = Float(60.0, config=True, help="Seconds that a sandbox may take to start.")
    preload = List(
        Unicode(),
        ["numpy", "scipy.signal", "matplotlib.pyplot", "matplotlib.backends.backend_agg"],
        config=True,
        help="Modules to import once for many submissions, whose processes are then forked; one that is "
        "missing does no harm. Empty: each submission's process starts by itself. Where it is not set, what an "
        "exercise does not name is left out.",
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if FORMER in self.config:  # its settings would have no effect, and nobody would notice
            raise SandboxUnavailable(
                f"nbgrader_config.py sets c.{FORMER}, which is c.Sandbox now: see docs/upgrading.md. Nothing was run."
            )

    @validate("limits")
    def _known_limits(self, proposal: Any) -> dict[str, int]:
        try:
            Limits().updated(proposal["value"])
        except ValueError as error:
            raise TraitError(f"Sandbox.limits: {error}") from None
        return dict(proposal["value"])

    def preload_for(self, sources: Iterable[str]) -> list[str]:
        """Return the modules to import once for an exercise, given the sources of its notebooks and their tests.

        Importing SciPy and Matplotlib takes longer than ten submissions of an exercise that uses neither. NumPy is
        always in use: arrays cross as its own.
        """
        if "preload" in self.config.get("Sandbox", {}):
            return list(self.preload)
        named = set(re.findall(r"\w+", "\n".join(sources))) | {"numpy"}
        return [module for module in self.preload if module.partition(".")[0] in named]

    @property
    def effective_limits(self) -> Limits:
        """The limits in force."""
        return Limits().updated(self.limits)

    def describe(self) -> str:
        """Return one line for a report: how students' code was run."""
        limits = self.effective_limits.describe()
        if not self.enabled:
            return (
                "WITHOUT a sandbox: students' code ran with the rights of the grader's account and could "
                f"reach its files (c.Sandbox.enabled = False). Limits: {limits}."
            )
        found = find_bwrap(self.bwrap)
        return f"In a sandbox (bubblewrap {found.version}, no network, system read-only). Limits: {limits}."
