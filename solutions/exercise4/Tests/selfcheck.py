"""Running of the self-checks: find your class, try it, say on one line what came out.

The tests themselves are in the modules beside this one. Nothing here is graded, and nothing here is secret.
"""

import contextlib
import importlib
import io
import logging
import os
import re
import runpy
import sys
import unittest
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from Tests.errors import in_words, is_unwritten

LAYERS = Path(__file__).resolve().parents[1] / "src" / "layers"
MODULES = ("Tests.TestActivationFunctions", "Tests.TestInitializers", "Tests.TestConv")
GREEN, RED, GREY, PLAIN = "\x1b[32m", "\x1b[31m", "\x1b[38;5;243m", "\x1b[0m"


class SelfCheckFailed(AssertionError):  # noqa: N818  # what happened, not "Error": the student reads it
    """A self-check is red, or grey. Jupyter shows its sentence alone, without the way that led to it."""

    grey = False

    def _render_traceback_(self) -> list[str]:
        return [f"{GREY}○ {self}{PLAIN}" if self.grey else f"{RED}✗ {self}{PLAIN}"]


class NotYet(SelfCheckFailed):
    """Nothing is wrong: something is not written yet."""

    grey = True


# ---------------------------------------------------------------------------------- where your class is


def yours(name: str) -> type:
    """Return your class of that name: from the notebook, or from the file that you saved last.

    A cell whose first line is `%%writefile` is saved and not run, so it leaves the class in a file only.

    Raises:
        NotYet: There is no such class yet.
        SelfCheckFailed: Its file cannot be read.
    """
    notebook = vars(sys.modules["__main__"])
    file = _file_of(name)
    if name in notebook and not (file and _last_cell_wrote_a_file(name, notebook)):
        return notebook[name]
    if file is None:
        raise NotYet(f"There is no {name} yet: run the cell in which you write it, then this one again.")
    try:
        return runpy.run_path(str(file), run_name=f"src.layers.{file.stem}")[name]
    except SyntaxError as error:
        raise SelfCheckFailed(f"src/layers/{file.name}, line {error.lineno}: {error.msg}.") from error
    except Exception as error:
        raise SelfCheckFailed(f"src/layers/{file.name} does not run: {in_words(error)}") from error


def _file_of(name: str) -> Path | None:
    """Return the newest file in src/layers that defines the class, the untouched stubs left out."""
    files = [file for file in LAYERS.glob("*.py") if not file.stem.endswith("_0")]
    with_class = [
        file for file in files if re.search(rf"^class {name}\b", file.read_text("utf-8"), re.MULTILINE)
    ]
    return max(with_class, key=lambda file: file.stat().st_mtime, default=None)


def _last_cell_wrote_a_file(name: str, notebook: dict[str, Any]) -> bool:
    """Return whether %%writefile saved the last cell with this class: the notebook then has an older one."""
    for cell in reversed(notebook.get("In", [])):
        if re.search(rf"(^|\\n|['\"])class {name}\b", cell, re.MULTILINE):
            return cell.startswith("get_ipython().run_cell_magic('writefile'")
    return False


