"""Helpers of the tests: courses, classes, sandboxes and browsers to try things on."""

import os
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2]
PYTHONPATH = os.pathsep.join(map(str, (TESTS / "proctor", TESTS / "specimens", TESTS.parent / "benchmarks")))
"""Where a program that a test starts finds this package, the banks and the benchmarks, as pytest does."""
