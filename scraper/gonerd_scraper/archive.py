"""WARC 1.1 files: one gzip member a record, written before anything else looks at an answer."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from gonerd.errors import InputError
from gonerd_scraper.response import Headers, Response, decode_body

__all__ = ["ArchiveWriter", "RecordPlace", "read_record"]

# The body is stored as it was before its transfer: what described the transfer would be wrong now.
TRANSFER_HEADERS = frozenset({"transfer-encoding", "content-length", "trailer"})


@dataclass(frozen=True, slots=True)
class RecordPlace:
    """Where a response record lies, and the SHA-256 of its bytes there.

    `file` is relative to the crawl's folder; `offset` and `length` count compressed bytes.
    `end` is where the request record behind it ends: up to there the file is accounted for.
    """

    file: str
    offset: int
    length: int
    sha256: str
    end: int = 0

    def record(self) -> dict[str, Any]:
        """The form that stands in manifest and journal."""
        return {
            "file": self.file,
            "offset": self.offset,
            "length": self.length,
            "sha256": self.sha256,
        }


class ArchiveWriter:
    """Appends to `folder/archive/gonerd-NNNNN.warc.gz`; a new file begins after `max_bytes`.

    `committed` says, for each file that a journal names, how many of its bytes are accounted for:
    what lies behind is cut off, and a file that nothing accounts for is removed, as both were being
    written when the crawl died.
    """

    def __init__(self, folder: Path, *, max_bytes: int, committed: dict[str, int]) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        (folder / "archive").mkdir(parents=True, exist_ok=True)
        self._recover(committed)
        self._number = 0
        self._file: BinaryIO | None = None
        if committed:
            last = max(committed)
            self._number = int(last.partition("-")[2].partition(".")[0])
            self._open(last)

    def append(self, response: Response) -> RecordPlace:
        """Write the request and its response; the caller calls `sync` before it relies on them."""
        if self._file is None or self._file.tell() >= self._max_bytes:
            self._begin()
        assert self._file is not None
        answer, question = _members(response)
        offset = self._file.tell()
        self._file.write(answer)
        self._file.write(question)
        return RecordPlace(
            self._name, offset, len(answer), hashlib.sha256(answer).hexdigest(), self._file.tell()
        )

    def sync(self) -> None:
        """Bring what was written to the disk."""
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Sync and close the current file."""
        if self._file is not None:
            self.sync()
            self._file.close()
            self._file = None

    def _begin(self) -> None:
        if self._file is not None:
            self.close()
            self._number += 1
        self._open(f"archive/gonerd-{self._number:05d}.warc.gz")
        assert self._file is not None
        self._file.write(_warcinfo(self._name))

    def _open(self, name: str) -> None:
        self._name = name
        self._file = (self._folder / name).open("ab")

    def _recover(self, committed: dict[str, int]) -> None:
        for path in sorted((self._folder / "archive").glob("gonerd-*.warc.gz")):
            kept = committed.get(f"archive/{path.name}")
            if kept is None:
                path.unlink()
            elif path.stat().st_size > kept:
                os.truncate(path, kept)
        for name, kept in committed.items():
            path = self._folder / name
            size = path.stat().st_size if path.exists() else 0
            if size < kept:
                raise InputError(
                    f"{path}: found {size} bytes, the crawl log accounts for {kept}: "
                    "part of the archive is gone; restore it, or begin anew with --force"
                )


def read_record(folder: Path, place: RecordPlace, url: str, *, limit: int) -> Response:
    """The answer that lies at `place`, decoded under `limit` bytes.

    Raises:
        InputError: the bytes there are not those that were written.
    """
    from warcio.archiveiterator import ArchiveIterator

    path = folder / place.file
    try:
        with path.open("rb") as file:
            file.seek(place.offset)
            member = file.read(place.length)
    except FileNotFoundError:
        raise InputError(
            f"{path} does not exist; the crawl log says that {url} lies there"
        ) from None
    if hashlib.sha256(member).hexdigest() != place.sha256:
        raise InputError(
            f"{path}: the {place.length} bytes at {place.offset} ({url}) are not those that were written"
        )
    record = next(iter(ArchiveIterator(BytesIO(member))))
    headers: Headers = tuple((str(key), str(value)) for key, value in record.http_headers.headers)
    raw = record.raw_stream.read()
    encoding = next((value for key, value in headers if key.lower() == "content-encoding"), "")
    body, cut, broken = decode_body(raw, encoding, limit)
    return Response(
        url=url,
        status=int(record.http_headers.get_statuscode()),
        reason=record.http_headers.statusline.partition(" ")[2],
        headers=headers,
        request_headers=(),
        raw=raw,
        body=body,
        fetched_at=record.rec_headers.get_header("WARC-Date"),
        cut=record.rec_headers.get_header("WARC-Truncated") or cut,
        broken=broken,
    )


def _members(response: Response) -> tuple[bytes, bytes]:
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    out = BytesIO()
    writer = WARCWriter(out, gzip=True, warc_version="WARC/1.1")
    extra = {"WARC-Date": response.fetched_at}
    if response.address:
        extra["WARC-IP-Address"] = response.address
    if response.cut:
        extra["WARC-Truncated"] = response.cut
    kept = [(key, value) for key, value in response.headers if key.lower() not in TRANSFER_HEADERS]
    kept.append(("Content-Length", str(len(response.raw))))
    answer = writer.create_warc_record(
        response.url,
        "response",
        payload=BytesIO(response.raw),
        http_headers=StatusAndHeaders(
            f"{response.status} {response.reason}", kept, protocol="HTTP/1.1"
        ),
        warc_headers_dict=extra,
    )
    writer.write_record(answer)
    answer.raw_stream.close()  # the writer put a temporary file there
    length = out.tell()
    parts = urlsplit(response.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    question = writer.create_warc_record(
        response.url,
        "request",
        payload=BytesIO(b""),
        http_headers=StatusAndHeaders(
            f"GET {target} HTTP/1.1", list(response.request_headers), is_http_request=True
        ),
        warc_headers_dict={
            "WARC-Date": response.fetched_at,
            "WARC-Concurrent-To": answer.rec_headers.get_header("WARC-Record-ID"),
        },
    )
    writer.write_record(question)
    question.raw_stream.close()
    written = out.getvalue()
    return written[:length], written[length:]


def _warcinfo(name: str) -> bytes:
    from importlib.metadata import version

    from warcio.warcwriter import WARCWriter

    out = BytesIO()
    writer = WARCWriter(out, gzip=True, warc_version="WARC/1.1")
    writer.write_record(
        writer.create_warcinfo_record(
            name.rpartition("/")[2],
            {
                "software": f"gonerd/{version('gonerd')}",
                "format": "WARC File Format 1.1",
                "conformsTo": "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
                "robots": "obey (RFC 9309)",
            },
        )
    )
    return out.getvalue()
