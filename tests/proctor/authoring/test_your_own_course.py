"""docs/your-own-course.md, followed command by command."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import nbformat

from proctor.cli.main import main
from tests.proctor.support.own_courses import NEWTON, PIXEL, answer, graded, solved, text
from tests.proctor.support.small_course import run
from tests.proctor.support.thinning import THOROUGH

if TYPE_CHECKING:
    import pytest

DOCUMENT = Path(__file__).parents[3] / "docs" / "your-own-course.md"
INSTALL = ["python3 -m venv env && . env/bin/activate", "pip install PROCTOR"]
"""Commands that test_wheel.py shows."""
TO_BE_FILLED_IN = "proctor init --from EXISTING"


def commands() -> list[str]:
    """Return the commands of the page, in order: what is indented by four spaces, right at the page's edge."""
    return re.findall(r"^    (\w\S.*)$", DOCUMENT.read_text("utf-8"), re.MULTILINE)


def blocks() -> list[str]:
    """Return the code in the steps of the page, in order."""
    found = re.findall(r"(?:^ {7}.*\n|^\n)+", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    return [dedent(each).strip() + "\n" for each in found if each.strip()]


def test_own_exercise_is_written_as_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The copied exercise with the page's cell and class has nothing to mend but a picture that is missing."""
    monkeypatch.chdir(tmp_path)
    assert main(["init", "."]) == 0
    tests, source = (shutil.copytree(f"{kind}/exercise1", f"{kind}/roots") for kind in ("tests", "source"))
    Path(source, "exercise1.ipynb").unlink()
    cell, case = blocks()
    picture = text("picture", "![](newton.png)")
    cells = [picture, answer("newton", solved(NEWTON)), graded("newton_root", 2, cell)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), Path(source, "roots.ipynb"))
    head = Path(tests, "test_trapezoid.py").read_text().partition("class ")[0]
    Path(tests, "test_trapezoid.py").unlink()
    Path(tests, "test_newton.py").write_text(head + case)
    capsys.readouterr()
    assert main(["check", "roots", "--no-sandbox", "--json"]) == 1
    [checked] = json.loads(capsys.readouterr().out)["notebooks"]
    [finding] = checked["findings"]
    assert finding["says"].startswith("The cell picture names newton.png, which is neither in")
    assert sum(row["worth"] for row in checked["rows"]) == 2
    if THOROUGH:
        Path(source, "newton.png").write_bytes(PIXEL)
        assert main(["check", "roots", "--no-sandbox"]) == 0
        assert "roots can be released: 2 points by tests." in capsys.readouterr().out


def test_page_is_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each command ends well, the sandbox included, and the pages are where the text says."""
    monkeypatch.chdir(tmp_path)
    given = commands()
    assert (given[:2], given[-1]) == (INSTALL, TO_BE_FILLED_IN)
    for command in given[2:-1]:
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
