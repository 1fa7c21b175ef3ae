"""A notebook's shell: IPython's own, with outputs that go to a :class:`~.streams.Display`.

An :class:`~.agent.Agent` hands it the source of a cell. What is shown follows ipykernel, so that a notebook does here
what it does in Jupyter; what needs a person at the other end (input, a pager, an editor) is refused as nbclient
refuses it.
"""

import base64
import builtins
import contextlib
import getpass
import hashlib
import os
import sys
import traceback
from collections import deque
from pathlib import Path
from types import ModuleType

from IPython.core import debugger, formatters, page
from IPython.core.autocall import ZMQExitAutocall
from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import StdinNotImplementedError, UsageError
from IPython.core.history import HistoryManager
from IPython.core.interactiveshell import InteractiveShell, InteractiveShellABC
from IPython.core.magic import Magics, line_magic, magics_class
from IPython.display import Javascript, display
from traitlets import Any, Instance, default
from traitlets.config import Config

MAX_FRAMES = 60
"""Frames of a traceback that are shown with their source; formatting a thousand of them takes seconds."""
MAX_FIGURES = 20
"""Figures that are kept for hidden tests."""
ARGUMENTS = ["ipykernel_launcher.py", "-f", "connection.json"]
"""`sys.argv`, as in any kernel."""


class ShellDisplayHook(DisplayHook):
    """Display hook for the result of a cell's last expression."""

    def start_displayhook(self):
        """Begin a result (called by `DisplayHook.__call__`, as are the next ones)."""
        self._data, self._metadata = {}, {}

    def write_output_prompt(self):
        """Write no prompt: the notebook format has a number for it."""

    def write_format_data(self, format_dict, md_dict=None):
        """Keep the result in its formats."""
        self._data, self._metadata = format_dict, md_dict or {}

    def finish_displayhook(self):
        """Show the result."""
        if self._data:
            shown = {"output_type": "execute_result", "data": encoded(self._data), "metadata": self._metadata}
            self.shell.display.show(shown | {"execution_count": self.prompt_count})


class DisplayFormatter(formatters.DisplayFormatter):
    """IPython's formatter, of the same name for `%config`, which keeps the figures that are shown.

    pyplot forgets them then, and a hidden test may ask for them.
    """

    figures = Any()

    @default("figures")
    def _default_figures(self):
        return deque(maxlen=MAX_FIGURES)

    def format(self, obj, include=None, exclude=None):
        """Return an object in its formats (called by `display`, and for the result of a cell)."""
        if type(obj).__name__ == "Figure" and type(obj).__module__ == "matplotlib.figure":
            self.figures.append(obj)
        return super().format(obj, include, exclude)


class ShellDisplayPublisher(DisplayPublisher):
    """Publisher of what `display` is given."""

    def publish(self, data, metadata=None, *, transient=None, update=False, **_):
        """Show data in its formats (called by `IPython.display.publish_display_data`)."""
        self._validate_data(data, metadata or {})
        output = {"output_type": "display_data", "data": encoded(data), "metadata": metadata or {}}
        self.shell.display.show(output, (transient or {}).get("display_id"), update=update)

    def clear_output(self, wait=False):
        """Clear the cell's output (called by `IPython.display.clear_output`)."""
        self.shell.display.clear(wait=bool(wait))


class CellCompiler(CachingCompiler):
    """Names cells as ipykernel does, which is how libraries know a notebook's code."""

    def get_code_name(self, raw_code, transformed_code, number):
        """Return a file name for a cell (called by `CachingCompiler.cache`)."""
        digest = hashlib.sha256(raw_code.encode("utf-8", "replace")).hexdigest()
        return f"/tmp/ipykernel_{os.getpid()}/{int(digest[:8], 16)}.py"


@magics_class
class FrontEndMagics(Magics):
    """Magics that speak to a front end, of which there is none."""

    @line_magic
    def less(self, arg_s):
        """Show a file in the pager."""
        if not arg_s:
            raise UsageError("Missing filename.")
        with open(arg_s) as file:
            page.page(file.read())

    more = line_magic("more")(less)

    @line_magic
    def man(self, arg_s):
        """Show a page of the manual in the pager."""
        page.page(self.shell.getoutput(f"man {arg_s} | col -b", split=False))

    @line_magic
    def clear(self, arg_s):
        """Clear the terminal."""
        self.shell.system("clear")

    @line_magic
    def autosave(self, arg_s):
        """Set the front end's seconds between two times of saving."""
        try:
            interval = int(arg_s)
        except ValueError as error:
            raise UsageError(f"%autosave requires an integer, got {arg_s!r}") from error
        script = f"IPython.notebook.set_autosave_interval({1000 * interval})"
        display(Javascript(script), include=["application/javascript"])
        print(f"Autosaving every {interval} seconds" if interval else "Autosave disabled")

    @line_magic
    def connect_info(self, arg_s):
        """Tell that nobody can connect."""
        print("This notebook runs in a sandbox, to which nothing connects.")


