"""Exceptions, and tests that are at fault."""

from __future__ import annotations

import sys
import unittest

import numpy as np

from proctor.criteria import points
from proctor.criteria.outcome import Outcome
from tests.proctor.criteria.idioms.idiom import Idiom


class Raises(Idiom):
    """An exception that is asked for"""

    needs = ("root",)
    right = "def root(x):\n    if x < 0: raise ValueError('negative')\n    return x ** 0.5"
    wrong = "def root(x): return x ** 0.5"
    hint = "ValueError not raised"

    @points(1)
    def test_it(self):
        """A negative number is refused."""
        self.assertRaises(ValueError, self.root, -1)
        with self.assertRaises(ValueError) as caught:
            self.root(-1)
        self.assertEqual(str(caught.exception), "negative")
        self.assertEqual(caught.exception.args, ("negative",))


class RaisesOther(Idiom):
    """Another exception than the one that is asked for"""

    needs = ("root",)
    right = "def root(x): raise ValueError('negative')"
    wrong = "def root(x): raise KeyError('negative')"
    outcome = Outcome.ERROR
    hint = "Your code raised KeyError"

    @points(1)
    def test_it(self):
        """A negative number is refused with a ValueError."""
        with self.assertRaisesRegex(ValueError, "^neg"):
            self.root(-1)


class OwnException(Idiom):
    """An exception of the notebook's own"""

    needs = ("Account", "Overdrawn")
    right = """
        class Overdrawn(Exception):
            def __init__(self, missing): super().__init__(f'{missing} are missing'); self.missing = missing
        class Account:
            def pay(self, amount): raise Overdrawn(amount)
    """
    wrong = right.replace("raise Overdrawn(amount)", "raise Exception(amount)")
    outcome = Outcome.ERROR

    @points(1)
    def test_it(self):
        """An empty account cannot pay."""
        self.assertTrue(issubclass(self.Overdrawn, Exception))
        with self.assertRaises(self.Overdrawn) as caught:
            self.Account().pay(5)
        self.assertEqual(caught.exception.missing, 5)


class Exit(Idiom):
    """`sys.exit`"""

    needs = ("stop",)
    right = "import sys\ndef stop(): sys.exit(2)"
    wrong = "def stop(): pass"

    @points(1)
    def test_it(self):
        """The program ends."""
        with self.assertRaises(SystemExit):
            self.stop()


class StudentsAssertion(Idiom):
    """An assertion in the student's code"""

    needs = ("checked",)
    right = "def checked(x):\n    assert x > 0, 'too small'\n    return x"
    wrong = "def checked(x):\n    assert x > 5, 'too small'\n    return x"
    outcome = Outcome.ERROR
    hint = "AssertionError: too small"

    @points(1)
    def test_it(self):
        """Only positive numbers pass."""
        with self.assertRaises(AssertionError):
            self.checked(-1)
        self.assertEqual(self.checked(3), 3)


class TryExcept(Idiom):
    """`try` and `except`"""

    needs = ("first",)
    right = "def first(x): return x[0]"
    wrong = "def first(x): return x[0] if x else None"
    hint = "an empty list has no first entry"

    @points(1)
    def test_it(self):
        """The first entry comes."""
        try:
            self.first([])
        except IndexError:
            pass
        else:
            self.fail("an empty list has no first entry")


class AssertionInCallback(Idiom):
    """An assertion in a function that the student's code calls"""

    needs = ("apply",)
    right = "def apply(f): return f(1)"
    wrong = "def apply(f):\n    try: return f(-1)\n    except Exception: return None"
    hint = "called with -1"

    @points(1)
    def test_it(self):
        """The function is called with a positive number."""

        def f(x):
            self.assertGreater(x, 0, f"called with {x}")

        self.apply(f)


class NoneReturned(Idiom):
    """A result that the test cannot use"""

    needs = ("numbers",)
    right = "def numbers(): return [1, 2]"
    wrong = "def numbers(): print([1, 2])"
    hint = "NoneType"

    @points(1)
    def test_it(self):
        """Two numbers come."""
        self.assertEqual(self.numbers()[0], 1)


