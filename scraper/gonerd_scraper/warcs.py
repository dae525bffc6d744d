"""Documents from WARC files that others made, CC-NEWS included, without going to the web."""

from __future__ import annotations

import hashlib
import json
import time
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO

from gonerd.errors import InputError, OutputError
from gonerd.files import write_text
from gonerd_scraper.archive import RecordPlace
from gonerd_scraper.config import CrawlConfig
from gonerd_scraper.documents import record_from_reading
from gonerd_scraper.extract import PageInput, Reading, read_page
from gonerd_scraper.journal import Journal
from gonerd_scraper.outputs import write_outputs
from gonerd_scraper.response import Headers, decode_body
from gonerd_scraper.robots import agent_name
from gonerd_scraper.sources import kind_of_domain
from gonerd_scraper.urls import host_of, is_web_url, registered_domain, url_key
from gonerd_scraper.workers import JobError, WorkerPool

BATCH = 200

__all__ = ["WarcPage", "read_warc", "scrape_warcs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WarcPage:
    """One response of a WARC file, its body as it reads.

    `problem` is the reason and detail of why it can't be used, None where it can.
    """

    url: str
    status: int
    headers: Headers
    body: bytes
    fetched_at: str
    place: RecordPlace
    problem: tuple[str, str] | None = None
    size: int = 0


def read_warc(path: Path, *, limit: int, warn: Callable[[str], object]) -> Iterator[WarcPage]:
    """Yield the HTTP responses of a WARC file (plain or .gz), bodies capped at `limit` bytes.

    A file that is broken or ends in the middle yields what can be read; `warn` is told what can't.
    The libraries take both for a normal end, so lengths and the last gzip member are checked here.

    Raises:
        InputError: the file is missing, or is no WARC file.
    """
    from fastwarc import ArchiveIterator

    if not path.is_file():
        raise InputError(f"{path} does not exist" if not path.exists() else f"{path} is no file")
    size = path.stat().st_size
    records = 0
    last = 0
    held: WarcPage | None = None
    with path.open("rb") as file, path.open("rb") as bytes_of:
        try:
            for record in ArchiveIterator(file, parse_http=True, auto_decode="none"):
                records += 1
                if held is not None and record.stream_pos > last:
                    yield _placed(held, path, bytes_of, last, record.stream_pos)
                    held = None
                elif held is not None:
                    warn(f"{path}: record {records} shares its gzip member with others")
                    yield _placed(held, path, bytes_of, last, last)
                    held = None
                last = record.stream_pos
                if str(record.record_type) == "response" and record.http_headers is not None:
                    held = _page(record, limit)
                    whole = held.problem is None or held.problem[0] != "cut_off"
                    if not whole:
                        warn(f"{path}: the record at byte {last} is cut off")
        except (OSError, ValueError, UnicodeDecodeError) as problem:
            warn(
                f"{path}: broken after record {records}, at or behind byte {last} of {size}: {problem}"
            )
        if held is not None:
            yield _placed(held, path, bytes_of, last, size)
        if not records:
            raise InputError(f"{path}: no WARC record found in {size} bytes, expected a WARC file")
        if _cut_member(bytes_of, last):
            warn(
                f"{path}: cut off inside the gzip member at byte {last} of {size}; the rest was read"
            )


def scrape_warcs(
    paths: Sequence[Path],
    out: Path,
    config: CrawlConfig,
    *,
    force: bool = False,
    note: Callable[[str], object],
) -> dict[str, Any]:
    """Documents, manifest, rejected pages and report in `out` from the pages of WARC files.

    The files stay where they are; the manifest names them as they were given.

    Raises:
        OutputError: `out` holds a crawl already and `force` is off.
        InputError: a file is missing, or no document came of any.
    """
    from gonerd_scraper.scrape import CONFIG, clear_crawl, summary_of_report

    if force:
        clear_crawl(out)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputError(f"{out} exists already; give another name, or --force to replace it")
    for path in paths:
        if not path.is_file():
            raise InputError(f"{path} does not exist")
    journal = Journal(out)
    try:
        write_text(out / CONFIG, json.dumps(asdict(config), indent=2) + "\n", overwrite=True)
        batch: list[dict[str, Any]] = []
        for row in _rows(paths, config, note):
            batch.append(row)
            if len(batch) >= BATCH:
                journal.append(batch)
                batch = []
        journal.append(batch)
        report = write_outputs(out, journal.path)
    except BaseException:
        clear_crawl(
            out
        )  # nothing here can be gone on with: the WARC files are read from their start
        raise
    finally:
        journal.close()
    if not report["documents"]:
        raise InputError(
            f"no document came of {', '.join(map(str, paths))}: {summary_of_report(report, out)}"
        )
    return report


def _rows(
    paths: Sequence[Path], config: CrawlConfig, note: Callable[[str], object]
) -> Iterator[dict[str, Any]]:
    """Rows of a journal for the pages of `paths`, in their order whatever the number of workers."""
    started = time.monotonic()
    yield {
        "event": "start",
        "at": _now(),
        "gonerd": version("gonerd"),
        "config": asdict(config),
        "sources": [],
    }
    seen: set[str] = set()
    with (
        WorkerPool(config.workers, seconds=config.page_seconds, memory=config.page_memory) as pool,
        ThreadPoolExecutor(config.workers) as threads,
    ):
        ahead: deque[tuple[WarcPage, Future[Reading] | Reading]] = deque()
        for path in paths:
            for page in read_warc(path, limit=config.max_page_bytes, warn=note):
                ahead.append((page, _started(page, seen, config, pool, threads)))
                if len(ahead) > 2 * config.workers:
                    yield from _page_rows(*ahead.popleft())
        while ahead:
            yield from _page_rows(*ahead.popleft())
    yield {"event": "end", "at": _now(), "seconds": round(time.monotonic() - started, 3)}


def _started(
    page: WarcPage,
    seen: set[str],
    config: CrawlConfig,
    pool: WorkerPool,
    threads: ThreadPoolExecutor,
) -> Future[Reading] | Reading:
    key = url_key(page.url)
    problem = page.problem
    if problem is None and key in seen:
        problem = ("duplicate_url", "the address stands earlier in the files")
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
            agent=agent_name(config.user_agent),
            noindex=config.noindex,
            tdm=config.tdm,
        ),
    )


