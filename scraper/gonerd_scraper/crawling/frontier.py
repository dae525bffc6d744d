"""What is still to be fetched: a queue per host, each address once, breadth first, within limits."""

from __future__ import annotations

import asyncio
import heapq
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from gonerd_scraper.config import CrawlConfig
from gonerd_scraper.crawling.traps import TrapGuard
from gonerd_scraper.extraction.discover import Leads
from gonerd_scraper.urls import host_of, registered_domain, url_key
from gonerd_scraper.warc.archive import RecordPlace

__all__ = ["Frontier", "Item", "Refusal"]

LISTS_FIRST = {"sitemap": 0, "feed": 1, "page": 2}


@dataclass(frozen=True, slots=True)
class Item:
    """An address to fetch: what is expected there, how it was come by, and which source it belongs to.

    `chain` holds the addresses that redirected here, the first one first. `place` is set where the
    answer lies in the archive already and only its reading is to be done; then `robots` is what
    robots.txt said, and `same` why the answer is that of an earlier crawl, empty where it is new.
    """

    url: str
    kind: str
    depth: int
    source: str
    chain: tuple[str, ...] = ()
    place: RecordPlace | None = field(default=None, compare=False)
    robots: str = field(default="", compare=False)
    same: str = field(default="", compare=False)
    revisit: RecordPlace | None = field(default=None, compare=False)

    @property
    def first(self) -> str:
        """The address that was asked for, before any redirect."""
        return self.chain[0] if self.chain else self.url

    @property
    def host(self) -> str:
        """The host that owns the item."""
        return host_of(self.url)

    def record(self) -> list[Any]:
        """The form that stands in the journal; `from_record` is its inverse."""
        return [self.url, self.kind, self.depth, self.source, list(self.chain)]

    @classmethod
    def from_record(cls, record: list[Any]) -> Item:
        """The item that `record` describes."""
        url, kind, depth, source, chain = record
        return cls(url, kind, depth, source, tuple(chain))


@dataclass(frozen=True, slots=True)
class Refusal:
    """A link that is not followed, and why."""

    url: str
    reason: str
    detail: str


@dataclass(slots=True)
class _Queue:
    heap: list[tuple[int, int, int, Item]] = field(default_factory=list)
    filled: asyncio.Event = field(default_factory=asyncio.Event)
    pages: int = 0
    lists: int = 0
    owned: bool = False


class Frontier:
    """Hands each host's owner its next item. `idle` is set when nothing waits and nothing is in hand."""

    def __init__(self, config: CrawlConfig, *, on_host: Callable[[str], None]) -> None:
        self._config = config
        self._on_host = on_host
        self._queues: dict[str, _Queue] = {}
        self._seen: set[bytes] = set()
        self._met = Counter[str]()
        self._hosts = Counter[str]()
        self._guard = TrapGuard()
        self._number = 0
        self.waiting = 0
        self.in_hand = 0
        self.pages = 0
        self.passed_over = 0
        self.idle = asyncio.Event()
        self.idle.set()

    def waiting_for(self, host: str) -> int:
        """How many items of one host wait."""
        return len(self._queues[host].heap)

    def claim(self, url: str) -> bool:
        """Mark `url` as met; False where it was met before."""
        digest = _digest(url)
        if digest in self._seen:
            return False
        self._seen.add(digest)
        host = host_of(url)
        if not self._met[host]:
            self._hosts[registered_domain(host)] += 1
        self._met[host] += 1
        return True

    def consider(self, leads: Leads, item: Item) -> tuple[list[Item], list[Refusal]]:
        """What of the links found at `item` is new, belongs to its source and looks finite; claims it."""
        found: list[Item] = []
        refused: list[Refusal] = []
        # a sitemap or a feed lists what there is; a page's links may be generated
        trusted = item.kind != "page"
        for kind, urls in (
            ("sitemap", leads.sitemaps),
            ("feed", leads.feeds),
            ("page", leads.pages),
        ):
            for url in urls:
                host = host_of(url)
                if registered_domain(host) != item.source:
                    continue
                if self._is_full(host, item.source):
                    self.passed_over += 1  # a sitemap can list millions: not even remembered
                    continue
                if not self.claim(url):
                    continue
                deeper = item.depth + (1 if kind == "page" or item.kind == "sitemap" else 0)
                limit = self._config.max_depth if kind == "page" else 10
                reason = None if trusted else self._guard.reason(url)
                if reason is not None:
                    refused.append(Refusal(url, "trap", reason))
                elif deeper > limit:
                    refused.append(
                        Refusal(url, "too_deep", f"{deeper} links from a seed, more than {limit}")
                    )
                else:
                    found.append(Item(url, kind, deeper, item.source))
        return found, refused

    def recall_link(self, url: str) -> None:
        """Count a link that an earlier run followed: limits to traps are those of the whole crawl."""
        self._guard.reason(url)

    def push(self, items: Iterable[Item]) -> None:
        """Queue items that were claimed."""
        for item in items:
            queue = self._queues.setdefault(item.host, _Queue())
            if not queue.owned:
                queue.owned = True
                self._on_host(item.host)
            self._number += 1
            rank = -1 if item.place is not None else LISTS_FIRST[item.kind]
            heapq.heappush(queue.heap, (rank, item.depth, self._number, item))
            self.waiting += 1
            self.idle.clear()
            queue.filled.set()

    async def take(self, host: str) -> Item:
        """The host's next item, once there is one."""
        queue = self._queues[host]
        while True:
            while queue.heap:
                _, _, _, item = heapq.heappop(queue.heap)
                self.waiting -= 1
                if self._within(queue, item):
                    self.in_hand += 1
                    return item
                self._check_idle()
            queue.filled.clear()
            await queue.filled.wait()

    def finish(self) -> None:
        """One item that was taken is done, and what it led to was pushed."""
        self.in_hand -= 1
        self._check_idle()

    def count(self, item: Item) -> None:
        """Count an item that an earlier run fetched."""
        queue = self._queues.setdefault(item.host, _Queue())
        if item.kind == "page":
            queue.pages += 1
            self.pages += 1
        else:
            queue.lists += 1

    def _is_full(self, host: str, source: str) -> bool:
        """Whether no more of a host's addresses are remembered, or it is one host too many."""
        met = self._met[host]
        if met:
            return met >= self._config.max_addresses_per_host
        return self._hosts[source] >= self._config.max_hosts_per_source

    def _within(self, queue: _Queue, item: Item) -> bool:
        if item.place is not None:
            return True
        if item.kind != "page":
            queue.lists += 1
            return queue.lists <= self._config.max_sitemaps_per_host
        if self._config.max_pages is not None and self.pages >= self._config.max_pages:
            return False
        limit = self._config.max_pages_per_host
        if limit is not None and queue.pages >= limit:
            return False
        queue.pages += 1
        self.pages += 1
        return True

    def _check_idle(self) -> None:
        if not self.waiting and not self.in_hand:
            self.idle.set()


def _digest(url: str) -> bytes:
    return blake2b(url_key(url).encode("utf-8", "surrogatepass"), digest_size=12).digest()
