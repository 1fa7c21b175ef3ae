"""The student's objects as a hidden test sees them: proxies, and the links that carry their calls.

A :class:`Link` sends a request and returns the answer; there is one to a copy in a sandbox and one within the process
(:func:`loopback`), which takes every value through the same frames. A test cannot tell them apart, which is how tests,
solution and mistakes are checked in milliseconds.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from proctor.agent.frames import FormatError, pack, unpack
from proctor.agent.server import MAX_TEXT, Server
from proctor.agent.values import Reader, Writer
from proctor.criteria import Fault, NotFound, StudentError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

MAX_CALLBACKS = 10_000
MAX_ARGUMENT = 2**24
"""Product of the whole numbers that a callback is given: a test may make an array of that shape."""
MAX_TRACE = 64 * 2**20
"""Bytes of a criterion's trace that are kept, at most."""
MAX_TYPES, MAX_METHODS = 1_000, 200
MAX_WANTED = 8
"""Names of attributes that are asked for along with an object: those that a test has read before."""
MAX_AHEAD, MAX_AHEAD_BYTES = 100, 2**20
"""How much waits for the next request at most."""
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


class Type(NamedTuple):
    """A type of the student's: what its methods are called, and which attributes are not plain (None: any)."""

    name: str
    methods: frozenset[str] = frozenset()
    fixed: frozenset[str] | None = None


METHOD, OBJECT = Type("method"), Type("object")


class Proxy:
    """A student's object, class or method as a hidden test sees it."""

    __slots__ = ("_kind", "_link", "_methods", "_name", "_ref")

    def __init__(self, link: Link, ref: int, kind: Type, name: str | None = None) -> None:
        values = {"_link": link, "_ref": ref, "_kind": kind, "_name": name, "_methods": kind.methods}
        for slot, value in values.items():
            object.__setattr__(self, slot, value)

    @property
    def _type_name(self) -> str:
        """The name of its type."""
        return str(self._kind.name)

    def __call__(self, *args: Any) -> Any:
        """Call it on the student's side."""
        return self._link.call(self._ref, self._name, args)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # numpy and unittest probe for these; the student's side need not know
            raise AttributeError(name)
        if name in self._methods:
            return Proxy(self._link, self._ref, METHOD, name)
        return self._link.get(self._ref, name)

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, "_methods", self._methods - {name})
        plain = self._kind.fixed is not None and name not in self._kind.fixed
        self._link.set(self._ref, name, value, plain=plain)

    def __deepcopy__(self, memo: dict[int, Any]) -> Proxy:
        """A copy stands for the same object: what is on the other side cannot be copied from here."""
        return self

    def __repr__(self) -> str:
        return f"<proxy of a {self._type_name}>"


