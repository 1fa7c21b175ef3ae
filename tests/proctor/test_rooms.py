"""The rooms of the package: which may import from which (pyproject.toml, `tool.importlinter`)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).parents[2]
LOOSE = {"__init__.py", "__main__.py", "course.py", "errors.py"}
"""The modules that stand in no room."""


def test_imports_go_down_only(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """No room imports from one above it, no circle is in a room, and the agent imports nothing of the rest."""
    monkeypatch.chdir(ROOT)
    status = lint_imports(config_filename="pyproject.toml", no_cache=True)
    assert status == EXIT_STATUS_SUCCESS, capsys.readouterr().out


def test_every_module_is_in_a_room() -> None:
    """A new module goes into the room where it belongs, and each room says what is in it."""
    package = ROOT / "proctor"
    assert {path.name for path in package.glob("*.py")} == LOOSE
    rooms = [path for path in package.iterdir() if path.is_dir() and path.name != "__pycache__"]
    silent = [room.name for room in rooms if len((room / "__init__.py").read_text().splitlines()) < 4]
    assert silent == []
