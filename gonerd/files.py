"""Lines in, files out: plain, gzip, xz, Zstandard, standard streams; outputs that are whole or not there.

The only module of the core that opens files.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import io
import json
import lzma
import os
import shutil
import sys
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

from gonerd.errors import InputError, OutputError

__all__ = [
    "file_sha256",
    "folder_to_write",
    "only_run_in",
    "read_byte_lines",
    "read_bytes",
    "read_json",
    "read_lines",
    "require_file_to_write",
    "require_folder_to_write",
    "text_to_write",
    "write_bytes",
    "write_json",
    "write_text",
]

STANDARD_STREAM = "-"

# pyarrow tells broken Zstandard data by a bare OSError; one of the system's own carries an errno.
_BROKEN_COMPRESSION = (EOFError, zlib.error, lzma.LZMAError, OSError)


def read_lines(path: str | Path) -> Iterator[tuple[int, str]]:
    """Yield (line number from 1, line without its line feed) of a UTF-8 file, one at a time.

    The name's ending says the compression (.gz, .xz, .zst); `-` is standard input. Only a line feed ends a
    line: U+2028, U+0085 and a lone carriage return are ordinary characters. A byte order mark that the
    file begins with is no part of its first line.

    Raises:
        InputError: the file is missing, is cut off inside its compression, or is not UTF-8.
    """
    number = 0
    try:
        for number, line in read_byte_lines(path):
            yield number, line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as problem:
        byte = problem.object[problem.start]
        raise InputError(
            f"{path}:{number}: byte 0x{byte:02x} at column {problem.start + 1} is not UTF-8"
        ) from None


def read_byte_lines(path: str | Path) -> Iterator[tuple[int, bytes]]:
    """Yield (line number from 1, line without its line feed) as bytes, for who decodes only some lines.

    Raises:
        InputError: the file is missing, or is cut off inside its compression.
    """
    number = 0
    try:
        with _binary_reader(path) as lines:
            for number, line in enumerate(lines, start=1):
                yield number, line.removesuffix(b"\n")
    except _BROKEN_COMPRESSION as problem:
        if isinstance(problem, OSError) and problem.errno is not None:
            raise
        raise InputError(
            f"{path}:{number + 1}: the compressed data is broken or cut off ({problem})"
        ) from None


def read_bytes(path: str | Path) -> bytes:
    """All that a file holds, without its compression; `-` is standard input.

    Raises:
        InputError: the file is missing, or is cut off inside its compression.
    """
    try:
        with _binary_reader(path) as stream:
            return stream.read()
    except _BROKEN_COMPRESSION as problem:
        if isinstance(problem, OSError) and problem.errno is not None:
            raise
        raise InputError(f"{path}: the compressed data is broken or cut off ({problem})") from None


@contextmanager
def text_to_write(path: str | Path, *, overwrite: bool = False) -> Iterator[TextIO]:
    """A UTF-8 stream that becomes `path` when the block ends well, and leaves nothing when it does not.

    The name's ending says the compression (.gz, .xz, .zst); `-` is standard output.

    Raises:
        OutputError: as `require_file_to_write`.
    """
    if str(path) == STANDARD_STREAM:
        yield sys.stdout
        return
    with _file_to_write(Path(path), overwrite=overwrite) as out:
        text = io.TextIOWrapper(out, encoding="utf-8", newline="")
        yield text
        text.flush()
        text.detach()


@contextmanager
def folder_to_write(path: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """A folder that becomes `path` when the block ends well, and leaves nothing when it does not.

    Raises:
        OutputError: as `require_folder_to_write`.
    """
    require_folder_to_write(path, overwrite=overwrite)
    if path.is_dir() and not any(path.iterdir()):
        path.rmdir()
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        yield partial
        if path.exists():  # a folder can't be replaced in one step: the old one moves aside first
            aside = path.with_name(f"{path.name}.{os.getpid()}.old.partial")
            path.rename(aside)
            partial.rename(path)
            shutil.rmtree(aside)
        else:
            partial.rename(path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def only_run_in(folder: Path) -> Iterator[None]:
    """Keep other runs out of a folder of unfinished work; the system ends this with the process.

    Raises:
        OutputError: another run works there.
    """
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OutputError(f"another run works in {folder}; wait until it ends") from None
        yield


def require_file_to_write(
    path: Path, *, overwrite: bool = False, inputs: Iterable[str | Path] = ()
) -> None:
    """Refuse a file that can't become `path`, before any work is done; `-` is standard output.

    Raises:
        OutputError: `path` exists and `overwrite` is off, it is no ordinary file, or it is one of `inputs`.
    """
    if str(path) == STANDARD_STREAM:
        return
    if path.is_dir():
        raise OutputError(f"{path} is a folder, the name of a file was expected")
    if path.exists() and not path.is_file():
        raise OutputError(f"{path} is no ordinary file; `-` is standard output")
    if path.exists() and not overwrite:
        raise OutputError(f"{path} exists already; give another name, or --force to replace it")
    for entry in inputs:
        if path.exists() and Path(entry).resolve() == path.resolve():
            raise OutputError(
                f"{path} would be replaced, and is read; give another name for the output"
            )


def require_folder_to_write(
    path: Path, *, overwrite: bool = False, inputs: Iterable[str | Path] = ()
) -> None:
    """Refuse a folder that can't become `path`, before any work is done.

    Raises:
        OutputError: `path` exists with something in it and `overwrite` is off, is no folder, has no name
            of its own (`.`), or holds one of `inputs`, which would be removed with it.
    """
    if path.exists() and not path.is_dir():
        raise OutputError(f"{path} is a file, the name of a folder was expected")
    if path.is_dir() and any(path.iterdir()) and not overwrite:
        raise OutputError(f"{path} exists already; give another name, or --force to replace it")
    if path.name in ("", ".."):
        raise OutputError(f"{path} can't be replaced; give the folder a name of its own")
    for entry in inputs:
        if path.exists() and Path(entry).resolve().is_relative_to(path.resolve()):
            raise OutputError(
                f"{path} would be replaced, and {entry} lies in it; give another name for the output"
            )


def write_bytes(path: str | Path, data: bytes, *, overwrite: bool = False) -> None:
    """Write `data` as the whole of `path` (compressed by its ending, `-` is standard output)."""
    if str(path) == STANDARD_STREAM:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    with _file_to_write(Path(path), overwrite=overwrite) as out:
        out.write(data)


def write_text(path: Path, text: str, *, overwrite: bool = False) -> None:
    """Write `text` as the whole of `path`, or leave `path` as it was."""
    with text_to_write(path, overwrite=overwrite) as out:
        out.write(text)


def write_json(path: Path, value: Any, *, overwrite: bool = False) -> None:
    """Write `value` as indented JSON, whole or not at all; NaN and infinity are refused."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2)
    write_text(path, text + "\n", overwrite=overwrite)


