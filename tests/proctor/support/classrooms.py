"""Graded classes, made in a moment: courses with a gradebook and graded notebooks, without running a kernel.

    build(folder, [Made("ada", reports, ...), ...])       reports from anywhere
    realistic(folder, 60, seed=4)                         a class as it might be, from the banks of specimens

Such a course has the repository's release; to whoever only reads, it looks like one that was graded.
"""

from __future__ import annotations

import copy
import random
import re
import shutil
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbgrader import api
from sqlalchemy import insert

from proctor.criteria.outcome import CellReport, Outcome
from proctor.feedback.reports import show_report
from proctor.gradebook.database import open_gradebook
from proctor.grading.judge_cell import undecided
from tests.exercise4.mistakes import PARTS, mistakes
from tests.proctor.support.judging import CELLS, HIDDEN, judge, quietly
from tests.specimens.bank import right_answers
from tests.specimens.build import Submission

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ROOT = Path(__file__).resolve().parents[3]

EXERCISE = "exercise4"
CONFIG = """c = get_config()
c.CourseDirectory.course_id = "made-up"
"""


@dataclass
class Made:
    """A made-up submission, graded.

    Attributes:
        student: the id.
        reports: on the graded cells; what is missing was worth nothing.
        sources: code by the grade_id of its solution cell.
        by_hand: points given by hand, by graded cell.
        facts: what grading noted.
        name: first and last name.
        penalty: points taken away for lateness.
    """

    student: str
    reports: Mapping[str, CellReport]
    sources: Mapping[str, str] = field(default_factory=dict)
    by_hand: Mapping[str, float] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    name: tuple[str, str] = ("", "")
    penalty: float = 0.0


def build(course: Path, students: Iterable[Made], release: Any = None) -> Path:
    """Write a course in which these submissions were graded; returns its folder.

    Args:
        course: a folder, made if it is not there.
        students: the class.
        release: the notebook that students got; the repository's by default.
    """
    course.mkdir(parents=True, exist_ok=True)
    (course / "nbgrader_config.py").write_text(CONFIG)
    folder = course / "release" / EXERCISE
    if release is None:
        shutil.copytree(ROOT / "release" / EXERCISE, folder, dirs_exist_ok=True)
        release = Submission.release().notebook
    else:
        folder.mkdir(parents=True)
        nbformat.write(release, folder / f"{EXERCISE}.ipynb")
    everybody = list(students)
    for made in everybody:
        path = course / "autograded" / made.student / EXERCISE / f"{EXERCISE}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(_graded(made, release), path)
    _register(course, everybody, release)
    return course


def _graded(made: Made, release: Any) -> Any:
    notebook = copy.deepcopy(release)
    notebook.metadata["proctor"] = dict(made.facts)
    for cell in notebook.cells:
        data = cell.metadata.get("nbgrader", {})
        name = data.get("grade_id")
        if name in made.sources:
            cell.source = made.sources[name]
        if data.get("grade") and name in made.reports:
            show_report(cell, made.reports[name])
    return notebook


def _register(course: Path, everybody: list[Made], release: Any) -> None:
    """Write the gradebook, in a few statements: nbgrader's own calls take a minute for a large class."""
    with open_gradebook(f"sqlite:///{course / 'gradebook.db'}", "made-up") as book:
        book.add_assignment(EXERCISE, course_id="made-up")
        book.add_notebook(EXERCISE, EXERCISE)
        for cell in release.cells:
            data = cell.metadata.get("nbgrader", {})
            if data.get("grade"):
                book.add_grade_cell(
                    data["grade_id"], EXERCISE, EXERCISE, max_score=data["points"], cell_type=cell.cell_type
                )
        notebook = book.find_notebook(EXERCISE, EXERCISE)
        cells = {cell.name: cell.id for cell in notebook.grade_cells}
        tables: dict[Any, list[dict[str, Any]]] = {
            api.Student: [], api.SubmittedAssignment: [], api.SubmittedNotebook: [], api.Grade: []
        }  # fmt: skip
        for made in everybody:
            here, there = f"assignment of {made.student}", f"notebook of {made.student}"
            tables[api.Student].append(
                {"id": made.student, "first_name": made.name[0], "last_name": made.name[1], "email": ""}
            )
            tables[api.SubmittedAssignment].append(
                {"id": here, "assignment_id": notebook.assignment.id, "student_id": made.student}
            )
            tables[api.SubmittedNotebook].append(
                {"id": there, "assignment_id": here, "notebook_id": notebook.id,
                 "late_submission_penalty": made.penalty or None}
            )  # fmt: skip
            tables[api.Grade] += [_grade(made, name, cell, there) for name, cell in cells.items()]
        for table, rows in tables.items():
            if rows:
                book.db.execute(insert(table), rows)
        book.db.commit()


def _grade(made: Made, name: str, cell: str, notebook: str) -> dict[str, Any]:
    report = made.reports.get(name)
    return {
        "id": f"{name} of {made.student}"[:64], "cell_id": cell, "notebook_id": notebook,
        "auto_score": report.points if report else 0.0, "manual_score": made.by_hand.get(name),
        "needs_manual_grade": False,
    }  # fmt: skip


@cache
def judged(part: str, source: str) -> dict[str, CellReport]:
    """Judge the cells of a part for one source of it; everything else is the solution."""
    submission = Submission.solved().replace(part, source)
    return quietly(submission, lambda names: judge(names, CELLS[part]))


