"""Judging of one cell: runs its hidden tests against a student's side, and returns how each criterion ended."""

from __future__ import annotations

import importlib.util
import inspect
import re
import sys
from contextlib import suppress
from dataclasses import replace
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol
from unittest import SkipTest

import numpy as np

from proctor.agent.operations import finished
from proctor.criteria import Broken, Criteria, CriterionFailed, Fault, NotFound, StudentError
from proctor.criteria.assertions import shortened
from proctor.criteria.decorators import methods_of
from proctor.criteria.outcome import CellReport, Check, Outcome, Verdict
from proctor.errors import CannotCross, GraderError
from proctor.grading.versions import ALIASES, advice, explanation, removed_name
from proctor.session.proxies import NOTES, CallBack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from proctor.session.proxies import Link

    Seen = Mapping[str, tuple[Verdict, list[Any]]]
    """The verdict and the trace of each criterion of a cell that could be diagnosed, by its name."""
    Diagnosis = Callable[[type[Criteria], Seen], Mapping[str, tuple[str, str]]]
    """Says for each criterion whose mistake is known what it is, and asks the question that leads on."""

_PLACE = re.compile(r"^([^\n`]*, line \d+): ([^\n`]+)$", re.MULTILINE)
"""A line of the student's, behind its place, as an exception's traceback has it."""
MAX_WORDS = 400
"""Characters of a hidden test's exception that are shown."""
AWAITED = ("a coroutine was expected", "in 'await' expression", "a coroutine or an awaitable is required")
"""Pieces of messages of Python where something is awaited that is no coroutine."""
NO_COROUTINE = "What came back cannot be awaited. Is the function defined with `async def`?"
WRONG = (Outcome.FAILED, Outcome.ERROR, Outcome.UNFINISHED)
"""Outcomes that a mistake in the answer brings about; the others say by themselves what happened."""


class Side(Protocol):
    """A student's side: gives a link that is alive for each criterion."""

    def link(self) -> Link:
        """Return a link ready for a new criterion, restarting what is broken; Broken if that fails."""


class LocalSide:
    """A side within this process; its link never breaks."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def link(self) -> Link:
        """Return the one link, begun anew."""
        self._link.begin()
        return self._link


def load_tests(folder: Path, seed: int = 0) -> dict[str, type[Criteria]]:
    """Load the hidden tests of an exercise: grade_id to test class, in the order in which they are written.

    Args:
        folder: with the tests.
        seed: of the random inputs. The classes are new ones each time, so that two seeds do not meet.

    Raises:
        GraderError: a module does not load, a class has criteria and no grade_id, or the reverse, or two have the same.
    """
    cases: dict[str, type[Criteria]] = {}
    sys.path.insert(0, str(folder))
    try:
        for path in sorted(folder.glob("test_*.py")):
            for case in _cases(path):
                if case.grade_id in cases:
                    raise GraderError(f"{path}: two test classes have the grade_id {case.grade_id!r}.")
                case.seed = seed
                cases[case.grade_id] = case
    finally:
        sys.path.remove(str(folder))
        forget_helpers(folder)
    if not cases:
        raise GraderError(f"{folder} holds no hidden tests: no test_*.py with classes derived from Criteria.")
    return cases


def forget_helpers(folder: Path) -> None:
    """Let the next exercise have helper modules and packages of the same names."""
    for name, module in list(sys.modules.items()):
        place = folder.joinpath(*name.split("."))
        if getattr(module, "__file__", None) in (f"{place}.py", f"{place / '__init__.py'}"):
            del sys.modules[name]


def _cases(path: Path) -> Iterator[type[Criteria]]:
    name = f"hidden_tests.{path.parent.name}.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise GraderError(f"{path} cannot be loaded as a module.")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise GraderError(f"{path} does not load: {type(error).__name__}: {error}") from error
    for case in vars(module).values():
        if inspect.isclass(case) and issubclass(case, Criteria) and case.__module__ == name:
            if case.grade_id and not criteria(case):
                raise GraderError(f"{path}: {case.__name__} has no criterion: mark its methods with @points.")
            if criteria(case) and not case.grade_id and not case.__subclasses__():
                raise GraderError(f"{path}: {case.__name__} has no grade_id, that of the cell it grades.")
            if unmarked := [name for name in methods_of(case) if not hasattr(getattr(case, name), "worth")]:
                raise GraderError(
                    f"{path}: {case.__name__}.{unmarked[0]} would not be run: mark it with @points, "
                    "or let the name of a helper not begin with test."
                )
            if case.grade_id:
                yield case


def criteria(case: type[Criteria]) -> list[str]:
    """List the names of a test class's criteria, in the order in which they are written; those of bases come first."""
    names = [
        [f"{name}_{number}" for number in range(1, len(method.cases) + 1)]
        if hasattr(method, "cases")
        else [name]
        for name, method in methods_of(case).items()
        if hasattr(method, "worth")
    ]
    return list(dict.fromkeys(name for some in names for name in some))


def title(case: type[Criteria]) -> str:
    """Return the title of a graded cell: the first line of its test class's docstring."""
    return (case.__doc__ or case.grade_id).strip().splitlines()[0]


