"""The pages of a WARC file, whoever wrote it; broken and truncated files told, the rest kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

from gonerd.errors import InputError
from gonerd_scraper.urls import is_web_url
from gonerd_scraper.warc.archive import RecordPlace
from gonerd_scraper.warc.digests import Digest, parsed_digest
from gonerd_scraper.warc.http_message import StoredBody, body_of, read_head
from gonerd_scraper.warc.parsing import Record, RecordReader
from gonerd_scraper.web.response import Headers

__all__ = ["WarcCount", "WarcPage", "read_page_at", "read_warc"]

PIECE = 1 << 16
HTML = ("text/html", "application/xhtml+xml")


@dataclass(frozen=True, slots=True, kw_only=True)
class WarcPage:
    """One response of a WARC file, its body as it reads.

    `stored_as` is the address of the record that holds the body: of a revisit, another than its own.
    `problem` is the reason and detail of why it can't be used, None where it can.
    """

    url: str
    status: int
    headers: Headers
    body: bytes
    fetched_at: str
    place: RecordPlace
    stored_as: str
    problem: tuple[str, str] | None = None
    size: int = 0


@dataclass(slots=True)
class WarcCount:
    """What a WARC file holds; `pages` are the responses, resources and revisits that can be used."""

    records: int = 0
    responses: int = 0
    resources: int = 0
    revisits: int = 0
    pages: int = 0
    breaks: int = 0
    problems: Counter[str] = field(default_factory=Counter)

    def record(self) -> dict[str, Any]:
        """The form that stands in a report; `add` takes it in."""
        return {
            "records": self.records,
            "responses": self.responses,
            "resources": self.resources,
            "revisits": self.revisits,
            "pages": self.pages,
            "breaks": self.breaks,
            "problems": dict(sorted(self.problems.items())),
        }

    def add(self, record: dict[str, Any]) -> None:
        """Count what another file holds, by its `record`."""
        for name, number in record.items():
            if name != "problems":
                setattr(self, name, getattr(self, name) + number)
        self.problems.update(record["problems"])


def read_warc(
    path: Path,
    *,
    limit: int,
    warn: Callable[[str], object],
    count: WarcCount | None = None,
) -> Iterator[WarcPage]:
    """Yield the pages of a WARC file (plain, .gz or .zst), bodies capped at `limit` bytes.

    Pages are HTTP responses, HTML that stands in resource records, and revisits of either that an
    earlier record of the file resolves. A file that is broken or ends in the middle yields what can
    be read; `warn` is told what can't, and where. What is larger than `limit` is never held whole.

    Raises:
        InputError: the file is missing, or is no WARC file.
    """
    if not path.is_file():
        raise InputError(f"{path} does not exist" if not path.exists() else f"{path} is no file")
    count = count if count is not None else WarcCount()
    originals: dict[str, RecordPlace] = {}
    unresolved = 0
    with path.open("rb") as file, path.open("rb") as again:
        reader = RecordReader(file, str(path), tell=warn)
        for record in reader:
            count.records += 1
            page = _page(record, limit)
            if page is None:
                continue
            setattr(count, _kind(record), getattr(count, _kind(record)) + 1)
            page = replace(page, place=replace(page.place, file=str(path)))
            if record.type == "revisit":
                page = _resolved(record, page, originals, again, limit)
                unresolved += page.problem is not None and page.problem[0] == "revisit"
            elif page.problem is None:
                for name in ("warc-payload-digest", "warc-record-id"):
                    if record.header(name):
                        originals.setdefault(record.header(name), page.place)
            if page.problem is None:
                count.pages += 1
            else:
                count.problems[page.problem[0]] += 1
            yield page
        count.breaks += reader.breaks
    if unresolved:
        warn(f"{path}: {unresolved} revisit records speak of pages that are not in this file")


def read_page_at(file: BinaryIO, place: RecordPlace, *, limit: int) -> WarcPage | None:
    """The page that lies at `place` of an open WARC file; None where no record with a page does.

    The caller compares `place` of the page with the one it asked for: its SHA-256 is of what was read.

    Raises:
        InputError: `file` does not begin as a WARC file does.
    """
    reader = RecordReader(file, place.file, tell=lambda _: None)
    record = reader.at(place)
    if record is None:
        return None
    page = _page(record, limit)
    return page and replace(page, place=replace(page.place, file=place.file))


def _kind(record: Record) -> str:
    return {"response": "responses", "resource": "resources"}.get(record.type, "revisits")


def _page(record: Record, limit: int) -> WarcPage | None:
    """The page that a record holds, read to its end; None where it is a record of another kind."""
    url = record.header("warc-target-uri").strip("<> ")
    content_type = record.header("content-type").partition(";")[0].strip().lower()
    if record.type == "response":
        if content_type and content_type != "application/http":  # a name looked up, a file by FTP
            return None
    elif record.type == "resource":
        if content_type not in HTML or not is_web_url(url):
            return None
    elif record.type != "revisit":
        return None
    block = parsed_digest(record.header("warc-block-digest"))
    headers: Headers = (("Content-Type", record.header("content-type")),)
    head: tuple[int, Headers] | None = (200, headers)
    if record.type != "resource":
        head = read_head(lambda: _noted(record.readline(), block))
    payload = parsed_digest(record.header("warc-payload-digest")) if block is None else None
    if record.type == "revisit":
        payload = None  # it speaks of the record that this one stands for
    raw = _content(record, limit, [digest for digest in (block, payload) if digest is not None])
    record.finish()
    status, headers = head or (0, ())
    stored = body_of(raw, headers, limit) if len(raw) <= limit else StoredBody(raw[:limit], raw)
    page = WarcPage(
        url=url,
        status=status,
        headers=headers,
        body=stored.body,
        fetched_at=record.header("warc-date"),
        place=record.place,
        stored_as=url,
        size=len(raw),
    )
    mismatch = _mismatch(block, payload, stored)
    problem = record.problem or mismatch
    if (
        problem is not None
        and problem[0] == "wrong_length"
        and mismatch is None
        and (block or payload)
    ):
        problem = None  # the digest shows that the length is right and what follows is not
    if problem is None and head is None and record.type == "response":
        problem = ("bad_response", "the record holds no HTTP status line, or headers without end")
    if problem is None and record.type != "revisit":
        problem = _cut(record, stored, limit, len(raw)) or _problem(page, stored)
    return replace(page, problem=problem)


def _content(record: Record, limit: int, digests: list[Digest]) -> bytes:
    """The rest of a record's content, held up to `limit` and a byte, taken in by `digests` whole."""
    raw = bytearray()
    while piece := record.read(PIECE):
        for digest in digests:
            digest.update(piece)
        if len(raw) <= limit:
            raw += piece
    del raw[limit + 1 :]
    return bytes(raw)