@cache
def named(mistake: str) -> tuple[str, dict[str, CellReport]]:
    """Return the source and the reports of a mistake of the bank, named as the diagnosis would name it."""
    book = mistakes()[mistake]
    found = {}
    for cell, report in judged(book.part, book.source()).items():
        data = report.as_dict()
        for verdict in data["verdicts"]:
            if cell in book.costs and verdict["outcome"] in ("FAILED", "ERROR"):
                verdict["misconception"], verdict["hint"] = book.says, book.question
        found[cell] = CellReport.from_dict(data)
    return book.source(), found


POPULAR = {
    "activation_functions": "relu_zero_passes sigmoid_slope_of_input relu_without_error sigmoid_twice relu_of_error",
    "initializers": "he_no_root he_fan_out he_uniform const_whole_numbers uniform_both_signs he_two_axes he_glorot",
    "conv": "conv_true_convolution stride_floor input_not_turned strides_repeated bias_mean_of_batch stride_swapped "
    "update_weights_only weights_strides_packed input_not_restacked conv_without_bias initialize_four_axes "
    "weights_mean_of_batch update_without_rate flatten_all",
}
"""Mistakes of a realistic class, the frequent ones first."""


def realistic(course: Path, size: int, seed: int = 4) -> Path:
    """Write a course with a class as it might be: strong and weak, hasty and slow, with three who copied."""
    rng = random.Random(seed)
    students = [_student(rng, number) for number in range(size - 3)]
    for victim, copyist in ((3, size - 3), (11, size - 2), (17, size - 1)):
        sources = {part: renamed(source) for part, source in students[victim].sources.items()}
        if copyist == size - 1:
            sources = {**students[5].sources, "conv": sources.get("conv", "")}
        made = copy.copy(students[victim])
        made.student, made.sources, made.name = f"id{copyist:03d}", sources, ("Copy", f"Cat{copyist}")
        students.append(made)
    return build(course, students)


def _student(rng: random.Random, number: int) -> Made:
    skill = rng.gauss(0.9, 1.0)
    reports: dict[str, CellReport] = {}
    sources: dict[str, str] = {}
    right = [name for name, answer in right_answers().items() if not answer.remarks][1:]
    for place, part in enumerate(PARTS):
        if skill + rng.gauss(0, 0.5) < 0.55 * place - 1.2:
            reports |= judged(part, Submission.release().cell(part).source)
            continue
        if rng.random() < 1 / (1 + 2.718 ** (1.3 * skill - 0.9 - 0.25 * place)):
            popular = POPULAR[part].split()
            source, found = named(rng.choices(popular, [1 / (2 + n) for n in range(len(popular))])[0])
        else:
            source = right_answers()[rng.choice(right)].submission().cell(part).source
            found = judged(part, source)
        sources[part], reports = handwriting(source, rng), reports | found
    facts = {"sandboxed": True, "cpu_seconds": round(rng.lognormvariate(1.0, 0.35), 2), "notices": []}
    facts["wall_seconds"] = round(facts["cpu_seconds"] * 1.4 + 1, 2)
    if number == 8:
        reports = reports | {
            cell: undecided(HIDDEN[cell], Outcome.TIME, "Too slow.") for cell in CELLS["conv"][1:4]
        }
        facts["cpu_seconds"], facts["wall_seconds"] = 83.0, 121.5
    if number == 21:
        reports = {cell: undecided(case, Outcome.UNREADABLE, "No notebook.") for cell, case in HIDDEN.items()}
        sources, facts["unreadable"] = {}, "exercise4.ipynb is no Jupyter notebook: Expecting value"
    if number in (2, 30):
        facts["notices"] = ["The graded cell `he` had been changed; it was put back as it was handed out."]
    if number == 14:
        facts["notices"] = [
            "The notebook is called `Lovelace_ex4.ipynb`; it was taken for `exercise4.ipynb`."
        ]
    return Made(f"id{number:03d}", reports, sources, facts=facts, name=("Ada", f"Lovelace{number}"))


def handwriting(source: str, rng: random.Random) -> str:
    """Write a source the way one person would: with statements in between that are nobody else's."""
    lines = []
    for line in source.split("\n"):
        lines.append(line)
        body = re.match(r"^( {8,})(?!return|raise|else|elif|except|finally|\)|\]|\}|#)\S.*[^,(\[{\\:]$", line)
        if body and source.count('"""', 0, source.index(line)) % 2 == 0 and rng.random() < 0.7:
            terms = [
                rng.choice(("a", "b[0]", "c.T", "2", "d[:, 1]", "(e + f)")) for _ in range(rng.randint(2, 6))
            ]
            signs = [rng.choice((" + ", " * ", " - ", " / ", " @ ", " % ")) for _ in terms[1:]]
            words = "".join(term + sign for term, sign in zip(terms, [*signs, ""], strict=True))
            lines.append(f"{body[1]}note = lambda a, b, c, d, e, f: {words}")
    return "\n".join(lines)


def renamed(source: str) -> str:
    """Return a source with other names for all that is the student's own, as someone who copies would do it."""
    own = sorted(set(re.findall(r"\bself\.(_?[a-z]\w+) = ", source)), key=len, reverse=True)
    local = sorted(set(re.findall(r"^ {8,}([a-z_]\w*) = ", source, re.MULTILINE)), key=len)
    for place, name in enumerate(own):
        source = re.sub(rf"\bself\.{name}\b", f"self.mine_{place}", source)
    for place, name in enumerate(reversed(local)):
        source = re.sub(rf"(?<![.\w]){name}\b(?!=[^=])", f"thing_{place}", source)
    return re.sub(r"#.*", "# I wrote this", source)
