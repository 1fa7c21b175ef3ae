"""`proctor init`: a new course, and what a course of nbgrader's own lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from nbgrader.coursedir import CourseDirectory

from proctor.authoring.new_course import FILES
from proctor.cli.main import main
from proctor.course import read_config
from proctor.nbgrader_plugin import replacement

if TYPE_CHECKING:
    from pathlib import Path

STOCK = 'c = get_config()\nc.CourseDirectory.course_id = "stock"\n'


def files(folder: Path) -> dict[str, str]:
    """Read all files below a folder."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in found}


def test_new_course_is_named_after_its_folder(tmp_path: Path) -> None:
    """It holds the files, and its settings are read by nbgrader, whatever letters are in the name."""
    folder = tmp_path / 'Müller\'s "numerics"'
    assert main(["init", str(folder)]) == 0
    assert files(folder).keys() == FILES.keys()
    course = CourseDirectory(config=read_config(folder))
    assert (course.course_id, course.root) == (folder.name, str(folder))
    assert len((folder / "nbgrader_config.py").read_text().splitlines()) < 20


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_overwritten(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Where one of the files exists, none is written, and the line says which and what to do."""
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("mine")
    assert main(["init", str(tmp_path)]) == 2
    assert files(tmp_path) == {name: "mine"}
    said = capsys.readouterr().err
    assert name in said
    assert said.count("\n") == 1


def test_stock_course_gets_what_it_lacks(tmp_path: Path) -> None:
    """The lines for the sandbox come after its own settings, .gitignore is added, all else stays; twice is once."""
    (tmp_path / "source" / "ps1").mkdir(parents=True)
    (tmp_path / "source" / "ps1" / "ps1.ipynb").write_text("{}")
    (tmp_path / "nbgrader_config.py").write_text(STOCK)
    before = files(tmp_path)
    assert main(["init", "--from", str(tmp_path)]) == 0
    after = files(tmp_path)
    config = read_config(tmp_path)
    assert config.CourseDirectory.course_id == "stock"
    assert config.Sandbox.hide == [str(tmp_path)]
    assert after.pop("nbgrader_config.py").startswith(STOCK)
    assert after.pop(".gitignore")
    assert after == {name: text for name, text in before.items() if name != "nbgrader_config.py"}
    whole = files(tmp_path)
    assert main(["init", "--from", str(tmp_path)]) == 0
    assert files(tmp_path) == whole


def test_stock_course_keeps_its_own_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A policy for late work and steps of generate_assignment that a course has set itself are not replaced."""
    own = 'c.AssignLatePenalties.plugin_class = "own.Price"\nc.GenerateAssignment.preprocessors = ["own.Step"]\n'
    (tmp_path / "nbgrader_config.py").write_text(STOCK + own)
    assert main(["init", "--from", str(tmp_path)]) == 0
    config = read_config(tmp_path)
    assert config.AssignLatePenalties.plugin_class == "own.Price"
    for changing in ("install", "sandbox_files", "add_pages"):  # they change nbgrader's modules for all tests
        monkeypatch.setattr(replacement, changing, lambda: None)
    replacement.replace_steps(config)
    assert config.GenerateAssignment.preprocessors == ["own.Step"]
    assert config.GenerateSolution.preprocessors == replacement.SOLVING


def test_the_next_step_fits_where_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody is sent to the folder where they are."""
    monkeypatch.chdir(tmp_path)
    assert main(["init", "--from", "."]) == 0
    assert main(["init", "new"]) == 0
    said = capsys.readouterr().out
    assert "Next: `proctor check EXERCISE`, for one of its exercises.\n" in said
    assert "Next: `cd new` and `proctor check exercise1`.\n" in said


@pytest.mark.parametrize("arguments", [[], ["one", "--from", "two"], ["--from", "nowhere"]])
def test_what_is_unclear_is_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 2, and nothing is written."""
    assert main(["init", *arguments]) == 2
    assert capsys.readouterr().err.count("\n") == 1
