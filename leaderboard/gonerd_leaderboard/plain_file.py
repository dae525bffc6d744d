"""Bytes of plain files that strangers wrote: no link is followed, no size is trusted."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from gonerd.errors import InputError

__all__ = ["lines_from_zstd", "read_plain_file"]

CHUNK = 1 << 20

LONGEST_LINE = 32 << 20
"""Bytes: one document's predictions, with room to spare."""


def read_plain_file(path: Path, *, most: int) -> bytes:
    """The bytes of `path`, which must be a regular file of at most `most` bytes.

    Raises:
        InputError: there is no such file, it is a link, a folder, a device, or it is larger.
    """
    try:  # non-blocking, so that a named pipe can't hold the reader
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise InputError(f"{path} does not exist") from None
    except OSError as problem:
        if problem.errno in (errno.ELOOP, errno.ENXIO):
            raise InputError(f"{path} is a link or a device, a plain file was expected") from None
        raise InputError(f"{path} can't be read: {problem.strerror}") from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise InputError(f"{path} is not a plain file")
    with os.fdopen(handle, "rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise InputError(f"{path} is larger than {most:,} bytes, the most that is accepted")
    return data


def lines_from_zstd(data: bytes, where: str, *, most: int) -> Iterator[tuple[int, str]]:
    """Yield (number from 1, line) of Zstandard-compressed UTF-8, unpacking at most `most` bytes.

    Raises:
        InputError: the data is broken, cut off, not UTF-8, or unpacks to more (a zip bomb).
    """
    number, rest = 0, b""
    for block in _unpacked(data, where, most=most):
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            number += 1
            yield number, _decoded(line, f"{where}:{number}")
        if len(rest) > LONGEST_LINE:
            raise InputError(
                f"{where}:{number + 1}: the line is longer than {LONGEST_LINE:,} bytes"
            )
    if rest:
        yield number + 1, _decoded(rest, f"{where}:{number + 1}")


def _unpacked(data: bytes, where: str, *, most: int) -> Iterator[bytes]:
    import pyarrow as pa  # unlike zstandard's reader, it tells when the data is cut off

    size = 0
    try:
        with pa.CompressedInputStream(pa.BufferReader(data), "zstd") as stream:
            while block := stream.read(CHUNK):
                size += len(block)
                if size > most:
                    raise InputError(f"{where} unpacks to more than {most:,} bytes")
                yield block
    except (OSError, EOFError) as problem:
        raise InputError(f"{where}: the compressed data is broken or cut off ({problem})") from None


def _decoded(line: bytes, where: str) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise InputError(
            f"{where}: byte 0x{line[problem.start]:02x} at column {problem.start + 1} is not UTF-8"
        ) from None
