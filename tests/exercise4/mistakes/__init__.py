"""The bank of typical mistakes: what each changes in the solution, what it costs, and what the student is told."""

from functools import cache

from . import activation_functions, conv_backward, conv_forward, conv_learning, flatten, initializers
from .changes import StaleError, body, changed, swap
from .mistake import Mistake
from .solution import EXERCISE, PARTS, SOURCE, grade_id, names_of, reference, solution

__all__ = [
    "EXERCISE", "PARTS", "SOURCE", "Mistake", "StaleError", "body", "changed", "grade_id", "mistakes", "names_of", "reference",
    "solution", "swap",
]  # fmt: skip


@cache
def mistakes() -> dict[str, Mistake]:
    """Return the bank of mistakes by name; StaleError if two have the same."""
    parts = (activation_functions, conv_backward, conv_forward, conv_learning, flatten, initializers)
    entries = [entry for part in parts for entry in part.MISTAKES]
    found = {entry.name: entry for entry in entries}
    if len(found) < len(entries):
        raise StaleError("Two mistakes have the same name.")
    return found
