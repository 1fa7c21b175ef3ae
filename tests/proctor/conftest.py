"""What all the package's tests need, however they are started."""

import os
import subprocess
import sys
from pathlib import Path

# nbgrader looks for alembic on the PATH, where it is not when the environment's Python is called by its path.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])


import pytest
from support.thinning import THOROUGH


def pytest_report_header() -> str:
    """Say which cases of the large banks run."""
    if THOROUGH:
        return "banks: every case"
    return "banks: every sixth fault and attack, every second verdict across the sandbox; `make thorough` runs all"


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Remove what tests have made too deep for Python's own removal, of which pytest makes use after this."""
    base = session.config._tmp_path_factory.getbasetemp()
    deep = ["find", base, "-mindepth", "100", "-maxdepth", "100", "-type", "d", "-printf", "%P\n"]
    found = subprocess.run(deep, capture_output=True, text=True, check=True).stdout.splitlines()
    for name in {path.split("/")[0] for path in found}:
        subprocess.run(["rm", "-rf", base / name], check=True)
