"""Server that answers the calls of hidden tests on the objects of a namespace.

Requests have "do" and, by it: find (needs), call (ref, name or null, args, named), get (ref, name), set (ref, name,
value), operate (an operator, ref, args), printed, figures, write (name, content), read (path), define
(names: what NumPy is to call by other names, too, until the next such request).
Each may have, where the test asks for it: patched (functions of Python's), watched (for "warnings" in the answer),
echoed (for what is "printed").
Answers have one of: value (with notes, and types that are met for the first time), missing, error (kind, text,
where), or back (object, name, args, named): the student's code calls an object of the test's, which is answered in
turn, or asks something itself before it answers.

A round trip costs more than most calls, so there are three ways to do without. A reference to an object comes with the
number of its type, and a type with the names of its methods, so that a method is called in one request. What cannot
fail needs no answer and is sent along with the next request ("ahead"): that a criterion begins, and what is set as a
plain attribute. And a call that makes an object may ask for plain attributes of it ("want"), which come along.
"""

import builtins
import sys
from collections import namedtuple
from contextlib import ExitStack
from types import GeneratorType

import numpy as np

from .callbacks import Callback, callback
from .described import builtin_error, describe_error, describe_figures, describe_type
from .files import Files
from .frames import pack
from .kept_arguments import KeptArguments
from .kinds import MUTABLE, change
from .operations import OPERATIONS
from .streams import Printed
from .surroundings import noted_warnings, patched
from .values import Reader, Writer, state_of

RESUMED = frozenset(("__next__", "send", "throw"))
"""Operators and methods that end with StopIteration where an iterator or generator does."""
PLAIN = (np.ndarray, float, int, type(None))
"""Types of attributes that come along with their object."""


class Missing(Exception):
    """A name that is not there."""


Method = namedtuple("Method", "ref name")  # noqa: PYI024  - without annotations
"""A method of a student's object, as a value that crosses."""
Class = namedtuple("Class", "found")  # noqa: PYI024  - likewise
"""A class of the notebook's, as a value that crosses."""


