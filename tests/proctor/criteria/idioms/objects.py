"""Classes and their objects."""

from __future__ import annotations

import copy
import dataclasses
import unittest.mock

from proctor.criteria import points
from proctor.criteria.outcome import Outcome
from tests.proctor.criteria.idioms.idiom import Idiom

VECTOR = """
    class Vector:
        def __init__(self, x, y): self.x, self.y = x, y
        def __add__(self, other): return Vector(self.x + other.x, self.y + other.y)
        def __sub__(self, other): return Vector(self.x - other.x, self.y - other.y)
        def __mul__(self, number): return Vector(number * self.x, number * self.y)
        def __rmul__(self, number): return self * number
        def __truediv__(self, number): return self * (1 / number)
        def __matmul__(self, other): return self.x * other.x + self.y * other.y
        def __pow__(self, number): return (self @ self) ** (number / 2)
        def __neg__(self): return -1 * self
        def __abs__(self): return (self @ self) ** 0.5
        def __eq__(self, other): return isinstance(other, Vector) and (self.x, self.y) == (other.x, other.y)
        def __lt__(self, other): return abs(self) < abs(other)
        def __hash__(self): return hash((self.x, self.y))
        def __bool__(self): return bool(self.x or self.y)
        def __repr__(self): return f'Vector({self.x}, {self.y})'
"""
STACK = """
    class Stack:
        def __init__(self, *items): self.items = list(items)
        def push(self, item): self.items.append(item); return self
        def pop(self): return self.items.pop()
        def __len__(self): return len(self.items)
        def __iter__(self): return iter(self.items)
        def __contains__(self, item): return item in self.items
        def __getitem__(self, index): return self.items[index]
        def __setitem__(self, index, item): self.items[index] = item
        def __delitem__(self, index): del self.items[index]
        def __reversed__(self): return reversed(self.items)
"""


class Attribute(Idiom):
    """An attribute"""

    needs = ("Account",)
    right = "class Account:\n    def __init__(self, owner): self.owner, self.balance = owner, 0"
    wrong = "class Account:\n    def __init__(self, owner): self.owner, self.balance = owner, 1"

    @points(1)
    def test_it(self):
        """A new account is empty."""
        account = self.Account("Ada")
        self.assertEqual(account.owner, "Ada")
        self.assertEqual(account.balance, 0)


class MissingAttribute(Idiom):
    """An attribute that is not there"""

    needs = ("Account",)
    right = "class Account:\n    balance = 0"
    wrong = "class Account:\n    amount = 0"
    outcome = Outcome.NOT_FOUND
    hint = "`Account.balance` was not found"

    @points(1)
    def test_it(self):
        """There is a balance."""
        self.assertEqual(self.Account().balance, 0)


class HasAttribute(Idiom):
    """`hasattr`"""

    needs = ("Account",)
    right = "class Account:\n    def pay(self): pass"
    wrong = "class Account:\n    def receive(self): pass"
    hint = "there is no `pay`"

    @points(1)
    def test_it(self):
        """One can pay."""
        self.assertFalse(hasattr(self.Account(), "no_such_thing"))
        self.assertEqual(getattr(self.Account(), "no_such_thing", 7), 7)
        self.assertTrue(hasattr(self.Account(), "pay"), "there is no `pay`")


class Property(Idiom):
    """A property with a setter that checks"""

    needs = ("Celsius",)
    right = """
        class Celsius:
            def __init__(self, degrees): self.degrees = degrees
            @property
            def degrees(self): return self._degrees
            @degrees.setter
            def degrees(self, value):
                if value < -273.15: raise ValueError('too cold')
                self._degrees = value
    """
    wrong = "class Celsius:\n    def __init__(self, degrees): self.degrees = degrees"
    hint = "ValueError not raised"

    @points(1)
    def test_it(self):
        """Nothing is colder than -273.15 degrees."""
        heat = self.Celsius(20)
        heat.degrees = 30
        self.assertEqual(heat.degrees, 30)
        with self.assertRaises(ValueError):
            heat.degrees = -300


