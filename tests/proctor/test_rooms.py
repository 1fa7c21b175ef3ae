"""The rooms of the package: which may import from which (pyproject.toml, `tool.importlinter`)."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from proctor.cli.main import COMMANDS

ROOT = Path(__file__).parents[2]
ROOMS = sorted(path.parent for path in (ROOT / "proctor").glob("*/__init__.py"))
LOOSE = {"__init__.py", "__main__.py", "course.py", "errors.py"}
"""The modules that stand in no room."""


def test_imports_go_down_only() -> None:
    """No room imports from one above it, no circle is in a room, and the agent imports nothing of the rest."""
    # In a process of its own: import-linter sets up logging, which silences the loggers of this one.
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_module_is_in_a_room() -> None:
    """A new module goes into the room where it belongs."""
    package = ROOT / "proctor"
    assert {path.name for path in package.glob("*.py")} == LOOSE
    folders = {path.name for path in package.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert {room.name for room in ROOMS} == folders


def modules_of(room: Path) -> set[str]:
    """Return the modules and packages in a room; commands are left out, which `COMMANDS` lists."""
    found = {path.stem for path in room.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    commands = {module for module, _ in COMMANDS.values()} if room.name == "cli" else set()
    return found - commands - {"__init__", "__main__"}


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_the_docstring_of_a_room_lists_its_modules(room: Path) -> None:
    """Each module is in one entry of the list: "- `module`, `another`: what is in them."."""
    text = ast.get_docstring(ast.parse((room / "__init__.py").read_text("utf-8"))) or ""
    entries = re.findall(r"^- ((?:`\w+`(?:, )?)+): ", text, re.MULTILINE)
    listed = [name for entry in entries for name in re.findall(r"\w+", entry)]
    assert sorted(listed) == sorted(modules_of(room))


def test_the_map_names_what_there_is() -> None:
    """Each room and each loose module has its row, and every module that CONTRIBUTING.md names is there."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    rows = re.findall(r"^\| \d+ \| `(\w+)(?:/|\.py)` \|", text, re.MULTILINE)
    loose = {Path(name).stem for name in LOOSE} - {"__init__", "__main__"}
    assert sorted(rows) == sorted({room.name for room in ROOMS} | loose)
    known = {room.name: modules_of(room) for room in ROOMS}
    named = [pair for pair in re.findall(r"`(?:proctor/)?(\w+)/(\w+)(?:\.py)?`", text) if pair[0] in known]
    assert [pair for pair in named if pair[1] not in known[pair[0]]] == []
    assert len(named) > 10