class Yours:
    """A class attribute that is your class of that name, unless you put another one in its place.

    With `Sigmoid = Yours("Sigmoid")` in a test class, both ways work: to set `TestSigmoid.Sigmoid = Sigmoid`
    by hand, and to leave it and have it found.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: type) -> Any:
        return self if instance is None else yours(self.name)


# ------------------------------------------------------------------------------------------ run and report


@dataclass
class Result:
    """Result of one test: right if there is no problem."""

    problem: str = ""
    unwritten: bool = False
    remark: str = ""
    details: list[str] = field(default_factory=list)
    printed: int = 0

    @property
    def mark(self) -> str:
        """The sign that stands before it, in its colour."""
        if not self.problem:
            return f"{GREEN}✓"
        return f"{GREY}○" if self.unwritten else f"{RED}✗"


def self_check(grade_id: str) -> None:
    """Run the self-checks of one graded cell: a green line if all is right, else one sentence.

    The tests of a cell are those whose names start with `test_` and its grade_id.

    Raises:
        SelfCheckFailed: The first thing that is not right yet; NotYet if it is not written.
    """
    for test in _tests_of(grade_id):
        result = _run(test)
        if result.problem:
            print("\n".join(result.details), end="\n" if result.details else "")
            raise NotYet(result.problem) if result.unwritten else SelfCheckFailed(result.problem)
        if result.remark:
            print(f"  {result.remark}")
    print(f"{GREEN}✓ {grade_id}: the self-check is passed.{PLAIN}")


def check(*grade_ids: str) -> None:
    """Run the self-checks of some graded cells and print a line for each; while grading, do nothing."""
    if os.environ.get("NBGRADER_EXECUTION") != "autograde":
        for grade_id in grade_ids:
            _show(_tests_of(grade_id))


def report(*test_classes: type[unittest.TestCase]) -> None:
    """Run every test of these classes and print a line for each, with the problem below if there is one.

    Raises:
        SelfCheckFailed: At the end, if any line is red.
    """
    results: list[Result] = []
    for test_class in test_classes:
        print(test_class.__name__)
        results += _show(_tests(test_class))
    red = sum(bool(result.problem) and not result.unwritten for result in results)
    grey = sum(result.unwritten for result in results)
    if red:
        raise SelfCheckFailed(f"{red} of {len(results)} are not right yet: see the lines above.")
    if grey:
        print(
            f"{GREY}○ {len(results) - grey} of {len(results)} are right, the others are not written yet.{PLAIN}"
        )
    else:
        print(f"{GREEN}All {len(results)} are right. On to the graded cells.{PLAIN}")


def _show(tests: Iterable[unittest.TestCase]) -> list[Result]:
    """Run tests and print a line for each; the same problem is explained once."""
    results: list[Result] = []
    before = None
    for test in tests:
        result = _run(test)
        results.append(result)
        print(f"  {result.mark} {test.shortDescription()}{PLAIN}")
        if result.problem and result.problem != before:
            print("\n".join(f"      {line}" for line in [result.problem, *result.details]))
        if result.remark:
            print(f"      {result.remark}")
        before = result.problem
    if printed := max((result.printed for result in results), default=0):
        print(f"{GREY}  (Your code printed up to {printed} lines in a test; they are left out here.){PLAIN}")
    return results


def _tests_of(grade_id: str) -> list[unittest.TestCase]:
    classes = [value for name in MODULES for value in vars(importlib.import_module(name)).values()]
    tests = [test for test_class in filter(_is_test_class, classes) for test in _tests(test_class)]
    tests = [test for test in tests if _name(test).startswith(f"test_{grade_id}_")]
    if not tests:
        raise SelfCheckFailed(f"There is no self-check for {grade_id!r}.")
    return tests


def _is_test_class(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, unittest.TestCase)


def _name(test: unittest.TestCase) -> str:
    return test.id().rpartition(".")[-1]


def _tests(test_class: type[unittest.TestCase]) -> list[unittest.TestCase]:
    """List the tests of a class in the order in which they are written: from simple to difficult."""
    names = unittest.defaultTestLoader.getTestCaseNames(test_class)
    written = [name for each in test_class.mro() for name in vars(each)]
    return [test_class(name) for name in sorted(names, key=written.index)]


def _run(test: unittest.TestCase) -> Result:
    """Run one test; whatever your code raises is worth a sentence."""
    printed = io.StringIO()
    result = Result()
    try:
        with quiet(printed):
            getattr(test, _name(test))()
    except unittest.SkipTest as remark:  # right, but there is something to say
        result.remark = f"A remark: {remark}"
    except Exception as error:  # noqa: BLE001  # students' code raises what it likes
        result = Result(
            in_words(error),
            is_unwritten(error) or isinstance(error, NotYet),
            details=getattr(error, "details", []),
        )
    result.printed = printed.getvalue().count("\n")
    return result


@contextlib.contextmanager
def quiet(printed: Any = None) -> Iterator[None]:
    """Keep warnings and logging off stderr, which the Validate button takes for a failure.

    Args:
        printed: Where prints go; to where they always go if None.
    """
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    printed = sys.stdout if printed is None else printed
    try:
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stderr(printed),
            contextlib.redirect_stdout(printed),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
