"""Speed of grading a class: stock nbgrader and ours, side by side, on the same notebooks.

    python -m benchmarks.bench [--submissions 40] [--rounds 3] [--jobs CORES]
    python -m benchmarks.bench --growth 50 200 800
    python -m benchmarks.bench --stock-course

Prints a table and writes build/bench.json. Stock nbgrader has the same hidden tests, inside the notebook. Nothing
else should run meanwhile; rounds alternate between the two, so that what disturbs one disturbs the other.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import bench_stock_course, stock
from benchmarks.meter import Cost, measure, own_group
from proctor.course import CONFIG, STATE
from proctor.nbgrader_plugin.drift import generate
from tests.exercise4.mistakes import mistakes
from tests.specimens.bank import right_answers, submission_of

if TYPE_CHECKING:
    from tests.specimens.build import Submission

ROOT = Path(__file__).resolve().parents[1]

EXERCISE = "exercise4"
RESULT = ROOT / "build" / "bench.json"
STOCK = [sys.executable, "-m", "nbgrader", "autograde", EXERCISE]
AIM_STOCK, AIM_SKIPPED, AIM_FLOOR = 15, 30, 1.7
SIDES = {"stock": "nbgrader autograde", "all_cells": "proctor grade, all cells run", "ours": "proctor grade"}
"""The sides of a round, and their names."""


@dataclass(frozen=True)
class Round:
    """One class, graded by stock nbgrader and by ours: with all cells run, and as we do it."""

    stock: Cost
    all_cells: Cost
    ours: Cost


def students(count: int) -> dict[str, Submission]:
    """Return a class: half of it right, half with a mistake, spread over the banks, repeated as need be."""
    banks = [list(bank().values()) for bank in (right_answers, mistakes)]
    half = min(20, count // 2)
    chosen = [bank[len(bank) * n // half] for n in range(half) for bank in banks]
    return {
        f"s{n:04}-{specimen.name.replace('_', '-')}": submission_of(specimen)
        for n, specimen in ((n, chosen[n % len(chosen)]) for n in range(count))
    }


def make_course(folder: Path) -> Path:
    """Make a course for our grader, with the exercise registered."""
    folder.mkdir()
    generate(ROOT, folder)
    shutil.copytree(ROOT / "tests" / EXERCISE, folder / "tests" / EXERCISE)
    return folder


def hand_in(template: Path, folder: Path, book: dict[str, Submission]) -> Path:
    """Copy a course and hand a class in."""
    shutil.copytree(template, folder)
    for student, submission in book.items():
        submission.write(folder / "submitted" / student / EXERCISE)
    return folder


def grade(command: list[str], template: Path, book: dict[str, Submission]) -> Cost:
    """Grade a class in a course of its own; return what it took for each submission."""
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        course = hand_in(template, Path(scratch) / "course", book)
        cost = measure(command, course)
        graded = len(list((course / "autograded").glob(f"*/{EXERCISE}/{EXERCISE}.ipynb")))
        if graded != len(book):
            raise SystemExit(f"{' '.join(command)}: {graded} of {len(book)} were graded.")
    return Cost(cost.wall / len(book), cost.cpu / len(book))


def first_run(jobs: int, template: Path, book: dict[str, Submission]) -> Cost:
    """Grade a class where nothing is known of the mistakes, and let the template know it from then on.

    A course observes its known mistakes once, and keeps that (:mod:`proctor.grading.observation_cache`).
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        course = hand_in(template, Path(scratch) / "course", book)
        cost = measure(ours(jobs), course)
        shutil.copytree(course / STATE / "mistakes", template / STATE / "mistakes")
    return Cost(cost.wall / len(book), cost.cpu / len(book))


def ours(jobs: int) -> list[str]:
    """Return the command of our grader."""
    return [sys.executable, "-m", "proctor", "grade", EXERCISE, "--jobs", str(jobs)]


