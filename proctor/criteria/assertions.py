"""unittest's assertions, for values of which the one or the other is a student's.

unittest and difflib search long values for their differences, which takes hours where both are chosen to differ; and
their messages are written for whoever wrote the test. Here a message is short, and the test's own stands alone.
"""

from __future__ import annotations

import unittest
from typing import Any

MAX_MESSAGE, MAX_LINES, MAX_LINE = 2_000, 4, 200
"""Characters of a failed assertion's message that are read; lines, and characters of each, that are shown."""
MAX_QUOTED = 80
"""Characters of a value that an assertion shows."""
_DETAILS = (
    " ACTUAL",
    " DESIRED",
    " x:",
    " y:",
    "First differing",
    "First list",
    "Second list",
    "- ",
    "+ ",
    "? ",
)
VALUES = (int, float, complex, str, bytes, list, tuple, set, frozenset, dict)
"""Types whose content is compared, also where a class of the student's is derived from one."""


class Opaque:
    """An object of the student's, which stays on its side."""

    __slots__ = ()
    __float__: Any


class Assertions(unittest.TestCase):
    """unittest's test case, whose assertions on long values are over soon."""

    longMessage = False

    def __init__(self, methodName: str = "runTest") -> None:
        super().__init__(methodName)
        for kind in (str, list, tuple, dict, set, frozenset):
            self.addTypeEqualityFunc(kind, self._assert_equal)

    def _assert_equal(self, first: Any, second: Any, msg: Any = None, seq_type: Any = None) -> None:
        """Fail if two values differ; where they do is not searched for."""
        del seq_type
        if first != second:
            raise self.failureException(msg or f"{_quoted(first)} != {_quoted(second)}")

    def _baseAssertEqual(self, first: Any, second: Any, msg: Any = None) -> None:
        """Fail if two values of other types differ; unittest calls it by this name."""
        if not first == second:  # noqa: SIM201  - as unittest asks: the two may disagree
            objects = [f"`{type(each).__name__}`" for each in (first, second) if _is_object(each)]
            said = (
                f". That is an object of the class {objects[0]}, no plain value" if len(objects) == 1 else ""
            )
            raise self.failureException(msg or f"{_quoted(first)} != {_quoted(second)}{said}")

    assertListEqual: Any = _assert_equal
    assertTupleEqual: Any = _assert_equal
    assertDictEqual: Any = _assert_equal
    assertSetEqual: Any = _assert_equal
    assertMultiLineEqual: Any = _assert_equal

    def assertAlmostEqual(self, first: Any, second: Any, *args: Any, **named: Any) -> None:
        """Fail if two numbers differ; an object of the student's is asked for its own, and not to compute with ours."""
        one, other = (float(each) if isinstance(each, Opaque) else each for each in (first, second))
        super().assertAlmostEqual(one, other, *args, **named)  # noqa: PT009  - it is what is extended

    def assertSequenceEqual(self, first: Any, second: Any, msg: Any = None, seq_type: Any = None) -> None:
        """Fail if two sequences differ, of whichever types."""
        self._assert_equal(list(first), list(second), msg, seq_type)

    def assertCountEqual(self, first: Any, second: Any, msg: Any = None) -> None:
        """Fail if two collections hold different elements, in any order; those of other lengths are not compared."""
        one, other = list(first), list(second)
        if len(one) != len(other):
            raise self.failureException(
                msg or f"Two collections of {len(one)} and {len(other)} elements differ."
            )
        super().assertCountEqual(one, other, msg)  # noqa: PT009  - it is what is extended


def shortened(failure: AssertionError) -> str:
    """Return the message of a failed assertion as a hint: its first lines, without the arrays and differences."""
    lines: list[str] = []
    for line in str(failure)[:MAX_MESSAGE].splitlines():
        if lines and line.startswith(_DETAILS):
            break
        if line.strip():
            lines.append("".join(c if c.isprintable() else " " for c in line).strip()[:MAX_LINE])
    return "\n".join(lines[:MAX_LINES]) or "This does not hold for what your code returned."


def _is_object(value: Any) -> bool:
    """Return whether a value is an object of the student's that holds none of Python's."""
    return isinstance(value, Opaque) and not isinstance(value, VALUES)


def _quoted(value: Any) -> str:
    """Return a value as a hint shows it."""
    try:
        text = repr(value)
    except Exception as error:  # noqa: BLE001  - a student's object may raise anything
        return f"<{type(value).__name__} whose repr raises {type(error).__name__}>"
    return text if len(text) <= MAX_QUOTED else f"{text[:MAX_QUOTED]}..."
