"""A course's configuration, read without nbgrader's own applications where that makes no difference."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from nbgrader.apps import AutogradeApp
from nbgrader.coursedir import CourseDirectory

from proctor.nbgrader_plugin.application import CourseApp, course_of, read_course

if TYPE_CHECKING:
    from pathlib import Path


def read(folder: Path, monkeypatch: pytest.MonkeyPatch, *lines: str) -> CourseApp | AutogradeApp:
    """Return the application for a course with a configuration."""
    (folder / "nbgrader_config.py").write_text("\n".join(["c = get_config()", *lines, ""]))
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return read_course(["--log-level=CRITICAL"])


def test_settings_are_those_that_nbgrader_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The course's folders and its name, by nbgrader's own CourseDirectory."""
    app = read(tmp_path, monkeypatch, "c.CourseDirectory.course_id = 'deep'", "c.Sandbox.bwrap = '/bwrap'")
    other = AutogradeApp(raise_config_file_errors=True)
    other.initialize([])
    assert isinstance(app, CourseApp)
    settings = (
        "root",
        "course_id",
        "db_url",
        *(name for name in CourseDirectory.class_trait_names(config=True)),
    )
    assert [getattr(app.coursedir, name) for name in settings] == [
        getattr(other.coursedir, name) for name in settings
    ]
    assert app.config.Sandbox.bwrap == "/bwrap"


@pytest.mark.parametrize("group", ["False", "True"])
def test_what_is_graded_is_what_the_adapter_would_grade(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, group: str
) -> None:
    """The defaults of nbgrader's step are repeated; they are asked of it where it has settings."""
    app = read(tmp_path, monkeypatch, f"c.CourseDirectory.groupshared = {group}")
    plain = course_of(app)
    app.config.Autograde.create_student = True
    adapted = course_of(app)
    for name in ("permissions", "create", "own"):
        assert getattr(plain, name) == getattr(adapted, name)
    assert plain.exercise.root == adapted.exercise.root


def test_settings_of_nbgraders_step_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own, and those that it has by inheritance."""
    lines = ("c.Autograde.create_student = False", "c.BaseConverter.permissions = 600")
    course = course_of(read(tmp_path, monkeypatch, *lines))
    assert (course.create, course.permissions) == (False, 0o600)


def test_settings_under_a_former_name_are_translated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By nbgrader's own application, which knows them."""
    app = read(tmp_path, monkeypatch, "c.NbGrader.course_id = 'old'")
    assert app.coursedir.course_id == "old"
