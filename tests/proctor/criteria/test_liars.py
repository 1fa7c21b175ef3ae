"""Answers that agree with whatever they are compared with earn nothing, however a hidden test is written."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
import pytest

from proctor.criteria import Criteria
from proctor.errors import GraderError
from proctor.grading.judge_cell import LocalSide, judge_cell
from proctor.session.proxies import loopback
from tests.proctor.criteria.test_idioms import STUDENTS, names, reference

LIARS = textwrap.dedent("""
    import numpy as np
    class Agree:
        def __init__(self, *args, **named): pass
        def __call__(self, *args, **named): return self
        def __getattr__(self, name):
            if name.startswith("__"): raise AttributeError(name)
            return self
        def __eq__(self, other): return True
        def __ne__(self, other): return False
        __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __eq__
        def __sub__(self, other): return 0.0
        __rsub__ = __sub__
        def __abs__(self): return 0.0
        def __add__(self, other): return self
        __radd__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __matmul__ = __rmatmul__ = __pow__ = __add__
        def __hash__(self): return 1
        def __len__(self): return 3
        def __getitem__(self, index): return self
        def __iter__(self): return iter([self] * 3)
        def __enter__(self): return self
        def __exit__(self, *error): return True
        def __float__(self): return 1.0
        def __array__(self, *args, **named): return np.zeros(())
        def __str__(self): return "1"
    class Number(Agree, float): pass
    def function(*args): return Agree()
    def number(*args): return Number()
    def masked(*args): return np.ma.array(np.zeros(np.shape(args[0]) if args else 3), mask=True)
    one = Agree()
""")
"""A class whose objects equal everything, functions that return one, and an object of it, a number and an array."""
ASK_NOTHING = {"AssertionInCallback", "ClassFixture", "InstanceOf", "Plot", "SetUpThatFails"}
"""Idioms with a criterion that looks at no value of the student's."""


@pytest.mark.filterwarnings("ignore:.*masked element to nan")
@pytest.mark.parametrize("liar", ["Agree", "function", "number", "masked", "one"])
def test_earns_nothing(liar: str) -> None:
    """No idiom gives a point for it."""
    found = names(LIARS)[liar]
    earned = {}
    for name, idiom in STUDENTS.items():
        if name in ASK_NOTHING:
            continue
        side = LocalSide(loopback(dict.fromkeys(idiom.needs, found)))
        try:
            earned[name] = judge_cell(idiom, side, reference=reference(idiom)).points
        except GraderError as error:  # the reference, asked in this process, was given nothing to judge
            assert name == "ObjectsInside", error  # noqa: PT017  - any other is told as it is
    assert {name: points for name, points in earned.items() if points} == {}


def test_is_not_told_what_is_expected() -> None:
    """An object that is compared with values of the test's is not asked, and so can learn none and show none."""
    seen: list[Any] = []

    class Curious:
        def __eq__(self, other: object) -> bool:
            seen.append(other)
            return True

        __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __rsub__ = __sub__ = __eq__
        __hash__ = None  # type: ignore[assignment]

        def __array__(self, *_: Any, **__: Any) -> Any:
            return np.full(2, 9)

    link = loopback({"nine": Curious})
    link.begin()
    value: Any = link.find(["nine"])["nine"]()
    assert [value == 9, value != 9, 9 == value] == [False, True, False]  # noqa: SIM300  - its mirror
    assert (value == np.full(2, 9)).all()
    with pytest.raises(Exception, match="class Curious"):
        assert value < 9
    with pytest.raises(TypeError):
        Criteria().assertAlmostEqual(value, 9.0)
    assert seen == []
    link.own_equality = True
    assert value == 9
    assert seen == [9]


@pytest.mark.parametrize(
    ("base", "said"), [(object, ". That is an object of the class `Nine`, no plain value"), (int, "")]
)
def test_an_object_in_the_place_of_a_value_is_said(base: type, said: str) -> None:
    """Whoever compares it reads why it is unequal; a number of a class of its own is one."""
    nine = type("Nine", (base,), {"__repr__": lambda _: "nine", "__eq__": lambda *_: True, "__hash__": None})
    link = loopback({"nine": nine})
    link.begin()
    with pytest.raises(AssertionError, match=rf"^nine != 9{said}$"):
        Criteria().assertEqual(link.find(["nine"])["nine"](), 9)


CONTENTS: dict[str, Any] = {
    kind.__name__: kind(content)
    for kind, content in (
        (int, 9), (float, 0.5), (complex, 1j), (str, "nine"), (bytes, b"nine"), (list, [1, "a"]),
        (tuple, (1, 2)), (set, {1, 2}), (frozenset, {3}), (dict, {"a": 1}),
    )
}  # fmt: skip


@pytest.mark.parametrize("kind", CONTENTS)
def test_content_of_a_subclass_counts(kind: str) -> None:
    """The content of an object of a subclass of Python's types is compared here, whatever methods it has of its own."""
    value = CONTENTS[kind]
    lying = type(
        "Lying",
        (type(value),),
        {"__eq__": lambda *_: False, "__hash__": lambda _: 1, "__iter__": lambda _: 1},
    )
    link = loopback({"it": lambda: lying(value)})
    link.begin()
    assert link.find(["it"])["it"]() == value
    assert link.find(["it"])["it"]() != type(value)()


def test_masked_arrays() -> None:
    """One that a test hands in arrives with its mask; one that comes back masked is compared by its data."""
    link = loopback({"mask": lambda array: array.mask, "same": lambda array: array})
    link.begin()
    found = link.find(["mask", "same"])
    array = np.ma.array([1.0, 2.0], mask=[True, False])
    assert found["mask"](array).tolist() == [True, False]
    assert found["same"](array).mask.tolist() == [True, False]
    assert (found["same"](array) == np.array([1.0, 5.0])).tolist() == [True, False]
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(found["same"](array), [7.0, 2.0])
    assert isinstance(found["same"](np.ma.array([1.0])), np.ma.MaskedArray)
