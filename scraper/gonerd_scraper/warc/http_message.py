"""An HTTP answer as archives keep it: its head, and its body without transfer and content codings."""

from __future__ import annotations

import re
from collections.abc import Callable

from gonerd_scraper.web.response import Headers, decode_body

__all__ = ["StoredBody", "body_of", "dechunked", "read_head"]

STATUS_LINE = re.compile(rb"HTTP/\d(?:\.\d)?[ \t]+(\d{3})\b")
CHUNK_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\n]*)?\r?\n")
MAX_HEAD = 1 << 20
MAX_CODINGS = 5
"""As many as browsers take off; each may make a page of full size."""
KNOWN = frozenset({"gzip", "x-gzip", "deflate", "br"})
NO_CODING = frozenset({"", "identity", "none", "binary", "8bit", "utf-8", "utf8"})
CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


class StoredBody:
    """A body as it reads; `cut` and `broken` as in `gonerd_scraper.web.response.Response`.

    `plain` is the body without its chunks, codings still on: what some archives' digests are about.
    """

    __slots__ = ("body", "broken", "cut", "plain")

    def __init__(self, body: bytes, plain: bytes, *, cut: str = "", broken: str = "") -> None:
        self.body = body
        self.plain = plain
        self.cut = cut
        self.broken = broken


def read_head(readline: Callable[[], bytes]) -> tuple[int, Headers] | None:
    """Status and headers of an answer; None where what stands there is no answer.

    Lines may end in a bare line feed, and a line that begins with a blank goes on with the header
    before it, as archives have them.
    """
    found = STATUS_LINE.match(readline())
    if found is None:
        return None
    headers: list[tuple[str, str]] = []
    size = 0
    while (line := readline()).strip():
        size += len(line)
        if size > MAX_HEAD:
            return None
        text = line.decode("latin-1").rstrip("\r\n")
        if text[0] in " \t" and headers:
            name, value = headers[-1]
            headers[-1] = (name, f"{value} {text.strip()}")
            continue
        name, colon, value = text.partition(":")
        if colon:
            headers.append((name.strip(), value.strip()))
    return int(found[1]), tuple(headers)


def body_of(raw: bytes, headers: Headers, limit: int) -> StoredBody:
    """The body of `raw` without chunks and codings, under `limit` bytes.

    Many archives take both off and keep the headers that speak of them: a body that is not chunked,
    or is text where a coding is named, is taken as it is.
    """
    plain, cut = raw, ""
    transfer = _listed(headers, "transfer-encoding")
    if "chunked" in transfer:
        plain, whole = dechunked(raw)
        cut = "" if whole else "disconnect"
    codings = [c for c in transfer if c != "chunked"] + _listed(headers, "content-encoding")
    body = plain
    codings = [coding for coding in codings if coding not in NO_CODING]
    if len(codings) > MAX_CODINGS:
        return StoredBody(b"", plain, cut=cut, broken=f"{len(codings)} codings, one in the other")
    for coding in reversed(codings):
        made, full, broken = _decoded(body, coding, limit)
        if broken and cut and made:
            broken = ""  # what is cut off has no end, which is said by `cut`
        if broken:
            if _reads_as_text(body):
                break
            return StoredBody(made, plain, cut=cut, broken=broken)
        body = made
        if full:
            return StoredBody(body, plain, cut="length")
    if len(body) > limit:
        return StoredBody(body[:limit], plain, cut="length")
    return StoredBody(body, plain, cut=cut)


def dechunked(raw: bytes) -> tuple[bytes, bool]:
    """`raw` without the chunks of its transfer, and whether the last one is there.

    Extensions and trailers are passed over; what is not chunked at all comes back as it is.
    """
    out = bytearray()
    at = 0
    while True:
        found = CHUNK_SIZE.match(raw, at)
        if found is None:
            return (bytes(out), False) if at else (raw, True)
        length = int(found[1], 16)
        if length == 0:
            return bytes(out), True
        out += raw[found.end() : found.end() + length]
        at = found.end() + length
        if at > len(raw):
            return bytes(out), False
        at += 2 if raw[at : at + 2] == b"\r\n" else 1 if raw[at : at + 1] == b"\n" else 0


def _listed(headers: Headers, name: str) -> list[str]:
    """The values of a header that is a list, lower-cased, in the order in which they were applied."""
    return [
        part.strip().strip("'\"").lower()
        for key, value in headers
        if key.lower() == name
        for part in value.split(",")
    ]


def _decoded(data: bytes, coding: str, limit: int) -> tuple[bytes, bool, str]:
    """What `data` was before `coding`, whether `limit` cut it, and what is wrong with it."""
    if coding == "zstd":
        return _unzstd(data, limit)
    if coding not in KNOWN:
        return b"", False, f"Content-Encoding {coding!r} can't be read"
    body, cut, broken = decode_body(data, coding, limit)
    return body, bool(cut), broken


def _unzstd(data: bytes, limit: int) -> tuple[bytes, bool, str]:
    import zstandard

    out = bytearray()
    try:
        with zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(
            data, read_across_frames=True
        ) as reader:
            while len(out) <= limit and (piece := reader.read(1 << 16)):
                out += piece
    except zstandard.ZstdError as problem:
        return bytes(out), False, f"the zstd data is broken ({problem})"
    return bytes(out[:limit]), len(out) > limit, ""


def _reads_as_text(data: bytes) -> bool:
    return bool(data.strip()) and CONTROL.search(data[:4096]) is None
