"""What all the package's tests need, however they are started."""

import os
import sys
from pathlib import Path

# nbgrader looks for alembic on the PATH, where it is not when the environment's Python is called by its path.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from thinning import THOROUGH


def pytest_report_header() -> str:
    """Say which cases of the large banks run."""
    if THOROUGH:
        return "banks: every case"
    return "banks: every third fault and attack; `make thorough` runs all"
