"""Places in the notebook that teach what a graded cell asks, and which of them to teach again.

Nobody has to write links for this: a graded cell `conv_gradient_weights` and a text cell `backward-weights`, or one
under the heading "The weights", have a word in common. Of the headings of the part, up to its task, the one is taken
that shares the rarest words with the name of the graded cell, or the first if there are none. Who wants another one
gives the text cell the tag `teaches:conv_gradient_weights`.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from proctor.report.items import begun, readable, wrong

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from proctor.criteria.outcome import Verdict
    from proctor.report.gathering import Classroom, Submission
    from proctor.report.items import Item

HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*$", re.MULTILINE)
FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
TAG = "teaches:"
MOST = 4
LEAST = 0.05
"""Share of the students that makes an idea worth teaching again."""
ENOUGH = 0.2
"""A word that five texts or graded cells of a part share, like "conv", does not say which of them belong together."""


@dataclass(frozen=True)
class Place:
    """A text cell of the notebook, with the heading of its part, the one it stands under, and its Markdown.

    It `teaches` the graded cells that its tags name.
    """

    notebook: str
    id: str
    part: str
    heading: str
    source: str
    teaches: frozenset[str] = frozenset()


class Lesson:
    """The text of the release's notebooks, by graded cell."""

    def __init__(self, release: Mapping[str, Any]) -> None:
        self._before: dict[str, list[Place]] = {}
        self._tagged: dict[str, Place] = {}
        for name, notebook in release.items():
            self._read(name, notebook)

    def find(self, grade_id: str) -> Place | None:
        """Return where the notebook teaches what a graded cell asks; None if it has no text before that cell."""
        places = self._before.get(grade_id, [])
        if grade_id in self._tagged or not places:
            return self._tagged.get(grade_id)
        names = [_words(f"{place.id} {place.heading}") for place in places]
        asking = [_words(other) for other, texts in self._before.items() if texts == places]
        scores = [0.0] * len(places)
        for word in _words(grade_id):
            having = [place for place, others in enumerate(names) if _has(others, word)]
            for place in having:
                scores[place] += 1 / len(having) / sum(_has(others, word) for others in asking)
        return places[scores.index(max(scores))] if max(scores) >= ENOUGH else places[0]

    def _read(self, name: str, notebook: Any) -> None:
        """Note for each graded cell the texts of its part, up to the task."""
        part = heading = ""
        texts: list[Place] = []
        taught: list[Place] = []
        for cell in notebook.cells:
            data = cell.metadata.get("nbgrader", {})
            if cell.cell_type == "markdown":
                found = HEADING.findall(FENCED.sub("", cell.source))
                for marks, words in found:
                    heading = _plain(words)
                    if len(marks) <= 2:
                        part, texts = heading, []
                place = _place(name, cell, part, heading)
                texts += [place] if found else []
                self._tagged |= dict.fromkeys(place.teaches, place)
            elif data.get("solution"):
                taught = texts
            if data.get("grade"):
                self._before[data["grade_id"]] = list(taught or texts)


def _place(name: str, cell: Any, part: str, heading: str) -> Place:
    tags = [tag.removeprefix(TAG) for tag in cell.metadata.get("tags", []) if tag.startswith(TAG)]
    return Place(name, cell.get("id", ""), part, heading, cell.source, frozenset(tags))


def _plain(heading: str) -> str:
    """Return a heading without Markdown's marks, and without a number of its own."""
    return re.sub(r"^\d+[.)]\s+|[*`_$\\]", "", heading).strip()


def _words(text: str) -> list[str]:
    return list(dict.fromkeys(re.findall(r"[^\W\d_]{2,}", text.lower())))


def _has(words: Sequence[str], word: str) -> bool:
    """Return whether a word is there, or one that it begins or that begins it: `const` and "constant"."""
    return any(
        other.startswith(word) or word.startswith(other)
        for other in words
        if min(len(other), len(word)) > 2 or other == word
    )


@dataclass(frozen=True)
class Idea:
    """Something that the notebook teaches at a place, if it has a text on it, and how it was understood.

    Attributes:
        cells: the graded cells that ask for it.
        lost: the points that wrong answers cost, on average over the class.
        students: how many gave at least one wrong answer.
        begun: how many have begun at least one of the cells.
        mistakes: the most frequent recognised mistakes, and how many made each.
    """

    place: Place | None
    cells: tuple[str, ...]
    lost: float
    students: int
    begun: int
    mistakes: tuple[tuple[str, int], ...]


def ideas(classroom: Classroom, items: Sequence[Item], lesson: Lesson) -> list[Idea]:
    """Return the ideas to teach again, the one that cost most points first; none that hardly anyone missed."""
    by_place: dict[Place | None, list[str]] = {}
    for cell in classroom.worth:
        by_place.setdefault(lesson.find(cell), []).append(cell)
    known = list(filter(readable, classroom.submissions))
    found = []
    for place, cells in by_place.items():
        verdicts = [_on(submission, cells) for submission in known]
        missed = [each for each in verdicts if any(wrong(verdict.outcome) for verdict in each)]
        tried = sum(map(begun, verdicts))
        lost = sum(item.lost for item in items if item.cell in cells)
        mistakes = Counter(
            name for each in missed for name in {verdict.misconception for verdict in each} - {""}
        )
        ordered = sorted(mistakes.items(), key=lambda pair: (-pair[1], pair[0]))
        found.append(Idea(place, tuple(cells), lost, len(missed), tried, tuple(ordered[:3])))
    worth_it = [idea for idea in found if idea.students >= max(2, LEAST * len(known))]
    return sorted(worth_it, key=lambda idea: -idea.lost)[:MOST]


def not_begun(classroom: Classroom, parts: Mapping[str, Sequence[str]]) -> list[tuple[str, int]]:
    """Return each part of the notebook that students left untouched, and how many did."""
    known = list(filter(readable, classroom.submissions))
    counts = [
        (part, sum(not begun(_on(submission, cells)) for submission in known))
        for part, cells in parts.items()
    ]
    return [(part, count) for part, count in counts if count]


def _on(submission: Submission, cells: Sequence[str]) -> list[Verdict]:
    return [verdict for cell, verdict in submission.verdicts if cell in cells]
