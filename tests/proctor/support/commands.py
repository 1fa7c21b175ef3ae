"""Commands in a process of their own, forked from one that has imported what they need: importing takes seconds."""

from __future__ import annotations

import atexit
import multiprocessing
import os
import subprocess
import sys
import tempfile
import traceback
from contextlib import ExitStack
from multiprocessing import forkserver
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

PRELOAD = """
    nbgrader.apps nbconvert.exporters alembic.script sqlalchemy.orm rich.progress
    proctor.cli.main proctor.cli.grade proctor.cli.feedback proctor.batch.workers proctor.batch.grade_job
    proctor.nbgrader_plugin.replacement proctor.nbgrader_plugin.application tests.proctor.support.commands
"""
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(PRELOAD.split())


def start() -> None:
    """Start the process that has imported it all; before any test counts the processes that there are."""
    forkserver.ensure_running()


def run(
    folder: Path, program: str, *arguments: str, first: str = "", **changes: str
) -> subprocess.CompletedProcess[str]:
    """Run `nbgrader` or `proctor` in a folder, as `python -m` would.

    Args:
        folder: where.
        program: which.
        arguments: of the command line.
        first: Python to be run before, in the command's process.
        changes: of the environment.
    """
    with tempfile.TemporaryDirectory() as place:
        said = [Path(place) / "stdout", Path(place) / "stderr"]
        given = (folder, program, arguments, {**os.environ, **changes}, said, first)
        process = _CONTEXT.Process(target=_run, args=given)
        process.start()
        try:
            process.join()
        finally:
            process.kill()
        stdout, stderr = (path.read_text("utf-8") for path in said)
    return subprocess.CompletedProcess([program, *arguments], process.exitcode or 0, stdout, stderr)


def _run(
    folder: Path,
    program: str,
    arguments: tuple[str, ...],
    environment: Mapping[str, str],
    said: Any,
    first: str,
) -> None:
    """Become the command (in the forked process)."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    tempfile.tempdir = None
    with ExitStack() as stack:
        for number, path in enumerate((Path(os.devnull), *said)):
            file = stack.enter_context(path.open("r" if not number else "w"))
            os.dup2(file.fileno(), number)
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(number, mode) for number, mode in enumerate("rww"))
    sys.argv = [program, *arguments]
    exec(first, {})
    try:
        status = _main(program)
    except SystemExit as end:
        status = end.code
    except BaseException:  # noqa: BLE001  - as an interpreter ends
        traceback.print_exc()
        status = 1
    if isinstance(status, str):
        sys.stderr.write(status + "\n")
        status = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status or 0)


def _main(program: str) -> Any:
    if program == "proctor":
        from proctor.cli.main import main

        return main()
    from nbgrader.apps.nbgraderapp import main as nbgrader

    return nbgrader()
