"""What an instructor can set, in `nbgrader_config.py` or elsewhere, as `c.JailProvisioner.<name>`."""

from __future__ import annotations

from typing import Any

from traitlets import Bool, Dict, Float, List, TraitError, Unicode, validate
from traitlets.config import Config, Configurable

from proctor.jail.bwrap import find_bwrap
from proctor.jail.limits import Limits


class JailSettings(Configurable):
    """The settings of a jail, and how a report tells them."""

    jailed = Bool(
        default_value=True,
        config=True,
        help="Whether to use the jail. Without it, students' code runs with the rights "
        "of your own account: it can read your files, the hidden tests and the gradebook.",
    )
    limits = Dict(
        config=True,
        help="Limits that differ from the defaults of proctor.jail.limits.Limits, by name, "
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
    start_timeout = Float(60.0, config=True, help="Seconds that a kernel may take to start.")

    preload = List(
        Unicode(),
        ["numpy", "scipy.signal", "matplotlib.pyplot", "matplotlib.backends.backend_agg"],
        config=True,
        help="Modules to import once for the kernels of many submissions, which are then forked; one that is "
        "missing does no harm. Empty: each kernel starts by itself.",
    )
    warm = Bool(
        default_value=False,
        help="Whether this kernel is one of many, for the grader: forked where that is possible.",
    )

    @classmethod
    def of(cls, config: Config | None) -> JailSettings:
        """Read `c.JailProvisioner` without a kernel to provide for."""
        return cls(config=Config({cls.__name__: (config or Config()).get("JailProvisioner", {})}))

    @validate("limits")
    def _known_limits(self, proposal: Any) -> dict[str, int]:
        try:
            Limits().updated(proposal["value"])
        except ValueError as error:
            raise TraitError(f"JailProvisioner.limits: {error}") from None
        return dict(proposal["value"])

    @property
    def effective_limits(self) -> Limits:
        """The limits in force."""
        return Limits().updated(self.limits)

    def describe(self) -> str:
        """Return one line for a report: how students' code was run."""
        limits = self.effective_limits.describe()
        if not self.jailed:
            return (
                "WITHOUT the jail: students' code ran with the rights of the grader's account and could "
                f"reach its files (c.JailProvisioner.jailed = False). Limits: {limits}."
            )
        found = find_bwrap(self.bwrap)
        return f"In the jail (bubblewrap {found.version}, no network, system read-only). Limits: {limits}."