def _noted(line: bytes, block: Digest | None) -> bytes:
    if block is not None:
        block.update(line)
    return line


def _mismatch(
    block: Digest | None, payload: Digest | None, stored: StoredBody
) -> tuple[str, str] | None:
    """Where the digests say that the content is not what was archived.

    A block that fits settles it. Tools disagree on whether a payload is counted with its chunks and
    codings: each way is accepted.
    """
    if block is not None:
        return None if block.fits() else ("digest_mismatch", f"the block is not that of {block}")
    if payload is None or payload.fits() or payload.fits_any((stored.plain, stored.body)):
        return None
    return ("digest_mismatch", f"the payload is not that of {payload}")


def _cut(record: Record, stored: StoredBody, limit: int, size: int) -> tuple[str, str] | None:
    """Why the body is not whole: by what the archive says of it, by its own coding, by our limit."""
    if record.header("warc-segment-number"):
        return (
            "cut_off",
            "the record is the first of several segments, which are not put together",
        )
    if stored.cut == "length" or size > limit:
        return ("too_large", f"more than {limit} bytes")
    truncated = record.header("warc-truncated").lower() or stored.cut
    if truncated == "length":
        return ("too_large", "cut to a length when it was archived")
    if truncated:
        return ("cut_off", f"cut off when it was archived ({truncated})")
    return None


def _problem(page: WarcPage, stored: StoredBody) -> tuple[str, str] | None:
    if stored.broken:
        return ("bad_encoding", stored.broken)
    if not 200 <= page.status < 300:
        return ("http_status", str(page.status))
    if not is_web_url(page.url):
        return ("not_html", f"{page.url!r} is no address of a page")
    return None


def _resolved(
    record: Record,
    page: WarcPage,
    originals: dict[str, RecordPlace],
    file: BinaryIO,
    limit: int,
) -> WarcPage:
    """The page that a revisit stands for: its own address and date, the rest from the first record.

    `place` is that of the first record, as this one holds no body.
    """
    for name in ("warc-refers-to", "warc-payload-digest"):
        place = originals.get(record.header(name))
        if place is None or page.problem is not None:
            continue
        original = read_page_at(file, place, limit=limit)
        if original is not None:
            return replace(original, url=page.url, fetched_at=page.fetched_at)
    refers = record.header("warc-refers-to-target-uri").strip("<> ") or "another record"
    return replace(
        page,
        problem=page.problem or ("revisit", f"the same as {refers}, which is not in this file"),
    )
