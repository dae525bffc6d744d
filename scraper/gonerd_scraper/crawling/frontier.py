"""What is still to be fetched: a queue per host, each address once, breadth first, within limits."""

from __future__ import annotations

import asyncio
import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

from gonerd_scraper.config import CrawlConfig
from gonerd_scraper.crawling.items import Item, Refusal
from gonerd_scraper.crawling.shares import Shares
from gonerd_scraper.crawling.traps import TrapGuard
from gonerd_scraper.extraction.discover import Leads
from gonerd_scraper.urls import host_of, registered_domain, url_key

__all__ = ["Frontier"]

UNANSWERED = 10
"""For each page that may be fetched from a host, addresses that are refused or give no answer."""

LISTS_FIRST = {"sitemap": 0, "feed": 1, "page": 2}


@dataclass(slots=True)
class _Queue:
    heap: list[tuple[int, int, int, Item]] = field(default_factory=list)
    filled: asyncio.Event = field(default_factory=asyncio.Event)
    pages: int = 0
    unanswered: int = 0
    lists: int = 0
    owned: bool = False


class Frontier:
    """Hands each host's owner its next item. `idle` is set when nothing waits and nothing is in hand.

    `weights` says how sources share the pages, where those are limited.
    """

    def __init__(
        self, config: CrawlConfig, *, weights: Mapping[str, float], on_host: Callable[[str], None]
    ) -> None:
        self._config = config
        self._shares = Shares(config.max_pages, weights)
        self._on_host = on_host
        self._queues: dict[str, _Queue] = {}
        self._seen: set[bytes] = set()
        self._met = Counter[str]()
        self._hosts = Counter[str]()
        self._guard = TrapGuard()
        self._number = 0
        self.waiting = 0
        self.in_hand = 0
        self.passed_over = 0
        self.idle = asyncio.Event()
        self.idle.set()

    def waiting_beside(self, item: Item) -> tuple[int, int]:
        """How many items of its host, and of all hosts, wait and are within the limits."""
        queue, limit = self._queues[item.host], self._config.max_pages_per_host
        of_host = len(queue.heap), self._shares.left_for(item.source), limit and limit - queue.pages
        in_all = self.waiting, self._shares.left
        return _least(of_host), _least(in_all)

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

    def give_back(self, item: Item) -> None:
        """No answer came of an item that was taken: another page may be fetched instead."""
        if item.kind == "page" and item.place is None:
            queue = self._queues[item.host]
            queue.unanswered += 1
            self._count_page(queue, item, -1)

    def finish(self) -> None:
        """One item that was taken is done, and what it led to was pushed."""
        self.in_hand -= 1
        self._check_idle()

    def count(self, item: Item) -> None:
        """Count an item that an earlier run fetched."""
        queue = self._queues.setdefault(item.host, _Queue())
        if item.kind == "page":
            self._count_page(queue, item)
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
        limit = self._config.max_pages_per_host
        if limit is not None and max(queue.pages, queue.unanswered / UNANSWERED) >= limit:
            return False
        if not self._shares.admits(item):
            return False
        self._count_page(queue, item)
        return True

    def _count_page(self, queue: _Queue, item: Item, pages: int = 1) -> None:
        queue.pages += pages
        self._shares.count(item.source, pages)

    def _check_idle(self) -> None:
        if self.waiting or self.in_hand:
            return
        self.push(self._shares.left_over())
        if not self.waiting:
            self.idle.set()


def _least(rooms: Iterable[int | None]) -> int:
    """The smallest of some limits; None is none, and one that was passed leaves nothing."""
    return max(0, min(room for room in rooms if room is not None))


def _digest(url: str) -> bytes:
    return blake2b(url_key(url).encode("utf-8", "surrogatepass"), digest_size=12).digest()
