"""A new course that runs at once; or, added to an existing nbgrader course, the lines and files that it lacks."""

from __future__ import annotations

import json
import re
from importlib import resources
from typing import TYPE_CHECKING

from proctor.course import CONFIG
from proctor.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

EXERCISE = "exercise1"
FILES = {
    CONFIG: "nbgrader_config.py.txt",
    ".gitignore": "gitignore.txt",
    "README.md": "README.md",
    f"source/{EXERCISE}/{EXERCISE}.ipynb": f"{EXERCISE}.ipynb",
    f"tests/{EXERCISE}/test_trapezoid.py": "test_trapezoid.py.txt",
}
"""The files of a new course, and the templates that they are made of."""
CONFIGURED = re.compile(r"^[^#\n]*\bconfigure\(", re.MULTILINE)


def write_course(folder: Path) -> list[Path]:
    """Write a new course into a folder; return what was written.

    Raises:
        UserError: one of its files exists already; nothing was written.
    """
    there = [name for name in FILES if (folder / name).exists()]
    if there or (folder.exists() and not folder.is_dir()):
        what = ", ".join(there) or "no folder"
        raise UserError(
            f"{folder} has {what} already. Nothing was written. Name a new folder, or add what a course lacks by "
            f"`proctor init --from {folder}`."
        )
    return [_write(folder / name, _text(template, folder)) for name, template in FILES.items()]


def complete_course(folder: Path) -> list[Path]:
    """Add what a course of nbgrader's own lacks; return what was written, or added to.

    The lines that put our classes in the place of nbgrader's come after its settings, which stay as they are.

    Raises:
        UserError: there is no such folder.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is no folder. `proctor init {folder}` makes a new course.")
    config = folder / CONFIG
    lacking = [name for name in (".gitignore", CONFIG) if not (folder / name).exists()]
    written = [_write(folder / name, _text(FILES[name], folder)) for name in lacking]
    if config not in written and not CONFIGURED.search(text := config.read_text(encoding="utf-8")):
        added = _template("added.txt")
        with config.open("a", encoding="utf-8") as file:
            file.write(added if text.strip() else added.lstrip("\n"))
        written.append(config)
    return written


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8") as file:  # never over a file that is there
        file.write(text)
    return path


def _text(template: str, folder: Path) -> str:
    """Return a template with the course's name in it."""
    text, name = _template(template), folder.resolve().name
    if template.endswith(".ipynb"):
        return text
    quoted = json.dumps(name, ensure_ascii=False)[1:-1] if template.endswith(".py.txt") else name
    return text.replace("{course_id}", quoted)


def _template(name: str) -> str:
    return (resources.files("proctor.authoring") / "templates" / "course" / name).read_text(encoding="utf-8")
