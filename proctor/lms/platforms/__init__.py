"""The platforms that are known: each module here describes one, as `PLATFORM`."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from proctor.lms.platform import Platform


def _found() -> dict[str, Platform]:
    modules = (import_module(f"{__name__}.{each.name}") for each in pkgutil.iter_modules(__path__))
    platforms = [module.PLATFORM for module in modules]
    return {each.name: each for each in platforms}


PLATFORMS = _found()
"""By their names on the command line."""
