"""The base class of hidden tests: plain `unittest`, with points, a ladder of checks, and remarks.

A hidden test class grades one cell. Each of its methods is a criterion, and its docstring is the sentence
that the student reads::

    class SigmoidForward(Criteria):
        \"\"\"Sigmoid: forward pass\"\"\"          # the title of the report card

        grade_id = "sigmoid_forward"
        needs = ("Sigmoid",)                  # injected: self.Sigmoid

        @points(1)
        def test_values(self):
            \"\"\"`Sigmoid.forward(x)` is 1 / (1 + exp(-x)), entry by entry.\"\"\"
            x = np.array([[-1.0, 0.0], [2.0, 4.0]])
            self.check(self.Sigmoid().forward(x), 1 / (1 + np.exp(-x)), "forward(x)")

The classes under test are injected, as stand-ins that carry each call across the wall or as plain local
classes; a test cannot tell which. What reaches it from the student is plain data or one of the errors below:

    Fault                    the student's side is at fault
    ├── StudentError         an exception in the student's code: type, text, traceback of the student's cells
    ├── NotFound             a class, method or attribute is missing
    └── Broken               no answer: outcome says why (time limit, memory limit, kernel died)
    CriterionFailed          an answer came, and it is wrong: the first check that broke, and a hint
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np

from proctor.criteria.assertions import Assertions, shortened
from proctor.criteria.comparison import difference
from proctor.criteria.faults import Broken, CriterionFailed, Fault, NotFound, StudentError
from proctor.criteria.outcome import Check
from proctor.criteria.plots import Figure
from proctor.errors import GraderError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    Method = TypeVar("Method", bound=Callable[..., None])

TOLERANCE = 2e-4
"""Largest error allowed, relative to the largest expected entry: loose enough for single precision."""


def points(worth: float, *, after: str | None = None) -> Callable[[Method], Method]:
    """Make a test method a criterion worth `worth` points.

    `after` names a criterion of the same class without which this one cannot be judged; when that one did
    not pass, this one is reported as waiting for it.
    """

    def mark(method: Method) -> Method:
        if not (method.__doc__ or "").strip():
            raise TypeError(f"{method.__qualname__} has no docstring: it is what the student reads.")
        method.worth, method.after = worth, after  # type: ignore[attr-defined]
        return method

    return mark


def cases(*arguments: Mapping[str, Any]) -> Callable[[Method], Method]:
    r"""Make one criterion of a test method for each of some keyword arguments, named in its docstring in braces.

    Each has the points of the method::

        @cases({"n": 0}, {"n": 5})
        @points(1)
        def test_square(self, n):
            \"\"\"`square({n})` is right.\"\"\"
    """

    def mark(method: Method) -> Method:
        method.cases = arguments  # type: ignore[attr-defined]
        return method

    return mark


def _case_of(method: Callable[..., None], arguments: Mapping[str, Any]) -> Callable[..., None]:
    def case(self: Criteria) -> None:
        method(self, **arguments)

    case.__doc__ = (method.__doc__ or "").format(**arguments)
    case.worth, case.after = method.worth, method.after  # type: ignore[attr-defined]
    return case


class Criteria(Assertions):
    """One graded cell. Subclasses set `grade_id` and `needs`, and have one method per criterion.

    Random inputs are drawn from `seed`, which is the course's (`c.Grading.seed`): a number that was seen in last
    year's feedback is worth nothing this year. It is set where the tests are loaded.
    """

    grade_id: ClassVar[str] = ""
    needs: ClassVar[tuple[str, ...]] = ()
    seed: ClassVar[int] = 0
    in_place: ClassVar[bool] = False
    """Whether an array that is handed in is changed here, too, when the student's code changes it; a list always is."""
    compatible: bool = False
    """Whether code is judged that raises in the grader's versions of Python and NumPy, and not in older ones."""
    eased: bool = False
    """Whether the test has made something easier because of that; else a second look tells nothing new."""
    link: Any = None

    def __init__(self, methodName: str = "runTest") -> None:  # noqa: N803  - unittest's name for it
        """Start without remarks."""
        super().__init__(methodName)
        self.remarks: list[str] = []

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Make the criteria of methods that have several cases."""
        super().__init_subclass__(**kwargs)
        for name, method in list(vars(cls).items()):
            for number, arguments in enumerate(getattr(method, "cases", ()), start=1):
                setattr(cls, f"{name}_{number}", _case_of(method, arguments))

    @contextmanager
    def subTest(self, msg: Any = None, **params: Any) -> Iterator[None]:  # noqa: N802  - unittest's name for it
        """Name in the hint of a failure inside of the block the parameters for which it failed."""
        try:
            yield
        except AssertionError as failure:
            if isinstance(failure, Fault):
                raise
            where = ", ".join(
                [*([str(msg)] if msg else []), *(f"{name}={params[name]!r}" for name in params)]
            )
            check = failure.check if isinstance(failure, CriterionFailed) else Check.VALUES
            hint = shortened(failure)
            raise CriterionFailed(check, f"With {where}: {hint}" if where else hint) from None

    def printed(self) -> str:
        """Return what the student's code has printed since the criterion began, or since the last time."""
        return str(self._linked().printed())

    def figures(self) -> list[Figure]:
        """Return pyplot's figures: those that the notebook's cells have shown, then those that are open now."""
        return [Figure.of(description) for description in self._linked().figures()]

    def _linked(self) -> Any:
        if self.link is None:
            raise GraderError(
                "Without a link to the student's side nothing is known of what it prints or draws."
            )
        return self.link

    def noted(self, note: str) -> bool:
        """Return whether the student's side noticed something during this criterion, such as "array shared".

        Without a wall (plain local classes) nothing is noticed.
        """
        link = getattr(self, "link", None)
        return link is not None and note in link.notes

    def remark(self, sentence: str) -> None:
        """Tell the student something that costs no points; said once, however often it is noticed."""
        if sentence not in self.remarks:
            self.remarks.append(sentence)

    def array(self, value: Any, what: str) -> NDArray[Any]:
        """Return a student's result as an array, or fail at the check `type`.

        Lists (of numbers, of arrays) are accepted with a remark; anything else is not an array. Numbers
        count as arrays without axes.
        """
        if isinstance(value, np.ndarray | np.generic | float | int | complex) and not isinstance(value, bool):
            return np.asarray(value)
        if value is None:
            raise CriterionFailed(
                Check.TYPE, f"{what} is None. Is a `return` missing, or a value never stored?"
            )
        if isinstance(value, list | tuple):
            try:
                result = np.array(value)
            except ValueError:
                raise CriterionFailed(
                    Check.SHAPE,
                    f"{what} is a list whose parts have different shapes. Which part is too short?",
                ) from None
            if result.dtype.kind in "biufc":
                self.remark(f"{what} is a {type(value).__name__}; an array was expected. The values count.")
                return result
        raise CriterionFailed(
            Check.TYPE,
            f"{what} should be an array of numbers, and a {type_name(value)} came. What do you return?",
        )

    def check(  # noqa: PLR0913  - two arrays, and how to compare them
        self,
        value: Any,
        expected: ArrayLike,
        what: str,
        *,
        shape: bool = True,
        tolerance: float = TOLERANCE,
        axes: Sequence[str] = (),
    ) -> NDArray[Any]:
        """Climb the ladder: `value` is an array, has the shape of `expected`, and its values.

        Args:
            value: what the student's code returned.
            expected: the right values, shape included.
            what: how the student calls this value, for instance ``"forward(x)"``.
            shape: False compares the values in C order, whatever the shape (a bias of (n, 1), say).
            tolerance: largest error, relative to the largest expected magnitude (at least the smallest normal).
            axes: what each axis counts, such as ("picture", "channel", "row", "column"), for the hint.

        Returns:
            The value as an array.

        Raises:
            CriterionFailed: at the first broken check, with a hint that shows no expected value.
        """
        wanted = np.asarray(expected)
        got = self.array(value, what)
        if shape and got.shape != wanted.shape:
            raise CriterionFailed(
                Check.SHAPE,
                f"{what}: shape {wanted.shape} was expected, {got.shape} came. Which axis differs?",
            )
        if got.size != wanted.size:
            raise CriterionFailed(
                Check.SHAPE,
                f"{what}: {wanted.size} values were expected, {got.size} came. What is too many or missing?",
            )
        got_flat, wanted_flat = got.reshape(wanted.shape), wanted
        if np.iscomplexobj(got_flat):
            raise CriterionFailed(
                Check.TYPE, f"{what} is complex. Was the real part to be taken after an FFT?"
            )
        if not np.isfinite(got_flat).all():
            raise CriterionFailed(
                Check.VALUES, f"{what} has entries that are nan or infinite. Where could they arise?"
            )
        if not self.close(got_flat, wanted_flat, tolerance).all():
            fact = difference(got_flat, wanted_flat, axes)
            raise CriterionFailed(Check.VALUES, f"{what}: the shape is right, the values are not. {fact}")
        return got

    @staticmethod
    def close(got: ArrayLike, wanted: ArrayLike, tolerance: float = TOLERANCE) -> NDArray[np.bool_]:
        """Return for each entry whether it is right within `tolerance` times the largest expected magnitude."""
        got, wanted = np.asarray(got, dtype=float), np.asarray(wanted, dtype=float)
        scale = max(float(np.max(np.abs(wanted), initial=0.0)), float(np.finfo(float).tiny))
        with np.errstate(invalid="ignore", over="ignore"):
            return np.asarray(np.abs(got - wanted) <= tolerance * scale)

    def attempt(self, call: Callable[..., Any], *args: Any) -> tuple[Any, Fault | None]:
        """Call the student's code; return (result, None), or (None, the fault) if it raised or is missing.

        For what is judged although something before it failed. Limits and a dead kernel still propagate.
        """
        value, fault = self.aside(call, *args)
        if isinstance(fault, Broken):
            raise fault
        return value, fault

    def aside(self, call: Callable[..., Any], *args: Any) -> tuple[Any, Fault | None]:
        """Call the student's code for a remark only: like :meth:`attempt`, and a limit costs nothing either.

        Nothing of the student's side may be used afterwards: it may be gone.
        """
        try:
            return call(*args), None
        except Fault as fault:
            return None, fault
        except (AssertionError, GeneratorExit):
            raise
        except Exception as error:  # noqa: BLE001  - a plain local class raises what it likes
            return None, StudentError(type(error).__name__, str(error))

    def better(self, *readings: Callable[[], object]) -> None:
        """Pass if one of the readings does, tried in order; otherwise fail as the first one did.

        Limits and a dead kernel end it at once.
        """
        first: Exception | None = None
        for reading in readings:
            known = len(self.remarks)
            try:
                reading()
            except (CriterionFailed, StudentError, NotFound) as failure:
                del self.remarks[known:]
                first = first or failure
            else:
                return
        if first:
            raise first

    @contextmanager
    def unrecorded(self, *, faults: bool = True) -> Iterator[None]:
        """Keep the values that come back inside the block out of the trace, which a diagnosis compares.

        For values that differ between two right answers, such as the random weights of a new layer, and for
        what other criteria judge; then `faults` is False, and exceptions stay in the trace.
        """
        link = getattr(self, "link", None)
        known = len(link.trace) if link else 0
        try:
            yield
        finally:
            if link:
                link.forget(known, faults=faults)

    def fail_with(self, check: Check, hint: str) -> None:
        """Fail this criterion at `check` with a hint: a fact, then a question."""
        raise CriterionFailed(check, hint)


def type_name(value: Any) -> str:
    """Name the type of a student's value in words; a stand-in names the type on the student's side."""
    return str(getattr(value, "_type_name", None) or type(value).__name__)
