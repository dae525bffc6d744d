"""What a site allows: robots.txt by RFC 9309, and the directives of a single page."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from protego import Protego

__all__ = ["MAX_ROBOTS_BYTES", "PageDirectives", "RobotsRules", "agent_name", "page_directives"]

WITH_VALUE = ("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview")
"""Directives of X-Robots-Tag that a colon follows, as it does the name of a crawler."""

VERSIONED = re.compile(r"^([ \t]*user-agent[ \t]*:[ \t]*[\w-]+)/.*$", re.IGNORECASE | re.MULTILINE)
"""`User-agent: gonerd/0.1` means gonerd: a version is no part of the product token (RFC 9309, 2.2.1)."""

MAX_ROBOTS_BYTES = 500 * 1024
"""RFC 9309, 2.5: at least this much must be read; the rest is ignored."""


def agent_name(user_agent: str) -> str:
    """The product token that robots.txt is asked about: `gonerd` for `gonerd/0.1 (+https://…)`."""
    return user_agent.partition("/")[0].partition(" ")[0] or user_agent


@dataclass(frozen=True, slots=True)
class RobotsRules:
    """What one origin allows one agent; with `refusal`, robots.txt could not be had: nothing."""

    agent: str
    parsed: Protego | None = None
    refusal: str = ""

    @property
    def verdict(self) -> str:
        """For a page that was fetched: `allowed` by its rules, or `none` where there are none."""
        return "allowed" if self.parsed is not None else "none"

    @classmethod
    def from_response(cls, agent: str, status: int, body: bytes) -> Self:
        """Rules by the status of /robots.txt (RFC 9309, 2.3.1): 4xx allows all, 5xx nothing.

        429 is the one 4xx that counts as 5xx, as it says "not now" and not "there is none".
        """
        if 200 <= status < 300:
            if len(body) >= MAX_ROBOTS_BYTES:  # half a rule may forbid more than the whole
                body = body[:MAX_ROBOTS_BYTES].rpartition(b"\n")[0]
            text = body.decode("utf-8", "replace").removeprefix("\ufeff")
            return cls(agent, parsed=Protego.parse(VERSIONED.sub(r"\1", text)))
        if 400 <= status < 500 and status != 429:
            return cls(agent)
        return cls(agent, refusal=f"/robots.txt answered {status}")

    def allows(self, url: str) -> bool:
        """Whether the agent may fetch `url`."""
        if self.refusal:
            return False
        return self.parsed is None or self.parsed.can_fetch(url, self.agent)

    @property
    def delay(self) -> float:
        """Seconds of Crawl-delay, 0 where none is asked for."""
        found = self.parsed.crawl_delay(self.agent) if self.parsed is not None else None
        return float(found) if found is not None and found > 0 else 0.0

    @property
    def sitemaps(self) -> list[str]:
        """Addresses of the Sitemap lines."""
        return list(self.parsed.sitemaps) if self.parsed is not None else []


@dataclass(frozen=True, slots=True)
class PageDirectives:
    """The robots directives of one page, from its headers and its meta elements."""

    found: frozenset[str] = field(default_factory=frozenset)

    @property
    def noindex(self) -> bool:
        """The page asks to be kept out."""
        return bool(self.found & {"noindex", "none"})

    @property
    def nofollow(self) -> bool:
        """The page asks that its links are not followed."""
        return bool(self.found & {"nofollow", "none"})


def page_directives(
    agent: str, headers: Iterable[str], metas: Iterable[tuple[str, str]]
) -> PageDirectives:
    """The directives that speak to `agent`: values of X-Robots-Tag, and (name, content) of meta elements."""
    found: set[str] = set()
    for value in headers:
        speaks = True  # `otherbot: noindex, nofollow` speaks to otherbot until the next name
        for part in value.split(","):
            name, colon, rest = part.partition(":")
            name = name.strip().lower()
            # what follows a comma may be the second half of a date: `03 Dec 2025 13:09:53 GMT`
            if colon and " " not in name and name not in WITH_VALUE:
                speaks = name in (agent.lower(), "robots", "*")
                part = rest
            if speaks and part.strip():
                found.add(part.strip().lower())
    for name, content in metas:
        if name.strip().lower() in ("robots", agent.lower()):
            found.update(part.strip().lower() for part in content.split(",") if part.strip())
    return PageDirectives(frozenset(found))
