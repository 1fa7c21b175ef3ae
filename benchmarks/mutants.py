"""Mutation testing of the hidden tests: small changes of the solution, each of which a test must notice.

A mutant is killed if a point is lost in a graded cell that owns what was changed: a broken gradient for the bias must
not be found by the step of training alone. What is not killed must be listed below with a reason, or it has survived:
then a hidden test is too weak. Run as a script, it prints the score and each survivor.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import TYPE_CHECKING

from proctor.authoring import mutations
from proctor.authoring.mutations import mutated, statements
from tests.exercise4.mistakes import solution
from tests.proctor.support.judging import CELLS, judge, lost, remarks
from tests.specimens.build import Submission

if TYPE_CHECKING:
    from collections.abc import Iterator

TWINS = (
    *mutations.TWINS,
    ("m", "n"), ("p", "q"), ("sp", "sq"), ("weights", "bias"), ("gradient_weights", "gradient_bias"),
    ("weights_initializer", "bias_initializer"), ("output", "phase"), ("x", "error"), ("kernel_shape", "stride"),
    ("windows", "padded"),
)  # fmt: skip
"""Names of which one is easily taken for the other in this exercise."""

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
    (
        "ConvolutionalLayer.backward",
        "self.gradient_bias = *(0, 2, 3) entries*",
        "a sum over axes has no order",
    ),
    ("ConvolutionalLayer.backward", "unstrided = *without dtype", "double precision is fine, too"),
)
"""(where, what, why): mutants that are right. Patterns; a mutant that is killed is never looked up here."""
NOWHERE = "no cell runs"
LAYER = "ConvolutionalLayer"
OWNERS = (
    ("Sigmoid.forward", "*", "sigmoid_forward"),
    ("Sigmoid.backward", "*", "sigmoid_backward"),
    ("ReLU.forward", "*self.is_positive = *", "relu_backward"),
    ("ReLU.forward", "*", "relu_forward"),
    ("ReLU.backward", "*", "relu_backward"),
    ("Const.*", "*", "const"),
    ("UniformRandom.*", "*", "uniform_random"),
    ("He.*", "*", "he"),
    ("FlattenLayer.*", "*", "flatten"),
    (f"{LAYER}.__init__", "*self.stride = *", "conv_stride"),
    (f"{LAYER}.__init__", "*self.learning_rate = *", "conv_update"),
    (f"{LAYER}.__init__", "*self.n_kernels = *", "conv_initialize"),
    (f"{LAYER}.__init__", "*", "conv_forward"),
    (f"{LAYER}.forward", "*self.input_shape = *", "conv_gradient_input"),
    (f"{LAYER}.forward", "* | (sp, sq) entries*", "conv_stride"),
    (f"{LAYER}.forward", "* | (:, :, ::sp, ::sq) entries*", "conv_stride"),
    (f"{LAYER}.forward", "* | s[pq] -> *", "conv_stride"),
    (f"{LAYER}.forward", "* | ::s[pq] without step", "conv_stride"),
    (f"{LAYER}.forward", "*", "conv_forward"),
    (f"{LAYER}.backward", "*self.gradient_bias = *", "conv_gradient_bias"),
    (f"{LAYER}.backward", "*self.gradient_weights = *", "conv_gradient_weights"),
    (f"{LAYER}.backward", "*self.weights = *", "conv_update"),
    (f"{LAYER}.backward", "*self.bias = *", "conv_update"),
    (f"{LAYER}.backward", "*", "conv_gradient_input"),
    (f"{LAYER}.get_gradient_weights", "*", "conv_gradient_weights"),
    (f"{LAYER}.get_gradient_bias", "*", "conv_gradient_bias"),
    (f"{LAYER}.initialize", "*", "conv_initialize"),
)
"""(where, what, cell): the graded cell that has to notice a change. Patterns; the first that fits counts."""


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
            return "killed" if {self.owner(), NOWHERE} & lost else "survived"
        return "equivalent" if remarked or self.reason() else "survived"

    def judged(self) -> tuple[set[str], bool]:
        """Return the cells in which the mutant loses points, and if there is a remark, which costs nothing."""
        try:
            reports = judge(Submission.solved().replace(self.part, self.source).namespace(), CELLS[self.part])
        except Exception:  # noqa: BLE001  - the cell does not even run
            return {NOWHERE}, False
        return set(lost(reports)), bool(remarks(reports))

    def owner(self) -> str:
        """Return the graded cell that has to notice this mutant; KeyError if none is known to."""
        for where, what, cell in OWNERS:
            if fnmatch(self.where, where) and fnmatch(self.what, what):
                return cell
        raise KeyError(f"no graded cell owns {self.where}: {self.what}")

    def reason(self) -> str:
        """Return why this mutant is equivalent, or ""."""
        fits = (
            why for where, what, why in EQUIVALENT if fnmatch(self.where, where) and fnmatch(self.what, what)
        )
        return next(fits, "")


def mutants(part: str) -> Iterator[Mutant]:
    """Yield all mutants of a part of the solution, each source once."""
    tree, seen = ast.parse(solution()[part]), set()
    for where, method in methods(tree):
        original = method.body
        for what, body in bodies(original):
            method.body = body
            source = ast.unparse(tree)
            if source not in seen:
                seen.add(source)
                yield Mutant(part, where, what, source)
        method.body = original


def methods(tree: ast.Module) -> list[tuple[str, ast.FunctionDef]]:
    """Return the methods that the solution fills in, by "Class.method"."""
    owners = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name != "Initializer"]
    return [
        (f"{owner.name}.{item.name}", item)
        for owner in owners
        for item in owner.body
        if isinstance(item, ast.FunctionDef)
    ]


def bodies(original: list[ast.stmt]) -> Iterator[tuple[str, list[ast.stmt]]]:
    """Yield (what, other body) for each change of a method: of its statements, and within them."""
    yield from statements(original)
    for index, statement in enumerate(original):
        if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Constant):
            for what, other in mutated(statement, TWINS):
                yield what, [*original[:index], other, *original[index + 1 :]]


def score() -> Counter[str]:
    """Judge all mutants, print those that survive, and return how many met which fate."""
    counts: Counter[str] = Counter(killed=0, equivalent=0, survived=0)
    for part in solution():
        for mutant in mutants(part):
            fate = mutant.fate()
            counts[fate] += 1
            if fate == "survived":
                print(f"survived: {mutant.where}: {mutant.what}")
    return counts


if __name__ == "__main__":
    result = score()
    print(", ".join(f"{count} {fate}" for fate, count in result.items()))
    sys.exit(bool(result["survived"]))
