"""The files a crawl leaves, all drawn from its journal: documents, manifest, rejected pages, report."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gonerd.files import write_text
from gonerd.records import write_json_lines
from gonerd_scraper.documents import manifest_row
from gonerd_scraper.frontier import Item
from gonerd_scraper.journal import read_rows

__all__ = ["DOCUMENTS", "MANIFEST", "REJECTED", "REPORT", "HostCount", "write_outputs"]

DOCUMENTS, MANIFEST, REJECTED, REPORT = (
    "documents.jsonl",
    "manifest.jsonl",
    "rejected.jsonl",
    "report.json",
)


@dataclass(slots=True)
class HostCount:
    """What one host gave."""

    pages: int = 0
    documents: int = 0
    other_answers: int = 0
    bytes: int = 0
    rejected: Counter[str] = field(default_factory=Counter)

    def record(self) -> dict[str, Any]:
        """The form that stands in the report."""
        return {
            "pages": self.pages,
            "documents": self.documents,
            "other_answers": self.other_answers,
            "bytes": self.bytes,
            "rejected": dict(sorted(self.rejected.items())),
        }


@dataclass(slots=True)
class _Index:
    """Where the last outcome of each address stands, with the document's id, empty without one.

    A document stays one: what a later run fails to fetch again does not take it away.
    """

    outcomes: dict[str, tuple[str, int]] = field(default_factory=dict)
    refused: list[int] = field(default_factory=list)
    hosts: dict[str, HostCount] = field(default_factory=dict)
    seconds: float = 0.0
    runs: int = 0
    open: int = 0
    found: set[str] = field(default_factory=set)


def write_outputs(folder: Path, journal: Path, *, finished: bool = True) -> dict[str, Any]:
    """Write the files, each whole or not at all, the report only when `finished`; return the report.

    Documents are ordered by id, rejected pages by address: nothing depends on the order in which
    hosts answered. Memory grows with the number of addresses, not with the texts.
    """
    index = _indexed(journal)
    documents = sorted(
        ((name, offset) for name, offset in index.outcomes.values() if name),
        key=lambda pair: pair[0],
    )
    offsets = [offset for _, offset in documents]
    write_json_lines(
        folder / DOCUMENTS, (row["document"] for row in _rows_at(journal, offsets)), overwrite=True
    )
    write_json_lines(
        folder / MANIFEST,
        (manifest_row(row["document"]) for row in _rows_at(journal, offsets)),
        overwrite=True,
    )
    rejected = _rejected(journal, index)
    write_json_lines(folder / REJECTED, rejected, overwrite=True)
    report = _report(index, len(documents), rejected)
    if finished:
        write_text(folder / REPORT, json.dumps(report, indent=2) + "\n", overwrite=True)
    return report


def _indexed(journal: Path) -> _Index:
    index = _Index()
    for offset, row in read_rows(journal):
        if row["event"] == "start":
            index.runs += 1
        elif row["event"] == "end":
            index.seconds += row["seconds"]
        for found in row.get("found", ()):
            index.found.add(found[0])
        if "refused" in row:
            index.refused.append(offset)
        if "item" not in row:
            if row["event"] == "fetched":
                count = index.hosts.setdefault(Item(row["url"], "", 0, "").host, HostCount())
                count.other_answers += 1
                count.bytes += row["bytes"]
            continue
        item = Item.from_record(row["item"])
        count = index.hosts.setdefault(item.host, HostCount())
        if row["event"] == "fetched":
            count.bytes += row["bytes"]
            if item.kind == "page":
                count.pages += 1
            else:
                count.other_answers += 1
        if row.get("done"):
            index.outcomes[item.url] = (row["document"]["id"] if "document" in row else "", offset)
    index.open = len(index.found - set(index.outcomes))
    return index


def _rejected(journal: Path, index: _Index) -> list[dict[str, Any]]:
    ends = [offset for name, offset in index.outcomes.values() if not name]
    rows = [row["rejected"] for row in _rows_at(journal, sorted(ends)) if "rejected" in row]
    for row in _rows_at(journal, index.refused):
        rows += row["refused"]
    return sorted(rows, key=lambda row: (row["url"], row["reason"]))


def _rows_at(journal: Path, offsets: list[int]) -> Iterator[dict[str, Any]]:
    with journal.open("rb") as file:
        for offset in offsets:
            file.seek(offset)
            yield json.loads(file.readline())


def _report(index: _Index, documents: int, rejected: list[dict[str, Any]]) -> dict[str, Any]:
    for row in rejected:
        host = Item(row.get("final_url", row["url"]), "", 0, "").host
        index.hosts.setdefault(host, HostCount()).rejected[row["reason"]] += 1
    hosts = index.hosts.values()
    pages = sum(count.pages for count in hosts)
    return {
        "schema_version": 1,
        "documents": documents,
        "pages": pages,
        "other_answers": sum(count.other_answers for count in hosts),
        "bytes": sum(count.bytes for count in hosts),
        "rejected": len(rejected),
        "rejected_by_reason": dict(sorted(Counter(row["reason"] for row in rejected).items())),
        "not_fetched": index.open,
        "runs": index.runs,
        "seconds": round(index.seconds, 3),
        "pages_per_second": round(pages / index.seconds, 2) if index.seconds else None,
        "hosts": {name: count.record() for name, count in sorted(index.hosts.items())},
    }
