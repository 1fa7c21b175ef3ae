"""The banks of right answers and of mistakes, read from `correct/` and `mistaken/`."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import dedent, indent
from typing import TYPE_CHECKING

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
try:
    from build import PARTS, Submission, names_of, solution
finally:
    sys.path.remove(str(HERE))

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

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


@dataclass(frozen=True)
class Mistake:
    """A misconception that students have.

    Attributes:
        name: a slug, unique in the bank.
        part: the solution cell that it is made in, a key of PARTS.
        says: what is different, a sentence for the student who made it.
        question: what leads on.
        costs: the points lost, by grade_id.
        changes: what turns the solution's cell into this one.
        also: the names of other mistakes whose words are true of this one, too.
    """

    name: str
    part: str
    says: str
    question: str
    costs: Mapping[str, float]
    changes: tuple[Change, ...]
    also: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, str]:
        """What the student reads. Mistakes of the same words are one misconception."""
        return self.says, self.question

    def source(self) -> str:
        """Return the source of the cell with this mistake; StaleError if it no longer applies."""
        return changed(self.name, self.part, self.changes)

    def submission(self) -> Submission:
        """Return the solution with this mistake in it."""
        return Submission.solved().replace(self.part, self.source())


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


@cache
def mistakes() -> dict[str, Mistake]:
    """Return the bank of mistakes by name."""
    entries = [entry for path in sorted((HERE / "mistaken").glob("*.py")) for entry in load(path).MISTAKES]
    found = {entry.name: entry for entry in entries}
    if len(found) < len(entries):
        raise StaleError("Two mistakes have the same name.")
    return found


def load(path: Path) -> ModuleType:
    """Load a module of a bank by its path; it imports this one as `bank`."""
    sys.path.insert(0, str(HERE))
    try:
        spec = importlib.util.spec_from_file_location(f"{path.parent.name}_{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(HERE))
    return module


@dataclass(frozen=True)
class Right:
    """A right answer, read from a module in percent format::

        \"\"\"Who this student is, and what is special about the answer.\"\"\"
        REMARKS = {"flatten": "not in C order"}     # if remarks are due: a piece of them, by grade_id
        SAVED = ("conv",)                           # the parts that are saved with %%writefile

        # %% conv                     the cell of a part; other parts are the solution's
        # %% before conv              a cell of the student's own, before or after another one
    """

    name: str
    who: str
    remarks: Mapping[str, str]
    cells: tuple[tuple[str, str], ...]
    saved: tuple[str, ...] = ()

    def submission(self) -> Submission:
        """Return the submission: this student's cells, the solution's where there are none."""
        submission = Submission.solved()
        for header, source in self.cells:
            where, _, name = header.rpartition(" ")
            submission.insert(source, **{where: name}) if where else submission.replace(name, source)
        for part in self.saved:
            submission.replace(part, f"%%writefile {PARTS[part]}\n" + submission.cell(part).source)
        return submission


def read_right(path: Path) -> Right:
    """Read one right answer."""
    head, *chunks = re.split(r"^# %% (.+)\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    tree = ast.parse(head)
    settings = {node.targets[0].id: ast.literal_eval(node.value) for node in tree.body if isinstance(node, ast.Assign)}
    cells = tuple(zip(chunks[::2], chunks[1::2], strict=True))
    who = ast.get_docstring(tree) or ""
    return Right(path.stem, who, settings.get("REMARKS", {}), cells, settings.get("SAVED", ()))


def variant(name: str, part: str, who: str, remarks: Mapping[str, str], *changes: Change) -> Right:
    """Return a right answer that differs from the solution in a few lines of one part."""
    return Right(name, who, remarks, ((part, changed(name, part, changes)),))


@cache
def right_answers() -> dict[str, Right]:
    """Return the bank of right answers by name; the solution itself is one of them."""
    answers = [Right("solution", "The solution.", {}, ()), *load(HERE / "correct" / "variants.py").VARIANTS]
    answers += [read_right(path) for path in sorted((HERE / "correct").glob("*.py")) if path.stem != "variants"]
    return {answer.name: answer for answer in answers}
