"""The bytes of a WARC file without their compression, member by member, and where each member lies.

A member is what is compressed on its own: a gzip member or a Zstandard frame. An uncompressed file
is one member.
"""

from __future__ import annotations

import hashlib
import os
import re
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any, BinaryIO

from gonerd.errors import InputError

__all__ = ["ENDS_INSIDE", "GzipMembers", "Members", "ZstdMembers", "open_members"]

PIECE = 1 << 16
ZSTD_PIECE = 1 << 10
"""Fed to Zstandard at once: its decompressor sets no limit to what it makes of that, 32 MiB at worst."""

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
ZSTD_DICTIONARY = b"\x5d\x2a\x4d\x18"
MAX_WINDOW = 1 << 27
MAX_DICTIONARY = 1 << 24
MAX_SALVAGE = 1 << 22
MAX_DAMAGE = 1 << 20
"""Bytes from the beginning of a file among which its first record is looked for, where none begins there."""

ENDS_INSIDE = "the file ends inside"
"""How the failure of a member begins whose bytes are good as far as they go."""


class _BrokenError(Exception):
    """The compressed data is not what it should be."""


class Members:
    """An uncompressed file: one member from where it was opened to the end of the file.

    `start` is where the current member begins in the file, `end` where what was read of it ends.
    `failure` says why a member ended too soon, empty where it did not.
    """

    plain = True
    beginning = re.compile(rb"WARC/\d")

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = file.seek(0, os.SEEK_END)
        self.start = self.end = file.seek(0)
        self.failure = ""

    def next_member(self) -> bool:
        """Go to the member behind this one; False at the end of the file."""
        self.start = self.end
        return bool(self._file.read(1)) and self.move(self.end)

    def move(self, offset: int) -> bool:
        """Begin to read at `offset`; True."""
        self._file.seek(offset)
        self.start = self.end = offset
        self.failure = ""
        return True

    def read(self, size: int) -> bytes:
        """Some `size` bytes of the member; none at its end, see `failure`."""
        piece = self._file.read(size)
        self.end += len(piece)
        return piece

    def sha256(self) -> str:
        """SHA-256 of the member's bytes as they stand in the file; known for compressed files only."""
        raise NotImplementedError

    def resume(self, after: int) -> bool:
        """Go to the first place at or behind `after` where a record begins; False where there is none."""
        for offset in self._candidates(after):
            if self._begins_record(offset):
                return self.move(offset)
        return False

    def room(self, offset: int, length: int) -> int:
        """How many of `length` bytes from `offset` on a record can have, in an uncompressed file.

        Where the file is too short for all of them they end where the next record begins: to read on
        to its end would take n² steps where many lengths are wrong.
        """
        if offset + length <= self._size:
            return length
        here = self._file.tell()
        following = (at for at in self._candidates(offset) if self._begins_record(at))
        end = next(following, self._size)
        self._file.seek(here)
        return end - offset

    def _candidates(self, after: int) -> Iterator[int]:
        """Offsets of what looks like the beginning of a member, at or behind `after`."""
        overlap = 64
        self._file.seek(after)
        window, base = b"", after
        while piece := self._file.read(PIECE):
            window += piece
            known = len(window) - overlap
            here = self._file.tell()
            for found in self.beginning.finditer(window):
                if found.start() < known:
                    yield base + found.start()
            self._file.seek(here)
            cut = max(0, known)
            window, base = window[cut:], base + cut
        for found in self.beginning.finditer(window):
            yield base + found.start()

    def _begins_record(self, offset: int) -> bool:
        self._file.seek(max(0, offset - 1))
        return offset == 0 or self._file.read(1) == b"\n"


class GzipMembers(Members):
    """A file of gzip members, with what can be had of a broken one."""

    plain = False
    beginning = re.compile(rb"\x1f\x8b\x08")

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self._pending = b""
        self._done = True

    def next_member(self) -> bool:
        """Go to the member behind this one; False at the end of the file."""
        while self.read(PIECE):
            pass
        if not self._pending:
            self._pending = self._file.read(PIECE)
        return bool(self._pending) and self._begin()

    def move(self, offset: int) -> bool:
        """Begin to read the member at `offset`; True."""
        self._file.seek(offset)
        self.end = offset
        self._pending = b""
        return self._begin()

    def read(self, size: int) -> bytes:
        """Some `size` bytes of the member; none at its end, see `failure`."""
        while not self._done:
            if not self._pending:
                self._pending = self._file.read(self._piece())
            before = self._pending
            try:
                out = self._unpack(before, size)
            except _BrokenError as problem:
                self._done = True
                self._pending = b""
                self.failure = str(problem)
                return self._salvaged()
            self._sha256.update(before[: len(before) - len(self._pending)])
            self.end += len(before) - len(self._pending)
            self._made += len(out)
            if out:
                return out
            if not before and not self._done:
                self._done = True
                self.failure = f"{ENDS_INSIDE} the {self._name()} that begins at byte {self.start}"
        return b""

    def sha256(self) -> str:
        """SHA-256 of the member's bytes as they stand in the file."""
        return self._sha256.hexdigest()

    def _name(self) -> str:
        return "gzip member"

    def _piece(self) -> int:
        return PIECE

    def _begin(self) -> bool:
        self.start = self.end
        self.failure = ""
        self._done = False
        self._made = 0
        self._sha256 = hashlib.sha256()
        self._unpacker: Any = self._new_unpacker()
        return True

    def _new_unpacker(self) -> Any:
        return zlib.decompressobj(31)

    def _unpack(self, piece: bytes, size: int) -> bytes:
        """Up to `size` bytes made of `piece`; leaves the rest of it in `_pending`."""
        try:
            out: bytes = self._unpacker.decompress(piece, size)
        except zlib.error as problem:
            raise _BrokenError(str(problem)) from None
        self._done = self._unpacker.eof
        self._pending = self._unpacker.unused_data if self._done else self._unpacker.unconsumed_tail
        return out

    def _salvaged(self) -> bytes:
        """What the piece in which a member broke still holds, found by feeding it a byte at a time."""
        self._file.seek(self.start)
        unpacker = zlib.decompressobj(31)
        made, out = 0, bytearray()
        left = self.end - self.start
        try:
            while left > 0:
                piece = self._file.read(min(left, PIECE))
                left -= len(piece)
                out = bytearray(unpacker.decompress(piece))
                made += len(out)
            del out[: max(0, len(out) - (made - self._made))]  # this much was given out before
            while len(out) < MAX_SALVAGE and (byte := self._file.read(1)):
                out += unpacker.decompress(byte)
        except zlib.error:
            pass
        return bytes(out)

    def _begins_record(self, offset: int) -> bool:
        self._file.seek(offset)
        try:
            return zlib.decompressobj(31).decompress(self._file.read(4096), 5) == b"WARC/"
        except zlib.error:
            return False