def sentence(case: type[Criteria], name: str) -> str:
    """Return a criterion's sentence: its docstring on one line."""
    return " ".join((getattr(case, name).__doc__ or "").split())


def judge_cell(
    case: type[Criteria], side: Side, *, diagnose: Diagnosis | None = None, reference: Side | None = None
) -> CellReport:
    """Judge one graded cell.

    Args:
        case: the hidden test class of the cell.
        side: the student's side.
        diagnose: recognises misconceptions in the values that came back; asked when something is wrong.
        reference: the solution's side. A hidden test that raises an exception of its own is at fault if
            nothing but plain numbers came back, or if it raises on the reference, too; else the answer is.

    Raises:
        GraderError: a hidden test is at fault.
    """
    verdicts: dict[str, Verdict] = {}
    seen: dict[str, tuple[Verdict, list[Any]]] = {}
    for verdict, trace in judge_criteria(case, side, reference):
        verdicts[verdict.criterion] = verdict
        if verdict.outcome in WRONG:
            seen[verdict.criterion] = verdict, trace
    if diagnose and seen:
        for name, (mistake, question) in diagnose(case, seen).items():
            verdicts[name] = _named(verdicts[name], mistake, question)
    return CellReport(case.grade_id, title(case), tuple(verdicts.values()))


def judge_if_passing(case: type[Criteria], side: Side) -> CellReport | None:
    """Judge one graded cell, and stop, with None, at the first criterion that does not pass without a remark."""
    verdicts = []
    try:
        for verdict, _ in judge_criteria(case, side):
            if verdict.outcome is not Outcome.PASSED or verdict.remarks:
                return None
            verdicts.append(verdict)
    except GraderError:
        return None
    return CellReport(case.grade_id, title(case), tuple(verdicts))


def judge_criteria(
    case: type[Criteria], side: Side, reference: Side | None = None
) -> Iterator[tuple[Verdict, list[Any]]]:
    """Yield a cell's verdicts and traces, criterion by criterion, as they are asked for; see :func:`judge_cell`."""
    outcomes: dict[str, Outcome] = {}
    for name in criteria(case):
        before = getattr(case, name).after
        if before and outcomes[before] is not Outcome.PASSED:
            hint = f"It can be judged once this holds: {sentence(case, before)}"
            verdict, trace = _verdict(case, name, Outcome.WAITING, hint=hint), list[Any]()
        else:
            verdict, trace = _judge(case, name, side, reference)
        outcomes[name] = verdict.outcome
        yield verdict, trace


def undecided(case: type[Criteria], outcome: Outcome, hint: str) -> CellReport:
    """Report the same outcome for all criteria of a cell that could not be judged one by one."""
    verdicts = [
        Verdict(name, sentence(case, name), outcome, float(getattr(case, name).worth), hint=hint)
        for name in criteria(case)
    ]
    return CellReport(case.grade_id, title(case), tuple(verdicts))


def _verdict(case: type[Criteria], name: str, outcome: Outcome, **rest: Any) -> Verdict:
    return Verdict(name, sentence(case, name), outcome, float(getattr(case, name).worth), **rest)


def _named(verdict: Verdict, mistake: str, question: str) -> Verdict:
    """Put the name of the mistake and its question in the place of the hint; what Python said is kept."""
    hint = f"{question}\n{verdict.hint}" if verdict.outcome is Outcome.ERROR else question
    return replace(verdict, misconception=mistake, hint=hint)


def _judge(case: type[Criteria], name: str, side: Side, reference: Side | None) -> tuple[Verdict, list[Any]]:
    """Judge one criterion; return the verdict and the trace."""
    test, link = case(name), None
    try:
        link = side.link()
        run(test, name, link)
    except CriterionFailed as failed:
        verdict = _verdict(case, name, Outcome.FAILED, check=failed.check, hint=str(failed))
    except Fault as fault:
        verdict = _verdict(case, name, fault.outcome, check=_check(fault), hint=explain(fault))
        if isinstance(fault, StudentError) and (why := explanation(fault.kind, fault.text)):
            again = _as_older_versions(case, name, side, names=bool(removed_name(fault.kind, fault.text)))
            verdict = (
                replace(again, remarks=(f"Here your code raised {fault.says}\n{why}",)) if again else verdict
            )
    except AssertionError as failed:
        verdict = _verdict(case, name, Outcome.FAILED, check=Check.VALUES, hint=shortened(failed))
    except CannotCross as error:
        raise CannotCross(error.what, f"{case.grade_id}, {name}: ") from error
    except Exception as error:
        why = _uncallable(test, error) or _unawaitable(error)
        if _is_bug(error, test) or _at_fault(case, name, reference, link, why):
            words = f"{type(error).__name__}: {error}"[:MAX_WORDS]
            if isinstance(error, AttributeError) and error.obj is test:
                words += ". If that is a name of the notebook's, `needs` has to name it"
            raise GraderError(
                f"{case.grade_id}, {name}: the hidden test fails with {words.rstrip('.')}."
            ) from error
        verdict = _unusable_answer(case, name, test, error, link)
    else:
        verdict = _verdict(case, name, Outcome.PASSED)
    return _remarked(verdict, test, link), list(link.trace) if link else []


