"""One page, from a file or from the web, read as a crawl would read it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gonerd.errors import InputError
from gonerd.schema import text_sha256
from gonerd.takedown import TAKEN_DOWN, Takedown
from gonerd_scraper.config import CrawlConfig
from gonerd_scraper.extraction.documents import document_id
from gonerd_scraper.extraction.extract import PageInput, Reading, extractor_record, read_page
from gonerd_scraper.running.workers import JobError, WorkerPool
from gonerd_scraper.urls import host_of, is_web_url, origin_of, resolve_link
from gonerd_scraper.web.fetch import Fetcher, FetchError
from gonerd_scraper.web.host import Host
from gonerd_scraper.web.policies import SitePolicies
from gonerd_scraper.web.response import Response, problem_of
from gonerd_scraper.web.robots import agent_name

__all__ = ["extract_file", "extract_url"]

STANDARD_INPUT = "-"


class _RefusedError(Exception):
    """No page was fetched; `reason` is one of a crawl's."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


def extract_file(
    file: str, *, url: str | None, config: CrawlConfig, takedown: Takedown
) -> dict[str, Any]:
    """What a crawl would make of the page in `file` (`-`: standard input), had it come from `url`.

    Directives against indexing and mining are noted and keep nothing out: the page lies here already.

    Raises:
        InputError: the file can't be read, or `url` is no address of a page.
    """
    if url is not None and not is_web_url(url):
        raise InputError(
            f"--url is {url!r}, an address that begins with http:// or https:// is expected"
        )
    limit = config.max_page_bytes
    try:
        if file == STANDARD_INPUT:
            body = sys.stdin.buffer.read(limit + 1)
        else:
            with Path(file).open("rb") as opened:
                body = opened.read(limit + 1)
    except OSError as problem:
        raise InputError(f"{file} can't be read: {problem.strerror}") from None
    page = PageInput(
        url=url or "",
        headers=(("Content-Type", "text/html"),),
        body=body,
        fetched_at=_today(),
        agent=agent_name(config.user_agent),
        noindex="record",
        tdm="record",
    )
    if not body.strip():
        reading = Reading(kind="page", reason="no_text", detail="the page is empty")
    elif len(body) > limit:
        reading = Reading(kind="page", reason="too_large", detail=f"more than {limit} bytes")
    else:
        reading = _read(page, config)
    return _record(reading, url=url, addresses=[url] if url else [], takedown=takedown)


def extract_url(url: str, *, config: CrawlConfig, takedown: Takedown) -> dict[str, Any]:
    """Fetch `url` with the manners and the guard of a crawl, and read it; a refusal is a reason.

    Raises:
        InputError: `url` is no address of a page.
    """
    if not is_web_url(url):
        raise InputError(f"{url!r} is no address of a page")
    visit = _Visit(config, takedown)
    try:
        page = asyncio.run(visit.page(url))
    except _RefusedError as refusal:
        reading = Reading(kind="page", reason=refusal.reason, detail=refusal.detail)
        return _record(reading, url=url, addresses=visit.addresses, takedown=takedown)
    reading = _read(page, config)
    return _record(reading, url=url, addresses=visit.addresses, takedown=takedown)


