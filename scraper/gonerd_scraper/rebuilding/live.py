"""Pages from the web as it is today, asked for with the manners of a crawl."""

from __future__ import annotations

from collections.abc import AsyncIterator

from gonerd.takedown import TAKEN_DOWN, Takedown
from gonerd_scraper.rebuilding.captures import Capture, Hosts, StepError, body_or_error
from gonerd_scraper.rebuilding.config import RebuildConfig
from gonerd_scraper.rebuilding.manifest import ManifestRow
from gonerd_scraper.urls import origin_of, resolve_link
from gonerd_scraper.web.policies import SitePolicies
from gonerd_scraper.web.response import Response

__all__ = ["LiveWeb"]


class LiveWeb:
    """Asks the page's own server, where robots.txt, ai.txt and the take-down list allow it."""

    name = "live"

    def __init__(self, hosts: Hosts, config: RebuildConfig, takedown: Takedown) -> None:
        self._hosts = hosts
        self._config = config
        self._takedown = takedown
        self._policies = SitePolicies(config, keep=_forget)

    async def captures(self, row: ManifestRow) -> AsyncIterator[Capture | StepError]:
        """Yield the page as it is now.

        Raises:
            StepError: it is not allowed, or nothing came.
        """
        url = row.final_url
        for _ in range(self._config.max_redirects + 1):
            entry = self._takedown.reason(urls=[url])
            if entry is not None:
                raise StepError(TAKEN_DOWN, f"leads to {url}: {entry}")
            response = await self._allowed(url)
            if not response.redirect:
                break
            target = resolve_link(url, response.redirect)
            if target is None:
                raise StepError("bad_redirect", f"to {response.redirect[:300]!r}")
            url = target
        else:
            raise StepError("too_many_redirects", f"more than {self._config.max_redirects}")
        yield Capture(
            where=url,
            url=url,
            body=body_or_error(response),
            headers=response.headers,
            fetched_at=response.fetched_at,
            status=response.status,
            current=True,
            reservations=self._policies.known_reservations(origin_of(url)),
        )

    async def _allowed(self, url: str) -> Response:
        origin = origin_of(url)
        async with self._hosts.owned(url) as host:
            rules = await self._policies.rules(host, origin)
            if rules.refusal:
                raise StepError("robots_unreachable", rules.refusal, transient=True)
            if not rules.allows(url):
                raise StepError("robots_disallowed", f"by {origin}/robots.txt")
            said = self._policies.known_ai_rules(origin).of_page(url)
            if said is not None and not said.allowed and self._config.ai_txt == "refuse":
                raise StepError("ai_txt_disallowed", f"{said.rule} in {origin}/ai.txt")
            return await self._hosts.ask(host, url, limit=self._config.max_page_bytes)


async def _forget(_: str, __: Response) -> None:
    """Policy files are not archived by a rebuild."""
