"""Values of all kinds, in both directions."""

from __future__ import annotations

import collections
import datetime as dt
from collections import Counter, OrderedDict, deque
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from proctor.criteria import points
from proctor.criteria.outcome import Outcome
from tests.proctor.criteria.idioms.idiom import Idiom


class Dict(Idiom):
    """A dict"""

    needs = ("count",)
    right = "from collections import Counter\ndef count(words): return Counter(words)"
    wrong = "def count(words): return {word: 1 for word in words}"

    @points(1)
    def test_it(self):
        """Words are counted."""
        counts = self.count(["a", "b", "a"])
        self.assertIsInstance(counts, dict)
        self.assertEqual(counts, {"a": 2, "b": 1})
        self.assertEqual(sorted(counts.items()), [("a", 2), ("b", 1)])


class Set(Idiom):
    """A set"""

    needs = ("common",)
    right = "def common(a, b): return set(a) & b"
    wrong = "def common(a, b): return set(a) | b"

    @points(1)
    def test_it(self):
        """The common elements come back."""
        self.assertEqual(self.common(frozenset("abc"), {"b", "c", "d"}), {"b", "c"})


class Generator(Idiom):
    """A generator without an end"""

    needs = ("primes",)
    right = """
        def primes():
            n = 2
            while True:
                if all(n % k for k in range(2, n)): yield n
                n += 1
    """
    wrong = right.replace("n = 2", "n = 1")

    @points(1)
    def test_it(self):
        """The first primes come, one after the other."""
        found = self.primes()
        self.assertEqual([next(found) for _ in range(5)], [2, 3, 5, 7, 11])
        self.assertEqual([p for p, _ in zip(self.primes(), range(3), strict=False)], [2, 3, 5])


class GeneratorIn(Idiom):
    """A generator of the test's as an argument"""

    needs = ("running_sum",)
    right = """
        def running_sum(numbers):
            total = 0
            for number in numbers:
                total += number
                yield total
    """
    wrong = right.replace("yield total", "yield number")

    @points(1)
    def test_it(self):
        """Sums come as numbers come."""

        def numbers():
            n = 0
            while True:
                n += 1
                yield n

        sums = self.running_sum(numbers())
        self.assertEqual([next(sums), next(sums), next(sums)], [1, 3, 6])
        self.assertEqual(list(self.running_sum(iter([5, 5]))), [5, 10])


class LazyMap(Idiom):
    """A `map`, `zip` or `enumerate` object"""

    needs = ("squares",)
    right = "def squares(n): return map(lambda x: x * x, range(n))"
    wrong = "def squares(n): return enumerate(range(n))"

    @points(1)
    def test_it(self):
        """Squares come."""
        self.assertEqual(list(self.squares(4)), [0, 1, 4, 9])


class LargeNumber(Idiom):
    """Whole numbers of any size"""

    needs = ("power",)
    right = "def power(a, n): return a**n"
    wrong = "def power(a, n): return int(float(a) ** n)"

    @points(1)
    def test_it(self):
        """Large powers are exact."""
        self.assertEqual(self.power(-3, 201), -(3**201))
        self.assertEqual(self.power(7**100, 2), 7**200)


class Text(Idiom):
    """Texts and bytes"""

    needs = ("encode",)
    right = "def encode(text): return text.encode()"
    wrong = "def encode(text): return text"

    @points(1)
    def test_it(self):
        """A text is encoded."""
        self.assertEqual(self.encode("Zürich"), b"Z\xc3\xbcrich")


class ComplexNumber(Idiom):
    """Complex numbers"""

    needs = ("roots",)
    right = """
        import cmath
        def roots(a, b, c):
            d = cmath.sqrt(b * b - 4 * a * c)
            return (-b + d) / (2 * a), (-b - d) / (2 * a)
    """
    wrong = right.replace("(-b - d)", "(-b + d)")

    @points(1)
    def test_it(self):
        """Both roots come."""
        one, other = self.roots(1, 0, 1)
        self.assertAlmostEqual(one, 1j)
        self.assertAlmostEqual(other, -1j)


