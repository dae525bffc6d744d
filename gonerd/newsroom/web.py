"""The fictional web as one object: what every address answers, and what is true of it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from email.utils import parsedate_to_datetime
from functools import lru_cache
from hashlib import sha256
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from gonerd.newsroom.address import Address
from gonerd.newsroom.article import Article
from gonerd.newsroom.feeds import (
    feed_paths,
    feed_response,
    feed_type,
    sitemap_paths,
    sitemap_response,
)
from gonerd.newsroom.generator import article
from gonerd.newsroom.generator import articles as generated_articles
from gonerd.newsroom.layouts import TEMPLATES, Link, Story, Surroundings, story_from_article
from gonerd.newsroom.manners import (
    FAILURES,
    HOSTILE,
    REDIRECTS,
    declared_charset,
    encoded_page,
    first_answer,
    sent,
)
from gonerd.newsroom.near_duplicate import REPRINT_NUMBER, variant
from gonerd.newsroom.oddities import ODDITIES, odd_story, paywall_story
from gonerd.newsroom.pages import (
    PAGE_SIZE,
    list_page,
    list_text,
    missing_page,
    static_page,
    static_text,
)
from gonerd.newsroom.plan import EXTRA, planned_addresses
from gonerd.newsroom.policies import policy_response
from gonerd.newsroom.response import Headers, Response, html_response, redirect_to
from gonerd.newsroom.sites import SITES, Site, site_of
from gonerd.newsroom.structure import fixed_addresses, with_sections
from gonerd.newsroom.traps import calendar_page, failing_response, session_page
from gonerd.schema import Document

__all__ = ["Newsroom"]

_CALENDAR = re.compile(r"/calendar/(\d{1,4})/(\d{2})(?:/\d{2})?")
_BOARD = re.compile(r"/board\?sid=([0-9a-f]{1,16})")
_FAR = re.compile(r"(/item/far-\d+)/(\d+)")


class Newsroom:
    """A web of 21 sites with `articles` articles, the same for the same `seed`.

    Reprints, oddities, lists, failures and traps come on top of the articles. With `hostile` off
    nothing is served that costs a crawler time or memory. Set-up takes as long as generating the
    articles once; a page is made when it is asked for, and `cached_pages` of them are kept.
    """

    def __init__(
        self, articles: int, seed: int = 0, *, hostile: bool = True, cached_pages: int = 4096
    ) -> None:
        self.articles = articles
        self.seed = seed
        self.hostile = hostile
        extras = (article(EXTRA + number, seed=seed) for number in count())
        made = generated_articles(articles, seed=seed)
        pages = with_sections(planned_addresses(made, extras, seed=seed, hostile=hostile))
        self._listed: dict[str, list[Address]] = defaultdict(list)
        for address in pages:
            if address.listed:
                self._listed[address.domain].append(address)
        for addresses in self._listed.values():
            addresses.sort(key=lambda a: (a.published, a.url), reverse=True)
        self._addresses = [*pages, *fixed_addresses(self._listed)]
        self._routes = {address.route: address for address in self._addresses}
        self._sites = {site.host: site for site in SITES}
        self._answer = lru_cache(maxsize=cached_pages)(self._made_answer)

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts that are served."""
        return tuple(self._sites)

    def urls(self) -> Iterator[str]:
        """Yield every address that shows something, endless spaces by their first page."""
        return (address.url for address in self._addresses)

    def addresses(self) -> tuple[Address, ...]:
        """Give every address with what is expected of a crawler that meets it."""
        return tuple(self._addresses)

    def truth(self) -> Iterator[dict[str, Any]]:
        """Yield one record an address, as `gonerd.newsroom.address.Address.record` makes it."""
        return (address.record() for address in self._addresses)

    def truth_of(self, url: str) -> dict[str, Any] | None:
        """The record of one address, endless spaces included; None for one that nothing lies at."""
        address = self._address(url)
        return replace(address, url=url).record() if address is not None else None

    def text_of(self, url: str) -> str:
        """What the page at `url` says of its own, a paragraph a line: no furniture, no byline; else "".

        Of a list these are its headlines and teasers.
        """
        address = self._address(url)
        if address is None or address.manner in (*FAILURES, *HOSTILE) or address.kind == "redirect":
            return ""
        site = site_of(address.domain)
        if address.kind == "list":
            return list_text(site, self._entries(site, address, address.route[1]))
        if address.kind == "static":
            return static_text(site, address.title)
        if address.kind in ("article", "reprint", "copy"):
            return self._article(address).text
        story = self._story(address)
        return "\n".join((*story.paragraphs, *story.preformatted))

    def gold(self) -> Iterator[Document]:
        """Yield the gold documents: articles in order, then reprints, each with its original's cluster."""
        for address in self._addresses:
            if address.gold_id and address.kind in ("article", "reprint"):
                document = self._article(address).document()
                original = address.number % REPRINT_NUMBER
                yield replace(
                    document, meta={**document.meta, "cluster": f"newsroom-{original:06d}"}
                )

    def respond(
        self,
        host: str,
        target: str,
        *,
        headers: Mapping[str, str] | None = None,
        attempt: int = 0,
    ) -> Response:
        """Answer one GET; nothing is remembered, so `attempt` says how often it was asked before.

        `headers` are the request's, with names in lower case. A host that is none of ours gets 421.
        """
        asked = headers or {}
        site = self._sites.get(host.lower().partition(":")[0])
        if site is None:
            return Response(status=421, headers=(("Content-Type", "text/plain"),), body=b"Who?\n")
        address = self._routes.get((site.host, target))
        manner = address.manner if address else ""
        response = first_answer(manner, attempt, self._answer(site.host, target))
        if response.status == 200 and _unchanged(response, asked):
            return Response(status=304, headers=(("ETag", response.header("ETag") or ""),))
        return sent(manner, response, accepted=asked.get("accept-encoding", ""))

    def _made_answer(self, host: str, target: str) -> Response:
        site = self._sites[host]
        address = self._routes.get((host, target))
        if address is None:
            return self._unplanned(site, target)
        if address.kind == "redirect" and address.manner not in FAILURES:
            return redirect_to(address.target, status=REDIRECTS[address.manner][1])
        if address.kind in ("list", "static") or address.manner in ("calendar", "session"):
            return self._unplanned(site, target)
        if address.manner in FAILURES or address.manner in HOSTILE:
            return failing_response(address)
        return _validated(self._page(site, address), address)

    def _page(self, site: Site, address: Address) -> Response:
        manner = address.manner
        layout = TEMPLATES[manner if manner in ("amp", "print") else site.template]
        related = self._listed[site.domain]
        around = Surroundings(
            site=site,
            seed=f"{self.seed}/{address.url}",
            sections=self._sections(site),
            charset=declared_charset(manner),
            canonical=address.duplicate_of if address.kind == "copy" else "",
            robots="noindex, nofollow" if manner == "noindex-meta" else "",
            head='<meta name="tdm-reservation" content="1">\n' if manner == "tdm-meta" else "",
        )
        chosen = around.random("related").sample(related, k=min(5, len(related)))
        around = replace(around, related=tuple(Link(a.url, a.title) for a in chosen))
        response = encoded_page(layout(self._story(address), around), manner)
        more: Headers = ()
        if manner == "noindex-header":
            more = (("X-Robots-Tag", "noindex"),)
        elif manner == "tdm-header":
            more = (("tdm-reservation", "1"),)
        return replace(response, headers=(*response.headers, *more))

    def _story(self, address: Address) -> Story:
        if address.kind in (*ODDITIES, "boilerplate"):
            return odd_story(address)
        shown = self._article(address)
        if address.kind == "paywall":
            return paywall_story(address, shown)
        return replace(story_from_article(shown), topic=address.topic)

    def _article(self, address: Address) -> Article:
        number, site = address.number, site_of(address.domain)
        if REPRINT_NUMBER <= number < EXTRA:
            original = article(number - REPRINT_NUMBER, seed=self.seed)
            shown = variant(original, seed=self.seed, site=site)
        else:
            shown = article(number, seed=self.seed)
        return replace(shown, url=address.url, domain=site.domain, kind=site.kind)

    def _address(self, url: str) -> Address | None:
        """The planned address of `url`, of an endless space the first one."""
        parts = urlsplit(url)
        host, target = parts.netloc, f"{parts.path or '/'}{'?' * bool(parts.query)}{parts.query}"
        found = self._routes.get((host, target))
        if found is None and (far := _FAR.fullmatch(target)):
            found = self._routes.get((host, far[1]))
        if found is None and target.endswith("?again"):
            found = self._routes.get((host, target.removesuffix("?again")))
        endless = {"calendar": _CALENDAR, "session": _BOARD}
        for manner, pattern in endless.items():
            if found is None and self.hostile and host in self._sites and pattern.fullmatch(target):
                found = next((a for a in self._addresses if a.manner == manner), None)
        return found

    def _sections(self, site: Site) -> tuple[Link, ...]:
        topics = sorted({address.topic for address in self._listed[site.domain]})
        return tuple(Link(f"/section/{topic}", topic.replace("-", " ").title()) for topic in topics)

    def _unplanned(self, site: Site, target: str) -> Response:
        """Answer for what is not a story: policies, feeds, sitemaps, lists, endless spaces, nothing."""
        listed = self._listed[site.domain]
        sitemaps = tuple(f"http://{site.host}{path}" for path in sitemap_paths(site))
        found = (
            policy_response(site, target, sitemaps=sitemaps, hostile=self.hostile)
            or feed_response(site, target, listed)
            or sitemap_response(site, target, listed)
        )
        if found is not None:
            return found
        if (address := self._routes.get((site.host, target))) and address.kind == "list":
            return _validated(html_response(self._list(site, address, target)), None)
        if address and address.kind == "static":
            return html_response(static_page(site, address.title))
        if (month := _CALENDAR.fullmatch(target)) and self.hostile and 1 <= int(month[2]) <= 12:
            return html_response(calendar_page(site, int(month[1]), int(month[2])))
        if (board := _BOARD.fullmatch(target)) and self.hostile:
            return html_response(session_page(site, board[1]))
        if far := _FAR.fullmatch(target):
            start = self._routes.get((site.host, far[1]))
            if start is not None:
                return failing_response(start, step=int(far[2]))
        if target.endswith("?again"):
            start = self._routes.get((site.host, target.removesuffix("?again")))
            if start is not None and start.manner == "loop":
                return redirect_to(start.url, status=302)
        return Response(
            status=404,
            headers=(("Content-Type", "text/html; charset=utf-8"),),
            body=missing_page(site).encode(),
        )

    def _of_topic(self, site: Site, address: Address) -> list[Address]:
        listed = self._listed[site.domain]
        return [a for a in listed if a.topic == address.topic] if address.topic else listed

    def _entries(self, site: Site, address: Address, target: str) -> list[Address]:
        """What a list shows on one page."""
        page = target.partition("?page=")[2]
        start = (int(page or 1) - 1) * PAGE_SIZE
        return self._of_topic(site, address)[start : start + PAGE_SIZE]

    def _list(self, site: Site, address: Address, target: str) -> str:
        path, _, query = target.partition("?page=")
        number = int(query or 1)
        count = len(self._of_topic(site, address))
        pages = -(-count // PAGE_SIZE) if address.topic else 1
        further = [Link(f"{path}?page={n}", str(n)) for n in range(2, pages + 1) if n != number]
        head = "".join(
            f'<link rel="alternate" type="{feed_type(feed)}" href="{feed}">\n'
            for feed in feed_paths(site)
        )
        return list_page(
            site,
            address.title,
            self._entries(site, address, target),
            sections=self._sections(site),
            further=further,
            head=head,
        )


def _validated(response: Response, address: Address | None) -> Response:
    etag = f'"{sha256(response.body).hexdigest()[:20]}"'
    headers: Headers = (*response.headers, ("ETag", etag))
    if address is not None:
        stamp = address.published.strftime("%a, %d %b %Y %H:%M:%S GMT")
        headers = (*headers, ("Last-Modified", stamp))
    return replace(response, headers=headers)


def _unchanged(response: Response, asked: Mapping[str, str]) -> bool:
    etag = response.header("ETag")
    if etag is None:
        return False
    if (known := asked.get("if-none-match")) is not None:
        return known == "*" or etag in known
    since, modified = asked.get("if-modified-since"), response.header("Last-Modified")
    if since is None or modified is None:
        return False
    try:
        return parsedate_to_datetime(since) >= parsedate_to_datetime(modified)
    except ValueError:
        return False
