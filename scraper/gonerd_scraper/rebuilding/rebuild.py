"""The same documents again, from a manifest: each text is proven by its SHA-256, or it is not kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gonerd.console import track
from gonerd.errors import InputError, OutputError, SchemaError
from gonerd.files import write_json
from gonerd.schema import text_sha256
from gonerd.takedown import TAKEN_DOWN, Takedown
from gonerd_scraper.crawling.journal import Journal
from gonerd_scraper.extraction.documents import document_id
from gonerd_scraper.extraction.extract import PageInput, Reading, extractor_record, read_page
from gonerd_scraper.rebuilding.captures import Capture, Hosts, Step, StepError
from gonerd_scraper.rebuilding.config import RebuildConfig
from gonerd_scraper.rebuilding.journal import JOURNAL, RebuildState, state_of_rebuild
from gonerd_scraper.rebuilding.manifest import ManifestRow, manifest_sha256, read_manifest
from gonerd_scraper.rebuilding.outcomes import (
    UNAVAILABLE,
    cause_of_drift,
    drifted_outcome,
    extractor_differs,
    outcome,
    rebuilt_outcome,
    trial,
)
from gonerd_scraper.rebuilding.outputs import DOCUMENTS, OUTCOMES, REPORT, write_rebuild
from gonerd_scraper.rebuilding.own_archive import OwnArchive
from gonerd_scraper.running.failures import first_failure
from gonerd_scraper.running.work_folder import remove_partial
from gonerd_scraper.running.workers import JobError, WorkerPool
from gonerd_scraper.web.fetch import Fetcher
from gonerd_scraper.web.robots import agent_name

__all__ = ["rebuild_documents"]

CONFIG = "config.json"
FILES = (DOCUMENTS, OUTCOMES, REPORT, CONFIG)
BATCH = 32
BATCH_SECONDS = 1.0

# Settings that change how something is done, and not what comes out.
INDIFFERENT = ("concurrency", "workers", "delay", "connect_to", "keep_drifted")


def rebuild_documents(
    manifest: Path,
    out: Path,
    config: RebuildConfig,
    *,
    archives: Sequence[Path] = (),
    takedown: Takedown | None = None,
    force: bool = False,
    pool: WorkerPool | None = None,
    note: Callable[[str], object],
) -> dict[str, Any]:
    """Find the documents of `manifest` again and write them to the folder `out`; return the report.

    WARC files are looked for beside the manifest, then in `archives`. An interrupted rebuild goes on
    with the same call; one that came to its end tries again what did not come back.

    Raises:
        InputError: the manifest or an archive folder is missing, or the manifest is empty.
        SchemaError: a row of the manifest makes no sense, or an id stands there twice.
        OutputError: `out` holds something else, or another process writes there.
    """
    for folder in archives:
        if not folder.is_dir():
            raise InputError(f"{folder} is no folder, expected one with WARC files")
    if force and manifest.resolve().is_relative_to(out.resolve()):
        raise OutputError(f"{manifest} lies in {out}, which --force clears; give another --out")
    ids, differing = _checked(manifest)
    takedown = takedown if takedown is not None else Takedown.read()
    _require_rebuild_folder(out)
    journal = Journal(out, name=JOURNAL, writer="gonerd rebuild")
    try:
        remove_partial(out, FILES)
        if force:
            journal.clear()
            _clear(out)
        installed = extractor_record()
        if differing:
            note(_other_extractor(differing, len(ids), installed))
        start = {
            "event": "start",
            "manifest": manifest_sha256(manifest),
            "settings": _settings(config, archives),
        }
        state = state_of_rebuild(journal.path, start, takedown)
        write_json(out / CONFIG, asdict(config), overwrite=True)
        (out / REPORT).unlink(missing_ok=True)  # it says that a rebuild came to its end
        if state.settled:
            note(f"{len(state.settled)} of {len(ids)} were settled before; going on with the rest")
        journal.append([start])
        started = time.monotonic()
        beside = manifest if manifest.is_dir() else manifest.parent
        run = _Rebuild(manifest, [beside, *archives], config, takedown, journal, pool)
        asyncio.run(run.run(state, len(ids)))
        journal.append([{"event": "end", "seconds": round(time.monotonic() - started, 3)}])
        state = state_of_rebuild(journal.path, start, takedown)
        return write_rebuild(
            out,
            journal.path,
            state,
            ids,
            keep_drifted=config.keep_drifted,
            extractor={"installed": installed, "rows_of_others": sum(differing.values())},
        )
    finally:
        journal.close()


class _Rebuild:
    """One run: first what the own archive has, then the places on the web for what is left."""

    def __init__(
        self,
        manifest: Path,
        folders: Sequence[Path],
        config: RebuildConfig,
        takedown: Takedown,
        journal: Journal,
        pool: WorkerPool | None,
    ) -> None:
        self._manifest = manifest
        self._folders = folders
        self._config = config
        self._takedown = takedown
        self._journal = journal
        self._shared_pool = pool
        self._waiting: list[dict[str, Any]] = []
        self._flushed = time.monotonic()
        self._tried: dict[str, list[dict[str, Any]]] = {}

    async def run(self, state: RebuildState, total: int) -> None:
        """Come to an outcome for every row that has none that stands."""
        config = self._config
        with self._worker_pool() as self._pool, ThreadPoolExecutor(config.workers) as self._threads:
            try:
                async with Fetcher(config) as fetcher:
                    local, remote = self._steps(Hosts(fetcher, config))
                    todo = total - len(state.settled)
                    rows = self._rows(lambda row: row.id not in state.settled)
                    await self._all(track(rows, "archive", total=todo), local, last=not remote)
                    if remote and self._tried:
                        rows = self._rows(lambda row: row.id in self._tried)
                        left = len(self._tried)
                        await self._all(track(rows, "web", total=left), remote, last=True)
            finally:
                if self._pool is not self._shared_pool:
                    self._pool.close()  # ends what is being read, so that its threads end
                self._flush()

    def _worker_pool(self) -> AbstractContextManager[WorkerPool]:
        config = self._config
        if self._shared_pool is not None:
            return nullcontext(self._shared_pool)
        return WorkerPool(config.workers, seconds=config.page_seconds, memory=config.page_memory)

    def _steps(self, hosts: Hosts) -> tuple[list[Step], list[Step]]:
        from gonerd_scraper.rebuilding.commoncrawl import CommonCrawl
        from gonerd_scraper.rebuilding.live import LiveWeb
        from gonerd_scraper.rebuilding.wayback import Wayback

        config = self._config
        local: list[Step] = [OwnArchive(self._folders, limit=config.max_page_bytes)]
        remote: list[Step] = [
            CommonCrawl(hosts, config),
            Wayback(hosts, config),
            LiveWeb(hosts, config, self._takedown),
        ]
        return (
            [step for step in local if step.name in config.steps],
            [step for step in remote if step.name in config.steps],
        )

    def _rows(self, wanted: Callable[[ManifestRow], bool]) -> Iterator[ManifestRow]:
        return (row for row in read_manifest(self._manifest) if wanted(row))

    async def _all(self, rows: Iterator[ManifestRow], steps: Sequence[Step], *, last: bool) -> None:
        """Deal with `rows`, as many at once as pages may be in hand."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(self._config.concurrency):
                    tasks.create_task(self._worker(rows, steps, last=last))
        except BaseExceptionGroup as group:
            raise first_failure(group) from None

    async def _worker(
        self, rows: Iterator[ManifestRow], steps: Sequence[Step], *, last: bool
    ) -> None:
        for row in rows:
            found = await self._outcome(row, steps, last=last)
            if found is not None:
                self._waiting.append(found)
                if len(self._waiting) >= BATCH or time.monotonic() - self._flushed > BATCH_SECONDS:
                    self._flush()

    async def _outcome(
        self, row: ManifestRow, steps: Sequence[Step], *, last: bool
    ) -> dict[str, Any] | None:
        """What became of a row; None where the places on the web are still to be asked."""
        entry = self._takedown.reason(id=row.id, urls=row.addresses)
        if entry is not None:
            return outcome(row, TAKEN_DOWN, []) | {"entry": entry}
        tried = self._tried.pop(row.id, [])
        drifted: dict[str, Any] | None = None
        for step in steps:
            try:
                async for capture in step.captures(row):
                    if isinstance(capture, StepError):
                        tried.append(trial(step.name, capture))
                        continue
                    reading = await self._reading(row, capture)
                    entry = self._entry(capture, reading)
                    if entry is not None:
                        return outcome(row, TAKEN_DOWN, []) | {"entry": entry}
                    if not reading.text:
                        tried.append(trial(step.name, _no_text(capture, reading)))
                    elif text_sha256(reading.text) == row.text_sha256:
                        return rebuilt_outcome(row, capture, reading, step.name, tried)
                    elif capture.verified and not row.is_of(capture.url):
                        tried.append(trial(step.name, _wrong_page(capture)))
                    else:
                        cause = cause_of_drift(row, capture)
                        tried.append(trial(step.name, StepError(cause, capture.where)))
                        drifted = drifted or drifted_outcome(
                            row, capture, reading, step.name, tried, cause
                        )
                        if capture.verified:  # read differently here, it would be so elsewhere
                            return drifted
            except StepError as problem:
                if problem.reason == TAKEN_DOWN:
                    return outcome(row, TAKEN_DOWN, []) | {"entry": problem.detail}
                tried.append(trial(step.name, problem))
        if drifted is None and not last:
            self._tried[row.id] = tried
            return None
        return drifted or outcome(row, UNAVAILABLE, tried)

    def _entry(self, capture: Capture, reading: Reading) -> str | None:
        """The entry on the list that speaks of what was found: a manifest may call it something else."""
        canonical = reading.meta.get("canonical")
        addresses = [capture.url, *([canonical] if canonical else [])]
        return self._takedown.reason(id=document_id(capture.url), urls=addresses)

    async def _reading(self, row: ManifestRow, capture: Capture) -> Reading:
        """What a worker reads on a page.

        A page's wishes count as they are today. What was archived was judged when it was crawled.
        """
        config = self._config
        page = PageInput(
            url=row.final_url,
            headers=capture.headers,
            body=capture.body,
            fetched_at=row.fetched_at or capture.fetched_at,
            agent=agent_name(config.user_agent),
            noindex=config.noindex if capture.current else "record",
            tdm=config.tdm if capture.current else "record",
            reservations=capture.reservations,
        )
        try:
            reading: Reading = await asyncio.get_running_loop().run_in_executor(
                self._threads, self._pool.run, read_page, page
            )
        except JobError as problem:
            return Reading(kind="page", reason=problem.reason, detail=problem.detail)
        return reading

    def _flush(self) -> None:
        self._flushed = time.monotonic()
        if self._waiting:
            self._journal.append(self._waiting)
            self._waiting = []


