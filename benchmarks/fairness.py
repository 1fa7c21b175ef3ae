"""How fair the hidden tests are, as one table and as build/fairness.json.

    python -m benchmarks.fairness             everything, in a few minutes on two cores
    python -m benchmarks.fairness correct     right answers that get all points: no remark that is not due, no mistake
    python -m benchmarks.fairness mistaken    mistakes that cost what the bank says, in each graded cell
    python -m benchmarks.fairness named       mistakes that the feedback names: rightly, wrongly, not at all
    python -m benchmarks.fairness useful      mistakes whose feedback has a useful word without a name: where, or how
    python -m benchmarks.fairness seeds       both banks under twenty seeds of the hidden inputs
    python -m benchmarks.fairness mutants     small changes of the solution that cost a point
    python -m benchmarks.fairness alarms 10000    right initializers that lose a point by chance

The exit status is 0 if nothing is unfair.
"""

from __future__ import annotations

import json
import os
import re
import sys
import warnings
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.mutants import Mutant, mutants
from proctor.grading.judge_cell import WRONG, load_tests
from tests.exercise4.mistakes import mistakes, solution
from tests.proctor.support.judging import (
    CELLS,
    HIDDEN,
    judge,
    judged,
    lost,
    named,
    quietly,
    remarks,
)
from tests.specimens.bank import right_answers, submission_of
from tests.specimens.build import Submission

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeVar

    from proctor.criteria import Criteria

    Result = TypeVar("Result")

ROOT = Path(__file__).resolve().parents[1]

REPORT = ROOT / "build" / "fairness.json"
RUNS = 10_000
SEEDS = 20
SEEDED = frozenset(HIDDEN) - {"const", "uniform_random", "he"}
"""The cells whose inputs depend on the seed."""
LAST_RESORT = re.compile(r"on average|entries are wrong\. Which term|The only entry is wrong\.")
"""What is said where values differ in no way that has a word."""
CHUNK = 100


@cache
def hidden(seed: int) -> dict[str, type[Criteria]]:
    """Return the hidden tests under a seed."""
    return load_tests(ROOT / "tests" / "exercise4", seed)


def accepts(name: str) -> str:
    """Return what is unfair to a right answer of the bank, or ""."""
    answer, reports = right_answers()[name], judged(right_answers, name)
    said = remarks(reports)
    due = all(all(piece in text for text in said.get(cell, [""])) for cell, piece in answer.remarks.items())
    if lost(reports) or named(reports) or set(said) != set(answer.remarks) or not due:
        return f"{name} loses {lost(reports)}, with remarks {said}, called {named(reports)}"
    return ""


def is_exact(name: str) -> str:
    """Return where a mistake of the bank does not cost what it should, or ""."""
    mistake = mistakes()[name]
    costs = lost(judged(mistakes, name))
    return "" if costs == dict(mistake.costs) else f"{name} costs {costs}, and should {dict(mistake.costs)}"


def naming(name: str) -> tuple[str, str]:
    """Return how a mistake of the bank is named, "right", "wrong" or "none", and what it is called."""
    mistake = mistakes()[name]
    words = {each.words for each in (mistake, *(mistakes()[other] for other in mistake.also))}
    called = named(judged(mistakes, name))
    wrong = set().union(*called.values()) - words
    if wrong:
        return "wrong", f"{name} is called {wrong}"
    return ("right" if called else "none"), name


def vague(name: str) -> str:
    """Return the hints of a mistake of the bank that say neither where nor how nor what it is, or ""."""
    wrong = [
        verdict
        for report in judged(mistakes, name).values()
        for verdict in report.verdicts
        if verdict.outcome in WRONG
    ]
    if any(verdict.misconception or not LAST_RESORT.search(verdict.hint) for verdict in wrong):
        return ""
    return f"{name} hears {[verdict.hint for verdict in wrong]}"


def how_unnamed(name: str) -> bool:
    """Return whether a mistake of the bank would hear where or how also if nobody knew it by name."""
    mistake = mistakes()[name]
    reports = quietly(submission_of(mistake), partial(judge, cells=list(mistake.costs)))
    wrong = [
        verdict for report in reports.values() for verdict in report.verdicts if verdict.outcome in WRONG
    ]
    return any(not LAST_RESORT.search(verdict.hint) for verdict in wrong)


def under_seeds(name: str) -> str:
    """Return the first seed under which a submission of the banks loses other points, or ""."""
    one = mistakes().get(name) or right_answers()[name]
    cells = SEEDED & set(CELLS[one.part] if name in mistakes() else HIDDEN)
    due = {cell: points for cell, points in getattr(one, "costs", {}).items() if cell in cells}
    for seed in range(1, SEEDS + 1):
        tests = hidden(seed)
        costs = lost(quietly(submission_of(one), partial(judge, cells=sorted(cells), tests=tests)))
        if costs != due:
            return f"{name} costs {costs} under seed {seed}, and should {due}"
    return ""


def fate(mutant: Mutant) -> str:
    """Return a mutant's fate, and where it survived."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        end = mutant.fate()
    return end if end != "survived" else f"survived: {mutant.where}: {mutant.what}"


def alarms(runs: int) -> int:
    """Return how many of some runs of the initializers' tests fail the solution."""
    names = Submission.solved().namespace()
    return sum(bool(lost(judge(names, ("uniform_random", "he")))) for _ in range(runs))


