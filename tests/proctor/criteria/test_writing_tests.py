"""The examples of docs/writing-tests.md: each test is judged on the students below it, who read what is printed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
import pytest

from proctor.criteria import Criteria
from proctor.grading.diagnosis import LazySide
from proctor.grading.judge_cell import LocalSide, judge_cell
from proctor.grading.missing import Ran, explained
from proctor.session.proxies import loopback

PAGE = Path(__file__).resolve().parents[3] / "docs" / "writing-tests.md"
BLOCK = re.compile(
    r"^```(python student|python misconceptions|python|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL
)

IMPORTED = "Criteria", "cases", "points", "np"
"""The names that the page's first example imports, for all of them."""


class Example(NamedTuple):
    """A test, what is known beside it, a student's cell, and what the student reads."""

    case: type[Criteria]
    known: dict[str, Any]
    cell: str
    reads: str


def examples() -> dict[str, Example]:
    """Return the page's examples, by the title of the test and their number."""
    found: dict[str, Example] = {}
    known: dict[str, Any] = {}
    imported: dict[str, Any] = {}
    case, cell = Criteria, ""
    for kind, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if kind == "python student":
            cell = text
        elif kind == "text":
            found[f"{case.__name__} {len(found) + 1}"] = Example(case, known, cell, text)
        else:
            names = {**imported, "__name__": "page"}
            exec(text, names)
            imported = imported or {name: names[name] for name in IMPORTED}
            known = names if kind == "python misconceptions" else known
            case = next(filter(_is_test, names.values()), case)
    return found


def _is_test(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Criteria) and value is not Criteria


EXAMPLES = examples()


def said(example: Example) -> str:
    """Return what a student reads: for each criterion the points, the sentence, how it ended, and the hint."""
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(example.cell, names)
    known = example.known
    report = judge_cell(
        example.case,
        LocalSide(loopback(names)),
        diagnose=known["diagnosis"]() if known else None,
        reference=LazySide(known["reference"]) if known else None,
    )
    verdicts = explained({report.grade_id: report}, [Ran(example.cell)])[report.grade_id].verdicts
    lines = []
    for verdict in verdicts:
        hint = f": {verdict.hint}" if verdict.hint else ""
        named = f" ({verdict.misconception})" if verdict.misconception else ""
        earned = f"{verdict.points:g}/{verdict.worth:g}"
        lines.append(f"{earned} {verdict.sentence} {verdict.outcome.value}{hint}{named}\n")
    return "".join(lines)


def test_the_page_has_examples() -> None:
    """Each block of code belongs to one."""
    kinds = [kind for kind, _ in BLOCK.findall(PAGE.read_text(encoding="utf-8"))]
    assert len(EXAMPLES) == kinds.count("text") == kinds.count("python student") >= 12
    assert len(kinds) == PAGE.read_text(encoding="utf-8").count("\n```") / 2


@pytest.mark.parametrize("name", EXAMPLES)
def test_students_read_what_the_page_says(name: str) -> None:
    """The verdicts and hints are those that are printed."""
    assert said(EXAMPLES[name]) == EXAMPLES[name].reads
    plt.close("all")
