"""Grading of banks of specimens as an instructor would, with nbgrader's own command and our settings."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import matplotlib as mpl
from traitlets.config import Config

from proctor.criteria.outcome import Outcome
from proctor.grading.grade import reports_of
from proctor.nbgrader_plugin.drift import GENERATED
from tests.proctor.support import commands
from tests.proctor.support.thinning import THOROUGH
from tests.proctor.support.world import EXERCISE, ROOT, WITHOUT_MISTAKES, World

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterable
    from pathlib import Path

    from tests.specimens.recipe import Recipe

SETTINGS = Config(
    Grading={
        "cell_seconds": 1,
        "call_seconds": 0.5,
        "graded_cell_seconds": 2,
        "submission_seconds": 20,
        "patience": 4,
    },
    Sandbox={"limits": {"memory": 2**30, "address_space": 3 * 2**29}},
)
"""Specimens that hang are to hang for seconds, and many of them at once must not fill the machine."""


@dataclass
class Graded:
    """Some specimens, graded in a world of their own.

    Attributes:
        world: where they are.
        status: how the command ended.
        log: what it said.
    """

    world: World
    status: int
    log: str


def make_template(folder: Path) -> Path:
    """Make a course with the exercise registered and nothing handed in; takes some seconds.

    Raises:
        RuntimeError: the release cannot be generated; the text is what nbgrader said.
    """
    folder.mkdir(parents=True)
    for name in ("source", "img", "solutions"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_*"))
    shutil.copyfile(ROOT / "nbgrader_config.py", folder / "nbgrader_config.py")
    done = commands.run(folder, "nbgrader", *GENERATED["release_directory"], EXERCISE)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    shutil.copytree(ROOT / "tests" / EXERCISE, folder / "tests" / EXERCISE, ignore=WITHOUT_MISTAKES)
    with (folder / "nbgrader_config.py").open("a") as config:
        for name, settings in SETTINGS.items():
            config.writelines(f"\nc.{name}.{key} = {value!r}" for key, value in settings.items())
    return folder


def run(world: World, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one of nbgrader's commands in a world."""
    environment = world.environment() | {"MPLCONFIGDIR": mpl.get_cachedir()}
    if not THOROUGH:
        environment["LOKY_MAX_CPU_COUNT"] = (
            "1"  # few specimens are graded sooner than another worker has started
        )
    return commands.run(world.course, "nbgrader", *arguments, **environment)


def grade(recipes: Iterable[Recipe], folder: Path) -> Graded:
    """Hand in and grade specimens in a new world, by one command; the caller leaves the world."""
    recipes = list(recipes)
    world = World.made(folder / "world", make_template(folder / "template"))
    for recipe in recipes:
        world.hand_in(recipe)
    world.close_the_doors()
    done = run(world, "autograde", EXERCISE)
    log = done.stdout + done.stderr
    if any(recipe.page for recipe in recipes):
        others = ",".join(recipe.name for recipe in recipes if not recipe.page)
        log += run(
            world, "generate_feedback", EXERCISE, f"--CourseDirectory.student_id_exclude={others}"
        ).stderr
    return Graded(world, done.returncode, log)


def complaint(recipe: Recipe, graded: Graded) -> str:
    """Return what is wrong with how a specimen was graded: points, harm, or the words for it; "" if nothing."""
    fate = graded.world.fate(recipe)
    notebook = graded.world.graded(recipe.name)
    verdicts = [verdict for report in reports_of(notebook).values() for verdict in report.verdicts]
    ends = {verdict.outcome for verdict in verdicts if verdict.outcome is not Outcome.PASSED}
    facts = notebook.metadata.get("proctor", {})
    said = " ".join([*facts.get("notices", []), facts.get("unreadable", "")])
    found = [f"{fate.what}: {fate.why}"] if fate.why else []
    if not ends <= recipe.because:
        found.append(f"criteria end with: {', '.join(sorted(end.value for end in ends - recipe.because))}")
    if recipe.notice not in said:
        found.append(f"the student is told {said!r}, and not: {recipe.notice}")
    if not facts.get("sandboxed", "unreadable" in facts):
        found.append("it ran outside of a sandbox")
    return "; ".join(found)
