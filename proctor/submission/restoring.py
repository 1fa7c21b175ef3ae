"""Restoring of a submission's graded cells, which are not the student's to change, and marking of demonstrations.

Only what the release says about a graded cell counts: its text, its points, its place. What comes out has the
release's metadata, graded cells each exactly once, and the student's cells in the student's order.
"""

from __future__ import annotations

import copy
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from proctor.submission.reading import grade_id
from proctor.submission.sanitize import pictures_of, without_requests

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

DEMONSTRATION = "demonstration"
"""The tag of a cell of the release that only shows something: no graded cell needs what it defines."""
WITH_IDS = 5
"""The minor version of the notebook format, from which on cells have ids."""
DEFINED = re.compile(r"^(?:class|def) +(\w+)", re.MULTILINE)
DEFINES = re.compile(r"^(?:(?:class|def|from|import) |\w+ *=[^=])", re.MULTILINE)
"""The beginning of a line that defines something: an answer, if it stands in a graded cell."""
FEW = 4
"""Names of cells that are listed; of more, their number is."""
MAX_CELLS = 2_000
"""Cells that a student may add to those of the release; empty ones are left out, and do not count."""


def restore(submitted: Any, release: Any, *, skip: bool = False) -> tuple[Any, list[str]]:
    """Return the notebook to grade, from a student's and the release, and what was put right, in words.

    With `skip`, demonstrations that are as they were handed out are marked: they are not run.
    """
    restoring = _Restoring(release)
    cells = [restored for cell in submitted.cells for restored in restoring.cells(cell)]
    cells += restoring.missing(release)
    moved = _put_stubs_first(cells, release)
    if skip:
        _mark_demonstrations(cells, release)
    for number, cell in enumerate(cells):
        cell["id"] = grade_id(cell) or f"cell-{number}"
    return _with_cells(release, cells), [*restoring.notices(), *moved]


def unreadable(release: Any, reason: str) -> Any:
    """Return the notebook that stands in for one that cannot be read: the release, with the reason on top."""
    words = f"**This submission could not be read.** {reason} The cells below are those of the release."
    cells = [new_markdown_cell(words, id="unreadable"), *copy.deepcopy(release.cells)]
    for number, cell in enumerate(cells):
        cell.setdefault("id", grade_id(cell) or f"cell-{number}")
    notebook = _with_cells(release, cells)
    notebook.metadata["proctor"] = {"unreadable": reason}
    return notebook


def _with_cells(release: Any, cells: list[Any]) -> Any:
    """Return the release with other cells, which have ids."""
    minor = max(release.nbformat_minor, WITH_IDS)
    return NotebookNode(release, metadata=copy.deepcopy(release.metadata), cells=cells, nbformat_minor=minor)


def _put_stubs_first(cells: list[Any], release: Any) -> list[str]:
    """Move answers that were left as handed out above cells of the student's that define the same; return notices.

    Run in the student's order, the stub would take away what stands above it.
    """
    given = {_code(cell.source) for cell in release.cells}
    own = [
        set(DEFINED.findall(cell.source))
        if cell.cell_type == "code" and _code(cell.source) not in given
        else set()
        for cell in cells
    ]
    moved = []
    for number, cell in enumerate(cells):
        if own[number] or not cell.metadata.get("nbgrader", {}).get("solution"):
            continue
        defined = set(DEFINED.findall(cell.source))
        place = next((place for place, names in enumerate(own[:number]) if names & defined), None)
        if place is not None:
            cells.insert(place, cells.pop(number))
            own.insert(place, own.pop(number))
            moved.append(f"`{grade_id(cell)}`")
    words = "What was left as handed out was run first, since a cell above it defines the same:"
    return [f"{words} {', '.join(moved)}."] if moved else []


def _mark_demonstrations(cells: list[Any], release: Any) -> None:
    """Mark the cells that only show something, by the release's tag, and that the student has not changed.

    The cell's text decides, not its tag: some editors lose tags, and a student could add one. Where a cell of the
    student's own uses a name that only demonstrations have, such as a test class that one loads, it may need them.
    """
    sources = {cell.source.rstrip() for cell in release.cells if is_demonstration(cell)}
    others = {cell.source.rstrip() for cell in release.cells if cell.cell_type == "code"} - sources
    codes = {cell.source.rstrip() for cell in cells if cell.cell_type == "code"}
    own = _names(codes - sources - others) - _names(others)
    for cell in cells:
        source, data = cell.source.rstrip(), cell.metadata.get("nbgrader", {})
        shows = cell.cell_type == "code" and not data.get("grade") and source in sources
        if shows and not _names([source]) & own:
            cell.metadata["proctor"] = NotebookNode(skip=True)


def _names(sources: Iterable[str]) -> set[str]:
    """Return the names that cells use, but for what follows a dot or a quotation mark, and lines of magics."""
    code = re.sub(r"^%.*$", "", "\n".join(sources), flags=re.MULTILINE)
    return set(re.findall(r"(?<![\w.'\"])[A-Za-z_]\w*", code))


def is_demonstration(cell: Any) -> bool:
    """Return whether a cell of a release or a master notebook only shows something, as its tag promises."""
    data = cell.metadata.get("nbgrader", {})
    mine = data.get("grade") or data.get("solution")
    return cell.cell_type == "code" and not mine and DEMONSTRATION in cell.metadata.get("tags", [])


