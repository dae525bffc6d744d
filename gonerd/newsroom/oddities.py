"""Pages that are well-formed and no news: code, noise, stubs behind a paywall, one-liners."""

from __future__ import annotations

from random import Random

from gonerd.newsroom.address import Address
from gonerd.newsroom.article import Article
from gonerd.newsroom.foreign import foreign_paragraphs
from gonerd.newsroom.layouts import Story, story_from_article
from gonerd.newsroom.notices import notice_paragraphs
from gonerd.newsroom.sites import site_of

__all__ = ["ODDITIES", "odd_story", "paywall_story"]

ODDITIES: dict[str, tuple[float, str]] = {
    "code": (0.015, "code"),
    "foreign": (0.050, "language"),
    "noise": (0.015, "noise"),
    "short": (0.030, "short"),
}
"""Kinds of pages with their share of the number of articles, and the reason to leave them out."""

_ONE_LINERS = (
    "Photo gallery: the parade in pictures.",
    "Correction: an earlier version misspelled the name of the street.",
    "Video: watch the moment the chimney came down.",
    "Tonight: rain, then clearing. Low near 40.",
    "The results of the weekend will be added here.",
)
_KEYWORDS = (
    "cheap tires", "watch online", "best loans", "free coupons", "near me", "buy now", "top 10",
    "reviews", "discount code", "no fee", "free shipping", "casino bonus", "weight loss", "crypto",
)  # fmt: skip
_SYMBOLS = ("★★★★★", "#####", "$$$$", "%%%", "~~~~", ">>>>", "|||", "=====", "@@@", "•••")
_VERBS = ("load", "parse", "merge", "split", "check", "store", "count", "filter")
_THINGS = ("record", "header", "window", "buffer", "index", "packet", "result", "entry")


def odd_story(address: Address) -> Story:
    """Make the page of a kind in ODDITIES, or of the kind `boilerplate`.

    Raises:
        ValueError: the kind is none of them.
    """
    chance = Random(address.seed)  # noqa: S311
    if address.kind == "foreign":
        return _foreign(address, chance)
    if address.kind == "short":
        return _story(address, paragraphs=(chance.choice(_ONE_LINERS),))
    if address.kind == "boilerplate":
        return _story(address, paragraphs=notice_paragraphs(address, site_of(address.domain)))
    if address.kind == "noise":
        return _story(address, paragraphs=_noise(chance))
    if address.kind == "code":
        lines = [_function(chance) for _ in range(chance.randint(12, 30))]
        return _story(
            address,
            paragraphs=("The script that the newsroom uses, as it stands.", "Save it and run it."),
            preformatted=("\n\n".join(lines),),
        )
    raise ValueError(f"no oddity is called {address.kind!r}")


def paywall_story(address: Address, article: Article) -> Story:
    """Show the first lines of an article, and then the wall."""
    words = " ".join(article.paragraphs).split()
    opening = " ".join(words[:60]) + "…"
    wall = (
        "Subscribe to continue reading",
        f"This article is for subscribers of {site_of(address.domain).name}.",
        "Already a subscriber? Log in to continue.",
    )
    return _story(address, paragraphs=(opening, *wall), authors=story_from_article(article).authors)


def _story(
    address: Address,
    *,
    paragraphs: tuple[str, ...],
    preformatted: tuple[str, ...] = (),
    authors: tuple[str, ...] = ("Staff",),
) -> Story:
    return Story(
        url=address.url,
        title=address.title,
        authors=authors,
        published=address.published,
        topic=address.topic,
        paragraphs=paragraphs,
        preformatted=preformatted,
    )


def _foreign(address: Address, chance: Random) -> Story:
    place = site_of(address.domain).city
    paragraphs = foreign_paragraphs(address.language, place=place, chance=chance)
    # one in four pages states a language that it is not written in
    stated = "en" if chance.random() < 0.25 else address.language
    return Story(
        url=address.url,
        title=address.title,
        authors=("Redaktion",),
        published=address.published,
        topic=address.topic,
        paragraphs=paragraphs,
        language=stated,
    )


def _noise(chance: Random) -> tuple[str, ...]:
    if chance.random() < 0.5:
        return tuple(
            ", ".join(chance.choice(_KEYWORDS) for _ in range(chance.randint(12, 30)))
            for _ in range(chance.randint(5, 12))
        )
    return tuple(
        " ".join(
            chance.choice(_SYMBOLS) if chance.random() < 0.7 else str(chance.randrange(10**6))
            for _ in range(chance.randint(12, 30))
        )
        for _ in range(chance.randint(5, 12))
    )


def _function(chance: Random) -> str:
    verb, thing, other = chance.choice(_VERBS), chance.choice(_THINGS), chance.choice(_THINGS)
    if chance.random() < 0.5:
        return (
            f"def {verb}_{thing}({other}s, limit={chance.randrange(100)}):\n"
            f"    out = []\n    for i, {other} in enumerate({other}s):\n"
            f"        if {other}[{chance.randrange(8)}] != 0x{chance.randrange(256):02x} and i < limit:\n"
            f"            out.append(({other}.{verb}(), i << {chance.randrange(8)}))\n    return out"
        )
    return (
        f"static int {verb}_{thing}(struct {other} *p, size_t n) {{\n"
        f"    for (size_t i = 0; i < n; ++i) {{\n"
        f"        if (p[i].{thing} & 0x{chance.randrange(256):02x}) {{ p->{verb}(&p[i]); }}\n"
        f"    }}\n    return p ? p->count : -{chance.randrange(1, 9)};\n}}"
    )
