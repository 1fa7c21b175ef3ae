"""Surroundings of the student's code that a test changes: patched functions, captured streams, expected warnings."""

from __future__ import annotations

import contextlib
import io
import unittest.mock
import warnings

import numpy as np

from proctor.criteria import points
from proctor.criteria.outcome import Outcome
from tests.proctor.criteria.idioms.idiom import Idiom


class PatchedInput(Idiom):
    """`input`, answered by the test"""

    needs = ("ask",)
    right = "def ask(): return [input('Name? '), input('Town? ')]"
    wrong = "def ask(): return [input('Town? '), input('Name? ')][::-1]"
    hint = "['London', 'Ada'] != ['Ada', 'London']"

    @points(1)
    def test_it(self):
        """Name and town are asked for, in this order."""
        with unittest.mock.patch("builtins.input", side_effect=["Ada", "London"]) as asked:
            self.assertEqual(self.ask(), ["Ada", "London"])
        self.assertEqual(asked.call_count, 2)


class PatchedPrint(Idiom):
    """`print`, watched by the test"""

    needs = ("greet",)
    right = "def greet(): print('hello')"
    wrong = "def greet(): print('bye')"
    hint = "print('hello')"

    @unittest.mock.patch("builtins.print")
    @points(1)
    def test_it(self, printed):
        """Hello is said."""
        self.greet()
        printed.assert_called_once_with("hello")


class PatchedOpen(Idiom):
    """`open`, of a file that is not there"""

    needs = ("count",)
    right = "def count(path):\n    with open(path) as file: return len(file.read().split())"
    wrong = right.replace(".split()", "")
    hint = "5 != 3"

    @points(1)
    def test_it(self):
        """The words of a file are counted."""
        with unittest.mock.patch("builtins.open", unittest.mock.mock_open(read_data="a b c")) as opened:
            self.assertEqual(self.count("words.txt"), 3)
        opened.assert_called_once_with("words.txt")


class Redirected(Idiom):
    """Prints that are captured as Python's own tests do it, also before an exception"""

    needs = ("greet",)
    right = "def greet(name):\n    print('hello', name)\n    if not name: raise ValueError('no name')"
    wrong = right.replace("'hello', name", "name")
    hint = "'Ada\\n' != 'hello Ada\\n'"

    @points(1)
    def test_it(self):
        """The greeting is printed."""
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            self.greet("Ada")
        self.assertEqual(printed.getvalue(), "hello Ada\n")
        with unittest.mock.patch("sys.stdout", io.StringIO()) as printed, self.assertRaises(ValueError):
            self.greet("")
        self.assertEqual(printed.getvalue(), "hello \n")


class Warned(Idiom):
    """A warning that is asked for"""

    needs = ("old", "log")
    right = """
        import warnings
        import numpy as np
        log = np.log
        def old(): warnings.warn("use new", DeprecationWarning)
    """
    wrong = right.replace("DeprecationWarning", "UserWarning")
    hint = "DeprecationWarning not triggered"

    @points(1)
    def test_it(self):
        """There is a warning."""
        with self.assertWarns(RuntimeWarning):
            self.log(np.zeros(1))
        with self.assertWarnsRegex(DeprecationWarning, "use new"):
            self.old()


class NotWarned(Idiom):
    """A warning that is an error"""

    needs = ("absolute",)
    right = "def absolute(x): return abs(x)"
    wrong = "import warnings\ndef absolute(x):\n    warnings.warn('negative')\n    return abs(x)"
    outcome = Outcome.ERROR
    hint = "UserWarning: negative"

    @points(1)
    def test_it(self):
        """There is no warning."""
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            self.assertEqual(self.absolute(-1), 1)


class Files(Idiom):
    """A file that is read, and one that is written"""

    needs = ("sort_lines",)
    right = """
        from pathlib import Path
        def sort_lines(source, target):
            lines = sorted(open(source).read().split())
            Path(target).write_text(" ".join(lines))
    """
    wrong = right.replace("sorted(open(source).read().split())", "open(source).read().split()")
    hint = "'b a' != 'a b'"

    @points(1)
    def test_it(self):
        """The lines are sorted."""
        target = self.write_file("target.txt")
        self.sort_lines(self.write_file("source.txt", "b\na\n"), target)
        self.assertEqual(self.read_file(target), "a b")


class NoFile(Idiom):
    """A file that is not written"""

    needs = ("save",)
    right = "def save(folder):\n    with open(folder + '/out.txt', 'w') as file: file.write('x')"
    wrong = "def save(folder): pass"
    outcome = Outcome.NOT_FOUND
    hint = "out.txt` was not found."

    @points(1)
    def test_it(self):
        """The file is there."""
        folder = self.write_file("any.txt").rpartition("/")[0]
        self.save(folder)
        self.assertEqual(self.read_file(f"{folder}/out.txt"), "x")
