"""Plain values on their way across: written as JSON and bytes, read back with a price for everything.

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

import math
from collections import Counter

import numpy as np

from . import kinds, tables
from .frames import MAX_FRAME, FormatError

MAX_ITEMS = 200_000
MAX_DEPTH = 12
MAX_EXTENT = 10_000
"""Extent of an axis of an array without entries: extents are told to people, and bytes do not pay for these."""
MAX_EQUAL_HASHES = 50
"""Keys of a dict with the same hash: more make building it quadratic."""
KINDS = "biufcUSMm"
TOO_MANY = "too many or too deeply nested items in one value"


class NotPlain(Exception):
    """A key that cannot cross by value."""


class Writer:
    """Turns values into their JSON form and collects the arrays' bytes; `refer` handles what is not plain.

    Args:
        refer: returns the form of what is not plain.
        plain_keys: whether a dict or set stays on its side, too, if one of its keys does.
    """

    def __init__(self, refer, *, plain_keys=False):
        self.refer, self.body, self.items = refer, bytearray(), 0
        self._plain_keys, self._in_keys = plain_keys, 0

    def pay(self, items):
        """Count items; FormatError if there are too many."""
        self.items += items
        if self.items > MAX_ITEMS:
            raise FormatError(TOO_MANY)

    def write(self, value, depth=0):
        """Return the JSON form of a value; FormatError if it is too large."""
        self.pay(1)
        if depth > MAX_DEPTH:
            raise FormatError(TOO_MANY)
        kind = type(value)
        if value is None or kind in (bool, str, float) or (kind is int and abs(value) < 2**63):
            return value
        if kind is complex:
            return ["c", value.real, value.imag]
        if isinstance(value, np.ndarray | np.generic) and kind is not np.ma.MaskedArray:
            return self._write_array(value)
        if kind in (list, tuple):
            return [kind.__name__[0], [self.write(item, depth + 1) for item in value]]
        if kind is dict:
            return self.write_dict(value, depth)
        write = kinds.WRITERS.get(kind) or tables.writer_of(value)
        begun = len(self.body)
        form = write(self, value, depth) if write else None
        if form is None:
            del self.body[begun:]
            return self._refer(value)
        return form

    def write_array_bytes(self, data):
        """Add bytes to the body; FormatError if there are too many."""
        if len(self.body) + len(data) > MAX_FRAME:
            raise FormatError(f"more than {MAX_FRAME // 2**20} MiB in one value")
        self.body += data

    def _write_array(self, value):
        if value.dtype.kind not in KINDS or value.dtype.itemsize == 0:
            return self._refer(value)
        if len(self.body) + value.nbytes > MAX_FRAME:
            raise FormatError(f"more than {MAX_FRAME // 2**20} MiB in one value")
        self.body += np.asarray(value).tobytes()
        return (
            ["n", value.dtype.str]
            if isinstance(value, np.generic)
            else ["a", value.dtype.str, list(value.shape)]
        )

    def write_dict(self, value, depth, *names):
        """Return the form of a dict, with the name of its type unless it is `dict`."""
        keys = self.write_keys(list(value), depth)
        if keys is None:
            return self._refer(value)
        items = [self.write(item, depth + 1) for item in value.values()]
        return ["d", [list(pair) for pair in zip(keys, items, strict=True)], *names]

    def write_keys(self, keys, depth):
        """Return the forms of keys or a set's elements, or None if one of them has to stay on its side."""
        begun, self._in_keys = len(self.body), self._in_keys + 1
        try:
            return [self.write(key, depth + 1) for key in keys]
        except NotPlain:
            del self.body[begun:]
            return None
        finally:
            self._in_keys -= 1

    def _refer(self, value):
        if self._in_keys and self._plain_keys:
            raise NotPlain
        return self.refer(value)


