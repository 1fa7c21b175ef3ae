"""nbgrader's own tests with our classes switched in; compares what fails with the differences we mean.

    python -m benchmarks.nbgrader_own [--stock] [NAME ...]

nbgrader's wheel ships its tests: commands as instructors give them, and what must be there afterwards. Whatever fails
has to stand in the table of docs/nbgrader.md, with its reason, and what stands there has to fail; else the exit status
is 1. NAME is a test as the table writes it, such as `autograde::test_grade`; `autograde`
alone is a whole module.
"""

from __future__ import annotations

import argparse
import functools
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from xml.etree import ElementTree as ET

import nbgrader.api
import nbgrader.preprocessors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from proctor.batch.job import Job, Result

HERE = Path(__file__).resolve().parent
DOCUMENT = HERE.parent / "docs" / "nbgrader.md"
SHIPPED = Path(nbgrader.__file__).parent / "tests"
MODULES = {
    **{
        name: SHIPPED / "apps" / f"test_nbgrader_{name}.py"
        for name in (
            "autograde",
            "generate_assignment",
            "generate_feedback",
            "generate_solution",
            "releasefeedback",
            "validate",
        )
    },
    **{path.stem: path for path in sorted((SHIPPED / "preprocessors").glob("test_*.py"))},
}
"""The modules of nbgrader's tests that are run, by the name that the table gives them."""

CONFIG = f"""import sys
sys.path.insert(0, {str(HERE.parent)!r})
from benchmarks.nbgrader_own import switch_in
switch_in(get_config())
"""
ROW = re.compile(r"^\| (`\w+::[^|]*`) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
"""A row of the table: the names of one or more tests, what is different, and why."""
FILES = Path("nbgrader", "docs", "source", "user_guide")
"""Files that some of the tests look for in the folder where they run: nbgrader's wheel has them, too."""
ROOT_OF = re.compile(r'root = r"(.*)"')


@dataclass
class Ended:
    """The names of nbgrader's tests, by how they ended."""

    passed: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    skipped: set[str] = field(default_factory=set)


def differences() -> dict[str, str]:
    """Return the tests that fail on purpose, by the table, each with what is different."""
    rows = ROW.findall(DOCUMENT.read_text(encoding="utf-8"))
    return {name: what for names, what, _ in rows for name in re.findall(r"`([^`]+)`", names)}


def switch_in(c: Any) -> None:
    """Put our classes in the place of nbgrader's; called by the configuration that each command reads first.

    There are no workers but this process, which imports nothing beforehand: the tests give a hundred commands, and
    starting processes for each would be most of the time.
    """
    from proctor.batch import pages
    from proctor.nbgrader_plugin import adapters, configuration

    own = Path("nbgrader_config.py")
    found = ROOT_OF.search(own.read_text(encoding="utf-8")) if own.exists() else None
    configuration.configure(c, Path(found[1]) if found else Path.cwd())
    c.GenerateAssignment.check_solution = False  # the notebooks of these tests earn nothing
    c.GenerateAssignment.check_files = False  # and they are copied without their pictures
    c.Sandbox.preload = []
    adapters.local_pool = pages.local_pool = SameProcess  # type: ignore[assignment]


def pytest_configure() -> None:
    """Put our step in the place of nbgrader's before its test imports that; called by pytest, whose plugin this is.

    Which version a new gradebook has nbgrader asks of a process of Alembic's, in each test: here it is asked once.
    """
    from proctor.nbgrader_plugin.generate_assignment import SaveCells

    nbgrader.preprocessors.SaveCells = SaveCells
    nbgrader.api.get_alembic_version = functools.cache(nbgrader.api.get_alembic_version)


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


def run(names: Iterable[str], *, stock: bool = False) -> Ended:
    """Run tests of nbgrader's.

    Args:
        names: modules and tests, as the table writes them.
        stock: whether to leave nbgrader as it is.
    """
    with tempfile.TemporaryDirectory(prefix="nbgrader-own-") as folder:
        home = Path(folder)
        shutil.copytree(SHIPPED.parent.parent / FILES, home / FILES)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short", "-rfEs"]
        if not stock:
            (home / ".jupyter").mkdir()
            (home / ".jupyter" / "nbgrader_config.py").write_text(CONFIG)
            command += ["-p", "benchmarks.nbgrader_own"]
        command += ["--timeout=120", f"--junitxml={home / 'found.xml'}", *map(_as_pytest_has_it, names)]
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
        subprocess.run(
            command,
            cwd=home,
            env={**os.environ, "HOME": folder, "PATH": path, "PYTHONPATH": str(HERE.parent)},
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


def _results(tree: Any) -> Ended:
    ended = Ended()
    for case in tree.iter("testcase"):
        module = case.get("classname").split(".")[-2].removeprefix("test_nbgrader_")
        found = {each.tag for each in case}
        among = ended.failed if found & {"failure", "error"} else ended.passed
        (ended.skipped if "skipped" in found else among).add(f"{module}::{case.get('name')}")
    return ended


def unexplained(ended: Ended, expected: Mapping[str, str]) -> Iterator[str]:
    """Yield in words what is not as the table says."""
    for name in sorted(ended.failed - expected.keys()):
        yield f"{name} fails, and {DOCUMENT.name} gives no reason."
    for name in sorted(ended.passed & expected.keys()):
        yield f"{name} passes; {DOCUMENT.name} says that it does not."


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these tests or modules [default: all]")
    parser.add_argument(
        "--stock", action="store_true", help="run them with nbgrader as it is, where none may fail"
    )
    args = parser.parse_args()
    ended = run(args.names or MODULES, stock=args.stock)
    expected = {} if args.stock else differences()
    found = list(unexplained(ended, expected))
    if not args.names:
        gone = expected.keys() - ended.passed - ended.failed
        found += [f"{name} was not run; {DOCUMENT.name} says that it fails." for name in sorted(gone)]
    differ = sorted(ended.failed & expected.keys())
    sys.stdout.writelines(f"{name}: {expected[name]}\n" for name in differ)
    sys.stdout.write(
        f"Of nbgrader's own tests {len(ended.passed)} passed, {len(differ)} differ on purpose, "
        f"{len(found)} unexplained; {len(ended.skipped)} skipped.\n"
    )
    if found:
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main()
