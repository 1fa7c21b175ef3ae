"""A submission: its cells, run one after the other, and the copies of it that are judged.

Requests on an agent's connection::

    start (descriptor of a packed folder)    unpack the submission and settle in it
    run (source, saved, wanted, tests)       run a cell; outputs come as they are shown, then `done`
    fork (descriptor of a socket)            fork a copy, which answers the calls of hidden tests there

Nothing is judged in the agent itself: what hangs, crashes or fills the memory while it is judged costs a copy, and
nothing that a copy prints or shows can reach an output of the notebook.
"""

import ast
import asyncio
import builtins
import contextlib
import dis
import gc
import io
import os
import queue
import re
import shutil
import signal
import socket
import sys
import tarfile
import threading
from pathlib import Path
from types import CodeType

from . import shell as shells
from .described import describe_error
from .frames import Connection, DescriptorConnection
from .server import Server
from .streams import Descriptor, OutStream

HOME = os.environ.get("HOME", "/home/student")
WORK = f"{HOME}/work"
FONTS = "/run/sandbox/fonts"
MAX_OPEN = 4096
fork = os.fork
"""Kept from before any cell ran, which may put something else in its place."""
TOP = re.compile(r"^(?:class|def) +(\w+)", re.MULTILINE)
"""The beginning of a class or a function at the top of a file, which may be no Python in another place."""
HELLO = b"\0"
"""First message of an agent or a copy; with it comes, from the system, its process number."""


class Agent:
    """The process that runs a submission's cells."""

    def __init__(self, end, shell):
        self._connection, self._shell, self._display = DescriptorConnection(end), shell, shell.display
        self._loop = asyncio.new_event_loop()
        self._running, self._task, self._pid = False, None, os.getpid()
        self._saved, self._copies = {}, []

    def serve(self):
        """Answer requests until the grader closes its end; never returns."""
        try:
            os.register_at_fork(after_in_child=self._connection.close)  # a cell's child does not speak for it
            self._connection.socket.sendall(HELLO)
            asyncio.set_event_loop(self._loop)
            self._loop.run_until_complete(self._serve())
        except (EOFError, OSError):
            pass
        finally:
            os._exit(0)

    async def _serve(self):
        while True:
            if len(asyncio.all_tasks(self._loop)) > 1:
                await self._readable()  # what cells have left running goes on meanwhile
            header, _ = self._connection.receive()
            descriptors, self._connection.descriptors = self._connection.descriptors, []
            await getattr(self, "do_" + header["do"])(header, *descriptors)
            if os.getpid() != self._pid:
                os._exit(0)  # a cell has forked, and this is the child, at the cell's end

    async def _readable(self):
        ready = self._loop.create_future()
        self._loop.add_reader(self._connection.socket, lambda: ready.done() or ready.set_result(None))
        try:
            await ready
        finally:
            self._loop.remove_reader(self._connection.socket)

    async def do_start(self, _header, packed):
        """Unpack the submission and settle in its folder."""
        unpack(packed, WORK)
        lend_fonts()
        shells.settle(self._shell, WORK)
        self._display.descriptors = [Descriptor(1, "stdout"), Descriptor(2, "stderr")]
        sys.stdout, sys.stderr = OutStream(self._display, "stdout", 1), OutStream(self._display, "stderr", 2)
        for number in (signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF):
            signal.signal(number, signal.SIG_IGN)
        self._connection.send({"done": True})

    async def do_run(self, header):
        """Run a cell; then what it only saves to a file, of which only an exception is shown."""
        told = {}
        self._reap_copies()
        self._display.connect(self._connection)
        try:
            try:
                raised = await self._run(header["source"])
                if header.get("tests") and raised is not None:
                    told = {"error": describe_error(raised)}
            except (KeyboardInterrupt, asyncio.CancelledError):
                pass
            except Exception as error:  # the shell itself fails: a cell has taken something away from it
                self._display.show_error(type(error).__name__, str(error))
            if header.get("saved") is not None:
                self._display.flush()
                told |= self._run_saved(header["saved"], set(header["wanted"]))
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            if os.getpid() == self._pid:
                self._display.end(told)

    async def _run(self, source):
        """Run a cell; return the exception that it ended with, or None."""
        shell = self._shell
        shells.prepare_cell()
        self._task, self._running = None, True
        signal.signal(signal.SIGINT, self._interrupted)
        try:
            how = {"transformed_cell": source, "preprocessing_exc_tuple": None}
            try:
                how["transformed_cell"] = shell.transform_cell(source)
            except Exception:
                how["preprocessing_exc_tuple"] = sys.exc_info()
            if not shell.should_run_async(source, **how):
                return raised_in(shell.run_cell(source, store_history=True))
            self._task = self._loop.create_task(shell.run_cell_async(source, store_history=True, **how))
            result = None
            try:
                result = await self._task
            finally:
                shell.events.trigger("post_execute")
                shell.events.trigger("post_run_cell", result)
            return raised_in(result)
        finally:
            self._running, self._task = False, None

    def _interrupted(self, _number, _frame):
        """Interrupt the running cell; one that awaits is cancelled first (called by the system)."""
        task, self._task = self._task, None
        if task is not None:
            self._loop.call_soon_threadsafe(task.cancel)
        elif self._running:
            raise KeyboardInterrupt

    def _run_saved(self, source, wanted):
        """Run what a cell saves to a file, in the notebook's names, if it defines what is wanted.

        Returns what the grader is told: the names that the file alone would lack, if it runs.
        """
        shell, names = self._shell, self._shell.user_ns
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            try:
                tree = ast.parse(shell.transform_cell(source))
                code = compile(tree, "saved", "exec")
                defined = wanted if "exec" in code.co_names else wanted & defined_names(code)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                defined = wanted & set(TOP.findall(source))  # running it shows what is wrong
            if not defined:
                return {}
            known = set(names) - {"get_ipython"}  # which a magic stands for
            with self._display.only_errors():
                result = shell.run_cell(source, store_history=False, silent=True)
        self._saved |= {name: names[name] for name in defined if name in names}
        return {"lacks": sorted(lacking_names(code, known) - starred_names(tree))} if result.success else {}

    async def do_fork(self, _header, end):
        """Fork a copy; where none can be forked, its socket closes."""
        self._reap_copies()
        with contextlib.suppress(OSError):
            pid = fork()
            if pid == 0:
                serve_as_copy(socket.socket(fileno=end), self._shell, self._saved)
            self._copies.append(pid)
        os.close(end)

    def _reap_copies(self):
        """Collect the copies that have ended: a cell that waits for its children is not to meet them."""
        for pid in list(self._copies):
            with contextlib.suppress(ChildProcessError):
                if os.waitpid(pid, os.WNOHANG) == (0, 0):
                    continue
            self._copies.remove(pid)


