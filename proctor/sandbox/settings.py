"""Settings of sandboxes, in `nbgrader_config.py` or elsewhere, as `c.Sandbox.<name>`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from traitlets import Bool, Dict, Float, List, TraitError, Unicode, validate
from traitlets.config import Configurable

from proctor.errors import SandboxUnavailable
from proctor.sandbox.bwrap import find_bwrap
from proctor.sandbox.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Iterable

FORMER = "JailProvisioner"
"""Name of these settings in former versions."""


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
        help="Limits that differ from the defaults of proctor.sandbox.limits.Limits, by name, "
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
