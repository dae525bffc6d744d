"""Parquet files of one split, none larger than was asked for."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

__all__ = ["SHARD_MB", "ShardWriter"]

SHARD_MB = 500
"""What the Hub advises for a file that is streamed, in millions of bytes."""

FOOTER_BYTES = 8_192
"""More than what a row group adds to the end of its file."""


GROUP_BYTES = 4_000_000
"""Of a row group before it is compressed, about 300 articles: what a reader takes at once."""


class ShardWriter:
    """Writes tables into `split-00000-of-0000N.parquet`; the names are whole when the block ends.

    A row that is larger than `limit` bytes gets a file of its own. A split without rows is one file
    without rows.
    """

    def __init__(self, folder: Path, split: str, schema: Any, *, limit: int) -> None:
        self.folder = folder
        self.split = split
        self.schema = schema
        self.limit = limit
        self.rows = 0
        self.paths: list[Path] = []
        self._waiting: list[Any] = []
        self._open = ExitStack()
        self._stream: Any = None
        self._writer: Any = None
        self._groups = 0

    def __enter__(self) -> Self:
        self._next()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self._flush()
        self._open.close()
        if error is not None:
            return
        named = []
        for number, path in enumerate(self.paths):
            whole = f"{self.split}-{number:05d}-of-{len(self.paths):05d}.parquet"
            named.append(path.rename(self.folder / whole))
        self.paths = named

    def write(self, table: Any) -> None:
        """Append the rows of a pyarrow table, which wait until a row group is full."""
        self._waiting.append(table)
        if sum(each.nbytes for each in self._waiting) >= min(GROUP_BYTES, self.limit):
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        if self._waiting:
            table = pa.concat_tables(self._waiting)
            self._waiting = []
            self._write_group(table)

    def _write_group(self, table: Any) -> None:
        """Write one row group, or several where the file would grow too large."""
        if not table.num_rows:
            return
        # Uncompressed is more than it takes in the file, so that the limit holds whatever the texts.
        grown = self._stream.tell() + table.nbytes + FOOTER_BYTES * (self._groups + 2)
        if grown > self.limit:
            if self._groups:
                self._next()
                self._write_group(table)
                return
            if table.num_rows > 1:
                half = table.num_rows // 2
                self._write_group(table.slice(0, half))
                self._write_group(table.slice(half))
                return
        self._writer.write_table(table)
        self._groups += 1
        self.rows += table.num_rows

    def _next(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._open.close()
        path = self.folder / f"{self.split}-{len(self.paths):05d}.partial"
        self.paths.append(path)
        self._stream = self._open.enter_context(pa.OSFile(str(path), "wb"))
        self._writer = self._open.enter_context(
            pq.ParquetWriter(self._stream, self.schema, compression="zstd")
        )
        self._groups = 0
