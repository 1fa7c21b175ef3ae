"""Imports that are left out, to keep the start of our own commands and workers short."""

from __future__ import annotations

import sys
from typing import Any

COSTLY = ("rfc3987_syntax",)
"""Optional libraries that cost a second of CPU time to import, and that nothing here uses.

jsonschema takes this one, where it is installed, to check the format of international web addresses; it
compiles a grammar when it is imported. Notebooks have no such field.
"""


def leave_out() -> None:
    """Let the costly libraries look as if they were not installed, in this process, unless they are in use."""
    modules: dict[str, Any] = sys.modules
    for name in COSTLY:
        modules.setdefault(name, None)