def _as_older_versions(case: type[Criteria], name: str, side: Side, *, names: bool) -> Verdict | None:
    """Judge once more as older versions would; return the verdict if that is why the criterion passes.

    Args:
        case: the hidden test class of the cell.
        name: of the criterion.
        side: the student's side.
        names: whether the code has failed for a name that NumPy no longer has.
    """
    test = case(name)
    test.compatible = True
    try:
        link = side.link()
        with link.defined(ALIASES):
            run(test, name, link)
    except Exception:  # noqa: BLE001  - the first look stands, whatever the second meets
        return None
    return _verdict(case, name, Outcome.PASSED) if names or test.eased else None


def _is_bug(error: Exception, test: Criteria) -> bool:
    """Return whether an exception can be the test's fault only, whatever came from the student's side."""
    if isinstance(error, AttributeError):
        return error.obj is test or isinstance(error.obj, ModuleType)
    return isinstance(error, NameError | ImportError | SyntaxError | SkipTest | GraderError)


def _at_fault(
    case: type[Criteria], name: str, reference: Side | None, link: Link | None, unusable: str
) -> bool:
    """Return whether a hidden test raises an exception on the solution, too.

    Without a solution to ask, it is at fault if only plain numbers came, and its exception says of none of them that
    it is unusable.
    """
    if reference is None:
        return not (unusable or _odd(link.trace if link else []))
    try:
        run(case(name), name, reference.link())
    except Exception:  # noqa: BLE001  - any failure on the solution is the test's own
        return True
    return False


def _uncallable(test: Criteria, error: Exception) -> str:
    """Return which of the names that a test needs cannot be called, or "" if that is not why it failed."""
    if not isinstance(error, TypeError) or "object is not callable" not in str(error):
        return ""
    return next((need for need in test.needs if not callable(getattr(test, need, test))), "")


def _unawaitable(error: Exception) -> str:
    """Return the hint that a test has awaited what is no coroutine, or "" if that is not why it failed."""
    return NO_COROUTINE if any(words in str(error) for words in AWAITED) else ""


def _unusable_answer(
    case: type[Criteria], name: str, test: Criteria, error: Exception, link: Link | None
) -> Verdict:
    """Return the verdict on an answer that the test could do nothing with."""
    if need := _uncallable(test, error):
        hint = f"`{need}` is there, but it cannot be called. What else has got this name?"
        return _verdict(case, name, Outcome.NOT_FOUND, check=Check.EXISTS, hint=hint)
    hint = _unawaitable(error) or _what_came(link)
    return _verdict(case, name, Outcome.FAILED, check=Check.TYPE, hint=hint)


def run(test: Criteria, name: str, link: Link) -> None:
    """Run one criterion with the classes it needs injected; what is set up for a class is so for each criterion."""
    for need, found in link.find(test.needs).items():
        setattr(test, need, found)
    test.link, link.in_place, link.own_equality = link, test.in_place, test.own_equality
    try:
        test.setUpClass()
        test.setUp()
        try:
            ended = getattr(test, name)()
            if inspect.iscoroutine(ended):
                finished(ended)
        except BaseException:
            with suppress(Exception):  # how the criterion ended is told, not what its end brings about
                test.tearDown()
            raise
        test.tearDown()
    finally:
        test.doCleanups()
        test.tearDownClass()
        test.doClassCleanups()


def _remarked(verdict: Verdict, test: Criteria, link: Link | None) -> Verdict:
    """Add what the test and the student's side noticed on the way."""
    notes = dict.fromkeys(link.notes) if link else {}
    return replace(
        verdict, remarks=(*verdict.remarks, *test.remarks, *(NOTES[note] for note in notes if note in NOTES))
    )


def _check(fault: Fault) -> Check | None:
    if isinstance(fault, NotFound):
        return Check.EXISTS
    return Check.RUNS if isinstance(fault, StudentError | Broken) else None


def explain(fault: Fault) -> str:
    """Return a fault of the student's side as a sentence."""
    if isinstance(fault, StudentError):
        if fault.outcome is Outcome.UNFINISHED:
            return "A function or method that is needed here still raises NotImplementedError."
        if fault.outcome is Outcome.NOT_FOUND:
            return fault.text
        where = "\n" + _PLACE.sub(r"\1: `\2`", fault.where) if fault.where else ""
        why = advice(fault.kind, fault.text)
        return f"Your code raised {fault.says}{where}" + (f"\n{why}" if why else "")
    return str(fault)


def _odd(trace: list[Any]) -> bool:
    """Return whether a value came back that no test has reason to expect."""
    return any(not isinstance(value, np.ndarray | np.generic | float | int | CallBack) for value in trace)


def _what_came(link: Link | None) -> str:
    kinds = [type(value).__name__ for value in link.trace if _odd([value])] if link else []
    last = f": a {kinds[-1]}" if kinds else ""
    return f"A value came back that cannot be judged{last}. What do your methods return, and in which shape?"
