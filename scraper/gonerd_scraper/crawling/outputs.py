"""The files a crawl leaves, all drawn from its journal: documents, manifest, rejected pages, report."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

from gonerd.files import text_to_write, write_text
from gonerd.takedown import TAKEN_DOWN, Takedown
from gonerd_scraper.crawling.journal import row_at
from gonerd_scraper.crawling.outcomes import Outcomes
from gonerd_scraper.crawling.tally import Tally
from gonerd_scraper.extraction.documents import manifest_row

__all__ = ["DOCUMENTS", "MANIFEST", "REJECTED", "REPORT", "write_outputs"]

DOCUMENTS, MANIFEST, REJECTED, REPORT = (
    "documents.jsonl",
    "manifest.jsonl",
    "rejected.jsonl",
    "report.json",
)


def write_outputs(
    folder: Path, journal: Path, *, finished: bool = True, takedown: Takedown | None = None
) -> dict[str, Any]:
    """Write the files, each whole or not at all, the report only when `finished`; return the report.

    Documents are ordered by id, rejected pages by address: nothing depends on the order in which
    hosts answered. What grows with the number of addresses lies in a file, not in memory.
    """
    takedown = takedown if takedown is not None else Takedown.read()
    tally = Tally()
    with Outcomes() as outcomes, journal.open("rb") as rows:
        outcomes.add_journal(journal, tally)
        with ExitStack() as stack:
            documents, manifest = (
                stack.enter_context(text_to_write(folder / name, overwrite=True))
                for name in (DOCUMENTS, MANIFEST)
            )
            for record in _records(outcomes, rows):
                meta = record["meta"]
                named = (meta["url"], meta["final_url"], meta.get("canonical"))
                entry = takedown.reason(id=record["id"], urls=[url for url in named if url])
                if entry is not None:
                    outcomes.add_rejection(_taken_down(meta, entry))
                    continue
                tally.documents(meta["final_url"])
                _write(documents, record)
                _write(manifest, manifest_row(record))
        with text_to_write(folder / REJECTED, overwrite=True) as rejected:
            for row in outcomes.rejections(rows):
                tally.rejected(row)
                _write(rejected, row)
        report = tally.report(not_fetched=outcomes.open(), again=outcomes.again())
    if finished:
        write_text(folder / REPORT, json.dumps(report, indent=2) + "\n", overwrite=True)
    return report


def _records(outcomes: Outcomes, journal: Any) -> Iterator[dict[str, Any]]:
    """Documents by id; one that replaced an earlier version says which."""
    for document in outcomes.documents():
        record = row_at(journal, document.offset)["document"]
        if document.version > 1:
            before = row_at(journal, document.replaces)["document"]["meta"]
            record["meta"]["version"] = document.version
            record["meta"]["replaces"] = {
                key: before[key] for key in ("fetched_at", "text_sha256", "warc")
            }
        yield record


def _write(out: TextIO, value: dict[str, Any]) -> None:
    out.write(json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n")


def _taken_down(meta: dict[str, Any], entry: str) -> dict[str, Any]:
    row = {
        "url": meta["url"],
        "stage": "takedown",
        "reason": TAKEN_DOWN,
        "detail": entry,
        "status": meta["status"],
    }
    return row | ({"final_url": meta["final_url"]} if meta["final_url"] != meta["url"] else {})
