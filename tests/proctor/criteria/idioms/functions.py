"""Functions and variables."""

from __future__ import annotations

import inspect

import numpy as np

from proctor.criteria import cases, points
from proctor.criteria.outcome import Outcome
from tests.proctor.criteria.idioms.idiom import Idiom


class Function(Idiom):
    """A function of a list"""

    needs = ("mean",)
    right = "def mean(x): return sum(x) / len(x)"
    wrong = "def mean(x): return sum(x)"
    hint = "3.0 != 1.5"

    @points(1)
    def test_it(self):
        """The mean of two numbers is right."""
        self.assertEqual(self.mean([1.0, 2.0]), 1.5)


class BareAssert(Idiom):
    """An assertion of Python's own, with a message"""

    needs = ("double",)
    right = "def double(x): return 2 * x"
    wrong = "def double(x): return x"
    hint = "5 was not doubled"

    @points(1)
    def test_it(self):
        """A number is doubled."""
        assert self.double(5) == 10, "5 was not doubled"


class Keyword(Idiom):
    """A keyword argument"""

    needs = ("power",)
    right = "def power(base, *, exponent): return base ** exponent"
    wrong = "def power(base, *, exponent): return exponent ** base"

    @points(1)
    def test_it(self):
        """`power(2, exponent=3)` is 8."""
        self.assertEqual(self.power(2, exponent=3), 8)


class Default(Idiom):
    """A default argument"""

    needs = ("greet",)
    right = "def greet(name='world'): return f'Hello {name}'"
    wrong = "def greet(name): return f'Hello {name}'"
    outcome = Outcome.ERROR
    hint = "missing 1 required positional argument"

    @points(1)
    def test_it(self):
        """Without a name the world is greeted."""
        self.assertEqual(self.greet(), "Hello world")


class Unpacked(Idiom):
    """Several results"""

    needs = ("extremes",)
    right = "def extremes(*x): return min(x), max(x)"
    wrong = "def extremes(*x): return max(x), min(x)"

    @points(1)
    def test_it(self):
        """The smallest and the largest number come back."""
        low, high = self.extremes(*[3, 1, 2])
        self.assertLess(low, high)


class Variable(Idiom):
    """A variable of the notebook"""

    needs = ("answer", "names")
    right = "answer = 42\nnames = ['a', 'b']"
    wrong = "answer = 41\nnames = ['a', 'b']"

    @points(1)
    def test_it(self):
        """The answer and the names are there."""
        self.assertEqual(self.names, ["a", "b"])
        self.assertEqual(self.answer, 42)


class NoneVariable(Idiom):
    """A variable that is None"""

    needs = ("nothing",)
    right = "nothing = None"
    wrong = "nothing = 0"

    @points(1)
    def test_it(self):
        """`nothing` is None."""
        self.assertIsNone(self.nothing)


class Missing(Idiom):
    """A name that is not there"""

    needs = ("total_price",)
    right = "total_price = 3"
    wrong = "total_prize = 3"
    outcome = Outcome.NOT_FOUND
    hint = "`total_price` was not found."

    @points(1)
    def test_it(self):
        """The price is right."""
        self.assertEqual(self.total_price, 3)


class Lambda(Idiom):
    """A function of the test's as an argument"""

    needs = ("newton",)
    right = """
        def newton(f, df, x):
            for _ in range(20):
                x = x - f(x) / df(x)
            return x
    """
    wrong = "def newton(f, df, x): return x - f(x) / df(x)"

    @points(1)
    def test_it(self):
        """The square root of 2 is found."""
        self.assertAlmostEqual(self.newton(lambda x: x * x - 2, lambda x: 2 * x, 1.0), 2**0.5)


class LambdaWithKeywords(Idiom):
    """A function that is called with keywords"""

    needs = ("call",)
    right = "def call(f): return f(x=1, y=2)"
    wrong = "def call(f): return f(x=2, y=1)"

    @points(1)
    def test_it(self):
        """The function is called with x = 1 and y = 2."""
        self.assertEqual(self.call(lambda y, x: (x, y)), (1, 2))


class CountedCalls(Idiom):
    """A function that counts its calls"""

    needs = ("bisect",)
    right = """
        def bisect(f, a, b):
            fa = f(a)
            for _ in range(30):
                m = (a + b) / 2
                fm = f(m)
                if fa * fm <= 0: b = m
                else: a, fa = m, fm
            return a
    """
    wrong = """
        def bisect(f, a, b):
            for _ in range(30):
                m = (a + b) / 2
                if f(a) * f(m) <= 0: b = m
                else: a = m
            return a
    """

    @points(1)
    def test_it(self):
        """The function is evaluated once a step."""
        calls = []

        def f(x):
            calls.append(x)
            return x - 0.3

        self.assertAlmostEqual(self.bisect(f, 0.0, 1.0), 0.3, places=6)
        self.assertLessEqual(len(calls), 32)


class FunctionOut(Idiom):
    """A function that the student returns"""

    needs = ("adder",)
    right = "def adder(n): return lambda x: x + n"
    wrong = "def adder(n): return lambda x: x - n"

    @points(1)
    def test_it(self):
        """`adder(2)` adds 2."""
        add = self.adder(2)
        self.assertTrue(callable(add))
        self.assertEqual(add(3), 5)


