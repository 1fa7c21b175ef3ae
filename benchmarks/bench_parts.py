"""The parts of `make bench` that are measured from inside: where the CPU time goes, and how little it could be.

    python -m benchmarks.bench_parts stages COURSE      grade a class one by one, and charge what is used to its stage
    python -m benchmarks.bench_parts floor COURSE       run the same cells and tests in one interpreter

Each prints one line of JSON: CPU seconds for each submission.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat

from benchmarks import meter

if TYPE_CHECKING:
    from collections.abc import Callable

    from proctor.batch.job import Job, Result

ROOT = Path(__file__).resolve().parents[1]

EXERCISE = "exercise4"
REST = "conversion"


class Stopwatch:
    """Charges CPU time to the innermost stage that is under way."""

    def __init__(self, read: Callable[[], float]) -> None:
        self._read, self._last = read, read()
        self._stages = ["start"]
        self.seconds: dict[str, float] = defaultdict(float)

    def switch(self) -> None:
        """Charge what was used since the last switch."""
        now = self._read()
        self.seconds[self._stages[-1]] += now - self._last
        self._last = now

    @contextlib.contextmanager
    def stage(self, name: str) -> Any:
        """Charge what the block uses to a stage."""
        self.switch()
        self._stages.append(name)
        try:
            yield
        finally:
            self.switch()
            self._stages.pop()

    def watch(self, owner: Any, method: str, name: str) -> None:
        """Charge what a method uses to a stage."""
        watched = getattr(owner, method)

        def timed(*args: Any, **named: Any) -> Any:
            with self.stage(name):
                return watched(*args, **named)

        setattr(owner, method, timed)


class InlinePool:
    """Does each job at once, in this process."""

    def __init__(self) -> None:
        self._results: list[Result] = []

    def has_room(self) -> bool:
        """Return whether the last result was taken."""
        return not self._results

    def submit(self, job: Job) -> None:
        """Do the job."""
        from proctor.batch.work import work

        self._results.append(work(job))

    def take(self) -> Result:
        """Return the result."""
        return self._results.pop()

    def close(self) -> None:
        """There is nothing to end."""


def stages(course: Path) -> dict[str, float]:
    """Grade a class and return the CPU seconds of each stage, for each submission."""
    home = meter.own_group()
    with meter.group() as (read, members):
        if home is None or members is None:
            raise SystemExit("This account may not make a control group, so the stages cannot be told apart.")
        members.write_text(str(os.getpid()))
        watch = Stopwatch(read)
        from proctor.batch.plan import RunOptions
        from proctor.batch.results import Progress
        from proctor.cli import grade
        from proctor.sandbox.fork_server import fork_servers

        watch_stages(watch)
        parser = argparse.ArgumentParser()
        parser.set_defaults(verbose=False)  # what the command line adds to each command
        grade.add_arguments(parser)
        wanted, progress = grade._course(parser.parse_args([EXERCISE, "--course", str(course)])), Progress()
        with watch.stage(REST):
            grade.grade(wanted, RunOptions(), lambda **_: contextlib.nullcontext(InlinePool()), progress)
        fork_servers().close()
        watch.switch()
        (home / meter.MEMBERS).write_text(str(os.getpid()))  # the group is about to be removed
    if progress.failed:
        raise SystemExit(f"Not graded: {progress.failed}")
    return {name: seconds / len(progress.graded) for name, seconds in watch.seconds.items()}


def watch_stages(watch: Stopwatch) -> None:
    """Charge each call of ours to its stage; conversion is the rest."""
    from proctor.batch import head
    from proctor.gradebook.book import Book
    from proctor.grading.diagnosis import Diagnostician
    from proctor.grading.judge_cells import Judging
    from proctor.sandbox.fork_server import ForkServer
    from proctor.session.session import Session

    watch.watch(ForkServer, "__init__", "start")
    watch.watch(Diagnostician, "__call__", "diagnosis")  # most of it once for each worker
    watch.watch(Session, "__enter__", "session")
    watch.watch(Session, "close", "session")
    watch.watch(Session, "run", "student cells")
    watch.watch(Session, "fork", "forks")
    watch.watch(Judging, "judge", "judging")
    watch.watch(Judging, "judge_again", "judging")
    watch.watch(head, "save", "gradebook")
    watch.watch(Book, "scores", "gradebook")


def floor(course: Path) -> dict[str, float]:
    """Run all cells and tests of a class in this interpreter; return the CPU seconds for each submission.

    The cells are those that were handed in, in a notebook's own kind of shell, but without a kernel around it.
    """
    os.environ |= {"NBGRADER_EXECUTION": "autograde", "MPLBACKEND": "agg", "OPENBLAS_NUM_THREADS": "1"}
    import matplotlib.pyplot as plt
    import scipy.signal  # noqa: F401  - the import is what is timed

    from tests.proctor.support.judging import judge_locally

    shell = bare_shell()
    folders = sorted((course / "submitted").glob(f"*/{EXERCISE}"))
    used, silence = 0.0, open(os.devnull, "w")  # noqa: PTH123, SIM115  - open to the end
    for place, folder in enumerate([folders[0], *folders]):  # the first one twice: to be warm
        notebook = nbformat.read(folder / f"{EXERCISE}.ipynb", as_version=4)
        with tempfile.TemporaryDirectory() as scratch:
            shutil.copytree(course / "release" / EXERCISE, scratch, dirs_exist_ok=True)
            os.chdir(scratch)
            sys.path.insert(0, scratch)
            shell.reset()
            begun = time.process_time()
            with contextlib.redirect_stdout(silence), contextlib.redirect_stderr(silence):
                ran = [shell.run_cell(plain(c.source)) for c in notebook.cells if c.cell_type == "code"]
                judge_locally(shell.user_ns)
            used += (time.process_time() - begun) * bool(place)
            if not all(each.success for each in ran) and "solution" in folder.parent.name:
                raise SystemExit("A cell of the solution fails here: what is measured is not what it does.")
            plt.close("all")
            forget(scratch)
            os.chdir(ROOT)
    return {"floor": used / len(folders)}


def bare_shell() -> Any:
    """Return a shell that takes a notebook's cells in this process, and shows nothing."""
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.extensions import autoreload

    class Shell(InteractiveShell):
        def enable_gui(self, gui: Any = None) -> None:
            """There is none; `%matplotlib inline` asks for it all the same."""

    # Looking at the files of all loaded modules before each cell costs more than the cells; no kernel of ours does.
    autoreload.ModuleReloader.check = lambda *_, **__: None
    shell = Shell.instance()
    shell.showtraceback = lambda *_, **__: None
    shell.display_pub.publish = lambda *_, **__: None
    return shell


def plain(source: str) -> str:
    """Return a cell that defines what it would save."""
    first, _, rest = source.partition("\n")
    return rest if first.startswith("%%writefile") else source


def forget(folder: str) -> None:
    """Forget the modules of a submission."""
    sys.path.remove(folder)
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None) or "").startswith(folder):
            del sys.modules[name]


if __name__ == "__main__":
    said = {"stages": stages, "floor": floor}[sys.argv[1]](Path(sys.argv[2]).resolve())
    sys.__stdout__.write(json.dumps(said) + "\n")
