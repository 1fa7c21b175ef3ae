"""The module `misconceptions.py` beside hidden tests, which offers a diagnosis: its name, and which files it reads."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

HOOK = "misconceptions.py"


def companions(folder: Path) -> list[str]:
    """Return the folders that the diagnosis reads, relative to that of the hidden tests: what NEEDS lists.

    They travel with the tests to another machine. The module is read, not run.
    """
    path = folder / HOOK
    if not path.exists():
        return []
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "NEEDS" for target in statement.targets
        ):
            return [str(name) for name in ast.literal_eval(statement.value)]
    return []
