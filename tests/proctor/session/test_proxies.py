"""Proxies of a student's objects, and the calls of the student's code to objects of the test's."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pytest

from proctor.agent.frames import pack, unpack
from proctor.criteria import NotFound, StudentError
from proctor.session.handed import MAX_ARGUMENT
from proctor.session.proxies import CallBack, Proxy, loopback


class Student:
    """An answer with all that can stand under a name."""

    attribute = 5

    def __init__(self) -> None:
        self.shadowed = 7

    def plain(self, number: Any = 0) -> Any:
        """Return what it is given."""
        return number

    def shadowed(self) -> int:  # type: ignore[no-redef]
        """Is hidden by an attribute."""
        return 1

    @property
    def computed(self) -> int:
        """Is a value."""
        return 9

    @staticmethod
    def still(number: int) -> int:
        """Need no object."""
        return number + 1

    @classmethod
    def made(cls) -> Student:
        """Make another one."""
        return cls()

    def replaced(self) -> str:
        """Is replaced by the student's own code."""
        return "old"

    def replace(self) -> None:
        """Replace it."""
        self.replaced = lambda: "new"  # type: ignore[method-assign]


class Child(Student):
    """A class whose attribute hides a method of the class above it."""

    plain = 3  # type: ignore[assignment]


class Computed(Student):
    """A class whose property hides a method of the class above it."""

    @property
    def plain(self) -> int:  # type: ignore[override]
        """Is a value."""
        return 4


def linked(**names: Any) -> tuple[Any, dict[str, Any]]:
    """Return a link, and proxies of names."""
    link = loopback(names)
    link.begin()
    return link, link.find(list(names))


def student(kind: type = Student) -> Any:
    """Return the proxy of a student's object."""
    return linked(Kind=kind)[1]["Kind"]()


def test_names_are_what_they_are() -> None:
    """Methods, attributes, properties, static and class methods are seen as they are."""
    answer = student()
    assert answer.plain(3) == 3
    assert answer.attribute == 5
    assert answer.computed == 9
    assert answer.still(1) == 2
    assert isinstance(answer.made(), Proxy)
    with pytest.raises(NotFound, match=r"`Student\.nothing` was not found"):
        answer.nothing  # noqa: B018  - to read it is enough


def test_attribute_that_shadows_a_method() -> None:
    """A value under a method's name, of the object or of a class below, is the value."""
    assert student().shadowed == 7
    assert student(Child).plain == 3
    assert student(Computed).plain == 4


def test_method_that_the_student_replaces() -> None:
    """A method that the student's own code replaces is the new one."""
    answer = student()
    assert answer.replaced() == "old"
    answer.replace()
    assert answer.replaced() == "new"


def test_method_set_by_the_test() -> None:
    """A test may put a value, or an object of its own, under a method's name."""
    answer = student()
    answer.plain = 5
    assert answer.plain == 5
    other = student()
    assert other.plain(1) == 1


def test_a_method_is_one_request() -> None:
    """Calling a method sends one request, not one more to fetch it."""
    link, found = linked(Kind=Student)
    answer = found["Kind"]()
    sent: list[bytes] = []
    exchange = link.exchange
    link.exchange = lambda frame: (sent.append(frame), exchange(frame))[1]
    assert answer.plain(2) == 2
    assert len(sent) == 1


def test_a_method_stays_what_it_was() -> None:
    """A method can be kept, and passed back as an argument."""
    link, found = linked(Kind=Student, call=lambda method, value: method(value))
    answer = found["Kind"]()
    method = answer.plain
    assert method(1) == 1
    assert found["call"](method, 8) == 8
    assert link.trace[-1] == 8


class Total:
    """A class with an operator that changes the object itself, and no other."""

    def __init__(self) -> None:
        self.value = 0

    def __iadd__(self, number: int) -> Self:
        self.value += number
        return self


def test_an_augmented_assignment_changes_the_object() -> None:
    """`total += 2` is the student's `__iadd__`, so that other names of the object see the change."""
    _, found = linked(Total=Total)
    total = other = found["Total"]()
    total += 2
    assert total is other
    assert other.value == 2