class Reader:
    """Builds values from their JSON form and the body, trusting neither; `resolve` handles "r", "m" and "o".

    Args:
        body: the bytes of the arrays.
        resolve: returns what a form of another kind stands for.
        plain_keys: whether a key that is not plain is refused: hashing it would call the other side.
    """

    def __init__(self, body, resolve, *, plain_keys=False):
        self.body, self.resolve, self.offset, self.items = memoryview(body), resolve, 0, 0
        self._plain_keys, self._in_keys = plain_keys, 0

    def pay(self, items):
        """Count items; FormatError if there are too many."""
        self.items += items
        if self.items > MAX_ITEMS:
            raise FormatError("too many items in one value")

    def read(self, form):
        """Return the value of a JSON form; FormatError if it is not in the format."""
        self.pay(1)
        if form is None or isinstance(form, bool | int | float | str):
            return form
        try:
            return self._read_list(*form)
        except FormatError:
            raise
        except (
            TypeError,
            ValueError,
            LookupError,
            ArithmeticError,
            AttributeError,
            RecursionError,
            MemoryError,
            ImportError,  # a table of pandas, where only the other side claims to have it
        ):
            raise FormatError("a value that is not in the format") from None

    def _read_list(self, kind, *rest):
        if kind == "a":
            dtype, shape = rest
            return self._array(dtype, shape)
        if kind == "n":
            return self._array(rest[0], [])[()]
        if kind == "c":
            return complex(*map(float, rest))
        if kind in ("l", "t"):
            values = [self.read(item) for item in rest[0]]
            return values if kind == "l" else tuple(values)
        if kind == "d":
            return self._dict(*rest)
        read = kinds.READERS.get(kind) or tables.READERS.get(kind)
        if read:
            return read(self, *rest)
        if self._in_keys and self._plain_keys:
            raise FormatError("a key that is not plain")
        return self.resolve(kind, *rest)

    def _dict(self, pairs, name="dict"):
        keys = self.read_keys([key for key, _ in pairs])
        items = zip(keys, [self.read(item) for _, item in pairs], strict=True)
        return kinds.DICTS[name](items)

    def read_keys(self, forms):
        """Return keys or a set's elements; FormatError if too many of them have the same hash."""
        self._in_keys += 1
        try:
            keys = [self.read(form) for form in forms]
        finally:
            self._in_keys -= 1
        check_hashes(keys)
        return keys

    def take(self, count):
        """Return the next bytes of the body."""
        end = self.offset + count
        if end > len(self.body):
            raise FormatError("a value that is longer than its bytes")
        taken, self.offset = self.body[self.offset : end], end
        return taken

    def _array(self, dtype, shape):
        kind = np.dtype(str(dtype)[: kinds.MAX_DTYPE])
        if kind.kind not in KINDS or kind.hasobject or not kind.itemsize or len(shape) > MAX_DEPTH:
            raise FormatError("an array of a type that does not cross")
        if any(type(extent) is not int or not 0 <= extent <= MAX_FRAME for extent in shape):
            raise FormatError("an array whose shape is none")
        count = math.prod(shape)
        if count == 0 and max(*shape, kind.itemsize) > MAX_EXTENT:
            raise FormatError("an array without entries, and with an endless axis")
        data = self.take(count * kind.itemsize)
        if kind.kind == "U" and np.any(np.frombuffer(data, dtype=f"{kind.byteorder}u4") > 0x10FFFF):
            raise FormatError("an array of text that is none")
        return np.frombuffer(data, dtype=kind).reshape(shape).copy()


def check_hashes(keys):
    """Raise FormatError if too many of some values have the same hash."""
    if len(keys) > MAX_EQUAL_HASHES and max(Counter(map(hash, keys)).values()) > MAX_EQUAL_HASHES:
        raise FormatError("a dict or set whose keys have the same hash")


def state_of(value):
    """Return what differs after a plain value has been changed in place."""
    writer = Writer(lambda other: ["r", id(other)])
    return writer.write(value), bytes(writer.body)
