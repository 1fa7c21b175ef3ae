"""Recognising mistakes, on an exercise of two criteria: when a mistake is named, and when nothing is."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from proctor.criteria import Criteria, points
from proctor.criteria.outcome import Outcome
from proctor.errors import GraderError
from proctor.grading.diagnosis import Diagnostician, LazySide, Misconception, offered
from proctor.grading.diagnosis_module import HOOK
from proctor.grading.judge_cell import LocalSide, judge_cell, judge_criteria
from proctor.grading.observations import same
from proctor.session.proxies import MAX_TRACE, CallBack, SeenFault, Unkept, loopback

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from proctor.criteria.outcome import Verdict


class Half:
    """A test's own object: halves what it is given."""

    def half(self, number: float) -> float:
        """Return half of a number."""
        return number / 2


class Doubling(Criteria):
    """Doubling"""  # noqa: D415  - a title

    __test__ = False  # for pytest
    grade_id = "doubling"
    needs = ("Double",)

    @points(1)
    def test_numbers(self) -> None:
        """`of(x)` is twice x."""
        self.check(self.Double().of(np.array([1.0, 2.0, -3.0])), [2, 4, -6], "of(x)")

    @points(1)
    def test_again(self) -> None:
        """`again(half, x)` doubles half of what `half` says, and so gives x."""
        double = self.Double()
        with self.unrecorded():
            _ = double.lucky
        self.check(double.again(Half(), 3.0), 3.0, "again(half, x)")


RIGHT = """
import random
class Double:
    def __init__(self):
        self.lucky = random.random()
    def of(self, x):
        return x * 2
    def again(self, half, x):
        return half.half(x) * 2
"""


def names(*changes: tuple[str, str]) -> dict[str, Any]:
    """Run the right answer with changes."""
    code, found = RIGHT, {}
    for old, new in changes:
        assert code.count(old) == 1
        code = code.replace(old, new)
    exec(code, found)
    return found


SQUARE, NEGATIVE = ("x * 2", "x ** 2"), ("x * 2", "-2 * x")
CRASH = ("x * 2", "x['two']")
UNFINISHED = ("return x * 2", "raise NotImplementedError")
TWICE = ("half.half(x) * 2", "half.half(half.half(x)) * 4")
LESS = ("half.half(x) * 2", "half.half(x) * 3")


def known(says: str, *changes: tuple[str, str], **more: Any) -> Misconception:
    """Return a mistake that can be recognised, made by changes of the right answer."""
    return Misconception(says, f"Why {says}?", frozenset({"doubling"}), lambda: names(*changes), **more)


def diagnose(mistakes: list[Misconception], *changes: tuple[str, str]) -> dict[str, Verdict]:
    """Judge the right answer with changes, and name what is known."""
    report = judge_cell(Doubling, LocalSide(loopback(names(*changes))), diagnose=Diagnostician(mistakes))
    return {verdict.criterion: verdict for verdict in report.verdicts}


def called(mistakes: list[Misconception], *changes: tuple[str, str]) -> dict[str, str]:
    """Return the names that are given, by criterion."""
    return {
        name: verdict.misconception
        for name, verdict in diagnose(mistakes, *changes).items()
        if verdict.misconception
    }


def test_the_mistake_that_explains_is_named_with_its_question() -> None:
    """The sentence takes the place of nothing but the hint; outcome, check and points stay."""
    mistakes = [known("squared", SQUARE), known("negative", NEGATIVE)]
    verdict = diagnose(mistakes, SQUARE)["test_numbers"]
    assert (verdict.misconception, verdict.hint) == ("squared", "Why squared?")
    assert (verdict.outcome, verdict.points) == (Outcome.FAILED, 0)
    assert called(mistakes, NEGATIVE) == {"test_numbers": "negative"}


def test_right_answers_and_unknown_mistakes_have_no_name() -> None:
    """Nothing is named where nothing is wrong, or where what is wrong was never seen."""
    mistakes = [known("squared", SQUARE), known("negative", NEGATIVE)]
    assert called(mistakes) == {}
    assert called(mistakes, ("x * 2", "x ** 2 + 0.01")) == {}
    assert called(mistakes, ("x * 2", "(x ** 2)[:2]")) == {}


