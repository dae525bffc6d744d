"""Which addresses the fictional web has: decided once, from the articles and the seed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from random import Random
from urllib.parse import urlsplit, urlunsplit

from gonerd.newsroom.address import Address
from gonerd.newsroom.article import Article
from gonerd.newsroom.foreign import LANGUAGES, foreign_title
from gonerd.newsroom.manners import CHARSETS, FAILURES, HOSTILE, ONCE, REDIRECTS, SENDING
from gonerd.newsroom.near_duplicate import REPRINT_NUMBER
from gonerd.newsroom.notices import notice_addresses
from gonerd.newsroom.oddities import ODDITIES
from gonerd.newsroom.policies import CLOSED, OPEN_SITES, ROBOTS_MISSING, TDM_SITE
from gonerd.newsroom.sites import Site, site_of

__all__ = ["EXTRA", "MIN_WORDS", "address_of_article", "planned_addresses", "slug_of"]

EXTRA = 2_000_000
"""Articles from this number on are shown where no crawler may take them, and are not gold."""

MIN_WORDS = 50
"""Articles with fewer words are too short for a corpus (the Gopher rule); the truth says so."""

_REPRINT_SHARE = 0.06
_COPY_SHARE = 0.03
_PAYWALL_SHARE = 0.015
_DISALLOWED_SHARE = 0.015
_MANNER_SHARE = 0.002

_TITLES = {
    "code": ("How we counted the votes: the script", "Developers' corner: reading the open data"),
    "noise": ("Deals of the day", "Market table", "Best offers near you"),
    "short": ("In pictures", "Correction", "Weather tonight", "Video", "Scores"),
}
_RESERVATIONS = ("noindex-header", "noindex-meta", "tdm-header", "tdm-meta", "tdm-file")


def slug_of(words: str) -> str:
    """Make words fit for an address: a-z, 0-9 and hyphens, at most eight words."""
    return "-".join(re.findall(r"[a-z0-9]+", words.lower())[:8]) or "story"


def address_of_article(article: Article, *, kind: str = "article", reason: str = "") -> Address:
    """Take the address of an article, and what lists show of it."""
    return Address(
        url=article.url,
        domain=article.domain,
        kind=kind,
        title=article.title,
        topic=slug_of(article.topic),
        published=article.published,
        teaser=article.paragraphs[0][:160] if article.paragraphs else "",
        number=article.number,
        gold_id="" if article.number >= EXTRA else f"newsroom-{article.number:06d}",
        reason=reason,
    )


def planned_addresses(
    articles: Iterable[Article], extras: Iterable[Article], *, seed: int, hostile: bool
) -> list[Address]:
    """Decide every address that shows a page, except lists; `extras` supplies further articles."""
    chance = Random(f"{seed}/plan")  # noqa: S311
    found = [address_of_article(a, reason=_verdict(a)) for a in articles]
    count = len(found)
    open_places = [place for place, address in enumerate(found) if not address.reason]
    supply = iter(extras)
    more = [
        *_reprints([found[place] for place in open_places], chance),
        *_oddities(count, found, seed, chance),
        *_walled(count, supply, chance),
        *_failures(found, seed, chance, hostile=hostile),
    ]
    chance.shuffle(open_places)
    found, redirects, free = _with_manners(found, open_places, chance)
    copies = _copies([found[place] for place in free], chance)
    notices = notice_addresses(count, found, OPEN_SITES, seed=seed)
    return [*found, *redirects, *more, *copies, *notices]


def _verdict(article: Article) -> str:
    if article.domain in CLOSED:
        return "robots"
    return "short" if len(article.text.split()) < MIN_WORDS else ""


def _share(count: int, share: float, *, least: int = 1) -> int:
    return max(least, round(count * share))


def _elsewhere(address: Address, chance: Random) -> Site:
    others = [s for s in OPEN_SITES if s.kind == "news" and s.domain != address.domain]
    return chance.choices(others, weights=[site.weight for site in others])[0]


def _moved_to(address: Address, site: Site, number: int) -> str:
    return site.article_url(
        number=number,
        slug=slug_of(address.title),
        topic=address.topic,
        year=address.published.year,
        month=address.published.month,
        day=address.published.day,
    )


def _reprints(originals: Sequence[Address], chance: Random) -> Iterator[Address]:
    wanted = min(len(originals), _share(len(originals), _REPRINT_SHARE))
    for original in chance.sample(originals, k=wanted):
        site = _elsewhere(original, chance)
        number = REPRINT_NUMBER + original.number
        yield replace(
            original,
            url=_moved_to(original, site, number),
            domain=site.domain,
            kind="reprint",
            number=number,
            gold_id=f"newsroom-{number:06d}",
            duplicate_of=original.url,
            reason="duplicate",
        )


def _oddities(
    count: int, models: Sequence[Address], seed: int, chance: Random
) -> Iterator[Address]:
    for kind, (share, reason) in ODDITIES.items():
        for number in range(_share(count, share, least=2)):
            model = chance.choice(models)
            site = chance.choices(OPEN_SITES, weights=[site.weight for site in OPEN_SITES])[0]
            language = "en"
            if kind == "foreign":
                language = sorted(LANGUAGES)[number % len(LANGUAGES)]
                title = foreign_title(language, place=site.city, chance=chance)
            else:
                title = chance.choice(_TITLES[kind])
            place = f"/{slug_of(title)}-{kind[0]}{number}.html"
            yield Address(
                url=f"http://{site.host}{place}",
                domain=site.domain,
                kind=kind,
                title=title,
                topic=model.topic,
                published=model.published,
                reason=reason,
                language=language,
                seed=f"{seed}/{kind}/{number}",
            )


def _walled(count: int, supply: Iterator[Article], chance: Random) -> Iterator[Address]:
    news = [site for site in OPEN_SITES if site.kind == "news"]
    for place in range(_share(count, _PAYWALL_SHARE, least=2)):
        base = address_of_article(next(supply), kind="paywall", reason="paywall")
        yield _relocated(base, chance.choice(news), f"/plus/{slug_of(base.title)}-{place}")
    for place in range(_share(count, _DISALLOWED_SHARE, least=2)):
        base = address_of_article(next(supply), kind="disallowed", reason="robots")
        allowed = [site for site in OPEN_SITES if site.domain != ROBOTS_MISSING]
        yield _relocated(base, chance.choice(allowed), f"/private/{slug_of(base.title)}-{place}")
    for place in range(_share(count, 0.01, least=len(_RESERVATIONS))):
        manner = _RESERVATIONS[place % len(_RESERVATIONS)]
        reason = manner.partition("-")[0]
        base = address_of_article(next(supply), kind="reserved", reason=reason)
        site = site_of(TDM_SITE) if manner == "tdm-file" else chance.choice(news)
        folder = "reserved" if manner == "tdm-file" else "opinion"
        address = _relocated(base, site, f"/{folder}/{slug_of(base.title)}-{place}")
        yield replace(address, manner=manner)


def _relocated(address: Address, site: Site, path: str) -> Address:
    return replace(address, url=f"http://{site.host}{path}", domain=site.domain)


def _failures(
    models: Sequence[Address], seed: int, chance: Random, *, hostile: bool
) -> Iterator[Address]:
    failures = {**FAILURES, **HOSTILE} if hostile else dict(FAILURES)
    sites = [site for site in OPEN_SITES if site.kind == "news"]
    chance.shuffle(sites)
    turn = 0
    for manner, failure in failures.items():
        for number in range(_share(len(models), 0.001 if failure.often else 0.0)):
            site = sites[turn % len(sites)]
            turn += 1
            url = f"http://{site.host}{failure.path.format(number=number)}"
            yield Address(
                url=url,
                domain=site.domain,
                kind=failure.kind,
                title=f"{failure.title} {number + 1}",
                topic="latest",
                published=chance.choice(models).published,
                reason=failure.reason,
                manner=manner,
                target=failure.target.format(host=site.host, number=number),
                seed=f"{seed}/{manner}/{number}",
            )


def _with_manners(
    found: Sequence[Address], places: Sequence[int], chance: Random
) -> tuple[list[Address], list[Address], list[int]]:
    """Give some articles a manner of their own or a redirect in front; return the untouched places."""
    out, redirects = list(found), list[Address]()
    manners = [*CHARSETS, *ONCE, *SENDING, *REDIRECTS]
    each = _share(len(found), _MANNER_SHARE)
    waiting = iter(places)
    for manner in manners * each:
        place = next(waiting, None)
        if place is None:
            break
        address = out[place]
        if manner not in REDIRECTS:
            out[place] = replace(address, manner=manner)
            continue
        hops, _, across = REDIRECTS[manner]
        host = _elsewhere(address, chance).host if across else site_of(address.domain).host
        urls = [f"http://{host}/moved/{address.number}/{hop}" for hop in range(hops)]
        for hop, (url, target) in enumerate(zip(urls, [*urls[1:], address.url], strict=True)):
            redirects.append(
                replace(
                    address,
                    url=url,
                    domain=host.removeprefix("www."),
                    kind="redirect",
                    gold_id="",
                    duplicate_of=address.url,
                    reason="redirect",
                    manner=manner,
                    target=target,
                    listed=hop == 0,
                )
            )
        out[place] = replace(address, listed=False)
    return out, redirects, list(waiting)


def _copies(originals: Sequence[Address], chance: Random) -> Iterator[Address]:
    wanted = min(len(originals), _share(len(originals), _COPY_SHARE, least=3))
    for place, original in enumerate(chance.sample(originals, k=wanted)):
        parts = urlsplit(original.url)
        if place % 3 == 0:
            query = "&".join(filter(None, (parts.query, "utm_source=feed&utm_medium=rss")))
            url = urlunsplit(parts._replace(query=query))
        else:
            folder = "/amp" if place % 3 == 1 else "/print"
            url = urlunsplit(parts._replace(path=folder + parts.path))
        yield replace(
            original,
            url=url,
            kind="copy",
            gold_id="",
            duplicate_of=original.url,
            reason="duplicate",
            manner=("utm", "amp", "print")[place % 3],
        )
