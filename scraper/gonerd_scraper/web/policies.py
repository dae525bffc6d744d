"""What the sites of a crawl allow, asked once for each origin: robots.txt, tdmrep.json and ai.txt."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from gonerd.takedown import TAKEN_DOWN
from gonerd_scraper.config import CrawlConfig
from gonerd_scraper.urls import origin_of, resolve_link
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
    """Fetches the policy files of an origin through its host's owner; `keep` archives each answer."""

    def __init__(
        self, config: CrawlConfig, *, keep: Callable[[str, Response], Awaitable[None]]
    ) -> None:
        self._agent = agent_name(config.user_agent)
        self._max_redirects = config.max_redirects
        self._keep = keep
        self._rules: dict[str, RobotsRules] = {}
        self._reservations: dict[str, ReservationRules] = {}
        self._ai: dict[str, AiRules] = {}

    def knows(self, origin: str) -> bool:
        """Whether the origin's robots.txt was asked for in this run."""
        return origin in self._rules

    async def rules(self, host: Host, origin: str) -> RobotsRules:
        """The rules of `origin`; sets the host's Crawl-delay and learns its reservations, too."""
        if origin not in self._rules:
            self._rules[origin] = await self._fetched_rules(host, origin)
            host.crawl_delay = max(host.crawl_delay, self._rules[origin].delay)
            await self.learn_reservations(host, origin)
        return self._rules[origin]

    async def learn_reservations(self, host: Host, origin: str) -> None:
        """Ask `origin` for tdmrep.json and ai.txt; one that is missing or out of bounds says nothing."""
        if origin not in self._reservations:
            body = await self._fetched_file(host, origin, TDM_FILE, "tdmrep", MAX_TDM_BYTES)
            self._reservations[origin] = ReservationRules.from_json(body)
            body = await self._fetched_file(host, origin, AI_FILE, "ai_txt", MAX_AI_TXT_BYTES)
            self._ai[origin] = AiRules.from_text(body, agent=self._agent)

    def known_reservations(self, origin: str) -> ReservationRules:
        """What tdmrep.json said."""
        return self._reservations.get(origin, ReservationRules())

    def known_ai_rules(self, origin: str) -> AiRules:
        """What ai.txt said."""
        return self._ai.get(origin, AiRules())

    async def _fetched_rules(self, host: Host, origin: str) -> RobotsRules:
        """robots.txt through redirects (RFC 9309, 2.3.1.2: at least five)."""
        url = f"{origin}/robots.txt"
        for _ in range(max(self._max_redirects, 5) + 1):
            try:
                response = await self._get(host, url, "robots", MAX_ROBOTS_BYTES)
            except FetchError as problem:
                if problem.reason == "forbidden_address" and origin_of(url) == origin:
                    return RobotsRules(self._agent)  # the page itself meets the same refusal
                return RobotsRules(self._agent, refusal=f"{url}: {problem.detail}")
            if response.cut == "disconnect":
                return RobotsRules(self._agent, refusal=f"{url}: the connection ended too soon")
            if response.broken and response.status < 300:
                return RobotsRules(self._agent, refusal=f"{url}: {response.broken}")
            if not response.redirect:
                return RobotsRules.from_response(self._agent, response.status, response.body)
            target = resolve_link(url, response.redirect)
            if target is None:
                break
            url = target
        return RobotsRules(self._agent)  # RFC 9309: redirects without end count as 4xx does

    async def _fetched_file(
        self, host: Host, origin: str, path: str, kind: str, limit: int
    ) -> bytes:
        rules = self._rules.get(origin)
        if host.left_alone or (rules is not None and not rules.allows(origin + path)):
            return b""
        try:
            response = await self._get(host, origin + path, kind, limit)
        except FetchError:
            return b""
        return response.body if response.status == 200 else b""

    async def _get(self, host: Host, url: str, kind: str, limit: int) -> Response:
        async def keep(response: Response) -> None:
            await self._keep(kind, response)

        response = await host.get(url, limit=limit, keep=keep)
        try:
            await keep(response)
        finally:
            host.release()
        return response
