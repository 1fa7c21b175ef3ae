"""Similar pairs of submissions, ready to be shown, with their shared lines side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from proctor.report import similarity
from proctor.report.evidence import passages
from proctor.report.tokens import tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from proctor.report.evidence import Stretch
    from proctor.report.gathering import Classroom, Submission
    from proctor.report.tokens import Codes

MOST_PAIRS = 20
MOST_LINES = 40
MOST_LETTERS = 160
MOST_BETWEEN = 2
"""Lines between two shared ones that are shown; of more, only that there are some."""


@dataclass(frozen=True)
class Line:
    """A line of code: its number, from 1, the text, and whether the other one has it, too; 0 for lines left out."""

    number: int
    text: str
    shared: bool


@dataclass(frozen=True)
class Side:
    """Shared lines of one of the two: where they stand, and their text; `more` are left out."""

    where: str
    lines: tuple[Line, ...]
    more: int


@dataclass(frozen=True)
class Alike:
    """Two submissions that share code, by their places in the class, and the passages they share."""

    pair: similarity.Pair
    passages: tuple[tuple[Side, Side], ...]
    lines: int


@dataclass(frozen=True)
class SimilarPairs:
    """The pairs that are shown, how many there are in all, and who shares most with many others."""

    pairs: tuple[Alike, ...]
    total: int
    crowd: tuple[int, ...]


def compare(classroom: Classroom) -> SimilarPairs:
    """Compare all submissions with all others, but members of a team with each other: they hand in one work."""
    given = similarity.given_hashes(classroom.given)
    read = [[tokens(source.text) for source in each.sources] for each in classroom.submissions]
    prints = [similarity.fingerprints(sources, given) for sources in read]
    teams = [each.team for each in classroom.submissions]
    pairs = [
        pair
        for pair in similarity.similar_pairs(prints)
        if not teams[pair.one] or teams[pair.one] != teams[pair.other]
    ]
    shown = []
    for pair in pairs[:MOST_PAIRS]:
        one, other = classroom.submissions[pair.one], classroom.submissions[pair.other]
        found = passages(read[pair.one], read[pair.other], given)
        sides = tuple((_side(one, left), _side(other, right)) for left, right in found)
        shown.append(Alike(pair, sides, sum(len(left.shared) for left, _ in found)))
    return SimilarPairs(tuple(shown), len(pairs), tuple(_crowd(prints, teams)))


def _crowd(prints: Sequence[Codes], teams: Sequence[str]) -> list[int]:
    """Return who shares most with many others; of a team, only the first member counts."""
    first = {team: place for place, team in reversed(list(enumerate(teams))) if team}
    places = [place for place, team in enumerate(teams) if not team or first[team] == place]
    return [places[found] for found in similarity.crowd([prints[place] for place in places])]


def _side(submission: Submission, stretch: Stretch) -> Side:
    source = submission.sources[stretch.source]
    texts = source.text.split("\n")
    lines: list[Line] = []
    for number in sorted(stretch.shared)[:MOST_LINES]:
        gap = range(lines[-1].number if lines else number, number)
        if len(gap) <= MOST_BETWEEN:
            lines += [Line(place + 1, texts[place][:MOST_LETTERS], shared=False) for place in gap]
        else:
            lines.append(Line(0, "⋯", shared=False))
        lines.append(Line(number + 1, texts[number][:MOST_LETTERS], shared=True))
    return Side(source.where, tuple(lines), max(0, len(stretch.shared) - MOST_LINES))