def _checked(manifest: Path) -> tuple[set[str], dict[str, int]]:
    """The ids of a manifest, and how many rows name each extractor that is not the installed one."""
    ids: set[str] = set()
    differing: dict[str, int] = {}
    for row in read_manifest(manifest):
        if row.id in ids:
            raise SchemaError(f"{manifest}: the id {row.id!r} stands there twice")
        ids.add(row.id)
        if extractor_differs(row) and row.extractor is not None:
            name = f"{row.extractor.get('name')} {row.extractor.get('version')}"
            differing[name] = differing.get(name, 0) + 1
    if not ids:
        raise InputError(f"{manifest} holds no row, expected a manifest of documents")
    return ids, differing


def _other_extractor(differing: dict[str, int], total: int, installed: dict[str, Any]) -> str:
    here = f"{installed['name']} {installed['version']}"
    named = ", ".join(sorted(differing))
    what = (
        f"by {here} with other options or packages" if set(differing) == {here} else f"by {named}"
    )
    return (
        f"the texts of {sum(differing.values())} of {total} rows were taken out {what}, and {here} is "
        "installed: where this one reads a page differently, the document counts as drifted"
    )


def _settings(config: RebuildConfig, archives: Sequence[Path]) -> dict[str, Any]:
    """What must be the same for a page that was not found to count as tried."""
    values = {key: value for key, value in asdict(config).items() if key not in INDIFFERENT}
    values["steps"] = sorted(config.steps)
    folders = sorted(str(folder.resolve()) for folder in archives)
    return {"config": values, "archives": folders, "extractor": extractor_record()}


def _wrong_page(capture: Capture) -> StepError:
    """The manifest leads to another page; the same text may stand there, as where a revisit did."""
    return StepError("wrong_page", f"{capture.where}: the record is of {capture.url}")


def _no_text(capture: Capture, reading: Reading) -> StepError:
    reason = reading.reason or "not_html"
    return StepError(reason, f"{capture.where}: {reading.detail or f'a {reading.kind}'}")


def _require_rebuild_folder(out: Path) -> None:
    if out.is_file():
        raise OutputError(f"{out} is a file, a folder was expected")
    if out.is_dir() and any(out.iterdir()) and not (out / JOURNAL).exists():
        raise OutputError(f"{out} holds something that is no rebuild; give another --out")


def _clear(out: Path) -> None:
    """Remove what a rebuild left in `out` beside its log, and nothing else."""
    for name in FILES:
        (out / name).unlink(missing_ok=True)
