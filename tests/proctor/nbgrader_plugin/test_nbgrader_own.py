"""nbgrader's own tests with our classes switched in: the table of differences, and two of the tests."""

from __future__ import annotations

import re
import sys
from contextlib import nullcontext

import pytest

from benchmarks import nbgrader_own

HIDDEN, NO_EXECUTE = "autograde::test_hidden_tests_single_notebook", "autograde::test_no_execute"


def test_the_table_names_tests_that_nbgrader_has() -> None:
    """Each difference is about a test of the installed nbgrader, and no row of the table is overlooked."""
    names = nbgrader_own.differences()
    text = nbgrader_own.DOCUMENT.read_text("utf-8")
    assert sorted(names) == sorted(re.findall(r"`(\w+::\w+)`", text))
    for name in names:
        module, test = name.split("::")
        source = nbgrader_own.MODULES[module].read_text("utf-8")
        assert re.search(rf"def {test.partition('[')[0]}\(", source), name


def ended(passed: str, failed: str) -> nbgrader_own.Ended:
    """Return how tests have ended, from their names."""
    return nbgrader_own.Ended(set(passed.split()), set(failed.split()))


def test_drift_is_told_in_both_directions() -> None:
    """A test that fails without a reason is told, and one that passes against the table; what was not run is not."""
    expected = dict.fromkeys("bcd", "is different")
    assert list(nbgrader_own.unexplained(ended("c", "a b"), expected)) == [
        "a fails, and nbgrader.md gives no reason.",
        "c passes; nbgrader.md says that it does not.",
    ]


@pytest.mark.parametrize(
    ("found", "status", "said"),
    [
        (ended("a", "b c"), None, "1 passed, 2 differ on purpose, 0 unexplained"),
        (
            ended("a", "b c d"),
            "d fails, and nbgrader.md gives no reason.",
            "1 passed, 2 differ on purpose, 1 unex",
        ),
        (
            ended("a", "b"),
            "c was not run; nbgrader.md says that it fails.",
            "1 differ on purpose, 1 unexplained",
        ),
    ],
)
def test_what_the_command_says(
    found: nbgrader_own.Ended,
    status: str | None,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It lists what differs, counts, and its exit status is 0 only if all of it is in the table."""
    monkeypatch.setattr(sys, "argv", ["nbgrader_own"])
    monkeypatch.setattr(nbgrader_own, "run", lambda *_, **__: found)
    monkeypatch.setattr(nbgrader_own, "differences", lambda: dict.fromkeys("bc", "is different"))
    with pytest.raises(SystemExit) if status else nullcontext() as stopped:
        nbgrader_own.main()
    shown = capsys.readouterr().out
    assert said in shown
    assert "b: is different\n" in shown
    assert status is None or stopped.value.code == status  # type: ignore[union-attr]


def test_two_of_nbgraders_tests() -> None:
    """Hidden tests are put back, judged, and validate as ours leave them; what is in the table does fail."""
    found = nbgrader_own.run([HIDDEN, NO_EXECUTE])
    assert found == ended(HIDDEN, NO_EXECUTE)
    assert NO_EXECUTE in nbgrader_own.differences()
