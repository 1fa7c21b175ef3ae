"""Explanation of why a name was not found: the cell that defines it did not run, or the name is spelled otherwise."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from proctor.agent.described import MAX_TEXT, most_like
from proctor.criteria.outcome import CellReport, Check, Outcome, Verdict
from proctor.errors import UnreadableError
from proctor.grading.versions import advice, newer_syntax
from proctor.submission.folders import files
from proctor.submission.reading import content

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from nbformat import NotebookNode

NEAR = 0.6
"""Smallest similarity of two names, from 0 to 1."""
MAX_NAMES = 1_000
"""Names of a kind that are compared with one that was not found."""
MAX_FILES, MAX_FILE = 100, 2**20
"""Files beside a notebook that are looked at, and the bytes of one."""
STUB = "raise NotImplementedError"
FEW = 4
"""Classes of a cell that are named; of more, how many there are."""
_NUMBERED = re.compile(r"\((?:\d+\.py|<tokenize>), line (\d+)\)$")
"""Where a SyntaxError is: IPython names the file of a cell by a number."""
_LINE = re.compile(r"Cell In\[\d+\], line (\d+)")
"""A cell in a traceback of IPython's; the first one is the cell that was run."""
_CLASS = re.compile(r"^class +(\w+)", re.MULTILINE)
_FUNCTION = re.compile(r"^(?:async +)?def +(\w+)", re.MULTILINE)
_VARIABLE = re.compile(r"^(\w++)(?: *+:[^=\n]++)?+ *+=[^=]", re.MULTILINE)
_METHOD = re.compile(r"^[ \t]++(?:async +)?def +(\w+)|^[ \t]++self\.(\w++) *+=[^=]", re.MULTILINE)
_NOT_FOUND = re.compile(r"`(?:(\w+)\.)?(\w+)` was not found\.")


_MAGIC = re.compile(r"\s*(%%\w+)")
_USAGE = re.compile(r"^(UsageError): (.+)", re.MULTILINE)
"""A magic's complaint, which IPython prints where it raises anything else."""


class Ran(NamedTuple):
    """A code cell, and the exception that it ended with, if it did: the type and the text."""

    source: str
    kind: str = ""
    text: str = ""


def ran(notebook: NotebookNode) -> list[Ran]:
    """Return the code cells of a notebook that was run."""
    codes = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [Ran(cell.source, *_ended(cell.get("outputs", []))) for cell in codes]


def _ended(outputs: list[NotebookNode]) -> tuple[str, str]:
    """Return the exception that a cell's outputs end with, or what a magic has complained of; "" twice if neither."""
    errors = [(each.ename, _placed(each)) for each in outputs if each.output_type == "error"]
    printed = [each.text for each in outputs if each.output_type == "stream" and each.name == "stderr"]
    found = _USAGE.search("\n".join(printed))
    return errors[-1] if errors else (found[1], found[2]) if found else ("", "")


def _placed(error: NotebookNode) -> str:
    """Return an exception's text with the line of the cell at which it arrived, if its traceback says so."""
    line = _LINE.search("\n".join(error.traceback))
    if line is None or _NUMBERED.search(error.evalue):
        return str(error.evalue)
    return f"{error.evalue} (line {line[1]} of the cell)".lstrip()


def explained(reports: Mapping[str, CellReport], cells: Iterable[Ran]) -> dict[str, CellReport]:
    """Return the reports with a reason where a name was not found, if the notebook's cells tell one."""
    cells = list(cells)
    return {
        name: replace(report, verdicts=tuple(_explained(verdict, cells) for verdict in report.verdicts))
        for name, report in reports.items()
    }


def doubled(cells: Iterable[Ran], names: Iterable[str]) -> list[str]:
    """Return a notice, in a list, if several cells define a class of one of the names: what is below may be older."""
    counted = Counter(name for cell in cells for name in set(_CLASS.findall(cell.source)))
    found = [f"`{name}`" for name in dict.fromkeys(names) if counted[name] > 1]
    return [f"More than one cell defines {' and '.join(found)}: the last one counts."] if found else []


def written_beside(
    folder: Path, reports: Mapping[str, CellReport], needs: Mapping[str, Iterable[str]]
) -> list[str]:
    """Return a notice for each file that defines a class of which the notebook has nothing.

    Args:
        folder: the submission's files.
        reports: on the graded cells, by grade_id.
        needs: the names that the tests of each of them need.
    """
    nothing = {Outcome.UNFINISHED, Outcome.NOT_FOUND}
    lacking = {
        need
        for name, report in reports.items()
        if {verdict.outcome for verdict in report.verdicts} <= nothing
        for need in needs.get(name, ())
    }
    notices: list[str] = []
    with suppress(OSError):  # a folder that cannot be read
        found = (path for path in files(folder) if path.suffix == ".py")
        for path in islice(found, MAX_FILES if lacking else 0):
            notices += _defined_in(path, path.relative_to(folder), lacking)
    return sorted(notices)


