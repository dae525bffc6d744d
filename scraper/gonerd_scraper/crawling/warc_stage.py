"""The stage that reads WARC files: for each file a shard of what became of its pages.

A row is `{"id", "url", "status", "bytes", "usable"}` and either the `document` or why there is none
(`rejected`). A page that can't be used (cut off, no 2xx, taken down) does not stand for its address;
of the usable ones the first does, and that is decided where the shards are merged. The row with the
empty id says what the file holds and what was wrong with it.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from gonerd.console import note
from gonerd.errors import InputError
from gonerd.takedown import TAKEN_DOWN, Takedown
from gonerd_scraper.config import CrawlConfig
from gonerd_scraper.crawling.sources import kind_of_domain
from gonerd_scraper.extraction.documents import document_id, record_from_reading
from gonerd_scraper.extraction.extract import PageInput, Reading, extractor_record, read_page
from gonerd_scraper.running.shards import write_shard
from gonerd_scraper.running.stages import share_of_rank, work_key
from gonerd_scraper.running.workers import JobError, WorkerPool
from gonerd_scraper.urls import host_of, registered_domain, url_key
from gonerd_scraper.warc.reading import WarcCount, WarcPage, read_warc
from gonerd_scraper.web.robots import agent_name

__all__ = ["ReadWarcs", "warc_shard"]

QUIET = 10.0
"""Seconds that a file must take for its end to be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadWarcs:
    """Reads a rank's share of `paths`; `processes` extract. A file's shard is whole or not there."""

    paths: tuple[Path, ...]
    folder: Path
    config: CrawlConfig
    takedown: Takedown
    processes: int

    def __call__(
        self, _data: Iterable[Any] | None, rank: int = 0, world_size: int = 1
    ) -> Iterator[Path]:
        """Yield the shards of this rank's files; those that lie there already are not made again."""
        mine = [
            (path, shard)
            for path in share_of_rank(self.paths, rank, world_size)
            if not (shard := self.shard(path)).exists()
        ]
        if not mine:
            return
        with (
            WorkerPool(
                self.processes, seconds=self.config.page_seconds, memory=self.config.page_memory
            ) as pool,
            ThreadPoolExecutor(self.processes) as threads,
        ):
            for path, shard in mine:
                started = time.monotonic()
                count = write_shard(shard, self._rows(path, pool, threads))
                if time.monotonic() - started > QUIET:
                    done = sum(1 for _ in self.folder.glob("*.jsonl"))
                    note(f"{path}: {count - 1} pages; {done} of {len(self.paths)} files are read")
                yield shard

    def shard(self, path: Path) -> Path:
        """Where the shard of `path` lies."""
        return warc_shard(path, self.folder, self.config, self.takedown)

    def _rows(
        self, path: Path, pool: WorkerPool, threads: ThreadPoolExecutor
    ) -> Iterator[dict[str, Any]]:
        """Rows in the order of the file, whatever the number of processes."""
        told: list[str] = []
        held = WarcCount()
        seen: set[str] = set()
        ahead: deque[tuple[WarcPage, Future[Reading] | Reading]] = deque()
        try:
            limit = self.config.max_page_bytes
            for page in read_warc(path, limit=limit, warn=told.append, count=held):
                ahead.append((page, self._started(page, seen, pool, threads)))
                if len(ahead) > 2 * self.processes:
                    yield self._row(*ahead.popleft())
        except InputError as problem:
            told.append(str(problem))
        while ahead:
            yield self._row(*ahead.popleft())
        yield {"id": "", "told": told, "held": held.record()}

    def _started(
        self, page: WarcPage, seen: set[str], pool: WorkerPool, threads: ThreadPoolExecutor
    ) -> Future[Reading] | Reading:
        problem = page.problem
        entry = self.takedown.reason(id=document_id(page.url), urls=[page.url, page.stored_as])
        if entry is not None:
            problem = (TAKEN_DOWN, entry)
        key = url_key(page.url)
        if problem is None and key in seen:
            return _duplicate()
        if problem is not None:
            return Reading(kind="page", reason=problem[0], detail=problem[1])
        seen.add(key)
        return threads.submit(
            pool.run,
            read_page,
            PageInput(
                url=page.url,
                headers=page.headers,
                body=page.body,
                fetched_at=page.fetched_at,
                agent=agent_name(self.config.user_agent),
                noindex=self.config.noindex,
                tdm=self.config.tdm,
            ),
        )

    def _row(self, page: WarcPage, job: Future[Reading] | Reading) -> dict[str, Any]:
        try:
            reading = job if isinstance(job, Reading) else job.result()
        except JobError as problem:
            reading = Reading(kind="page", reason=problem.reason, detail=problem.detail)
        row: dict[str, Any] = {
            "id": document_id(page.url),
            "url": page.url,
            "status": page.status,
            "bytes": page.size,
            "usable": not isinstance(job, Reading) or job.reason == "duplicate_url",
        }
        if reading.meta:
            reading = replace(reading, meta=reading.meta | {"robots": _robots(page, reading)})
        canonical = reading.meta.get("canonical")
        entry = self.takedown.reason(urls=[canonical]) if canonical else None
        if entry is not None:
            reading = Reading(kind="page", reason=TAKEN_DOWN, detail=entry)
        if not reading.text:
            why = [reading.reason or "not_html", reading.detail or f"a {reading.kind}"]
            return row | {"rejected": why}
        return row | {
            "document": record_from_reading(
                reading,
                url=page.url,
                final_url=page.url,
                source=kind_of_domain(registered_domain(host_of(page.url))),
                fetched_at=page.fetched_at,
                status=page.status,
                place=page.place,
            )
        }


def warc_shard(path: Path, folder: Path, config: CrawlConfig, takedown: Takedown) -> Path:
    """Where the shard of `path` lies; another file, or other settings that matter, have another one."""
    settings = {
        "name": str(path),
        "extractor": extractor_record(),
        "config": {name: value for name, value in asdict(config).items() if name != "workers"},
        "takedown": asdict(takedown),
    }
    return folder / f"{work_key([path], settings)[:32]}.jsonl"


def _robots(page: WarcPage, reading: Reading) -> dict[str, Any]:
    """What a single page can say; what robots.txt and ai.txt said stands in no WARC record of it."""
    tags = [value for name, value in page.headers if name.lower() == "x-robots-tag"]
    found: dict[str, Any] = reading.meta.get("robots", {})
    return found | {"robots_txt": None, "x_robots_tag": tags, "ai_txt": None}


def _duplicate() -> Reading:
    return Reading(
        kind="page", reason="duplicate_url", detail="the address stands earlier in the files"
    )
