"""The Jinja environment of the pages that we write: it escapes, and lets no missing name pass."""

from __future__ import annotations

import jinja2
from markupsafe import Markup

from proctor.feedback import card
from proctor.feedback.summary import points_in_words


def templates(package: str) -> jinja2.Environment:
    """Return a new environment for the templates of a package and those of this one, with filters for all pages."""
    made = jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.PackageLoader(name) for name in (package, __package__)]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    made.filters |= {"inline": _inline, "number": card.number, "in_points": points_in_words}
    return made


def _inline(text: str) -> Markup:
    return Markup(card.inline(text))  # noqa: S704  it escapes
