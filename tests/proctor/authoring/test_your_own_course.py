"""docs/your-own-course.md, followed command by command."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from proctor.cli.main import main
from tests.proctor.support.small_course import run

if TYPE_CHECKING:
    import pytest

DOCUMENT = Path(__file__).parents[3] / "docs" / "your-own-course.md"
INSTALL = "pip install proctor"
"""Commands that test_wheel.py shows."""
TO_BE_FILLED_IN = "proctor init --from EXISTING"


def commands() -> list[str]:
    """Return the commands of the page, in order: what is indented by four spaces, right at the page's edge."""
    return re.findall(r"^    (\w\S.*)$", DOCUMENT.read_text("utf-8"), re.MULTILINE)


def test_page_is_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each command ends well, the sandbox included, and the pages are where the text says."""
    monkeypatch.chdir(tmp_path)
    first, *others, last = commands()
    assert (first, last) == (INSTALL, TO_BE_FILLED_IN)
    for command in others:
        program, *arguments = shlex.split(command)
        if program == "cd":
            os.chdir(arguments[0])
        elif program == "proctor":
            assert main(arguments) == 0, command
        elif program == "nbgrader":
            done = run(Path.cwd(), program, *arguments)
            assert done.returncode == 0, done.stderr
        else:
            subprocess.run([program, *arguments], check=True)
    course = tmp_path / "numerics"
    named = re.findall(r"`((?:feedback|reports)/\S+\.html)`", DOCUMENT.read_text("utf-8"))
    assert len(named) == 2
    assert all((course / name).is_file() for name in named)
    assert "trapezoidal rule" in (course / named[0]).read_text("utf-8")
    assert main(["init", "--from", str(course)]) == 0
    assert "in a sandbox" in capsys.readouterr().out
