"""What of a student's words may be repeated in a report.

An exception's text can carry what the code was judged on: `raise ValueError(x)` spells a hidden input, and the
name of a type or of a function can spell it as well. So nothing is repeated because it came: it is repeated
because it stands in the submitted notebook, or because it is a message that Python, NumPy or SciPy is known
for, with no more in it than names of the notebook and a few small integers, such as the extents of a shape.

What remains is what any verdict tells: which of the student's own sentences, lines and shapes came up.
"""

from __future__ import annotations

import builtins
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

WITHHELD = "its message is not shown, because it may hold numbers of the tests"
MAX_TEMPLATES = 2_000

_STRING = re.compile(
    r"(\"\"\"|''')(?P<long>.*?)\1|\"(?P<double>(?:\\.|[^\"\\\n])*)\"|'(?P<single>(?:\\.|[^'\\\n])*)'",
    re.DOTALL,
)
_HOLE = re.compile(r"%[-+ #0]*\d*(?:\.\d+)?[a-zA-Z]|\{[^{}\n]*\}")
_WHERE = re.compile(r"(?P<name>\S+), line (?P<number>\d{1,5}): (?P<code>.*)")
_NAME = re.compile(r"[^\W\d]\w*")

_KNOWN = {
    *dir(builtins),
    *("NoneType", "function", "method", "module", "generator", "builtin_function_or_method", "ellipsis"),
    *("numpy", "ndarray", "dtype", "scipy", "signal", "_ArrayMemoryError", "LinAlgError", "AxisError"),
    *("UFuncTypeError", "_UFuncNoLoopError", "_UFuncBinaryResolutionError", "_UFuncOutputCastingError"),
    *("float16", "float32", "float64", "complex64", "complex128", "int32", "int64", "uint8", "bool_"),
    *("add", "subtract", "multiply", "divide", "power", "maximum", "minimum", "exp", "sqrt", "matmul"),
    *("<module>", "<lambda>", "<listcomp>", "<genexpr>", "<dictcomp>", "<setcomp>"),
}

# In known_messages.txt, which is one pattern a line: a small integer, a shape, a name.
_HOLES = {
    "#": r"-?\d{1,5}",
    "@": r"\((?:\d{1,5}(?:, ?\d{1,5}){0,5},?)?\)",
    "&": r"(?P<name_{}>[\w.<>]{{1,80}})",
}


class Quotation:
    """The words of one submission."""

    def __init__(self, sources: Iterable[str]) -> None:
        """Take in the source of each code cell."""
        self._names: set[str] = set(_KNOWN)
        self._lines: dict[str, set[int]] = {}
        templates: dict[tuple[str, ...], None] = {}
        for source in sources:
            self._names.update(_NAME.findall(source))
            for number, line in enumerate(source.split("\n"), start=1):
                # A cell that is saved to a file loses its first line there.
                self._lines.setdefault(line.strip()[:160], set()).update((number, number - 1))
            for literal in _STRING.finditer(source):
                templates[_template(literal["long"] or literal["double"] or literal["single"] or "")] = None
        spoken = [parts for parts in templates if sum(map(str.isalpha, "".join(parts))) >= 3]
        self._templates = sorted(spoken, key=lambda parts: -len("".join(parts)))[:MAX_TEMPLATES]

    def name(self, name: str, otherwise: str) -> str:
        """Return a name, dotted perhaps, if the notebook or a library has it."""
        return name if name and all(part in self._names for part in name.split(".")) else otherwise

    def message(self, text: str) -> str:
        """Return what may be repeated of an exception's text."""
        if not text or self._known(text):
            return text
        if text[0] == text[-1] and text[0] in "'\"" and (text[1:-1],) in self._templates:
            return text  # a KeyError shows its key in quotes
        for parts in self._templates:
            if _matches(parts, text):
                return "…".join(parts).strip()
        for parts in self._templates:
            if sum(map(str.isalpha, parts[0])) >= 3 and text.startswith(parts[0]):
                return f"{parts[0].strip()} …"
        return WITHHELD

    def where(self, lines: Iterable[str]) -> list[str]:
        """Return the lines of a traceback that are lines of the notebook."""
        kept = []
        for found in filter(None, map(_WHERE.fullmatch, lines)):
            numbers = self._lines.get(found["code"].strip()[:160])
            if numbers and found["code"].strip() and found["name"].isprintable():
                at = f", line {found['number']}" if int(found["number"]) in numbers else ""
                kept.append(f"{self.name(found['name'], 'a function')}{at}: {found['code'].strip()}")
        return kept

    def _known(self, text: str) -> bool:
        for pattern in _library():
            found = pattern.fullmatch(text)
            if found:
                return all(self.name(name, "") for name in found.groupdict().values() if name)
        return False


@cache
def _library() -> list[re.Pattern[str]]:
    """Compile the messages of Python, NumPy and SciPy, with holes for numbers, shapes and names."""
    patterns = []
    for line in files("proctor").joinpath("known_messages.txt").read_text(encoding="utf-8").splitlines():
        count = iter(range(9))
        pieces = [_HOLES["&"].format(next(count)) if p == "&" else _HOLES.get(p, p) for p in _pieces(line)]
        patterns.append(re.compile("".join(pieces)))
    return patterns


def _pieces(line: str) -> list[str]:
    """Split a message at its holes; within brackets the letters of holes are themselves."""
    return re.findall(r"\[[^]]*\]|[#@&]|[^\[#@&]+", line)


def _template(body: str) -> tuple[str, ...]:
    """Split a string literal at the places where values are put in."""
    for written, meant in ((r"\n", "\n"), (r"\'", "'"), (r"\"", '"'), ("\\\n", "")):
        body = body.replace(written, meant)
    return tuple(" ".join(part.split("\n")) for part in _HOLE.split(body))


def _matches(parts: tuple[str, ...], text: str) -> bool:
    """Say whether a text is a template with something in its holes; in linear time, unlike a pattern."""
    if len(parts) == 1:
        return text == parts[0].strip()
    if not text.startswith(parts[0]):
        return False
    position = len(parts[0])
    for part in parts[1:-1]:
        position = text.find(part, position)
        if position < 0:
            return False
        position += len(part)
    return len(text) - position >= len(parts[-1]) and text.endswith(parts[-1])