def test_a_mistake_is_run_no_further_than_it_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that cannot explain the first criterion is not asked for the second, until somebody needs that."""
    judged: list[str] = []

    def judge_and_tell(*args: Any) -> Iterator[Any]:
        for verdict, trace in judge_criteria(*args):
            judged.append(verdict.criterion)
            yield verdict, trace

    monkeypatch.setattr("proctor.grading.symptoms.judge_criteria", judge_and_tell)
    diagnose_it = Diagnostician([known("squared", SQUARE), known("less", LESS)])

    def name(*changes: tuple[str, str]) -> dict[str, str]:
        report = judge_cell(Doubling, LocalSide(loopback(names(*changes))), diagnose=diagnose_it)
        return {each.criterion: each.misconception for each in report.verdicts if each.misconception}

    assert name(NEGATIVE) == {}
    assert judged == ["test_numbers"] * 2
    assert name(LESS) == {"test_again": "less"}
    assert judged == ["test_numbers", "test_numbers", "test_again"]
    assert name(SQUARE) == {"test_numbers": "squared"}
    assert judged == ["test_numbers", "test_numbers", "test_again", "test_again"]


def test_a_mistake_that_breaks_on_the_way_has_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """What fits a mistake's first criterion is not named after it if its second stops the hidden test."""

    def break_off(*args: Any) -> Iterator[Any]:
        yield next(judge_criteria(*args))
        raise GraderError("the mistake is at fault")

    squared = Diagnostician([known("squared", SQUARE)])
    monkeypatch.setattr("proctor.grading.symptoms.judge_criteria", break_off)
    report = judge_cell(Doubling, LocalSide(loopback(names(SQUARE))), diagnose=squared)
    assert not any(verdict.misconception for verdict in report.verdicts)


def test_two_that_explain_the_same_are_not_guessed_at() -> None:
    """Two misconceptions of one behaviour: no name; the same words twice: one misconception."""
    other = ("x * 2", "x * x")
    assert called([known("squared", SQUARE), known("times itself", other)], SQUARE) == {}
    assert called([known("squared", SQUARE), known("squared", other)], SQUARE) == {"test_numbers": "squared"}


def test_words_that_are_true_of_all_are_said() -> None:
    """Where several explain it, the words are said that are true of each, if there are such."""
    weak = known("powers", SQUARE)
    strong = known("times itself", ("x * 2", "x * x"), also=frozenset({weak.words}))
    assert called([strong], SQUARE) == {"test_numbers": "times itself"}
    assert called([strong, weak], SQUARE) == {"test_numbers": "powers"}


def test_a_mistake_must_break_all_that_it_breaks() -> None:
    """Half of a known mistake is another mistake."""
    both = known("both", SQUARE, LESS)
    assert called([both], SQUARE, LESS) == {"test_numbers": "both", "test_again": "both"}
    assert called([both], SQUARE) == called([both], LESS) == {}


def test_who_explains_all_goes_before_who_explains_a_part() -> None:
    """The whole is preferred; a part counts where it begins with the first that is wrong."""
    both, first, second = known("both", SQUARE, LESS), known("first", SQUARE), known("second", LESS)
    assert called([first, second, both], SQUARE, LESS) == {"test_numbers": "both", "test_again": "both"}
    assert called([first, second], SQUARE, LESS) == {"test_numbers": "first"}
    assert called([second], SQUARE, LESS) == {}


def test_what_the_test_was_asked_is_evidence() -> None:
    """Two mistakes of the same values are told apart by how they call an object of the test's."""
    wrong = ("half.half(x) * 2", "half.half(6.0) * 1.5")
    mistakes = [known("three times", LESS), known("asks for six", wrong)]
    assert called(mistakes, LESS) == {"test_again": "three times"}
    assert called(mistakes, TWICE) == {}


