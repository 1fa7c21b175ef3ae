"""The report card of one graded cell: what was asked, how it ended, and what to look at next.

The same card is read in JupyterLab, light or dark, in a feedback page, on a phone, and by a screen reader:

- colours are the page's own (`inherit`, `currentColor`), with translucent tints that work on any background;
- an outcome is always said in words, never by colour or symbol alone;
- every style is an attribute, because JupyterLab removes `<style>` from the outputs of an untrusted notebook.

Hints may repeat what student code said, so no text is trusted: it is made visible, then escaped, then placed.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from proctor.criteria.outcome import CellReport, Outcome, Verdict

_GREEN, _RED, _AMBER, _GREY = "46, 160, 67", "218, 54, 51", "210, 140, 0", "128, 128, 128"

# Letters that print nothing but belong to the text: breaks, a hard space, the joiner inside an emoji.
_HARMLESS = "\n\t\u00a0\u200d"

# Formgrader typesets $...$ with MathJax, which is told by these classes to leave students' text alone.
_OPEN = (
    '<div class="proctor-card tex2jax_ignore mathjax_ignore" style="color: inherit; max-width: 60em; '
    'margin: 0.5em 0; overflow-x: auto; overflow-wrap: anywhere; line-height: 1.45">'
    '<table style="width: 100%; table-layout: fixed; border-collapse: collapse; border: 0; margin: 0; '
    'color: inherit; background-color: transparent; font-size: 1em">'
)
_CELL = "text-align: left; vertical-align: top; padding: 0.5em 0.4em; border: 0; color: inherit"
_RULE = "border-top: 1px solid rgba(128, 128, 128, 0.35)"
_CODE = (
    '<code style="color: inherit; background-color: rgba(128, 128, 128, 0.16); border-radius: 3px; '
    'padding: 0 0.2em">'
)
AS_ABOVE = "As above."
_COLUMNS = (("Criterion", "45%"), ("Outcome", "35%"), ("Points", "20%"))


def html(report: CellReport) -> str:
    """Render the card of a graded cell.

    Args:
        report: the verdicts on the cell; its texts may be hostile.

    Returns:
        One self-contained HTML fragment on a single line, so that Markdown around it cannot end it early.
    """
    caption = (
        f'<caption style="caption-side: top; text-align: left; padding: 0.4em; color: inherit">'
        f'<strong style="font-size: 1.15em">{inline(report.title)}</strong><br>'
        f"{_total(report)}</caption>"
    )
    heads = "".join(
        f'<th scope="col" style="{_CELL}; width: {width}; font-weight: bold">{name}</th>'
        for name, width in _COLUMNS
    )
    rows = "".join(_row(verdict, notes) for verdict, notes in _noted(report))
    return f"{_OPEN}{caption}<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"


def text(report: CellReport) -> str:
    """Render the card of a graded cell as plain text, for a terminal or an e-mail: what :func:`html` says."""
    lines = [f"{_visible(report.title)}: {_total(report)}"]
    for verdict, said in _noted(report):
        sentence = _visible(verdict.sentence)
        lines.append(f"{_outcome(verdict)} ({_fraction(verdict)}): {sentence}")
        notes = (_visible(f"{lead}{joint(lead)}{body}") for lead, body in said)
        lines.extend(f"    {line}" for note in notes for line in note.splitlines())
    return "\n".join(lines) + "\n"


def number(points: float) -> str:
    """Write points as short as they are exact: `1`, `0.75`, never `1.0`; at most two decimals."""
    return f"{points:.2f}".rstrip("0").rstrip(".")


def inline(raw: str) -> str:
    """Escape a text, then set its `backticks` as code and its line breaks as `<br>`; for HTML of any page."""
    safe = escape(_visible(raw.strip()))
    return re.sub(r"`([^`\n]+)`", rf"{_CODE}\1</code>", safe).replace("\n", "<br>")


def _row(verdict: Verdict, said: list[tuple[str, str]]) -> str:
    """Render one criterion, with its notes beneath the sentence."""
    notes = "".join(
        f'<div style="margin-top: 0.3em; padding-left: 1ex; border-left: 3px solid rgba(128, 128, 128, 0.4)">'
        f"{f'<strong>{inline(lead)}</strong>' if lead else ''}{joint(lead)}{inline(body)}</div>"
        for lead, body in said
    )
    tint = _tint(verdict.outcome)
    pill = f"display: inline-block; background-color: rgba({tint}, 0.2); border-radius: 4px; padding: 0 0.3em"
    symbol = f'<span aria-hidden="true">{verdict.outcome.symbol}</span>'
    cell = f"{_CELL}; {_RULE}"
    return (
        '<tr style="background-color: transparent">'
        f'<td style="{cell}">{inline(verdict.sentence)}{notes}</td>'
        f'<td style="{cell}"><span style="{pill}">{symbol} {verdict.outcome.value}</span></td>'
        f'<td style="{cell}">{_fraction(verdict)}</td></tr>'
    )


def _noted(report: CellReport) -> list[tuple[Verdict, list[tuple[str, str]]]]:
    """Return each verdict with its notes; what an earlier one of the card has said is said once."""
    noted, said = [], set[tuple[str, str]]()
    for verdict in report.verdicts:
        notes = _notes(verdict)
        new = [note if note not in said or note[1] == AS_ABOVE else ("", AS_ABOVE) for note in notes]
        said.update(notes)
        noted.append((verdict, list(dict.fromkeys(new))))
    return noted


def _notes(verdict: Verdict) -> list[tuple[str, str]]:
    """Return what stands beneath the sentence, as (lead, body): hint, then remarks; not escaped."""
    hints = [(verdict.misconception, verdict.hint)] if verdict.hint or verdict.misconception else []
    return [*hints, *(("Remark, costs nothing", remark) for remark in verdict.remarks)]


def joint(lead: str) -> str:
    """Return what stands between a lead and its body: a colon, unless the lead is a sentence or nothing."""
    if not lead:
        return ""
    return " " if lead.endswith((".", "!", "?")) else ": "


def _tint(outcome: Outcome) -> str:
    """Return the colour of an outcome: amber where the code was stopped rather than found wrong."""
    if outcome.stopped:
        return _AMBER
    return {"passed": _GREEN, "failed": _RED}.get(outcome.kind, _GREY)


def _outcome(verdict: Verdict) -> str:
    return f"{verdict.outcome.symbol} {verdict.outcome.value}"


def _fraction(item: CellReport | Verdict) -> str:
    return f"{number(item.points)} / {number(item.worth)}"


def _total(report: CellReport) -> str:
    return f"{number(report.points)} of {number(report.worth)} {'point' if report.worth == 1 else 'points'}"


def _visible(raw: str) -> str:
    """Replace what acts on a terminal or turns text around (escape codes, overrides) by U+FFFD."""
    return "".join(
        letter if letter.isprintable() or letter in _HARMLESS else "\N{REPLACEMENT CHARACTER}"
        for letter in raw
    )
