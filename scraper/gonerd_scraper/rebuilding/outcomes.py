"""What became of one row of a manifest: the same document again, another text, or nothing."""

from __future__ import annotations

from typing import Any

from gonerd.schema import text_sha256
from gonerd_scraper.crawling.sources import kind_of_domain
from gonerd_scraper.extraction.documents import record_from_reading
from gonerd_scraper.extraction.extract import Reading, extractor_record
from gonerd_scraper.rebuilding.captures import Capture, StepError
from gonerd_scraper.rebuilding.manifest import ManifestRow
from gonerd_scraper.urls import host_of, registered_domain
from gonerd_scraper.warc.archive import RecordPlace

__all__ = [
    "DRIFTED",
    "REBUILT",
    "UNAVAILABLE",
    "cause_of_drift",
    "drifted_outcome",
    "extractor_differs",
    "outcome",
    "rebuilt_outcome",
    "trial",
]

REBUILT, DRIFTED, UNAVAILABLE = "rebuilt", "drifted", "unavailable"

HISTORY = ("version", "replaces")
"""What a manifest says about a document that took the place of an older one."""

STATED = ("language", "date", "title", "robots", "licence")
"""What a manifest says about a document beyond its text: it stands, whatever a capture says."""

KNOWN = ("domain", "source", "extractor")
"""What every document has, and a manifest may be without."""


def extractor_differs(row: ManifestRow) -> bool:
    """Whether the text was taken out by another extractor, version or options than are installed."""
    return row.extractor is not None and row.extractor != extractor_record()


def outcome(row: ManifestRow, kind: str, tried: list[dict[str, Any]]) -> dict[str, Any]:
    """The part that every outcome has."""
    return {"event": "outcome", "id": row.id, "url": row.url, "outcome": kind, "tried": tried}


def trial(step: str, problem: StepError) -> dict[str, Any]:
    """What a place that did not give the document said."""
    return {"step": step, "reason": problem.reason, "detail": problem.detail}


def rebuilt_outcome(
    row: ManifestRow, capture: Capture, reading: Reading, step: str, tried: list[dict[str, Any]]
) -> dict[str, Any]:
    """The document, as it was: what the manifest states about it comes from there."""
    document = _document(row, capture, reading)
    meta = document["meta"]
    differs = [
        name
        for name in STATED
        if name != "robots" and name in row.record and meta.get(name) != row.record[name]
    ]
    meta |= {name: row.record[name] for name in STATED if name in row.record}
    meta |= {name: row.record[name] for name in KNOWN if row.record.get(name) is not None}
    meta |= {name: row.record[name] for name in HISTORY if name in row.record}
    if row.place is None:
        del meta["warc"]
    return (
        outcome(row, REBUILT, tried)
        | {"from": step, "where": capture.where, "captured_at": capture.fetched_at}
        | _other_address(row, capture)
        | ({"differs": differs} if differs else {})
        | {"document": document}
    )


def drifted_outcome(
    row: ManifestRow,
    capture: Capture,
    reading: Reading,
    step: str,
    tried: list[dict[str, Any]],
    cause: str,
) -> dict[str, Any]:
    """Another text under the same address, with what is known of both; the document in case it is kept."""
    digest = text_sha256(reading.text)
    about = {
        "cause": cause,
        "from": step,
        "where": capture.where,
        "captured_at": capture.fetched_at,
    }
    document = _document(row, capture, reading)
    meta = document["meta"]
    meta["fetched_at"], meta["status"] = capture.fetched_at, capture.status
    if not capture.verified:
        del meta["warc"]  # what lies there is another text
    meta["drifted"] = about | {"expected": row.text_sha256}
    expected = {"text_sha256": row.text_sha256} | {
        name: row.record[name] for name in ("title", "date", "language") if name in row.record
    }
    found = {
        "text_sha256": digest,
        "characters": len(reading.text),
        **{name: reading.meta.get(name) for name in ("title", "date", "language")},
    }
    return (
        outcome(row, DRIFTED, tried)
        | about
        | _other_address(row, capture)
        | {"expected": expected, "found": found, "document": document}
    )


def cause_of_drift(row: ManifestRow, capture: Capture) -> str:
    """Why a capture reads differently, as far as that can be known."""
    if capture.verified:
        return "other_text" if row.extractor == extractor_record() else "extractor_changed"
    return "extractor_or_page_changed" if extractor_differs(row) else "page_changed"


def _other_address(row: ManifestRow, capture: Capture) -> dict[str, str]:
    """What the archive calls the page, where the manifest calls it something else."""
    return {"archived_url": capture.url} if capture.url not in row.addresses else {}


def _document(row: ManifestRow, capture: Capture, reading: Reading) -> dict[str, Any]:
    record, domain = row.record, registered_domain(host_of(row.final_url))
    document = record_from_reading(
        reading,
        url=row.url,
        final_url=row.final_url,
        source=record.get("source") or kind_of_domain(domain),
        fetched_at=row.fetched_at or capture.fetched_at,
        status=record.get("status") or capture.status,
        place=row.place or RecordPlace("", 0, 0, ""),
    )
    document["id"] = row.id
    return document