class FunctionThrough(Idiom):
    """A function that goes in and comes out again, and calls the student's"""

    needs = ("twice", "square")
    right = "def twice(f): return lambda x: f(f(x))\ndef square(x): return x * x"
    wrong = "def twice(f): return f\ndef square(x): return x * x"

    @points(1)
    def test_it(self):
        """`twice(f)(x)` is f(f(x))."""
        self.assertEqual(self.twice(self.square)(3), 81)
        self.assertEqual(self.twice(lambda x: self.square(x) + 1)(1), 5)


class NamedFunction(Idiom):
    """A function of NumPy's as an argument"""

    needs = ("integral",)
    right = """
        import numpy as np
        def integral(f, a, b, n=1000):
            h = (b - a) / n
            return h * np.sum(f(a + h * (np.arange(n) + 0.5)))
    """
    wrong = "def integral(f, a, b, n=1000): return (b - a) * f(a)"

    @points(1)
    def test_it(self):
        """The integral of the sine is right."""
        self.assertAlmostEqual(self.integral(np.sin, 0, np.pi), 2.0, places=4)
        self.assertAlmostEqual(self.integral(lambda x: np.cos(x) + 0, 0, np.pi), 0.0, places=4)


class Decorator(Idiom):
    """A decorator, on a function of the test's"""

    needs = ("logged",)
    right = """
        import functools
        def logged(f):
            @functools.wraps(f)
            def wrapper(*args, **kwargs):
                return f(*args, **kwargs), f.__name__
            return wrapper
    """
    wrong = """
        def logged(f):
            def wrapper(*args, **kwargs):
                return f(*args, **kwargs), f.__name__
            return wrapper
    """

    @points(1)
    def test_it(self):
        """The function keeps its name."""

        @self.logged
        def seven(scale=1):
            return 7 * scale

        self.assertEqual(seven(scale=2), (14, "seven"))
        self.assertEqual(seven.__name__, "seven")


class NameAndDocstring(Idiom):
    """A name and a docstring"""

    needs = ("area",)
    right = 'def area(r):\n    """Return the area."""'
    wrong = "def area(r): pass"
    hint = "no docstring"

    @points(1)
    def test_it(self):
        """`area` has a docstring."""
        self.assertEqual(self.area.__name__, "area")
        self.assertIsNotNone(self.area.__doc__, "no docstring")


class Signature(Idiom):
    """A signature"""

    needs = ("interest",)
    right = "def interest(capital, rate=0.02, *, years=1): ..."
    wrong = "def interest(capital, rate, years): ..."

    @points(1)
    def test_it(self):
        """The rate has a default."""
        parameters = inspect.signature(self.interest).parameters
        self.assertEqual(list(parameters), ["capital", "rate", "years"])
        self.assertEqual(parameters["rate"].default, 0.02)
        self.assertIs(parameters["years"].kind, inspect.Parameter.KEYWORD_ONLY)


class Recursion(Idiom):
    """A recursion without an end"""

    needs = ("factorial",)
    right = "def factorial(n): return 1 if n < 2 else n * factorial(n - 1)"
    wrong = "def factorial(n): return n * factorial(n - 1)"
    outcome = Outcome.ERROR
    hint = "RecursionError"

    @points(1)
    def test_it(self):
        """The factorial of 30 is right."""
        self.assertEqual(self.factorial(30), 265252859812191058636308480000000)


class SubTest(Idiom):
    """A loop of sub-tests"""

    needs = ("is_even",)
    right = "def is_even(n): return n % 2 == 0"
    wrong = "def is_even(n): return n != 3"
    hint = "With n=5"

    @points(1)
    def test_it(self):
        """Even numbers are recognised."""
        for n in (2, 3, 4, 5):
            with self.subTest(n=n):
                self.assertEqual(self.is_even(n), n in (2, 4))


class SetUpAndHelper(Idiom):
    """An attribute of `setUp`, and a helper method"""

    needs = ("scaled",)
    right = "def scaled(x, by): return [by * each for each in x]"
    wrong = "def scaled(x, by): return by * x"

    def setUp(self):
        self.numbers = self.scaled([1, 2], 1)

    def assert_scaled(self, by):
        self.assertEqual(self.scaled(self.numbers, by), [by, 2 * by])

    @points(1)
    def test_it(self):
        """A list is scaled."""
        self.assert_scaled(3)


class Parametrised(Idiom):
    """One criterion for each of some cases"""

    needs = ("square",)
    right = "def square(n): return n * n"
    wrong = "def square(n): return 2 * n"

    @cases({"n": 2}, {"n": 5})
    @points(1)
    def test_it(self, n):
        """The square of {n} is right."""
        self.assertEqual(self.square(n), n * n)


class InPlace(Idiom):
    """A list that is changed in place"""

    needs = ("sort",)
    right = "def sort(x): x.sort()"
    wrong = "def sort(x): return sorted(x)"

    @points(1)
    def test_it(self):
        """The list itself is sorted."""
        numbers = [3, 1, 2]
        self.assertIsNone(self.sort(numbers))
        self.assertEqual(numbers, [1, 2, 3])


class InPlaceArray(Idiom):
    """An array that is changed in place"""

    needs = ("normalise",)
    in_place = True
    right = "def normalise(x): x /= x.sum()"
    wrong = "def normalise(x): x = x / x.sum(); return None"

    @points(1)
    def test_it(self):
        """The array itself is normalised."""
        x = np.array([1.0, 3.0])
        self.normalise(x)
        np.testing.assert_allclose(x, [0.25, 0.75])
