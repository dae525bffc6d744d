"""WARC 1.1 files: one gzip member a record, written before anything else looks at an answer."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from gonerd.errors import InputError
from gonerd.machine import gonerd_version
from gonerd_scraper.warc.record import (
    digest_of,
    http_answer,
    http_question,
    new_record_id,
    parsed_member,
    record_member,
)
from gonerd_scraper.web.response import Response, decode_body

__all__ = ["ArchiveWriter", "RecordPlace", "Revisit", "read_record"]

PROFILES = "http://netpreserve.org/warc/1.1/revisit/"

# The body is stored as it was before its transfer: what described the transfer would be wrong now.
TRANSFER_HEADERS = frozenset({"transfer-encoding", "content-length", "trailer"})


@dataclass(frozen=True, slots=True)
class RecordPlace:
    """Where a response record lies, and the SHA-256 of its bytes there.

    `file` is relative to the crawl's folder; `offset` and `length` count compressed bytes.
    `end` is where the request record behind it ends: up to there the file is accounted for.
    A record that shares a compressed member with others, as in WARC files that others made, has
    `within`: where it begins and how long it is in the member at `offset`, decompressed; `sha256` is
    that of these bytes, and `length` is 0.
    """

    file: str
    offset: int
    length: int
    sha256: str
    end: int = 0
    within: tuple[int, int] | None = None

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> RecordPlace:
        """The place that `record` describes."""
        within = record.get("within")
        return cls(
            record["file"],
            record["offset"],
            record["length"],
            record["sha256"],
            within=(within[0], within[1]) if within is not None else None,
        )

    def record(self) -> dict[str, Any]:
        """The form that stands in manifest and journal; `from_record` is its inverse."""
        return {
            "file": self.file,
            "offset": self.offset,
            "length": self.length,
            "sha256": self.sha256,
        } | ({"within": list(self.within)} if self.within is not None else {})


@dataclass(frozen=True, slots=True)
class Revisit:
    """Why an answer needs no copy of its own: the record that holds the same payload already.

    `profile` is `server-not-modified` (the server said 304) or `identical-payload-digest`.
    """

    profile: str
    refers_to: str
    url: str
    date: str
    payload: str


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

    def append(
        self, response: Response, *, record_id: str = "", revisit: Revisit | None = None
    ) -> RecordPlace:
        """Write a response, or the revisit of one, and its request; `sync` before relying on them."""
        if self._file is None or self._file.tell() >= self._max_bytes:
            self._begin(response.fetched_at)
        assert self._file is not None
        answer, question = _members(response, record_id or new_record_id(), revisit)
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
            file = self._file
            try:
                self.sync()
            finally:  # a full disk must not leave bytes that are written later, behind a new writer's back
                self._file = None
                file.close()

    def _begin(self, date: str) -> None:
        if self._file is not None:
            self.close()
            self._number += 1
        self._open(f"archive/gonerd-{self._number:05d}.warc.gz")
        assert self._file is not None
        self._file.write(_warcinfo(self._name, date))

    def _open(self, name: str) -> None:
        self._name = name
        path = self._folder / name
        self._file = path.open("ab")
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # a file whose name is not on the disk is gone after a power cut
        finally:
            os.close(folder)

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
    record = parsed_member(member)
    encoding = next(
        (value for key, value in record.headers if key.lower() == "content-encoding"), ""
    )
    body, cut, broken = decode_body(record.payload, encoding, limit)
    return Response(
        url=url,
        status=record.status,
        reason=record.reason,
        headers=record.headers,
        request_headers=(),
        raw=record.payload,
        body=body,
        fetched_at=record.fields.get("warc-date", ""),
        cut=record.fields.get("warc-truncated", "") or cut,
        broken=broken,
    )


def _members(response: Response, record_id: str, revisit: Revisit | None) -> tuple[bytes, bytes]:
    about = [("WARC-Target-URI", response.url), ("WARC-Date", response.fetched_at)]
    extra: list[tuple[str, str]] = []
    if response.address:
        extra.append(("WARC-IP-Address", response.address))
    if response.cut:
        extra.append(("WARC-Truncated", response.cut))
    kept = [(key, value) for key, value in response.headers if key.lower() not in TRANSFER_HEADERS]
    if revisit is None:
        kept.append(("Content-Length", str(len(response.raw))))
        extra.append(("WARC-Payload-Digest", digest_of(response.raw)))
        block = http_answer(response.status, response.reason, kept) + response.raw
    else:
        extra += [
            ("WARC-Profile", PROFILES + revisit.profile),
            ("WARC-Refers-To", revisit.refers_to),
            ("WARC-Refers-To-Target-URI", revisit.url),
            ("WARC-Refers-To-Date", revisit.date),
            ("WARC-Payload-Digest", revisit.payload),
        ]
        block = http_answer(response.status, response.reason, kept)
    answer = record_member(
        "revisit" if revisit is not None else "response",
        record_id,
        about + extra,
        block,
        content_type="application/http; msgtype=response",
    )
    parts = urlsplit(response.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    question = record_member(
        "request",
        new_record_id(),
        [*about, ("WARC-Concurrent-To", record_id)],
        http_question(target, response.request_headers),
        content_type="application/http; msgtype=request",
    )
    return answer, question


def _warcinfo(name: str, date: str) -> bytes:
    fields = {
        "software": f"gonerd/{gonerd_version()}",
        "format": "WARC File Format 1.1",
        "conformsTo": "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        "robots": "obey (RFC 9309)",
    }
    return record_member(
        "warcinfo",
        new_record_id(),
        [("WARC-Date", date), ("WARC-Filename", name.rpartition("/")[2])],
        "".join(f"{key}: {value}\r\n" for key, value in fields.items()).encode(),
        content_type="application/warc-fields",
    )
