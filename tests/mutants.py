"""Mutation testing of the hidden tests: small changes of the solution, each of which a test must notice.

A mutant is killed if a point is lost. What is not killed must be listed below with a reason, or it has
survived: then a hidden test is too weak. Run as a script, it prints the score and each survivor.
"""

from __future__ import annotations

import ast
import copy
import sys
from collections import Counter
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE / "specimens"), str(HERE.parent)]

from build import Submission, solution  # noqa: E402
from judging import CELLS, judge, lost, remarks  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

TWINS = (
    ("m", "n"), ("p", "q"), ("sp", "sq"), ("weights", "bias"), ("gradient_weights", "gradient_bias"),
    ("weights_initializer", "bias_initializer"), ("maximum", "minimum"), ("zeros", "ones"), ("sum", "mean"),
    ("normal", "uniform"), ("random", "standard_normal"), ("sqrt", "square"), ("prod", "sum"), ("exp", "expm1"),
    ("abs", "negative"), ("output", "phase"), ("x", "error"), ("kernel_shape", "stride"), ("windows", "padded"),
)  # fmt: skip
"""Names of which one is easily taken for the other."""
OPERATORS = {
    ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.Div, ast.Add), ast.Div: (ast.Mult, ast.FloorDiv),
    ast.FloorDiv: (ast.Mult, ast.Mod), ast.Pow: (ast.Mult,), ast.Gt: (ast.GtE, ast.Lt), ast.GtE: (ast.Gt, ast.Lt),
}  # fmt: skip

NEVER_BEFORE = "only a backward before any forward could tell"
CONSTRUCTOR = "what a constructor puts into weights and bias is never judged: None is fine, too"
ORDER = "the two statements do not depend on each other"
EQUIVALENT = (
    ("*.__init__", "self.output = None*", NEVER_BEFORE),
    ("*.__init__", "self.is_positive = None*", NEVER_BEFORE),
    ("*.__init__", "*self.input_shape = None*", NEVER_BEFORE),
    ("*.__init__", "without self.* = None", NEVER_BEFORE),
    ("*.__init__", "self.* = None | *", NEVER_BEFORE),
    ("*.__init__", "*super().__init__()*", "the phase that it sets is not used in this exercise"),
    ("ConvolutionalLayer.__init__", "*self.weights = *", CONSTRUCTOR),
    ("ConvolutionalLayer.__init__", "*self.bias = *", CONSTRUCTOR),
    ("ConvolutionalLayer.__init__", "self.* | later", ORDER),
    ("Sigmoid.forward", "* >= 0 -> Gt", "exp(0) is 1 on both sides of 0"),
    ("ReLU.forward", "*arguments 0 and 1 swapped", "the larger of two numbers has no order"),
    ("Const.initialize", "*without dtype", "Const(1) may be an array of whole numbers"),
    ("FlattenLayer.forward", "* | 1 -> 2", "NumPy takes any negative extent for -1"),
    ("ConvolutionalLayer.forward", "(sp, sq), (m, n) = *later", ORDER),
    ("ConvolutionalLayer.forward", "self.input_shape = x.shape | later", ORDER),
    ("ConvolutionalLayer.backward", "* | later", ORDER),
    ("ConvolutionalLayer.initialize", "self.weights = *later", ORDER),
    ("*", "*without optimize", "the same sum in another order"),
    ("ConvolutionalLayer.backward", "self.gradient_bias = *(0, 2, 3) entries*", "a sum over axes has no order"),
    ("ConvolutionalLayer.backward", "unstrided = *without dtype", "double precision is fine, too"),
)
"""(where, what, why): mutants that are right. Patterns; a mutant that is killed is never looked up here."""


@dataclass(frozen=True)
class Mutant:
    """A changed cell: the part, the method and the change, and the source."""

    part: str
    where: str
    what: str
    source: str

    def fate(self) -> str:
        """Return "killed", or "equivalent", or "survived"."""
        lost, remarked = self.judged()
        if lost:
            return "killed"
        return "equivalent" if remarked or self.reason() else "survived"

    def judged(self) -> tuple[float, bool]:
        """Return the points that the mutant loses, and if there is a remark: a change that may be noticed only."""
        try:
            reports = judge(Submission.solved().replace(self.part, self.source).namespace(), CELLS[self.part])
        except Exception:  # noqa: BLE001  - the cell does not even run
            return 1, False
        return sum(lost(reports).values()), bool(remarks(reports))

    def reason(self) -> str:
        """Return why this mutant is equivalent, or ""."""
        fits = (why for where, what, why in EQUIVALENT if fnmatch(self.where, where) and fnmatch(self.what, what))
        return next(fits, "")


