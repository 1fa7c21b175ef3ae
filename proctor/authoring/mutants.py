"""Mutants of a solution cell: the cell with one small change, in an order that reaches all of its functions soon."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any

from proctor.authoring.live_notebook import is_graded
from proctor.authoring.mutations import mutated, statements
from proctor.submission.restoring import is_demonstration

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator

BEGIN, END = re.compile(r"\s*### BEGIN SOLUTION\b"), re.compile(r"\s*### END SOLUTION\b")
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
NEVER_CHANGED = (ast.Import, ast.ImportFrom, ast.Pass, *DEFINITIONS)


@dataclass(frozen=True)
class Mutant:
    """A changed solution cell: its grade_id, the function and the change, and the source of the whole cell."""

    cell: str
    what: str
    source: str


def mutants(cell: str, source: str) -> Iterator[Mutant]:
    """Yield the mutants of a solution cell, each source once: small changes first, then what returns None.

    Where the source has nbgrader's markers, only what is between them is changed: the rest is given to the students.
    """
    plain, own = without_markers(source)
    try:
        tree = ast.parse(plain)
    except SyntaxError:
        return
    bodies = [(where, body) for where, body in _bodies(tree) if any(node.lineno in own for node in body)]
    rounds = zip_longest(*(_changes(where, body, own) for where, body in bodies))
    lasting = [change for change in chain.from_iterable(rounds) if change]
    lasting += chain.from_iterable(_without_result(where, body, own) for where, body in bodies)
    seen = {ast.unparse(tree)}
    for what, body, changed in lasting:
        kept, body[:] = body[:], changed
        text = ast.unparse(tree)
        body[:] = kept
        if text not in seen:
            seen.add(text)
            yield Mutant(cell, what, text)


def without_markers(source: str) -> tuple[str, set[int]]:
    """Return a cell's source without nbgrader's markers, and the numbers of the lines that were between them.

    Without any marker all lines are the solution.
    """
    lines, own, inside, marked = [], set(), False, False
    for line in source.splitlines():
        if BEGIN.match(line) or END.match(line):
            inside, marked = bool(BEGIN.match(line)), True
            continue
        lines.append(line)
        if inside:
            own.add(len(lines))
    return "\n".join(lines), own if marked else set(range(1, len(lines) + 1))


Change = tuple[str, list[ast.stmt], list[ast.stmt]]
"""Description of a change, the body as it is in the tree, and the body to put in its place."""


def _bodies(tree: ast.Module) -> Iterator[tuple[str, list[ast.stmt]]]:
    """Yield the bodies that may be changed: of the cell itself, and of each function and method."""
    yield "the cell", tree.body
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node.body


def _changes(where: str, body: list[ast.stmt], own: set[int]) -> Iterator[Change]:
    """Yield small changes of a body: within its statements, then of their order and number."""
    for index, statement in enumerate(body):
        if statement.lineno in own and _changeable(statement):
            for _, other in mutated(statement):
                what = f"{where}: {_changed_line(statement, other)}"
                yield what, body, [*body[:index], other, *body[index + 1 :]]
    if all(node.lineno in own and not isinstance(node, DEFINITIONS) for node in body):
        for what, changed in statements(body):
            if not what.startswith("without return"):
                yield f"{where}: {what}", body, changed


def _changed_line(statement: ast.stmt, other: ast.stmt) -> str:
    """Return the first line of a changed statement that is not as it was."""
    before, after = (ast.unparse(each).splitlines() for each in (statement, other))
    different = (new.strip() for old, new in zip_longest(before, after, fillvalue="") if old != new)
    return next(different, "")


def _without_result(where: str, body: list[ast.stmt], own: set[int]) -> Iterator[Change]:
    """Yield a body that returns None in the place of each of its results."""
    for index, statement in enumerate(body):
        if isinstance(statement, ast.Return) and statement.value is not None and statement.lineno in own:
            nothing = ast.copy_location(ast.Return(ast.Constant(None)), statement)
            yield f"{where}: returns None", body, [*body[:index], nothing, *body[index + 1 :]]


def _changeable(statement: ast.stmt) -> bool:
    text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return not text and not isinstance(statement, NEVER_CHANGED)


def cells_to_rerun(cells: list[Any], changed: str, source: str, transform: Callable[[str], str]) -> list[Any]:
    """Return the cells below a changed one that define something by means of what it defines, directly or not.

    A cell that defines nothing, such as one that draws or prints, has nothing to say to a hidden test. The changed one
    has a grade_id and a new source; `transform` turns a cell's source into plain Python.
    """
    names = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in cells]
    known, found = _defined(_parsed(source)), []
    for cell in cells[names.index(changed) + 1 :]:
        if cell.cell_type == "code" and not is_graded(cell) and not is_demonstration(cell):
            tree = _parsed(transform(cell.source))
            defined = _defined(tree)
            if defined and _names(tree, ast.Load) & known:
                known |= defined
                found.append(cell)
    return found


def _defined(tree: ast.Module) -> set[str]:
    """Return the names that source binds at its top, in whatever way."""
    scopes = [top for top in ast.walk(tree) if isinstance(top, (*DEFINITIONS, ast.Lambda))]
    inner = {id(node) for top in scopes for node in ast.walk(top) if node is not top}
    named = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    return named | _names(tree, ast.Store, inner)


def _names(tree: ast.Module, use: type[ast.expr_context], but: Container[int] = ()) -> set[str]:
    """Return the names that source uses in one way."""
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in but]
    return {node.id for node in names if isinstance(node.ctx, use)}


def _parsed(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError:
        return ast.Module([], [])