class _Visit:
    """One request through its redirects, each asked of robots.txt, ai.txt and the take-down list."""

    def __init__(self, config: CrawlConfig, takedown: Takedown) -> None:
        self.addresses: list[str] = []
        self._config = config
        self._takedown = takedown
        self._policies = SitePolicies(config, keep=_forget)

    async def page(self, url: str) -> PageInput:
        """The page that `url` leads to.

        Raises:
            _RefusedError: it may not be fetched, or did not come.
        """
        async with Fetcher(self._config) as fetcher:
            response = await self._answer(url, fetcher)
        problem = problem_of(response)
        if problem is not None:
            raise _RefusedError(problem[0], problem[1])
        return PageInput(
            url=self.addresses[-1],
            headers=response.headers,
            body=response.body,
            fetched_at=response.fetched_at,
            agent=agent_name(self._config.user_agent),
            noindex=self._config.noindex,
            tdm=self._config.tdm,
            reservations=self._policies.known_reservations(origin_of(self.addresses[-1])),
        )

    async def _answer(self, url: str, fetcher: Fetcher) -> Response:
        slots = asyncio.Semaphore(1)
        hosts: dict[str, Host] = {}
        for _ in range(self._config.max_redirects + 1):
            if url in self.addresses:
                raise _RefusedError("redirect_loop", f"back to {url}")
            self.addresses.append(url)
            name = host_of(url)
            host = hosts.setdefault(name, Host(name, fetcher, self._config, slots))
            response = await self._allowed(host, url)
            if not response.redirect:
                return response
            target = resolve_link(url, response.redirect)
            if target is None:
                raise _RefusedError("bad_redirect", f"to {response.redirect[:300]!r}")
            url = target
        raise _RefusedError(
            "too_many_redirects", f"more than {self._config.max_redirects}, the last one to {url}"
        )

    async def _allowed(self, host: Host, url: str) -> Response:
        entry = self._takedown.reason(id=document_id(url), urls=[url])
        if entry is not None:
            raise _RefusedError(TAKEN_DOWN, entry)
        origin = origin_of(url)
        rules = await self._policies.rules(host, origin)
        if rules.refusal:
            raise _RefusedError("robots_unreachable", rules.refusal)
        if not rules.allows(url):
            agent = agent_name(self._config.user_agent)
            raise _RefusedError("robots_disallowed", f"for {agent} by {origin}/robots.txt")
        said = self._policies.known_ai_rules(origin).of_page(url)
        if said is not None and not said.allowed and self._config.ai_txt == "refuse":
            raise _RefusedError("ai_txt_disallowed", f"{said.rule} in {origin}/ai.txt")
        if host.left_alone:
            raise _RefusedError("host_left_alone", host.left_alone)
        try:
            response = await host.get(url, limit=self._config.max_page_bytes, keep=_forget_answer)
        except FetchError as problem:
            raise _RefusedError(problem.reason, problem.detail) from None
        host.release()
        return response


def _read(page: PageInput, config: CrawlConfig) -> Reading:
    """Read in a process of its own, under the limits of a crawl."""
    with WorkerPool(1, seconds=config.page_seconds, memory=config.page_memory) as pool:
        try:
            reading: Reading = pool.run(read_page, page)
        except JobError as problem:
            return Reading(kind="page", reason=problem.reason, detail=problem.detail)
    if reading.kind in ("sitemap", "feed") and not reading.text:
        links = len(reading.leads.pages) + len(reading.leads.sitemaps)
        return Reading(
            kind=reading.kind,
            reason="not_html",
            detail=f"a {reading.kind} with {links} links",
            leads=reading.leads,
        )
    return reading


def _record(
    reading: Reading, *, url: str | None, addresses: list[str], takedown: Takedown
) -> dict[str, Any]:
    meta = reading.meta
    canonical = meta.get("canonical")
    asked = [*addresses, *([canonical] if canonical else [])]
    entry = takedown.reason(id=document_id(addresses[-1]) if addresses else None, urls=asked)
    text, reason, detail = reading.text, reading.reason, reading.detail
    links: Iterable[str] = (*reading.leads.pages, *reading.leads.sitemaps)
    if entry is not None:
        text, reason, detail, meta, links = "", TAKEN_DOWN, entry, {}, ()
    return {
        "url": url,
        "final_url": addresses[-1] if addresses else None,
        "text": text,
        "title": meta.get("title"),
        "authors": meta.get("authors", []),
        "date": meta.get("date"),
        "language": meta.get("language"),
        "licence": meta.get("licence"),
        "canonical": meta.get("canonical"),
        "links": list(links),
        "charset": meta.get("charset"),
        "robots": meta.get("robots"),
        "text_from": meta.get("text_from"),
        "text_sha256": text_sha256(text) if text else None,
        "extractor": extractor_record(),
    } | ({} if text else {"reason": reason, "detail": detail})


def _today() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


async def _forget(_: str, __: Response) -> None:
    """Nothing is archived."""


async def _forget_answer(_: Response) -> None:
    """Nothing is archived."""
