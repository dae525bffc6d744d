"""Pages from Common Crawl: by coordinates, or looked up in the index of its main crawls.

https://commoncrawl.org/cdxj-index. CC-NEWS has no index: its pages are found by coordinates only.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from gonerd.errors import InputError
from gonerd_scraper.rebuilding.captures import (
    Capture,
    Hosts,
    StepError,
    body_or_error,
    time_between,
)
from gonerd_scraper.rebuilding.config import RebuildConfig
from gonerd_scraper.rebuilding.manifest import ManifestRow, moment_of
from gonerd_scraper.warc.archive import RecordPlace
from gonerd_scraper.warc.reading import read_page_at

__all__ = ["CommonCrawl", "Coordinates", "coordinates_of"]

INDEX_BYTES = 10_000_000
RECORD_BYTES = 1 << 16
"""What a record may hold beyond the page: headers of WARC and HTTP."""

CRAWL = re.compile(r"CC-MAIN-(\d{4})-(\d{2})")
NEWS = re.compile(r"CC-NEWS-(\d{4})(\d{2})\d{8}-\d+\.warc\.gz")
FILE = re.compile(r"crawl-data/[\w./-]+")
EXPECTED = "filename (crawl-data/...), offset and length"
NUMBER = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Coordinates:
    """Bytes of one of Common Crawl's files, with their SHA-256 where it is known."""

    file: str
    offset: int
    length: int
    sha256: str = ""

    def __str__(self) -> str:
        return f"{self.file} at byte {self.offset}"


def coordinates_of(row: ManifestRow) -> Coordinates | None:
    """Where a row says that its page lies: in `commoncrawl`, or by the name of its WARC file.

    The name of a CC-NEWS file says in which folder it lies; one of a main crawl has to be given with
    its path from `crawl-data/` on.
    """
    given = row.record.get("commoncrawl")
    if isinstance(given, dict):
        try:
            offset, length = int(given["offset"]), int(given["length"])
            name = str(given["filename"])
        except (KeyError, TypeError, ValueError, OverflowError):
            return None
        return Coordinates(name, offset, length) if _sound(name) and offset >= 0 else None
    place = row.place
    if place is None or place.within is not None:
        return None
    found = FILE.search(place.file)
    news = NEWS.fullmatch(place.file.rpartition("/")[2])
    if found is not None and place.file.endswith(found[0]) and _sound(found[0]):
        name = found[0]
    elif news is not None:
        name = f"crawl-data/CC-NEWS/{news[1]}/{news[2]}/{news[0]}"
    else:
        return None
    return Coordinates(name, place.offset, place.length, place.sha256)