class ZMQInteractiveShell(InteractiveShell):
    """The shell; tqdm, rich and others know a notebook by this class name."""

    displayhook_class, display_pub_class = ShellDisplayHook, ShellDisplayPublisher
    compiler_class = CellCompiler
    display, kernel = Any(), Any()
    exiter = Instance(ZMQExitAutocall)
    keepkernel_on_exit = None

    @default("exiter")
    def _default_exiter(self):
        return ZMQExitAutocall(self)

    def enable_gui(self, gui=None):
        """Do nothing: there is no window (called by `%matplotlib`)."""

    def ask_exit(self):
        """Go on: the cells after an `exit()` are run (called by `exit` and `quit`)."""

    def init_display_formatter(self):
        """Show objects by our formatter (called by `InteractiveShell.__init__`)."""
        self.display_formatter = DisplayFormatter(parent=self)
        self.configurables.append(self.display_formatter)

    def init_environment(self):
        """Set the variables that ipykernel sets (called by `InteractiveShell.__init__`)."""
        os.environ |= {"TERM": "xterm-color", "PAGER": "cat", "GIT_PAGER": "cat"}
        os.environ |= dict.fromkeys(("CLICOLOR", "FORCE_COLOR", "CLICOLOR_FORCE"), "1")

    def init_history(self):
        """Keep the history in memory (called by `InteractiveShell.__init__`)."""
        self.history_manager = HistoryManager(shell=self, parent=self, hist_file=":memory:")
        self.configurables.append(self.history_manager)

    def init_hooks(self):
        """Show nothing in a pager, as nbclient does (called by `InteractiveShell.__init__`)."""
        super().init_hooks()
        self.set_hook("show_in_pager", page.as_hook(lambda *_args, **_named: None), 99)

    def init_magics(self):
        """Register the magics (called by `InteractiveShell.__init__`)."""
        super().init_magics()
        self.register_magics(FrontEndMagics)

    def showtraceback(self, exc_tuple=None, *args, **kwargs):
        """Show an exception; without the source of each frame where there are very many."""
        with contextlib.suppress(ValueError):
            kind, error, trace = self._get_exc_info(exc_tuple)
            if not issubclass(kind, SyntaxError) and is_deep(error, trace):
                told = traceback.TracebackException(kind, error, trace, limit=-MAX_FRAMES, compact=True)
                self._showtraceback(kind, error, "".join(told.format()).splitlines())
                return
        super().showtraceback(exc_tuple, *args, **kwargs)

    def _format_exception_for_storage(self, exception, *_args, **_named):
        """Keep no second traceback: it takes as long as the one that is shown (called by `run_cell`)."""
        return {"ename": type(exception).__name__, "evalue": "", "traceback": []}

    def _showtraceback(self, etype, evalue, stb):
        try:
            text = str(evalue)
        except Exception:
            text = "<exception str() failed>"
        self.display.show_error(str(etype.__name__), text, stb)


def is_deep(error, trace):
    """Return whether an exception, with those that led to it, has more frames than are shown with source."""
    frames, seen = 0, set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        frames += 1
        while trace is not None and frames <= MAX_FRAMES:
            frames, trace = frames + 1, trace.tb_next
        if frames > MAX_FRAMES:
            return True
        error = error.__cause__ or error.__context__
        trace = error.__traceback__ if error is not None else None
    return False


def encoded(bundle):
    """Return a bundle of formats with bytes as base64 text."""
    images = {kind: data for kind, data in bundle.items() if isinstance(data, bytes)}
    return bundle | {kind: base64.b64encode(data).decode("ascii") for kind, data in images.items()}


def refuse_input(prompt="", *_args, **_named):
    """Refuse to read from a person, in nbclient's words."""
    __tracebackhide__ = True
    raise StdinNotImplementedError("raw_input was called, but this frontend does not support input requests.")


def refuse_password(prompt="Password: ", stream=None, **_named):
    """Refuse to read a password, likewise."""
    __tracebackhide__ = True
    raise StdinNotImplementedError("getpass was called, but this frontend does not support input requests.")


def pass_breakpoint(*_args, **_named):
    """Go on at a `breakpoint()`, as a kernel does while no debugger is attached."""


def prepare_cell():
    """Put back what a cell before may have replaced, as ipykernel does before each cell."""
    builtins.input, getpass.getpass = refuse_input, refuse_password


def build(display):
    """Return the shell of this process, whose names are those of `__main__`."""
    import pdb  # replaced in part below

    main = ModuleType("__main__", doc="Automatically created module for IPython interactive environment")
    main.__builtins__ = builtins
    sys.modules["__main__"] = main
    # tqdm looks for this section.
    shell = ZMQInteractiveShell.instance(
        config=Config({"IPKernelApp": {}}), user_module=main, display=display
    )
    InteractiveShellABC.register(ZMQInteractiveShell)
    shell.extension_manager.load_extension("storemagic")
    pdb.Pdb = debugger.Pdb = debugger.InterruptiblePdb
    pdb.set_trace = debugger.set_trace
    sys.breakpointhook = pass_breakpoint
    return shell


def settle(shell, folder):
    """Let a shell that was built elsewhere live in this process's home folder, and work in `folder`."""
    os.makedirs(shell.profile_dir.location, exist_ok=True)
    shell.profile_dir.check_dirs()
    os.makedirs(os.path.join(shell.profile_dir.location, "db"), exist_ok=True)
    sys.argv = list(ARGUMENTS)
    os.chdir(folder)
    sys.path.insert(0, "")
    sys.path.append(folder)
    shell.starting_dir = folder
    shell.history_manager.dir_hist[:] = [Path.cwd()]