class Server:
    """Answers requests.

    Args:
        namespace: the notebook's names.
        ask: sends a frame to the grader, and returns the header and body of its answer.
        saved: names that cells define which are saved to a file rather than run, with what they define.
        figures: pyplot's figures that were shown.
    """

    def __init__(self, namespace, ask, saved=None, figures=()):
        self.namespace, self.ask, self.saved, self.figures = namespace, ask, saved or {}, figures
        self.refs, self.classes, self.returned, self.notes = [], [], [], []
        self.known, self.types, self.new_types = {}, {}, {}
        self.printed, self.extra = Printed(), {}
        self.defined, self.callbacks = [], {}
        self.kept, self.files = KeptArguments(), Files()

    def handle(self, header, body):
        """Return the answer to one request, as a frame."""
        self.notes, self.extra, self.changed, self.new_kept = [], {}, [], []
        outside = sys.stdout
        if outside is not self.printed:  # as it is while the student's code waits for an object of the test's
            self.printed.stream = outside
        sys.stdout, noted = self.printed, {}
        try:
            reader = Reader(body, self._resolve)
            for step in header.get("ahead", ()):
                self._ahead(reader, *step)
            noted = {"warnings": []} if "watched" in header else {}
            try:
                value = self._do(header, reader, noted)
            finally:
                if "echoed" in header:
                    noted["printed"] = self.printed.take()
            return self._answer(value, header.get("want", ()), noted)
        except Missing as missing:
            return pack({"missing": str(missing), **noted})
        except BaseException as error:  # whatever the student's code raises, SystemExit included
            return pack({"error": describe_error(error), **noted})
        finally:
            sys.stdout = outside

    def _do(self, header, reader, noted):
        """Return the value of a request, made in the surroundings that it asks for."""
        with ExitStack() as stack:
            if "patched" in header:
                stack.enter_context(patched(reader.read(header["patched"]), self.namespace))
            if "warnings" in noted:
                stack.enter_context(noted_warnings(noted["warnings"]))
            return getattr(self, "do_" + header["do"])(header, reader)

    def _answer(self, value, want, noted):
        if changed := [*self.changed, *self.kept.changed()]:
            self.extra["changed"] = changed
        writer = Writer(self._refer, plain_keys=True)
        header = {name: writer.write(found) for name, found in {"value": value, **self.extra}.items()} | noted
        if self.new_kept:
            header["kept"] = self.new_kept
        if want:
            held = getattr(value, "__dict__", {})
            plain = {name: held[name] for name in want if name in held and isinstance(held[name], PLAIN)}
            header["fetched"] = [[name, writer.write(found)] for name, found in plain.items()]
        if self.notes:
            header["notes"] = self.notes
        if self.new_types:
            header["types"], self.new_types = self.new_types, {}
        return pack(header, writer.body)

    def _ahead(self, reader, do, *rest):
        """Do what needs no answer: forget the objects of the criterion before, or change an attribute."""
        if do == "begin":
            self.refs, self.returned, self.callbacks = [], [], {}
            self.kept, self.files = KeptArguments(), Files()
            self.known = {id(found): -1 - number for number, found in enumerate(self.classes)}
            self.printed.take()
        elif do == "kept":
            number, form = rest
            self.kept.update(number, reader.read(form))
        else:
            ref, name, form = rest
            target, value = self._object(ref), reader.read(form)
            if do == "update" and type(getattr(target, name, None)) is type(value):
                change(getattr(target, name), value)
            else:
                setattr(target, name, value)

    def do_find(self, header, reader):
        """Return what a criterion needs; null, and its number in "absent", for what is missing."""
        found = [self._find(name) for name in header["needs"]]
        self.extra["absent"] = [number for number, each in enumerate(found) if each is None]
        return [each and (Class(each[0]) if callable(each[0]) else each[0]) for each in found]

    def _find(self, name):
        """Return what has a name, in a list: the notebook's own, or that of a cell which is saved to a file."""
        if name in self.saved and getattr(self.namespace.get(name), "__module__", None) != "__main__":
            return [self.saved[name]]
        return [self.namespace[name]] if name in self.namespace else None

    def do_call(self, header, reader):
        """Call an object, or a method of it."""
        target = self._target(header)
        args = reader.read(header["args"])
        named = reader.read(header["named"]) if "named" in header else {}
        everything = [*args, *named.values()] if named else args
        before = [self._state(arg) for arg in everything]
        references = [sys.getrefcount(arg) for arg in everything]
        try:
            value = target(*args, **named)
        except StopIteration as stop:
            if header["name"] not in RESUMED or not isinstance(self._object(header["ref"]), GeneratorType):
                raise
            self.extra["end"], value = True, stop.value
        changed = [
            [number, arg]
            for number, (arg, state) in enumerate(zip(everything, before, strict=True))
            if state is not None and not _same(self._state(arg), state)
        ]
        if any(isinstance(arg, np.ndarray) for _, arg in changed):
            self.notes.append("argument changed")
        kinds = (*MUTABLE, np.ndarray) if header.get("in_place") else MUTABLE
        self.changed = [pair for pair in changed if type(pair[1]) in kinds]
        self.new_kept = self.kept.keep(everything, references)
        if isinstance(value, np.ndarray):
            if any(np.may_share_memory(value, other) for other in self.returned):
                self.notes.append("array shared")
            self.returned.append(value)
        return value

    def _state(self, arg):
        """Return what tells whether an argument was changed in place; None for one that cannot be."""
        if isinstance(arg, np.ndarray):
            return arg.copy()
        return state_of(arg) if type(arg) in MUTABLE else None

    def do_get(self, header, reader):
        """Return an attribute; a method as such, so that the call names it."""
        target = self._object(header["ref"])
        if header.get("of"):
            target = getattr(target, header["of"])
        value = self._attribute(target, header["name"])
        is_method = callable(value) and not header.get("of") and not isinstance(value, type)
        return Method(header["ref"], header["name"]) if is_method else value

    def do_operate(self, header, reader):
        """Return the result of an operator; "end" instead where an iterator has no more."""
        args = reader.read(header["args"])
        try:
            return OPERATIONS[header["operator"]](self._target(header), *args)
        except StopIteration as stop:
            if header["operator"] not in RESUMED:
                raise
            self.extra["end"] = True
            return stop.value

    def do_printed(self, header, reader):
        return self.printed.take()

    def do_figures(self, header, reader):
        return describe_figures(self.figures)

    def do_write(self, header, reader):
        return self.files.write(header["name"], reader.read(header["content"]))

    def do_read(self, header, reader):
        try:
            return self.files.read(header["path"])
        except FileNotFoundError:
            raise Missing(header["path"]) from None

    def do_set(self, header, reader):
        setattr(self._object(header["ref"]), header["name"], reader.read(header["value"]))

    def do_define(self, header, reader):
        """Let NumPy have other names for some of its functions and of Python's types, as older versions had."""
        for name in self.defined:
            vars(np).pop(name, None)
        self.defined = [name for name in header["names"] if name not in vars(np)]
        for name in self.defined:
            new = header["names"][name]
            setattr(np, name, getattr(np if new in vars(np) else builtins, new))

    def call_back(self, number, name, args, named):
        """Call a method of an object of the test's; runs while the grader waits for the outer answer."""
        writer = Writer(self._refer, plain_keys=True)
        form = [number, name, writer.write(args), writer.write(named)]
        told, self.new_types = self.new_types, {}
        header, body = self.ask(pack({"back": form, "types": told}, writer.body))
        while "do" in header:  # the test's object asks in turn
            before = self.notes, self.extra, self.changed, self.new_kept
            answer = self.handle(header, body)
            self.notes, self.extra, self.changed, self.new_kept = before
            header, body = self.ask(answer)
        if "error" in header:
            raise (builtin_error(header.get("kind")) or RuntimeError)(header["error"])
        return Reader(body, self._resolve).read(header["value"])

    @staticmethod
    def _attribute(target, name):
        try:
            return getattr(target, name)
        except AttributeError as error:
            if getattr(error, "obj", None) is target and error.name == name:
                raise Missing(f"{type(target).__name__}.{name}") from None
            raise

    def _target(self, header):
        """Return the object of a request, or the method of it that the request names."""
        target = self._object(header["ref"])
        return target if header.get("name") is None else self._attribute(target, header["name"])

    def _object(self, ref):
        """Return the object of a reference; those of classes are negative, and last longer than a criterion."""
        return self.refs[ref] if ref >= 0 else self.classes[-1 - ref]

    def _refer(self, value):
        if isinstance(value, Method):
            return ["m", value.ref, value.name]
        if isinstance(value, Callback):
            return ["o", value._number]
        lasting = isinstance(value, Class)
        value = value.found if lasting else value
        if id(value) not in self.known:
            (self.classes if lasting else self.refs).append(value)
            self.known[id(value)] = -len(self.classes) if lasting else len(self.refs) - 1
        return ["r", self.known[id(value)], self._type_number(value)]

    def _type_number(self, value):
        kind = type(value)
        if kind not in self.types:
            self.types[kind] = len(self.types)
            self.new_types[str(self.types[kind])] = describe_type(kind)
        return self.types[kind]

    def _resolve(self, kind, number, *rest):
        if kind == "o":
            if number not in self.callbacks:  # it stays the same object for as long as the criterion lasts
                self.callbacks[number] = callback(self, number, *rest)
            return self.callbacks[number]
        if kind == "g":
            return getattr(sys.modules[number], rest[0])
        if kind == "e":  # a member of the notebook's own enumeration
            if number not in self.namespace:
                raise Missing(number)
            return self._attribute(self.namespace[number], rest[0])
        return getattr(self._object(number), rest[0]) if kind == "m" else self._object(number)


def _same(one, other):
    return np.array_equal(one, other) if isinstance(one, np.ndarray) else one == other
