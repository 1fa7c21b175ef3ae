"""Explanation of exceptions: those that newer versions raise where older ones did not, and some that mislead.

Students' machines have other versions than the grader's. Who gets one of these has not made a mistake in the exercise,
and reads what has changed, since when, and what works in every version.
"""

from __future__ import annotations

import re

REMOVED = {
    **dict.fromkeys(("bool", "int", "float", "complex", "object", "str"), ("1.24", "{0}, without `np.`")),
    "product": ("2.0", "np.prod"),
    "cumproduct": ("2.0", "np.cumprod"),
    "sometrue": ("2.0", "np.any"),
    "alltrue": ("2.0", "np.all"),
    "float_": ("2.0", "np.float64"),
    "complex_": ("2.0", "np.complex128"),
    "Inf": ("2.0", "np.inf"),
    "Infinity": ("2.0", "np.inf"),
    "infty": ("2.0", "np.inf"),
    "NaN": ("2.0", "np.nan"),
    "NAN": ("2.0", "np.nan"),
    "round_": ("2.0", "np.round"),
    "mat": ("2.0", "np.asmatrix"),
    "asfarray": ("2.0", "np.asarray(x, dtype=float)"),
    "cast": ("2.0", "np.asarray(x, dtype=...)"),
    "msort": ("2.0", "np.sort(x, axis=0)"),
    "find_common_type": ("2.0", "np.result_type"),
    "row_stack": ("2.0, with a warning", "np.vstack"),
    "trapz": ("2.4", "np.trapezoid, or a sum"),
    "in1d": ("2.4", "np.isin"),
}
"""Names that NumPy no longer has: since when, and what is to be written instead."""

ALIASES = {
    name: new
    for name, (_, instead) in REMOVED.items()
    if (new := instead.format(name).removesuffix(", without `np.`").removeprefix("np.")).isidentifier()
}
"""The removed names that something else is another name for: `product` for `prod`, `float` for Python's."""

STRICTER = (
    (r"only (?:0-dimensional|length-1|size-1) arrays can be converted to Python scalars", "NumPy 2.4",
     "an array with one entry was taken for a number", "`y[i] = a[0]` or `a.item()` instead of `y[i] = a`"),
    (r"setting an array element with a sequence", "NumPy 1.24 or 2.4",
     "an array was written into a single element, or lists of different lengths became an array",
     "a number for each element"),
    (r"Cannot cast ufunc .* casting rule 'same_kind'", "NumPy 1.10",
     "an array of whole numbers was changed in place by numbers with decimals",
     "`x = x + y` instead of `x += y`, or an array made with `dtype=float`"),
    (r"Unable to avoid copy while creating an array", "NumPy 2.0",
     "`copy=False` used to copy where it had to", "`np.asarray(x)`"),
    (r"Python integer .* out of bounds for \w+", "NumPy 2.0",
     "a number too large for the array's dtype used to wrap around", "a larger dtype"),
)  # fmt: skip
"""Stricter rules: the message, since which version, what happened, and what works in every version."""

_F_STRING = re.compile(
    r"unterminated f-string|f-string: (?:expecting|unmatched|cannot)|expression part cannot include"
)
F_STRING = (
    "Are there quotes or backslashes inside of the braces of an f-string? Only Python 3.12 and later allow them. "
    "Other quotes inside of the braces than around the text work in all versions."
)
_TYPES = re.compile(
    r"^[ \t]*+(?:type +\w++ *+(?:\[[^\]\n]*+\])?+ *+=|(?:class|(?:async +)?def) +\w++\[)", re.MULTILINE
)
TYPES = (
    "Is there a `type` statement, or a type parameter in brackets behind a name? Only Python 3.12 and later have them. "
    "Without them the code works in all versions."
)
SLIPS = (
    (r"'(?:int|float|complex|bool|str|tuple|list|dict|set|NoneType|numpy\.\w+)' object is not callable",
     "Does a value, or a property, have the name of a function or method?"),
    (r"object is not callable", "It is an object, not a function. Which method of it is to be called?"),
    (r"\w\(\) takes no arguments|__init__\(\) takes 1 positional argument",
     "Is your constructor called `__init__`, with two underscores on both sides?"),
)  # fmt: skip
"""Messages that do not show what to look for: a pattern, and the question that leads on."""

_REMOVED = re.compile(
    r"module 'numpy' has no attribute '(\w+)'|`np\.(\w+)` was (?:removed|a deprecated alias)"
)

_MISSING = re.compile(r"No module named '(\w+)'")


def removed_name(kind: str, text: str) -> str:
    """Return the name that NumPy no longer has, if an exception says so, or "" if it does not."""
    found = _REMOVED.search(text) if kind == "AttributeError" else None
    name = found[1] or found[2] if found else ""
    return name if name in REMOVED else ""


def advice(kind: str, text: str) -> str:
    """Return what an exception has to do with the grader's versions and packages, or with a slip; "" if nothing."""
    missing = _MISSING.match(text) if kind == "ModuleNotFoundError" else None
    if missing:
        return (
            f"`{missing[1]}` is not installed where this is graded, and no file of that name was handed in. "
            "Which packages does the exercise use?"
        )
    if kind == "StdinNotImplementedError":
        return "While this is graded, nobody is there to answer an `input`. Can the value stand in the cell?"
    slips = (question for pattern, question in SLIPS if kind == "TypeError" and re.search(pattern, text))
    return explanation(kind, text) or next(slips, "")


def newer_syntax(source: str) -> str:
    """Return what a cell that an older Python cannot parse has to do with versions, or "" if nothing."""
    return TYPES if _TYPES.search(source) else ""


def explanation(kind: str, text: str) -> str:
    """Return what an exception has to do with versions, and what works in all of them, or "" if nothing.

    Args:
        kind: the name of the exception's type.
        text: its message.
    """
    if name := removed_name(kind, text):
        since, instead = REMOVED[name]
        if "`" in instead:
            return f"`np.{name}` is gone since NumPy {since}. Write `{name}`, without `np.`: it works in all versions."
        return (
            f"`np.{name}` is gone since NumPy {since}; older versions still have it. "
            f"`{instead}` works in all of them."
        )
    if kind == "SyntaxError" and _F_STRING.search(text):
        return F_STRING
    for pattern, since, happened, instead in STRICTER:
        if re.search(pattern, text):
            return f"Older versions may have accepted this; since {since} they do not: {happened}. Write {instead}."
    return ""
