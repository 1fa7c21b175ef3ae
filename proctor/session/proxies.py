"""The links that carry the calls of a hidden test to the student's objects, and of those to objects of the test's.

A :class:`Link` sends a request and returns the answer; there is one to a copy in a sandbox and one within the process
(:func:`loopback`), which takes every value through the same frames. A test cannot tell them apart, which is how tests,
solution and mistakes are checked in milliseconds.
"""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager, suppress
from sys import getsizeof
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from proctor.agent.described import MAX_FIELDS, MAX_METHODS
from proctor.agent.frames import FormatError, pack, unpack
from proctor.agent.kept_arguments import MAX_KEPT
from proctor.agent.kinds import MUTABLE, change
from proctor.agent.server import RESUMED, Server
from proctor.agent.tables import writer_of
from proctor.agent.values import Reader, Writer, state_of
from proctor.criteria import Broken, Fault, NoAttribute, NotFound
from proctor.criteria.outcome import Outcome
from proctor.errors import CannotCross
from proctor.session.handed import Handed, error_frame
from proctor.session.proxy import METHOD, OBJECT, Proxy, Type, clip, face, student_error, unjudged
from proctor.session.surroundings import Surroundings, pass_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

MAX_CALLBACKS = 10_000
MAX_REQUESTS = 100_000
"""Requests of a criterion: an iterator of the student's may have no end."""
MAX_DEPTH = 20
"""Calls of the test's functions that are under way within each other."""
MAX_TRACE = 64 * 2**20
"""Bytes of a criterion's trace that are kept, at most."""
MAX_TYPES = 1_000
MAX_NAMES, NAME_BYTES = 50_000, 50
"""Bytes of the names of a type's attributes; those that each takes besides its characters."""
MAX_PROXIES = 200_000
"""Objects of a criterion that are told apart."""
MAX_WANTED = 8
"""Names of attributes that are asked for along with an object: those that a test has read before."""
MAX_AHEAD, MAX_AHEAD_BYTES = 100, 2**20
"""Largest number of steps that wait for the next request."""
MAX_HELD = 100
"""Lists and dicts of the student's objects that are looked at for changes."""
ENDLESS = "Your code was asked for one value after the other, without end. Which loop never ends?"
TOLD = frozenset(("absent", "changed", "end"))
"""Keys that an answer may bring along with its value, one of them at most."""
NOTES = {
    "argument changed": "An argument was changed in place. It costs nothing here, and surprises callers elsewhere."
}
KNOWN = (*NOTES, "array shared")
"""Notes that the student's side may send: those with a sentence, and those that a test asks for."""


class CallBack(NamedTuple):
    """In a trace: the student's code called an object of the test's, the number-th that it was given."""

    number: int
    name: str
    args: tuple[Any, ...]


class SeenFault(NamedTuple):
    """In a trace: a request ended with a fault, in the words of the student's side."""

    fault: str


class Unkept(NamedTuple):
    """In a trace: a value that was not kept, because the values before it were large."""

    type_name: str