class Link:
    """Carries requests to one student's side.

    Attributes:
        trace: since :meth:`begin` and in order, every value that came back, every :class:`Stumble` and every
            :class:`CallBack`: what a diagnosis compares.
        notes: what the student's side noticed since :meth:`begin`.
    """

    def __init__(self) -> None:
        self.trace: list[Any] = []
        self._kept = 0
        self.notes: list[str] = []
        self._callbacks: list[Any] = []
        self._types: dict[int, Type] = {}
        self._classes: dict[str, Proxy] = {}
        self._ahead: list[tuple[Any, ...]] = []
        self._fetched: dict[tuple[int, str], Any] = {}
        self._wanted: dict[str, None] = {}

    def begin(self) -> None:
        """Start a criterion: forget the objects, values and notes of the one before."""
        self.trace, self.notes, self._callbacks, self._kept = [], [], [], 0
        self._ahead, self._fetched = [("begin",)], {}

    def find(self, names: Sequence[str]) -> dict[str, Any]:
        """Return proxies of a criterion's classes by name; NotFound if one is missing."""
        unknown = [name for name in names if name not in self._classes]
        if unknown:
            found = self.request({"do": "find", "needs": unknown})
            found = found if isinstance(found, list) else []
            known = {
                name: each for name, each in zip(unknown, found, strict=False) if isinstance(each, Proxy)
            }
            self._classes |= known
            self.trace.clear()
        for name in names:
            if name not in self._classes:
                raise NotFound(f"`{name}` was not found.")
        return {name: self._classes[name] for name in names}

    def call(self, ref: int, name: str | None, args: tuple[Any, ...]) -> Any:
        """Call an object, or a method of it, and return the value that comes."""
        header: dict[str, Any] = {"do": "call", "ref": ref, "name": name}
        if name is None and self._wanted:
            header["want"] = list(self._wanted)
        value = self.request(header, args=args)
        if not isinstance(value, Proxy):
            self._record(value)
        return value

    def get(self, ref: int, name: str) -> Any:
        """Return an attribute of an object: as it came along with the object, or asked for."""
        if (ref, name) in self._fetched:
            value = self._fetched[ref, name]
            value = value.copy() if isinstance(value, np.ndarray) else value
        else:
            if len(self._wanted) < MAX_WANTED:
                self._wanted[name] = None
            value = self.request({"do": "get", "ref": ref, "name": name})
        if not isinstance(value, Proxy):
            self._record(value)
        return value

    def set(self, ref: int, name: str, value: Any, *, plain: bool) -> None:
        """Set an attribute of an object; a plain one, which cannot fail, along with the next request."""
        if (
            plain
            and len(self._ahead) < MAX_AHEAD
            and type(value) is np.ndarray
            and value.nbytes < MAX_AHEAD_BYTES
        ):
            self._ahead.append(("set", ref, name, value.copy()))
            self._fetched.pop((ref, name), None)
        else:
            self.request({"do": "set", "ref": ref, "name": name}, value=value)

    @contextmanager
    def defined(self, names: Mapping[str, str]) -> Iterator[None]:
        """Let the student's NumPy have other names for what it has, such as product for prod, while the block runs."""
        self.request({"do": "define", "names": dict(names)})
        try:
            yield
        finally:
            with suppress(Fault):  # what is dead has no names
                self.request({"do": "define", "names": {}})

    def exchange(self, frame: bytes) -> tuple[dict[str, Any], bytes]:
        """Send a request frame and return the header and body of the answer. By the kind of link."""
        raise NotImplementedError

    def request(self, header: dict[str, Any], **values: Any) -> Any:
        """Send a request, answer what the student's side asks back, and return the value that comes."""
        writer = Writer(self._refer)
        if self._ahead:
            header = {**header, "ahead": [(*step[:3], *map(writer.write, step[3:])) for step in self._ahead]}
        form = {key: writer.write(value) for key, value in values.items()}
        self._ahead, self._fetched = [], {}
        try:
            answer, body = self.exchange(pack({**header, **form}, writer.body))
            return self._value(answer, body, header.get("name"))
        except FormatError as error:
            raise StudentError("a value that cannot be judged", str(error)) from None
        except Fault as fault:
            self.trace.append(Stumble(f"{type(fault).__name__}: {fault}"))
            raise

    def forget(self, since: int, *, faults: bool) -> None:
        """Take what came since an index out of the trace: the values, and the faults, too, if told so."""
        self.trace[since:] = [item for item in self.trace[since:] if isinstance(item, Stumble) and not faults]

    def _record(self, value: Any) -> None:
        self._kept += footprint(value)
        self.trace.append(value if self._kept <= MAX_TRACE else Unkept(type(value).__name__))

    def answer(self, header: dict[str, Any], body: bytes) -> bytes:
        """Return the answer to a call of the student's code to an object of the test's."""
        try:
            self._learn_types(header)
            number, name, positional, named = header["back"]
            reader = Reader(body, self._resolve)
            args, kwargs = reader.read(positional), reader.read(named)
            method = getattr(self._callbacks[number], name)
            if not isinstance(args, tuple) or not isinstance(kwargs, dict) or name.startswith("_"):
                return bytes(pack({"error": "no such call"}))
            if _largest([args, list(kwargs.values())]) > MAX_ARGUMENT:
                return bytes(pack({"kind": "MemoryError", "error": "an argument is too large"}))
            self._record(CallBack(number, name, (*args, *kwargs.values())))
            writer = Writer(self._refer)
            return bytes(pack({"value": writer.write(method(*args, **kwargs))}, writer.body))
        except Exception as error:  # noqa: BLE001  - whatever goes wrong here, the student's code asked for it
            return bytes(pack({"kind": type(error).__name__, "error": f"{error}"[:200]}))

    def _value(self, answer: dict[str, Any], body: bytes, asked: str | None) -> Any:
        if "missing" in answer:
            owner = clip(str(answer["missing"]).rpartition(".")[0], 80)
            raise NotFound(f"`{owner}.{asked}` was not found." if owner else f"`{asked}` was not found.")
        if "error" in answer:
            raise student_error(answer["error"])
        if "value" not in answer:
            raise FormatError("an answer without a value")
        notes = answer.get("notes")
        self.notes += [note for note in notes if isinstance(note, str)][:4] if isinstance(notes, list) else []
        self._learn_types(answer)
        reader = Reader(body, self._resolve)
        value = reader.read(answer["value"])
        if isinstance(value, Proxy) and (fetched := answer.get("fetched")):
            for name, form in fetched if isinstance(fetched, list) else []:
                if name in self._wanted:
                    self._fetched[value._ref, name] = reader.read(form)  # noqa: SLF001  - a proxy has no other face
        return value

    def _learn_types(self, header: dict[str, Any]) -> None:
        """Keep what is told of types that are met for the first time: their name, and their methods."""
        try:
            for number, (name, methods, fixed) in (header.get("types") or {}).items():
                if len(self._types) >= MAX_TYPES or len(methods) > MAX_METHODS:
                    raise FormatError("too many types")
                special = None if fixed is None else frozenset(map(str, fixed))
                self._types[int(number)] = Type(clip(name, 80), frozenset(map(str, methods)), special)
        except (TypeError, AttributeError, ValueError):
            raise FormatError("types that are none") from None

    def _refer(self, value: Any) -> list[Any]:
        if isinstance(value, Proxy):
            return ["r", value._ref] if value._name is None else ["m", value._ref, value._name]  # noqa: SLF001
        self._callbacks.append(value)
        return ["o", len(self._callbacks) - 1]

    def _resolve(self, kind: str, number: int, *rest: Any) -> Any:
        if type(number) is not int:
            raise FormatError("a reference that is none")
        if kind == "o" and 0 <= number < len(self._callbacks):
            return self._callbacks[number]
        if kind == "m":
            return Proxy(self, number, METHOD, str(rest[0]))
        if kind == "r":
            return Proxy(self, number, self._types.get(rest[0], OBJECT))
        raise FormatError("a value of an unknown kind")


