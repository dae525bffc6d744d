"""Counts for the report of a crawl: over all and per host."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from gonerd_scraper.urls import host_of

__all__ = ["HostCount", "Tally"]


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


class Tally:
    """Is told of each row of a journal, each document and each rejected page."""

    def __init__(self) -> None:
        self._hosts: dict[str, HostCount] = {}
        self._reasons: Counter[str] = Counter()
        self._seconds = 0.0
        self._runs = 0
        self._handed = 0
        self._passed_over = 0

    def row(self, row: dict[str, Any]) -> None:
        """One of the journal."""
        self._runs += row["event"] == "start"
        self._seconds += row["seconds"] if row["event"] == "end" else 0.0
        self._handed += "handed" in row
        self._passed_over += row.get("passed_over", 0)
        if row["event"] != "fetched":
            return
        url, kind = row["item"][:2] if "item" in row else (row["url"], "")
        count = self._host(url)
        count.bytes += row["bytes"]
        if kind == "page":
            count.pages += 1
        else:
            count.other_answers += 1

    def documents(self, url: str) -> None:
        """One that is kept."""
        self._host(url).documents += 1

    def rejected(self, row: dict[str, Any]) -> None:
        """One of rejected.jsonl."""
        self._reasons[row["reason"]] += 1
        self._host(row.get("final_url", row["url"])).rejected[row["reason"]] += 1

    def report(self, *, not_fetched: int, again: dict[str, int] | None) -> dict[str, Any]:
        """What stands in report.json."""
        hosts = self._hosts.values()
        pages = sum(count.pages for count in hosts)
        return {
            "schema_version": 2,
            "documents": sum(count.documents for count in hosts),
            "pages": pages,
            "other_answers": sum(count.other_answers for count in hosts),
            "bytes": sum(count.bytes for count in hosts),
            "rejected": self._reasons.total(),
            "rejected_by_reason": dict(sorted(self._reasons.items())),
            "not_fetched": not_fetched,
            "passed_over": self._passed_over,
            "handed_over": self._handed,
            "again": again,
            "runs": self._runs,
            "seconds": round(self._seconds, 3),
            "pages_per_second": round(pages / self._seconds, 2) if self._seconds else None,
            "hosts": {name: count.record() for name, count in sorted(self._hosts.items())},
        }

    def _host(self, url: str) -> HostCount:
        return self._hosts.setdefault(host_of(url), HostCount())
