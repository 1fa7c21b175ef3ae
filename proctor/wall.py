"""The grader's side of the wall: stand-ins for the student's classes, and the links that carry their calls.

A :class:`Link` sends a request and returns the answer; there is one over a Unix socket into the jail and one
within the process (:func:`loopback`), which takes every value through the same frames. A test cannot tell
them apart, which is how tests, solution and mistakes are checked in milliseconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from proctor.criteria import Broken, Fault, NotFound, StudentError
from proctor.outcome import Outcome
from proctor.servant import FormatError, Reader, Server, Writer, pack, unpack

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from proctor.quoting import Quotation

MAX_CALLBACKS = 10_000
MAX_TRACE = 64 * 2**20
"""Bytes of a criterion's trace that are kept, at most."""
NOTES = {
    "argument changed": "An argument was changed in place. It costs nothing here, and surprises callers elsewhere."
}


class CallBack(NamedTuple):
    """In a trace: the student's code called an object of the test's, the number-th that it was given."""

    number: int
    name: str
    args: tuple[Any, ...]


class Stumble(NamedTuple):
    """In a trace: a request ended with a fault, in the words of the student's side."""

    fault: str


class Unkept(NamedTuple):
    """In a trace: a value that was not kept, because the values before it were large."""

    type_name: str


class StandIn:
    """A student's object, class or method as a hidden test sees it."""

    __slots__ = ("_link", "_name", "_ref", "_type_name")

    def __init__(self, link: Link, ref: int, type_name: str, name: str | None = None) -> None:
        for slot, value in (("_link", link), ("_ref", ref), ("_type_name", type_name), ("_name", name)):
            object.__setattr__(self, slot, value)

    def __call__(self, *args: Any) -> Any:
        """Call it on the student's side."""
        return self._link.request({"do": "call", "ref": self._ref, "name": self._name}, args=args)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # numpy and unittest probe for these; the student's side need not know
            raise AttributeError(name)
        return self._link.request({"do": "get", "ref": self._ref, "name": name})

    def __setattr__(self, name: str, value: Any) -> None:
        self._link.request({"do": "set", "ref": self._ref, "name": name}, value=value)

    def __deepcopy__(self, memo: dict[int, Any]) -> StandIn:
        """A copy stands for the same object: what is on the other side cannot be copied from here."""
        return self

    def __repr__(self) -> str:
        return f"<stand-in for a {self._type_name}>"


