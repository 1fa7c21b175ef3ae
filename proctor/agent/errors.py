"""Exceptions of the student's code, as they are told to the grader."""

import linecache
import os

MAX_TEXT, MAX_LINE, MAX_LINES = 600, 160, 4
"""Characters of an exception's text (the longest usual one, on `np.float`, has 460) and of a line; lines."""
MAX_BASES = 20
PLAIN = (type(None), bool, int, float, str)
"""Types of attributes that are told."""


def describe(error):
    """Return an exception's type, text, classes, plain attributes, and the student's lines that led to it."""
    where, trace = [], error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        path = code.co_filename
        inside = "ipykernel_" in path or path.startswith(os.getcwd()) or not os.path.isabs(path)
        if inside and not path.startswith("<"):
            line = linecache.getline(path, trace.tb_lineno).strip()
            where.append(f"{code.co_name}, line {trace.tb_lineno}: {line[:MAX_LINE]}")
        trace = trace.tb_next
    try:
        text = str(error)
    except Exception:
        text = ""
    told = {"kind": type(error).__name__, "text": text[:MAX_TEXT], "where": where[-MAX_LINES:]}
    bases = [base.__name__ for base in type(error).__mro__[1:-1]][:MAX_BASES]
    if attributes := {name: value for name, value in vars(error).items() if type(value) in PLAIN}:
        told["attributes"] = attributes
    return told | {"bases": bases}