def correct(pool: ProcessPoolExecutor) -> dict[str, Any]:
    """Judge the bank of right answers."""
    unfair = [text for text in pool.map(accepts, right_answers()) if text]
    return {"accepted": len(right_answers()) - len(unfair), "total": len(right_answers()), "unfair": unfair}


def mistaken(pool: ProcessPoolExecutor) -> dict[str, Any]:
    """Judge the bank of mistakes."""
    unfair = [text for text in pool.map(is_exact, mistakes(), chunksize=4) if text]
    return {"exact": len(mistakes()) - len(unfair), "total": len(mistakes()), "unfair": unfair}


def diagnoses(pool: ProcessPoolExecutor) -> dict[str, Any]:
    """Name the mistakes of the bank."""
    found = list(pool.map(naming, mistakes(), chunksize=32))
    unfair = [text for how, text in found if how == "wrong"]
    counts = Counter(how for how, _ in found)
    return {how: counts[how] for how in ("right", "wrong", "none")} | {"unfair": unfair}


def useful(pool: ProcessPoolExecutor) -> dict[str, Any]:
    """Look for a useful word about each mistake of the bank."""
    unfair = [text for text in pool.map(vague, mistakes(), chunksize=16) if text]
    unnamed = sum(pool.map(how_unnamed, mistakes(), chunksize=16))
    total = len(mistakes())
    return {"useful": total - len(unfair), "unnamed": unnamed, "total": total, "unfair": unfair}


def seeded(pool: ProcessPoolExecutor) -> dict[str, Any]:
    """Judge both banks under many seeds."""
    everyone = [*right_answers(), *mistakes()]
    unfair = [text for text in pool.map(under_seeds, everyone, chunksize=4) if text]
    return {"same": len(everyone) - len(unfair), "total": len(everyone), "seeds": SEEDS, "unfair": unfair}


def mutated(pool: ProcessPoolExecutor) -> dict[str, Any]:
    """Judge the mutants of the solution."""
    every = [mutant for part in solution() for mutant in mutants(part)]
    fates = list(pool.map(fate, every, chunksize=8))
    counts = Counter(end.partition(":")[0] for end in fates)
    unfair = [end for end in fates if end.startswith("survived")]
    return {name: counts[name] for name in ("killed", "equivalent", "survived")} | {"unfair": unfair}


def false_alarms(pool: ProcessPoolExecutor, runs: int) -> dict[str, Any]:
    """Judge right initializers over and over."""
    count = sum(pool.map(alarms, [CHUNK] * (runs // CHUNK)))
    runs -= runs % CHUNK
    return {"count": count, "runs": runs, "unfair": [f"{count} of {runs} runs fail"] * bool(count)}


def table(results: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Yield the lines of the table."""
    words = {
        "correct": "right answers accepted      {accepted} of {total}",
        "mistaken": "mistakes that cost exactly  {exact} of {total}",
        "named": "mistakes named rightly      {right} ({wrong} wrongly, {none} not at all)",
        "useful": "useful word                 {useful} of {total} ({unnamed} also without a name)",
        "seeds": "same under {seeds} seeds       {same} of {total}",
        "mutants": "mutants killed              {killed} ({equivalent} equivalent, {survived} survived)",
        "false_alarms": "false alarms                {count} in {runs} runs",
    }
    for name, result in results.items():
        yield words[name].format(**result)
        yield from (f"    {text}" for text in result["unfair"])


@contextmanager
def workers() -> Iterator[ProcessPoolExecutor]:
    """Provide as many processes as there are processors."""
    with ProcessPoolExecutor(
        os.process_cpu_count() if hasattr(os, "process_cpu_count") else os.cpu_count()
    ) as pool:
        yield pool


def main(arguments: list[str]) -> int:
    """Run what is asked for; return the exit status."""
    wanted = arguments[0] if arguments else "all"
    runs = int(arguments[1]) if len(arguments) > 1 else RUNS
    with workers() as pool:
        jobs = {
            "correct": lambda: ("correct", correct(pool)),
            "mistaken": lambda: ("mistaken", mistaken(pool)),
            "named": lambda: ("named", diagnoses(pool)),
            "useful": lambda: ("useful", useful(pool)),
            "seeds": lambda: ("seeds", seeded(pool)),
            "mutants": lambda: ("mutants", mutated(pool)),
            "alarms": lambda: ("false_alarms", false_alarms(pool, runs)),
        }
        if wanted not in (*jobs, "all"):
            print(f"No job is called {wanted!r}: {', '.join(jobs)}, or all.", file=sys.stderr)
            return 2
        results = dict(job() for name, job in jobs.items() if wanted in (name, "all"))
    print("\n".join(table(results)))
    known = json.loads(REPORT.read_text()) if REPORT.exists() else {}
    for name, result in results.items():
        known[name] = {key: value for key, value in result.items() if key != "unfair"}
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(known, indent=2) + "\n")
    return int(any(result["unfair"] for result in results.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
