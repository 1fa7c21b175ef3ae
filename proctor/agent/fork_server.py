"""The preloaded process: imports what notebooks import, once, and forks an agent for each submission.

Importing NumPy, SciPy, Matplotlib and IPython costs more CPU time than most submissions do. The fork server runs in a
sandbox of its own and reads nothing of any submission: a request brings a socket and a pidfd, and only the forked
child touches what they lead to. So no child finds anything of another's in its memory.

    fork server           one thread, waits for requests; never runs a student's code
    └── monitor           enters the submission's sandbox, waits for the agent, and says how it ended
        └── agent         in the sandbox, without any privilege

A request is JSON, the settings of `privileges.lose`, with three descriptors: the agent's socket, a pidfd of a process
in its sandbox, and a socket for the monitor's report: the agent's exit status as text, or "!" and why there is none.
"""

import contextlib
import gc
import importlib
import io
import json
import os
import random
import signal
import socket
import sys

from . import privileges, shell
from .agent import Agent, close_all_but
from .streams import Display, Stream

MODULES = (
    "asyncio", "concurrent.futures.thread", "multiprocessing", "runpy", "unittest",
    "IPython.core.completer", "IPython.core.completerlib", "IPython.core.logger", "IPython.core.magics.ast_mod",
    "IPython.core.magics.execution", "IPython.core.magics.extension", "IPython.core.magics.pylab",
    "IPython.core.oinspect", "IPython.extensions.autoreload", "IPython.extensions.storemagic",
    "IPython.utils.module_paths", "matplotlib_inline.config", "pygments.formatters.terminal256",
    "pygments.styles.default", "stack_data.formatting",
)  # fmt: skip
"""What a shell imports for its first magic and its first traceback."""
MAX_REQUEST, DESCRIPTORS = 2**17, 3
READY = b"ready\n"


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
    holder = property(lambda self: vars(self)[kept], lambda self, value: vars(self).update({kept: {**entries, **value}}))
    setattr(owner, name, holder)


def rehearse(notebook_shell):
    """Do once what every notebook does, a figure and a traceback, and leave no state of it behind."""
    out, err, prompt = sys.stdout, sys.stderr, notebook_shell.execution_count
    sys.stdout = sys.stderr = Stream(notebook_shell.display, "stdout", 1)
    if "matplotlib.backends.backend_agg" in sys.modules:
        with contextlib.suppress(Exception):
            draw()
    for source in ("1 / 0", "print(1)\n2"):
        notebook_shell.run_cell(source, store_history=False)
    notebook_shell.reset()
    notebook_shell.execution_count = prompt
    notebook_shell.user_ns.pop("_exit_code", None)
    sys.stdout, sys.stderr = out, err
    for name in ("last_type", "last_value", "last_traceback", "last_exc"):
        vars(sys).pop(name, None)


def draw():
    """Draw a figure without pyplot, whose state is the student's."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure()
    FigureCanvasAgg(figure)
    above, below = figure.subplots(2)
    above.plot([1, 2], label="$x^2$")
    above.set_title("rehearsal", fontweight="bold")
    above.legend()
    below.imshow([[1, 2], [3, 4]])
    figure.canvas.print_figure(io.BytesIO(), format="png", bbox_inches="tight")


def serve(control, notebook_shell):
    """Fork a monitor for each request, until the grader closes its end."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for monitors
    while True:
        request, descriptors, _, _ = socket.recv_fds(control, MAX_REQUEST, DESCRIPTORS)
        if not request:
            return
        if os.fork() == 0:
            monitor(notebook_shell, json.loads(request), *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def monitor(notebook_shell, settings, end, sandbox, report_number):
    """Start the agent in its sandbox, and report how it ended; never returns."""
    report = socket.socket(fileno=report_number)
    try:
        privileges.die_with_parent()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        privileges.enter(sandbox)
        pid = os.fork()
        if pid == 0:
            os.close(sandbox)
            become_agent(notebook_shell, settings, end, report)
        close_all_but({report_number})
        _, status = os.waitpid(pid, 0)
        report.send(b"%d" % os.waitstatus_to_exitcode(status))
    except BaseException as error:  # whatever it is, the grader is to know
        report.send(f"!{type(error).__name__}: {error}".encode())
    finally:
        os._exit(0)


def become_agent(notebook_shell, settings, end, report):
    """Be what a fresh process would be, without any privilege, and run the submission; never returns."""
    try:
        os.setsid()  # so that an interrupt reaches the programs that a cell starts, too
        privileges.lose(settings)
        null = os.open(os.devnull, os.O_RDWR)
        for number in range(3):
            os.dup2(null, number)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        random.seed()
        if numbers := sys.modules.get("numpy.random"):
            numbers.seed()
    except BaseException as error:
        report.send(f"!{type(error).__name__}: {error}".encode())
        os._exit(1)
    close_all_but({end})
    Agent(socket.socket(fileno=end), notebook_shell).serve()


def forget_ourselves():
    """Take our own modules out of the list that `import` looks at: a student's `agent.py` is not this package."""
    for name in [name for name in sys.modules if name.split(".")[0] == "agent"]:
        del sys.modules[name]


def run(control_number, modules):
    """Preload, say so, and serve."""
    notebook_shell = shell.build(Display())  # first: what is imported next integrates itself with it
    preload(modules)
    with contextlib.suppress(ImportError, AttributeError):  # another version of IPython: reloading takes its time
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
    os.write(2, READY)
    null = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(null, number)
    serve(socket.socket(fileno=control_number), notebook_shell)
