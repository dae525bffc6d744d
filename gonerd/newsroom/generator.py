"""The articles of the fictional newsroom: each a pure function of its number and the seed."""

# ruff: noqa: S311 - chance here is for text, not for secrets

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import accumulate
from random import Random

from gonerd.newsroom.article import Article
from gonerd.newsroom.names import given_name, surname
from gonerd.newsroom.near_duplicate import variant
from gonerd.newsroom.shape import length_at
from gonerd.newsroom.sites import SITES, Site
from gonerd.newsroom.stories import JUSTICE_KINDS, NEWS_KINDS, Kind, write_article
from gonerd.newsroom.writer import Writer

__all__ = ["article", "articles", "variant"]

_FIRST_DAY = datetime(2015, 1, 5, 6, tzinfo=UTC)
_DAYS = 3280  # to the end of 2023
_STRAIGHT = str.maketrans("“”’", '""\'')


def articles(count: int, *, seed: int) -> Iterator[Article]:
    """Articles 0 to `count` - 1; more of them leave the first ones as they are. About 700 a second."""
    for number in range(count):
        yield article(number, seed=seed)


def article(number: int, *, seed: int) -> Article:
    """Article `number` of the newsroom with that seed, whichever others have been made."""
    chance = Random(f"newsroom:{seed}:{number}")
    draw = chance.random
    site = _site(draw())
    kinds = JUSTICE_KINDS if site.kind == "justice" else NEWS_KINDS
    kind = _kind(kinds, draw())
    published = _FIRST_DAY + timedelta(days=int(_DAYS * draw()), minutes=int(16 * 60 * draw()))
    writer = Writer(
        chance=chance,
        now=published,
        formal=site.kind == "justice",
        full_share=_FULL_SHARE,
    )
    text, entities, title = write_article(writer, kind, length_at(draw()))
    if site.kind == "justice":
        title = _capitalised(title)
    if site.kind != "justice" or draw() < 0.3:
        # Some sites write typewriter quotes and hyphens for dashes; both are one character for one.
        style = hash_of(site.domain) % 4
        text = text.translate(_STRAIGHT) if style >= 2 else text
        text = text.replace("—", "–" if style == 1 else "-") if style in (1, 3) else text
    authors = () if site.kind == "justice" else _authors(chance)
    return Article(
        number=number,
        domain=site.domain,
        kind=site.kind,
        url=site.article_url(
            number=number,
            slug=slug_of(title),
            topic=kind.topic,
            year=published.year,
            month=published.month,
            day=published.day,
        ),
        title=title,
        authors=authors,
        published=published,
        topic=kind.topic,
        paragraphs=tuple(text.rstrip("\n").split("\n")),
        entities=entities,
    )


_FULL_SHARE = 0.06


def _capitalised(title: str) -> str:
    return " ".join(
        word if word in _SMALL_WORDS else word[:1].upper() + word[1:] for word in title.split(" ")
    )


_SMALL_WORDS = frozenset(
    {"a", "an", "and", "as", "at", "for", "from", "in", "of", "on", "or", "the", "to", "with"}
)


def slug_of(title: str) -> str:
    """The words of a title as an address has them."""
    words = re.findall(r"[a-z0-9]+", title.lower().replace("’", ""))
    return "-".join(words)[:60].strip("-") or "story"


def hash_of(name: str) -> int:
    """A number that stays the same for a name from run to run."""
    return sum((place + 3) * ord(letter) for place, letter in enumerate(name))


@cache
def _site_shares() -> list[float]:
    return list(accumulate(site.weight for site in SITES))


def _site(share: float) -> Site:
    shares = _site_shares()
    return SITES[min(bisect_right(shares, share * shares[-1]), len(SITES) - 1)]


def _kind(kinds: tuple[Kind, ...], share: float) -> Kind:
    shares = list(accumulate(kind.weight for kind in kinds))
    return kinds[min(bisect_right(shares, share * shares[-1]), len(kinds) - 1)]


def _authors(chance: Random) -> tuple[str, ...]:
    draw = chance.random
    count = (1, 1, 1, 1, 1, 1, 2, 2, 3, 0)[int(10 * draw())]
    return tuple(f"{given_name(draw() < 0.5, draw)} {surname(draw)}" for _ in range(count))
