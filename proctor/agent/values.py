"""Plain values that cross between sandbox and grader: written as JSON and bytes, and read with a limit on everything.

A value is JSON's null, boolean, number or string, or a list whose first entry is its kind::

    ["a", dtype, shape]   array (its bytes in the body)     ["l", [values]]          list
    ["n", dtype]          NumPy scalar, in the body too     ["t", [values]]          tuple
    ["c", real, imag]     complex number                    ["d", [[key, value]]]    dict
    ["r", ref, type]      an object of the student's        ["m", ref, name]         a method of one
    ["o", object, ...]    an object of the test's

More kinds are in :mod:`~.kinds` (sets, large numbers, dates, ...) and :mod:`~.tables` (sparse matrices, pandas).

There is no pickle and no object dtype. Sizes, depth, number of items and equal hashes are bounded; what is not plain
stays on its side and crosses as "r", "m" or "o".
"""

import contextlib
import math
from collections import Counter

import numpy as np

from . import kinds, tables
from .frames import MAX_FRAME, TOO_LARGE, FormatError

MAX_ITEMS = 200_000
MAX_DEPTH = 12
MAX_EXTENT = 10_000
"""Extent of an axis of an array without entries: extents are shown to people, and no number of bytes limits these."""
MAX_EQUAL_HASHES = 50
"""Keys of a dict with the same hash: more make building it quadratic."""
KINDS = "biufcUSMm"
TOO_MANY = "too many or too deeply nested items in one value"
MALFORMED = (
    TypeError, ValueError, LookupError, ArithmeticError, AttributeError, RecursionError, MemoryError,
    ImportError,  # a table of pandas, where only the other side claims to have it
)  # fmt: skip


class NotPlain(Exception):
    """A key that cannot cross by value."""


class _Account:
    """Count of the items of a value; knows whether keys are being written or read."""

    def __init__(self, plain_keys):
        self.items, self._keys, self.plain_keys = 0, 0, plain_keys

    def count_items(self, items):
        """Count items; FormatError if there are too many."""
        self.items += items
        if self.items > MAX_ITEMS:
            raise FormatError(TOO_MANY)

    @contextlib.contextmanager
    def _in_keys(self):
        self._keys += 1
        try:
            yield
        finally:
            self._keys -= 1

    def _has_to_be_plain(self):
        return self._keys and self.plain_keys


class Writer(_Account):
    """Writer of values as their JSON form, and of the bytes of arrays; `refer` handles what is not plain.

    Args:
        refer: returns the form of what is not plain.
        plain_keys: whether a dict or set stays on its side, too, if one of its keys does.
    """

    def __init__(self, refer, *, plain_keys=False):
        super().__init__(plain_keys)
        self.refer, self.body = refer, bytearray()

    def write(self, value, depth=0):
        """Return the JSON form of a value; FormatError if it is too large."""
        self.count_items(1)
        if depth > MAX_DEPTH:
            raise FormatError(TOO_MANY)
        kind = type(value)
        if value is None or kind in (bool, str, float) or (kind is int and abs(value) < 2**63):
            return value
        if kind is complex:
            return ["c", value.real, value.imag]
        if issubclass(kind, np.ndarray | np.generic) and kind is not np.ma.MaskedArray:
            return self._write_array(value)
        if kind in (list, tuple):
            return [kind.__name__[0], self.write_all(value, depth)]
        if kind is dict:
            return self.write_dict(value, depth)
        write = kinds.WRITERS.get(kind) or tables.writer_of(value)
        begun = len(self.body)
        form = write(self, value, depth) if write else None
        if form is None:
            del self.body[begun:]
            return self._refer(value)
        return form

    def write_all(self, values, depth):
        """Return the forms of the values that a value at some depth consists of."""
        return [self.write(value, depth + 1) for value in values]

    def write_dict(self, value, depth, *rest):
        """Return the form of a dict, with the name of its type unless it is `dict`, and what else makes one."""
        keys = self.write_keys(list(value), depth)
        if keys is None:
            return self._refer(value)
        items = self.write_all(value.values(), depth)
        return ["d", [list(pair) for pair in zip(keys, items, strict=True)], *rest]

    def write_keys(self, keys, depth):
        """Return the forms of keys or a set's elements, or None if one of them has to stay on its side."""
        begun = len(self.body)
        try:
            with self._in_keys():
                return self.write_all(keys, depth)
        except NotPlain:
            del self.body[begun:]
            return None

    def add(self, data, size):
        """Add bytes, or an array's, to the body; FormatError if there are too many."""
        if len(self.body) + size > MAX_FRAME:
            raise FormatError(TOO_LARGE)
        self.body += data.tobytes() if isinstance(data, np.ndarray) else data

    def _write_array(self, value):
        if value.dtype.kind not in KINDS or value.dtype.itemsize == 0:
            return self._refer(value)
        self.add(np.asarray(value), value.nbytes)
        if isinstance(value, np.generic):
            return ["n", value.dtype.str]
        return ["a", value.dtype.str, list(value.shape)]

    def _refer(self, value):
        if self._has_to_be_plain():
            raise NotPlain
        return self.refer(value)


