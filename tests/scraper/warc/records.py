"""Records and files by hand, as no writer would let one write them, and what is read of them."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import zstandard

from gonerd_scraper.warc.reading import WarcCount, read_warc
from tests.scraper.small_web import article

HTML = ("Content-Type", "text/html; charset=utf-8")
LIMIT = 10_000_000
PAGE = article("Plain").encode()


def record(
    body: bytes,
    *headers: tuple[str, str],
    url: str = "http://a.example/page",
    kind: str = "response",
    status: str = "HTTP/1.1 200 OK",
    length: int | None = None,
    version: str = "WARC/1.0",
    fields: tuple[tuple[str, str], ...] = (),
) -> bytes:
    """A record by hand, as no writer would let one write it."""
    http = status + "\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers) + "\r\n"
    block = (http.encode("latin-1") if kind in ("response", "revisit") else b"") + body
    about = {
        "WARC-Type": kind,
        "WARC-Target-URI": url,
        "WARC-Date": "2024-01-31T12:00:00Z",
        "WARC-Record-ID": f"<urn:uuid:{hashlib.md5(url.encode() + block).hexdigest()}>",
        "Content-Type": "application/http; msgtype=response",
        **dict(fields),
        "Content-Length": str(len(block) if length is None else length),
    }
    head = f"{version}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in about.items())
    return head.encode() + b"\r\n" + block + b"\r\n\r\n"


def zipped(*records: bytes) -> bytes:
    return b"".join(gzip.compress(one, mtime=0) for one in records)


def read(path: Path, data: bytes | None = None, *, limit: int = LIMIT):
    """The pages of a file, what was told, and the counts."""
    if data is not None:
        path.write_bytes(data)
    told: list[str] = []
    count = WarcCount()
    return list(read_warc(path, limit=limit, warn=told.append, count=count)), told, count


def only(path: Path, *records: bytes, limit: int = LIMIT):
    """The one page of a file without a fault in the file."""
    pages, told, _ = read(path, zipped(*records), limit=limit)
    assert not told
    assert len(pages) == 1
    return pages[0]


def containers(records: list[bytes]) -> dict[str, tuple[bytes, list[int]]]:
    """Each form of a file, with the bytes at which it may end without anybody noticing."""
    frame = zstandard.ZstdCompressor(write_checksum=True).compress
    forms: dict[str, tuple[bytes, list[int]]] = {}
    for name, pack in (("plain", bytes), ("gzip", gzip.compress), ("zstd", frame)):
        data, ends = b"", []
        for one in records:
            data += pack(one)
            ends.append(len(data))
        forms[name] = (data, ends)
    shared = gzip.compress(b"".join(records))
    forms["one gzip stream"] = (shared, [len(shared)])
    return forms


STORIES = [
    record(
        b"software: test", kind="warcinfo", fields=(("Content-Type", "application/warc-fields"),)
    )
] + [
    record(f"<p>Story {n}</p>".encode() * 9, HTML, url=f"http://a.example/{n}", version="WARC/1.1")
    for n in range(3)
]
FORMS = containers(STORIES)
