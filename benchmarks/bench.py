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
from proctor.nbgrader_plugin.drift import generate
from tests.exercise4.mistakes import mistakes
from tests.specimens.bank import right_answers, submission_of

if TYPE_CHECKING:
    from tests.specimens.build import Submission

ROOT = Path(__file__).resolve().parents[1]

EXERCISE = "exercise4"
RESULT = ROOT / "build" / "bench.json"
STOCK = [sys.executable, "-m", "nbgrader", "autograde", EXERCISE]
AIM_STOCK, AIM_FLOOR = 15, 4


@dataclass(frozen=True)
class Round:
    """One class, graded by both."""

    stock: Cost
    ours: Cost

    @property
    def ratio(self) -> float:
        """Return how many times as long stock nbgrader takes, on the clock."""
        return self.stock.wall / self.ours.wall


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
        here, there = make_course(Path(scratch) / "ours"), stock.make_template(Path(scratch) / "stock")
        done = []
        for number in range(rounds):
            done.append(Round(grade(STOCK, there, book), grade(ours(jobs), here, book)))
            print(f"round {number + 1} of {rounds}: {done[-1].ratio:.1f} times", flush=True)
        least = from_inside("floor", here, book)["floor"]
        stages = from_inside("stages", here, book) if own_group() else {}
    cpu = statistics.median(each.ours.cpu for each in done)
    return {
        "submissions": count,
        "jobs": jobs,
        "rounds": rounds,
        "stock_seconds": statistics.median(each.stock.wall for each in done),
        "proctor_seconds": statistics.median(each.ours.wall for each in done),
        "ratio": statistics.median(each.ratio for each in done),
        "ratio_spread": [min(each.ratio for each in done), max(each.ratio for each in done)],
        "stock_cpu_seconds": statistics.median(each.stock.cpu for each in done),
        "cpu_seconds": cpu,
        "floor_cpu_seconds": least,
        "ratio_to_floor": cpu / least,
        "stages": stages,
        "whole_machine": own_group() is None,
    }


def show(found: dict[str, Any]) -> None:
    """Print what was found."""
    low, high = found["ratio_spread"]
    print(
        f"\n{found['submissions']} submissions, {found['jobs']} workers; for each submission, in seconds:\n"
    )
    print(f"{'':24}{'on the clock':>14}{'CPU':>8}")
    print(f"{'nbgrader autograde':24}{found['stock_seconds']:14.2f}{found['stock_cpu_seconds']:8.2f}")
    print(f"{'proctor grade':24}{found['proctor_seconds']:14.2f}{found['cpu_seconds']:8.2f}")
    print(
        f"{'floor':24}{'':14}{found['floor_cpu_seconds']:8.2f}   the same cells and tests in one interpreter\n"
    )
    print(f"{found['ratio']:.1f} times as fast ({low:.1f} to {high:.1f}); the aim is {AIM_STOCK}.")
    print(f"{found['ratio_to_floor']:.1f} times the floor; the aim is {AIM_FLOOR}.")
    if found["stages"]:
        print("\nWhere the CPU time goes, one submission after the other in one process:")
        for name, seconds in sorted(found["stages"].items(), key=lambda item: -item[1]):
            print(f"  {name:22}{seconds:8.3f}")
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
