"""Attacks with all kinds of values and operators: each is bounded on the grader's side."""

from __future__ import annotations

import io
import pickle
import sys
import time
import tracemalloc
import warnings
from collections import deque
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import sparse

from proctor.agent.frames import FormatError, pack, unpack
from proctor.agent.kinds import MAX_BITS, MAX_DIGITS, MAX_FRACTION_BITS, MAX_RANGE
from proctor.agent.streams import MAX_PRINTED
from proctor.agent.tables import MAX_DENSE
from proctor.agent.values import MAX_DEPTH, MAX_EQUAL_HASHES, Reader
from proctor.criteria import Broken, Criteria, CriterionFailed, Fault, StudentError, points
from proctor.criteria.outcome import Outcome
from proctor.criteria.plots import Figure
from proctor.errors import CannotCross
from proctor.grading.judge_cell import LocalSide, judge_cell
from proctor.sandbox.fork_server import fork_servers
from proctor.sandbox.settings import Sandbox
from proctor.session import handed, proxies
from proctor.session.clock import Allowance, Bounds
from proctor.session.copies import CopySide
from proctor.session.proxies import loopback
from proctor.session.proxy import MAX_LENGTH, student_error
from proctor.session.session import Session
from tests.proctor.support.sandboxes import NUMPY_ONLY

if TYPE_CHECKING:
    from collections.abc import Callable

STEP = 2**61 - 1
"""Whole numbers this far apart have the same hash."""


def refuse(*_: Any) -> Any:
    """Refuse what is not plain."""
    raise FormatError("not plain")


def array(*shape: int, dtype: str = "<i8") -> list[Any]:
    """Return the form of an array."""
    return ["a", dtype, list(shape)]


