"""A crawl: one owner task per host, every answer into the archive first, every step into the journal."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urljoin

from gonerd_scraper.archive import ArchiveWriter, RecordPlace, read_record
from gonerd_scraper.commit import Committer
from gonerd_scraper.config import CrawlConfig
from gonerd_scraper.discover import Leads
from gonerd_scraper.documents import record_from_reading
from gonerd_scraper.extract import PageInput, Reading, read_page
from gonerd_scraper.fetch import Fetcher, FetchError
from gonerd_scraper.frontier import Frontier, Item, Refusal
from gonerd_scraper.host import Host
from gonerd_scraper.journal import Journal
from gonerd_scraper.policies import SitePolicies
from gonerd_scraper.replay import CrawlState
from gonerd_scraper.response import Response, problem_of
from gonerd_scraper.robots import RobotsRules, agent_name
from gonerd_scraper.sources import Source
from gonerd_scraper.urls import host_of, origin_of, registered_domain, resolve_link, url_key
from gonerd_scraper.workers import JobError, WorkerPool

__all__ = ["Crawl", "Watcher"]


class Watcher(Protocol):
    """Is told what happens, for a display; see `gonerd_scraper.progress`."""

    def fetched(self, host: str, kind: str, size: int) -> None:
        """An answer of `size` bytes is in the archive."""

    def settled(self, host: str, reason: str) -> None:
        """A page became a document (empty reason) or was rejected."""

    def queued(self, waiting: int) -> None:
        """So many addresses wait."""


class Crawl:
    """One run over `sources` into `folder`, going on from `state`."""

    def __init__(
        self,
        sources: Sequence[Source],
        config: CrawlConfig,
        folder: Path,
        state: CrawlState,
        *,
        journal: Journal,
        watcher: Watcher,
        pool: WorkerPool | None = None,
    ) -> None:
        self._sources = {source.domain: source for source in sources}
        self._config = config
        self._folder = folder
        self._state = state
        self._journal = journal
        self._watcher = watcher
        self._shared_pool = pool
        self._agent = agent_name(config.user_agent)
        self._policies = SitePolicies(config, keep=self._keep_aside)
        self._owners: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        """Fetch until nothing is left to fetch within the limits.

        Raises:
            OSError: archive or journal can't be written.
            InputError: the archive of an earlier run is damaged.
        """
        archive = ArchiveWriter(
            self._folder, max_bytes=self._config.max_archive_bytes, committed=self._state.committed
        )
        self._committer = Committer(archive, self._journal)
        self._frontier = Frontier(self._config, on_host=self._start_owner)
        self._slots = asyncio.Semaphore(self._config.concurrency)
        started = time.monotonic()
        try:
            with (
                self._worker_pool() as self._pool,
                ThreadPoolExecutor(self._config.workers, "read") as self._threads,
            ):
                try:
                    async with (
                        Fetcher(self._config) as self._fetcher,
                        asyncio.TaskGroup() as self._tasks,
                    ):
                        await self._begin()
                        await self._frontier.idle.wait()
                        for owner in self._owners:
                            owner.cancel()
                except BaseExceptionGroup as group:
                    raise _first(group) from None
                finally:
                    if self._pool is not self._shared_pool:
                        self._pool.close()  # ends what is being read, so that its threads end
                    await self._committer.finish()
            await self._commit(
                {"event": "end", "at": _now(), "seconds": round(time.monotonic() - started, 3)}
            )
        finally:
            archive.close()

    def _worker_pool(self) -> AbstractContextManager[WorkerPool]:
        if self._shared_pool is not None:
            return nullcontext(self._shared_pool)
        config = self._config
        return WorkerPool(config.workers, seconds=config.page_seconds, memory=config.page_memory)

    async def _begin(self) -> None:
        await self._commit(
            {
                "event": "start",
                "at": _now(),
                "gonerd": version("gonerd"),
                "config": asdict(self._config),
                "sources": [asdict(source) for source in self._sources.values()],
            }
        )
        for url in self._state.known:
            self._frontier.claim(url)
        for item in self._state.fetched:
            self._frontier.count(item)
        seeds = [
            Item(seed, "page", 0, source.domain)
            for source in self._sources.values()
            for seed in source.seeds
            if self._frontier.claim(seed)
        ]
        if seeds:
            await self._commit({"event": "found", "found": [item.record() for item in seeds]})
        self._frontier.push([*self._state.open.values(), *seeds])

    def _start_owner(self, name: str) -> None:
        self._owners.append(self._tasks.create_task(self._own(name)))

    async def _own(self, name: str) -> None:
        host = Host(name, self._fetcher, self._config, self._slots)
        while True:
            item = await self._frontier.take(name)
            self._watcher.queued(self._frontier.waiting)
            try:
                settle = await self._visit(host, item)
            except BaseException:
                self._frontier.finish()
                raise
            if settle is None:
                self._frontier.finish()
            else:  # reading goes on while the host's next page is asked for
                self._tasks.create_task(self._finish(settle))

    async def _finish(self, settle: Awaitable[None]) -> None:
        try:
            await settle
        finally:
            self._slots.release()
            self._frontier.finish()

    async def _visit(self, host: Host, item: Item) -> Awaitable[None] | None:
        """Fetch `item`; the rest of the work comes back as an awaitable that holds a slot."""
        if item.place is not None:
            await self._policies.reservations(host, origin_of(item.url))
            await self._slots.acquire()
            return self._read_again(item, item.place)
        rules = await self._learn_rules(host, item)
        if rules.refusal:
            await self._reject(item, "robots", "robots_unreachable", rules.refusal, transient=True)
            return None
        if not rules.allows(item.url):
            await self._reject(
                item,
                "robots",
                "robots_disallowed",
                f"for {self._agent} by {origin_of(item.url)}/robots.txt",
            )
            return None
        if host.left_alone:
            await self._reject(item, "fetch", "host_left_alone", host.left_alone, transient=True)
            return None
        limit = (
            self._config.max_page_bytes if item.kind == "page" else self._config.max_sitemap_bytes
        )
        try:
            response = await host.get(item.url, limit=limit, keep=self._keeper(item))
        except FetchError as problem:
            await self._reject(
                item, "fetch", problem.reason, problem.detail, transient=problem.transient
            )
            return None
        return self._settle(item, response)

    async def _settle(self, item: Item, response: Response) -> None:
        """Archive an answer, then act on it."""
        row = self._fetched_row(item, response)
        if 300 <= response.status < 400 and response.header("Location"):
            target, reason, detail = self._redirect(item, response.header("Location"))
            if target is not None:
                await self._commit(row | {"done": True, "found": [target.record()]}, response)
                self._frontier.push([target])
            else:
                await self._reject(item, "redirect", reason, detail, row=row, response=response)
            return
        problem = problem_of(response)
        if problem is not None:
            reason, detail, transient = problem
            await self._reject(
                item, "fetch", reason, detail, row=row, response=response, transient=transient
            )
            return
        place = await self._commit(row, response)
        assert place is not None
        self._watcher.fetched(item.host, item.kind, len(response.raw))
        await self._read(item, response, place)

    async def _read_again(self, item: Item, place: RecordPlace) -> None:
        """Read an answer that an earlier run archived and did not come to read."""
        limit = (
            self._config.max_page_bytes if item.kind == "page" else self._config.max_sitemap_bytes
        )
        response = await asyncio.to_thread(read_record, self._folder, place, item.url, limit=limit)
        await self._read(item, response, place)

    async def _read(self, item: Item, response: Response, place: RecordPlace) -> None:
        page = PageInput(
            url=item.url,
            headers=response.headers,
            body=response.body,
            fetched_at=response.fetched_at,
            agent=self._agent,
            kind=item.kind,
            max_bytes=self._config.max_sitemap_bytes,
            noindex=self._config.noindex,
            tdm=self._config.tdm,
            reservations=self._policies.known_reservations(origin_of(item.url)),
        )
        try:
            reading: Reading = await asyncio.get_running_loop().run_in_executor(
                self._threads, self._pool.run, read_page, page
            )
        except JobError as problem:
            reading = Reading(kind="page", reason=problem.reason, detail=problem.detail)
        leads = reading.leads if self._config.follow else Leads()
        found, refused = self._frontier.consider(leads, item)
        row: dict[str, Any] = {"event": "read", "at": _now(), "item": item.record(), "done": True}
        if found:
            row["found"] = [one.record() for one in found]
        if refused:
            row["refused"] = [_refused(one) for one in refused]
        if reading.text:
            row["document"] = record_from_reading(
                reading,
                url=item.first,
                final_url=item.url,
                source=self._sources[item.source].kind if item.source in self._sources else "news",
                fetched_at=response.fetched_at,
                status=response.status,
                place=place,
            )
        elif reading.reason and item.kind == "page":
            row["rejected"] = _rejected(
                item, "extract", reading.reason, reading.detail, response.status
            )
        await self._commit(row)
        if reading.text or reading.reason:
            self._watcher.settled(item.host, reading.reason)
        self._frontier.push(found)

    async def _learn_rules(self, host: Host, item: Item) -> RobotsRules:
        """What robots.txt allows; on first sight of an origin also the sitemaps that it names."""
        origin = origin_of(item.url)
        if self._policies.knows(origin):
            return await self._policies.rules(host, origin)
        rules = await self._policies.rules(host, origin)
        if (
            self._config.follow
            and not rules.refusal
            and registered_domain(host.name) == item.source
        ):
            listed = [url for link in rules.sitemaps if (url := resolve_link(f"{origin}/", link))]
            leads = Leads(sitemaps=(*listed, f"{origin}/sitemap.xml"))
            start = Item(f"{origin}/robots.txt", "sitemap", 0, item.source)
            found, _ = self._frontier.consider(leads, start)
            if found:
                await self._commit({"event": "found", "found": [one.record() for one in found]})
                self._frontier.push(found)
        return rules

    async def _keep_aside(self, kind: str, response: Response) -> None:
        await self._keeper(Item(response.url, kind, 0, ""))(response)

    def _keeper(self, item: Item) -> Any:
        async def keep(response: Response) -> None:
            row = self._fetched_row(item, response)
            del row["item"]  # it has no say about what is still to be done
            await self._commit(row | {"url": response.url, "kind": item.kind}, response)
            self._watcher.fetched(host_of(response.url), "aside", len(response.raw))

        return keep

    def _redirect(self, item: Item, location: str) -> tuple[Item | None, str, str]:
        """The item that a redirect leads to, or the reason and detail of why it is not followed."""
        target = resolve_link(item.url, location)
        if target is None:
            return None, "bad_redirect", f"to {urljoin(item.url, location)[:300]}"
        chain = (*item.chain, item.url)
        if target in chain:
            return None, "redirect_loop", f"back to {target}"
        if len(chain) > self._config.max_redirects:
            return (
                None,
                "too_many_redirects",
                f"more than {self._config.max_redirects}, the last one to {target}",
            )
        if not self._frontier.claim(target) and not _same_page(target, chain):
            return None, "duplicate_url", f"leads to {target}, which was met before"
        return replace(item, url=target, chain=chain), "", ""

    async def _reject(
        self,
        item: Item,
        stage: str,
        reason: str,
        detail: str,
        *,
        transient: bool = False,
        row: dict[str, Any] | None = None,
        response: Response | None = None,
    ) -> None:
        row = (row or {"event": "rejected", "at": _now(), "item": item.record()}) | {"done": True}
        if transient:
            row["transient"] = True
        if item.kind == "page":
            row["rejected"] = _rejected(
                item, stage, reason, detail, response.status if response else None
            )
            self._watcher.settled(item.host, reason)
        await self._commit(row, response)

    def _fetched_row(self, item: Item, response: Response) -> dict[str, Any]:
        return {
            "event": "fetched",
            "at": response.fetched_at,
            "item": item.record(),
            "status": response.status,
            "bytes": len(response.raw),
        }

    async def _commit(
        self, row: dict[str, Any], response: Response | None = None
    ) -> RecordPlace | None:
        return await self._committer.commit(row, response)


def _same_page(target: str, chain: Sequence[str]) -> bool:
    return url_key(target) in {url_key(url) for url in chain}


def _rejected(
    item: Item, stage: str, reason: str, detail: str, status: int | None
) -> dict[str, Any]:
    row = {"url": item.first, "stage": stage, "reason": reason, "detail": detail, "status": status}
    return row | ({"final_url": item.url} if item.chain else {})


def _refused(refusal: Refusal) -> dict[str, Any]:
    return {
        "url": refusal.url,
        "stage": "frontier",
        "reason": refusal.reason,
        "detail": refusal.detail,
        "status": None,
    }


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    problem: BaseException = group
    while isinstance(problem, BaseExceptionGroup):
        problem = problem.exceptions[0]
    return problem


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