def read_json(path: Path) -> Any:
    """The one JSON value that `path` holds.

    Raises:
        InputError: the file is missing, or not JSON; the message names line and column.
    """
    text = "\n".join(line for _, line in read_lines(path))
    try:
        return json.loads(text)
    except json.JSONDecodeError as problem:
        raise InputError(
            f"{path}:{problem.lineno}: not JSON at column {problem.colno} ({problem.msg})"
        ) from None


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, 64 hex digits, in constant memory."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def _file_to_write(path: Path, *, overwrite: bool) -> Iterator[BinaryIO]:
    require_file_to_write(path, overwrite=overwrite)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        with _compressing(partial, path.suffix) as out:
            yield out
        _sync(partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _binary_reader(path: str | Path) -> BinaryIO:
    if str(path) == STANDARD_STREAM:
        return cast(BinaryIO, open(sys.stdin.fileno(), "rb", closefd=False))
    path = Path(path)
    if path.is_dir():
        raise InputError(f"{path} is a folder, a file was expected")
    try:
        if path.suffix == ".gz":
            return cast(BinaryIO, gzip.open(path, "rb"))
        if path.suffix == ".xz":
            return cast(BinaryIO, lzma.open(path, "rb"))
        if path.suffix == ".zst":
            import pyarrow as pa  # unlike zstandard's reader, it tells when the data is cut off

            return cast(
                BinaryIO, io.BufferedReader(pa.CompressedInputStream(str(path), "zstd"), 1 << 20)
            )
        return path.open("rb")
    except FileNotFoundError:
        raise InputError(f"{path} does not exist") from None


@contextmanager
def _compressing(path: Path, suffix: str) -> Iterator[BinaryIO]:
    if suffix == ".gz":  # no name and no time inside: the same lines give the same bytes
        with (
            path.open("wb") as raw,
            gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") as out,
        ):
            yield cast(BinaryIO, out)
    elif suffix == ".xz":
        with lzma.open(path, "wb") as out:
            yield cast(BinaryIO, out)
    elif suffix == ".zst":
        import pyarrow as pa

        with pa.CompressedOutputStream(str(path), "zstd") as out:
            yield cast(BinaryIO, out)
    else:
        with path.open("wb") as raw:
            yield raw


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
