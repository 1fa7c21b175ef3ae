"""Surroundings of a hidden test that hold for the student's code, too.

A test patches `input`, redirects what is printed, or waits for a warning, all on the grader's side; so each request says
what is no longer as it was when the criterion began.
"""

from __future__ import annotations

import builtins
import sys
import warnings
from typing import Any, NamedTuple

from proctor.agent.described import builtin_error
from proctor.agent.frames import FormatError
from proctor.agent.surroundings import MAX_WARNING, MAX_WARNINGS, PATCHED
from proctor.session.proxy import clip, student_error


class Surroundings(NamedTuple):
    """Surroundings of a criterion when it began."""

    functions: dict[str, Any]
    stdout: Any
    filters: Any

    @classmethod
    def now(cls) -> Surroundings:
        """Return those of this moment."""
        return cls(_functions(), sys.stdout, warnings.filters)

    def changed(self, *, echoes: bool) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what a request has to say of changes: in its header, and as a value; both are usually empty.

        Args:
            echoes: whether the student's side has to be asked for what it prints.
        """
        noted = {"watched": True} if warnings.filters is not self.filters else {}
        if echoes and sys.stdout is not self.stdout:
            noted["echoed"] = True
        now = _functions()
        return noted, {"patched": now} if now != self.functions else {}


def _functions() -> dict[str, Any]:
    return {name: vars(builtins)[name] for name in PATCHED}


def pass_on(answer: dict[str, Any]) -> None:
    """Print and warn here as the student's side did; raise the student's error for a warning that is to be one."""
    printed, told = answer.get("printed", ""), answer.get("warnings", [])
    if not isinstance(printed, str) or not isinstance(told, list):
        raise FormatError("invalid notes")
    sys.stdout.write(printed)
    for each in told[:MAX_WARNINGS]:
        _warn(each)


def _warn(told: Any) -> None:
    try:
        lineage, text = told
        known = [kind for name in lineage if (kind := builtin_error(name, Warning))]
    except (TypeError, ValueError):
        raise FormatError("an invalid warning") from None
    category = (*known, UserWarning)[0]
    try:
        warnings.warn_explicit(clip(text, MAX_WARNING), category, "notebook", 1)
    except Warning as warning:
        error = {"kind": category.__name__, "text": str(warning), "bases": list(lineage)}
        raise student_error(error) from None
