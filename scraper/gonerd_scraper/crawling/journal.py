"""The crawl log: one JSON line per event, appended and synced, from which a killed crawl goes on."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from gonerd.errors import InputError, OutputError

__all__ = ["JOURNAL", "Journal", "read_rows", "row_at"]

JOURNAL = "crawl.jsonl"


class Journal:
    """Appends rows to DIR/crawl.jsonl, or `name`; only one process at a time may hold it.

    A last line that is not whole was being written when the crawl died, and is cut off.

    Raises:
        OutputError: another process holds the journal.
    """

    def __init__(self, folder: Path, *, name: str = JOURNAL, writer: str = "gonerd scrape") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / name
        self._file = self.path.open(
            "ab", buffering=0
        )  # nothing waits that a later write would bring
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise OutputError(
                f"{folder} is being written by another {writer}; wait for it, or give another --out"
            ) from None
        self._length = _whole_length(self.path)
        os.truncate(self.path, self._length)

    def append(self, rows: list[dict[str, Any]]) -> None:
        """Write `rows` and bring them to the disk: all of them, or none.

        Raises:
            OSError: they could not be written, as where the disk is full.
        """
        lines = (
            json.dumps(row, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
            for row in rows
        )
        # half a character that a stranger's server or page smuggled in must not end a crawl
        data = "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")
        try:
            left = memoryview(data)
            while left:
                left = left[self._file.write(left) :]
            os.fsync(self._file.fileno())
        except OSError:
            os.truncate(self.path, self._length)
            raise
        self._length += len(data)

    def clear(self) -> None:
        """Empty the journal; it stays where it is, since it is locked."""
        os.truncate(self.path, 0)
        self._length = 0

    def close(self) -> None:
        """Give the journal free."""
        self._file.close()


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (byte offset, row) of a journal.

    Raises:
        InputError: a line is not a row; the message names file and line.
    """
    offset = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                row = json.loads(line)
            except ValueError:
                raise InputError(
                    f"{path}:{number}: not a row of a crawl log; begin anew with --force"
                ) from None
            if not isinstance(row, dict) or "event" not in row:
                raise InputError(
                    f"{path}:{number}: not a row of a crawl log; begin anew with --force"
                )
            yield offset, row
            offset += len(line)


def row_at(journal: BinaryIO, offset: int) -> dict[str, Any]:
    """The row that begins at `offset`."""
    journal.seek(offset)
    row: dict[str, Any] = json.loads(journal.readline())
    return row


def _whole_length(path: Path) -> int:
    """Length up to the last line feed."""
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        while end:
            start = max(0, end - 65536)
            file.seek(start)
            found = file.read(end - start).rfind(b"\n")
            if found >= 0:
                return start + found + 1
            end = start
    return 0