class Dates(Idiom):
    """Dates and times"""

    needs = ("next_day",)
    right = "import datetime\ndef next_day(day): return day + datetime.timedelta(days=1)"
    wrong = "def next_day(day): return day.replace(day=day.day + 1)"
    outcome = Outcome.ERROR

    @points(1)
    def test_it(self):
        """The day after the last of a month is the first of the next."""
        day = dt.date(2024, 2, 28)
        self.assertEqual(self.next_day(day), dt.date(2024, 2, 29))
        moment = dt.datetime(2024, 1, 1, 12, tzinfo=dt.UTC)
        self.assertEqual(self.next_day(moment) - moment, dt.timedelta(days=1))
        self.assertEqual(self.next_day(dt.date(2024, 2, 29)), dt.date(2024, 3, 1))


class ExactNumbers(Idiom):
    """Decimals and fractions"""

    needs = ("half",)
    right = "def half(x): return x / 2"
    wrong = "def half(x): return float(x) / 2"

    @points(1)
    def test_it(self):
        """Halves are exact."""
        self.assertEqual(self.half(Fraction(1, 3)), Fraction(1, 6))
        self.assertEqual(self.half(Decimal("0.1")), Decimal("0.05"))


class Collections(Idiom):
    """The kinds of dicts, and deques"""

    needs = ("grouped", "rotated")
    right = """
        from collections import defaultdict
        def grouped(words):
            groups = defaultdict(list)
            for word in words: groups[word[0]].append(word)
            return groups
        def rotated(queue): queue.rotate(1); return queue
    """
    wrong = right.replace("rotate(1)", "rotate(-1)")

    @points(1)
    def test_it(self):
        """Words are grouped, a queue is rotated."""
        self.assertEqual(self.grouped(["ab", "ac", "b"]), {"a": ["ab", "ac"], "b": ["b"]})
        self.assertEqual(self.grouped(OrderedDict.fromkeys(["b"])), {"b": ["b"]})
        self.assertEqual(self.grouped(Counter("aa")), {"a": ["a"]})
        self.assertEqual(self.rotated(deque([1, 2, 3])), deque([3, 1, 2]))


class Ranges(Idiom):
    """Ranges and slices"""

    needs = ("evens", "part")
    right = "def evens(n): return range(0, n, 2)\ndef part(x, where): return x[where]"
    wrong = "def evens(n): return range(0, n)\ndef part(x, where): return x[where]"

    @points(1)
    def test_it(self):
        """Even numbers come."""
        self.assertEqual(self.part([1, 2, 3], slice(1, None)), [2, 3])
        self.assertEqual(self.part(range(10), slice(2, 4)), range(2, 4))
        self.assertEqual(self.evens(5), range(0, 5, 2))


class Nested(Idiom):
    """Values within each other"""

    needs = ("parsed",)
    right = "import json\ndef parsed(text): return json.loads(text)"
    wrong = "def parsed(text): return {'a': [1, {'b': (None, True)}]}"

    @points(1)
    def test_it(self):
        """JSON is parsed."""
        self.assertEqual(self.parsed('{"a": [1, {"b": [null, true]}]}'), {"a": [1, {"b": [None, True]}]})


class ObjectsInside(Idiom):
    """Objects of the student's in lists, dicts and sets"""

    needs = ("Card", "deck")
    right = """
        class Card:
            def __init__(self, rank): self.rank = rank
            def __eq__(self, other): return self.rank == other.rank
            def __hash__(self): return hash(self.rank)
        def deck(n): return [Card(k) for k in range(n)], {Card(k): k for k in range(n)}, {Card(k) for k in range(n)}
    """
    wrong = right.replace("{Card(k) for k in range(n)}", "{Card(0)}")

    @points(1)
    def test_it(self):
        """A deck has all cards."""
        cards, ranks, unordered = self.deck(3)
        self.assertEqual([card.rank for card in cards], [0, 1, 2])
        self.assertEqual(cards, [self.Card(0), self.Card(1), self.Card(2)])
        self.assertEqual(ranks[self.Card(2)], 2)
        self.assertEqual(unordered, {self.Card(k) for k in range(3)})