def test_what_the_ladder_says_is_evidence() -> None:
    """Vectors that lie along different axes have the same numbers; their hints tell them apart."""
    row, column = ("x * 2", "x[None] * 2"), ("x * 2", "x[:, None] * 2")
    assert called([known("a row", row)], row) == {"test_numbers": "a row"}
    assert called([known("a row", row)], column) == {}


def test_exceptions_are_told_apart_by_their_text() -> None:
    """Another exception in the same place is another mistake; what Python said stays in the hint."""
    crash = known("a dict", CRASH)
    hint = diagnose([crash], CRASH)["test_numbers"].hint
    assert hint.startswith("Why a dict?\nYour code raised IndexError: only integers")
    assert called([crash], ("x * 2", "x[None, 5]")) == {}
    assert called([known("not there yet", UNFINISHED)], UNFINISHED) == {"test_numbers": "not there yet"}
    assert called([known("not there yet", UNFINISHED)], CRASH) == {}


def test_a_mistake_that_cannot_be_run_costs_its_name_only(caplog: pytest.LogCaptureFixture) -> None:
    """A broken mistake is logged and left out; the others are recognised."""
    mistakes = [known("broken", ("no such code", "")), known("squared", SQUARE)]
    assert called(mistakes, SQUARE) == {"test_numbers": "squared"}
    assert "'broken' cannot be recognised in doubling" in caplog.text


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (np.array([1.0, 2.0]), np.array([1.0, 2.0001], np.float32), True),
        (np.array([1.0, 2.0]), np.array([1.0, 2.01]), False),
        (np.array([1.0, 2.0]), [1, 2], True),
        (np.ones(4), np.ones((4, 1)), True),
        (np.ones((2, 2)), np.ones(4), False),
        (np.array([1.0, np.nan]), np.array([1.0, np.nan]), True),
        (np.array([1.0, np.nan]), np.array([1.0, np.inf]), False),
        (np.array([1e308, -1e308]), np.array([-1e308, 1e308]), False),
        (np.ones(2), np.ones(2) + 0j, False),
        (np.array([True, False]), np.array([1, 0]), True),
        ([[1.0], [1.0, 2.0]], [[1.0], [1.0, 2.0]], False),
        ({"a": 1.0}, {"a": 1.0}, False),
        (None, None, True),
        (None, 0.0, False),
        ("text", "text", True),
        ("text", SeenFault("text"), False),
        (SeenFault("StudentError: KeyError: 'a'"), SeenFault("StudentError: KeyError: 'a'"), True),
        (SeenFault("StudentError: KeyError: 'a'"), SeenFault("StudentError: KeyError: 'b'"), False),
        (Unkept("ndarray"), np.ones(1), False),
        (CallBack(0, "initialize", ((4, 30),)), CallBack(0, "initialize", ([4, 30],)), True),
        (CallBack(0, "initialize", ((4, 1),)), CallBack(0, "initialize", (4,)), True),
        (CallBack(0, "initialize", ((4, 30),)), CallBack(0, "initialize", ((30, 4),)), False),
        (CallBack(0, "initialize", (4,)), CallBack(1, "initialize", (4,)), False),
        (CallBack(0, "initialize", (4,)), CallBack(0, "initialize", (4, 4)), False),
        (CallBack(0, "initialize", ({},)), CallBack(0, "initialize", ({},)), False),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore")
def test_entries_of_traces_are_compared(one: Any, other: Any, alike: bool) -> None:
    """Precision, lists and the axis of a vector make no difference; values, faults and calls do."""
    assert same(one, other) is alike
    assert same(other, one) is alike