class _Restoring:
    """A notebook that is being restored, and the notices about it."""

    def __init__(self, release: Any) -> None:
        self._graded = {grade_id(cell): cell for cell in release.cells if grade_id(cell)}
        # An online editor that drops all metadata leaves the text, by which the graded cells are known.
        given = {name: cell.source for name, cell in self._graded.items() if not _answer(cell)}
        self._by_text = {_bare(source): name for name, source in given.items()}
        # In an edition in another language, its comments are other ones.
        codes = Counter(map(_code, given.values()))
        self._by_code = {code: name for name, source in given.items() if codes[code := _code(source)] == 1}
        self._lesson = {cell.source.strip() for cell in release.cells if cell.cell_type == "markdown"}
        self._most = MAX_CELLS + len(release.cells)
        self._seen: set[str] = set()
        self._named = self._own = 0
        self._kept = ""
        self._changed: list[str] = []
        self._twice: list[str] = []
        self._missing: list[str] = []

    def cells(self, cell: Any) -> list[Any]:
        """Return what becomes of a cell. An answer in a graded cell is kept in one of its own above it."""
        name, source = grade_id(cell), cell.source
        self._named += name in self._graded
        if not name:
            name = self._by_text.get(_bare(source)) or self._by_code.get(_code(source), "")
        if name not in self._graded or (name in self._seen and _answer(self._graded[name])):
            return self._own_cells(cell, source)
        if name in self._seen:
            self._twice.append(name)
            return self._answer_in(cell, source, self._graded[name])
        self._seen.add(name)
        restored = copy.deepcopy(self._graded[name])
        if _answer(restored):
            restored.source = source if restored.cell_type == "code" else without_requests(source)
            return [restored]
        kind = cell.get("cell_type")
        if kind == restored.cell_type and _said(source, kind) == _said(restored.source, kind):
            return [restored]
        self._changed.append(name)
        return [*self._answer_in(cell, source, restored), restored]

    def _own_cells(self, cell: Any, source: str) -> list[Any]:
        """Return a cell of the student's own in a list, which is empty if it is empty or there are too many."""
        if not source.strip():
            return []
        self._own += 1
        return [_own_cell(cell, source, self._lesson)] if self._own <= self._most else []

    def _answer_in(self, cell: Any, source: str, given: Any) -> list[Any]:
        """Return what a student has written into a graded cell, as a cell of their own, if it defines something."""
        own = source.replace(given.source.strip(), "")
        if cell.get("cell_type") != "code" or not DEFINES.search(own):
            return []
        self._kept = "; what you define there was run above it"
        return self._own_cells(cell, own)

    def missing(self, release: Any) -> list[Any]:
        """Return the graded cells that were not there; at the end all that the student has written is known."""
        cells = [cell for cell in release.cells if cell.metadata.get("nbgrader", {}).get("grade")]
        absent = [cell for cell in cells if grade_id(cell) not in self._seen]
        self._missing = [grade_id(cell) for cell in absent]
        return [copy.deepcopy(cell) for cell in absent]

    def notices(self) -> list[str]:
        """Return what was put right, one sentence for each kind, which blames nobody."""
        found, nameless = [], self._graded and not self._named
        if nameless:
            found.append(
                "The notebook no longer says which cells are graded, as some online editors leave it; "
                "the graded cells were put back, which costs nothing."
            )
        for names, rest in (
            (
                [] if nameless else self._missing,
                "not in this notebook: put back and graded, which costs nothing.",
            ),
            (self._changed, f"not as handed out: the text that was handed out counts{self._kept}."),
            (self._twice, "there more than once: the first one counts."),
        ):
            found += [f"{_listed(names)} {rest}"] if names else []
        if self._own > self._most:
            found.append(f"Of {self._own:,} cells that are not graded, the first {self._most:,} were run.")
        return found


def _own_cell(cell: Any, source: str, lesson: Container[str]) -> Any:
    """Return a cell of the student's own, or of the lesson, whose own text may have a frame around it."""
    if cell.get("cell_type") == "code":
        return _new_cell("code", source, execution_count=None, outputs=[])
    if cell.get("cell_type") == "markdown":
        pictures = pictures_of(cell.get("attachments"))
        more = {"attachments": pictures} if pictures else {}
        text = source if source.strip() in lesson else without_requests(source)
        return _new_cell("markdown", text, **more)
    return _new_cell("markdown", "```\n" + source.replace("```", "'''") + "\n```")


def _new_cell(kind: str, source: str, **more: Any) -> NotebookNode:
    """Return a cell as nbformat would, without its check of each single one: the whole is checked when written."""
    return NotebookNode(cell_type=kind, metadata=NotebookNode(), source=source, **more)


def _answer(cell: Any) -> bool:
    """Return whether a cell of the release is there for the student to write in."""
    return bool(cell.metadata.nbgrader.get("solution"))


def _listed(names: list[str]) -> str:
    """Return the beginning of a sentence about graded cells."""
    known = list(dict.fromkeys(names))
    if len(known) > FEW:
        return f"{len(known)} graded cells were"
    listed = ", ".join(f"`{name}`" for name in known)
    return f"The graded cells {listed} were" if len(known) > 1 else f"The graded cell {listed} was"


def _lines(source: str) -> list[str]:
    """Return the lines of a text without what cannot be seen."""
    return [line.rstrip() for line in source.replace("\xa0", " ").strip().splitlines()]


def _said(source: str, kind: str) -> str:
    return _code(source) if kind == "code" else _bare(source)


def _code(source: str) -> str:
    """Return a cell's code without comments, space and kinds of quotes; all of it where there is nothing else."""
    lines = [line.replace("'", '"') for line in _lines(source)]
    codes = [line[: None if (sign := line.find("#", line.rfind('"') + 1)) < 0 else sign] for line in lines]
    return "".join("".join(codes).split()) or _bare(source)


def _bare(source: str) -> str:
    return "\n".join(_lines(source))
