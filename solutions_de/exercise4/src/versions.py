"""The versions of NumPy and SciPy that a notebook is graded with, and a warning where yours are others."""

import re

import numpy as np
import scipy

GRADED = {"NumPy": ("2.4", "2.5"), "SciPy": ("1.17", "1.18")}
"""Which one of the two it is depends on the grader's Python."""


def warn_of_other_versions() -> None:
    """Print a line for each package of which you have another version than the grader."""
    for name, package in (("NumPy", np), ("SciPy", scipy)):
        if sentence := other_version(name, package.__version__):
            print(sentence)


def other_version(name: str, yours: str) -> str:
    """Return a warning if your version of a package is not one that grades, or ""."""
    graded = GRADED[name]
    numbers = tuple(int(number) for number in re.findall(r"\d+", yours)[:2])
    if ".".join(map(str, numbers)) in graded:
        return ""
    last = tuple(map(int, graded[-1].split(".")))
    risk = "It may refuse what these accept" if numbers > last else "These may refuse what it accepts"
    same = f'%pip install "{name.lower()}>={graded[0]},<{last[0]}.{last[1] + 1}"'
    return (
        f"Your {name} is {yours}; your notebook is graded with {' or '.join(graded)}. {risk}. "
        f"To have the same version, run {same} in a cell, then restart the kernel."
    )
