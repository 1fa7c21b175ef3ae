"""Hidden tests travel to another machine with all that they need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from proctor.batch.job import PackedFolder

ROOT = Path(__file__).resolve().parents[3]
ELSEWHERE = """
import sys
from pathlib import Path
from proctor.grading.diagnosis import offered
from proctor.grading.judge_cell import load_tests
tests = Path(sys.argv[1])
diagnosis, reference = offered(tests)
print(len(load_tests(tests)), diagnosis is not None, reference is not None)
reference.link().find(["Sigmoid"])
"""


def test_the_diagnosis_travels_with_the_hidden_tests(tmp_path: Path) -> None:
    """Unpacked elsewhere, the hidden tests load, and mistakes are named by the bank that came along."""
    tests = PackedFolder.of_tests(ROOT / "tests" / "exercise4").unpack(tmp_path)
    command = [sys.executable, "-c", ELSEWHERE, str(tests)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["15", "True", "True"]


def test_tests_without_a_diagnosis_travel_alone(tmp_path: Path) -> None:
    """Only the folder itself is packed, without what Python has compiled."""
    folder = tmp_path / "tests" / "exercise5"
    (folder / "__pycache__").mkdir(parents=True)
    (folder / "test_pooling.py").write_text("x = 1\n")
    (folder / "numbers.txt").write_text("1 2 3\n")
    (folder / "__pycache__" / "test_pooling.pyc").write_bytes(b"compiled")
    (tmp_path / "secret.txt").write_text("of the course")
    unpacked = PackedFolder.of_tests(folder).unpack(tmp_path / "there")
    assert sorted(path.name for path in (tmp_path / "there").rglob("*") if path.is_file()) == [
        "numbers.txt",
        "test_pooling.py",
    ]
    assert (unpacked / "test_pooling.py").read_text() == "x = 1\n"
