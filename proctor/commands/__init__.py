"""The commands of `proctor`, a module each: add_arguments(parser) and run(args)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = "nbgrader_config.py"


class Refusal(Exception):  # noqa: N818  a command says no; it is not a defect
    """A command cannot do what it was asked to; says in one line what is wrong, where, and what to do."""


def course_folder(folder: Path) -> Path:
    """Return a course's folder as an absolute path.

    Raises:
        Refusal: it is no course.
    """
    folder = folder.resolve()
    if not (folder / CONFIG).is_file():
        raise Refusal(f"{folder} is no course: it has no {CONFIG}. Go there, or use --course.")
    return folder
