"""The lines above an article that repeat its metadata: headline, authors, date."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["VOCABULARY", "without_byline"]

LOOKED_AT = 6
"""Lines from the top; what stands further down belongs to the text."""

PROSE = 8
"""Words; a line of so many that is no metadata begins the text."""

LONGEST = 25
"""Words; a longer line is prose whatever it is made of."""

WORD = re.compile(r"[^\W\d_]+")
BY = re.compile(r"(?:written |posted )?by\b", re.IGNORECASE)
YEAR = re.compile(r"\b(?:19|20)\d\d\b")
PARTICLE_WORDS = """
al bin da de del della den der di du el ibn la le ten ter van von y
"""
PARTICLES = frozenset(PARTICLE_WORDS.split())

CALENDAR = """
january february march april may june july august september october november december
monday tuesday wednesday thursday friday saturday sunday
"""
MONTHS = frozenset(word for name in CALENDAR.split()[:12] for word in (name, name[:3], "sept"))

OTHERS = """
sept tues thur thurs am pm a p m et est edt ct cst cdt mt mst mdt pt pst pdt gmt utc bst ist z
by and on at of the from for with to a st nd rd th
author authors date dated published updated posted written edited modified last first created
staff report reports reporter reporters reporting writer writers editor correspondent contributor
min mins minute minutes hour hours day days ago read
"""
VOCABULARY = frozenset(
    (*CALENDAR.split(), *(name[:3] for name in CALENDAR.split()), *OTHERS.split())
)


def without_byline(
    text: str, *, title: str | None, authors: Iterable[str], site: str | None
) -> str:
    """`text` without those of its first lines that hold only headline, authors, site and date.

    A line is taken off only if all its words are of that kind, so that prose never is.
    """
    lines = text.split("\n")
    names = {word.casefold() for name in (*authors, site or "") for word in WORD.findall(name)}
    headline = _letters(title or "")
    kept: list[str] = []
    for place, line in enumerate(lines):
        if place >= LOOKED_AT:
            return "\n".join(kept + lines[place:])
        if _letters(line) == headline or _says_nothing_new(line, names) or _signs(line):
            continue
        kept.append(line)
        if len(line.split()) >= PROSE:
            return "\n".join(kept + lines[place + 1 :])
    return "\n".join(kept) if kept else text


def _says_nothing_new(line: str, names: set[str]) -> bool:
    words = WORD.findall(line.casefold())
    if not words or len(words) > LONGEST or line.endswith(("!", "?", '"', "”")):
        return not words
    return all(word in VOCABULARY or word in names for word in words)


def _signs(line: str) -> bool:
    """Names behind `by`, or names and a date: every word is capitalised, or one of dates and bylines."""
    if line.endswith((".", "!", "?", '"', "”", ":")) or not (BY.match(line) or YEAR.search(line)):
        return False
    words = WORD.findall(line)
    dated = any(word.casefold() in MONTHS for word in words)
    return (
        len(words) <= LONGEST
        and (dated or BY.match(line) is not None)
        and all(
            word[0].isupper() or word.casefold() in VOCABULARY or word in PARTICLES
            for word in words
        )
    )


def _letters(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())