class AnyOrder(Idiom):
    """Elements in any order"""

    needs = ("permutations",)
    right = "from itertools import permutations as p\ndef permutations(x): return list(p(x))"
    wrong = "def permutations(x): return [tuple(x), tuple(reversed(x))]"

    @points(1)
    def test_it(self):
        """All orders come."""
        self.assertCountEqual(self.permutations([1, 2, 3])[:2], [(1, 3, 2), (1, 2, 3)])
        self.assertEqual(len(self.permutations([1, 2, 3])), 6)


class TypeOfResult(Idiom):
    """Types as values"""

    needs = ("convert", "kind_of")
    right = "def convert(x, kind): return kind(x)\ndef kind_of(x): return type(x)"
    wrong = "def convert(x, kind): return x\ndef kind_of(x): return type(x)"

    @points(1)
    def test_it(self):
        """A value gets the type that is asked for."""
        self.assertIs(self.kind_of(1.5), float)
        self.assertIs(type(self.convert("3", int)), int)


class HeldList(Idiom):
    """A list that an object holds, and the test changes"""

    needs = ("Basket",)
    right = (
        "class Basket:\n    def __init__(self): self.items = []\n    def total(self): return sum(self.items)"
    )
    wrong = (
        "class Basket:\n    def __init__(self): self.items = []\n    def total(self): return len(self.items)"
    )

    @points(1)
    def test_it(self):
        """What is in the basket counts."""
        basket = self.Basket()
        basket.items.append(3)
        basket.items += [4]
        self.assertEqual(basket.total(), 7)


class DictWithDefaults(Idiom):
    """A dict that makes what it lacks, handed in and changed"""

    needs = ("connect",)
    right = "def connect(graph, a, b):\n    graph[a].append(b)\n    graph[b].append(a)"
    wrong = "def connect(graph, a, b): graph[a].append(b)"
    hint = "{'a': ['b']}"

    @points(1)
    def test_it(self):
        """The edge leads both ways."""
        graph = collections.defaultdict(list)
        self.connect(graph, "a", "b")
        self.assertEqual(graph, {"a": ["b"], "b": ["a"]})


class Paths(Idiom):
    """Paths, in and out"""

    needs = ("backup",)
    right = "def backup(path): return path.with_suffix('.bak')"
    wrong = "def backup(path): return path.parent / 'bak'"
    hint = "PosixPath('notes/bak')"

    @points(1)
    def test_it(self):
        """The suffix is another one."""
        self.assertEqual(self.backup(Path("notes") / "monday.txt"), Path("notes/monday.bak"))


class KeptList(Idiom):
    """A list that an object keeps, and changes later; the test changes it in between"""

    needs = ("Log", "tag")
    right = """
        import contextlib
        class Log:
            def __init__(self, lines): self.lines = lines
            def add(self, line): self.lines.append(line)
        @contextlib.contextmanager
        def tag(name, lines):
            lines.append(f"<{name}>")
            try: yield
            finally: lines.append(f"</{name}>")
    """
    wrong = right.replace("self.lines = lines", "self.lines = list(lines)")
    hint = "['<b>', 'bold', '</b>'] != ['<b>', 'bold', '</b>', 'more']"

    @points(1)
    def test_it(self):
        """The log writes into the list that it is given."""
        lines = []
        with self.tag("b", lines):
            lines.append("bold")
        self.Log(lines).add("more")
        self.assertEqual(lines, ["<b>", "bold", "</b>", "more"])
