"""`configure(c)`: what a course's nbgrader_config.py gets by its first line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from traitlets.config import Config

from proctor.errors import SandboxUnavailable
from proctor.nbgrader_plugin import replacement
from proctor.nbgrader_plugin.configuration import configure
from proctor.sandbox.settings import Sandbox

if TYPE_CHECKING:
    from pathlib import Path


def test_the_course_is_hidden_from_students(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sandboxes are told to hide the course, also where the Python environment lies in it."""
    for changing in ("install", "sandbox_files"):  # they change nbgrader's modules for this whole process
        monkeypatch.setattr(replacement, changing, lambda: None)
    monkeypatch.setenv("PATH", "/usr/bin")
    config = Config()
    configure(config, tmp_path)
    assert Sandbox(config=config).hide == [str(tmp_path)]


def test_settings_under_a_former_name_are_refused() -> None:
    """Limits that would silently have no effect stop the run, in a line that says what they are called now."""
    config = Config()
    config.JailProvisioner.limits = {"memory": 2**30}
    with pytest.raises(SandboxUnavailable, match=r"c\.JailProvisioner, which is c\.Sandbox now"):
        Sandbox(config=config)
