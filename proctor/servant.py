"""The student's side of the wall: serves calls to the notebook's classes. Imports nothing of the package.

Its source is sent into the student's kernel, and the grader's side imports it for the frame format, so that
there is one truth about frames. Whoever tampers with it can only return other values.

A frame, in either direction::

    4 bytes   length of all that follows, big-endian, at most MAX_FRAME
    4 bytes   length of the header, big-endian
    header    UTF-8 JSON, an object
    body      the bytes of the arrays of the header's values, one after the other

Requests have "do" and, by it: find (name, files), call (ref, name or null, args), get (ref, name), set (ref,
name, value), begin, fork (its body is a password). Answers have one of: value (and notes), missing, error (kind,
text, where), or back (object, name, args): the student's code calls an object of the test's, which is answered
in turn.

Whoever connects says the password that it was given, PASSWORD bytes without a frame around them, and then answers.

Nothing is judged in the kernel itself. Where the notebook has graded cells, the kernel forks a snapshot that
waits, frozen, until the last cell of the notebook has run, and forks a worker for each graded cell. So a
worker that hangs, crashes or fills the memory costs what it was judged on, and nothing that a worker sees can
reach an output of the notebook.

A value is JSON's null, boolean, number or string, or a list whose first entry is its kind::

    ["a", dtype, shape]   array (its bytes in the body)     ["l", [values]]          list
    ["n", dtype]          NumPy scalar, in the body too     ["t", [values]]          tuple
    ["c", real, imag]     complex number                    ["d", [[key, value]]]    dict
    ["r", ref, type]      an object of the student's        ["m", ref, name]         a method of one
    ["o", object]         an object of the test's

There is no pickle and no object dtype. Sizes, depth and number of items are bounded; what is not plain stays
on its side and crosses as "r" or "o".
"""

import json
import os
import signal
import socket
import struct
import sys

import numpy as np

MAX_FRAME = 64 * 2**20
PASSWORD = 16
MAX_ITEMS = 200_000
MAX_DEPTH = 12
KINDS = "biufc"


class FormatError(Exception):
    """A frame or value that the format does not allow."""


def pack(header, body=b""):
    """Return the frame of a JSON-ready header and a body, as bytes; FormatError if it is too large."""
    text = json.dumps(header).encode()
    if 4 + len(text) + len(body) > MAX_FRAME:
        raise FormatError(f"more than {MAX_FRAME // 2**20} MiB in one value")
    return struct.pack(">II", 4 + len(text) + len(body), len(text)) + text + body


def unpack(frame):
    """Return (header, body) of a frame without its first four bytes; FormatError if it is malformed."""
    try:
        (size,) = struct.unpack_from(">I", frame)
        header = json.loads(bytes(frame[4 : 4 + size]).decode())
    except (struct.error, ValueError, RecursionError):
        raise FormatError("a frame that is not in the format") from None
    if not isinstance(header, dict) or 4 + size > len(frame):
        raise FormatError("a frame whose header is not an object")
    return header, frame[4 + size :]


class Writer:
    """Turns values into their JSON form and collects the arrays' bytes; `refer` handles what is not plain."""

    def __init__(self, refer):
        self.refer, self.body, self.items = refer, bytearray(), 0

    def write(self, value, depth=0):
        """Return the JSON form of a value."""
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
        except (TypeError, ValueError, OverflowError, RecursionError, MemoryError):
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
            return {self.read(key): self.read(item) for key, item in rest[0]}
        return self.resolve(kind, *rest)

    def _array(self, dtype, shape):
        kind = np.dtype(str(dtype))
        if kind.kind not in KINDS or kind.hasobject or len(shape) > MAX_DEPTH:
            raise FormatError("an array of a type that does not cross the wall")
        count = 1
        for extent in shape:
            if type(extent) is not int or extent < 0:
                raise FormatError("an array whose shape is none")
            count *= extent
        # Extents are told to the student: they are to be paid for in bytes.
        if count == 0 and max(shape) > 10_000:
            raise FormatError("an array without entries, and with an endless axis")
        end = self.offset + count * kind.itemsize
        if end > len(self.body):
            raise FormatError("an array that is longer than its bytes")
        flat = np.frombuffer(self.body[self.offset : end], dtype=kind)
        self.offset = end
        return flat.reshape(shape).copy()


def receive(connection):
    """Read one frame from a socket, without its length; EOFError when the other side is gone."""
    (size,) = struct.unpack(">I", _exactly(connection, 4))
    if size > MAX_FRAME:
        raise FormatError("a frame that is too large")
    return _exactly(connection, size)


def _exactly(connection, size):
    data = bytearray()
    while len(data) < size:
        piece = connection.recv(min(size - len(data), 2**20))
        if not piece:
            raise EOFError
        data += piece
    return bytes(data)


class Visitor:
    """An object of the test's, as the student's code sees it: each method call crosses the wall and back."""

    def __init__(self, server, number):
        self._server, self._number = server, number

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *args, **named: self._server.call_back(self._number, name, (*args, *named.values()))