def variations(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Yield (what, other node) for each small change of one node."""
    if isinstance(node, ast.BinOp):
        for other in OPERATORS.get(type(node.op), ()):
            yield f"-> {other.__name__}", ast.BinOp(node.left, other(), node.right)
        yield "-> left", node.left
        yield "-> right", node.right
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for other in OPERATORS.get(type(node.ops[0]), ()):
            yield f"-> {other.__name__}", ast.Compare(node.left, [other()], node.comparators)
    elif isinstance(node, ast.UnaryOp):
        yield "-> without sign", node.operand
    elif isinstance(node, ast.Constant):
        yield from ((f"-> {value!r}", ast.Constant(value)) for value in other_constants(node.value))
    elif isinstance(node, ast.Tuple | ast.List):
        yield from reordered(node, "elts", "entries")
    elif isinstance(node, ast.Call):
        yield from reordered(node, "args", "arguments")
        for index, keyword in enumerate(node.keywords):
            yield f"without {keyword.arg}", changed(node, "keywords", node.keywords[:index] + node.keywords[index + 1 :])
    elif isinstance(node, ast.Slice):
        for name in ("lower", "upper", "step"):
            if getattr(node, name) is not None:
                yield f"without {name}", changed(node, name, None)
        if node.lower is None:
            yield "from 1", changed(node, "lower", ast.Constant(1))
    elif isinstance(node, ast.Name | ast.Attribute):
        field = "id" if isinstance(node, ast.Name) else "attr"
        for pair in TWINS:
            if getattr(node, field) in pair:
                other = pair[1 - pair.index(getattr(node, field))]
                yield f"-> {other}", changed(node, field, other)


def other_constants(value: Any) -> list[Any]:
    """Return the constants that are tried in place of one."""
    if isinstance(value, bool) or value is None or value is Ellipsis:
        return []
    if isinstance(value, int | float):
        return [value + 1, value - 1]
    if isinstance(value, str) and "->" in value:
        head, tail = value.split("->")
        return [f"{head}->{tail[:i]}{tail[i + 1]}{tail[i]}{tail[i + 2:]}" for i in range(len(tail) - 1)]
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
    """Puts another node in the place of one."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        """Replace the node, or look further down."""
        return self.new if node is self.old else super().visit(node)


def mutants(part: str) -> Iterator[Mutant]:
    """Yield all mutants of a part of the solution."""
    tree = ast.parse(solution()[part])
    methods = [
        (f"{owner.name}.{method.name}", method)
        for owner in tree.body
        if isinstance(owner, ast.ClassDef)
        for method in owner.body
        if isinstance(method, ast.FunctionDef) and owner.name != "Initializer"
    ]
    for where, method in methods:
        original = method.body
        for what, body in statements(original):
            method.body = body
            yield Mutant(part, where, what, ast.unparse(tree))
        method.body = original
        for statement in original:
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                continue
            yield from mutants_of(part, where, tree, method, statement)


def mutants_of(
    part: str, where: str, tree: ast.Module, method: ast.FunctionDef, statement: ast.stmt
) -> Iterator[Mutant]:
    """Yield the mutants of one statement."""
    original, index = method.body, method.body.index(statement)
    for node in ast.walk(statement):
        for what, other in variations(node):
            mutated = copy.deepcopy(statement)
            twin = list(ast.walk(mutated))[list(ast.walk(statement)).index(node)]
            mutated = Replace(twin, copy.deepcopy(other)).visit(mutated)
            method.body = [*original[:index], mutated, *original[index + 1 :]]
            source = ast.unparse(ast.fix_missing_locations(tree))
            text = f"{ast.unparse(statement)} | {ast.unparse(node)} {what}"
            method.body = original
            yield Mutant(part, where, text, source)


def score(verbose: bool = True) -> dict[str, int]:
    """Judge all mutants; return how many were killed, are equivalent, and survived."""
    counts: Counter[str] = Counter(killed=0, equivalent=0, survived=0)
    for part in solution():
        for mutant in {mutant.source: mutant for mutant in mutants(part)}.values():
            fate = mutant.fate()
            counts[fate] += 1
            if fate == "survived" and verbose:
                print(f"survived: {mutant.where}: {mutant.what}")
    return dict(counts)


if __name__ == "__main__":
    result = score()
    print(", ".join(f"{count} {fate}" for fate, count in result.items()))
    sys.exit(bool(result["survived"]))