class Link:
    """Carries requests to one student's side.

    Attributes:
        trace: since :meth:`begin` and in order, every value that came back, every :class:`SeenFault` and every
            :class:`CallBack`: what a diagnosis compares.
        notes: what the student's side noticed since :meth:`begin`.
    """

    echoes = True
    """Whether what is printed has to be told to reach a stream of the test's."""

    def __init__(self) -> None:
        self.in_place, self.own_equality, self._depth = False, False, 0
        self._types: dict[int, Type] = {}
        self._proxies: dict[int, Proxy] = {}
        self._lasting: dict[str, Proxy] = {}
        self._told: dict[str, Any] = {}
        self._wanted: dict[str, None] = {}
        self.begin()

    def begin(self) -> None:
        """Start a criterion: forget the objects, values and notes of the one before."""
        self.trace: list[Any] = []
        self.notes: list[str] = []
        self._handed, self._kept, self._requests = Handed(), 0, 0
        self._ahead: list[tuple[Any, ...]] = [("begin",)]
        self._held: list[list[Any]] = []
        self._kept_args: dict[int, list[Any]] = {}
        self._fetched: dict[tuple[int, str], Any] = {}
        self._proxies = {ref: proxy for ref, proxy in self._proxies.items() if ref < 0}
        self._surroundings = Surroundings.now()

    def find(self, names: Sequence[str]) -> dict[str, Any]:
        """Return what a criterion needs by name: proxies, and the values of variables; NotFound if one is missing."""
        found: dict[str, Any] = dict(self._lasting)
        if unknown := [name for name in names if name not in found]:
            values, absent = self.request({"do": "find", "needs": unknown}), self._told.get("absent")
            if not isinstance(values, list) or not isinstance(absent, list) or len(values) != len(unknown):
                raise unjudged("an invalid list of names")
            for index, (name, value) in enumerate(zip(unknown, values, strict=True)):
                if index not in absent:
                    found[name] = value
                    if isinstance(value, Proxy) and value._ref < 0:  # noqa: SLF001  - it has no other face
                        self._lasting[name] = value
            self.trace.clear()
        for name in names:
            if name not in found:
                raise NotFound(f"`{name}` was not found.")
        return {name: found[name] for name in names}

    def name_of(self, proxy: Proxy) -> str:
        """Return the name under which a class was found."""
        return next((name for name, found in self._lasting.items() if found is proxy), "")

    def call(self, ref: int, name: str | None, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """Call an object, or a method of it, and return the value that comes."""
        header: dict[str, Any] = {"do": "call", "ref": ref, "name": name}
        values = {"args": args, "named": named} if named else {"args": args}
        if name is None and self._wanted:
            header["want"] = list(self._wanted)
        if self.in_place:
            header["in_place"] = True
        value = self.request(header, **values)
        if name in RESUMED and "end" in self._told:
            raise StopIteration(value)
        return self._recorded(value)

    def operate(self, ref: int, name: str | None, operator: str, args: tuple[Any, ...]) -> Any:
        """Return the result of an operator on an object, or on a method of it; StopIteration if it has ended."""
        value = self.request({"do": "operate", "operator": operator, "ref": ref, "name": name}, args=args)
        if operator in RESUMED and "end" in self._told:
            raise StopIteration(value)
        return self._recorded(value)

    def printed(self) -> str:
        """Return what the student's code has printed since the criterion began, or since the last time."""
        return str(self.request({"do": "printed"}))

    def figures(self) -> Any:
        """Return the description of the figures that pyplot has open."""
        return self.request({"do": "figures"})

    def write_file(self, name: str, content: bytes) -> str:
        """Write a file into a folder of the criterion's own on the student's side; return its path there."""
        return str(self.request({"do": "write", "name": name}, content=content))

    def read_file(self, path: str) -> bytes:
        """Return the content of a file on the student's side; NotFound if it is missing."""
        content = self._recorded(self.request({"do": "read", "path": path}))
        if not isinstance(content, bytes):
            raise unjudged("an invalid content of a file")
        return content

    def get(self, ref: int, name: str, of: str | None = None) -> Any:
        """Return an attribute of an object, or of a method of it: as it came along with the object, or asked for."""
        if of is None and (ref, name) in self._fetched:
            value = self._fetched[ref, name]
            return self._recorded(value.copy() if isinstance(value, np.ndarray) else value)
        if of is None and len(self._wanted) < MAX_WANTED and not name.startswith("__"):
            self._wanted[name] = None
        try:
            value = self.request({"do": "get", "ref": ref, "name": name, "of": of})
        except NotFound as missing:
            raise NoAttribute(str(missing)) from None
        if of is None and type(value) in MUTABLE and len(self._held) < MAX_HELD:
            self._held.append([ref, name, value, state_of(value)])
        return self._recorded(value)

    def set(self, ref: int, name: str, value: Any, *, plain: bool) -> None:
        """Set an attribute of an object; a plain one, which cannot fail, along with the next request."""
        is_small = type(value) is np.ndarray and value.nbytes < MAX_AHEAD_BYTES
        if plain and is_small and len(self._ahead) < MAX_AHEAD:
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
        """Send a request, answer what the student's side asks back, and return the value that comes.

        Raises:
            Fault: the student's side is at fault.
            CannotCross: the test hands in what cannot cross.
            AssertionError, NameError, ...: a function of the test's failed that the student's code has called.
        """
        noted, replaced = self._surroundings.changed(echoes=self.echoes)
        frame = self._frame({**header, **noted}, {**values, **replaced})
        self._ahead, self._fetched, self._told = [], {}, {}
        self._requests += 1
        try:
            if self._requests > MAX_REQUESTS:
                raise Broken(Outcome.TIME, ENDLESS)
            try:
                answer, body = self.exchange(frame)
            except Broken as broken:
                raise Broken(broken.outcome, f"{self._called(header)}{broken}") from None
            if noted:
                pass_on(answer)
            value = self._value(answer, body, header.get("name"))
            self._follow(answer, [*values.get("args", ()), *values.get("named", {}).values()])
        except FormatError as error:
            raise unjudged(str(error)) from None
        except Fault as fault:
            self._raise_own_failure()
            self.trace.append(SeenFault(f"{fault.title}: {fault.says}"))
            raise
        self._raise_own_failure()
        return value

    def _called(self, header: dict[str, Any]) -> str:
        """Return which class, method or attribute a request is for, as the beginning of a sentence, or ""."""
        if header.get("ref") not in self._proxies:
            return ""
        proxy = self._proxies[header["ref"]]
        owner = self.name_of(proxy) or type(proxy).__name__
        return f"`{owner}.{header['name']}`: " if header.get("name") else f"`{owner}`: "

    def _follow(self, answer: dict[str, Any], args: list[Any]) -> None:
        """Change arguments as the student's code has, now or later; remember those that it may change later."""
        if "changed" in self._told:
            kept = {-1 - number: held[0] for number, held in self._kept_args.items()}
            _change({**dict(enumerate(args)), **kept}, self._told["changed"])
            for held in self._kept_args.values():
                held[1] = state_of(held[0])
        try:
            for number, key in answer.get("kept", ()):
                if type(args[number]) in MUTABLE and type(key) is int and len(self._kept_args) < MAX_KEPT:
                    self._kept_args[key] = [args[number], state_of(args[number])]
        except (TypeError, ValueError, LookupError):
            raise FormatError("an invalid list of arguments") from None

    def _write_back(self) -> None:
        """Tell along with the next request what the test has changed in lists that the student's side holds, too."""
        for key, held in self._kept_args.items():
            if (now := state_of(held[0])) != held[1]:
                held[1] = now
                self._ahead.append(("kept", key, held[0]))
        for held in self._held:
            if (now := state_of(held[2])) != held[3]:
                held[3] = now
                self._ahead.append(("update", *held[:3]))

    def _frame(self, header: dict[str, Any], values: dict[str, Any]) -> bytes:
        writer = Writer(self._refer)
        try:
            self._write_back()
            if self._ahead:
                header["ahead"] = [(*step[:-1], writer.write(step[-1])) for step in self._ahead]
            form = {key: writer.write(value) for key, value in values.items()}
            return pack({**header, **form}, writer.body)
        except FormatError as error:
            raise CannotCross(f"an argument with {error}") from None

    def _raise_own_failure(self) -> None:
        """Raise what a function of the test's has raised while the student's code called it, if it is not for that."""
        failure, self._handed.failure = self._handed.failure, None
        if failure is not None:
            raise failure

    def forget(self, since: int, *, faults: bool) -> None:
        """Take what came since an index out of the trace: the values, and the faults, too, if told so."""
        self.trace[since:] = [
            item for item in self.trace[since:] if isinstance(item, SeenFault) and not faults
        ]

    def _recorded(self, value: Any) -> Any:
        """Return a value that came, and keep it in the trace unless it stays on its side."""
        if not isinstance(value, Proxy):
            self._kept += footprint(value)
            self.trace.append(value if self._kept <= MAX_TRACE else Unkept(type(value).__name__))
        return value

    def answer(self, header: dict[str, Any], body: bytes) -> bytes:
        """Return the answer to the student's code that uses an object of the test's."""
        if self._depth >= MAX_DEPTH:
            return error_frame("RecursionError", "too many calls within each other")
        self._depth += 1
        told = self._told
        try:
            self._learn_types(header)
            return self._handed.use(
                header["back"],
                Reader(body, self._resolve, plain_keys=True),
                Writer(self._refer),
                lambda *called: self._recorded(CallBack(*called)),
            )
        except FormatError as error:
            return error_frame("ValueError", error)
        finally:
            self._depth -= 1
            self._told = told

    def _value(self, answer: dict[str, Any], body: bytes, asked: str | None) -> Any:
        if "missing" in answer:
            owner = clip(str(answer["missing"]).rpartition(".")[0], 80)
            name = asked or clip(answer["missing"], 80)
            raise NotFound(f"`{owner}.{name}` was not found." if owner else f"`{name}` was not found.")
        if "error" in answer:
            raise student_error(answer["error"])
        if "value" not in answer:
            raise FormatError("an answer without a value")
        notes = answer.get("notes")
        self.notes += [note for note in KNOWN if isinstance(notes, list) and note in notes[: len(KNOWN)]]
        self._learn_types(answer)
        reader = Reader(body, self._resolve, plain_keys=True)
        value = reader.read(answer["value"])
        self._told = {name: reader.read(answer[name]) for name in TOLD & answer.keys()}
        if isinstance(value, Proxy) and isinstance(fetched := answer.get("fetched"), list):
            for name, form in fetched:
                if name in self._wanted:
                    self._fetched[value._ref, name] = reader.read(form)  # noqa: SLF001  - a proxy has no other face
        return value

    def _learn_types(self, header: dict[str, Any]) -> None:
        """Keep what is told of types that are met for the first time: their name, and their methods."""
        try:
            for number, (name, methods, fixed, traits) in (header.get("types") or {}).items():
                names = [*methods, *(fixed or ())]
                size = sum(map(len, names)) + NAME_BYTES * len(names)
                if len(self._types) >= MAX_TYPES or len(methods) > MAX_METHODS or size > MAX_NAMES:
                    raise FormatError("too many types")
                self._types[int(number)] = Type(
                    frozenset(map(str, methods)),
                    None if fixed is None else frozenset(map(str, fixed)),
                    face(
                        clip(name, 80),
                        call=bool(traits["call"]),
                        base=traits["base"],
                        fields=tuple(clip(each, 80) for each in traits.get("fields", ())[:MAX_FIELDS]),
                    ),
                    bool(traits["truth"]),
                    traits["base"],
                )
        except (TypeError, AttributeError, LookupError, ValueError):
            raise FormatError("an invalid list of types") from None

    def _refer(self, value: Any) -> list[Any]:
        if isinstance(value, Proxy):
            return ["r", value._ref] if value._name is None else ["m", value._ref, value._name]  # noqa: SLF001  - likewise
        return self._handed.refer(value)

    def _resolve(self, kind: str, number: int, *rest: Any) -> Any:
        if type(number) is not int:
            raise FormatError("an invalid reference")
        if kind == "o":
            return self._handed.resolve(number)
        if kind == "m":
            return METHOD.face(self, number, METHOD, str(rest[0]))
        if kind == "r":
            found = self._types.get(rest[0], OBJECT)
            if number not in self._proxies:
                if len(self._proxies) >= MAX_PROXIES:
                    raise FormatError("too many objects")
                self._proxies[number] = found.face(self, number, found)
            return self._proxies[number]
        raise FormatError("a value of an unknown kind")


class Loopback(Link):
    """A link to a namespace within the process: for the solution, the mistakes, and the tests of the tests."""

    echoes = False

    def __init__(self, namespace: Mapping[str, Any], figures: Iterable[Any] = ()) -> None:
        super().__init__()
        self.server = Server(namespace, self._ask, figures=figures)

    def _ask(self, frame: bytes) -> tuple[dict[str, Any], bytes]:
        return unpack(self.answer(*unpack(frame[4:]))[4:])

    def exchange(self, frame: bytes) -> tuple[dict[str, Any], bytes]:
        """Let the server within the process answer."""
        return unpack(self.server.handle(*unpack(frame[4:]))[4:])


loopback = Loopback


def _change(arguments: Mapping[int, Any], changes: Any) -> None:
    """Change arguments of the test's in place, as the student's code has changed its own."""
    try:
        pairs = [(arguments[number], changed) for number, changed in changes]
    except (TypeError, ValueError, LookupError):
        raise unjudged("an invalid list of arguments") from None
    for argument, changed in pairs:
        is_array = isinstance(argument, np.ndarray)
        if type(argument) is not type(changed) or (is_array and argument.shape != changed.shape):
            raise unjudged("an argument that became something else")
        if is_array:
            argument[...] = changed
        else:
            change(argument, changed)


def footprint(value: Any) -> int:
    """Return about how many bytes a plain value takes."""
    if isinstance(value, np.ndarray):
        return int(value.nbytes)
    if isinstance(value, dict):
        return sum(map(footprint, [*value.keys(), *value.values()]), 64)
    if isinstance(value, list | tuple | set | frozenset | deque):
        return sum(map(footprint, value), 64)
    if writer_of(value):
        writer = Writer(lambda _: None)
        return len(pack({"value": writer.write(value)}, writer.body))
    return getsizeof(value)
