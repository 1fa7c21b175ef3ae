"""How the self-checks are run: find your class, try it, say on one line what came out.

The tests themselves are in the modules beside this one. Nothing here is graded, and nothing here is secret.
"""

import contextlib
import importlib
import linecache
import logging
import re
import runpy
import sys
import traceback
import unittest
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

FOLDER = Path(__file__).resolve().parent
LAYERS = FOLDER.parent / "src" / "layers"
MODULES = ("Tests.TestActivationFunctions", "Tests.TestInitializers", "Tests.TestConv")
GREEN, RED, PLAIN = "\x1b[32m", "\x1b[31m", "\x1b[0m"


class SelfCheckFailed(AssertionError):  # noqa: N818  # what happened, not "Error": the student reads it
    """A self-check is red. Jupyter shows its sentence alone, without the way that led to it."""

    def _render_traceback_(self) -> list[str]:
        return [f"{RED}✗ {self}{PLAIN}"]


# ---------------------------------------------------------------------------------- where your class is


def yours(name: str) -> type:
    """Return your class of that name: from the notebook, or from the file that you saved last.

    A cell whose first line is `%%writefile` is saved and not run, so it leaves the class in a file only.

    Raises:
        SelfCheckFailed: There is no such class yet, or its file cannot be read.
    """
    notebook = vars(sys.modules["__main__"])
    file = _file_of(name)
    if name in notebook and not (file and _last_cell_wrote_a_file(name, notebook)):
        return notebook[name]
    if file is None:
        raise SelfCheckFailed(
            f"There is no {name} yet: run the cell in which you write it, then this one again."
        )
    try:
        return runpy.run_path(str(file), run_name=f"src.layers.{file.stem}")[name]
    except SyntaxError as error:
        raise SelfCheckFailed(f"src/layers/{file.name}, line {error.lineno}: {error.msg}.") from error
    except Exception as error:
        raise SelfCheckFailed(f"src/layers/{file.name} does not run: {in_words(error)}") from error


def _file_of(name: str) -> Path | None:
    """Find the newest file in src/layers that defines the class, the untouched stubs left out."""
    files = [file for file in LAYERS.glob("*.py") if not file.stem.endswith("_0")]
    with_class = [
        file for file in files if re.search(rf"^class {name}\b", file.read_text("utf-8"), re.MULTILINE)
    ]
    return max(with_class, key=lambda file: file.stat().st_mtime, default=None)


def _last_cell_wrote_a_file(name: str, notebook: dict[str, Any]) -> bool:
    """Say whether %%writefile saved the last cell with this class: the notebook then has an older one."""
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


def self_check(grade_id: str) -> None:
    """Run the self-checks of one graded cell: a green line if all is right, else one red sentence.

    The tests of a cell are those whose names start with `test_` and its grade_id.

    Raises:
        SelfCheckFailed: The first thing that is not right yet.
    """
    classes = [value for name in MODULES for value in vars(importlib.import_module(name)).values()]
    tests = [test for test_class in filter(_is_test_class, classes) for test in _tests(test_class)]
    tests = [test for test in tests if _name(test).startswith(f"test_{grade_id}_")]
    if not tests:
        raise SelfCheckFailed(f"There is no self-check for {grade_id!r}.")
    for test in tests:
        problem = _problem(test)
        if problem:
            raise SelfCheckFailed(problem)
    print(f"{GREEN}✓ {grade_id}: the self-check is passed.{PLAIN}")


def report(*test_classes: type[unittest.TestCase]) -> None:
    """Run every test of these classes and print a line for each, with the problem below if there is one.

    Raises:
        SelfCheckFailed: At the end, if any line is red.
    """
    failed = total = 0
    before = None
    for test_class in test_classes:
        print(test_class.__name__)
        for test in _tests(test_class):
            problem = _problem(test)
            total += 1
            failed += bool(problem)
            print(f"  {RED}✗" if problem else f"  {GREEN}✓", f"{test.shortDescription()}{PLAIN}")
            if problem and problem != before:
                print(f"      {problem}")
            before = problem
    if failed:
        raise SelfCheckFailed(f"{failed} of {total} are not right yet: see the lines above.")
    print(f"{GREEN}All {total} are right. On to the graded cells.{PLAIN}")


def _is_test_class(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, unittest.TestCase)


def _name(test: unittest.TestCase) -> str:
    return test.id().rpartition(".")[-1]


def _tests(test_class: type[unittest.TestCase]) -> list[unittest.TestCase]:
    """List the tests of a class in the order in which they are written: from simple to difficult."""
    names = unittest.defaultTestLoader.getTestCaseNames(test_class)
    return [test_class(name) for name in sorted(names, key=list(vars(test_class)).index)]


def _problem(test: unittest.TestCase) -> str | None:
    """Run one test; return None, or what went wrong in a sentence."""
    try:
        with quiet():
            getattr(test, _name(test))()
    except Exception as error:  # noqa: BLE001  # whatever your code raises is worth a sentence
        return in_words(error)
    return None


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep warnings and logging off stderr, which the Validate button takes for a failure."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stderr(sys.stdout):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def in_words(error: Exception) -> str:
    """Say in one line what an exception means for the one who wrote the code."""
    steps = list(traceback.walk_tb(error.__traceback__))
    # The innermost step that is not a library's: there the mistake can be mended.
    frame, line_number = next((step for step in reversed(steps) if not _is_library(step[0])), steps[-1])
    if isinstance(error, AssertionError) and _folder(frame) == FOLDER:
        return str(error)
    owner = frame.f_locals.get("self")
    method = frame.f_code.co_name if owner is None else f"{type(owner).__name__}.{frame.f_code.co_name}"
    if isinstance(error, NotImplementedError):
        return f"{method} is not written yet."
    line = linecache.getline(frame.f_code.co_filename, line_number).strip()
    return f"{method} stopped with {type(error).__name__}: {error} (line {line_number}: {line})"


def _folder(frame: FrameType) -> Path:
    return Path(frame.f_code.co_filename).parent


def _is_library(frame: FrameType) -> bool:
    standard_library = Path(linecache.__file__).parent
    installed = "site-packages" in _folder(frame).parts or _folder(frame).is_relative_to(standard_library)
    return installed or frame.f_code.co_filename.startswith("<frozen")
