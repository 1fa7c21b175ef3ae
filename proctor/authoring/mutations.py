"""Small changes of Python source: operators, constants, slices, order, axes, names, statements."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Sequence
from typing import Any

Twins = Sequence[tuple[str, str]]

TWINS: Twins = (
    ("max", "min"), ("maximum", "minimum"), ("argmax", "argmin"), ("zeros", "ones"), ("sum", "mean"), ("prod", "sum"),
    ("sqrt", "square"), ("exp", "expm1"), ("sin", "cos"), ("abs", "negative"), ("normal", "uniform"),
    ("random", "standard_normal"), ("floor", "ceil"), ("all", "any"), ("append", "extend"),
)  # fmt: skip
"""Names of which one is easily taken for the other, in any exercise."""
OPERATORS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.Div, ast.Add), ast.Div: (ast.Mult, ast.FloorDiv),
    ast.FloorDiv: (ast.Mult, ast.Mod), ast.Pow: (ast.Mult,), ast.MatMult: (ast.Mult,),
}  # fmt: skip
COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Gt: (ast.GtE, ast.Lt), ast.GtE: (ast.Gt, ast.Lt), ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt, ast.Gt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,),
}  # fmt: skip


def variations(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Yield (what, other node) for each small change of one node, by its type."""
    match node:
        case ast.BinOp(left, op, right):
            others = OPERATORS.get(type(op), ())
            yield from ((f"-> {other.__name__}", ast.BinOp(left, other(), right)) for other in others)
            yield from (("-> left", left), ("-> right", right))
        case ast.Compare(left, [op, *ops], right):
            signs = COMPARISONS.get(type(op), ())
            yield from ((f"-> {sign.__name__}", ast.Compare(left, [sign(), *ops], right)) for sign in signs)
        case ast.UnaryOp(_, operand):
            yield "-> without sign", operand
        case ast.Constant(value):
            yield from ((f"-> {other!r}", ast.Constant(other)) for other in other_constants(value))
        case ast.Tuple():
            yield from reordered(node, "elts", "entries")
        case ast.Call(_, _, keywords):
            yield from reordered(node, "args", "arguments")
            for keyword in keywords:
                rest = [each for each in keywords if each is not keyword]
                yield f"without {keyword.arg}", changed(node, "keywords", rest)
        case ast.Slice(lower):
            there = [name for name in ("lower", "upper", "step") if getattr(node, name) is not None]
            yield from ((f"without {name}", changed(node, name, None)) for name in there)
            if lower is None:
                yield "from 1", changed(node, "lower", ast.Constant(1))


def twins_swapped(node: ast.AST, twins: Twins) -> Iterator[tuple[str, ast.AST]]:
    """Yield nodes with a name or attribute replaced by its twin."""
    field = {ast.Name: "id", ast.Attribute: "attr"}.get(type(node), "")
    name = getattr(node, field) if field else None
    for pair in twins:
        if name in pair:
            other = pair[1 - pair.index(name)]
            yield f"-> {other}", changed(node, field, other)


def other_constants(value: Any) -> list[Any]:
    """Return the constants that are tried in place of one."""
    if isinstance(value, bool) or value is None or value is Ellipsis:
        return []
    if isinstance(value, int | float):
        return [value + 1, value - 1]
    if isinstance(value, str) and "->" in value:
        head, tail = value.split("->")
        return [f"{head}->{tail[:i]}{tail[i + 1]}{tail[i]}{tail[i + 2 :]}" for i in range(len(tail) - 1)]
    return []


def reordered(node: ast.AST, field: str, word: str) -> Iterator[tuple[str, ast.AST]]:
    """Yield nodes with two neighbours in a list swapped."""
    items = getattr(node, field)
    for i in range(len(items) - 1):
        if ast.dump(items[i]) != ast.dump(items[i + 1]):
            order = [*items[:i], items[i + 1], items[i], *items[i + 2 :]]
            yield f"{word} {i} and {i + 1} swapped", changed(node, field, order)


def changed(node: ast.AST, field: str, value: Any) -> ast.AST:
    """Return a shallow copy of a node with one field changed."""
    other = copy.copy(node)
    setattr(other, field, value)
    return other


def statements(body: list[ast.stmt]) -> Iterator[tuple[str, list[ast.stmt]]]:
    """Yield (what, other body): a statement left out, two neighbours swapped."""
    first = 1 if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) else 0
    for i in range(first, len(body)):
        text = ast.unparse(body[i])
        yield f"without {text}", [*body[:i], ast.Pass(), *body[i + 1 :]]
        if i + 1 < len(body):
            yield f"{text} | later", [*body[:i], body[i + 1], body[i], *body[i + 2 :]]


class Replace(ast.NodeTransformer):
    """Transformer that puts another node in the place of one."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        """Replace the node, or look further down."""
        return self.new if node is self.old else super().visit(node)


def mutated(statement: ast.stmt, twins: Twins = TWINS) -> Iterator[tuple[str, ast.stmt]]:
    """Yield (what, other statement) for each small change within a statement, which stays as it is."""
    for place, node in enumerate(ast.walk(statement)):
        for what, other in (*variations(node), *twins_swapped(node, twins)):
            twin: Any = copy.deepcopy(statement)
            twin = Replace(list(ast.walk(twin))[place], copy.deepcopy(other)).visit(twin)
            yield f"{ast.unparse(statement)} | {ast.unparse(node)} {what}", ast.fix_missing_locations(twin)
