"""The rows of a manifest: what is known of documents whose text is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from gonerd.errors import InputError, SchemaError
from gonerd.files import file_sha256
from gonerd.records import read_json_lines
from gonerd_scraper.extraction.documents import document_id
from gonerd_scraper.urls import is_web_url, url_key
from gonerd_scraper.warc.archive import RecordPlace

__all__ = ["ManifestRow", "manifest_sha256", "moment_of", "read_manifest"]

MANIFEST_FILE = "manifest.jsonl"
SHA256 = re.compile(r"[0-9a-f]{64}")
MAX_BYTES = 1 << 63
"""Of a file, as far as the system can count."""
COLUMNS = ("id", "url", "domain", "source", "title", "date", "text_sha256")
"""Of a published dataset's Parquet files: what a rebuild can use."""

KINDS = {
    **dict.fromkeys(("domain", "source", "language", "title", "date", "licence"), str),
    **dict.fromkeys(("extractor", "robots", "replaces"), dict),
    **dict.fromkeys(("status", "version"), int),
}
"""What a row may state beyond that, and would put into its document; null where it is unknown."""
KIND_NAMES = {str: "a string", dict: "an object", int: "a whole number"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestRow:
    """One document; `record` is the whole row. Only address and hash are always known."""

    id: str
    url: str
    final_url: str
    text_sha256: str
    fetched_at: str = ""
    place: RecordPlace | None = None
    extractor: dict[str, Any] | None = None
    record: dict[str, Any]

    @property
    def moment(self) -> datetime | None:
        """When the page was fetched, or at least when it is dated."""
        return moment_of(self.fetched_at) or moment_of(self.record.get("date"))

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses that a take-down list may name."""
        return tuple(dict.fromkeys((self.url, self.final_url)))

    def is_of(self, url: str) -> bool:
        """Whether `url` is the row's page, in whatever spelling."""
        return url_key(url) in map(url_key, self.addresses)


def moment_of(text: Any) -> datetime | None:
    """The time that an ISO date says, in UTC; None where it says none."""
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def read_manifest(path: Path) -> Iterator[ManifestRow]:
    """Yield the rows of a manifest, of documents (their meta counts), or of a published dataset.

    A published dataset is its folder, of which `manifest.jsonl` is read, else the Parquet files in
    `data`, or one such file.

    Raises:
        SchemaError: a row lacks address or text_sha256, or one of its values makes no sense; the
            message names the line.
        InputError: the folder is no dataset; see also `gonerd.files.read_lines`.
    """
    for file in _files(path):
        for number, record in _records(file):
            try:
                yield _row(record)
            except SchemaError as problem:
                raise SchemaError(f"{file}:{number}: {problem}") from None


def manifest_sha256(path: Path) -> str:
    """SHA-256 of the manifest's bytes; of a dataset, one hash for all its files.

    Raises:
        InputError: the folder is no dataset.
    """
    digests = [file_sha256(file) for file in _files(path)]
    return sha256("".join(digests).encode()).hexdigest() if path.is_dir() else digests[0]


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    if (path / MANIFEST_FILE).is_file():
        return [path / MANIFEST_FILE]
    files = sorted((path / "data").glob("*.parquet"))
    if not files:
        raise InputError(
            f"{path} holds no {MANIFEST_FILE} and no data/*.parquet, expected a manifest or a dataset folder"
        )
    return files


def _records(path: Path) -> Iterator[tuple[int, Any]]:
    if path.suffix != ".parquet":
        yield from read_json_lines(path)
        return
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            columns = [name for name in COLUMNS if name in file.schema_arrow.names]
            number = 0
            for batch in file.iter_batches(batch_size=1000, columns=columns):
                for record in batch.to_pylist():
                    number += 1
                    yield number, record
    except FileNotFoundError:
        raise SchemaError(f"{path} does not exist") from None
    except (pa.ArrowException, OSError, UnicodeDecodeError) as problem:
        raise SchemaError(f"{path}: not a whole Parquet file: {problem}") from None


def _row(record: Any) -> ManifestRow:
    if not isinstance(record, dict):
        raise SchemaError(f"found {type(record).__name__}, expected an object")
    if isinstance(record.get("meta"), dict):  # a document
        record = {"id": record.get("id")} | record["meta"]
    url = record.get("url")
    if not isinstance(url, str) or not is_web_url(url):
        raise SchemaError(f"'url' is {url!r}, expected an http or https address")
    final_url = record.get("final_url") or url
    if not isinstance(final_url, str) or not is_web_url(final_url):
        raise SchemaError(f"'final_url' is {final_url!r}, expected an http or https address")
    digest = record.get("text_sha256")
    if not isinstance(digest, str) or not SHA256.fullmatch(digest):
        raise SchemaError(f"'text_sha256' is {digest!r}, expected 64 hexadecimal digits")
    name = record.get("id") or document_id(final_url)
    if not isinstance(name, str):
        raise SchemaError(f"'id' is {name!r}, expected a string")
    for key, kind in KINDS.items():
        if record.get(key) is not None and not isinstance(record[key], kind):
            raise SchemaError(f"{key!r} is {record[key]!r}, expected {KIND_NAMES[kind]}")
    fetched_at = record.get("fetched_at") or ""
    if fetched_at and moment_of(fetched_at) is None:
        raise SchemaError(
            f"'fetched_at' is {fetched_at!r}, expected a time as 2024-01-31T12:00:00Z"
        )
    return ManifestRow(
        id=name,
        url=url,
        final_url=final_url,
        text_sha256=digest,
        fetched_at=fetched_at,
        place=_place(record["warc"]) if record.get("warc") is not None else None,
        extractor=record.get("extractor"),
        record=record,
    )


def _place(value: Any) -> RecordPlace:
    found = value if isinstance(value, dict) else {}
    within = found.get("within")
    if not isinstance(found.get("file"), str) or not found["file"]:
        raise SchemaError(f"'warc' is {value!r}, expected file, offset, length and sha256")
    pair = within if isinstance(within, list) and len(within) == 2 else []
    numbers = [found.get("offset"), found.get("length"), *pair]
    if any(type(number) is not int or not 0 <= number < MAX_BYTES for number in numbers) or (
        within is not None and not pair
    ):
        raise SchemaError(f"'warc' is {value!r}, expected numbers of bytes in it")
    digest = found.get("sha256")
    if not isinstance(digest, str) or not SHA256.fullmatch(digest):
        raise SchemaError(f"sha256 of 'warc' is {digest!r}, expected 64 hexadecimal digits")
    return RecordPlace(
        found["file"],
        found["offset"],
        found["length"],
        digest,
        within=(pair[0], pair[1]) if pair else None,
    )