class ZstdMembers(GzipMembers):
    """A file of Zstandard frames, the first of which may hold the dictionary of the others.

    https://iipc.github.io/warc-specifications/specifications/warc-zstd/
    """

    beginning = re.compile(re.escape(ZSTD))

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self._dictionary = self._read_dictionary()

    def _name(self) -> str:
        return "Zstandard frame"

    def _piece(self) -> int:
        return ZSTD_PIECE

    def next_member(self) -> bool:
        """Go to the member behind this one; False at the end of the file."""
        while self.read(PIECE):
            pass
        self._file.seek(self.end)
        head = self._file.read(8)
        while head[1:4] == b"\x2a\x4d\x18" and head[0] >> 4 == 5 and len(head) == 8:
            self.end += 8 + int.from_bytes(head[4:], "little")  # a frame to pass over
            self._file.seek(self.end)
            head = self._file.read(8)
        self._file.seek(self.end)
        self._pending = self._file.read(ZSTD_PIECE)
        return bool(self._pending) and self._begin()

    def _read_dictionary(self) -> Any:
        import zstandard

        head = self._file.read(8)
        self._file.seek(0)
        if not head.startswith(ZSTD_DICTIONARY) or len(head) < 8:
            return None
        size = int.from_bytes(head[4:], "little")
        if size > MAX_DICTIONARY:
            return None
        self._file.seek(8)
        data = self._file.read(size)
        self._file.seek(0)
        try:
            if data.startswith(ZSTD):  # `decompress` would take the frame's word for its size
                with zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW).stream_reader(
                    data
                ) as reader:
                    data = reader.read(MAX_DICTIONARY)
            return zstandard.ZstdCompressionDict(data)
        except zstandard.ZstdError:
            return None

    def _new_unpacker(self) -> Any:
        import zstandard

        return zstandard.ZstdDecompressor(
            dict_data=self._dictionary, max_window_size=MAX_WINDOW
        ).decompressobj(read_across_frames=False)

    def _unpack(self, piece: bytes, size: int) -> bytes:  # noqa: ARG002  # see ZSTD_PIECE
        if not piece:
            return b""
        import zstandard

        try:
            out: bytes = self._unpacker.decompress(piece)
        except zstandard.ZstdError as problem:
            raise _BrokenError(str(problem)) from None
        self._done = self._unpacker.eof
        self._pending = self._unpacker.unused_data if self._done else b""
        return out

    def _salvaged(self) -> bytes:
        return b""  # a block is whole or not there

    def _begins_record(self, offset: int) -> bool:
        import zstandard

        self._file.seek(offset)
        try:
            return bool(self._new_unpacker().decompress(self._file.read(4096))[:5] == b"WARC/")
        except zstandard.ZstdError:
            return False


def open_members(file: BinaryIO, name: str) -> Members | None:
    """The members of an open WARC file by what its first bytes say; None where it is empty.

    Where they say nothing, a record further on shows what the file is: its beginning may be damaged.

    Raises:
        InputError: the file begins as no WARC file does.
    """
    file.seek(0)
    head = file.read(12)
    file.seek(0)
    if not head:
        return None
    for magic, kind in (
        (GZIP, GzipMembers),
        (ZSTD, ZstdMembers),
        (ZSTD_DICTIONARY, ZstdMembers),
        (b"WARC/", Members),
    ):
        if head.startswith(magic) or magic.startswith(head):
            return kind(file)
    if head.startswith(b"filedesc:"):
        raise InputError(f"{name} is an ARC file; only WARC files are read: convert it first")
    damaged = BytesIO(file.read(MAX_DAMAGE))
    file.seek(0)
    for kind in (GzipMembers, ZstdMembers, Members):
        if kind(damaged).resume(0):
            return kind(file)
    found = head.decode("latin-1")
    raise InputError(f"{name}: no WARC record found, it begins with {found!r}")