class Reader(_Account):
    """Builder of values from their JSON form and the body, trusting neither; `resolve` handles "r", "m" and "o".

    Args:
        body: the bytes of the arrays.
        resolve: returns what a form of another kind stands for.
        plain_keys: whether a key that is not plain is refused: hashing it would call the other side.
    """

    def __init__(self, body, resolve, *, plain_keys=False):
        super().__init__(plain_keys)
        self.body, self.resolve, self.offset = memoryview(body), resolve, 0

    def read(self, form):
        """Return the value of a JSON form; FormatError if it is not in the format."""
        self.count_items(1)
        if form is None or isinstance(form, bool | int | float | str):
            return form
        try:
            kind, *rest = form
            if read := READERS.get(kind):
                return read(self, *rest)
            if self._has_to_be_plain():
                raise FormatError("a key that is not plain")
            return self.resolve(kind, *rest)
        except FormatError:
            raise
        except MALFORMED:
            raise FormatError("a value that is not in the format") from None

    def read_all(self, forms):
        """Return the values of some forms."""
        return [self.read(form) for form in forms]

    def read_dict(self, pairs, name="dict", *rest):
        """Return a dict of the type of that name."""
        keys = self.read_keys([key for key, _ in pairs])
        items = [self.read(item) for _, item in pairs]
        return kinds.DICTS[name](zip(keys, items, strict=True), *self.read_all(rest))

    def read_keys(self, forms):
        """Return keys or a set's elements; FormatError if too many of them have the same hash."""
        with self._in_keys():
            keys = self.read_all(forms)
        if len(keys) > MAX_EQUAL_HASHES and max(Counter(map(hash, keys)).values()) > MAX_EQUAL_HASHES:
            raise FormatError("a dict or set whose keys have the same hash")
        return keys

    def take(self, count):
        """Return the next bytes of the body."""
        end = self.offset + count
        if not self.offset <= end <= len(self.body):
            raise FormatError("a value that is longer than its bytes")
        taken, self.offset = self.body[self.offset : end], end
        return taken

    def read_array(self, dtype, shape):
        """Return an array, which can be written to."""
        kind = np.dtype(str(dtype)[: kinds.MAX_DTYPE])
        if kind.kind not in KINDS or kind.hasobject or not kind.itemsize or len(shape) > MAX_DEPTH:
            raise FormatError("an array of a type that does not cross")
        if any(type(extent) is not int or not 0 <= extent <= MAX_FRAME for extent in shape):
            raise FormatError("an array with an impossible shape")
        count = math.prod(shape)
        if count == 0 and max(*shape, kind.itemsize) > MAX_EXTENT:
            raise FormatError("an array without entries, and with an endless axis")
        data = self.take(count * kind.itemsize)
        if kind.kind == "U" and np.any(np.frombuffer(data, dtype=f"{kind.byteorder}u4") > 0x10FFFF):
            raise FormatError("an array of invalid text")
        return np.frombuffer(data, dtype=kind).reshape(shape).copy()


READERS = {
    "a": Reader.read_array,
    "n": lambda reader, dtype: reader.read_array(dtype, [])[()],
    "c": lambda _reader, *parts: complex(*map(float, parts)),
    "l": Reader.read_all,
    "t": lambda reader, forms: tuple(reader.read_all(forms)),
    "d": Reader.read_dict,
    **kinds.READERS,
    **tables.READERS,
}
"""By kind: a function of the reader and the rest of the form."""


def state_of(value):
    """Return what differs after a plain value has been changed in place."""
    writer = Writer(lambda other: ["r", id(other)])
    return writer.write(value), bytes(writer.body)
