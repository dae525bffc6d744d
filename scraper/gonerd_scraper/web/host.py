"""One host, and the manners it is met with: one request at a time, pauses, and a limit to insisting."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from gonerd_scraper.config import CrawlConfig
from gonerd_scraper.web.fetch import Fetcher, FetchError
from gonerd_scraper.web.response import Headers, Response

__all__ = ["Host", "retry_after"]

NOT_NOW = frozenset({408, 425, 429, 500, 502, 503, 504})


class Host:
    """Owned by one task, which alone asks this host for pages; what others ask for waits its turn.

    `slots` bounds the answers in hand over all hosts: `get` returns with one slot taken, which the
    caller releases when it is done with the answer. `left_alone` says why no more is asked of the
    host in this run.
    """

    def __init__(
        self, name: str, fetcher: Fetcher, config: CrawlConfig, slots: asyncio.Semaphore
    ) -> None:
        self.name = name
        self.left_alone = ""
        self.crawl_delay = 0.0
        self._fetcher = fetcher
        self._config = config
        self._slots = slots
        self._turn = asyncio.Lock()
        self._ready = 0.0
        self._failures = 0
        self._chance = random.Random(f"{config.seed} {name}")  # noqa: S311  # jitter, no secret

    async def get(
        self,
        url: str,
        *,
        limit: int,
        keep: Callable[[Response], Awaitable[object]],
        conditions: Headers = (),
    ) -> Response:
        """The answer to `url`, after as many tries as the settings allow; holds a slot when it returns.

        `keep` receives the answers that said "not now" and were followed by another try.
        `conditions` are request headers that allow a 304.

        Raises:
            FetchError: no answer came.
        """
        for attempt in range(self._config.retries + 1):
            on_trial = self._failures >= self._config.max_failures
            last = attempt == self._config.retries or on_trial
            async with self._turn:
                try:
                    response = await self._ask(url, limit, conditions)
                except FetchError as problem:
                    self._rest(self._backoff(attempt) if problem.transient and not last else 0.0)
                    self._note_failure(problem)
                    if last or not problem.transient or self.left_alone:
                        raise
                    continue
                self._rest(self._wait_after(response, attempt))
            if not _not_now(response) or last or self.left_alone:
                self._note_answer(response)
                return response
            try:
                await keep(response)
            finally:
                self._slots.release()
        raise AssertionError("the last try returns or raises")

    def release(self) -> None:
        """Give back the slot that `get` returned with."""
        self._slots.release()

    async def _ask(self, url: str, limit: int, conditions: Headers) -> Response:
        """One request after the pause, with a slot that is kept if an answer comes."""
        await self._pause()
        await self._slots.acquire()
        try:
            return await self._fetcher.fetch(url, limit=limit, conditions=conditions)
        except BaseException:
            self._slots.release()
            raise

    async def _pause(self) -> None:
        wait = self._ready - asyncio.get_running_loop().time()
        if wait > 0:
            await asyncio.sleep(wait)

    def _rest(self, seconds: float) -> None:
        """The next request starts no sooner than the host's delay, or `seconds`, from now."""
        delay = max(self._config.delay, min(self.crawl_delay, self._config.max_crawl_delay))
        ready = asyncio.get_running_loop().time() + max(delay, seconds)
        self._ready = max(self._ready, ready)  # a server may ask for more than the breaker's pause

    def _backoff(self, attempt: int) -> float:
        return float(self._config.backoff * 2**attempt * self._chance.uniform(0.5, 1.0))

    def _wait_after(self, response: Response, attempt: int) -> float:
        if not _not_now(response):
            return 0.0
        asked = retry_after(response.header("Retry-After"), now=datetime.now(UTC))
        if asked is None:
            return self._backoff(attempt)
        if asked > self._config.max_retry_after:
            self.left_alone = (
                f"it answered {response.status} and asked for a pause of {asked:.0f} s"
            )
            return 0.0
        return max(asked, self._backoff(attempt) if asked == 0 else 0.0)

    def _note_failure(self, problem: FetchError) -> None:
        if problem.transient:
            self._count_failure(problem.detail)

    def _note_answer(self, response: Response) -> None:
        if response.status >= 500 or response.status == 429:
            self._count_failure(f"{response.status} {response.reason}".strip())
        elif response.cut == "disconnect":
            self._count_failure("the connection ended too soon")
        else:
            self._failures = 0

    def _count_failure(self, detail: str) -> None:
        """The circuit breaker: a long pause, then one request decides whether there will be more."""
        self._failures += 1
        if self._failures == self._config.max_failures:
            self._rest(self._config.breaker_pause)
        elif self._failures > self._config.max_failures:
            self.left_alone = f"{self._failures} requests in a row failed ({detail})"


def _not_now(response: Response) -> bool:
    """Whether the same request may bring something better a little later."""
    return response.status in NOT_NOW or response.cut == "disconnect"


def retry_after(value: str, *, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for, as a number or a date; None where it is neither."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value) if len(value) < 10 else math.inf
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, IndexError, OverflowError):  # the last: a time zone of twenty digits
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max(0.0, (date - now).total_seconds())
