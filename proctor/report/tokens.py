"""Python source as a sequence of tokens in which renaming, layout and comments leave no trace.

The lexer takes whatever a student wrote, also what Python would not: it never fails, and every token knows its line.
"""

from __future__ import annotations

import builtins
import keyword
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_SOURCE = 200_000
"""Characters of one source that are read; nobody writes as much by hand."""

LEXEME = re.compile(
    r"""
    (?P<skip> \#[^\n]* | ^[ \t]*[%!?][^\n]* | \\\n )
    | (?P<string> (?i:[rbuf]{0,2}) (?: '''[\s\S]*?(?:'''|\Z) | \"""[\s\S]*?(?:\"""|\Z)
        | '(?:\\.|[^'\\\n])*'? | "(?:\\.|[^"\\\n])*"? ) )
    | (?P<name> [^\W\d]\w* )
    | (?P<number> \.?\d[\w.]* )
    | (?P<sign> \*\*=? | //=? | <<=? | >>=? | [-+*/%&|^@<>=!:]= | -> | [^\s\w] )
    """,
    re.VERBOSE | re.MULTILINE,
)
KEPT = frozenset(keyword.kwlist) | frozenset(dir(builtins))
"""Names that mean the same in everybody's code."""
OF_LIBRARIES = frozenset().union(
    *map(
        dir, (np, np.ndarray, np.random, np.random.Generator, np.linalg, np.fft, list, dict, set, str, tuple)
    )
)
"""Names that nobody chooses, where they stand after a dot."""


@dataclass(frozen=True)
class Tokens:
    """A source, as numbers.

    Attributes:
        codes: a number for each token, equal for tokens that are equal but for a name; uint64.
        lines: the line of each token, from 0; int64.
    """

    codes: NDArray[np.uint64]
    lines: NDArray[np.int64]


def tokens(source: str) -> Tokens:
    """Read a source.

    A name that its author could choose is just a name; those of Python and NumPy stay. Strings are just strings,
    and docstrings, comments and magics are left out.
    """
    source = source[:MAX_SOURCE]
    codes, lines = [], []
    line, counted, line_start, ended, before = 0, 0, 0, 0, ""
    for match in LEXEME.finditer(source):
        start, kind, text = match.start(), match.lastgroup, match.group()
        breaks = source.count("\n", counted, start)
        if breaks:
            line, line_start = line + breaks, source.rindex("\n", 0, start) + 1
        counted = start
        is_first, ended = ended <= line_start, match.end()
        if kind == "skip" or (kind == "string" and is_first):
            continue
        codes.append(_code(str(kind), text, before == "."))
        lines.append(line)
        before = text
    return Tokens(np.array(codes, np.uint64), np.array(lines, np.int64))


@lru_cache(50_000)
def _code(kind: str, text: str, after_dot: bool) -> int:  # noqa: FBT001  it is cached by position
    """Return the number of what a token counts as."""
    word = text
    if kind == "string":
        word = '""'
    elif kind == "name" and text not in KEPT and not (after_dot and text in OF_LIBRARIES):
        word = "name"
    return crc32(word.encode("utf-8", "replace"))
