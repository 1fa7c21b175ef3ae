"""The package as it is installed by `pip install`: from a wheel alone, without a network and without this repository."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from flit_core import buildapi

from proctor.jupyter_kernel.kernelspec import KERNEL_NAME, kernelspec

ROOT = Path(__file__).parents[2]
KERNEL = Path("share/jupyter/kernels") / KERNEL_NAME / "kernel.json"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and install it into a fresh environment, which borrows the dependencies of this one."""
    folder = tmp_path_factory.mktemp("wheel")
    before = Path.cwd()
    os.chdir(ROOT)  # as PEP 517 has it
    try:
        wheel = buildapi.build_wheel(str(folder))
    finally:
        os.chdir(before)
    fresh = folder / "fresh"
    venv.create(fresh, symlinks=True, with_pip=False)
    python = str(fresh / "bin" / "python")
    command = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--no-index",
        "--no-deps",
        "--quiet",
    ]
    subprocess.run([*command, str(folder / wheel)], check=True, cwd=folder)
    site = fresh / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return fresh


def run(installed: Path, folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a program of the fresh environment."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    program = [str(installed / "bin" / command[0]), *command[1:]]
    return subprocess.run(program, cwd=folder, env=variables, capture_output=True, text=True, check=False)


def test_command_runs_outside_the_repository(installed: Path, tmp_path: Path) -> None:
    """`proctor --help` names the commands, and the package that runs is the installed one."""
    done = run(installed, tmp_path, "proctor", "--help")
    assert done.returncode == 0, done.stderr
    assert "check an exercise before its release" in done.stdout
    where = run(installed, tmp_path, "python", "-c", "import proctor; print(proctor.__file__)")
    assert Path(where.stdout.strip()).is_relative_to(installed)


def test_templates_come_along(installed: Path, tmp_path: Path) -> None:
    """A new course is written, and pages find their templates."""
    done = run(installed, tmp_path, "proctor", "init", "numerics")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "numerics" / "source" / "exercise1" / "exercise1.ipynb").is_file()
    package = installed / "lib"
    for name in subprocess.check_output(["git", "ls-files", "proctor"], cwd=ROOT, text=True).splitlines():
        assert list(package.glob(f"python*/site-packages/{name}")), name


def test_kernelspec_comes_along(installed: Path) -> None:
    """Jupyter finds the sandboxed kernel in the environment, with the text that the package has for it."""
    assert json.loads((installed / KERNEL).read_text()) == kernelspec()
