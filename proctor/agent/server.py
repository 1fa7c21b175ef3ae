"""Answers the calls of hidden tests on the objects of a namespace.

Requests have "do" and, by it: begin (needs), call (ref, name or null, args), get (ref, name), set (ref, name, value).
Answers have one of: value (with notes, and types that are met for the first time), missing, error (kind, text,
where), or back (object, name, args, named): the student's code calls an object of the test's, which is answered in
turn.

An object of the student's crosses as a reference with the number of its type. The names of a type's methods are told
with it, so that a method is called in one request.
"""

import builtins
import linecache
import os
from types import FunctionType

import numpy as np

from .frames import pack
from .values import Reader, Writer

MAX_TEXT, MAX_LINE, MAX_LINES = 400, 160, 4
MAX_METHODS = 200


class Missing(Exception):
    """A name that is not there."""


class Method:
    """A method of a student's object, on its way across."""

    def __init__(self, ref, name):
        self.ref, self.name = ref, name


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
        self.refs, self.returned, self.notes, self.types, self.new_types = [], [], [], {}, {}

    def handle(self, header, body):
        """Return the answer to one request, as a frame."""
        self.notes, self.new_types = [], {}
        try:
            value = getattr(self, "do_" + header["do"])(header, Reader(body, self._resolve))
            return self._answer(value)
        except Missing as missing:
            return pack({"missing": str(missing)})
        except BaseException as error:  # whatever the student's code raises, SystemExit included
            return pack({"error": describe(error)})

    def _answer(self, value):
        writer = Writer(self._refer)
        header = {"value": writer.write(value)}
        if self.notes:
            header["notes"] = self.notes
        if self.new_types:
            header["types"] = self.new_types
        return pack(header, writer.body)

    def do_begin(self, header, reader):
        """Forget the objects of the criterion before; return those that the next one needs, None for a missing one."""
        self.refs, self.returned = [], []
        return [self._find(name) for name in header["needs"]]

    def _find(self, name):
        """Return a class by name: the notebook's own, or that of a cell which is saved to a file."""
        found = self.namespace.get(name)
        if name in self.saved and getattr(found, "__module__", None) != "__main__":
            found = self.saved[name]
        return found if callable(found) else None

    def do_call(self, header, reader):
        """Call an object, or a method of it."""
        target = self.refs[header["ref"]]
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
        value = self._attribute(self.refs[header["ref"]], header["name"])
        return Method(header["ref"], header["name"]) if callable(value) else value

    def do_set(self, header, reader):
        """Set an attribute."""
        setattr(self.refs[header["ref"]], header["name"], reader.read(header["value"]))

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

    def _refer(self, value):
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
            self.new_types[str(self.types[key])] = [name, methods_of(kind)]
        return self.types[key]

    def _resolve(self, kind, number, *rest):
        if kind == "o":
            return Callback(self, number)
        return getattr(self.refs[number], rest[0]) if kind == "m" else self.refs[number]


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
