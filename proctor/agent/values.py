"""Plain values on their way across: written as JSON and bytes, read back with a price for everything.

A value is JSON's null, boolean, number or string, or a list whose first entry is its kind::

    ["a", dtype, shape]   array (its bytes in the body)     ["l", [values]]          list
    ["n", dtype]          NumPy scalar, in the body too     ["t", [values]]          tuple
    ["c", real, imag]     complex number                    ["d", [[key, value]]]    dict
    ["r", ref, type]      an object of the student's        ["m", ref, name]         a method of one
    ["o", object]         an object of the test's

There is no pickle and no object dtype. Sizes, depth, number of items and equal hashes are bounded; what is not plain
stays on its side and crosses as "r", "m" or "o".
"""

import math
from collections import Counter

import numpy as np

from .frames import MAX_FRAME, FormatError

MAX_ITEMS = 200_000
MAX_DEPTH = 12
MAX_EXTENT = 10_000
"""Extent of an axis of an array without entries: extents are told to people, and bytes do not pay for these."""
MAX_EQUAL_HASHES = 50
"""Keys of a dict with the same hash: more make building it quadratic."""
KINDS = "biufc"


class Writer:
    """Turns values into their JSON form and collects the arrays' bytes; `refer` handles what is not plain."""

    def __init__(self, refer):
        self.refer, self.body, self.items = refer, bytearray(), 0

    def write(self, value, depth=0):
        """Return the JSON form of a value; FormatError if it is too large."""
        self.items += 1
        if self.items > MAX_ITEMS or depth > MAX_DEPTH:
            raise FormatError("too many or too deeply nested items in one value")
        kind = type(value)
        if value is None or kind in (bool, str, float) or (kind is int and abs(value) < 2**63):
            return value
        if kind is complex:
            return ["c", value.real, value.imag]
        if isinstance(value, np.generic) and value.dtype.kind in KINDS:
            self.body += value.tobytes()
            return ["n", value.dtype.str]
        if isinstance(value, np.ndarray) and value.dtype.kind in KINDS:
            if len(self.body) + value.nbytes > MAX_FRAME:
                raise FormatError(f"more than {MAX_FRAME // 2**20} MiB in one value")
            self.body += np.asarray(value).tobytes()
            return ["a", value.dtype.str, list(value.shape)]
        if kind in (list, tuple):
            return [kind.__name__[0], [self.write(item, depth + 1) for item in value]]
        if kind is dict:
            pairs = [[self.write(key, depth + 1), self.write(item, depth + 1)] for key, item in value.items()]
            return ["d", pairs]
        return self.refer(value)


class Reader:
    """Builds values from their JSON form and the body, trusting neither; `resolve` handles "r", "m" and "o"."""

    def __init__(self, body, resolve):
        self.body, self.resolve, self.offset, self.items = memoryview(body), resolve, 0, 0

    def read(self, form):
        """Return the value of a JSON form; FormatError if it is not in the format."""
        self.items += 1
        if self.items > MAX_ITEMS:
            raise FormatError("too many items in one value")
        if form is None or isinstance(form, bool | int | float | str):
            return form
        try:
            return self._read_list(*form)
        except FormatError:
            raise
        except (TypeError, ValueError, LookupError, OverflowError, RecursionError, MemoryError):
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
            return self._dict(rest[0])
        return self.resolve(kind, *rest)

    def _dict(self, pairs):
        keys = [self.read(key) for key, _ in pairs]
        hashes = Counter(map(hash, keys))
        if max(hashes.values(), default=0) > MAX_EQUAL_HASHES:
            raise FormatError("a dict whose keys have the same hash")
        return dict(zip(keys, [self.read(item) for _, item in pairs], strict=True))

    def _array(self, dtype, shape):
        kind = np.dtype(str(dtype))
        if kind.kind not in KINDS or kind.hasobject or len(shape) > MAX_DEPTH:
            raise FormatError("an array of a type that does not cross")
        if any(type(extent) is not int or not 0 <= extent <= MAX_FRAME for extent in shape):
            raise FormatError("an array whose shape is none")
        count = math.prod(shape)
        if count == 0 and max(shape) > MAX_EXTENT:
            raise FormatError("an array without entries, and with an endless axis")
        end = self.offset + count * kind.itemsize
        if end > len(self.body):
            raise FormatError("an array that is longer than its bytes")
        flat = np.frombuffer(self.body[self.offset : end], dtype=kind)
        self.offset = end
        return flat.reshape(shape).copy()
