"""Pages from the Wayback Machine, as they were sent: its index says when, `id_` leaves them unchanged.

https://github.com/internetarchive/wayback/tree/master/wayback-cdx-server
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from gonerd_scraper.rebuilding.captures import (
    Capture,
    Hosts,
    StepError,
    body_or_error,
    time_between,
)
from gonerd_scraper.rebuilding.config import RebuildConfig
from gonerd_scraper.rebuilding.manifest import ManifestRow
from gonerd_scraper.urls import is_web_url, resolve_link
from gonerd_scraper.web.response import Headers, Response

__all__ = ["Wayback"]

INDEX_BYTES = 2_000_000
ROWS = 8
"""Captures on either side of the time in question that the index is asked for."""
ORIGINAL = "x-archive-orig-"


class Wayback:
    """Asks for captures nearest in time to when the page was first fetched."""

    name = "wayback"

    def __init__(self, hosts: Hosts, config: RebuildConfig) -> None:
        self._hosts = hosts
        self._config = config
        self._base = config.wayback.rstrip("/")

    async def captures(self, row: ManifestRow) -> AsyncIterator[Capture | StepError]:
        """Yield captures that differ from each other, nearest in time first.

        Raises:
            StepError: there is none, or the index does not answer.
        """
        moment = row.moment
        found = await self._lookup(row.final_url, moment)
        found.sort(key=lambda entry: (time_between(moment, entry["timestamp"]), entry["timestamp"]))
        seen: set[str] = set()
        for entry in found:
            if entry["digest"] in seen or len(seen) >= self._config.captures:
                continue
            seen.add(entry["digest"])
            try:
                yield await self._capture(entry["timestamp"], entry["original"])
            except StepError as problem:
                yield problem
        if not seen:
            raise StepError("no_capture", "no page of this address")

    async def _lookup(self, url: str, moment: datetime | None) -> list[dict[str, str]]:
        """The last captures before `moment` and the first after it, or just the last ones."""
        asked: dict[str, str] = {"url": url, "output": "json", "filter": "!statuscode:[345].."}
        if moment is None:
            return await self._entries(asked | {"limit": str(-ROWS)})
        stamp = moment.strftime("%Y%m%d%H%M%S")
        before = await self._entries(asked | {"to": stamp, "limit": str(-ROWS)})
        return before + await self._entries(asked | {"from": stamp, "limit": str(ROWS)})

    async def _entries(self, asked: dict[str, str]) -> list[dict[str, str]]:
        url = f"{self._base}/cdx/search/cdx?{urlencode(asked)}"
        body = body_or_error(await self._hosts.get(url, limit=INDEX_BYTES))
        try:
            table: Any = json.loads(body) if body.strip() else []
        except (ValueError, RecursionError):
            raise StepError("bad_index", f"{self._base}: the index sent no JSON") from None
        if not isinstance(table, list) or not all(isinstance(line, list) for line in table):
            raise StepError("bad_index", f"{self._base}: the index sent no table")
        if table and not all(isinstance(name, str) for name in table[0]):
            raise StepError("bad_index", f"{self._base}: the columns of the index have no names")
        entries = [dict(zip(table[0], line, strict=False)) for line in table[1:]]
        return [entry for entry in entries if _holds_page(entry)]

    async def _capture(self, stamp: str, original: str) -> Capture:
        """The answer of that moment; the Wayback Machine may lead on to the moment that it means."""
        url = f"{self._base}/web/{stamp}id_/{original}"
        for _ in range(self._config.max_redirects + 1):
            response = await self._hosts.get(url, limit=self._config.max_page_bytes)
            target = _same_capture(self._base, url, response)
            if target is None:
                break
            url = target
        return Capture(
            where=url,
            url=original,
            body=body_or_error(response),
            headers=_original_headers(response.headers),
            fetched_at=_iso(url.removeprefix(f"{self._base}/web/")[:14]),
            status=response.status,
        )


def _holds_page(entry: dict[Any, Any]) -> bool:
    """A page or, with `-` for its status, one that is the same as at an earlier visit."""
    wanted = ("timestamp", "original", "digest", "statuscode", "mimetype")
    if not all(isinstance(entry.get(key), str) for key in wanted):
        return False
    stamp = entry["timestamp"]
    return (
        entry["statuscode"] in ("200", "-")
        and (entry["mimetype"] == "warc/revisit" or "html" in entry["mimetype"])
        and len(stamp) == 14
        and stamp.isdecimal()
        and is_web_url(entry["original"])
    )


def _same_capture(base: str, url: str, response: Response) -> str | None:
    """Where a redirect leads that only corrects the timestamp; None where it is none."""
    target = resolve_link(url, response.redirect) if response.redirect else None
    prefix = f"{base}/web/"
    if target is None or not target.startswith(prefix):
        return None
    stamp, _, original = target.removeprefix(prefix).partition("/")
    if stamp[:14].isdecimal() and original == url.removeprefix(prefix).partition("/")[2]:
        return f"{prefix}{stamp[:14]}id_/{original}"
    return None


def _original_headers(headers: Headers) -> Headers:
    """The headers that the page's own server sent, as far as they are told."""
    original = [
        (key[len(ORIGINAL) :], value) for key, value in headers if key.lower().startswith(ORIGINAL)
    ]
    if not any(key.lower() == "content-type" for key, _ in original):
        original += [(key, value) for key, value in headers if key.lower() == "content-type"]
    return tuple(original)


def _iso(stamp: str) -> str:
    day, clock = stamp[:8], stamp[8:14]
    return f"{day[:4]}-{day[4:6]}-{day[6:]}T{clock[:2]}:{clock[2:4]}:{clock[4:]}Z"
