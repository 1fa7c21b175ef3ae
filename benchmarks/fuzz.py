"""Search for inputs that crash, hold up or fill our parsers: of notebooks, frames, archives, tables, texts.

    python -m benchmarks.fuzz 2               two minutes, with the seeds that the tests begin with
    python -m benchmarks.fuzz 60 --seed 7     an hour, with others

One round after the other, each surface in a process of its own. An input counts as found if it raises anything but the
error in words, takes more than 5 s of CPU time, or if its process takes more than 500 MB. What is found is printed
with its seed; as a file of tests/specimens/corpus it is tried first by the tests. The exit status is 0 for nothing.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import resource
import sys
import time
import traceback
from collections import Counter
from typing import TYPE_CHECKING

from tests.proctor.support.fuzzing import SEED, SURFACES, search

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection

CASES = 200
"""Inputs of a surface in a round."""
MEMORY = 500
"""MB of the process that tries them, with all that it has imported."""
CPU = 1_200
"""Seconds after which such a process is killed, should a parser hold up even the signal that limits it."""


def tried(name: str, number: int, end: Connection) -> None:
    """Try the inputs of a surface in this process, and send how many there were and what was found."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU, CPU))
    count, found = 0, ""
    try:
        count = search(SURFACES[name], CASES, number)
    except BaseException:  # noqa: BLE001  whatever it is, it was found
        found = traceback.format_exc()[-3000:]
    used = resource.getrusage(resource.RUSAGE_SELF)
    if used.ru_maxrss > MEMORY * 1000:
        found += f"\n{used.ru_maxrss // 1000} MB of memory"
    end.send((count, used.ru_maxrss // 1000, found))


def round_of(name: str, number: int) -> tuple[int, int, str]:
    """Try inputs of a surface; returns how many, the most memory in MB, and what was found, or ""."""
    fork = multiprocessing.get_context("fork")
    ours, theirs = fork.Pipe(duplex=False)
    process = fork.Process(target=tried, args=(name, number, theirs))
    process.start()
    theirs.close()
    try:
        count, memory, found = ours.recv()
    except EOFError:
        count, memory, found = 0, 0, ""
    process.join()
    return count, memory, found or (f"died with {process.exitcode}" if process.exitcode else "")


def main(arguments: Sequence[str]) -> int:
    """Search, print; returns the exit status."""
    parser = argparse.ArgumentParser(description="Searches for inputs that break our parsers.")
    parser.add_argument(
        "minutes", type=float, help="how long, on the clock; each surface is tried once at least"
    )
    parser.add_argument("--seed", type=int, default=SEED, help=f"of the first round [default: {SEED}]")
    args = parser.parse_args(arguments)
    began, counts, faults, most = time.monotonic(), Counter[str](), 0, 0
    for number in itertools.count(args.seed):
        for name in SURFACES:
            minutes = (time.monotonic() - began) / 60
            if minutes > args.minutes and counts.keys() == SURFACES.keys():
                cases = ", ".join(f"{counts[each]} {each}" for each in SURFACES)
                print(
                    f"{minutes:.0f} minutes, {sum(counts.values())} cases: {cases}; at most {most} MB; {faults} found."
                )
                return int(faults > 0)
            count, memory, found = round_of(name, number)
            counts[name] += count
            most = max(most, memory)
            if found:
                faults += 1
                print(f"{name}, seed {number}: {found}", flush=True)
        print(
            f"{(time.monotonic() - began) / 60:.0f} minutes, {sum(counts.values())} cases, {faults} found",
            flush=True,
        )
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