def test_a_trace_has_a_limit() -> None:
    """What comes after the limit leaves its type only, so that no answer fills the grader's memory."""
    link = loopback({"big": lambda: np.zeros(MAX_TRACE // 3 // 8 + 1)})
    link.begin()
    big = link.find(["big"])["big"]
    for _ in range(4):
        big()
    kinds = [type(value) for value in link.trace]
    assert kinds == [np.ndarray, np.ndarray, Unkept, Unkept]


def write_hook(folder: Path, text: str) -> Path:
    """Write a hook into a folder of hidden tests."""
    (folder / HOOK).write_text(text)
    return folder


def test_a_folder_without_a_hook_offers_nothing(tmp_path: Path) -> None:
    """An exercise can do without diagnosis and without reference, or offer one of them."""
    assert offered(tmp_path) == (None, None)
    only = tmp_path / "only"
    only.mkdir()
    write_hook(only, "def diagnosis():\n    return lambda case, seen: {}\n")
    diagnosis, reference = offered(only)
    assert diagnosis is not None
    assert reference is None


def test_a_hook_may_have_helpers(tmp_path: Path) -> None:
    """What lies beside the hook can be imported by it, and is forgotten for the next exercise."""
    (tmp_path / "helper_of_hook.py").write_text("NAMES = {'answer': 1}\n")
    write_hook(tmp_path, "from helper_of_hook import NAMES\n\n\ndef reference():\n    return NAMES\n")
    diagnosis, reference = offered(tmp_path)
    assert diagnosis is None
    assert reference is not None
    assert "helper_of_hook" not in sys.modules


def test_a_hook_that_does_not_load_is_no_reason_to_stop(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged with its path, and nothing is offered; its folder does not stay on the path."""
    write_hook(tmp_path, "import no_such_module\n")
    assert offered(tmp_path) == (None, None)
    assert str(tmp_path / HOOK) in caplog.text
    assert "No module named 'no_such_module'" in caplog.text
    assert str(tmp_path) not in sys.path


class Careless(Criteria):
    """A hidden test that takes the answer for what it should be"""  # noqa: D415  - a title

    __test__ = False  # for pytest
    grade_id = "careless"
    needs = ("answer",)

    @points(1)
    def test_keys(self) -> None:
        """The answer has a key `a`."""
        assert self.answer()["a"] == 1


def test_the_reference_tells_who_is_at_fault() -> None:
    """An error of a test at an odd answer is the student's fault, unless the test raises on the solution, too."""
    odd = LocalSide(loopback({"answer": lambda: [1]}))
    right, wrong = (LazySide(lambda value=value: {"answer": lambda: value}) for value in ({"a": 1}, 7))
    (verdict,) = judge_cell(Careless, odd, reference=right).verdicts
    assert verdict.outcome is Outcome.FAILED
    with pytest.raises(GraderError, match="careless, test_keys"):
        judge_cell(Careless, odd, reference=wrong)


def test_plain_numbers_are_the_students_fault_only_where_the_solution_passes() -> None:
    """A hidden test that raises an error at an array is at fault where there is no solution to ask."""
    right = LazySide(lambda: {"answer": lambda: {"a": 1}})
    plain = LocalSide(loopback({"answer": lambda: np.ones(3)}))
    (verdict,) = judge_cell(Careless, plain, reference=right).verdicts
    assert verdict.outcome is Outcome.FAILED
    with pytest.raises(GraderError):
        judge_cell(Careless, plain)


@pytest.mark.parametrize("reference", [None, LazySide(lambda: {"answer": lambda: {"a": 1}})])
def test_a_name_that_cannot_be_called_is_the_students_fault(reference: LazySide | None) -> None:
    """Calling it stops no grading, whether there is a solution to ask or not."""
    (verdict,) = judge_cell(Careless, LocalSide(loopback({"answer": 7})), reference=reference).verdicts
    assert verdict.outcome is Outcome.NOT_FOUND
    assert verdict.hint.startswith("`answer` is there, but it cannot be called.")


def test_the_reference_is_not_run_before_it_is_needed() -> None:
    """A class of right answers needs none of it."""
    runs = []
    reference = LazySide(lambda: runs.append(1) or {"answer": lambda: {"a": 1}})
    judge_cell(Careless, LocalSide(loopback({"answer": lambda: {"a": 1}})), reference=reference)
    assert not runs
    judge_cell(Careless, LocalSide(loopback({"answer": lambda: [1]})), reference=reference)
    assert runs == [1]