def raised_in(result):
    """Return the exception of a cell's result, as IPython's shell gives it; None if there is none."""
    return result.error_before_exec or result.error_in_exec


def serve_as_copy(end, shell, saved):
    """Answer calls until the grader closes the connection; what is printed or shows goes nowhere. Never returns."""
    try:
        end.settimeout(None)  # whatever a cell has set for new sockets
        shell.display.disconnect()
        shell.display.descriptors = []
        point_nowhere()
        close_all_but(end.fileno())
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # methods may start programs and wait for them
        revive_pools()
        gc.freeze()  # what is frozen is touched by no collection, and so stays shared
        end.sendall(HELLO)
        connection = Connection(end)

        def ask(frame):
            connection.send_frame(frame)
            return connection.receive()

        server = Server(shell.user_ns, ask, saved, shell.display_formatter.figures)
        while True:
            connection.send_frame(server.handle(*connection.receive()))
    finally:
        os._exit(0)


def point_nowhere():
    """Point the standard descriptors nowhere."""
    null = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(null, number)


def close_all_but(kept):
    """Close all descriptors but the first three and another one, which no program that is started inherits."""
    os.set_inheritable(kept, False)  # noqa: FBT003  - the function's own signature
    os.closerange(3, kept)
    os.closerange(max(3, kept + 1), MAX_OPEN)


def revive_pools():
    """Let pools of threads start new ones: in a forked copy those of the cells are gone, and would be waited for."""
    threads = sys.modules.get("concurrent.futures.thread")
    if threads is None or not threads._threads_queues:
        return
    for pool in gc.get_objects():
        if isinstance(pool, threads.ThreadPoolExecutor):
            pool._threads, pool._work_queue = set(), queue.SimpleQueue()
            pool._idle_semaphore, pool._shutdown_lock = threading.Semaphore(0), threading.Lock()
    threads._threads_queues.clear()


def unpack(descriptor, folder):
    """Write a packed submission into a folder: regular files, with fresh dates."""
    os.makedirs(folder, exist_ok=True)
    with os.fdopen(descriptor, "rb") as file, tarfile.open(fileobj=file, mode="r:") as archive:
        for member in archive:
            target = Path(folder, member.name)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.extractfile(member).read())


def lend_fonts():
    """Give programs that import Matplotlib its list of fonts, where one lies beside us."""
    if os.path.isdir(FONTS) and "MPLCONFIGDIR" in os.environ:
        shutil.copytree(FONTS, os.environ["MPLCONFIGDIR"], dirs_exist_ok=True, copy_function=shutil.copyfile)


def defined_names(code):
    """Return the names that a module's own code stores: by a definition, an assignment of any form, or an import."""
    return {
        step.argval for step in dis.get_instructions(code) if step.opname in ("STORE_NAME", "STORE_GLOBAL")
    }


def starred_names(tree):
    """Return the names that a module, which has run, has imported with a star."""
    stars = [
        node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
    ]
    return {name for node in stars for name in dir(sys.modules.get(node.module))}


def lacking_names(module, known):
    """Return the names that a module's code reads, and that `known` has, but neither itself nor Python."""
    codes, read, stored = [module], set(), set(dir(builtins))
    for code in codes:  # grows while it is walked
        codes += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
        for step in dis.get_instructions(code):
            if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
                read.add(step.argval)
            elif step.opname == "STORE_GLOBAL" or (step.opname == "STORE_NAME" and code is module):
                stored.add(step.argval)
            elif step.opname == "STORE_NAME":  # in the body of a class
                read.discard(step.argval)
    return (read & known) - stored
