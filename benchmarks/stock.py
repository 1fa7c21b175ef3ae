"""Grading of specimens with nbgrader as it comes: the hidden tests in the notebook, executed in the student's kernel.

The same submissions, the same hidden tests, the same world. What a submission may do there it does, so each is graded
in a sandbox of its own: no network, all of this machine read-only, a course, a home and a /tmp in memory, limits on
memory, processes and time. Run as a program inside the sandbox, this module grades one specimen and prints its fate::

    python -m benchmarks.stock TEMPLATE FAMILY NAME
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import nbformat

from proctor.grading.judge_cell import load_tests
from proctor.sandbox.bwrap import find_bwrap
from tests.proctor.support.world import CLASSMATE, LAST, OUTSIDE, ROOT, WITHOUT_MISTAKES, Fate, World, canary
from tests.specimens.recipe import EXERCISE, POINTS, grade_id, recipes

if TYPE_CHECKING:
    from tests.specimens.recipe import Recipe

PATIENCE = 150
"""Seconds for one specimen and a classmate; they need some ten. Whoever takes longer holds up the class."""
MEMORY = 3 * 2**30
"""Bytes that one process in the sandbox may map. Stock nbgrader has no such limit; this machine needs it."""
MOUNTED = Path("/tmp/world")

SETTINGS = """
c = get_config()
c.CourseDirectory.course_id = "stock"
c.CourseDirectory.solution_directory = "solutions"
# The default is 30; a specimen that hangs is to hang for seconds only.
c.Execute.timeout = 10
"""

GRADED = """{visible}
### BEGIN HIDDEN TESTS
import sys, types
for name, source in {helpers!r}.items():
    sys.modules[name] = types.ModuleType(name)
    exec(compile(source, name, "exec"), vars(sys.modules[name]))
SOURCE = {source!r}
tests = {{"__name__": "hidden_tests"}}
exec(compile(SOURCE, "hidden_tests", "exec"), tests)
earned = 0
for name, worth, after in {criteria!r}:
    test = tests[{case!r}](name)
    try:
        for need in test.needs:
            setattr(test, need, globals()[need])
        test.setUp()
        getattr(test, name)()
    except Exception:
        pass
    else:
        earned += worth
earned
### END HIDDEN TESTS
"""
"""A graded cell as instructors write it: the tests run in the notebook, and its last line is the points."""


def make_template(folder: Path) -> Path:
    """Make a course for stock nbgrader from ours: the same exercise, the same tests, registered."""
    source = folder / "source" / EXERCISE
    shutil.copytree(
        ROOT / "source" / EXERCISE, source, ignore=shutil.ignore_patterns("__pycache__", "*.ipynb")
    )
    shutil.copytree(ROOT / "solutions", folder / "solutions")
    shutil.copytree(ROOT / "tests" / EXERCISE, folder / "tests" / EXERCISE, ignore=WITHOUT_MISTAKES)
    notebook = nbformat.read(ROOT / "source" / EXERCISE / f"{EXERCISE}.ipynb", as_version=4)
    texts = cell_sources()
    for cell in notebook.cells:
        cell.source = texts.get(grade_id(cell), cell.source)
    nbformat.write(notebook, source / f"{EXERCISE}.ipynb")
    (folder / "nbgrader_config.py").write_text(SETTINGS)
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", EXERCISE]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    return folder


def cell_sources() -> dict[str, str]:
    """Return the source of each graded cell with its hidden tests in it."""
    tests = ROOT / "tests" / EXERCISE
    order = ("inputs", "closed_forms", "draws", "layer_criteria", "gradient_criteria")
    helpers = {name: (tests / f"{name}.py").read_text() for name in order}
    sources = {}
    for name, case in load_tests(tests).items():
        module = tests / f"{case.__module__.rsplit('.', 1)[-1]}.py"
        marked = [(key, method) for key, method in vars(case).items() if hasattr(method, "worth")]
        sources[name] = GRADED.format(
            visible=f"# Graded, {POINTS[name]} points",
            helpers=helpers,
            source=f"# {canary('hidden tests')}\n{module.read_text()}",
            criteria=[(key, method.worth, method.after) for key, method in marked],
            case=case.__name__,
        )
    return sources


def fate(recipe: Recipe, template: Path) -> Fate:
    """Grade one specimen in a sandbox, and say what became of it."""
    command = [str(find_bwrap().path), *sandbox(template), sys.executable, "-m", "benchmarks.stock"]
    command += [str(template), recipe.family, recipe.name]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=2 * PATIENCE, preexec_fn=_limit
        )
    except subprocess.TimeoutExpired:
        return Fate("harmful", "the grading never ended")
    try:
        return Fate(*json.loads(done.stdout.splitlines()[-1]))
    except (IndexError, ValueError, TypeError):
        if "Traceback" in done.stderr:
            raise RuntimeError(f"{recipe.name}: {done.stderr[-3000:]}") from None
        return Fate("harmful", "took down the grader and all its programs")


def sandbox(template: Path) -> list[str]:
    """Return bubblewrap's arguments: all read-only but a folder in memory; alone, and without a network."""
    size = str(3 * 2**29)
    return [
        "--unshare-all", "--unshare-user", "--cap-drop", "ALL", "--die-with-parent", "--new-session",
        "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev",
        "--size", size, "--tmpfs", "/tmp", "--size", size, "--tmpfs", "/var/tmp",
        "--ro-bind", str(template), str(template),
        "--ro-bind", str(ROOT), str(ROOT), "--ro-bind", sys.prefix, sys.prefix,
        "--setenv", "PATH", f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}",
        "--setenv", "MPLCONFIGDIR", mpl.get_cachedir(), "--setenv", OUTSIDE, str(Path("/proc/self/ns/pid").readlink()),
        "--setenv", "PYTHONDONTWRITEBYTECODE", "1",
        "--chdir", str(ROOT), "--",
    ]  # fmt: skip


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**29, 2**29))
    resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE, PATIENCE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def grade(recipe: Recipe, folder: Path, template: Path) -> Fate:
    """Grade one specimen and a classmate; inside the sandbox."""
    with World.made(folder, template) as world:
        world.hand_in(recipe)
        world.close_the_doors()
        if harm := _autograde(world):
            return Fate("harmful", harm)
        if recipe.page:
            _run(world, "generate_feedback", EXERCISE, f"--student={recipe.name}", "--force")
        what = world.fate(recipe)
        if what.what == "harmful":
            return what
        for student in (CLASSMATE, LAST):
            if world.scores(student) != POINTS:
                return Fate("harmful", f"a classmate is not graded rightly ({student})")
        return what


def _autograde(world: World) -> str:
    """Grade everybody; return what was worse than wrong points, or ""."""
    try:
        _run(world, "autograde", EXERCISE)
    except subprocess.TimeoutExpired:
        return "holds up the whole class for ever"
    return ""


def _run(world: World, *arguments: str) -> None:
    command = [sys.executable, "-m", "nbgrader", *arguments]
    subprocess.run(
        command, cwd=world.course, env=world.environment(), capture_output=True, check=False, timeout=PATIENCE
    )


def main() -> None:
    """Grade the specimen that the command line names, and print its fate as a line of JSON."""
    template, family, name = sys.argv[1:]
    os.environ["TMPDIR"] = "/tmp"
    what = grade(recipes(family)[name], MOUNTED, Path(template))
    sys.stdout.write("\n" + json.dumps([what.what, what.why]) + "\n")


if __name__ == "__main__":
    main()
