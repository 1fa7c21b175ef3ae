"""The preloaded process: imports what notebooks import, once, and forks an agent for each submission.

Importing NumPy, SciPy, Matplotlib and IPython costs more CPU time than most submissions do. The fork server runs in a
sandbox of its own and reads nothing of any submission: a request brings a socket and a pidfd, and only the forked
child touches what they lead to. So no child finds anything of another's in its memory.

    fork server     one thread; waits for requests, and for the end of agents
    └── agent       in the submission's sandbox, without any privilege

A request is JSON, the settings of `privileges.drop_privileges`, with three descriptors: the agent's socket, a pidfd of
a process in its sandbox, and a socket for the report: the agent's exit status as text, or "!" and why there is none.
"""

import contextlib
import ctypes
import gc
import importlib
import io
import json
import linecache
import os
import random
import select
import signal
import socket
import sys

from . import privileges, shell
from .agent import Agent, close_all_but, point_nowhere
from .streams import Display, OutStream

MODULES = (
    "asyncio", "concurrent.futures.thread", "multiprocessing", "runpy", "unittest",
    "IPython.core.completer", "IPython.core.completerlib", "IPython.core.logger", "IPython.core.magics.ast_mod",
    "IPython.core.magics.execution", "IPython.core.magics.extension", "IPython.core.magics.pylab",
    "IPython.core.oinspect", "IPython.extensions.autoreload", "IPython.extensions.storemagic",
    "IPython.utils.module_paths", "pygments.formatters.terminal256",
    "pygments.styles.default", "stack_data.formatting",
)  # fmt: skip
"""Modules that a shell imports for its first magic and its first traceback.

Not the inline backend: importing it sets up figures, which is for the student's first figure to do. Before that a
notebook may choose another one.
"""
MAX_REQUEST, DESCRIPTORS = 2**17, 3
READY = b"ready\n"
LARGE_PAGE, COLLAPSE = 2**21, 25
"""Size of a large page, and the advice to make one (Linux 6.1 and later)."""


def preload(modules):
    """Import modules; one that is missing, or breaks, is left for the student's own import to tell."""
    for name in (*MODULES, *modules):
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def spare_reloads():
    """Tell `%autoreload` that what is loaded by now stays as it is: it lies on a system that nobody can write to.

    A look at some 1,400 files before each cell takes longer than most cells do.
    """
    from IPython.extensions.autoreload import ModuleReloader
    from IPython.extensions.deduperreload.deduperreload import DeduperReloader

    start_with(ModuleReloader, "skip_modules", dict.fromkeys(sys.modules, True))
    start_with(DeduperReloader, "source_by_modname", dict.fromkeys(sys.modules, ""))


def start_with(owner, name, entries):
    """Let a dict that each object of a class begins with, as an attribute, hold some entries."""
    kept = f"_{name}"

    def begin(holder, value):
        vars(holder)[kept] = {**entries, **value}

    setattr(owner, name, property(lambda holder: vars(holder)[kept], begin))


def rehearse(notebook_shell):
    """Do once what every notebook does, a figure and a traceback, and leave no state of it behind."""
    prompt, names, sources = notebook_shell.execution_count, {**notebook_shell.user_ns}, {*linecache.cache}
    stream = OutStream(notebook_shell.display, "stdout", 1)
    with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
        if "matplotlib.backends.backend_agg" in sys.modules:
            with contextlib.suppress(Exception):
                draw()
        for source in ("1 / 0", "print(1)\n2"):
            notebook_shell.run_cell(source, store_history=False)
        notebook_shell.reset(new_session=False)
    notebook_shell.execution_count = prompt
    notebook_shell.user_ns.pop("_exit_code", None)
    notebook_shell.user_ns.update({**names, **notebook_shell.user_ns})
    for name in [name for name in linecache.cache if "ipykernel_" in name and name not in sources]:
        del linecache.cache[name]
    for name in ("last_type", "last_value", "last_traceback", "last_exc"):
        vars(sys).pop(name, None)


