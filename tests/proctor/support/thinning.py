"""Every so manieth case of the large banks, so that `make test` stays short; `make thorough` runs all of them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

Case = TypeVar("Case")
THOROUGH = bool(os.environ.get("THOROUGH"))


def thinned(cases: Mapping[str, Case], step: int) -> dict[str, Case]:
    """Return every `step`-th case, from the first on, or all of them when the environment has THOROUGH."""
    return {name: case for place, (name, case) in enumerate(cases.items()) if THOROUGH or place % step == 0}
