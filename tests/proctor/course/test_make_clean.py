"""`make clean` removes what can be made again, and nothing of a class."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
OF_A_CLASS = (
    "submitted/ada/exercise4/exercise4.ipynb",
    "autograded/ada/exercise4/exercise4.ipynb",
    "feedback/ada/exercise4/exercise4.html",
    "exports/exercise4-moodle/grades.csv",
    "reports/exercise4.html",
    "gradebook.db",
    ".proctor/replaced/ada",
    "extensions.json",
    "source/exercise4/exercise4.ipynb",
)


def test_a_class_survives(tmp_path: Path) -> None:
    """The work of a class, its grades and what goes back are there afterwards; the builds are gone."""
    shutil.copyfile(ROOT / "Makefile", tmp_path / "Makefile")
    for name in (*OF_A_CLASS, "build/demo/gradebook.db"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    subprocess.run(["make", "clean"], cwd=tmp_path, check=True, capture_output=True)
    kept = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert kept == {*OF_A_CLASS, "Makefile"}
