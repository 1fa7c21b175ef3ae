"""Fate of each specimen of the banks `faulty` and `hostile`: with our settings, and in stock nbgrader.

    python -m benchmarks.attacks              every specimen, with our settings
    python -m benchmarks.attacks --stock      the same beside nbgrader as it comes, which takes another hour
    python -m benchmarks.attacks NAME ...     these only

Prints a table, and writes build/attacks.json. The exit status is 0 if ours is fair in every case.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import stock
from tests.proctor.support import ours
from tests.proctor.support.world import ROOT, Fate
from tests.specimens.recipe import recipes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tests.specimens.recipe import Recipe

REPORT = ROOT / "build" / "attacks.json"
FAMILIES = ("faulty", "hostile")
SIDES = 2
"""Number of submissions that stock nbgrader grades at once."""

Case = dict[str, str]


def every() -> list[Recipe]:
    """Return the specimens of both banks; no two have the same name."""
    return [recipe for family in FAMILIES for recipe in recipes(family).values()]


def our_fates(chosen: Sequence[Recipe], folder: Path) -> dict[str, Fate]:
    """Grade specimens with our settings; whoever is told something else than what is fair is not fairly graded."""
    graded = ours.grade(chosen, folder)
    with graded.world:
        return {recipe.name: _fate(recipe, graded) for recipe in chosen}


def _fate(recipe: Recipe, graded: ours.Graded) -> Fate:
    fate, words = graded.world.fate(recipe), ours.complaint(recipe, graded)
    return Fate("unfair", words) if words and not fate.why else fate


def stock_fates(chosen: Sequence[Recipe], folder: Path) -> dict[str, Fate]:
    """Grade specimens with nbgrader as it comes, each in a sandbox."""
    template = stock.make_template(folder)
    with ThreadPoolExecutor(SIDES) as pool:
        return dict(
            zip(
                (recipe.name for recipe in chosen),
                pool.map(lambda r: stock.fate(r, template), chosen),
                strict=True,
            )
        )


def cases(chosen: Iterable[Recipe], mine: Mapping[str, Fate], theirs: Mapping[str, Fate]) -> list[Case]:
    """Return a row for each specimen; `why` says in words what is not fair, on any side; no side is needed."""
    rows = []
    for recipe in chosen:
        sides = {"ours": mine, "stock": theirs}
        fates = {side: found[recipe.name] for side, found in sides.items() if recipe.name in found}
        why = "; ".join(f"{side}: {fate.why}" for side, fate in fates.items() if fate.why)
        ends = {side: fate.what for side, fate in fates.items()}
        rows.append({"name": recipe.name, "family": recipe.kind, **ends, "why": why, "says": recipe.says})
    return rows


def table(rows: Sequence[Case]) -> str:
    """Return the rows as a table, and how many cases of each family came to which end."""
    sides = [side for side in ("ours", "stock") if side in rows[0]]
    keys = ("family", "name", *sides)
    wide = {key: max(len(key), *(len(row[key]) for row in rows)) for key in keys}
    head = {key: key for key in (*keys, "why")}
    lines = [" ".join([*(f"{row[key]:{wide[key]}}" for key in keys), row["why"]]) for row in [head, *rows]]
    for family in dict.fromkeys(row["family"] for row in rows):
        some = [row for row in rows if row["family"] == family]
        for side in sides:
            counts = Counter(row[side] for row in some)
            words = ", ".join(f"{counts[what]} {what}" for what in ("fair", "unfair", "harmful"))
            lines.append(f"{family:{wide['family']}} {side:5} {len(some)} cases: {words}")
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Grade, print, write; returns the exit status."""
    parser = argparse.ArgumentParser(description="Tells what became of each fault and attack of the banks.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="these only")
    parser.add_argument("--stock", action="store_true", help="also with nbgrader as it comes: another hour")
    args = parser.parse_args(arguments)
    chosen = every()
    if unknown := sorted(set(args.names) - {recipe.name for recipe in chosen}):
        sys.exit(f"There is no specimen called {', '.join(unknown)} in tests/specimens/faulty or hostile.")
    chosen = [recipe for recipe in chosen if not args.names or recipe.name in args.names]
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="attacks-") as folder:
        print(f"{len(chosen)} specimens, with our settings ...", flush=True)
        mine = our_fates(chosen, Path(folder) / "ours")
        print(f"Graded in {(time.monotonic() - began) / 60:.0f} minutes.", flush=True)
        theirs = stock_fates(chosen, Path(folder) / "stock") if args.stock else {}
    rows = cases(chosen, mine, theirs)
    print(table(rows))
    if not args.names:
        REPORT.parent.mkdir(exist_ok=True)
        REPORT.write_text(json.dumps({"cases": rows}, indent=1) + "\n")
        print(f"\nAlso in {REPORT.relative_to(ROOT)}")
    return int(any(row["ours"] != "fair" for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