def from_inside(part: str, template: Path, book: dict[str, Submission]) -> dict[str, float]:
    """Return what a part that is measured from inside tells."""
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        course = hand_in(template, Path(scratch) / "course", book)
        command = [sys.executable, "-m", "benchmarks.bench_parts", part, str(course)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{done.stderr[-3000:]}\nThis failed: {' '.join(command)}")
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


def compare(count: int, rounds: int, jobs: int) -> dict[str, Any]:
    """Measure both graders, the stages and the floor."""
    book = students(count)
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        there, here = stock.make_template(Path(scratch) / "stock"), make_course(Path(scratch) / "ours")
        first = first_run(jobs, here, book)
        like = shutil.copytree(here, Path(scratch) / "like")
        with (like / CONFIG).open("a") as config:
            config.write("\nc.Grading.skip_demonstrations = False\n")
        done = []
        for number in range(rounds):
            costs = (grade(*each, book) for each in ((STOCK, there), (ours(jobs), like), (ours(jobs), here)))
            done.append(Round(*costs))
            print(f"round {number + 1} of {rounds}: {ratios(done[-1:])}", flush=True)
        floor = from_inside("floor", like, book)["floor"]
        stages = {each.name: from_inside("stages", each, book) for each in (like, here) if own_group()}
    return {
        "submissions": count,
        "jobs": jobs,
        "rounds": rounds,
        "seconds": {name: median(done, name, "wall") for name in SIDES} | {"first_run": first.wall},
        "cpu_seconds": {name: median(done, name, "cpu") for name in SIDES} | {"first_run": first.cpu},
        "times_stock": ratios(done),
        "floor_cpu_seconds": floor,
        "times_floor": median(done, "all_cells", "cpu") / floor,
        "stages": stages,
        "whole_machine": own_group() is None,
    }


def median(done: list[Round], side: str, of: str) -> float:
    """Return the median of one side's costs over all rounds."""
    return statistics.median(getattr(getattr(each, side), of) for each in done)


def ratios(done: list[Round]) -> dict[str, float]:
    """Return how many times as long stock nbgrader takes on the clock: the median of the rounds, for both of ours."""
    return {
        name: round(statistics.median(each.stock.wall / getattr(each, name).wall for each in done), 1)
        for name in ("all_cells", "ours")
    }


def show(found: dict[str, Any]) -> None:
    """Print what was found."""
    print(
        f"\n{found['submissions']} submissions, {found['jobs']} workers; for each submission, in seconds:\n"
    )
    print(f"{'':32}{'on the clock':>14}{'CPU':>8}")
    for name, words in SIDES.items():
        print(f"{words:32}{found['seconds'][name]:14.2f}{found['cpu_seconds'][name]:8.2f}")
    first = found["seconds"]["first_run"], found["cpu_seconds"]["first_run"]
    print(f"{'  the first run of a course':32}{first[0]:14.2f}{first[1]:8.2f}   observes the known mistakes")
    print(f"{'floor':32}{'':14}{found['floor_cpu_seconds']:8.2f}   all cells and tests in one interpreter\n")
    times = found["times_stock"]
    print(f"All cells run: {times['all_cells']} times as fast as stock; the aim is {AIM_STOCK}.")
    print(f"Demonstrations skipped: {times['ours']} times as fast; the aim is {AIM_SKIPPED}.")
    print(f"All cells run: {found['times_floor']:.2f} times the floor; the aim is {AIM_FLOOR}.")
    if found["stages"]:
        print("\nWhere the CPU time goes, one submission after the other in one process:")
        print(f"  {'':22}{'all cells':>12}{'as we do it':>14}")
        both = [found["stages"][name] for name in ("like", "ours")]
        for name in sorted(both[0], key=lambda name: -both[0][name]):
            print(f"  {name:22}{both[0][name]:12.3f}{both[1].get(name, 0):14.3f}")
    if found["whole_machine"]:
        print("\nNo control group could be made: CPU times are those of the whole machine.")


def growth(counts: list[int], jobs: int) -> None:
    """Print what one submission costs in classes of several sizes."""
    print(f"{'submissions':>12}{'on the clock':>14}{'CPU':>8}")
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        course = make_course(Path(scratch) / "ours")
        for count in counts:
            cost = grade(ours(jobs), course, students(count))
            print(f"{count:12}{cost.wall:14.3f}{cost.cpu:8.3f}", flush=True)


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--submissions", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--growth", type=int, nargs="+", metavar="N", help="instead: classes of these sizes")
    parser.add_argument(
        "--stock-course", action="store_true", help="instead: a course with assertions in its cells"
    )
    args = parser.parse_args()
    os.environ["PATH"] = (
        f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # nbgrader looks for alembic there
    )
    if args.stock_course:
        bench_stock_course.show(bench_stock_course.compare(args.submissions, args.rounds))
        return
    if args.growth:
        growth(args.growth, args.jobs)
        return
    found = compare(args.submissions, args.rounds, args.jobs)
    show(found)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(found, indent=1) + "\n")
    print(f"\nThe same for programs: {RESULT.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
