"""nbgrader's own tests with our classes switched in: the table of differences, and two of the tests."""

from __future__ import annotations

import re

from benchmarks import nbgrader_own

HIDDEN, NO_EXECUTE = "autograde::test_hidden_tests_single_notebook", "autograde::test_no_execute"


def test_the_table_names_tests_that_nbgrader_has() -> None:
    """Each difference is about a test of the installed nbgrader; there are some, and not very many."""
    names = nbgrader_own.differences()
    assert 10 < len(names) < 40
    for name in names:
        module, test = name.split("::")
        source = nbgrader_own.MODULES[module].read_text("utf-8")
        assert re.search(rf"def {test.partition('[')[0]}\(", source), name


def test_drift_is_told_in_both_directions() -> None:
    """A test that fails without a reason is told, and one that passes against the table; what was not run is not."""
    assert list(nbgrader_own.drift({"a", "b", "c"}, {"a", "b"}, {"b", "c", "d"})) == [
        "a fails, and nbgrader.md gives no reason.",
        "c passes; nbgrader.md says that it does not.",
    ]


def test_two_of_nbgraders_tests() -> None:
    """Hidden tests are put back, judged, and validate as ours leave them; what is in the table does fail."""
    ran, failed = nbgrader_own.run([HIDDEN, NO_EXECUTE])
    assert ran == {HIDDEN, NO_EXECUTE}
    assert failed == {NO_EXECUTE} <= nbgrader_own.differences()
