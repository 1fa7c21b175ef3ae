"""Runs nbgrader's own tests with our classes switched in, and compares what fails with the differences we mean.

    python -m benchmarks.nbgrader_own [--stock] [NAME ...]

nbgrader's wheel ships its tests: commands as instructors give them, and what must be there afterwards. Whatever fails
has to stand in the table of docs/nbgrader.md, with its reason, and what stands there has to fail; else the exit status
is 1. NAME is a test as the table writes it, such as `autograde::test_grade`; `autograde` alone is a whole module.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from xml.etree import ElementTree as ET

import nbgrader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from proctor.batch.job import Job, Result

HERE = Path(__file__).resolve().parent
DOCUMENT = HERE.parent / "docs" / "nbgrader.md"
SHIPPED = Path(nbgrader.__file__).parent / "tests"
MODULES = {
    **{
        name: SHIPPED / "apps" / f"test_nbgrader_{name}.py"
        for name in ("autograde", "generate_assignment", "generate_feedback", "validate")
    },
    **{path.stem: path for path in sorted((SHIPPED / "preprocessors").glob("test_*.py"))},
}
"""The modules of nbgrader's tests that are run, by the name that the table gives them."""

CONFIG = f"""import sys
sys.path.insert(0, {str(HERE.parent)!r})
from benchmarks.nbgrader_own import switch_in
switch_in(get_config())
"""
ROW = re.compile(r"^\| (`\w+::[^|]*`) \|", re.MULTILINE)
"""The first column of the table: the names of one or more tests."""
ROOT_OF = re.compile(r'root = r"(.*)"')


def differences() -> set[str]:
    """Return the tests that fail on purpose, by the table."""
    rows = ROW.findall(DOCUMENT.read_text(encoding="utf-8"))
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}


def switch_in(c: Any) -> None:
    """Put our classes in the place of nbgrader's; called by the configuration that each command reads first.

    There are no workers but this process: the tests give a hundred commands, and starting processes for each would
    be most of the time.
    """
    from proctor.batch import pages
    from proctor.nbgrader_plugin import adapters, configuration

    own = Path("nbgrader_config.py")
    found = ROOT_OF.search(own.read_text(encoding="utf-8")) if own.exists() else None
    configuration.configure(c, Path(found[1]) if found else Path.cwd())
    c.GenerateAssignment.check_solution = False  # the notebooks of these tests earn nothing
    c.GenerateAssignment.check_files = False  # and they are copied without their pictures
    adapters.local_pool = pages.local_pool = SameProcess  # type: ignore[assignment]


class SameProcess:
    """Workers (see :class:`proctor.batch.workers.Pool`) which are this process: one job at a time."""

    def __init__(self, _size: int, _course: Path, task: Any = None, *_: Any, **__: Any) -> None:
        from proctor.batch.work import work

        self._task, self._jobs = task or work, deque[Any]()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._jobs.clear()

    def has_room(self) -> bool:
        """Return whether no job waits."""
        return not self._jobs

    def submit(self, job: Job) -> None:
        """Remember a job."""
        self._jobs.append(job)

    def take(self) -> Result:
        """Do the oldest job."""
        result: Result = self._task(self._jobs.popleft())
        return result


def run(names: Iterable[str], *, stock: bool = False) -> tuple[set[str], set[str]]:
    """Run tests of nbgrader's.

    Args:
        names: modules and tests, as the table writes them.
        stock: whether to leave nbgrader as it is.

    Returns:
        The names of all that were run, and of those that failed.
    """
    with tempfile.TemporaryDirectory(prefix="nbgrader-own-") as folder:
        home = Path(folder)
        if not stock:
            (home / ".jupyter").mkdir()
            (home / ".jupyter" / "nbgrader_config.py").write_text(CONFIG)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short", "-rfE"]
        command += ["--timeout=120", f"--junitxml={home / 'found.xml'}", *map(_as_pytest_has_it, names)]
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
        subprocess.run(
            command,
            cwd=home,
            env={**os.environ, "HOME": folder, "PATH": path},
            check=False,
            stdout=sys.stderr,
        )
        return _results(ET.parse(home / "found.xml"))


def _as_pytest_has_it(name: str) -> str:
    module, _, test = name.partition("::")
    keep = f"::{_class_of(MODULES[module])}::{test}" if test else ""
    return f"{MODULES[module]}{keep}"


def _class_of(module: Path) -> str:
    """Return the name of the one test class of a module."""
    (found,) = re.findall(r"^class (Test\w+)", module.read_text(encoding="utf-8"), re.MULTILINE)
    return str(found)


def _results(tree: Any) -> tuple[set[str], set[str]]:
    ran, failed = set(), set()
    for case in tree.iter("testcase"):
        if case.find("skipped") is not None:
            continue
        module = case.get("classname").split(".")[-2].removeprefix("test_nbgrader_")
        name = f"{module}::{case.get('name')}"
        ran.add(name)
        if case.find("failure") is not None or case.find("error") is not None:
            failed.add(name)
    return ran, failed


def drift(ran: set[str], failed: set[str], expected: set[str]) -> Iterator[str]:
    """Yield in words what is not as the table says; a test that the table knows and nobody has is drift, too."""
    for name in sorted(failed - expected):
        yield f"{name} fails, and {DOCUMENT.name} gives no reason."
    for name in sorted((ran & expected) - failed):
        yield f"{name} passes; {DOCUMENT.name} says that it does not."


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these tests or modules [default: all]")
    parser.add_argument(
        "--stock", action="store_true", help="run them with nbgrader as it is, where none may fail"
    )
    args = parser.parse_args()
    ran, failed = run(args.names or MODULES, stock=args.stock)
    expected = set() if args.stock else differences()
    found = list(drift(ran, failed, expected))
    if not args.names:
        found += [f"{name}: nbgrader has no such test." for name in sorted(expected - ran)]
    sys.stdout.write(
        f"{len(ran)} of nbgrader's own tests, {len(failed)} fail, {len(expected)} are meant to.\n"
    )
    if found:
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main()