class Server:
    """Answers requests on the objects of a namespace; `ask` sends a frame to the grader and returns its answer."""

    def __init__(self, namespace, ask):
        self.namespace, self.ask = namespace, ask
        self.refs, self.returned, self.notes = [], [], []

    def handle(self, frame):
        """Answer one request frame with one answer frame."""
        header, body = unpack(frame)
        self.notes = []
        try:
            reader = Reader(body, self._resolve)
            value = getattr(self, "do_" + header["do"])(header, reader)
            writer = Writer(self._refer)
            return pack({"value": writer.write(value), "notes": self.notes}, bytes(writer.body))
        except Missing as missing:
            return pack({"missing": str(missing)})
        except BaseException as error:  # whatever the student's code raises, SystemExit included
            return pack({"error": describe(error)})

    def do_begin(self, header, reader):
        """Forget the objects of the criterion before."""
        self.refs, self.returned = [], []

    def do_find(self, header, reader):
        """Return a class by name: from the notebook, or else from a file that a cell has written."""
        name = header["name"]
        if callable(self.namespace.get(name)):
            return self.namespace[name]
        for path in written(header["files"]):
            found = run_file(path).get(name)
            if callable(found):
                return found
        raise Missing(name)

    def do_call(self, header, reader):
        """Call an object, or a method of it."""
        target = self.refs[header["ref"]]
        if header["name"] is not None:
            target = getattr(target, header["name"])
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
        target = self.refs[header["ref"]]
        try:
            value = getattr(target, header["name"])
        except AttributeError as error:
            if getattr(error, "obj", None) is target and error.name == header["name"]:
                raise Missing(f"{type(target).__name__}.{header['name']}") from None
            raise
        return Bound(header["ref"], header["name"]) if callable(value) else value

    def do_set(self, header, reader):
        """Set an attribute."""
        setattr(self.refs[header["ref"]], header["name"], reader.read(header["value"]))

    def call_back(self, number, name, args):
        """Call a method of an object of the test's; runs while the grader waits for the outer answer."""
        writer = Writer(self._refer)
        form = writer.write(args)
        header, body = unpack(self.ask(pack({"back": [number, name, form]}, bytes(writer.body))))
        if "error" in header:
            raise RuntimeError(header["error"])
        return Reader(body, self._resolve).read(header["value"])

    def _refer(self, value):
        if isinstance(value, Bound):
            return ["m", value.ref, value.name]
        if isinstance(value, Visitor):
            return ["o", value._number]
        self.refs.append(value)
        name = type(value).__name__
        return ["r", len(self.refs) - 1, f"{name} of dtype object" if isinstance(value, np.ndarray) else name]

    def _resolve(self, kind, number, *rest):
        if kind == "o":
            return Visitor(self, number)
        return getattr(self.refs[number], rest[0]) if kind == "m" else self.refs[number]


class Missing(Exception):
    """A name that is not there."""


class Bound:
    """A method of a student's object, on its way across."""

    def __init__(self, ref, name):
        self.ref, self.name = ref, name


def written(files):
    """Yield the paths of those files that are there: where the notebook is now, or where it started."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    for path in files:
        places = [os.getcwd(), getattr(shell, "starting_dir", os.getcwd())]
        found = [place for place in places if os.path.isfile(os.path.join(place, path))]
        if found:
            yield os.path.join(found[0], path)


def run_file(path):
    """Run a file that a cell has written, with the notebook's folder on the path; return its names."""
    with open(path, encoding="utf-8") as file:
        code = compile(file.read(), path, "exec")
    names = {"__name__": "saved_cell", "__file__": path}
    exec(code, names)
    return names


def describe(error):
    """Describe an exception: type, text, and the lines of the student's cells that led to it."""
    import linecache

    where, trace = [], error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        path = code.co_filename
        inside = "ipykernel_" in path or path.startswith(os.getcwd()) or not os.path.isabs(path)
        if inside and not path.startswith("<"):
            line = linecache.getline(code.co_filename, trace.tb_lineno).strip()
            where.append(f"{code.co_name}, line {trace.tb_lineno}: {line[:160]}")
        trace = trace.tb_next
    try:
        text = str(error)
    except Exception:
        text = ""
    return {"kind": type(error).__name__, "text": text[:400], "where": where[-4:]}


def snapshot(path, namespace, password):
    """Fork the kernel; the copy connects to the grader's socket at `path` and waits. Returns in the kernel.

    The password is known to the copy alone: the student's cells have run before it was made, and the student's
    methods see only the one of their own worker, when that is connected.
    """
    if os.fork():
        return
    status = 1
    try:
        _leave_kernel()
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps the workers
        with _connect(path, password) as connection:
            while True:
                _, password = unpack(receive(connection))
                if os.fork() == 0:
                    connection.close()
                    _work(path, namespace, password)
        status = 0
    except (EOFError, OSError):
        status = 0
    finally:
        os._exit(status)


def _work(path, namespace, password):
    """Serve one connection until the grader closes it; never returns."""
    # The student's methods may start programs and wait for them.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        with _connect(path, password) as connection:

            def ask(frame):
                connection.sendall(frame)
                return receive(connection)

            server = Server(namespace, ask)
            while True:
                connection.sendall(server.handle(receive(connection)))
    finally:
        os._exit(0)


def _revive_pools():
    """Let pools of threads start new ones: in a forked copy those of the cells are gone, and would be waited for."""
    threads = sys.modules.get("concurrent.futures.thread")
    if threads is None or not threads._threads_queues:
        return
    import gc
    import queue
    import threading

    for pool in gc.get_objects():
        if isinstance(pool, threads.ThreadPoolExecutor):
            pool._threads, pool._work_queue = set(), queue.SimpleQueue()
            pool._idle_semaphore, pool._shutdown_lock = threading.Semaphore(0), threading.Lock()
    threads._threads_queues.clear()


def _connect(path, password):
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.connect(path)
    connection.sendall(password)
    return connection


def _leave_kernel():
    """Cut a forked copy off from the kernel's channels: nothing it prints or shows goes anywhere."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for stream in (sys.stdout, sys.stderr):
        stream.write = len
        stream.flush = lambda: None
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is not None:
        shell.display_pub.publish = lambda *args, **kwargs: None
    _revive_pools()
    null = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(null, number)
    os.closerange(3, 4096)
    sys.stdout = sys.stderr = open(os.devnull, "w")
