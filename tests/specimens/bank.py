"""The bank of right answers, read from `correct/`, and that of mistakes, as submissions."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from tests.exercise4.mistakes import PARTS, Mistake, changed
from tests.specimens.build import Submission

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.exercise4.mistakes.changes import Change

CORRECT = Path(__file__).resolve().parent / "correct"


def submission_of(specimen: Mistake | Right) -> Submission:
    """Return a specimen as handed in: a right answer, or the solution with a mistake in it."""
    if isinstance(specimen, Mistake):
        return Submission.solved().replace(specimen.part, specimen.source())
    return specimen.submission()


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
    answers = [Right("solution", "The solution.", {}, ()), *import_module("tests.specimens.correct.variants").VARIANTS]
    answers += [read_right(path) for path in sorted(CORRECT.glob("*.py")) if path.stem != "variants"]
    return {answer.name: answer for answer in answers}
