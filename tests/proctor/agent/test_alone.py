"""The agent's package, as it is shown in a sandbox."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from proctor.sandbox.mounts import AGENT

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("path", sorted(AGENT.glob("*.py")), ids=lambda path: path.stem)
def test_nothing_of_the_rest_is_imported(path: Path) -> None:
    """What runs inside is shown as text and alone, so it imports nothing of the package around it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            assert not [name.name for name in node.names if name.name.startswith("proctor")]
        elif isinstance(node, ast.ImportFrom):
            assert node.level <= 1
            assert not (node.module or "").startswith("proctor")
