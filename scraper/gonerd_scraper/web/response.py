"""What a server sent, as it was sent and as it reads."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from io import BytesIO

__all__ = ["BodyDecoder", "BrokenBodyError", "Headers", "Response", "decode_body", "problem_of"]

Headers = tuple[tuple[str, str], ...]
GZIP = b"\x1f\x8b"


class BrokenBodyError(Exception):
    """A body is not what its Content-Encoding says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One answer to one request.

    `raw` is the body as sent, without the transfer's chunks; `body` is `raw` without its
    Content-Encoding. `cut` says why the end is missing (WARC-Truncated: length, time, disconnect),
    empty where it is whole; `broken` says what is wrong with the encoding, empty where nothing is.
    """

    url: str
    status: int
    reason: str
    headers: Headers
    request_headers: Headers
    raw: bytes
    body: bytes
    fetched_at: str
    address: str = ""
    cut: str = ""
    broken: str = ""

    def header(self, name: str) -> str:
        """The first value of a header, empty where it is missing."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    @property
    def redirect(self) -> str:
        """Where the answer sends on to, as the server wrote it; empty where it does not: a 304 never does."""
        return self.header("Location") if 300 <= self.status < 400 and self.status != 304 else ""

    def header_values(self, name: str) -> list[str]:
        """All values of a header."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


class BodyDecoder:
    """Takes a Content-Encoding off a body piece by piece, never making more than `limit` bytes.

    `full` is set once the limit is reached: what comes after that is not decoded, so a small body
    that unpacks to gigabytes costs `limit` bytes and no more.
    """

    def __init__(self, encoding: str, limit: int) -> None:
        self.full = False
        self._left = limit
        self._limit = limit
        self._encoding = encoding.strip().lower()
        if self._encoding not in ("", "identity", "gzip", "x-gzip", "deflate", "br"):
            raise BrokenBodyError(
                f"Content-Encoding {encoding!r} was not asked for and can't be read"
            )
        self._zlib = self._decompressor()
        self._started = False
        self._brotli = bytearray()

    def feed(self, piece: bytes) -> bytes:
        """The bytes that `piece` adds to the body."""
        if self.full:
            return b""
        if self._encoding == "br":
            self._brotli += piece
            return b""
        if self._zlib is None:
            out = piece[: self._left]
            self.full = len(piece) > self._left
        else:
            out = self._inflate(piece)
        self._left -= len(out)
        return out

    def finish(self) -> bytes:
        """The rest, after the last piece.

        Raises:
            BrokenBodyError: the compressed data ends in the middle.
        """
        if self._encoding == "br":
            return self._unbrotli()
        if self._zlib is not None and self._started and not self._zlib.eof and not self.full:
            raise BrokenBodyError(f"the {self._encoding} data ends in the middle")
        return b""

    def _decompressor(self) -> zlib._Decompress | None:
        if self._encoding in ("gzip", "x-gzip"):
            return zlib.decompressobj(31)
        return zlib.decompressobj() if self._encoding == "deflate" else None

    def _inflate(self, piece: bytes) -> bytes:
        out = bytearray()
        while piece and self._zlib is not None:
            if self._zlib.eof:  # a gzip body may have several members; browsers pass over all else
                if self._encoding == "deflate" or not GZIP.startswith(piece[: len(GZIP)]):
                    break
                self._zlib = self._decompressor()
                assert self._zlib is not None
            try:
                out += self._zlib.decompress(piece, self._left - len(out) + 1)
            except zlib.error as problem:
                if self._encoding == "deflate" and not self._started:
                    self._zlib = zlib.decompressobj(
                        -15
                    )  # many servers send deflate without its zlib frame
                    self._started = True
                    continue
                raise BrokenBodyError(f"the {self._encoding} data is broken ({problem})") from None
            self._started = True
            if len(out) > self._left:
                self.full = True
                return bytes(out[: self._left])
            piece = self._zlib.unused_data if self._zlib.eof else self._zlib.unconsumed_tail
        return bytes(out)

    def _unbrotli(self) -> bytes:
        from fastwarc.stream_io import BrotliReader

        try:
            out = BrotliReader(BytesIO(bytes(self._brotli))).read(self._limit + 1)
        except (OSError, ValueError) as problem:
            raise BrokenBodyError(f"the br data is broken ({problem})") from None
        self.full = len(out) > self._limit
        return out[: self._limit]


def decode_body(raw: bytes, encoding: str, limit: int) -> tuple[bytes, str, str]:
    """Body, cut and broken (see `Response`) of a body as sent, under `limit` bytes."""
    out = bytearray()
    try:
        decoder = BodyDecoder(encoding, limit)
        for start in range(0, len(raw), 65536):
            out += decoder.feed(raw[start : start + 65536])
        out += decoder.finish()
    except BrokenBodyError as problem:
        return bytes(out), "", str(problem)
    return bytes(out), "length" if decoder.full else "", ""


def problem_of(response: Response) -> tuple[str, str, bool] | None:
    """Reason, detail and whether another try may help, where an answer holds no readable page."""
    if not 200 <= response.status < 300:
        again = response.status >= 500 or response.status in (408, 425, 429)
        return "http_status", f"{response.status} {response.reason}".strip(), again
    if response.cut == "length":
        return "too_large", f"more than the limit; {len(response.raw)} bytes were read", False
    if response.cut:
        return "cut_off", f"the connection ended after {len(response.raw)} bytes", True
    if response.broken:
        return "bad_encoding", response.broken, False
    return None
