"""Answers the calls of hidden tests on the objects of a namespace.

Requests have "do" and, by it: find (needs), call (ref, name or null, args), get (ref, name), set (ref, name, value),
define (names: what NumPy is to call by other names, too, until the next such request).
Answers have one of: value (with notes, and types that are met for the first time), missing, error (kind, text,
where), or back (object, name, args, named): the student's code calls an object of the test's, which is answered in
turn.

A round trip costs more than most calls, so there are three ways to do without. A reference to an object comes with the
number of its type, and a type with the names of its methods, so that a method is called in one request. What cannot
fail needs no answer and is sent along with the next request ("ahead"): that a criterion begins, and what is set as a
plain attribute. And a call that makes an object may ask for plain attributes of it ("want"), which come along.
"""

import builtins
import linecache
import os
from types import FunctionType

import numpy as np

from .frames import pack
from .values import Reader, Writer

MAX_TEXT, MAX_LINE, MAX_LINES = 600, 160, 4
"""Characters of an exception's text (the longest usual one, on `np.float`, has 460) and of a line; lines."""
MAX_METHODS = 200
PLAIN = (np.ndarray, float, int, type(None))
"""Types of attributes that come along with their object."""


class Missing(Exception):
    """A name that is not there."""


class Method:
    """A method of a student's object, on its way across."""

    def __init__(self, ref, name):
        self.ref, self.name = ref, name


class Class:
    """A class of the notebook's, on its way across."""

    def __init__(self, found):
        self.found = found


class Callback:
    """An object of the test's, as the student's code sees it: each method call crosses, and is answered."""

    def __init__(self, server, number):
        self._server, self._number = server, number

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *args, **named: self._server.call_back(self._number, name, args, named)


class Server:
    """Answers requests; `ask` sends a frame to the grader and returns its answer.

    Args:
        namespace: the notebook's names.
        ask: takes a frame, and returns the header and body of the answer.
        saved: names that cells define which are saved to a file rather than run, with what they define.
    """

    def __init__(self, namespace, ask, saved=None):
        self.namespace, self.ask, self.saved = namespace, ask, saved or {}
        self.refs, self.classes, self.returned, self.notes = [], [], [], []
        self.types, self.new_types = {}, {}
        self.defined = []

    def handle(self, header, body):
        """Return the answer to one request, as a frame."""
        self.notes, self.new_types = [], {}
        try:
            reader = Reader(body, self._resolve)
            for step in header.get("ahead", ()):
                self._ahead(reader, *step)
            value = getattr(self, "do_" + header["do"])(header, reader)
            return self._answer(value, header.get("want", ()))
        except Missing as missing:
            return pack({"missing": str(missing)})
        except BaseException as error:  # whatever the student's code raises, SystemExit included
            return pack({"error": describe(error)})

    def _answer(self, value, want):
        writer = Writer(self._refer)
        header = {"value": writer.write(value)}
        if want:
            held = getattr(value, "__dict__", {})
            plain = {name: held[name] for name in want if name in held and isinstance(held[name], PLAIN)}
            header["fetched"] = [[name, writer.write(found)] for name, found in plain.items()]
        if self.notes:
            header["notes"] = self.notes
        if self.new_types:
            header["types"] = self.new_types
        return pack(header, writer.body)

    def _ahead(self, reader, do, *rest):
        """Do what needs no answer: forget the objects of the criterion before, or set a plain attribute."""
        if do == "begin":
            self.refs, self.returned = [], []
        else:
            ref, name, form = rest
            setattr(self._object(ref), name, reader.read(form))

    def do_find(self, header, reader):
        """Return the classes that a criterion needs, None for a missing one."""
        return [Class(found) if (found := self._find(name)) else None for name in header["needs"]]

    def _find(self, name):
        """Return a class by name: the notebook's own, or that of a cell which is saved to a file."""
        found = self.namespace.get(name)
        if name in self.saved and getattr(found, "__module__", None) != "__main__":
            found = self.saved[name]
        return found if callable(found) else None

    def do_call(self, header, reader):
        """Call an object, or a method of it."""
        target = self._object(header["ref"])
        if header["name"] is not None:
            target = self._attribute(target, header["name"])
        args = reader.read(header["args"])
        before = [arg.copy() if isinstance(arg, np.ndarray) else None for arg in args]
        value = target(*args)
        for arg, copy in zip(args, before, strict=True):
            if copy is not None and not np.array_equal(arg, copy):
                self.notes.append("argument changed")
        if isinstance(value, np.ndarray):
            if any(np.may_share_memory(value, other) for other in self.returned):
                self.notes.append("array shared")
            self.returned.append(value)
        return value

    def do_get(self, header, reader):
        """Return an attribute; a method as such, so that the call names it."""
        value = self._attribute(self._object(header["ref"]), header["name"])
        return Method(header["ref"], header["name"]) if callable(value) else value

    def do_set(self, header, reader):
        """Set an attribute."""
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
        writer = Writer(self._refer)
        form = [number, name, writer.write(args), writer.write(named)]
        header, body = self.ask(pack({"back": form, "types": self.new_types}, writer.body))
        self.new_types = {}
        if "error" in header:
            kind = getattr(builtins, str(header.get("kind")), None)
            is_error = isinstance(kind, type) and issubclass(kind, Exception)
            raise (kind if is_error else RuntimeError)(header["error"])
        return Reader(body, self._resolve).read(header["value"])

    @staticmethod
    def _attribute(target, name):
        try:
            return getattr(target, name)
        except AttributeError as error:
            if getattr(error, "obj", None) is target and error.name == name:
                raise Missing(f"{type(target).__name__}.{name}") from None
            raise

    def _object(self, ref):
        """Return the object of a reference; those of classes are negative, and last longer than a criterion."""
        return self.refs[ref] if ref >= 0 else self.classes[-1 - ref]

    def _refer(self, value):
        if isinstance(value, Class):
            self.classes.append(value.found)
            return ["r", -len(self.classes), self._type_number(value.found)]
        if isinstance(value, Method):
            return ["m", value.ref, value.name]
        if isinstance(value, Callback):
            return ["o", value._number]
        self.refs.append(value)
        return ["r", len(self.refs) - 1, self._type_number(value)]

    def _type_number(self, value):
        kind = type(value)
        key = (kind, kind is np.ndarray)
        if key not in self.types:
            name = f"{kind.__name__} of dtype object" if kind is np.ndarray else kind.__name__
            self.types[key] = len(self.types)
            self.new_types[str(self.types[key])] = [name, methods_of(kind), fixed_of(kind)]
        return self.types[key]

    def _resolve(self, kind, number, *rest):
        if kind == "o":
            return Callback(self, number)
        return getattr(self._object(number), rest[0]) if kind == "m" else self._object(number)


