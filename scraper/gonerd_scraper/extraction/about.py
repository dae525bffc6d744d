"""Title, authors, date and site of a page: from what it says for machines, else from what it shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from gonerd_scraper.extraction.ballot import letters_of
from gonerd_scraper.extraction.byline import VOCABULARY
from gonerd_scraper.extraction.frozen import frozen_text
from gonerd_scraper.extraction.structured import ArticleData
from gonerd_scraper.urls import host_of

__all__ = ["About", "about_page", "line_of", "meta_values"]

TITLE_KEYS = ("og:title", "twitter:title", "dc.title", "parsely-title", "sailthru.title")
AUTHOR_KEYS = (
    "author", "article:author", "dc.creator", "dcterms.creator", "parsely-author", "sailthru.author",
    "byl", "citation_author",
)  # fmt: skip
DATE_KEYS = (
    "article:published_time", "og:article:published_time", "datepublished", "date", "pubdate",
    "publishdate", "publish-date", "publish_date", "publication_date", "dc.date", "dc.date.issued",
    "dcterms.created", "dcterms.date", "parsely-pub-date", "sailthru.date", "cxenseparse:recs:publishtime",
)  # fmt: skip

DAY = re.compile(r"\s*((?:19|20)\d\d)-(\d\d)-(\d\d)(?!\d)")
EARLIEST = "1995-01-01"

BY = re.compile(r"^\W*(?:written |posted |reported )?by[:\s]+", re.IGNORECASE)
BETWEEN = re.compile(r"\s*(?:;|\||,| and | & )\s*")
NO_NAME = re.compile(r"https?:|www\.|@|[<>{}]|\d{3}", re.IGNORECASE)
SUFFIX = re.compile(r"(?<!\s)\s+(?:[|•·»*]|[-–—])\s+")
LONGEST_TITLE = 1000
"""Characters; a longer one is no title."""

LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class About:
    """What is known about an article besides its text; `titles` are all that the page gives to it."""

    title: str | None
    titles: tuple[str, ...]
    authors: tuple[str, ...]
    date: str | None
    site: str | None


def line_of(value: Any) -> str:
    """Any value of a page's metadata as one frozen line, its white space as it is shown."""
    return " ".join(frozen_text(str(value)).split()) if value else ""


def meta_values(tree: Any) -> dict[str, list[str]]:
    """The meta elements of a page: lower-cased name, property or itemprop to contents."""
    found: dict[str, list[str]] = {}
    for meta in tree.iter("meta"):
        content = meta.get("content")
        key = meta.get("property") or meta.get("name") or meta.get("itemprop")
        if content and key:
            found.setdefault(key.strip().lower(), []).append(content)
    return found


def about_page(
    tree: Any, metas: dict[str, list[str]], data: ArticleData, *, url: str, until: str
) -> About:
    """Title, authors and date; `until` is the last day that a date can have.

    What neither JSON-LD nor the meta elements say, trafilatura and htmldate look for in the page.
    """
    site = line_of(_first(metas, ("og:site_name",))) or None
    headings = [line for h1 in tree.iter("h1") if (line := _title_line(" ".join(h1.itertext())))]
    shown = tree.xpath("string(//head//title)")
    declared = [_title_line(said) for said in (data.headline, _first(metas, TITLE_KEYS), shown)]
    title = _title(headings, declared, site or host_of(url))
    people = _names(data.authors) if data.people else []
    authors = people or _names(metas_of(metas, AUTHOR_KEYS)) or _names(data.authors)
    date = _day([data.published, *metas_of(metas, DATE_KEYS), *_times(tree)], until)
    if not (title and authors and date):
        found = _looked_for(tree, url, until, title=not title, authors=not authors, date=not date)
        title, authors, date = title or found[0], authors or _names([found[1]]), date or found[2]
    named = [name for name in authors if letters_of(name) != letters_of(site or "")]
    titles = tuple(dict.fromkeys(line for line in (title, *declared) if line))
    return About(title or None, titles, tuple(named or authors), date, site)


def _title_line(value: Any) -> str:
    """What may be a title as one line, empty where it is too long to be any."""
    line = line_of(value)
    return line if len(line) <= LONGEST_TITLE else ""


def _title(headings: Sequence[str], declared: Sequence[str], site: str) -> str:
    """The headline as the page shows it where it is one of those declared, or a part of one."""
    known = [letters_of(title) for title in declared if title]
    for heading in headings:
        letters = letters_of(heading)
        if len(letters) > 3 and any(letters in title for title in known):
            return heading
    for title in declared:
        if title:
            return _without_site(title, site)
    return headings[0] if len(headings) == 1 else ""


def _without_site(title: str, site: str) -> str:
    """`title` without the name of the site behind it: `Storm hits - The Ledger`; a host name will do."""
    name = letters_of(site)
    for sign in SUFFIX.finditer(title):
        behind = letters_of(title[sign.end() :]) if name else ""
        if behind and (behind.startswith(name) or behind in name):
            return title[: sign.start()]
    return title


def _names(values: Iterable[str]) -> list[str]:
    """Names of authors, of which one string may hold several; addresses are none, nor are roles."""
    names: dict[str, str] = {}
    for value in values:
        for name in BETWEEN.split(BY.sub("", line_of(value))):
            name = BY.sub("", name).strip(" .,;|")
            if 2 <= len(name) <= LONGEST_NAME and not NO_NAME.search(name) and not _is_role(name):
                known = names.get(letters := letters_of(name))
                if known is None or (" " in name and " " not in known):
                    names[letters] = name
    return list(names.values())


def _is_role(name: str) -> bool:
    """`Staff report` and the like, which names nobody."""
    words = name.casefold().split()
    return bool(words) and all(word in VOCABULARY for word in words)


def _day(values: Iterable[str], until: str) -> str | None:
    """The first day among dates as ISO 8601 has them, in the zone in which they are written."""
    for value in values:
        match = DAY.match(value)
        if match is None:
            continue
        day = "-".join(match.groups())
        if EARLIEST <= day <= until and match[2] <= "12" and match[3] <= "31":
            return day
    return None


def _times(tree: Any) -> list[str]:
    """Time elements that say of themselves that they are the date of publication."""
    return [
        time.get("datetime") or ""
        for time in tree.iter("time")
        if time.get("pubdate") is not None or time.get("itemprop") == "datePublished"
    ]


def _first(metas: dict[str, list[str]], keys: Iterable[str]) -> str:
    return next(iter(metas_of(metas, keys)), "")


def metas_of(metas: dict[str, list[str]], keys: Iterable[str]) -> list[str]:
    return [value for key in keys for value in metas.get(key, ())]


def _looked_for(
    tree: Any, url: str, until: str, *, title: bool, authors: bool, date: bool
) -> tuple[str, str, str | None]:
    """What the page shows of those that are asked for: title, authors in one string, date."""
    from htmldate import find_date
    from trafilatura.metadata import extract_author, extract_title

    return (
        _title_line(extract_title(tree)) if title else "",
        line_of(extract_author(tree)) if authors else "",
        find_date(tree, url=url, original_date=True, extensive_search=True, max_date=until)
        if date
        else None,
    )
