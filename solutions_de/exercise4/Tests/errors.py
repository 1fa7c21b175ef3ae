"""Explanations of an exception in your code, in one sentence: where it happened, why, and what often helps."""

import ast
import inspect
import linecache
import re
import textwrap
import traceback
from pathlib import Path
from types import FrameType
from typing import Any

FOLDER = Path(__file__).resolve().parent
ADVICE = (
    (
        r"\brand\(|\brandn\(", r"'tuple' object|integer",
        "rand and randn want numbers, not a tuple: write np.random.rand(*shape), or np.random.random(shape)",
    ),
    (r"", r"could not be broadcast|mismatch in its core dimension", "print both shapes just before that line"),
    (r"", r"'NoneType'", "something is None there: does the call before keep it, and does it return it"),
    (r"", r"cannot reshape", "does the number of entries fit the shape"),
    (r"x\.shape", r"values to unpack", "can x have another number of axes: any shape is allowed for an activation"),
    (r"weight_shape", r"values to unpack|index out of range", "how many entries are there: any shape can be asked for"),
    (r"", r"not enough values to unpack|too many values to unpack|index out of range",
     "how many entries are there: kernel_shape has three, (c, m, n), stride has two, (sp, sq)"),
    (r"", r"has no attribute '\w+'", "is it set, with self. in front, before this line runs"),
    (r"", r"name '\w+' is not defined", "is self. missing in front of it, or an import, or is it a typing error"),
    (r"", r"positional argument", "is self the first argument of each method"),
    (r"correlate|convolve", r"dimension", "both arrays need the same number of axes"),
    (r"", r"only (length-1|0-dimensional|integer)|scalar", "a whole array stands where one number is wanted"),
)  # fmt: skip


class NotWritten(Exception):  # noqa: N818  # nothing is wrong yet
    """A method is not written yet; the text says which."""


def in_words(error: BaseException) -> str:
    """Return what an exception means for the one who wrote the code, in one line."""
    steps = list(traceback.walk_tb(error.__traceback__))
    # The innermost step that is not a library's: there the mistake can be mended.
    frame, number = next((step for step in reversed(steps) if not _is_library(step[0])), steps[-1])
    if isinstance(error, (AssertionError, NotWritten)) and _is_ours(frame):
        return str(error)
    if isinstance(error, NotImplementedError):
        return _unfinished(frame, number)
    said = f"{type(error).__name__}: {_one_line(error)}"
    if _is_ours(frame):
        return f"Your class does not fit what the exercise does with it: {said}{_advice('', str(error))}."
    line = linecache.getline(frame.f_code.co_filename, number).strip()
    return f"{_method(frame)} stopped in line {number}, `{line}`, with {said}{_advice(line, str(error))}."


def is_unwritten(error: BaseException) -> bool:
    """Return whether an exception only says that something is not written yet."""
    if isinstance(error, NotWritten):
        return True
    if not isinstance(error, NotImplementedError):
        return False
    return not _left_behind(list(traceback.walk_tb(error.__traceback__))[-1][0])


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".") or "it says no more"


def _advice(line: str, text: str) -> str:
    """Return what often helps with such an error, as the end of a sentence, or ""."""
    for in_line, in_text, advice in ADVICE:
        if re.search(in_line, line) and re.search(in_text, text):
            return f" ({advice}?)" if not advice.startswith(("rand", "print")) else f" ({advice})"
    return ""


def _unfinished(frame: FrameType, number: int) -> str:
    """Return that a method is not written, or that its `raise` was left behind."""
    if _left_behind(frame):
        return f"{_method(frame)}: `raise NotImplementedError()` still stands in line {number}: delete it."
    begun = " to its end" if len(_statements(frame)) > 1 else ""
    return f"{_method(frame)} is not written{begun} yet."


def _left_behind(frame: FrameType) -> bool:
    """Return whether the method returns something in another place, so that the raise is all that is too much."""
    body = _statements(frame)
    if frame.f_code.co_name == "__init__":
        return len(body) > 1
    returns = any(isinstance(node, ast.Return) for statement in body for node in ast.walk(statement))
    return returns and any(isinstance(node, ast.Raise) for node in body)


def _statements(frame: FrameType) -> list[ast.stmt]:
    """Return the statements of a method, without its docstring and the call of BaseLayer.__init__."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(frame.f_code)))
    except (OSError, SyntaxError, TypeError):
        return []
    given = ("super().__init__()",)
    body: Any = tree.body[0].body if tree.body and isinstance(tree.body[0], ast.FunctionDef) else []
    return [
        node for node in body
        if not (isinstance(node, ast.Expr) and (isinstance(node.value, ast.Constant) or ast.unparse(node) in given))
    ]  # fmt: skip


def _method(frame: FrameType) -> str:
    """Return the name of a method with its class, as `ReLU.forward`."""
    owner = frame.f_locals.get("self")
    name = frame.f_code.co_name
    return name if owner is None else f"{type(owner).__name__}.{name}"


def _is_ours(frame: FrameType) -> bool:
    return Path(frame.f_code.co_filename).parent == FOLDER


def _is_library(frame: FrameType) -> bool:
    """Return whether a frame is Python's own or a library's; those of NumPy that are compiled have no folder."""
    file = Path(frame.f_code.co_filename)
    installed = {"site-packages", "dist-packages"} & set(file.parts)
    return bool(
        installed
        or file.suffix in {".pyx", ".pxd", ".pxi"}
        or file.is_relative_to(Path(linecache.__file__).parent)
        or file.name.startswith("<frozen")
    )
