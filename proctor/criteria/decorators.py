"""Decorators that make a test method a criterion, or several."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Method = TypeVar("Method", bound=Callable[..., Any])


def points(worth: float, *, after: str | None = None) -> Callable[[Method], Method]:
    """Make a test method a criterion worth `worth` points.

    `after` names a criterion of the same class without which this one cannot be judged; when that one did
    not pass, this one is reported as waiting for it.
    """

    def mark(method: Method) -> Method:
        if not (method.__doc__ or "").strip():
            raise TypeError(f"{method.__qualname__} has no docstring: it is what the student reads.")
        if inspect.isgeneratorfunction(method) or inspect.isasyncgenfunction(method):
            raise TypeError(f"{method.__qualname__} has a `yield`: nothing of it would be run.")
        method.worth, method.after = worth, after  # type: ignore[attr-defined]
        return method

    return mark


def cases(*arguments: Mapping[str, Any]) -> Callable[[Method], Method]:
    r"""Make one criterion of a test method for each of some keyword arguments, named in its docstring in braces.

    Each has the points of the method::

        @cases({"n": 0}, {"n": 5})
        @points(1)
        def test_square(self, n):
            \"\"\"`square({n})` is right.\"\"\"
    """

    def mark(method: Method) -> Method:
        method.cases = arguments  # type: ignore[attr-defined]
        return method

    return mark


def case_of(method: Callable[..., None], arguments: Mapping[str, Any]) -> Callable[..., None]:
    """Return a criterion that is a method with some of its arguments."""

    def case(self: Any) -> None:
        method(self, **arguments)

    case.__doc__ = (method.__doc__ or "").format(**arguments)
    case.worth, case.after = method.worth, method.after  # type: ignore[attr-defined]
    return case


def methods_of(case: type) -> dict[str, Any]:
    """Return a test class's criteria, and methods that unittest would take for tests, by name; those of bases first."""
    held: dict[str, Any] = {}
    for base in reversed(case.__mro__):
        held |= vars(base)
    return {
        name: value
        for name, value in held.items()
        if hasattr(value, "worth") or (name.startswith("test") and inspect.isfunction(value))
    }
