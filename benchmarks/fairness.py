"""Fairness of the hidden tests, as one table and as build/fairness.json.

    python -m benchmarks.fairness                 `make fairness`: all but the last two, in five minutes on two cores
    python -m benchmarks.fairness correct         right answers: all points, no remark that is not due, no mistake
    python -m benchmarks.fairness saved           right answers that end alike as they are run and saved by %%writefile
    python -m benchmarks.fairness mistakes        mistakes: what they cost, their names, their useful words
    python -m benchmarks.fairness alarms 4000     right initializers that lose a point by chance
    python -m benchmarks.fairness seeds           both banks under twenty seeds of the hidden inputs (`make seeds`)
    python -m benchmarks.fairness mutants         small changes of the solution that cost a point (`make mutants`)

A useful word is where values are wrong, or how, or the name of the mistake. The exit status is 0 if nothing is unfair.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import warnings
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import both_forms
from benchmarks.bank_verdicts import SEEDS, accepts, how_unnamed, is_exact, naming, under_seeds, vague
from benchmarks.mutants import Mutant, mutants
from tests.exercise4.mistakes import mistakes, solution
from tests.proctor.support.judging import judge, lost
from tests.specimens.bank import right_answers
from tests.specimens.build import Submission

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[1]

REPORT = ROOT / "build" / "fairness.json"
RUNS = 4_000
"""At 30 ms each. That one fails once in 10^9 at most is derived in tests/exercise4/draws.py; no runs could show it."""
CHUNK = 100
APART = ("seeds", "mutants")
"""Jobs that take as long as all others together, and have a command of their own."""


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


def saved() -> dict[str, Any]:
    """Judge the bank of right answers as they are run, and saved to files."""
    unfair = both_forms.all_differing(list(right_answers()))
    return {"same": len(right_answers()) - len(unfair), "total": len(right_answers()), "unfair": unfair}


def about(name: str) -> tuple[str, tuple[str, str], str, bool]:
    """Return all about a mistake of the bank, in one process."""
    return is_exact(name), naming(name), vague(name), how_unnamed(name)


def mistaken(pool: ProcessPoolExecutor) -> dict[str, dict[str, Any]]:
    """Judge the bank of mistakes: what they cost, how they are named, and if there is a useful word."""
    exact, named_, useless, unnamed = zip(*pool.map(about, mistakes(), chunksize=4), strict=True)
    total, counts = len(mistakes()), Counter(how for how, _ in named_)
    wrong, useless = [text for how, text in named_ if how == "wrong"], list(filter(None, useless))
    costly = list(filter(None, exact))
    return {
        "mistaken": {"exact": total - len(costly), "total": total, "unfair": costly},
        "named": {how: counts[how] for how in ("right", "wrong", "none")} | {"unfair": wrong},
        "useful": {
            "useful": total - len(useless),
            "unnamed": sum(unnamed),
            "total": total,
            "unfair": useless,
        },
    }


def seeded(pool: ProcessPoolExecutor) -> dict[str, Any]:
    """Judge both banks under many seeds."""
    everyone = [*right_answers(), *mistakes()]
    unfair = [text for text in pool.map(under_seeds, everyone, chunksize=2) if text]
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
        "saved": "saved as when run           {same} of {total}",
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
    jobs: dict[str, Callable[[ProcessPoolExecutor], dict[str, dict[str, Any]]]] = {
        "correct": lambda pool: {"correct": correct(pool)},
        "saved": lambda _: {"saved": saved()},
        "mistakes": mistaken,
        "alarms": lambda pool: {"false_alarms": false_alarms(pool, runs)},
        "seeds": lambda pool: {"seeds": seeded(pool)},
        "mutants": lambda pool: {"mutants": mutated(pool)},
    }
    if wanted not in (*jobs, "all"):
        print(f"No job is called {wanted!r}: {', '.join(jobs)}, or all.", file=sys.stderr)
        return 2
    chosen = [name for name in jobs if name not in APART] if wanted == "all" else [wanted]
    results: dict[str, dict[str, Any]] = {}
    for name in chosen:
        with workers() as pool:
            results |= jobs[name](pool)
    print("\n".join(table(results)))
    print(f"CPU time: {cpu_seconds():.0f} s, besides that of sandboxes")
    known = json.loads(REPORT.read_text()) if REPORT.exists() else {}
    for name, result in results.items():
        known[name] = {key: value for key, value in result.items() if key != "unfair"}
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(known, indent=2) + "\n")
    return int(any(result["unfair"] for result in results.values()))


def cpu_seconds() -> float:
    """Return the CPU time of this process and of those that it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