class OwnEquality(Idiom):
    """Equality with plain values, as the class has it"""

    own_equality = True
    needs = ("Money",)
    right = """
        from functools import total_ordering
        @total_ordering
        class Money:
            def __init__(self, amount): self.amount = amount
            def __eq__(self, other): return self.amount == getattr(other, 'amount', other)
            def __lt__(self, other): return self.amount < getattr(other, 'amount', other)
    """
    wrong = right.replace("getattr(other, 'amount', other)", "other.amount")
    outcome = Outcome.ERROR
    hint = "AttributeError"

    @points(1)
    def test_it(self):
        """Money is compared with numbers."""
        self.assertEqual(self.Money(5), 5)
        self.assertFalse(self.Money(5) == 6)
        self.assertLess(self.Money(5), 6)
        self.assertNotEqual(self.Money(5), "5")


class InstanceOf(Idiom):
    """`isinstance` with classes of the notebook"""

    needs = ("Shape", "Circle")
    right = "class Shape: pass\nclass Circle(Shape): pass"
    wrong = "class Shape: pass\nclass Circle: pass"

    @points(1)
    def test_it(self):
        """A circle is a shape."""
        circle = self.Circle()
        self.assertIsInstance(circle, self.Circle)
        self.assertNotIsInstance(3, self.Circle)
        self.assertIsInstance(circle, self.Shape)
        self.assertTrue(issubclass(self.Circle, self.Shape))


class ClassMethods(Idiom):
    """Class methods and static methods"""

    needs = ("Date",)
    right = """
        class Date:
            def __init__(self, year): self.year = year
            @classmethod
            def parse(cls, text): return cls(int(text[:4]))
            @staticmethod
            def is_leap(year): return year % 4 == 0
    """
    wrong = right.replace("[:4]", "[-2:]")

    @points(1)
    def test_it(self):
        """A date is parsed."""
        self.assertTrue(self.Date.is_leap(2024))
        self.assertEqual(self.Date.parse("2024-01-31").year, 2024)


class Arithmetic(Idiom):
    """Operators and their mirrors"""

    needs = ("Vector",)
    right = VECTOR
    wrong = VECTOR.replace("def __rmul__", "def rmul")
    outcome = Outcome.ERROR
    hint = "TypeError: unsupported operand type(s)"

    @points(1)
    def test_it(self):
        """Vectors are added, scaled and multiplied."""
        a, b = self.Vector(1, 2), self.Vector(3, 4)
        self.assertEqual(a + b, self.Vector(4, 6))
        self.assertEqual(b - a, self.Vector(2, 2))
        self.assertEqual(b / 2, self.Vector(1.5, 2))
        self.assertEqual(a @ b, 11)
        self.assertEqual(b**2, 25)
        self.assertEqual(abs(b), 5)
        a += b
        self.assertEqual(a, self.Vector(4, 6))
        self.assertEqual(2 * b, self.Vector(6, 8))
        self.assertEqual(-b, self.Vector(-3, -4))


class Comparison(Idiom):
    """Comparison and sorting"""

    needs = ("Vector",)
    right = VECTOR
    wrong = VECTOR.replace("abs(self) < abs(other)", "abs(self) > abs(other)")

    @points(1)
    def test_it(self):
        """Vectors are ordered by their length."""
        a, b = self.Vector(1, 0), self.Vector(3, 4)
        self.assertNotEqual(a, b)
        self.assertFalse(a == 5)
        self.assertLess(a, b)
        self.assertEqual(sorted([b, a]), [a, b])
        self.assertIs(max(a, b), b)


class Hash(Idiom):
    """Objects in a set and as keys"""

    needs = ("Vector",)
    right = VECTOR
    wrong = VECTOR.replace("def __hash__(self): return hash((self.x, self.y))", "")
    outcome = Outcome.ERROR
    hint = "unhashable"

    @points(1)
    def test_it(self):
        """Equal vectors are one key."""
        self.assertEqual(len({self.Vector(1, 2), self.Vector(1, 2), self.Vector(2, 1)}), 2)
        self.assertEqual({self.Vector(1, 2): "a"}[self.Vector(1, 2)], "a")


class Representation(Idiom):
    """`str` and `repr`"""

    needs = ("Vector",)
    right = VECTOR
    wrong = VECTOR.replace("f'Vector({self.x}, {self.y})'", "f'({self.x}, {self.y})'")

    @points(1)
    def test_it(self):
        """A vector shows its entries."""
        self.assertEqual(f"{self.Vector(1, 2)}", "Vector(1, 2)")
        self.assertEqual(repr(self.Vector(1, 2)), "Vector(1, 2)")
        self.assertRegex(str(self.Vector(1, 2)), r"^Vector\(")


