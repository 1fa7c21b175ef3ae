"""What all the package's tests need, however they are started."""

import os
import sys
from pathlib import Path

# nbgrader looks for alembic on the PATH, where it is not when the environment's Python is called by its path.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