class CommonCrawl:
    """Asks for the bytes of single records, and the index where they lie."""

    name = "commoncrawl"

    def __init__(self, hosts: Hosts, config: RebuildConfig) -> None:
        self._hosts = hosts
        self._config = config
        self._index = config.commoncrawl_index.rstrip("/")
        self._data = config.commoncrawl_data.rstrip("/")
        self._crawls: list[tuple[datetime, datetime, str]] | StepError | None = None
        self._lock = asyncio.Lock()

    async def captures(self, row: ManifestRow) -> AsyncIterator[Capture | StepError]:
        """Yield what lies at the row's coordinates, then what the nearest main crawls have.

        Raises:
            StepError: there are no coordinates and the index has no capture.
        """
        known = coordinates_of(row)
        if known is not None:
            try:
                yield await self._capture(row, known)
            except StepError as problem:
                yield problem
        elif row.record.get("commoncrawl") is not None:
            stated = json.dumps(row.record["commoncrawl"], ensure_ascii=False)[:300]
            yield StepError("bad_coordinates", f"found {stated}, expected {EXPECTED}")
        tried = 0
        seen: set[str] = set()
        moment = row.moment
        for crawl in await self._nearest(moment):
            for found in sorted(
                await self._lookup(crawl, row.final_url),
                key=lambda entry: (time_between(moment, entry["timestamp"]), entry["timestamp"]),
            ):
                if found["digest"] in seen or tried >= self._config.captures:
                    continue
                seen.add(found["digest"])
                tried += 1
                place = Coordinates(found["filename"], int(found["offset"]), int(found["length"]))
                try:
                    yield await self._capture(row, place)
                except StepError as problem:
                    yield problem
        if not tried and known is None:
            crawls = ", ".join(await self._nearest(moment))
            raise StepError("no_capture", f"no page of this address in {crawls or 'any crawl'}")

    async def _capture(self, row: ManifestRow, place: Coordinates) -> Capture:
        data = await self._range(place)
        if place.sha256 and sha256(data).hexdigest() != place.sha256:
            raise StepError("wrong_bytes", f"{place}: the bytes are not those of the manifest")
        try:
            page = read_page_at(
                BytesIO(data),
                RecordPlace(place.file, 0, len(data), ""),
                limit=self._config.max_page_bytes,
            )
        except InputError as problem:
            raise StepError("wrong_bytes", str(problem)) from None
        if page is None:
            raise StepError("wrong_bytes", f"{place}: no record with a page begins there")
        if page.problem is not None:
            reason, detail = page.problem
            raise StepError(reason, f"{place}: {detail}")
        if not place.sha256 and not row.is_of(page.url):
            raise StepError("wrong_page", f"{place}: the record is of {page.url}")
        return Capture(
            where=str(place),
            url=page.url,
            headers=page.headers,
            body=page.body,
            fetched_at=page.fetched_at,
            status=page.status,
            verified=bool(place.sha256),
        )

    async def _range(self, place: Coordinates) -> bytes:
        """The bytes at `place`, all of them and no others."""
        limit = self._config.max_page_bytes + RECORD_BYTES
        if not 0 < place.length <= limit:
            raise StepError("too_large", f"{place}: {place.length} bytes, {limit} at most are read")
        last = place.offset + place.length - 1
        response = await self._hosts.get(
            f"{self._data}/{place.file}",
            limit=place.length,
            headers=(("Range", f"bytes={place.offset}-{last}"), ("Accept-Encoding", "identity")),
        )
        if response.status == 200:
            raise StepError("range_ignored", f"{place}: the server sent the whole file")
        if response.status == 206 and response.cut == "length":
            raise StepError("wrong_range", f"{place}: more than {place.length} bytes came")
        body_or_error(response)
        said = response.header("Content-Range")
        if not said.startswith(f"bytes {place.offset}-{last}/"):
            raise StepError("wrong_range", f"{place}: the server sent {said or 'no Content-Range'}")
        if len(response.raw) != place.length:
            raise StepError(
                "cut_off",
                f"{place}: {len(response.raw)} of {place.length} bytes came",
                transient=True,
            )
        return response.raw

    async def _lookup(self, crawl: str, url: str) -> list[dict[str, str]]:
        """The captures of `url` in one main crawl that hold a page."""
        asked = f"{self._index}/{crawl}-index?{urlencode({'url': url, 'output': 'json'})}"
        response = await self._hosts.get(asked, limit=INDEX_BYTES)
        if response.status == 404:  # {"message": "No Captures found for: ..."}
            return []
        entries = []
        for line in body_or_error(response).splitlines():
            entry = _entry(line)
            if entry is not None:
                entries.append(entry)
        return entries

    async def _nearest(self, moment: datetime | None) -> list[str]:
        """The main crawls nearest in time to `moment`, the latest ones where it is unknown."""
        async with self._lock:
            if self._crawls is None:
                self._crawls = await self._known_crawls()
            crawls = self._crawls
            if isinstance(crawls, StepError):
                if crawls.transient:
                    self._crawls = None
                raise crawls
        if moment is None:
            ordered = sorted(crawls, reverse=True)
        else:
            ordered = sorted(crawls, key=lambda crawl: (_distance(crawl, moment), crawl[2]))
        return [name for _, _, name in ordered[: self._config.crawls]]

    async def _known_crawls(self) -> list[tuple[datetime, datetime, str]] | StepError:
        try:
            response = await self._hosts.get(f"{self._index}/collinfo.json", limit=INDEX_BYTES)
            return _crawls(body_or_error(response))
        except StepError as problem:
            return problem


def _crawls(body: bytes) -> list[tuple[datetime, datetime, str]]:
    """Begin, end and name of each crawl of collinfo.json; the name alone says the week."""
    try:
        entries = json.loads(body)
    except (ValueError, RecursionError):
        entries = None
    if not isinstance(entries, list):
        raise StepError("bad_index", "collinfo.json is no JSON list")
    crawls = []
    for entry in entries:
        name = entry.get("id") if isinstance(entry, dict) else None
        match = CRAWL.fullmatch(name) if isinstance(name, str) else None
        if match is None:
            continue  # the first crawls, of 2008 to 2012, have names without a week
        try:
            week = datetime.fromisocalendar(int(match[1]), int(match[2]), 1).replace(tzinfo=UTC)
            begin = moment_of(entry.get("from")) or week
            end = moment_of(entry.get("to")) or begin + timedelta(days=7)
        except (ValueError, OverflowError):
            continue
        crawls.append((begin, end, match[0]))
    return crawls


def _distance(crawl: tuple[datetime, datetime, str], moment: datetime) -> float:
    begin, end, _ = crawl
    return max(0.0, (begin - moment).total_seconds(), (moment - end).total_seconds())


def _entry(line: bytes) -> dict[str, str] | None:
    """One line of the index where it speaks of a page that was there."""
    try:
        found: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    wanted = ("timestamp", "digest", "filename", "offset", "length", "status")
    if not isinstance(found, dict) or not all(isinstance(found.get(key), str) for key in wanted):
        return None
    numbers = all(NUMBER.fullmatch(found[key]) for key in ("offset", "length"))
    kind = str(found.get("mime-detected") or found.get("mime") or "html")
    good = found["status"] == "200" and numbers and "html" in kind and _sound(found["filename"])
    return found if good else None


def _sound(name: str) -> bool:
    return FILE.fullmatch(name) is not None and ".." not in name
