"""From what was read on a page to the document that stands for it, and its row in the manifest."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from typing import Any

from gonerd.schema import text_sha256
from gonerd_scraper.extraction.extract import Reading, extractor_record
from gonerd_scraper.urls import host_of, registered_domain, url_key
from gonerd_scraper.warc.archive import RecordPlace

__all__ = ["document_id", "manifest_row", "record_from_reading"]


def document_id(final_url: str) -> str:
    """16 hex digits that stand for an address in its normal form, the same in every crawl."""
    return sha256(url_key(final_url).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def record_from_reading(
    reading: Reading,
    *,
    url: str,
    final_url: str,
    source: str,
    fetched_at: str,
    status: int,
    place: RecordPlace,
) -> dict[str, Any]:
    """The JSON form of a document (`gonerd.records`) without entities."""
    return {
        "id": document_id(final_url),
        "text": reading.text,
        "entities": [],
        "meta": {
            "url": url,
            "final_url": final_url,
            "domain": registered_domain(host_of(final_url)),
            "source": source,
            "fetched_at": fetched_at,
            "status": status,
            "warc": place.record(),
            "extractor": _extractor(),
            **reading.meta,
            "text_sha256": text_sha256(reading.text),
        },
    }


@cache
def _extractor() -> dict[str, Any]:
    return extractor_record()  # looks a version up among the installed packages: once is enough


def manifest_row(record: dict[str, Any]) -> dict[str, Any]:
    """What it takes to make the document again and to prove that it is the same; without its text."""
    meta = record["meta"]
    row = {"id": record["id"]}
    for key in (
        "url",
        "final_url",
        "domain",
        "source",
        "fetched_at",
        "status",
        "warc",
        "text_sha256",
        "extractor",
    ):
        row[key] = meta[key]
    for key in ("language", "date", "title", "robots", "licence"):
        row[key] = meta.get(key)
    return row | {key: meta[key] for key in ("version", "replaces") if key in meta}