class Link:
    """Carries requests to one student's side.

    Attributes:
        trace: since :meth:`begin` and in order, every value that came back, every :class:`Stumble` and every
            :class:`CallBack`: what a diagnosis compares.
        notes: what the student's side noticed since :meth:`begin`.
        quotes: what may be repeated of its words; None, for classes of our own, is all.
    """

    def __init__(self, files: Sequence[str] = (), quotes: Quotation | None = None) -> None:
        self.files, self.quotes = list(files), quotes
        self.trace: list[Any] = []
        self._kept = 0
        self.notes: list[str] = []
        self.visitors: list[Any] = []

    def begin(self) -> None:
        """Start a criterion: forget the objects, values and notes of the one before."""
        self.trace, self.notes, self.visitors, self._kept = [], [], [], 0
        self.request({"do": "begin"})
        self.trace.clear()

    def find(self, name: str) -> Any:
        """Return a stand-in for a class of the notebook; NotFound if there is none."""
        found = self.request({"do": "find", "name": name, "files": self.files})
        if not isinstance(found, StandIn):
            raise NotFound(f"`{name}` was not found.")
        self.trace.clear()
        return found

    def exchange(self, frame: bytes) -> bytes:
        """Send a request frame and return the answer's, without its length. By the kind of link."""
        raise NotImplementedError

    def request(self, header: dict[str, Any], **values: Any) -> Any:
        """Send a request, answer what the student's side asks back, and return the value that comes."""
        writer = Writer(self._refer)
        form = {key: writer.write(value) for key, value in values.items()}
        try:
            answer, body = unpack(self.exchange(pack({**header, **form}, bytes(writer.body))))
            value = self._value(answer, body, header.get("name"))
        except FormatError as error:
            raise StudentError("a value that cannot be judged", str(error)) from None
        except Fault as fault:
            self.trace.append(Stumble(f"{type(fault).__name__}: {fault}"))
            raise self._quoted(fault) from None
        if header["do"] in ("call", "get") and not isinstance(value, StandIn):
            self._record(value)
        return value

    def forget(self, since: int, *, faults: bool) -> None:
        """Take what came since an index out of the trace: the values, and the faults, too, if told so."""
        self.trace[since:] = [item for item in self.trace[since:] if isinstance(item, Stumble) and not faults]

    def _record(self, value: Any) -> None:
        self._kept += footprint(value)
        self.trace.append(value if self._kept <= MAX_TRACE else Unkept(type(value).__name__))

    @staticmethod
    def is_call_back(frame: bytes) -> bool:
        """Say whether a frame is a call of the student's code to an object of the test's."""
        return "back" in unpack(frame)[0]

    def answer(self, frame: bytes) -> bytes:
        """Answer a call of the student's code to an object of the test's."""
        header, body = unpack(frame)
        try:
            number, name, form = header["back"]
            args = Reader(body, self._resolve).read(form)
            method = getattr(self.visitors[number], name)
            if not isinstance(args, tuple) or name.startswith("_"):
                return bytes(pack({"error": "no such call"}))
            self._record(CallBack(number, name, args))
            writer = Writer(self._refer)
            return bytes(pack({"value": writer.write(method(*args))}, bytes(writer.body)))
        except Exception as error:  # noqa: BLE001  - whatever goes wrong here, the student's code asked for it
            return bytes(pack({"error": f"{type(error).__name__}: {error}"[:200]}))

    def _value(self, answer: dict[str, Any], body: bytes, asked: str | None) -> Any:
        if "missing" in answer:
            owner = self._name(str(answer["missing"]).rpartition(".")[0], "")
            raise NotFound(f"`{owner}.{asked}` was not found." if owner else f"`{asked}` was not found.")
        if "error" in answer:
            raise student_error(answer["error"])
        if "value" not in answer:
            raise FormatError("an answer without a value")
        notes = answer.get("notes")
        self.notes += [note for note in notes if isinstance(note, str)][:4] if isinstance(notes, list) else []
        return Reader(body, self._resolve).read(answer["value"])

    def _refer(self, value: Any) -> list[Any]:
        if isinstance(value, StandIn):
            return ["r", value._ref] if value._name is None else ["m", value._ref, value._name]  # noqa: SLF001
        self.visitors.append(value)
        return ["o", len(self.visitors) - 1]

    def _resolve(self, kind: str, number: int, *rest: Any) -> Any:
        if type(number) is not int:
            raise FormatError("a reference that is none")
        if kind == "o" and 0 <= number < len(self.visitors):
            return self.visitors[number]
        if kind == "m":
            return StandIn(self, number, "method", str(rest[0]))
        if kind == "r":
            return StandIn(self, number, self._name(rest[0], "object"))
        raise FormatError("a value of an unknown kind")

    def _quoted(self, fault: Fault) -> Fault:
        """Return a fault with no more of the student's words than may be repeated."""
        if self.quotes is None or not isinstance(fault, StudentError):
            return fault
        where = "\n".join(self.quotes.where(fault.where.split("\n")))
        return StudentError(
            self.quotes.name(fault.kind, "an exception"), self.quotes.message(fault.text), where
        )

    def _name(self, name: Any, otherwise: str) -> str:
        """Return a name of the student's side, if it may be repeated."""
        said = clip(name, 80)
        if self.quotes is None or said == "ndarray of dtype object":
            return said
        return self.quotes.name(said, otherwise)


class Loopback(Link):
    """A link within the process: for the solution, the mistakes, and the tests of the tests."""

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        super().__init__()
        self.server = Server(namespace, lambda frame: self.answer(frame[4:])[4:])

    def exchange(self, frame: bytes) -> bytes:
        """Let the server within the process answer."""
        return bytes(self.server.handle(frame[4:])[4:])


def loopback(namespace: Mapping[str, Any]) -> Loopback:
    """Return a link to the classes of a namespace of this process."""
    return Loopback(namespace)


def student_error(data: Any) -> StudentError:
    """Build the error that a student's side described, trusting nothing of the description."""
    if not isinstance(data, dict):
        raise FormatError("an error that is none")
    lines = data.get("where")
    where = "\n".join(clip(line, 200) for line in lines[:4]) if isinstance(lines, list) else ""
    return StudentError(clip(data.get("kind"), 80), clip(data.get("text"), 300), where)


def footprint(value: Any) -> int:
    """Return about how many bytes a plain value takes."""
    if isinstance(value, np.ndarray):
        return int(value.nbytes)
    if isinstance(value, dict):
        return sum(map(footprint, [*value.keys(), *value.values()]), 64)
    if isinstance(value, list | tuple):
        return sum(map(footprint, value), 64)
    return len(value) if isinstance(value, str) else 32


def clip(text: Any, length: int) -> str:
    """Return printable text of at most `length` characters, whatever came."""
    line = "".join(c if c.isprintable() else " " for c in str(text)[:length])
    return line.strip()


def died(text: str) -> Broken:
    """Say that no answer came because the student's process is gone."""
    return Broken(Outcome.DIED, text)
