"""The records of a WARC file one after another, from good files and from broken ones."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

from gonerd_scraper.warc.archive import RecordPlace
from gonerd_scraper.warc.streams import ENDS_INSIDE, Members, open_members

__all__ = ["Record", "RecordReader"]

PIECE = 1 << 16
MAX_LINE = 1 << 16
MAX_HEADERS = 1 << 20
MAX_DIGITS = 18
"""Of a length: more bytes than any file has."""
FOLLOWS = 16
"""Bytes looked at behind a record: more than a version has."""
MAX_TOLD = 100
"""Sentences about one file; a file that is broken everywhere would fill a report."""
VERSION = re.compile(rb"WARC/\d+\.\d+")
RECORD_START = re.compile(rb"(?:\A|(?<=\n))WARC/\d+\.\d+\r?\n")


class _Stream:
    """Lines and bytes of one member after another; `inner` counts from the member's beginning."""

    def __init__(self, members: Members) -> None:
        self.members = members
        self.inner = 0
        self.hash: hashlib._Hash | None = None
        self._buffer = b""
        self._at = 0

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; none at the end of the member."""
        if self._at >= len(self._buffer) and not self._fill():
            return b""
        piece = self._buffer[self._at : self._at + size]
        self._at += len(piece)
        return self._counted(piece)

    def readline(self, limit: int = MAX_LINE) -> bytes:
        """A line with its end; without one where the member or `limit` ends first."""
        while True:
            end = self._buffer.find(b"\n", self._at)
            if end >= 0:
                end += 1
                break
            if len(self._buffer) - self._at >= limit or not self._fill():
                end = len(self._buffer)
                break
        line = self._buffer[self._at : min(end, self._at + limit)]
        self._at += len(line)
        return self._counted(line)

    def peek(self, size: int) -> bytes:
        """The next bytes, fewer than `size` only at the end of the member."""
        while len(self._buffer) - self._at < size and self._fill():
            pass
        return self._buffer[self._at : self._at + size]

    def next_member(self) -> bool:
        """Pass over the rest of this member and begin the next."""
        return self._begun(self.members.next_member())

    def move(self, offset: int) -> None:
        """Go on at a byte of the file, where a member or a record of a plain file begins."""
        self._begun(self.members.move(offset))

    def resume(self, after: int) -> bool:
        """Go on where the next record begins at or behind byte `after` of the file."""
        return self._begun(self.members.resume(after))

    def skip_to_record(self) -> bool:
        """Go on where the next record begins within this member; False, at its end, without one."""
        while True:
            found = RECORD_START.search(self._buffer, self._at)
            if found:
                self._counted(self._buffer[self._at : found.start()])
                self._at = found.start()
                return True
            kept = max(self._at, len(self._buffer) - 65)
            self._counted(self._buffer[self._at : kept])
            self._at = kept
            if not self._fill():
                self.read(PIECE)
                return False

    def _begun(self, there: bool) -> bool:
        self._buffer, self._at, self.inner = b"", 0, 0
        return there

    def _fill(self) -> bool:
        piece = self.members.read(PIECE)
        if piece:
            self._buffer = self._buffer[self._at :] + piece
            self._at = 0
        return bool(piece)

    def _counted(self, piece: bytes) -> bytes:
        self.inner += len(piece)
        if self.hash is not None:
            self.hash.update(piece)
        return piece


class Record:
    """One record: its headers, its content as far as it is read, and after `finish` how it ended.

    `start` is the byte of the file at which it begins, or where the member does that holds it and
    others. `problem` is a reason and a detail where the content is not what the headers say;
    `closed` is off where it is whole and the file ends before the blank lines behind it.
    """

    def __init__(
        self, stream: _Stream, number: int, headers: dict[str, str], *, inner: int, length: int
    ) -> None:
        self.number = number
        self.headers = headers
        self.length = length
        self.problem: tuple[str, str] | None = None
        self.place = RecordPlace("", 0, 0, "")
        self.finished = False
        self.closed = True
        self._stream = stream
        self._inner = inner
        self._member = stream.members.start
        self.start = self._member + (inner if stream.members.plain else 0)
        self.content = self._member + stream.inner
        self._left = stream.members.room(self.content, length) if stream.members.plain else length
        self._missing = length - self._left

    @property
    def type(self) -> str:
        """WARC-Type, lower-cased."""
        return self.header("warc-type").lower()

    def header(self, name: str) -> str:
        """A header by its lower-cased name, empty where it is missing."""
        return self.headers.get(name, "")

    def read(self, size: int) -> bytes:
        """Up to `size` bytes of the content; none at its end."""
        piece = self._stream.read(min(size, self._left))
        self._left -= len(piece)
        return piece

    def readline(self) -> bytes:
        """A line of the content with its end."""
        line = self._stream.readline(min(MAX_LINE, self._left)) if self._left else b""
        self._left -= len(line)
        return line

    def finish(self) -> None:
        """Pass over the rest; sets `problem` and `place`."""
        if self.finished:
            return
        self.finished = True
        stream, members = self._stream, self._stream.members
        while self.read(PIECE):
            pass
        missing = self._missing + self._left
        held = self.length - missing
        breaks = 0
        while stream.peek(1) in (b"\r", b"\n"):
            breaks += stream.readline().endswith(b"\n")
        follows = stream.peek(FOLLOWS)
        self.closed = bool(follows) or breaks > 1 or not members.plain
        digest = stream.hash.hexdigest() if stream.hash is not None else ""
        stream.hash = None
        if missing and members.failure.startswith(ENDS_INSIDE):
            self.problem = ("cut_off", f"the record holds {held} of {self.length} bytes")
        elif members.failure and not members.failure.startswith(ENDS_INSIDE) and not follows:
            self.problem = ("broken_record", members.failure)
        elif missing:
            kind = "cut_off" if members.plain else "wrong_length"
            self.problem = (kind, f"the record holds {held} of {self.length} bytes")
        elif follows and not _begins_record(follows):
            self.problem = (
                "wrong_length",
                f"more stands there than its {self.length} bytes",
            )
        size = stream.inner - self._inner
        if members.plain:
            self.place = RecordPlace("", self.start, size, digest)
        elif self._inner or follows:
            self.place = RecordPlace("", self._member, 0, digest, within=(self._inner, size))
        else:
            self.place = RecordPlace("", self._member, members.end - self._member, members.sha256())


class RecordReader:
    """Reads the records of `file`; what is broken is passed over, told by `tell`, and counted in `breaks`.

    Of a file that is broken everywhere only the first hundred places are told.

    The content of a record is read before the next one is asked for. Libraries for WARC files take a
    cut and a broken file for a normal end; nothing here does.

    Raises:
        InputError: the file does not begin as a WARC file does.
    """

    def __init__(self, file: BinaryIO, name: str, *, tell: Callable[[str], object]) -> None:
        self.breaks = 0
        self.number = 0
        self._told = -1
        self._said = 0
        self._name = name
        self._tell = tell
        self._file = file
        members = open_members(file, name)
        self._stream = _Stream(members) if members is not None else None

    def __iter__(self) -> Iterator[Record]:
        stream = self._stream
        if stream is None:
            self._broken("the file is empty")
            return
        there = stream.next_member()
        while there:
            while (record := self._next(stream)) is not None:
                yield record
                record.finish()
                self._after(record, stream)
            members = stream.members
            if not members.failure:
                there = stream.next_member()
                continue
            last = members.start
            if self._told != last:
                self._broken(_words(members))
            there = stream.resume(last + 1)
            if there:
                self._say(
                    f"reading goes on at byte {stream.members.start}, "
                    f"{stream.members.start - last} bytes further"
                )
        if self._said > MAX_TOLD:
            self._tell(
                f"{self._name}: {self._said - MAX_TOLD} more such sentences are left out; "
                f"it is broken in {self.breaks} places"
            )

    def at(self, place: RecordPlace) -> Record | None:
        """The record that lies at `place`; None where none begins there."""
        stream = self._stream
        if stream is None:
            return None
        stream.move(place.offset)
        skip = place.within[0] if place.within is not None else 0
        while skip > 0 and (piece := stream.read(min(skip, PIECE))):
            skip -= len(piece)
        return self._next(stream)

    def _next(self, stream: _Stream) -> Record | None:
        """The next record of this member, None at its end."""
        while True:
            while stream.peek(1) in (b"\r", b"\n"):
                stream.readline()
            inner = stream.inner
            if not stream.peek(1):
                return None
            stream.hash = hashlib.sha256()
            where = _where(stream.members, inner)
            found = self._headers(stream, where)
            if found is not None:
                headers, length = found
                self.number += 1
                return Record(stream, self.number, headers, inner=inner, length=length)
            stream.hash = None
            if not stream.skip_to_record():
                return None

    def _headers(self, stream: _Stream, where: str) -> tuple[dict[str, str], int] | None:
        line = stream.readline(128)
        if not line.endswith(b"\n") and b"WARC/".startswith(line[:5]):
            self._cut(stream, where)
            return None
        if not VERSION.fullmatch(line.strip()):
            self._broken(f"no WARC record {where}, found {line[:40]!r}")
            return None
        headers: dict[str, str] = {}
        last = ""
        size = 0
        while (line := stream.readline()).strip():
            size += len(line)
            if size > MAX_HEADERS:
                self._broken(f"the headers of the record {where} have no end")
                return None
            text = _decoded(line).rstrip("\r\n")
            if text[:1] in " \t" and last:
                headers[last] += " " + text.strip()
                continue
            key, colon, value = text.partition(":")
            if colon:
                last = key.strip().lower()
                headers.setdefault(last, value.strip())
        if not line:
            self._cut(stream, where)
            return None
        length = headers.get("content-length", "")
        if not (length.isascii() and length.isdigit() and len(length) <= MAX_DIGITS):
            self._broken(f"the record {where} has no length, found {length[:40]!r}")
            return None
        return headers, int(length)

    def _after(self, record: Record, stream: _Stream) -> None:
        """Tell what is wrong with a finished record, and find the place where reading goes on."""
        if record.problem is None:
            if not record.closed:
                self._cut(stream, f"at byte {record.start}")
            return
        reason, detail = record.problem
        self._broken(f"the record at byte {record.start} is not whole ({reason}): {detail}")
        if stream.members.failure:
            self._told = stream.members.start
        if stream.members.plain:
            stream.resume(record.content)  # a length that is too long swallowed the next record
        elif reason == "wrong_length":
            stream.skip_to_record()

    def _cut(self, stream: _Stream, where: str) -> None:
        self._told = stream.members.start
        why = stream.members.failure
        if why and not why.startswith(ENDS_INSIDE):
            self._broken(_words(stream.members))
        else:
            self._broken(
                f"the file is cut off inside the record {where}; what stands before is read"
            )

    def _broken(self, what: str) -> None:
        self.breaks += 1
        self._say(what)

    def _say(self, what: str) -> None:
        self._said += 1
        if self._said <= MAX_TOLD:
            self._tell(f"{self._name}: {what}")


def _where(members: Members, inner: int) -> str:
    if members.plain:
        return f"at byte {members.start + inner}"
    return f"at byte {members.start}" + (
        f", {inner} bytes into what is packed there" if inner else ""
    )


def _begins_record(follows: bytes) -> bool:
    """Whether what follows a record begins another one, be it that the file ends in its first line."""
    if len(follows) < FOLLOWS and b"WARC/".startswith(follows[:5]):
        return True
    return VERSION.match(follows) is not None


def _words(members: Members) -> str:
    if members.failure.startswith(ENDS_INSIDE):
        return f"{members.failure}; what stands before is read"
    return f"what begins at byte {members.start} is broken at byte {members.end}: {members.failure}"


def _decoded(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("latin-1")