def draw():
    """Draw a figure without pyplot, whose state is the student's."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2, 2))  # with few ticks
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.plot([1, 2], label="$x^2$")
    axes.imshow([[1, 2], [3, 4]])
    axes.set_title("rehearsal", fontweight="bold")
    axes.legend()
    figure.canvas.print_figure(io.BytesIO(), format="png", bbox_inches="tight")


def serve(control, notebook_shell):
    """Fork an agent for each request, and report how it ended, until the grader closes its end."""
    woken, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)  # its number is written to the pipe
    poller, reports = select.poll(), {}
    poller.register(control, select.POLLIN)
    poller.register(woken, select.POLLIN)
    while True:
        ready = {number for number, _ in poller.poll()}
        if woken in ready:
            os.read(woken, 4096)
            report_ends(reports)
        if control.fileno() in ready:
            request, descriptors, _, _ = socket.recv_fds(control, MAX_REQUEST, DESCRIPTORS)
            if not request:
                return
            answer(request, descriptors, notebook_shell, reports)


def answer(request, descriptors, notebook_shell, reports):
    """Fork an agent, and keep where its end is to be reported."""
    end, sandbox, report_number = descriptors
    report = socket.socket(fileno=report_number)
    try:
        # The next child is born in the sandbox's namespace of processes; this one stays where it is.
        privileges.enter(sandbox, privileges.PID)
        pid = os.fork()
    except OSError as error:
        tell(report, f"!{error}")
    else:
        if pid == 0:
            become_agent(notebook_shell, json.loads(request), end, sandbox, report)
        reports[pid] = report
    os.close(end)
    os.close(sandbox)


def report_ends(reports):
    """Report how each agent ended that has."""
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG)) != (0, 0):
            with reports.pop(ended[0]) as report:
                tell(report, str(os.waitstatus_to_exitcode(ended[1])))


def tell(report, text):
    """Tell the grader, if it still listens."""
    with contextlib.suppress(OSError):
        report.send(text.encode(), socket.MSG_DONTWAIT)


def become_agent(notebook_shell, settings, end, sandbox, report):
    """Be what a fresh process would be, without any privilege, and run the submission; never returns."""
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        os.setsid()  # so that an interrupt reaches the programs that a cell starts, too
        privileges.enter(sandbox, privileges.MOUNT | privileges.UTS | privileges.IPC | privileges.NET)
        privileges.drop_privileges(settings)
        random.seed()
        if numbers := sys.modules.get("numpy.random"):
            numbers.seed()
    except BaseException as error:
        tell(report, f"!{type(error).__name__}: {error}")
        os._exit(1)
    close_all_but(end)
    Agent(socket.socket(fileno=end), notebook_shell).serve()


def share_in_large_pages():
    """Let large parts of the memory lie in large pages, where Linux has them.

    A fork copies an entry of a table for each page, and the end of the child clears it. The first write to a large page
    costs a little more; what is not written, most of it, stays shared as a whole.
    """
    with open("/proc/self/maps", encoding="ascii", errors="replace") as maps:
        lines = [line.split() for line in maps]
    for extent, mode, _, _, _, *names in lines:
        if mode == "rw-p" and names in ([], ["[heap]"]):
            start, end = (int(place, 16) for place in extent.split("-"))
            for place in range(-(-start // LARGE_PAGE) * LARGE_PAGE, end - LARGE_PAGE + 1, LARGE_PAGE):
                privileges.libc.madvise(ctypes.c_void_p(place), ctypes.c_size_t(LARGE_PAGE), COLLAPSE)


def forget_ourselves():
    """Take our own modules out of the list that `import` looks at: a student's `agent.py` is not this package."""
    for name in [name for name in sys.modules if name.split(".")[0] == "agent"]:
        del sys.modules[name]


def run(control_number, modules):
    """Preload, say so, and serve."""
    notebook_shell = shell.build(Display())  # first: what is imported next integrates itself with it
    preload(modules)
    with contextlib.suppress(ImportError, AttributeError):  # another version of IPython: it takes its time
        spare_reloads()
    rehearse(notebook_shell)
    forget_ourselves()
    if (threads := len(os.listdir("/proc/self/task"))) > 1:
        raise SystemExit(
            f"one of the modules to preload starts threads ({threads} run), which no fork survives"
        )
    privileges.hide_memory()
    gc.collect()
    gc.freeze()  # what is frozen is touched by no collection, and so stays shared
    share_in_large_pages()
    os.write(2, READY)
    point_nowhere()
    serve(socket.socket(fileno=control_number), notebook_shell)
