"""An address of the fictional web and what a good crawler makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

__all__ = ["KEEP", "REASONS", "REJECT", "Address"]

KEEP, REJECT = "keep", "reject"

REASONS: tuple[str, ...] = (
    "boilerplate",
    "code",
    "content_type",
    "duplicate",
    "empty",
    "language",
    "list",
    "network",
    "noindex",
    "noise",
    "paywall",
    "redirect",
    "robots",
    "short",
    "size",
    "status",
    "tdm",
)
"""Why an address gives no document of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One address: what lies there, and what is expected of a crawler that meets it.

    `number` is the article that the page shows (-1: none), `manner` the way in which it is answered
    where that is out of the ordinary, `target` where a redirect leads, `seed` what the rest of the
    page is made from. `reason` is one of REASONS, or empty where `expected` is "keep". An address
    that is not `listed` stands in no list, feed or sitemap: only a redirect leads to it.
    """

    url: str
    domain: str
    kind: str
    title: str
    topic: str
    published: datetime
    teaser: str = ""
    number: int = -1
    gold_id: str = ""
    duplicate_of: str = ""
    reason: str = ""
    manner: str = ""
    target: str = ""
    seed: str = ""
    language: str = "en"
    listed: bool = True

    @property
    def expected(self) -> str:
        """Say `keep` for a page whose text belongs into the corpus, `reject` for any other."""
        return REJECT if self.reason else KEEP

    @property
    def route(self) -> tuple[str, str]:
        """The host and the target (path and query) that the server is asked for."""
        parts = urlsplit(self.url)
        query = f"?{parts.query}" if parts.query else ""
        return parts.netloc, f"{parts.path or '/'}{query}"

    def record(self) -> dict[str, Any]:
        """The address as a line of truth.jsonl."""
        return {
            "url": self.url,
            "kind": self.kind,
            "language": self.language,
            "gold_id": self.gold_id or None,
            "duplicate_of": self.duplicate_of or None,
            "expected": self.expected,
            "reason": self.reason or None,
            "manner": self.manner or None,
        }
