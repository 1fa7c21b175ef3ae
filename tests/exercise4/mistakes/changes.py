"""Changes of the solution's cells, which known mistakes are made of."""

from __future__ import annotations

import ast
from collections.abc import Callable
from textwrap import dedent, indent

from .solution import solution

Change = Callable[[str], str]


class StaleError(Exception):
    """A change no longer applies: the solution that it was written for has changed."""


def changed(name: str, part: str, changes: tuple[Change, ...]) -> str:
    """Return the solution's cell of a part with changes; StaleError if one no longer applies."""
    source = solution()[part]
    for change in changes:
        before, source = source, change(source)
        if source == before:
            raise StaleError(f"{name}: a change leaves the solution as it is.")
    return source


def swap(old: str, new: str) -> Change:
    """Replace a piece of the solution that occurs exactly once."""

    def change(source: str) -> str:
        if source.count(old) != 1:
            raise StaleError(f"{old!r} occurs {source.count(old)} times in the solution, not once.")
        return source.replace(old, new)

    return change


def body(method: str, code: str) -> Change:
    """Replace what a method of the solution does, "Class.method"; its signature stays, its docstring goes."""
    class_name, method_name = method.split(".")

    def change(source: str) -> str:
        for node in ast.parse(source).body:
            if isinstance(node, ast.ClassDef) and node.name == class_name:
                for item in node.body:
                    if isinstance(item, ast.FunctionDef) and item.name == method_name:
                        lines = source.splitlines(keepends=True)
                        lines[item.body[0].lineno - 1 : item.end_lineno] = [indent(dedent(code).strip("\n"), " " * 8) + "\n"]
                        return "".join(lines)
        raise StaleError(f"The solution has no {method}.")

    return change
