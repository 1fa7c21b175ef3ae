"""Speed of grading a stock course, with assertions in its cells: stock nbgrader and ours, on the same submissions.

`python -m benchmarks.bench --stock-course` calls this. Both must give the same points, or nothing is told.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.meter import Cost, measure
from proctor.authoring.new_course import complete_course
from tests.proctor.support import small_course, stock_course
from tests.proctor.support.stock_course import CLASS, EXERCISE, TESTED

AIM = 8
ALIKE = ("ada", "ben", "cem")
"""Whose answers earn the same with both: no loop without end, no crash, nothing on stderr."""
OURS = "proctor grade"
COMMANDS = {
    "nbgrader autograde": [sys.executable, "-m", "nbgrader", "autograde", EXERCISE],
    OURS: [sys.executable, "-m", "proctor", "grade", EXERCISE],
}


def classroom(count: int) -> dict[str, str]:
    """Return what each student answers."""
    return {f"s{number}": CLASS[ALIKE[number % len(ALIKE)]] for number in range(count)}


def make_templates(folder: Path, count: int) -> dict[str, Path]:
    """Make the same course for both, with the same submissions; to ours `proctor init --from` adds what it adds."""
    templates = {name: folder / name.split()[0] for name in COMMANDS}
    for name, course in templates.items():
        stock_course.write(course)
        if name == OURS:
            complete_course(course)
        stock_course.generate(course)
        stock_course.hand_in(course, classroom(count))
    return templates


def grade(name: str, template: Path) -> tuple[Cost, list[tuple[Any, ...]]]:
    """Grade a copy of a course; return what it took, and the automatic points of the cells with tests."""
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        course = shutil.copytree(template, Path(scratch) / "course")
        cost = measure(COMMANDS[name], course)
        grades = small_course.rows(course)["grades"]
    return cost, [row[:3] for row in grades if row[1] in TESTED]


def compare(count: int, rounds: int) -> dict[str, Any]:
    """Measure both graders in turn on so many submissions, and compare the points that they give.

    Returns:
        Seconds for the whole class with each of them, on the clock and of CPU time, and how many times as fast ours is.
    """
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    cpu: dict[str, list[float]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        templates = make_templates(Path(scratch), count)
        for _ in range(rounds):
            points = []
            for name, template in templates.items():
                cost, found = grade(name, template)
                seconds[name].append(cost.wall)
                cpu[name].append(cost.cpu)
                points.append(found)
            if points[0] != points[1]:
                raise SystemExit("The two do not give the same points.")
    ratios = [stock / ours for stock, ours in zip(*seconds.values(), strict=True)]
    return {
        "submissions": count,
        "rounds": rounds,
        "cores": os.cpu_count(),
        **{f"{name} seconds": statistics.median(each) for name, each in seconds.items()},
        **{f"{name} CPU seconds": statistics.median(each) for name, each in cpu.items()},
        "ratio": statistics.median(ratios),
        "ratio_spread": [min(ratios), max(ratios)],
    }


def show(found: dict[str, Any]) -> None:
    """Print what was found."""
    print(
        f"\n{found['submissions']} submissions of a stock course, {found['cores']} cores; seconds for all:\n"
    )
    for name in COMMANDS:
        print(f"{name:24}{found[f'{name} seconds']:10.2f}{found[f'{name} CPU seconds']:10.2f} of CPU time")
    low, high = found["ratio_spread"]
    print(f"\n{found['ratio']:.1f} times as fast ({low:.1f} to {high:.1f}); the aim is {AIM}.")