class Truth(Idiom):
    """An object as a condition"""

    needs = ("Vector",)
    right = VECTOR
    wrong = VECTOR.replace("def __bool__", "def truth")

    @points(1)
    def test_it(self):
        """The zero vector is false."""
        self.assertTrue(self.Vector(0, 1))
        self.assertFalse(self.Vector(0, 0))


class Container(Idiom):
    """Length, index, slice, membership, iteration"""

    needs = ("Stack",)
    right = STACK
    wrong = STACK.replace("return self.items[index]", "return self.items[0]")

    @points(1)
    def test_it(self):
        """A stack is a container."""
        stack = self.Stack(1, 2, 3)
        self.assertEqual(len(stack), 3)
        self.assertIn(2, stack)
        self.assertNotIn(7, stack)
        self.assertEqual(list(stack), [1, 2, 3])
        self.assertEqual(list(reversed(stack)), [3, 2, 1])
        self.assertEqual(sum(stack), 6)
        stack[0] = 5
        del stack[1]
        self.assertEqual(stack.items, [5, 3])
        self.assertEqual(stack[-1], 3)
        self.assertEqual(stack[0:2], [5, 3])


class Fluent(Idiom):
    """Calls that return the object itself"""

    needs = ("Stack",)
    right = STACK
    wrong = STACK.replace("return self", "return Stack(*self.items)", 1)

    @points(1)
    def test_it(self):
        """`push` returns the stack."""
        stack = self.Stack()
        self.assertIs(stack.push(1).push(2), stack)
        self.assertEqual(stack.pop(), 2)


class Linked(Idiom):
    """Objects that hold each other"""

    needs = ("Node",)
    right = "class Node:\n    def __init__(self, value, next=None): self.value, self.next = value, next"
    wrong = "class Node:\n    def __init__(self, value, next=None): self.value, self.next = value, self"

    @points(1)
    def test_it(self):
        """The last node has no next one."""
        last = self.Node(2)
        first = self.Node(1, last)
        self.assertIs(first.next, last)
        self.assertIsNone(last.next)


class ContextManager(Idiom):
    """A context manager, with and without an exception"""

    needs = ("Ignoring",)
    right = """
        class Ignoring:
            def __init__(self, kind): self.kind, self.met = kind, None
            def __enter__(self): return self
            def __exit__(self, kind, error, trace):
                self.met = str(error) if error else None
                return kind is not None and issubclass(kind, self.kind)
    """
    wrong = right.replace("return kind is not None and issubclass(kind, self.kind)", "return False")

    @points(1)
    def test_it(self):
        """An exception of the kind is ignored."""
        with self.Ignoring(ValueError) as block:
            pass
        self.assertIsNone(block.met)
        try:
            with self.Ignoring(KeyError) as block:
                raise KeyError("a")  # noqa: TRY301  - what the block is to swallow
        except KeyError:
            self.fail("The exception came through.")
        self.assertIn("a", block.met)


class Iterator(Idiom):
    """An object that is its own iterator"""

    needs = ("Countdown",)
    right = """
        class Countdown:
            def __init__(self, n): self.n = n
            def __iter__(self): return self
            def __next__(self):
                if self.n == 0: raise StopIteration
                self.n -= 1
                return self.n + 1
    """
    wrong = right.replace("return self.n + 1", "return self.n")

    @points(1)
    def test_it(self):
        """It counts down to 1."""
        countdown = self.Countdown(3)
        self.assertEqual(next(countdown), 3)
        self.assertEqual([*countdown], [2, 1])
        with self.assertRaises(StopIteration):
            next(countdown)


class CallableObject(Idiom):
    """An object that can be called"""

    needs = ("Polynomial",)
    right = """
        class Polynomial:
            def __init__(self, *a): self.a = a
            def __call__(self, x): return sum(c * x**k for k, c in enumerate(self.a))
    """
    wrong = right.replace("__call__", "value")
    outcome = Outcome.FAILED

    @points(1)
    def test_it(self):
        """A polynomial can be called."""
        p = self.Polynomial(1, 0, 2)
        self.assertTrue(callable(p))
        self.assertEqual(p(3), 19)


