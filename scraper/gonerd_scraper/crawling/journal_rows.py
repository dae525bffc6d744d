"""The rows of the crawl log that tell of one address."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from gonerd_scraper.crawling.items import Item, Refusal
from gonerd_scraper.web.response import Response

__all__ = ["fetched_row", "now", "refused_row", "rejected_row", "rejection"]


def now() -> str:
    """The time, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def fetched_row(item: Item, response: Response) -> dict[str, Any]:
    """An answer came."""
    return {
        "event": "fetched",
        "at": response.fetched_at,
        "item": item.record(),
        "status": response.status,
        "bytes": len(response.raw),
    }


def rejected_row(item: Item) -> dict[str, Any]:
    """No answer came, or none was asked for."""
    return {"event": "rejected", "at": now(), "item": item.record()}


def rejection(
    item: Item, stage: str, reason: str, detail: str, status: int | None
) -> dict[str, Any]:
    """Why an address gave no document, as it stands in rejected.jsonl."""
    row = {"url": item.first, "stage": stage, "reason": reason, "detail": detail, "status": status}
    return row | ({"final_url": item.url} if item.chain else {})


def refused_row(refusal: Refusal) -> dict[str, Any]:
    """The same for a link that is not followed."""
    return {
        "url": refusal.url,
        "stage": "frontier",
        "reason": refusal.reason,
        "detail": refusal.detail,
        "status": None,
    }
