"""Names of people as platforms, spreadsheets and file systems spell them, made comparable."""

from __future__ import annotations

import re
import unicodedata

GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i"}
)
"""Letters that Unicode does not take apart, as platforms write them in ASCII."""


def spellings(text: str) -> frozenset[str]:
    """Return the ways in which a name may be spelt without accents, spaces and case.

    >>> sorted(spellings("Müller-Lüdenscheidt"))
    ['muellerluedenscheidt', 'mullerludenscheidt']
    """
    lower = unicodedata.normalize("NFC", text).casefold()
    return frozenset(_plain(each, "") for each in (lower, lower.translate(GERMAN))) - {""}


def slug(*parts: str) -> str:
    """Join what is known of a person to a safe id, in lower case; "" if nothing of it is ASCII.

    >>> slug("Jörg Müßig", "12345")
    'joerg-muessig-12345'
    """
    lower = (unicodedata.normalize("NFC", part).casefold().translate(GERMAN) for part in parts)
    return "-".join(filter(None, (_plain(part, "-") for part in lower)))[:100]


def _plain(lower: str, separator: str) -> str:
    apart = unicodedata.normalize("NFKD", lower.translate(LETTERS))
    if separator:
        return re.sub(r"[^a-z0-9]+", separator, _without_marks(apart)).strip(separator)
    return "".join(letter for letter in _without_marks(apart) if letter.isalnum())


def _without_marks(text: str) -> str:
    return "".join(letter for letter in text if not unicodedata.combining(letter))