def _defined_in(path: Path, place: Path, lacking: set[str]) -> list[str]:
    """Return a notice, in a list, if a file defines a class that is lacking, and is no stub."""
    try:
        text = content(path, MAX_FILE).decode("utf-8", "replace")
    except UnreadableError:
        return []
    names = " and ".join(f"`{name}`" for name in sorted(lacking.intersection(_CLASS.findall(text))))
    if not names or STUB in text:
        return []
    return [f"`{place}` defines {names}, and the notebook does not: only the notebook counts."]


def _explained(verdict: Verdict, cells: list[Ran]) -> Verdict:
    found = _NOT_FOUND.match(verdict.hint)
    if verdict.outcome is not Outcome.NOT_FOUND or not found:
        return verdict
    owner, name = found.groups()
    for cell in cells:
        if cell.kind and any((owner or name) in each.findall(cell.source) for each in (_CLASS, _FUNCTION)):
            hint = f"The cell that defines {_defined(cell, owner or name)} stopped with an exception:\n{raised(cell)}"
            return replace(verdict, outcome=Outcome.ERROR, check=Check.RUNS, hint=hint)
    if lost := next(filter(None, (_lost(name, cell) for cell in cells if not owner)), ""):
        return replace(verdict, hint=f"{found[0]} {lost}")
    near = next(filter(None, (nearest(name, names) for names in _names(owner, cells))), "")
    if not near:
        return verdict
    near = f"{owner}.{near}" if owner else near
    return replace(verdict, hint=f"{found[0]} There is `{near}`. Is that the one?")


def raised(cell: Ran) -> str:
    """Return in words what a cell raised, and what that has to do with versions."""
    text = "".join(c if c.isprintable() else " " for c in cell.text)[:MAX_TEXT].strip()
    text = _NUMBERED.sub(r"(line \1 of the cell)", text)
    why = advice(cell.kind, cell.text) or (newer_syntax(cell.source) if cell.kind == "SyntaxError" else "")
    return "\n".join(filter(None, [f"{cell.kind[:80]}: {text}".rstrip(": "), why]))


def _lost(name: str, cell: Ran) -> str:
    """Return why a class may be missing although a cell seems to define it, or "" if it does not."""
    defined = re.search(rf"class +{name}\b", cell.source)
    if defined is None:
        return ""
    before = cell.source[: defined.start()].rpartition("\n")[2]
    if cell.kind:
        return f"The cell in which it stands stopped with an exception:\n{raised(cell)}"
    if "#" in before:
        return "Its line is a comment. Should it be one?"
    if before:
        return "Its class stands inside of something else. Should it begin at the left edge?"
    if magic := _MAGIC.match(cell.source):
        return f"The cell that defines it begins with `{magic[1]}`, which keeps names to itself. Without that line?"
    return "A cell defines it and did run, but here the name is gone. Does another cell delete it?"


def _defined(cell: Ran, name: str) -> str:
    """Return the classes that a cell defines, so that all of them are told the same; a name, if it is none of them."""
    classes = list(dict.fromkeys(_CLASS.findall(cell.source)))
    *first, last = [f"`{each}`" for each in (classes if name in classes else [name])]
    if len(first) >= FEW:
        first, last = first[:FEW], f"{len(classes) - FEW} more"
    return f"{', '.join(first)} and {last}" if first else last


def nearest(name: str, names: Iterable[str]) -> str:
    """Return the name that is most like one, whatever its case, or "" if none is."""
    return str(most_like(name, islice(names, MAX_NAMES), NEAR))


def _names(owner: str | None, cells: list[Ran]) -> list[list[str]]:
    """Return the classes, the functions and the variables of a notebook, or what one of the classes has."""
    if not owner:
        kinds = (_CLASS, _FUNCTION, _VARIABLE)
        return [[name for cell in cells for name in kind.findall(cell.source)] for kind in kinds]
    for cell in cells:
        for block in re.split(r"^(?=class )", cell.source, flags=re.MULTILINE):
            if re.match(rf"class +{owner}\b", block):
                return [[one or other for one, other in _METHOD.findall(block)]]
    return []
