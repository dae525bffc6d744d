"""A page as some place keeps it, and the places where a rebuild looks for one."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from gonerd_scraper.config import CrawlConfig
from gonerd_scraper.rebuilding.manifest import ManifestRow
from gonerd_scraper.urls import host_of
from gonerd_scraper.web.fetch import Fetcher, FetchError
from gonerd_scraper.web.host import Host
from gonerd_scraper.web.reservation import ReservationRules
from gonerd_scraper.web.response import Headers, Response, problem_of

__all__ = ["Capture", "Hosts", "Step", "StepError", "body_or_error", "time_between"]

REFUSALS = frozenset({401, 403, 429})
"""Archives answer so to who asks for too much: to go on would only make it worse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One answer of a page's server. `where` says where it was found, `url` whose answer it says it is.

    `verified`: its bytes are those that the manifest speaks of, by their SHA-256. `current`: it comes
    from the live web, whose wishes of today count.
    """

    where: str
    url: str
    headers: Headers
    body: bytes
    fetched_at: str
    status: int
    verified: bool = False
    current: bool = False
    reservations: ReservationRules = field(default_factory=ReservationRules)


class StepError(Exception):
    """One place, or one capture of it, gives nothing. `transient`: later it may."""

    def __init__(self, reason: str, detail: str, *, transient: bool = False) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.transient = transient


class Step(Protocol):
    """A place where pages are kept."""

    name: str

    def captures(self, row: ManifestRow) -> AsyncIterator[Capture | StepError]:
        """Yield what the place has of a page, likeliest first; a `StepError` for what it can't give.

        Raises:
            StepError: the place gives nothing at all.
        """
        ...


class Hosts:
    """The hosts that are asked for anything, one request at a time to each and with its pauses."""

    def __init__(self, fetcher: Fetcher, config: CrawlConfig) -> None:
        self._fetcher = fetcher
        self._config = config
        self._slots = asyncio.Semaphore(config.concurrency)
        self._hosts: dict[str, tuple[Host, asyncio.Lock]] = {}
        self._refusals: Counter[str] = Counter()

    @asynccontextmanager
    async def owned(self, url: str) -> AsyncIterator[Host]:
        """The host of `url`, which nobody else asks for anything meanwhile."""
        name = host_of(url)
        if name not in self._hosts:
            made = Host(name, self._fetcher, self._config, self._slots)
            self._hosts[name] = (made, asyncio.Lock())
        host, lock = self._hosts[name]
        async with lock:
            yield host

    async def get(self, url: str, *, limit: int, headers: Headers = ()) -> Response:
        """The answer to `url`, whatever its status.

        Raises:
            StepError: none came.
        """
        async with self.owned(url) as host:
            return await self.ask(host, url, limit=limit, headers=headers)

    async def ask(self, host: Host, url: str, *, limit: int, headers: Headers = ()) -> Response:
        """The same from a host that is owned already."""
        if host.left_alone:
            raise StepError("host_left_alone", f"{host.name}: {host.left_alone}", transient=True)
        try:
            response = await host.get(url, limit=limit, keep=_forget, conditions=headers)
        except FetchError as problem:
            raise StepError(
                problem.reason, f"{host.name}: {problem.detail}", transient=problem.transient
            ) from None
        host.release()
        if response.status in REFUSALS:
            self._refusals[host.name] += 1
            if self._refusals[host.name] >= self._config.max_failures:
                host.left_alone = (
                    f"it refused {self._refusals[host.name]} requests in a row ({response.status})"
                )
        else:
            self._refusals[host.name] = 0
        return response


def body_or_error(response: Response) -> bytes:
    """The body of an answer that has one.

    Raises:
        StepError: the status is none of success, or the body is not whole.
    """
    problem = problem_of(response)
    if problem is not None:
        reason, detail, transient = problem
        raise StepError(reason, f"{host_of(response.url)}: {detail}", transient=transient)
    return response.body


def time_between(moment: datetime | None, stamp: str) -> float:
    """Seconds between a time and a 14-digit timestamp; 0 where one is unknown."""
    try:
        other = datetime.strptime(stamp[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return float("inf") if moment is not None else 0.0
    return abs((other - moment).total_seconds()) if moment is not None else 0.0


async def _forget(_: Response) -> None:
    """Answers that say "not now" are not archived by a rebuild."""
