"""The base class of hidden tests: plain `unittest`, with points, checks in order, and remarks.

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

The classes under test are injected, as proxies that carry each call into the sandbox or as plain local
classes; a test cannot tell which. What reaches it from the student is plain data or one of the errors below:

    Fault                    the student's side is at fault
    ├── StudentError         an exception in the student's code: type, text, traceback of the student's cells
    ├── NotFound             a class, method or attribute is missing
    └── Broken               no answer: outcome says why (time limit, memory limit, kernel died)
    CriterionFailed          an answer came, and it is wrong: the first check that broke, and a hint
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from proctor.criteria.arrays import ArrayChecks
from proctor.criteria.assertions import shortened
from proctor.criteria.decorators import case_of, methods_of
from proctor.criteria.faults import Broken, CriterionFailed, Fault, NotFound, StudentError
from proctor.criteria.outcome import Check
from proctor.criteria.plots import Figure
from proctor.errors import GraderError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Criteria(ArrayChecks):
    """One graded cell. Subclasses set `grade_id` and `needs`, and have one method per criterion.

    Random inputs are drawn from `seed`, which is the course's (`c.Grading.seed`): a number that was seen in last
    year's feedback is worth nothing this year. It is set where the tests are loaded.
    """

    grade_id: ClassVar[str] = ""
    needs: ClassVar[tuple[str, ...]] = ()
    seed: ClassVar[int] = 0
    in_place: ClassVar[bool] = False
    """Whether an array that is handed in is changed here, too, when the student's code changes it; a list always is."""
    own_equality: ClassVar[bool] = False
    """Whether a student's object says itself whether it equals a value of the test's; a lying one says that it does."""
    compatible: bool = False
    """Whether code is judged that raises in the grader's versions of Python and NumPy, and not in older ones."""
    eased: bool = False
    """Whether the test has made something easier because of that; if not, judging once more would tell nothing new."""
    link: Any = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Make the criteria of methods that have several cases.

        Raises:
            TypeError: `needs` is a text, each letter of which would be looked for.
        """
        super().__init_subclass__(**kwargs)
        if isinstance(cls.needs, str):
            raise TypeError(
                f'{cls.__name__}.needs is a text. Write needs = ("{cls.needs}",), with the comma.'
            )
        for name, method in methods_of(cls).items():
            for number, arguments in enumerate(getattr(method, "cases", ()), start=1):
                setattr(cls, f"{name}_{number}", case_of(method, arguments))

    @contextmanager
    def subTest(self, msg: Any = None, **params: Any) -> Iterator[None]:
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

    def write_file(self, name: str, content: str | bytes = "") -> str:
        """Write a file that the student's code can open, in a folder of the criterion's own; return its path."""
        data = content if isinstance(content, bytes) else content.encode()
        return str(self._linked().write_file(name, data))

    def read_file(self, path: str) -> str:
        """Return the text of a file that the student's code has written; the criterion fails if there is none."""
        return bytes(self._linked().read_file(str(path))).decode(errors="replace")

    def _linked(self) -> Any:
        if self.link is None:
            raise GraderError(
                "Without a link to the student's side nothing is known of what it prints or draws."
            )
        return self.link

    def noted(self, note: str) -> bool:
        """Return whether the student's side noticed something during this criterion, such as "array shared".

        With plain local classes, without a sandbox, nothing is noticed.
        """
        link = getattr(self, "link", None)
        return link is not None and note in link.notes

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
