"""Objects of a test's own classes, handed to the student's code."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

from proctor.criteria import points
from proctor.criteria.outcome import Outcome
from tests.proctor.criteria.idioms.idiom import Idiom


@dataclasses.dataclass
class Node:
    """A node of a linked list."""

    value: int
    next: Node | None = None


class Traversed(Idiom):
    """Objects that hold each other"""

    needs = ("length",)
    right = (
        "def length(node):\n    n = 0\n    while node is not None: n, node = n + 1, node.next\n    return n"
    )
    wrong = right.replace("n = 0", "n = 1")
    hint = "4 != 3"

    @points(1)
    def test_it(self):
        """A list of three nodes has length 3."""
        self.assertEqual(self.length(Node(1, Node(2, Node(3)))), 3)


class Relinked(Idiom):
    """Attributes that the student's code sets"""

    needs = ("reverse",)
    right = """
        def reverse(node):
            before = None
            while node is not None:
                node.next, before, node = before, node, node.next
            return before
    """
    wrong = right.replace("return before", "return node")
    hint = "None != Node(value=2"

    @points(1)
    def test_it(self):
        """The list is reversed."""
        head = Node(1, Node(2))
        self.assertEqual(self.reverse(head), Node(2, Node(1)))
        self.assertIsNone(head.next)


class SameObject(Idiom):
    """An object that is handed in twice"""

    needs = ("distinct",)
    right = "def distinct(things): return len({id(thing) for thing in things})"
    wrong = "def distinct(things): return len(things)"
    hint = "3 != 2"

    @points(1)
    def test_it(self):
        """Two of the three are the same."""
        one = object()
        self.assertEqual(self.distinct([one, object(), one]), 2)


@dataclasses.dataclass(frozen=True, order=True)
class Card:
    """A card, which can be compared, hashed and shown."""

    rank: int
    suit: str

    def __str__(self) -> str:
        return f"{self.rank}{self.suit}"


class Compared(Idiom):
    """Objects that are compared, counted and shown"""

    needs = ("best", "shown", "count")
    right = """
        best = max
        def shown(cards): return " ".join(f"{card}" for card in sorted(cards))
        def count(cards):
            counts = {}
            for card in cards: counts[card] = counts.get(card, 0) + 1
            return counts
    """
    wrong = right.replace("sorted(cards)", "cards")
    hint = "'9S 3D' != '3D 9S'"

    @points(1)
    def test_it(self):
        """The hand is sorted and counted."""
        hand = [Card(9, "S"), Card(3, "D")]
        self.assertEqual(self.best(hand), Card(9, "S"))
        self.assertEqual(self.count([Card(2, "H"), Card(2, "H")]), {Card(2, "H"): 2})
        self.assertEqual(self.shown(hand), "3D 9S")


class Frozen(Idiom):
    """An object that cannot be changed"""

    needs = ("is_frozen",)
    right = """
        def is_frozen(card):
            try:
                card.rank = 2
            except AttributeError:
                return card.rank != 2
    """
    wrong = right.replace("!= 2", "== 2")
    hint = "False is not True"

    @points(1)
    def test_it(self):
        """A card is frozen."""
        self.assertIs(self.is_frozen(Card(3, "D")), True)


class Amount:
    """An amount of money, with operators, a property, a class attribute and a class method."""

    currency = "EUR"

    def __init__(self, cents: int) -> None:
        self.cents = cents

    @classmethod
    def zero(cls) -> Amount:
        """Return nothing."""
        return cls(0)

    @property
    def whole(self) -> int:
        """Return the whole euros."""
        return self.cents // 100

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.cents + other.cents)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Amount) and self.cents == other.cents

    __hash__ = None


class Added(Idiom):
    """Operators, properties, class attributes and class methods"""

    needs = ("total", "shown")
    right = """
        def total(amounts): return sum(amounts, amounts[0].zero())
        def shown(amount): return f"{amount.whole} {amount.currency}"
    """
    wrong = right.replace("amount.whole", "amount.cents")
    hint = "'350 EUR' != '3 EUR'"

    @points(1)
    def test_it(self):
        """Amounts are added and shown."""
        total = self.total([Amount(150), Amount(200)])
        self.assertEqual(total, Amount(350))
        self.assertEqual(self.shown(total), "3 EUR")


class Point(NamedTuple):
    """A point of a plane."""

    x: float
    y: float


class TupleWithNames(Idiom):
    """A named tuple that is unpacked and indexed"""

    needs = ("norm",)
    right = "def norm(p):\n    x, y = p\n    return (x * p.x + y * p[1]) ** 0.5"
    wrong = "def norm(p): return p.x"
    hint = "3 != 5"

    @points(1)
    def test_it(self):
        """(3, 4) has the norm 5."""
        self.assertEqual(self.norm(Point(3, 4)), 5)


class Endless(list):
    """A list of the test's own."""


class TooMany(Idiom):
    """A list of a type of its own, of which the student's code cannot make one of any size"""

    needs = ("first",)
    right = "def first(numbers): return numbers[0] + len(numbers) + sum(numbers)"
    wrong = "def first(numbers): return (numbers * 2**24)[0]"
    outcome = Outcome.ERROR
    hint = "unsupported operand"

    @points(1)
    def test_it(self):
        """It has one number, which is 1."""
        self.assertEqual(self.first(Endless([1])), 3)


class Documented(Idiom):
    """The docstring of a function that is decorated"""

    needs = ("traced",)
    right = """
        import functools
        def traced(f):
            @functools.wraps(f)
            def wrapper(*args): return f(*args)
            return wrapper
    """
    wrong = right.replace("@functools.wraps(f)", "")
    hint = "None != 'Add one.'"

    @points(1)
    def test_it(self):
        """The docstring is kept."""

        def add(x):
            """Add one."""
            return x + 1

        self.assertEqual(self.traced(add)(1), 2)
        self.assertEqual(self.traced(add).__doc__, "Add one.")
