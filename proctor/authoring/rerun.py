"""The cells that have to run again when a cell has changed: those that read what it defines."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from proctor.authoring.live_notebook import is_graded
from proctor.submission.restoring import is_demonstration

if TYPE_CHECKING:
    from collections.abc import Callable


def cells_to_rerun(cells: list[Any], changed: str, source: str, transform: Callable[[str], str]) -> list[Any]:
    """Return the cells below a changed one that define something by means of what it defines, directly or not.

    A cell that defines nothing, such as one that draws or prints, has nothing to say to a hidden test.

    Args:
        cells: the notebook's.
        changed: the grade_id of the changed cell.
        source: its new source.
        transform: turns a cell's source into plain Python.
    """
    below = _below(cells, changed)
    known, found = _defined(source), []
    for cell in below:
        text = transform(cell.source)
        defined = _defined(text)
        if defined and _read(text) & known:
            known |= defined
            found.append(cell)
    return found


def _below(cells: list[Any], changed: str) -> list[Any]:
    names = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in cells]
    rest = cells[names.index(changed) + 1 :]
    return [
        each
        for each in rest
        if each.cell_type == "code" and not is_graded(each) and not is_demonstration(each)
    ]


def _defined(source: str) -> set[str]:
    """Return the names that source binds at its top, in whatever way."""
    tree = _parsed(source)
    inner = {
        id(node) for top in ast.walk(tree) if _is_scope(top) for node in ast.walk(top) if node is not top
    }
    bound = {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and id(node) not in inner
    }
    return bound | {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}


def _read(source: str) -> set[str]:
    return {
        node.id
        for node in ast.walk(_parsed(source))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


def _is_scope(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda)


def _parsed(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError:
        return ast.Module([], [])