class NamedTuple(Idiom):
    """A named tuple and a dataclass"""

    needs = ("Point", "Person")
    right = """
        from collections import namedtuple
        from dataclasses import dataclass
        Point = namedtuple('Point', 'x y')
        @dataclass
        class Person:
            name: str
            age: int = 0
    """
    wrong = right.replace("        @dataclass\n", "")
    outcome = Outcome.ERROR

    @points(1)
    def test_it(self):
        """A point has two coordinates, a person a name."""
        point = self.Point(1, y=2)
        self.assertIsInstance(point, tuple)
        self.assertEqual(point, (1, 2))
        x, y = point
        self.assertEqual((point.x, x, y), (1, 1, 2))
        self.assertEqual(self.Person("Ada"), self.Person("Ada", 0))
        self.assertEqual(repr(self.Person("Ada", 36)), "Person(name='Ada', age=36)")


class Enumeration(Idiom):
    """An enumeration"""

    needs = ("Color", "mixed")
    right = """
        from enum import Enum
        class Color(Enum):
            RED, BLUE, PURPLE = 1, 2, 3
        def mixed(a, b): return Color.PURPLE if {a, b} == {Color.RED, Color.BLUE} else a
    """
    wrong = right.replace("return Color.PURPLE", "return Color.RED")

    @points(1)
    def test_it(self):
        """Red and blue make purple."""
        self.assertEqual(self.Color.RED.name, "RED")
        self.assertEqual(self.Color["BLUE"].value, 2)
        self.assertEqual([each.name for each in self.Color], ["RED", "BLUE", "PURPLE"])
        self.assertIs(self.mixed(self.Color.RED, self.Color.BLUE), self.Color.PURPLE)


class TypeName(Idiom):
    """The name of a type"""

    needs = ("make",)
    right = "class Duck: pass\ndef make(): return Duck()"
    wrong = "class Goose: pass\ndef make(): return Goose()"

    @points(1)
    def test_it(self):
        """A duck comes."""
        self.assertEqual(type(self.make()).__name__, "Duck")


class Abstract(Idiom):
    """An abstract class"""

    needs = ("Shape", "Square")
    right = """
        from abc import ABC, abstractmethod
        class Shape(ABC):
            @abstractmethod
            def area(self): ...
        class Square(Shape):
            def area(self): return 1
    """
    wrong = right.replace("            @abstractmethod\n", "")
    hint = "TypeError not raised"

    @points(1)
    def test_it(self):
        """A shape without an area cannot be made."""
        self.assertEqual(self.Square().area(), 1)
        with self.assertRaises(TypeError):
            self.Shape()


class Copied(Idiom):
    """An object that copies itself"""

    needs = ("Matrix",)
    right = """
        class Matrix:
            def __init__(self, rows): self.rows = [list(row) for row in rows]
            def copy(self): return Matrix(self.rows)
    """
    wrong = right.replace("[list(row) for row in rows]", "rows")

    @points(1)
    def test_it(self):
        """A change of the copy leaves the original alone."""
        matrix = self.Matrix([[1, 2], [3, 4]])
        other = matrix.copy()
        other.rows[0] = [0, 0]
        self.assertIsNot(matrix, other)
        other.rows = copy.deepcopy(matrix.rows)
        other.rows[0].append(9)
        self.assertEqual(matrix.rows, [[1, 2], [3, 4]])


class Mocked(Idiom):
    """A stand-in of `unittest.mock` as an argument"""

    needs = ("notify",)
    right = "def notify(mail, names):\n    for name in names: mail.send(to=name)"
    wrong = "def notify(mail, names): mail.send(to=names[0])"
    hint = "Calls not found"

    @points(1)
    def test_it(self):
        """Everybody gets a mail."""
        mail = unittest.mock.Mock()
        self.notify(mail, ["a", "b"])
        mail.send.assert_has_calls([unittest.mock.call(to="a"), unittest.mock.call(to="b")])


class FieldsOfDataclass(Idiom):
    """A dataclass, asked for its fields, and a class's bases"""

    needs = ("Point", "Pixel")
    right = """
        from dataclasses import dataclass
        @dataclass
        class Point:
            x: int
            y: int = 0
        class Pixel(Point): pass
    """
    wrong = """
        class Point:
            def __init__(self, x, y=0): self.x, self.y = x, y
        class Pixel(Point): pass
    """
    hint = "False is not true"

    @points(1)
    def test_it(self):
        """A point is a dataclass, a pixel a point."""
        self.assertIn(self.Point, self.Pixel.__mro__)
        self.assertTrue(dataclasses.is_dataclass(self.Point))
        self.assertEqual([field.name for field in dataclasses.fields(self.Point)], ["x", "y"])
        self.assertEqual(dataclasses.asdict(self.Pixel(1)), {"x": 1, "y": 0})
