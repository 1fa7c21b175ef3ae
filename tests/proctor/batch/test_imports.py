"""Imports that our commands spare: a package's own `__init__` where modules of it are all that is wanted."""

from __future__ import annotations

import importlib
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from proctor.batch.imports import spare_init

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the name of a package whose own module tells when it is run."""
    folder = tmp_path / "spared_package"
    folder.mkdir()
    (folder / "__init__.py").write_text("from .costly import answer\n")
    (folder / "costly.py").write_text("answer = 42\n")
    (folder / "cheap.py").write_text("from . import neighbour\n")
    (folder / "neighbour.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("", ".costly", ".cheap", ".neighbour"):
        monkeypatch.setitem(sys.modules, f"spared_package{name}", None)
        del sys.modules[f"spared_package{name}"]
    return "spared_package"


def test_a_module_is_imported_without_the_package_around_it(package: str) -> None:
    """Also where it imports its neighbours from the package."""
    spare_init(package)
    cheap = importlib.import_module(f"{package}.cheap")
    assert cheap.neighbour.__name__ == f"{package}.neighbour"
    assert f"{package}.costly" not in sys.modules


def test_who_asks_for_a_name_of_the_package_gets_it(package: str) -> None:
    """Then the package's own module is run, once, and the package is what it would have been."""
    spare_init(package)
    found = importlib.import_module(package)
    assert found.answer == 42
    assert f"{package}.costly" in sys.modules
    assert not hasattr(found, "no_such_name")


def test_a_package_that_is_in_use_stays_as_it_is(package: str) -> None:
    """Such as nbgrader in Jupyter's server."""
    before = importlib.import_module(package)
    spare_init(package)
    assert importlib.import_module(package) is before
    assert "__getattr__" not in vars(before)


def test_the_order_of_imports_does_not_matter() -> None:
    """A server extension may be what imports nbgrader's commands, which ask for the package's version meanwhile."""
    program = """if True:
        import proctor.cli
        import nbgrader.server_extensions.formgrader
        import nbgrader.apps.autogradeapp
        from nbgrader._version import __version__
        assert nbgrader.apps.NbGraderApp.version == nbgrader.__version__ == __version__
        assert callable(nbgrader._jupyter_server_extension_points)
    """
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
