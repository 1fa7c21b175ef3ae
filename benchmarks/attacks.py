"""What became of each specimen of the banks `faulty` and `hostile`: with our settings, and in stock nbgrader.

    python -m benchmarks.attacks              every specimen: ours in ten minutes on two cores, stock in an hour
    python -m benchmarks.attacks NAME ...     these only

Prints a table, and writes build/attacks.json. The exit status is 0 if ours is fair in every case.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
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
"""How many are graded at once."""

Case = dict[str, str]


def our_fates(chosen: Sequence[Recipe], folder: Path) -> dict[str, Fate]:
    """Grade specimens with our settings."""
    with ExitStack() as stack:
        graded = ours.grade_side_by_side(chosen, folder, stack, sides=SIDES)
        return {recipe.name: graded[recipe.name].world.fate(recipe) for recipe in chosen}


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
    """Return a row for each specimen; `why` says in words what is not fair, on either side."""
    rows = []
    for recipe in chosen:
        fates = {"ours": mine[recipe.name], "stock": theirs[recipe.name]}
        why = "; ".join(f"{side}: {fate.why}" for side, fate in fates.items() if fate.why)
        ends = {side: fate.what for side, fate in fates.items()}
        rows.append({"name": recipe.name, "family": recipe.family, **ends, "why": why, "says": recipe.says})
    return rows


def table(rows: Sequence[Case]) -> str:
    """Return the rows as a table, and what they add up to."""
    width = max(len(row["name"]) for row in rows)
    lines = [f"{'family':8} {'case':{width}} {'ours':8} {'stock':8} why"]
    lines += [
        f"{row['family']:8} {row['name']:{width}} {row['ours']:8} {row['stock']:8} {row['why']}"
        for row in rows
    ]
    for family in FAMILIES:
        some = [row for row in rows if row["family"] == family]
        for side in ("ours", "stock"):
            counts = Counter(row[side] for row in some)
            words = ", ".join(f"{counts[what]} {what}" for what in ("fair", "unfair", "harmful"))
            lines.append(f"{family:8} {side:6} {len(some)} cases: {words}")
    return "\n".join(lines)


def main(names: Sequence[str]) -> int:
    """Grade, print, write; returns the exit status."""
    chosen = [recipe for family in FAMILIES for recipe in recipes(family).values()]
    if unknown := sorted(set(names) - {recipe.name for recipe in chosen}):
        sys.exit(f"There is no specimen called {', '.join(unknown)} in tests/specimens/faulty or hostile.")
    chosen = [recipe for recipe in chosen if not names or recipe.name in names]
    with tempfile.TemporaryDirectory(prefix="attacks-") as folder:
        print(f"{len(chosen)} specimens, with our settings ...", flush=True)
        mine = our_fates(chosen, Path(folder) / "ours")
        print(f"{len(chosen)} specimens, with nbgrader as it comes ...", flush=True)
        theirs = stock_fates(chosen, Path(folder) / "stock")
    rows = cases(chosen, mine, theirs)
    print(table(rows))
    if not names:
        REPORT.parent.mkdir(exist_ok=True)
        REPORT.write_text(json.dumps({"cases": rows}, indent=1) + "\n")
        print(f"\nAlso in {REPORT.relative_to(ROOT)}")
    return int(any(row["ours"] != "fair" for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
