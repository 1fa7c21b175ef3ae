"""Fixtures that unittest sets up and takes down, criteria that are inherited, and coroutines."""

from __future__ import annotations

import asyncio
import inspect
import random
from typing import ClassVar

from proctor.criteria import cases, points
from proctor.criteria.outcome import Outcome
from tests.proctor.criteria.idioms.idiom import Idiom

DOUBLE, SAME = "def double(x): return 2 * x", "def double(x): return x"


class ClassFixture(Idiom):
    """A fixture of the class, and what takes it down"""

    needs = ("double",)
    right, wrong = DOUBLE, SAME
    closed: ClassVar[list[str]] = []

    @classmethod
    def setUpClass(cls):
        """Draw the inputs."""
        cls.numbers = random.Random(cls.seed).sample(range(1, 100), 3)
        cls.addClassCleanup(cls.closed.append, "cleanup")

    @classmethod
    def tearDownClass(cls):
        """Note the end of the one before."""
        cls.closed.append("class")

    @points(1)
    def test_first(self):
        """Nothing is taken down yet."""
        self.closed.clear()

    @points(1)
    def test_it(self):
        """Each number is doubled."""
        self.assertEqual(self.closed, ["class", "cleanup"])
        self.assertEqual([self.double(x) for x in self.numbers], [2 * x for x in self.numbers])


class SetUpThatFails(Idiom):
    """A `setUp` in which the student's code raises, and a `tearDown` that needs what it makes"""

    needs = ("Account",)
    right = "class Account:\n    def close(self): return True"
    wrong = right.replace("def close", "def __init__(self): raise ValueError('no money')\n    def close")
    outcome = Outcome.ERROR
    hint = "ValueError: no money"

    def setUp(self):
        self.account = self.Account()

    def tearDown(self):
        self.account.close()

    @points(1)
    def test_it(self):
        """An account is opened."""


class TearDownThatFails(Idiom):
    """A `tearDown` that fails because the criterion did"""

    needs = ("double",)
    right, wrong = DOUBLE, SAME
    hint = "2 != 4"

    def tearDown(self):
        del self.result

    @points(1)
    def test_it(self):
        """2 is doubled."""
        self.assertEqual(self.double(2), 4)
        self.result = 4


class _Doubling:
    """Criteria for classes that double."""

    @points(1)
    def test_inherited(self):
        """2 is doubled."""
        self.assertEqual(self.double(2), 4)

    @cases({"x": 3}, {"x": 5})
    @points(1)
    def test_cases(self, x):
        """{x} is doubled."""
        self.assertEqual(self.double(x), 2 * x)


class Inherited(_Doubling, Idiom):
    """Criteria of a base"""

    needs = ("double",)
    right, wrong = DOUBLE, "def double(x): return 2 * x if x < 5 else x"
    hint = "5 != 10"


class Coroutine(Idiom):
    """A coroutine of the student's"""

    needs = ("fetch",)
    right = "import asyncio\nasync def fetch(x):\n    await asyncio.sleep(0)\n    return 2 * x"
    wrong = right.replace("2 * x", "x")
    hint = "2 != 4"

    @points(1)
    def test_it(self):
        """It returns twice what it gets."""
        self.assertTrue(inspect.iscoroutinefunction(self.fetch))
        self.assertEqual(asyncio.run(self.fetch(2)), 4)


class NoCoroutine(Idiom):
    """A function that should be a coroutine"""

    needs = ("fetch",)
    right = Coroutine.right
    wrong = "def fetch(x): return 2 * x"
    hint = "Is the function defined with `async def`?"

    @points(1)
    def test_it(self):
        """It can be awaited."""
        self.assertEqual(asyncio.run(self.fetch(2)), 4)


class AsynchronousCriterion(Idiom):
    """A criterion that is a coroutine itself"""

    needs = ("fetch",)
    right = Coroutine.right
    wrong = right.replace("return 2 * x", "raise KeyError(x)")
    outcome = Outcome.ERROR
    hint = "KeyError"

    @points(1)
    async def test_it(self):
        """It returns twice what it gets."""
        self.assertEqual(await self.fetch(2), 4)
        self.assertEqual(await asyncio.gather(self.fetch(1), self.fetch(3)), [2, 6])


class ResultOfGenerator(Idiom):
    """A generator that is sent a value, and its result"""

    needs = ("echo",)
    right = "def echo():\n    got = yield 1\n    return got"
    wrong = right.replace("return got", "return 0")
    hint = "0 != 7"

    @points(1)
    def test_it(self):
        """It returns what it is sent."""
        self.assertTrue(inspect.isgeneratorfunction(self.echo))
        generator = self.echo()
        self.assertEqual(next(generator), 1)
        with self.assertRaises(StopIteration) as ended:
            generator.send(7)
        self.assertEqual(ended.exception.value, 7)