class Loopback(Link):
    """A link within the process: for the solution, the mistakes, and the tests of the tests."""

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        super().__init__()
        self.server = Server(namespace, self._ask)

    def _ask(self, frame: bytes) -> tuple[dict[str, Any], bytes]:
        return unpack(self.answer(*unpack(frame[4:]))[4:])

    def exchange(self, frame: bytes) -> tuple[dict[str, Any], bytes]:
        """Let the server within the process answer."""
        return unpack(self.server.handle(*unpack(frame[4:]))[4:])


def loopback(namespace: Mapping[str, Any]) -> Loopback:
    """Return a link to the classes of a namespace of this process."""
    return Loopback(namespace)


def _largest(values: Iterable[Any]) -> int:
    """Return the largest product of whole numbers that stand together in plain values."""
    largest = product = 1
    for value in values:
        if isinstance(value, int):
            product = min(product * max(1, abs(value)), MAX_ARGUMENT + 1)
        elif isinstance(value, list | tuple):
            largest = max(largest, _largest(value))
    return max(largest, product)


def student_error(data: Any) -> StudentError:
    """Build the error that a student's side described, trusting nothing of the description."""
    if not isinstance(data, dict):
        raise FormatError("an error that is none")
    lines = data.get("where")
    where = "\n".join(clip(line, 200) for line in lines[:4]) if isinstance(lines, list) else ""
    return StudentError(clip(data.get("kind"), 80), clip(data.get("text"), MAX_TEXT), where)


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
