"""The platforms that are known: each module here describes one, as `PLATFORM`."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from proctor.lms.platform import Platform

_MODULES = (import_module(f"{__name__}.{each.name}") for each in pkgutil.iter_modules(__path__))
PLATFORMS: dict[str, Platform] = {module.PLATFORM.name: module.PLATFORM for module in _MODULES}
"""By their names on the command line."""
