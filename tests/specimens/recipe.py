"""Recipes for submissions that something is odd about: innocent faults in `faulty/`, attacks in `hostile/`.

A recipe is a function that changes what a student hands in. Its name is the case's name, its docstring says in a
sentence what is odd, and its decorator says what is fair::

    @fault(costs=cells("relu_forward", "relu_backward"), because=Outcome.TIME)
    def loop_in_a_method(work):
        \"\"\"A forward pass never ends.\"\"\"
        work.method("ReLU.forward", "while True: pass")

A fault is made by somebody who has solved everything, an attack by somebody who has done nothing, unless the
decorator says otherwise. In the sources of a recipe stand for what is known only when it is handed in: @CASE@ its
name, @COURSE@ and @HOME@ folders of the grader's, @PORT@ a port at which somebody listens, @TOKEN@ what tells this
run from others, @OUTSIDE@ the grader's own namespace of processes. A recipe that has done harm which leaves no trace prints HARM (see there).
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import nbformat
from tests.exercise4.mistakes import body
from tests.exercise4.mistakes import EXERCISE, grade_id, solution
from tests.specimens.build import Submission

from proctor.criteria.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

POINTS = {
    "sigmoid_forward": 1, "sigmoid_backward": 1, "relu_forward": 1, "relu_backward": 1,
    "const": 1, "uniform_random": 1, "he": 2, "flatten": 2, "conv_forward": 4, "conv_stride": 2,
    "conv_gradient_bias": 1, "conv_gradient_weights": 3, "conv_gradient_input": 3, "conv_update": 1,
    "conv_initialize": 1,
}  # fmt: skip

HARM = "HARM-42"
"""Sign in an output that harm was done. Recipes spell it `'HARM-%d' % (6 * 7)`, so that it is not in their text."""

BEGINS = (Outcome.UNFINISHED, Outcome.WAITING, Outcome.NOT_FOUND)


@dataclass
class Work(Submission):
    """Submission of one student, with what only a file system can hold.

    Attributes:
        name: the notebook's file name.
        raw: what is in that file, instead of the notebook.
        on_disk: changes to the folder once it is written: links, pipes.
    """

    name: str = f"{EXERCISE}.ipynb"
    raw: bytes | None = None
    on_disk: list[Callable[[Path], object]] = field(default_factory=list)

    @classmethod
    def start(cls, *, solved: bool) -> Work:
        """Return the release or the solution, without the cells that show pictures and check: they take time."""
        work = cls.solved() if solved else cls.release()
        work.notebook.cells = [cell for cell in work.notebook.cells if grade_id(cell)]
        return work

    def first(self, source: str) -> None:
        """Put a cell before all others."""
        self.insert(dedent(source), before=grade_id(self.notebook.cells[0]))

    def last(self, source: str) -> None:
        """Put a cell behind all others."""
        self.insert(dedent(source), after=grade_id(self.notebook.cells[-1]) or self.notebook.cells[-1].id)

    def method(self, name: str, code: str) -> None:
        """Replace what a method of the solution does, "Class.method"."""
        for part, source in self.sources().items():
            if f"class {name.split('.')[0]}(" in source:
                self.replace(part, body(name, dedent(code))(source))
                return
        raise KeyError(name)

    def file(self, path: str, content: str) -> None:
        """Put a text file beside the notebook."""
        self.files[path] = dedent(content).encode()

    def disk(self, change: Callable[[Path], object]) -> None:
        """Change the written folder."""
        self.on_disk.append(change)

    def graded(self) -> list[nbformat.NotebookNode]:
        """Return the graded cells."""
        return [cell for cell in self.notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")]

    def hand_in(self, folder: Path, names: Mapping[str, str]) -> None:
        """Write it all into `folder`, with the names that stand for others replaced."""

        def filled(text: str) -> str:
            for name, value in names.items():
                text = text.replace(f"@{name}@", value)
            return text

        folder.mkdir(parents=True)
        content = nbformat.v4.writes(self.notebook).encode() if self.raw is None else self.raw
        (folder / self.name).write_bytes(filled(content.decode("latin-1")).encode("latin-1"))
        for name, data in self.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(filled(data.decode("latin-1")).encode("latin-1"))
        for change in self.on_disk:
            change(folder)


@dataclass(frozen=True)
class Recipe:
    """One case.

    Attributes:
        name: unique in both banks.
        family: "faulty" or "hostile".
        says: what is odd about it, a sentence.
        costs: the points that it is fair to lose, by grade_id.
        because: how the criteria may end that are not passed.
        change: changes the work of a student.
        solved: whether that student has solved everything before.
        notice: a piece of what the student is to be told beside the verdicts.
        page: whether it is the feedback page that matters.
    """

    name: str
    family: str
    says: str
    costs: Mapping[str, float]
    because: frozenset[Outcome]
    change: Callable[[Work], object]
    solved: bool
    notice: str = ""
    page: bool = False

    @property
    def kind(self) -> str:
        """The bank and its module, "hostile/pages"."""
        return "/".join(self.change.__module__.split(".")[-2:])

    def hand_in(self, folder: Path, names: Mapping[str, str]) -> None:
        """Write the submission into a new folder."""
        work = Work.start(solved=self.solved)
        self.change(work)
        work.hand_in(folder, {**names, "CASE": self.name})


def cells(*names: str) -> dict[str, float]:
    """Return all points of some cells: what it costs if they are lost."""
    return {name: float(POINTS[name]) for name in names}


ALL = cells(*POINTS)
SIGMOID = cells("sigmoid_forward", "sigmoid_backward")
RELU = cells("relu_forward", "relu_backward")
CONV = cells("flatten", *(name for name in POINTS if name.startswith("conv")))


def fault(
    costs: Mapping[str, float] | None = None, because: Outcome | Iterable[Outcome] = (), notice: str = ""
) -> Callable[[Callable[[Work], object]], Recipe]:
    """Make a function the recipe of an innocent fault; it costs nothing unless `costs` says so."""
    return _recipe("faulty", costs or {}, because, notice)


def attack(
    costs: Mapping[str, float] | None = None,
    because: Outcome | Iterable[Outcome] = BEGINS,
    notice: str = "",
    *,
    solved: bool = False,
    page: bool = False,
) -> Callable[[Callable[[Work], object]], Recipe]:
    """Make a function the recipe of an attack, by one who has done nothing, or has `solved` everything."""
    fair = costs if costs is not None else {} if solved else ALL
    return _recipe("hostile", fair, because, notice, solved=solved, page=page)


def _recipe(
    family: str, costs: Mapping[str, float], because: Outcome | Iterable[Outcome], notice: str,
    *, solved: bool = True, page: bool = False,
) -> Callable[[Callable[[Work], object]], Recipe]:
    ends = frozenset([because] if isinstance(because, Outcome) else because)

    def make(change: Callable[[Work], object]) -> Recipe:
        says = " ".join((inspect.getdoc(change) or "").split())
        return Recipe(change.__name__, family, says, costs, ends, change, solved, notice, page)

    return make


@cache
def recipes(family: str) -> dict[str, Recipe]:
    """Return the bank of a family by name, in the order in which it is written."""
    found: dict[str, Recipe] = {}
    for path in sorted((Path(__file__).parent / family).glob("*.py")):
        for name, value in vars(import_module(f"tests.specimens.{family}.{path.stem}")).items():
            if isinstance(value, Recipe):
                assert name not in found, f"two recipes are called {name}"
                found[name] = value
    return found


__all__ = [
    "ALL", "BEGINS", "CONV", "EXERCISE", "HARM", "POINTS", "RELU", "SIGMOID", "Outcome", "Recipe", "Work", "attack",
    "cells", "dedent", "fault", "grade_id", "nbformat", "recipes", "solution", "Any",
]  # fmt: skip
