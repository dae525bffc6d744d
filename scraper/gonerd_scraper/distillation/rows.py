"""Rows of the files that text corpora come in: JSON Lines and Parquet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gonerd.errors import InputError, SchemaError
from gonerd.records import document_from_record, read_json_lines
from gonerd.schema import Document

__all__ = ["ROWS", "document_of_row", "is_rows", "read_rows", "text_of"]

ROWS = (".jsonl", ".json", ".ndjson", ".parquet")
"""Endings of files with rows."""
AT_ONCE = 512


def is_rows(path: Path) -> bool:
    """Whether the name says that a file holds rows; .gz and .zst may follow."""
    name = path.name.removesuffix(".gz").removesuffix(".zst")
    return name.endswith(ROWS)


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (number from 1, row), one at a time; of Parquet, as many as 512 are in memory.

    Raises:
        SchemaError: a line is not a JSON object; the message names file and line.
        InputError: the file is missing or broken.
    """
    if path.name.endswith(".parquet"):
        yield from enumerate(_parquet_rows(path), start=1)
        return
    for number, value in read_json_lines(path, allow_nan=True):
        if not isinstance(value, dict):
            raise SchemaError(f"{path}:{number}: found {type(value).__name__}, expected an object")
        yield number, value


def document_of_row(path: Path, number: int, row: dict[str, Any]) -> Document | None:
    """The document, where the row is one of gonerd's own (`gonerd.records`), else None.

    Raises:
        SchemaError: it is one, with something wrong; the message names file and row.
    """
    if "entities" not in row or "meta" not in row:
        return None
    try:
        return document_from_record(row)
    except SchemaError as problem:
        raise SchemaError(f"{path}:{number}: {problem}") from None


def text_of(path: Path, number: int, row: dict[str, Any]) -> str:
    """The row's text.

    Raises:
        SchemaError: there is no field `text`, or it is not a string.
    """
    text = row.get("text")
    if isinstance(text, str):
        return text
    found = ", ".join(row) if "text" not in row else f"a text that is {type(text).__name__}"
    raise SchemaError(f"{path}:{number}: expected a field 'text' with a string, found {found}")


def _parquet_rows(path: Path) -> Iterator[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as source:
            for batch in source.iter_batches(AT_ONCE):
                yield from batch.to_pylist()
    except pa.ArrowInvalid as problem:
        raise InputError(f"{path} is not a Parquet file: {problem}") from None
    except FileNotFoundError:
        raise InputError(f"{path} does not exist") from None