FORMS: dict[str, tuple[Any, bytes]] = {
    "number that is none": (["i", "xyz"], b""),
    "number of no text": (["i", 5], b""),
    "endless number": (["i", "f" * (MAX_BITS // 4 + 2)], b""),
    "many large numbers": (["l", [["i", "f" * 200_000]] * 200], b""),
    "bytes of negative size": (["b", "bytes", -1], b""),
    "bytes that are not there": (["b", "bytes", 5], b"1234"),
    "bytes of another type": (["b", "str", 1], b"1"),
    "set of lists": (["s", [["l", []]]], b""),
    "set of equal hashes": (["s", [STEP * n for n in range(MAX_EQUAL_HASHES + 1)]], b""),
    "frozenset of equal hashes": (["f", [["t", [STEP * n]] for n in range(MAX_EQUAL_HASHES + 1)]], b""),
    "Counter of equal hashes": (["d", [[STEP * n, 1] for n in range(MAX_EQUAL_HASHES + 1)], "Counter"], b""),
    "dict of another type": (["d", [], "ChainMap"], b""),
    "object as a key": (["d", [[["r", 0, 0], 1]]], b""),
    "object in a set": (["s", [["t", [["r", 0, 0]]]]], b""),
    "endless range": (["R", 0, MAX_RANGE + 1, 1], b""),
    "endless range backwards": (["R", ["i", "f" * 100], 0, -1], b""),
    "range of no step": (["R", 0, 1, 0], b""),
    "range of texts": (["R", "a", "b", "c"], b""),
    "Decimal of an endless exponent": (["X", f"1E{MAX_DIGITS + 1}"], b""),
    "Decimal of a tiny exponent": (["X", f"1E-{MAX_DIGITS + 1}"], b""),
    "Decimal of endless digits": (["X", "1" * (MAX_DIGITS + 1)], b""),
    "Decimal that raises when compared": (["X", "sNaN"], b""),
    "Fraction by zero": (["F", 1, 0], b""),
    "Fraction of endless numbers": (["F", ["i", "f" * (MAX_FRACTION_BITS // 4 + 1)], 3], b""),
    "Fraction of decimals": (["F", 0.5, 1], b""),
    "date that is none": (["D", "date", "2024-02-30"], b""),
    "date that is long": (["D", "datetime", "2" * 100], b""),
    "date of another type": (["D", "eval", "1"], b""),
    "time of texts": (["T", "1", 0, 0], b""),
    "endless time": (["T", 10**12, 0, 0], b""),
    "deque of negative length": (["q", [], -1], b""),
    "type of another module": (["N", "os", "system"], b""),
    "function of Python's": (["N", "builtins", "eval"], b""),
    "type that imports": (["N", "builtins", "__import__"], b""),
    "dtype of objects": (["y", "O"], b""),
    "dtype that is none": (["y", []], b""),
    "mask of another shape": (["k", array(1), array(2)], bytes(24)),
    "mask that is none": (["k", array(1), None], bytes(8)),
    "sparse of endless shape": (["p", "csr_array", [MAX_DENSE, 2], array(0), array(0), array(0)], b""),
    "sparse of negative shape": (["p", "csr_array", [-1, 2], array(0), array(0), array(0)], b""),
    "sparse with indices outside": (
        ["p", "csr_array", [1, 1], array(1), array(1), array(1)],
        np.array([5, 5, 5]).tobytes(),
    ),
    "sparse whose parts do not fit": (["p", "coo_matrix", [1, 1], array(0), array(1), array(1)], bytes(16)),
    "sparse of another type": (["p", "save_npz", [1, 1], array(0), array(0), array(0)], b""),
    "texts of no characters": (["a", "<U0", [1000, 1000, 1000]], b""),
    "texts that are none": (["a", "<U1", [1]], b"\xff\xff\xff\x7f"),
    "texts that are none, turned around": (["a", ">U1", [1]], b"\x7f\xff\xff\xff"),
    "texts of endless length": (["a", "S1000000000", [0]], b""),
}


@pytest.mark.parametrize("name", FORMS)
def test_malformed_values(name: str) -> None:
    """A form that no writer of ours would write is refused, in one way, before anything large is made of it."""
    form, body = FORMS[name]
    begun = time.process_time()
    tracemalloc.start()
    try:
        with pytest.raises(FormatError):
            Reader(body, refuse, plain_keys=True).read(form)
        assert tracemalloc.get_traced_memory()[1] < 32 * 2**20
    finally:
        tracemalloc.stop()
    assert time.process_time() - begun < 20


def linked(**names: Any) -> Any:
    """Return a link to names, begun."""
    link = loopback(names)
    link.begin()
    return link


def found(**names: Any) -> Any:
    """Return the proxy of the only name."""
    (proxy,) = linked(**names).find(list(names)).values()
    return proxy


class Liar:
    """An object of which nothing is true."""

    def __init__(self, length: int = 10**15) -> None:
        self.length = length

    def twin(self) -> Liar:
        """Return another one."""
        return Liar()

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Any:
        n = 0
        while True:
            yield n
            n += 1

    def __getitem__(self, _index: object) -> int:
        return 1

    def __contains__(self, _item: object) -> bool:
        raise ZeroDivisionError

    def __eq__(self, _other: object) -> bool:
        raise KeyError("nothing is equal")

    def __hash__(self) -> int:
        return 1

    def __repr__(self) -> str:
        raise OSError("no text")

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        array = np.empty(1, dtype=object)
        array[0] = self
        return array


USES: dict[str, tuple[Callable[[Any], Any], type[Exception]]] = {
    "length": (len, StudentError),
    "list": (list, StudentError),
    "equality": (lambda liar: liar == liar, KeyError),  # noqa: PLR0124  - the object's own operator is asked
    "membership": (lambda liar: 3 in liar, ZeroDivisionError),
    "repr": (repr, OSError),
    "array": (np.asarray, TypeError),
    "operator that it lacks": (lambda liar: liar + 1, TypeError),
    "mirrored operator that it lacks": (lambda liar: 2.5 @ liar, TypeError),
    "number": (float, TypeError),
    "call": (lambda liar: liar(), TypeError),
    "with": (lambda liar: liar.__enter__(), AttributeError),
    "next": (next, TypeError),
    "set": (lambda liar: {liar, liar.twin()}, KeyError),
}


@pytest.mark.parametrize("name", USES)
def test_operators_that_raise(name: str) -> None:
    """An operator that raises, lacks or lies ends as an exception of the student's."""
    use, kind = USES[name]
    with pytest.raises(kind) as raised:
        use(found(make=Liar)())
    if name != "call":  # which no request is made for
        assert isinstance(raised.value, Fault)


def test_a_length_within_the_limit_is_believed() -> None:
    """It allocates space for as many, and no more, before the first is asked for."""
    assert len(found(make=Liar)(MAX_LENGTH)) == MAX_LENGTH


def test_an_iterator_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks for all of it gets a time limit after as many requests as a criterion may make."""
    monkeypatch.setattr(proxies, "MAX_REQUESTS", 2_000)
    link = linked(make=lambda: Liar(5))
    numbers = link.find(["make"])["make"]()
    with pytest.raises(Broken) as raised:
        list(numbers)
    assert raised.value.outcome is Outcome.TIME
    link.begin()
    assert link.find(["make"])["make"]()[0] == 1


def test_what_was_running_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit is said with the class, or the method of it, that was asked for when it was reached."""
    link = linked(Liar=Liar)
    kind = link.find(["Liar"])["Liar"]
    liar = kind(5)

    def exchange(_frame: bytes) -> Any:
        raise Broken(Outcome.TIME, "The time limit was reached.")

    monkeypatch.setattr(link, "exchange", exchange)
    for call, name in ((lambda: liar.forward(3), "Liar.forward"), (lambda: kind(5), "Liar")):
        with pytest.raises(Broken) as raised:
            call()
        assert (raised.value.outcome, str(raised.value)) == (
            Outcome.TIME,
            f"`{name}`: The time limit was reached.",
        )


def test_equal_hashes_of_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    """A set of many objects of one hash is bounded likewise: each comparison is a request."""
    monkeypatch.setattr(proxies, "MAX_REQUESTS", 2_000)

    class Same:
        def __hash__(self) -> int:
            return 1

        def __eq__(self, other: object) -> bool:
            return self is other

    make = found(make=lambda: [Same() for _ in range(1_000)])
    with pytest.raises(Broken):
        set(make())


DEEP: dict[str, Callable[[Any], Any]] = {
    "lists": lambda value: [value],
    "tuples": lambda value: (value,),
    "frozensets": lambda value: frozenset([value]),
    "dicts": lambda value: {1: value},
}


@pytest.mark.parametrize("name", DEEP)
@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 5_000])
def test_deep_values(name: str, depth: int) -> None:
    """A value that is too deep stays where it is, and is the student's fault."""
    value: Any = 1
    for _ in range(depth):
        value = DEEP[name](value)
    with pytest.raises(StudentError):
        found(make=lambda: value)()


ANSWERS: dict[str, Any] = {
    "length": (len, {"value": "long"}),
    "negative length": (len, {"value": -1}),
    "endless length": (len, {"value": ["i", "f" * 50]}),
    "length that cannot be told": (len, {"value": ["i", "f" * 10_000]}),
    "truth": (bool, {"value": 5}),
    "hash": (hash, {"value": ["l", []]}),
    "text": (str, {"value": 5}),
    "repr": (repr, {"value": ["b", "bytes", 0]}),
    "number": (float, {"value": "5"}),
    "iterator": (iter, {"value": [1]}),
    "array": (np.asarray, {"value": ["l", []]}),
    "membership": (lambda it: 1 in it, {"value": None}),
    "instance": (lambda it: isinstance(it, it), {"value": 1}),
    "fields": (lambda it: it.__dataclass_fields__, {"value": 5}),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_forged_results_of_operators(name: str) -> None:
    """A result that Python would refuse is the student's fault, and never an error of the grader's."""
    use, answer = ANSWERS[name]
    link = linked(make=Liar)
    liar = link.find(["make"])["make"]()
    link.exchange = lambda _frame: unpack(pack(answer)[4:])
    with pytest.raises(StudentError):
        use(liar)


@pytest.mark.parametrize(
    "described",
    [
        None,
        5,
        [],
        {"axes": 5},
        {"axes": [None, 5, {"lines": 5}, {"lines": [None, {"x": "y", "z": 1}]}]},
        {"a": 1},
    ],
)
def test_forged_figures(described: Any) -> None:
    """A description of no figure gives a figure of nothing, of which an assertion says so."""
    figure = Figure.of(described)
    assert figure.title == ""
    assert str(figure)


@pytest.mark.parametrize(
    "told",
    [
        {"kind": "ValueError", "bases": 5},
        {"kind": "ValueError", "bases": [5, None, {}]},
        {"kind": "Own", "bases": ["KeyboardInterrupt"]},
        {"kind": "KeyboardInterrupt", "bases": []},
        {"kind": "GeneratorExit"},
        {"kind": "StopIteration"},
        {"kind": "Own", "bases": ["StopAsyncIteration"]},
        {"kind": "ExceptionGroup", "bases": ["BaseExceptionGroup"]},
        {"kind": "BaseExceptionGroup"},
        {"kind": "UnicodeDecodeError", "bases": ["UnicodeError", "ValueError"]},
        {"kind": "__import__"},
        {"kind": "object", "text": "x" * 10_000, "attributes": {"kind": 1, "args": 2}},
        {"kind": "OSError", "attributes": [1]},
        {"kind": "Own", "bases": ["Own"] * 1_000},
        {},
    ],
)
def test_forged_exceptions(told: Any) -> None:
    """Whatever an exception is said to be, it is a fault of the student's, and ends no program."""
    error = student_error(told)
    assert isinstance(error, StudentError)
    assert isinstance(error, Exception)
    assert not isinstance(error, KeyboardInterrupt | GeneratorExit | StopIteration | StopAsyncIteration)
    assert len(str(error)) <= 600


@pytest.mark.parametrize(
    "raised", [StopIteration(1), StopAsyncIteration(), ExceptionGroup("both", [ValueError()])]
)
def test_no_exception_ends_a_loop_of_the_tests(raised: Exception) -> None:
    """A loop over calls of the student's is not over when one of them raises what ends iterators."""

    def fail(_number: int) -> None:
        raise raised

    link = linked(fail=fail)
    with pytest.raises(StudentError) as error:
        list(map(link.find(["fail"])["fail"], range(3)))
    assert error.value.kind == type(raised).__name__


KEPT: dict[str, Any] = {
    "bytearray": bytearray(10**6),
    "deque": deque(["x" * 1000] * 1000),
    "number": 1 << 10**6,
    "sparse matrix": sparse.eye_array(2_000, 2_000, format="csr"),
    "text in a tuple": ("x" * 10**6,),
}


@pytest.mark.parametrize("name", KEPT)
def test_a_trace_counts_what_it_keeps(name: str) -> None:
    """Each kind of value counts with about the bytes that it takes."""
    link = linked(make=lambda: KEPT[name])
    link.find(["make"])["make"]()
    assert link._kept < 10**7
    assert link._kept > {"number": 100_000, "sparse matrix": 30_000}.get(name, 900_000)


def test_objects_of_a_criterion_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A criterion does not meet new objects without end."""
    monkeypatch.setattr(proxies, "MAX_PROXIES", 1_000)
    link = linked(make=lambda: [object() for _ in range(300)])
    make = link.find(["make"])["make"]
    for _ in range(3):
        make()
    with pytest.raises(StudentError, match="too many objects"):
        make()
    link.begin()
    assert len(link.find(["make"])["make"]()) == 300


def test_only_known_notes_are_kept() -> None:
    """What the student's side says that it has noticed is one of what it may notice."""
    link = linked(make=lambda: 1)
    make = link.find(["make"])["make"]
    notes = ["x" * 10**6, 5, {}, "argument changed"]
    for said, kept in ((notes, []), (notes[::-1], ["argument changed"]), ("argument changed", [])):
        link.notes.clear()
        answer = {"value": 1, "notes": said}
        link.exchange = lambda _frame, answer=answer: unpack(pack(answer)[4:])
        assert make() == 1
        assert link.notes == kept


@pytest.mark.parametrize(
    "told",
    [
        {"printed": 5},
        {"warnings": 5},
        {"warnings": [5]},
        {"warnings": [["UserWarning"]]},
        {"warnings": [[5, "text"]]},
        {"kept": 5},
        {"kept": [[7, 0]]},
        {"kept": [["args", 0]]},
        {"types": {"0": ["Own", [], [], {"call": False, "truth": True, "base": None, "fields": 5}]}},
    ],
)
def test_forged_notes_on_a_call(told: dict[str, Any]) -> None:
    """Forged notes on prints, warnings, arguments and fields are the student's fault."""
    link = linked(make=len)
    make = link.find(["make"])["make"]
    link.exchange = lambda _frame: unpack(pack({"value": 1, **told})[4:])
    with redirect_stdout(io.StringIO()), warnings.catch_warnings(), pytest.raises(StudentError):
        make([1])


def test_no_answer_of_a_call_ends_a_loop() -> None:
    """Only an iterator may say that it has ended, or a generator that is sent something."""
    link = linked(make=len)
    make = link.find(["make"])["make"]
    link.exchange = lambda _frame: unpack(pack({"value": 1, "end": True})[4:])
    assert list(map(make, [[1], [2]])) == [1, 1]


CALLS: dict[str, str] = {
    "NumPy's whole number": "it.make(np.int64(10**9))",
    "array as a shape": "it.make(np.array([10**5, 10**5]))",
    "shape for a function": "it((10**5, 10**5))",
    "number for a function": "it(10**9)",
    "number by keyword": "it(shape=10**9)",
}


class Maker:
    """An object of the test's that makes what it is asked for."""

    def __init__(self) -> None:
        self.asked = 0

    def make(self, shape: Any) -> Any:
        """Make an array."""
        self.asked += 1
        return np.ones(shape)

    __call__ = make


@pytest.mark.parametrize("name", CALLS)
def test_callbacks_pay_before_they_make(name: str) -> None:
    """A shape beyond the limit is a MemoryError on the student's side, however it is written."""
    namespace: dict[str, Any] = {"np": np}
    exec(f"def run(it):\n try: {CALLS[name]}\n except MemoryError: return 'refused'", namespace)
    maker = Maker()
    assert found(run=namespace["run"])(maker) == "refused"
    assert maker.asked == 0


def test_a_list_of_the_tests_own_kind_cannot_be_doubled_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """From a length on, the student's code can no longer use it."""

    class Numbers(list[int]):
        pass

    def double(numbers: Any) -> str:
        try:
            for _ in range(30):
                numbers.extend(numbers)
        except MemoryError:
            return "refused"
        return "done"

    monkeypatch.setattr(handed, "MAX_ENTRIES", 100)
    numbers = Numbers([1])
    assert found(run=double)(numbers) == "refused"
    assert len(numbers) == 128


def test_a_function_of_the_tests_takes_arrays_of_numbers() -> None:
    """They are no shape: whole numbers up to 20 would make too large an array."""
    assert found(run=lambda f: f(np.arange(20)))(lambda x: x.sum()) == 190


def test_attributes_of_an_object_of_the_tests() -> None:
    """Plain ones can be read; what would lead to the test's own objects cannot."""

    class Held:
        def __init__(self) -> None:
            self.size, self.expected, self.link, self._own = 3, np.ones(2), Maker(), 5

    def read(it: Any, name: str) -> Any:
        try:
            value = getattr(it, name)
            return value() if callable(value) else value
        except Exception as error:  # noqa: BLE001  - whatever it raises is what is asked for
            return type(error).__name__

    run = found(run=read)
    assert run(Held(), "size") == 3
    assert run(Held(), "link") == "TypeError"
    assert run(Held(), "_own") == "AttributeError"
    assert run(Held(), "__class__") != "Held"


def test_calls_within_each_other() -> None:
    """A function of the test's that calls the student's, which calls it again, has an end."""
    link = linked(run=lambda f: f(1))
    run = link.find(["run"])["run"]

    def again(_: Any) -> Any:
        return run(again)

    with pytest.raises(RecursionError):
        run(again)
    assert run(lambda x: x + 1) == 2


def test_printing_without_end() -> None:
    """What is kept of it is bounded."""
    link = linked(run=lambda: sys.stdout.write("x" * 1_000_000) and None)
    link.find(["run"])["run"]()
    assert len(link.printed()) == MAX_PRINTED
    assert link.printed() == ""


class Same(Criteria):
    """Compared"""  # noqa: D415  - a title

    __test__ = False
    grade_id = "same"
    needs = ("answer",)
    how = "assertEqual"
    expected: Any = None

    @points(1)
    def test_it(self) -> None:
        """The answer is right."""
        getattr(self, self.how)(self.answer(), self.expected)  # type: ignore[attr-defined]


HUGE: dict[str, tuple[str, Any, Any]] = {
    "list": ("assertEqual", list(range(50_000)), [n + 1 for n in range(50_000)]),
    "list by name": ("assertListEqual", [[n] for n in range(20_000)], []),
    "text": ("assertEqual", "a\n" * 30_000, "b\n" * 30_000),
    "text by name": ("assertMultiLineEqual", "a\n" * 30_000, "b\n" * 30_000),
    "dict": ("assertDictEqual", dict.fromkeys(range(20_000)), dict.fromkeys(range(20_000), 1)),
    "any order": ("assertCountEqual", [[n] for n in range(20_000)], [[1]]),
    "sequence": ("assertSequenceEqual", tuple(range(20_000)), [1]),
}


@pytest.mark.parametrize("name", HUGE)
def test_assertions_on_huge_values(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unittest's search for differences, which takes hours, is not begun; the hint is short."""
    how, answer, expected = HUGE[name]
    monkeypatch.setattr(Same, "how", how)
    monkeypatch.setattr(Same, "expected", expected)
    begun = time.process_time()
    (verdict,) = judge_cell(Same, LocalSide(loopback({"answer": lambda: answer}))).verdicts
    assert verdict.outcome is Outcome.FAILED
    assert len(verdict.hint) < 300
    assert time.process_time() - begun < 20


def test_what_cannot_cross() -> None:
    """A module, an open file, a test itself and a value that is too large are the test's limit."""
    run = found(run=lambda it: it)
    with Path(__file__).open("rb", buffering=0) as file:
        for value in (np, file, Same(), [0] * 300_000, range(10**9)):
            with pytest.raises(CannotCross, match="which cannot cross") as raised:
                run(value)
            assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value)


def test_a_failed_check_is_no_fault() -> None:
    """`subTest` keeps the check that broke, and leaves the student's own assertion alone."""

    def fail() -> None:
        assert False, "mine"  # noqa: B011, PT015  - the student's

    case = Same()
    with pytest.raises(CriterionFailed, match="With n=1: "), case.subTest(n=1):
        case.check(1.0, 2.0, "it")
    with pytest.raises(StudentError), case.subTest(n=1):
        found(fail=fail)()


QUICK = """
class Endless:
    def __iter__(self): return self
    def __next__(self): return 1
    def twice(self, f):
        while True: f(1)
"""


def test_many_quick_calls_are_within_the_cells_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls that are each over at once end at the limit of their cell, or at their number."""
    monkeypatch.setattr(proxies, "MAX_REQUESTS", 10**9)
    bounds = Bounds(call=Allowance(5, 20), graded_cell=Allowance(0.2, 5))
    uses: list[Callable[[Any], Any]] = [list, lambda it: it.twice(lambda x: x)]
    with Session(tmp_path, Sandbox(**NUMPY_ONLY), bounds) as session:
        session.run(QUICK)
        for use in uses:
            with CopySide(session, bounds.call, bounds.graded_cell) as side:
                endless = side.link().find(["Endless"])["Endless"]()
                with pytest.raises(Broken) as raised:
                    use(endless)
            assert raised.value.outcome is Outcome.TIME
    fork_servers().close()
