"""What the sites of a crawl allow, asked once for each origin: robots.txt, tdmrep.json and ai.txt."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from gonerd.takedown import TAKEN_DOWN
from gonerd_scraper.config import CrawlConfig
from gonerd_scraper.urls import host_of, origin_of, resolve_link
from gonerd_scraper.web.ai_txt import MAX_AI_TXT_BYTES, AiRules
from gonerd_scraper.web.fetch import FetchError
from gonerd_scraper.web.host import Host
from gonerd_scraper.web.reservation import ReservationRules
from gonerd_scraper.web.response import Response
from gonerd_scraper.web.robots import MAX_ROBOTS_BYTES, RobotsRules, agent_name

__all__ = ["OPT_OUTS", "SitePolicies"]

OPT_OUTS = frozenset(
    {"ai_txt_disallowed", "noindex", "robots_disallowed", "tdm_reserved", TAKEN_DOWN}
)
"""Reasons that take away what an earlier crawl made: somebody says that it must not be used."""

TDM_FILE, AI_FILE = "/.well-known/tdmrep.json", "/ai.txt"
MAX_TDM_BYTES = 500 * 1024


class SitePolicies:
    """Fetches the policy files of an origin through its host's owner; `keep` archives each answer.

    A file that lies on another host is asked for through the host that `elsewhere` gives; without it,
    through the same.
    """

    def __init__(
        self,
        config: CrawlConfig,
        *,
        keep: Callable[[str, Response], Awaitable[None]],
        elsewhere: Callable[[str], Host] | None = None,
    ) -> None:
        self._agent = agent_name(config.user_agent)
        self._max_redirects = max(config.max_redirects, 5)  # RFC 9309, 2.3.1.2: at least five
        self._seconds = config.policy_seconds
        self._keep = keep
        self._elsewhere = elsewhere
        self._rules: dict[str, RobotsRules] = {}
        self._reservations: dict[str, ReservationRules] = {}
        self._ai: dict[str, AiRules] = {}
        self._asked_at: dict[str, float] = {}

    def knows(self, origin: str) -> bool:
        """Whether the origin's robots.txt was asked for in this run, and not too long ago."""
        return origin in self._rules and time.monotonic() - self._asked_at[origin] < self._seconds

    async def rules(self, host: Host, origin: str) -> RobotsRules:
        """The rules of `origin`; sets the host's Crawl-delay and learns its reservations, too."""
        if not self.knows(origin):
            expired = origin in self._rules
            self._rules[origin] = await self._fetched_rules(host, origin)
            host.crawl_delay = max(host.crawl_delay, self._rules[origin].delay)
            await self.learn_reservations(host, origin, anew=expired)
            self._asked_at[origin] = time.monotonic()
        return self._rules[origin]

    async def learn_reservations(self, host: Host, origin: str, *, anew: bool = False) -> None:
        """Ask `origin` for tdmrep.json and ai.txt, once or `anew`.

        One that is missing or out of bounds says nothing; asked for anew, one that can't be had leaves
        what was known.
        """
        if origin in self._reservations and not anew:
            return
        body = await self._fetched_file(host, origin, TDM_FILE, "tdmrep", MAX_TDM_BYTES)
        if body is not None or origin not in self._reservations:
            self._reservations[origin] = ReservationRules.from_json(body or b"")
        body = await self._fetched_file(host, origin, AI_FILE, "ai_txt", MAX_AI_TXT_BYTES)
        if body is not None or origin not in self._ai:
            self._ai[origin] = AiRules.from_text(body or b"", agent=self._agent)

    def known_reservations(self, origin: str) -> ReservationRules:
        """What tdmrep.json said."""
        return self._reservations.get(origin, ReservationRules())

    def known_ai_rules(self, origin: str) -> AiRules:
        """What ai.txt said."""
        return self._ai.get(origin, AiRules())

    async def _fetched_rules(self, host: Host, origin: str) -> RobotsRules:
        url, answer = await self._followed(host, f"{origin}/robots.txt", "robots", MAX_ROBOTS_BYTES)
        if answer is None:  # RFC 9309: redirects without end count as 4xx does
            return RobotsRules(self._agent)
        if isinstance(answer, FetchError):
            if answer.reason == "forbidden_address" and origin_of(url) == origin:
                return RobotsRules(self._agent)  # the page itself meets the same refusal
            return RobotsRules(self._agent, refusal=f"{url}: {answer.detail}")
        if answer.cut == "disconnect":
            return RobotsRules(self._agent, refusal=f"{url}: the connection ended too soon")
        if answer.broken and answer.status < 300:
            return RobotsRules(self._agent, refusal=f"{url}: {answer.broken}")
        return RobotsRules.from_response(self._agent, answer.status, answer.body)

    async def _fetched_file(
        self, host: Host, origin: str, path: str, kind: str, limit: int
    ) -> bytes | None:
        """The file, empty where there is none; None where it can't be had now."""
        rules = self._rules.get(origin)
        if rules is not None and not rules.allows(origin + path):
            return b"" if not rules.refusal else None
        _, answer = await self._followed(host, origin + path, kind, limit)
        if answer is None or isinstance(answer, FetchError):
            return None
        if answer.status == 200:
            return answer.body
        return None if answer.status >= 500 or answer.status == 429 else b""

    async def _followed(
        self, host: Host, url: str, kind: str, limit: int
    ) -> tuple[str, Response | FetchError | None]:
        """The last address that `url` redirects to, and what came from there; None where there is no end."""
        asked: set[str] = set()
        while url not in asked and len(asked) <= self._max_redirects:
            asked.add(url)
            owner = host
            if self._elsewhere is not None and host_of(url) != host.name:
                owner = self._elsewhere(host_of(url))
            if owner.left_alone:
                return url, FetchError("host_left_alone", owner.left_alone, transient=True)
            try:
                response = await self._get(owner, url, kind, limit)
            except FetchError as problem:
                return url, problem
            if not response.redirect:
                return url, response
            target = resolve_link(url, response.redirect)
            if target is None:
                break
            url = target
        return url, None

    async def _get(self, host: Host, url: str, kind: str, limit: int) -> Response:
        async def keep(response: Response) -> None:
            await self._keep(kind, response)

        response = await host.get(url, limit=limit, keep=keep)
        try:
            await keep(response)
        finally:
            host.release()
        return response