class TooShort(Idiom):
    """An array that is too short for the test"""

    needs = ("numbers",)
    right = "import numpy as np\ndef numbers(): return np.array([1, 2])"
    wrong = "import numpy as np\ndef numbers(): return np.array([1])"

    @points(1)
    def test_it(self):
        """Two numbers come."""
        self.assertEqual(self.numbers()[1], 2)


class NotCallable(Idiom):
    """A name that is not what the test calls"""

    needs = ("mean",)
    right = "def mean(x): return sum(x) / len(x)"
    wrong = "mean = 1.5"
    outcome = Outcome.NOT_FOUND
    hint = "`mean` is there, but it cannot be called."

    @points(1)
    def test_it(self):
        """The mean is right."""
        self.assertEqual(self.mean([1, 2]), 1.5)


ANSWER = "def answer(f=None): return {'a': 1} if f is None else f(1)"


class Bug(Idiom):
    """A test that is at fault"""

    needs = ("answer",)
    right = ANSWER


class BugInName(Bug):
    """A name that the test lacks"""

    needs = ("answer",)
    right = ANSWER
    bug = "NameError"

    @points(1)
    def test_it(self):
        """The answer is there."""
        self.assertEqual(self.answer(), expected)  # noqa: F821  - the bug


class BugInMethod(Bug):
    """A misspelled assertion"""

    needs = ("answer",)
    right = ANSWER
    bug = "AttributeError"

    @points(1)
    def test_it(self):
        """The answer is there."""
        self.assertEqualTo(self.answer(), {"a": 1})


class BugInModule(Bug):
    """A function that NumPy has not"""

    needs = ("answer",)
    right = ANSWER
    bug = "AttributeError"

    @points(1)
    def test_it(self):
        """The answer is there."""
        np.testing.assert_nearly(self.answer()["a"], 1)


class BugInKey(Bug):
    """A key that the right answer lacks"""

    needs = ("answer",)
    right = ANSWER
    bug = "KeyError"

    @points(1)
    def test_it(self):
        """The answer is there."""
        self.assertEqual(self.answer()["b"], 1)


class BugInSetUp(Bug):
    """A `setUp` that fails"""

    needs = ("answer",)
    right = ANSWER
    bug = "ZeroDivisionError"

    def setUp(self):
        self.scale = 1 / 0

    @points(1)
    def test_it(self):
        """The answer is there."""
        self.assertEqual(self.answer(), {"a": 1})


class BugInCallback(Bug):
    """A function of the test's that lacks a name"""

    needs = ("answer",)
    right = ANSWER
    bug = "NameError"

    @points(1)
    def test_it(self):
        """The answer is there."""
        self.assertEqual(self.answer(lambda x: x + offset), 2)  # noqa: F821  - the bug


class BugInImport(Bug):
    """A module that is not there"""

    needs = ("answer",)
    right = ANSWER
    bug = "ModuleNotFoundError"

    @points(1)
    def test_it(self):
        """The answer is there."""
        import no_such_module  # noqa: F401  - the bug


class BugSkipped(Bug):
    """A criterion that is skipped"""

    needs = ("answer",)
    right = ANSWER
    bug = "SkipTest"

    @points(1)
    @unittest.skip("later")
    def test_it(self):
        """The answer is there."""


class ModuleIn(Bug):
    """A module as an argument, which cannot cross"""

    needs = ("answer",)
    right = ANSWER
    bug = "this test needs module sys, which cannot cross"

    @points(1)
    def test_it(self):
        """The answer is there."""
        self.answer(sys)


class TooLargeIn(Bug):
    """An argument that is too large"""

    needs = ("answer",)
    right = ANSWER
    bug = "64 MiB in one value, which cannot cross"

    @points(1)
    def test_it(self):
        """The answer is there."""
        self.answer(np.zeros(2**24))


class DerivedClass(Bug):
    """A class of the test's that is derived from one of the student's"""

    needs = ("Shape",)
    right = "class Shape: pass"
    bug = "this test needs a class of its own that is derived from one of the notebook's, which cannot cross"

    @points(1)
    def test_it(self):
        """The answer is there."""

        class Square(self.Shape):
            pass
