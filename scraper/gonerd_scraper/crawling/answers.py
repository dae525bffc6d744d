"""What becomes of an answer: into the archive, then a redirect, a rejection, links, a document."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gonerd.takedown import TAKEN_DOWN, Takedown
from gonerd_scraper.config import CrawlConfig
from gonerd_scraper.crawling.commit import Committer, Stored
from gonerd_scraper.crawling.frontier import Frontier
from gonerd_scraper.crawling.items import Item
from gonerd_scraper.crawling.journal_rows import (
    fetched_row,
    now,
    refused_row,
    rejected_row,
    rejection,
)
from gonerd_scraper.crawling.progress import Watcher
from gonerd_scraper.crawling.visits import Visit, renewed_headers, validators
from gonerd_scraper.extraction.discover import Leads
from gonerd_scraper.extraction.documents import document_id, record_from_reading
from gonerd_scraper.extraction.extract import PageInput, Reading, read_page
from gonerd_scraper.running.workers import JobError, WorkerPool
from gonerd_scraper.shard import Shard
from gonerd_scraper.urls import host_of, origin_of, registered_domain, resolve_link, url_key
from gonerd_scraper.warc.archive import RecordPlace, read_record
from gonerd_scraper.warc.record import digest_of, new_record_id
from gonerd_scraper.web.policies import OPT_OUTS, SitePolicies
from gonerd_scraper.web.response import Response, problem_of
from gonerd_scraper.web.robots import agent_name

__all__ = ["Answers", "keeper"]


@dataclass(slots=True, kw_only=True)
class Answers:
    """Acts on answers, through the parts of one crawl; `kinds` is the kind of each source by its domain."""

    config: CrawlConfig
    folder: Path
    kinds: dict[str, str]
    frontier: Frontier
    policies: SitePolicies
    committer: Committer
    watcher: Watcher
    takedown: Takedown
    shard: Shard | None
    pool: WorkerPool
    threads: ThreadPoolExecutor

    async def settle(
        self, item: Item, response: Response, *, robots: str, visit: Visit | None
    ) -> None:
        """Archive an answer, then act on it; `visit` is what the address gave in an earlier crawl."""
        row, stored = self._row(item, response, robots, visit)
        if response.redirect:
            await self._redirect(item, response.redirect, row, stored)
            return
        problem = problem_of(response) if "same" not in row else None
        if problem is not None:
            reason, detail, transient = problem
            await self.reject(
                item, "fetch", reason, detail, row=row, stored=stored, transient=transient
            )
            return
        place = await self.committer.commit(row, stored)
        self.watcher.fetched(item.host, item.kind, len(response.raw))
        if visit is not None and "same" in row:
            item = replace(item, place=visit.place, robots=robots, same=row["same"], revisit=place)
            await self.read_again(item, visit.place)
        elif place is not None:
            await self._read(replace(item, robots=robots), response, place)

    async def read_again(self, item: Item, place: RecordPlace) -> None:
        """Read an answer that lies in the archive: from a run that did not come to it, or unchanged."""
        response = await self._archived(item, place)
        if item.revisit is not None:
            latest = await self._archived(item, item.revisit)
            response = replace(response, headers=renewed_headers(response, latest))
        await self._read(item, response, place)

    async def reject(
        self,
        item: Item,
        stage: str,
        reason: str,
        detail: str,
        *,
        transient: bool = False,
        row: dict[str, Any] | None = None,
        stored: Stored | None = None,
    ) -> None:
        """Note that an address gives nothing; `transient`: the next run tries again."""
        row = (row or rejected_row(item)) | {"done": True}
        if transient:
            row["transient"] = True
        if item.kind == "page":
            status = stored.response.status if stored is not None else None
            row["rejected"] = rejection(item, stage, reason, detail, status)
            self.watcher.settled(item.host, reason)
        await self.committer.commit(row, stored)

    async def keep_aside(self, url: str, kind: str, response: Response) -> None:
        """Archive an answer that has no say about what is still to be done: policies, "not now"."""
        row = fetched_row(Item(url, kind, 0, ""), response)
        del row["item"]
        await self.committer.commit(
            row | {"url": response.url, "kind": kind}, Stored(response, new_record_id())
        )
        self.watcher.fetched(host_of(response.url), "aside", len(response.raw))

    def limit_of(self, item: Item) -> int:
        """The bytes that an answer may have."""
        page = item.kind == "page"
        return self.config.max_page_bytes if page else self.config.max_sitemap_bytes

    async def _archived(self, item: Item, place: RecordPlace) -> Response:
        limit = self.limit_of(item)
        return await asyncio.to_thread(read_record, self.folder, place, item.url, limit=limit)

    def _row(
        self, item: Item, response: Response, robots: str, visit: Visit | None
    ) -> tuple[dict[str, Any], Stored]:
        row, record_id = fetched_row(item, response), new_record_id()
        if robots:
            row["robots"] = robots
        payload = digest_of(response.raw)
        same = visit.sameness(response, payload) if visit is not None else ""
        if visit is not None and same:
            row |= {"same": same, "reads": visit.place.record()}
            return row, Stored(response, record_id, visit.revisit(same))
        if response.status == 200 and not response.cut:
            row["validators"] = validators(response, record_id, payload)
        return row, Stored(response, record_id)

    async def _redirect(
        self, item: Item, location: str, row: dict[str, Any], stored: Stored
    ) -> None:
        target, reason, detail = self._target(item, location)
        if target is None:
            await self.reject(item, "redirect", reason, detail, row=row, stored=stored)
        elif self.shard is not None and not self.shard.owns(target.url):
            owner = self.shard.owner(registered_domain(target.host))
            handed = {"done": True, "handed": target.record(), "to": owner}
            await self.committer.commit(row | handed, stored)
        else:
            await self.committer.commit(row | {"done": True, "found": [target.record()]}, stored)
            self.frontier.push([target])

    def _target(self, item: Item, location: str) -> tuple[Item | None, str, str]:
        """The item that a redirect leads to, or the reason and detail of why it is not followed."""
        target = resolve_link(item.url, location)
        if target is None:
            return None, "bad_redirect", f"to {location[:300]!r}"
        chain = (*item.chain, item.url)
        if target in chain:
            return None, "redirect_loop", f"back to {target}"
        if len(chain) > self.config.max_redirects:
            limit = self.config.max_redirects
            return None, "too_many_redirects", f"more than {limit}, the last one to {target}"
        entry = self.takedown.reason(urls=[target])
        if entry is not None:
            return None, TAKEN_DOWN, f"leads to {target}: {entry}"
        ours = self.shard is None or self.shard.owns(target)
        if ours and not self.frontier.claim(target) and not _same_page(target, chain):
            return None, "duplicate_url", f"leads to {target}, which was met before"
        return replace(item, url=target, chain=chain), "", ""

    async def _read(self, item: Item, response: Response, place: RecordPlace) -> None:
        reading = await self._reading(item, response)
        reading = self._with_verdict(item, response, reading)
        leads = reading.leads if self.config.follow else Leads()
        found, refused = self.frontier.consider(leads, item)
        row: dict[str, Any] = {"event": "read", "at": now(), "item": item.record(), "done": True}
        if found:
            row["found"] = [one.record() for one in found]
        if refused:
            row["refused"] = [refused_row(one) for one in refused]
        if item.same and reading.reason not in OPT_OUTS:
            row["same"] = item.same  # what it was, it stays
        if reading.text and "same" not in row:
            row["document"] = record_from_reading(
                reading,
                url=item.first,
                final_url=item.url,
                source=self.kinds.get(item.source, "news"),
                fetched_at=response.fetched_at,
                status=response.status,
                place=place,
            )
        elif reading.reason and item.kind == "page":
            row["rejected"] = rejection(
                item, "extract", reading.reason, reading.detail, response.status
            )
        await self.committer.commit(row)
        if reading.text or reading.reason:
            self.watcher.settled(item.host, reading.reason)
        self.frontier.push(found)

    async def _reading(self, item: Item, response: Response) -> Reading:
        page = PageInput(
            url=item.url,
            headers=response.headers,
            body=response.body,
            fetched_at=response.fetched_at,
            agent=agent_name(self.config.user_agent),
            kind=item.kind,
            max_bytes=self.config.max_sitemap_bytes,
            noindex=self.config.noindex,
            tdm=self.config.tdm,
            reservations=self.policies.known_reservations(origin_of(item.url)),
        )
        try:
            reading: Reading = await asyncio.get_running_loop().run_in_executor(
                self.threads, self.pool.run, read_page, page
            )
        except JobError as problem:
            return Reading(kind="page", reason=problem.reason, detail=problem.detail)
        return reading

    def _with_verdict(self, item: Item, response: Response, reading: Reading) -> Reading:
        """`reading` with what robots.txt, X-Robots-Tag and ai.txt say, and without text where they refuse."""
        if item.kind != "page":
            return reading
        said = self.policies.known_ai_rules(origin_of(item.url)).of_page(item.url)
        robots = reading.meta.get("robots", {}) | {
            "robots_txt": item.robots or None,
            "x_robots_tag": response.header_values("X-Robots-Tag"),
            "ai_txt": said.record() if said is not None else None,
        }
        reading = replace(reading, meta=reading.meta | {"robots": robots})
        if not reading.text:
            return reading
        entry = self.takedown.reason(
            id=document_id(item.url), urls=_addresses(item, reading.meta.get("canonical"))
        )
        if entry is not None:
            return replace(reading, text="", reason=TAKEN_DOWN, detail=entry)
        if said is not None and not said.allowed and self.config.ai_txt == "refuse":
            detail = f"{said.rule} in {origin_of(item.url)}/ai.txt"
            return replace(reading, text="", reason="ai_txt_disallowed", detail=detail)
        return reading


def keeper(answers: Answers, item: Item) -> Callable[[Response], Awaitable[None]]:
    """What archives the answers to `item` that are followed by another try."""

    async def keep(response: Response) -> None:
        await answers.keep_aside(item.url, item.kind, response)

    return keep


def _addresses(item: Item, canonical: str | None) -> Iterable[str]:
    return (item.url, *item.chain, *((canonical,) if canonical else ()))


def _same_page(target: str, chain: Sequence[str]) -> bool:
    return url_key(target) in {url_key(url) for url in chain}
