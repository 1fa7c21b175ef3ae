"""The versions that grade: the README and the set-up cell tell them, and the cell warns who has others."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[3]


def module() -> ModuleType:
    """Load what is given to students about versions; it is no package of ours."""
    path = ROOT / "source" / "exercise4" / "src" / "versions.py"
    spec = importlib.util.spec_from_file_location("student_versions", path)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


versions = module()


@pytest.mark.parametrize("name", ["NumPy", "SciPy"])
def test_students_are_told_the_versions_of_the_lock_file(name: str) -> None:
    """The set-up cell's module and the README name each version that the requirements may install, and no other."""
    locked = (ROOT / "requirements" / "run.txt").read_text()
    found = re.findall(rf"^{name.lower()}==(\d+\.\d+)", locked, re.MULTILINE)
    assert list(versions.GRADED[name]) == sorted(found)
    assert f"{name} {' or '.join(found)}" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize(("yours", "risk"), [
    ("1.26.4", "These may refuse what it accepts"),
    ("2.3.0rc1", "These may refuse what it accepts"),
    ("2.6.0.dev0+git1234", "It may refuse what these accept"),
    ("3.0", "It may refuse what these accept"),
    ("2.4.6", ""),
    ("2.5.0rc1", ""),
])  # fmt: skip
def test_other_versions_are_warned_of(yours: str, risk: str) -> None:
    """Older and newer versions get a sentence with a command; those that grade get none."""
    said = versions.other_version("NumPy", yours)
    assert bool(said) == bool(risk)
    assert risk in said
    assert not said or '%pip install "numpy>=2.4,<2.6"' in said


def test_the_set_up_cell_prints_the_warning(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who has other versions reads a line for each package; who has the grader's own reads nothing."""
    versions.warn_of_other_versions()
    assert capsys.readouterr().out == ""
    monkeypatch.setattr(versions.np, "__version__", "1.26.4")
    versions.warn_of_other_versions()
    assert capsys.readouterr().out.startswith(
        "Your NumPy is 1.26.4; your notebook is graded with 2.4 or 2.5."
    )
    notebook = (ROOT / "release" / "exercise4" / "exercise4.ipynb").read_text()
    assert notebook.count("warn_of_other_versions()") == 1