def fixed_of(kind):
    """Return the names that are more than plain attributes of a class's objects; None if any name may be.

    Setting a plain attribute cannot fail, and changes no other.
    """
    bases = kind.__mro__[:-1]
    own = ("__setattr__", "__getattribute__", "__slots__", "__delattr__", "__getattr__")
    if kind.__dictoffset__ == 0 or any(name in vars(base) for base in bases for name in own):
        return None
    return sorted(
        {name for base in bases for name, value in vars(base).items() if hasattr(type(value), "__set__")}
    )


def methods_of(kind):
    """Return the names of a class's methods, as far as no object can have something else under the name.

    Left out is what one of the class's own functions names as an attribute: it may be what it sets.
    """
    if any(name in vars(base) for base in kind.__mro__[:-1] for name in ("__getattribute__", "__slots__")):
        return []
    functions = {
        name: value
        for base in reversed(kind.__mro__[:-1])
        for name, value in vars(base).items()
        if isinstance(value, FunctionType) or not name.startswith("__")
    }
    named = {
        word
        for value in functions.values()
        if isinstance(value, FunctionType)
        for word in value.__code__.co_names
    }
    return [
        name
        for name, value in functions.items()
        if isinstance(value, FunctionType) and not name.startswith("__") and name not in named
    ][:MAX_METHODS]


def describe(error):
    """Return an exception's type, text, and the lines of the student's cells that led to it."""
    where, trace = [], error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        path = code.co_filename
        inside = "ipykernel_" in path or path.startswith(os.getcwd()) or not os.path.isabs(path)
        if inside and not path.startswith("<"):
            line = linecache.getline(path, trace.tb_lineno).strip()
            where.append(f"{code.co_name}, line {trace.tb_lineno}: {line[:MAX_LINE]}")
        trace = trace.tb_next
    try:
        text = str(error)
    except Exception:
        text = ""
    return {"kind": type(error).__name__, "text": text[:MAX_TEXT], "where": where[-MAX_LINES:]}