def _page_rows(page: WarcPage, job: Future[Reading] | Reading) -> Iterator[dict[str, Any]]:
    try:
        reading = job if isinstance(job, Reading) else job.result()
    except JobError as problem:
        reading = Reading(kind="page", reason=problem.reason, detail=problem.detail)
    domain = registered_domain(host_of(page.url))
    item = [page.url, "page", 0, domain, []]
    yield {
        "event": "fetched",
        "at": page.fetched_at,
        "item": item,
        "status": page.status,
        "bytes": page.size,
    }
    if reading.reason == "duplicate_url":  # what stands under this address stays what it is
        yield {"event": "noted", "refused": [_refused(page, reading)]}
        return
    row: dict[str, Any] = {"event": "read", "at": _now(), "item": item, "done": True}
    if reading.text:
        row["document"] = record_from_reading(
            reading,
            url=page.url,
            final_url=page.url,
            source=kind_of_domain(domain),
            fetched_at=page.fetched_at,
            status=page.status,
            place=page.place,
        )
    else:
        row["rejected"] = _refused(page, reading)
    yield row


def _refused(page: WarcPage, reading: Reading) -> dict[str, Any]:
    reason = reading.reason or "not_html"
    return {
        "url": page.url,
        "stage": "extract",
        "reason": reason,
        "detail": reading.detail or f"a {reading.kind}",
        "status": page.status,
    }


def _page(record: Any, limit: int) -> WarcPage:
    expected = int(record.content_length)
    raw = record.reader.read(limit + 1)
    headers: Headers = tuple(record.http_headers.to_tuples())
    lower = {key.lower(): value for key, value in headers}
    status = int(record.http_headers.status_code or 0)
    problem: tuple[str, str] | None = None
    if len(raw) < min(expected, limit + 1) or record.headers.get("WARC-Truncated") == "disconnect":
        problem = ("cut_off", f"the record holds {len(raw)} of {expected} bytes")
    size = len(raw)
    if lower.get("transfer-encoding", "").lower() == "chunked":
        raw = _dechunked(raw)
    body, cut, broken = decode_body(raw, lower.get("content-encoding", ""), limit)
    if broken and not raw.startswith(
        (b"\x1f\x8b", b"\x78")
    ):  # many archives store the decoded body under the old header
        body, cut, broken = decode_body(raw, "", limit)
    url = record.headers.get("WARC-Target-URI", "").strip("<>")
    if problem is None:
        if cut or record.headers.get("WARC-Truncated"):
            problem = ("too_large", f"more than {limit} bytes, or cut when it was archived")
        elif broken:
            problem = ("bad_encoding", broken)
        elif not 200 <= status < 300:
            problem = ("http_status", str(status))
        elif not is_web_url(url):
            problem = ("not_html", f"{url!r} is no address of a page")
    return WarcPage(
        url=url,
        status=status,
        headers=headers,
        body=body,
        fetched_at=record.headers.get("WARC-Date") or "",
        place=RecordPlace("", 0, 0, ""),
        problem=problem,
        size=size,
    )


def _placed(page: WarcPage, path: Path, file: BinaryIO, start: int, end: int) -> WarcPage:
    file.seek(start)
    digest = hashlib.sha256()
    left = end - start
    while left and (piece := file.read(min(left, 1 << 20))):
        digest.update(piece)
        left -= len(piece)
    return replace(page, place=RecordPlace(str(path), start, end - start, digest.hexdigest()))


def _dechunked(raw: bytes) -> bytes:
    """`raw` without the chunks of its transfer; as it is, where it holds none in spite of its header."""
    out = bytearray()
    at = 0
    while True:
        line_end = raw.find(b"\r\n", at)
        try:
            length = int(raw[at:line_end].partition(b";")[0], 16) if line_end > at else -1
        except ValueError:
            length = -1
        if length < 0:
            return bytes(out) if out else raw
        if length == 0:
            return bytes(out)
        out += raw[line_end + 2 : line_end + 2 + length]
        at = line_end + 4 + length
        if at > len(raw):
            return bytes(out)


def _cut_member(file: BinaryIO, start: int) -> bool:
    """Whether the gzip member that begins at `start` has no end."""
    file.seek(start)
    member = zlib.decompressobj(31)
    piece = file.read(65536)
    if not piece.startswith(b"\x1f\x8b"):
        return False
    while piece:
        try:
            while piece:
                member.decompress(piece, 1 << 20)
                if member.eof:
                    return False
                piece = member.unconsumed_tail
        except zlib.error:
            return True
        piece = file.read(65536)
    return True


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