class Initializer:
    """An object of the test's."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def initialize(self, shape: Any, fan_in: int = 0, fan_out: int = 0) -> Any:
        """Note what comes, and return an array of ones."""
        self.seen.append((shape, fan_in, fan_out))
        return np.ones(shape)

    def fail(self, kind: str) -> None:
        """Raise."""
        raise {"KeyError": KeyError, "LinAlgError": np.linalg.LinAlgError}[kind]("words")


def called(code: str) -> tuple[Any, Initializer, Any]:
    """Let a student's function call an object of the test's; return the answer, the object and the link."""
    names: dict[str, Any] = {}
    exec(f"def run(it):\n    {code}", names)
    link, found = linked(run=names["run"])
    it = Initializer()
    return found["run"](it), it, link


def test_keywords_are_kept_in_any_order() -> None:
    """Keywords reach the object by name."""
    _, it, link = called("return it.initialize((2, 3), fan_out=7, fan_in=5)")
    assert it.seen == [((2, 3), 5, 7)]
    assert link.trace[-2] == CallBack(0, "initialize", ((2, 3), 7, 5))
    assert called("return it.initialize(fan_in=1, shape=(2,))")[1].seen == [((2,), 1, 0)]


@pytest.mark.parametrize(
    "shape",
    [
        "(10**9,)",
        "10**9",
        "(10**4, 10**4)",
        "shape=(10**9,)",
        "[10**5, 10**5]",
        "(-10**9,)",
        "((10**5,), 10**9)",
    ],
)
def test_shapes_are_paid_for_before_they_are_made(shape: str) -> None:
    """A shape beyond the limit is a MemoryError on the student's side, and the object is never asked."""
    code = f"try: it.initialize({shape})\n    except MemoryError: return 'refused'"
    answer, it, _ = called(code)
    assert answer == "refused"
    assert it.seen == []


def test_large_shapes_within_the_limit() -> None:
    """What a test may need is made."""
    assert called(f"return it.initialize(({MAX_ARGUMENT // 2**10},)).size")[0] == MAX_ARGUMENT // 2**10


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        ("it.fail('KeyError')", "KeyError"),
        ("it.fail('LinAlgError')", "ValueError"),
        ("it.initialize()", "TypeError"),
        ("it.nothing()", "AttributeError"),
        ("it._private()", "AttributeError"),
        ("it.initialize((-1,))", "ValueError"),
    ],
)
def test_errors_arrive_as_their_own_type(call: str, kind: str) -> None:
    """A builtin exception of the object arrives as itself; any other one as the nearest of its bases."""
    code = f"try: {call}\n    except Exception as error: return type(error).__name__"
    assert called(code)[0] == kind


def test_an_error_that_nobody_catches() -> None:
    """It ends the student's call as any error does."""
    with pytest.raises(KeyError, match="words"):
        called("it.fail('KeyError')")


FORGED: list[Any] = [
    {"back": [0, "initialize", ["t", [["a", "f8", [2**40]]]], ["d", []]]},
    {"back": [0, "seen", ["t", []], ["d", []]]},
    {"back": [0, "__init__", ["t", []], ["d", []]]},
    {"back": [-1, "initialize", ["t", []], ["d", []]]},
    {"back": [0, "initialize", ["l", []], ["d", []]]},
    {"back": [0, "initialize", ["t", []], ["t", []]]},
    {"back": [0, ["initialize"], ["t", []], ["d", []]]},
    {"back": [0, "initialize", ["t", [1]], ["d", [[1, 2]]]]},
    {"back": [["x"], "initialize", ["t", []], ["d", []]]},
    {"back": []},
    {"back": None},
    {"back": [0, "initialize", ["t", [["n"]]], ["d", []]]},
    {"back": [0, "initialize", ["t", [1]], ["d", []]], "types": [1]},
    {"back": [0, "initialize", ["t", [1]], ["d", []]], "types": {"x": ["a", [], None, {}]}},
    {"back": [0, "initialize", ["t", [1]], ["d", []]], "types": {"1": ["a", ["m"] * 201, None, {}]}},
]


@pytest.mark.parametrize("header", FORGED)
def test_forged_calls_back(header: Any) -> None:
    """A call back that no agent of ours would send is answered with an error, and reaches no other object."""
    link, found = linked(run=lambda it: it is not None)
    it = Initializer()
    assert found["run"](it) is True
    link._handed.objects.insert(0, link._handed.objects.pop())
    answer, _ = unpack(link.answer(header, b"")[4:])
    assert "error" in answer
    assert it.seen == []


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"value": ["r", "x", 0]},
        {"value": ["r", 0, []]},
        {"value": ["m", 0]},
        {"value": ["o", 5]},
        {"value": ["n"]},
        {"value": ["t"]},
        {"value": {"a": 1}},
        {"error": []},
        {"error": {"kind": [], "text": {}, "where": [1, None]}},
        {"value": 1, "types": 5},
        {"value": 1, "types": {"1": 5}},
        {"value": 1, "types": {"1": ["x", ["m" * 50_000], None, {"call": 1, "base": None, "truth": 1}]}},
        {"value": 1, "types": {"1": ["x", [], ["f"] * 2_000, {"call": 1, "base": None, "truth": 1}]}},
        {"value": ["a", ",".join(["i1"] * 1_000), [1]]},
        {"value": ["r", 0, 1], "types": {"1": [["x"], [["y"]]]}},
        {"missing": []},
    ],
)
def test_forged_answers(answer: Any) -> None:
    """An answer that no agent of ours would send is the student's fault, and never an error of the grader's."""
    link, found = linked(run=lambda: 1)
    link.exchange = lambda _frame: unpack(pack(answer)[4:])
    try:
        value = found["run"]()
    except (StudentError, NotFound):
        return
    assert isinstance(value, Proxy)
