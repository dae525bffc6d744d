"""A crawl: one owner task per host, every answer into the archive first, every step into the journal."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

from gonerd.machine import gonerd_version
from gonerd.takedown import TAKEN_DOWN, Takedown
from gonerd_scraper.config import CrawlConfig
from gonerd_scraper.crawling.answers import Answers, keeper
from gonerd_scraper.crawling.commit import Committer
from gonerd_scraper.crawling.frontier import Frontier
from gonerd_scraper.crawling.items import Item
from gonerd_scraper.crawling.journal import JOURNAL, Journal
from gonerd_scraper.crawling.journal_rows import now, rejected_row, rejection
from gonerd_scraper.crawling.progress import Watcher
from gonerd_scraper.crawling.replay import CrawlState
from gonerd_scraper.crawling.sources import Source, page_weights
from gonerd_scraper.crawling.visits import Visits
from gonerd_scraper.extraction.discover import Leads
from gonerd_scraper.running.failures import first_failure
from gonerd_scraper.running.workers import WorkerPool
from gonerd_scraper.shard import Handovers, Shard
from gonerd_scraper.urls import origin_of, registered_domain, resolve_link
from gonerd_scraper.warc.archive import ArchiveWriter
from gonerd_scraper.web.fetch import Fetcher, FetchError
from gonerd_scraper.web.host import Host
from gonerd_scraper.web.policies import SitePolicies
from gonerd_scraper.web.response import Response
from gonerd_scraper.web.robots import RobotsRules, agent_name

__all__ = ["Crawl"]

Settle = Callable[[], Awaitable[None]]
"""What is left to do about an address; nothing of it has begun, so that an interrupted crawl can drop it."""


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
        takedown: Takedown | None = None,
        pool: WorkerPool | None = None,
    ) -> None:
        self._sources = sources
        self._config = config
        self._folder = folder
        self._state = state
        self._journal = journal
        self._watcher = watcher
        self._takedown = takedown if takedown is not None else Takedown.read()
        self._shared_pool = pool
        self._agent = agent_name(config.user_agent)
        self._policies = SitePolicies(config, keep=self._keep_aside, elsewhere=self._host)
        self._hosts: dict[str, Host] = {}
        self._visits = Visits(journal.path, state.visits)
        self._shard = Shard.from_text(config.shard) if config.shard is not None else None
        self._handovers = Handovers(folder, self._shard, journal=JOURNAL) if self._shard else None
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
        ours = [source for source in self._sources if any(map(self._owns, source.seeds))]
        self._frontier = Frontier(
            self._config, weights=page_weights(ours), on_host=self._start_owner
        )
        self._slots = asyncio.Semaphore(self._config.concurrency)
        started = time.monotonic()
        try:
            with (
                self._worker_pool() as pool,
                # more than workers, so that each finds its next page waiting
                ThreadPoolExecutor(2 * self._config.workers, "read") as threads,
            ):
                self._answers = self._acting(pool, threads)
                try:
                    async with (
                        Fetcher(self._config) as self._fetcher,
                        asyncio.TaskGroup() as self._tasks,
                    ):
                        await self._begin()
                        await self._frontier.idle.wait()
                        while await self._take_over():
                            await self._frontier.idle.wait()
                        for owner in self._owners:
                            owner.cancel()
                except BaseExceptionGroup as group:
                    raise first_failure(group) from None
                finally:
                    if pool is not self._shared_pool:
                        pool.close()  # ends what is being read, so that its threads end
                    await self._committer.finish()
            seconds = round(time.monotonic() - started, 3)
            end = {"event": "end", "at": now(), "seconds": seconds}
            await self._committer.commit(end | {"passed_over": self._frontier.passed_over})
        finally:
            archive.close()

    def _owns(self, url: str) -> bool:
        return self._shard is None or self._shard.owns(url)

    def _worker_pool(self) -> AbstractContextManager[WorkerPool]:
        if self._shared_pool is not None:
            return nullcontext(self._shared_pool)
        config = self._config
        return WorkerPool(config.workers, seconds=config.page_seconds, memory=config.page_memory)

    def _acting(self, pool: WorkerPool, threads: ThreadPoolExecutor) -> Answers:
        return Answers(
            config=self._config,
            folder=self._folder,
            kinds={source.domain: source.kind for source in self._sources},
            frontier=self._frontier,
            policies=self._policies,
            committer=self._committer,
            watcher=self._watcher,
            takedown=self._takedown,
            shard=self._shard,
            pool=pool,
            threads=threads,
        )

    async def _begin(self) -> None:
        await self._committer.commit(
            {
                "event": "start",
                "at": now(),
                "gonerd": gonerd_version(),
                "config": asdict(self._config),
                "sources": [asdict(source) for source in self._sources],
            }
        )
        for url in self._state.known:
            self._frontier.claim(url)
        for url in self._state.linked:
            self._frontier.recall_link(url)
        for item in self._state.fetched:
            self._frontier.count(item)
        seeds = [
            Item(seed, "page", 0, source.domain)
            for source in self._sources
            for seed in source.seeds
            if self._owns(seed) and self._frontier.claim(seed)
        ]
        if seeds:
            found = [item.record() for item in seeds]
            await self._committer.commit({"event": "found", "at": now(), "found": found})
        waiting = [*self._state.open.values(), *seeds]
        self._state.known, self._state.linked = [], []  # told, so let go
        self._state.open, self._state.fetched = {}, []
        self._frontier.push(waiting)

    async def _take_over(self) -> bool:
        """Queue what other shards handed over since the last time; False where there was nothing."""
        pushed: list[Item] = []
        for record in self._handovers.news() if self._handovers is not None else ():
            item = Item.from_record(record)
            came_from = item.chain[-1]
            if came_from in self._state.taken:
                continue
            self._state.taken.add(came_from)
            if self._frontier.claim(item.url):
                row = {"event": "found", "at": now(), "found": [record], "taken": came_from}
                pushed.append(item)
            else:
                moved = replace(item, url=came_from, chain=item.chain[:-1])
                detail = f"leads to {item.url}, which was met before"
                rejected = rejection(moved, "redirect", "duplicate_url", detail, None)
                row = rejected_row(moved) | {"done": True, "rejected": rejected, "taken": came_from}
            await self._committer.commit(row)
        self._frontier.push(pushed)
        return bool(pushed)

    def _start_owner(self, name: str) -> None:
        self._owners.append(self._tasks.create_task(self._own(name)))

    def _host(self, name: str) -> Host:
        if name not in self._hosts:
            self._hosts[name] = Host(name, self._fetcher, self._config, self._slots)
        return self._hosts[name]

    async def _own(self, name: str) -> None:
        host = self._host(name)
        while True:
            item = await self._frontier.take(name)
            self._watcher.queued(name, *self._frontier.waiting_beside(item))
            try:
                settle, answered = await self._visit(host, item)
            except BaseException:
                self._frontier.finish()
                raise
            # noting and reading go on while the host's next page is asked for
            self._tasks.create_task(self._finish(settle, holds_slot=answered))
            if not answered:
                self._frontier.give_back(item)
                await asyncio.sleep(0)  # many in a row must not keep the other hosts waiting

    async def _finish(self, settle: Settle, *, holds_slot: bool) -> None:
        try:
            await settle()
        finally:
            if holds_slot:
                self._slots.release()
            self._frontier.finish()

    async def _visit(self, host: Host, item: Item) -> tuple[Settle, bool]:
        """Fetch `item`; the rest of the work comes back, and whether it is an answer, which holds a slot."""
        answers = self._answers
        entry = self._takedown.reason(urls=[item.url, *item.chain])
        if entry is not None:
            return partial(answers.reject, item, "takedown", TAKEN_DOWN, entry), False
        if item.place is not None:
            await self._policies.learn_reservations(host, origin_of(item.url))
            await self._slots.acquire()
            return partial(answers.read_again, item, item.place), True
        rules = await self._learn_rules(host, item)
        if rules.refusal:
            return partial(
                answers.reject, item, "robots", "robots_unreachable", rules.refusal, transient=True
            ), False
        if not rules.allows(item.url):
            detail = f"for {self._agent} by {origin_of(item.url)}/robots.txt"
            return partial(answers.reject, item, "robots", "robots_disallowed", detail), False
        if host.left_alone:
            return partial(
                answers.reject, item, "fetch", "host_left_alone", host.left_alone, transient=True
            ), False
        visit = self._visits.of(item)
        try:
            response = await host.get(
                item.url,
                limit=answers.limit_of(item),
                keep=keeper(answers, item),
                conditions=visit.conditions if visit is not None else (),
            )
        except FetchError as problem:
            return partial(
                answers.reject,
                item,
                "fetch",
                problem.reason,
                problem.detail,
                transient=problem.transient,
            ), False
        return partial(answers.settle, item, response, robots=rules.verdict, visit=visit), True

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
                rows = [one.record() for one in found]
                await self._committer.commit({"event": "found", "at": now(), "found": rows})
                self._frontier.push(found)
        return rules

    async def _keep_aside(self, kind: str, response: Response) -> None:
        await self._answers.keep_aside(response.url, kind, response)
