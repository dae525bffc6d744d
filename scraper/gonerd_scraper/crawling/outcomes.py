"""What became of each address in the end: an index over a journal that lies in a file, not in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from gonerd.database import nameless_database
from gonerd_scraper.crawling.items import Item
from gonerd_scraper.crawling.journal import read_rows, row_at
from gonerd_scraper.crawling.tally import Tally
from gonerd_scraper.web.policies import OPT_OUTS

__all__ = ["Outcomes", "StoredDocument"]

TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -2000;
CREATE TABLE outcome (
    url TEXT PRIMARY KEY, document TEXT, sha TEXT, at INT, version INT, replaces INT, asked TEXT,
    again TEXT, rejected INT, told TEXT, reason TEXT
) WITHOUT ROWID;
CREATE TABLE found (url TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE rejection (url TEXT, reason TEXT, at INT, place INT, row TEXT);
"""

GONE = frozenset({404, 410})


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """Where a document's row stands in the journal, and the row that it replaced, if it did."""

    offset: int
    version: int
    replaces: int


class Outcomes:
    """Built by one pass over a journal, in its order.

    A document stays one: what a later crawl fails to fetch again does not take it away, only a site
    that says so does (`OPT_OUTS`). A page that changed replaces its document, if the text is new.
    """

    def __init__(self) -> None:
        self._base = nameless_database()
        self._base.executescript(TABLES)
        self._base.execute("BEGIN")
        self._round = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._base.close()

    def add_journal(self, journal: Path, tally: Tally) -> None:
        """Read the journal, telling `tally` of each row."""
        for offset, row in read_rows(journal):
            tally.row(row)
            if row["event"] == "again":
                self._begin_again()
            for found in row.get("found", ()):
                self._base.execute("INSERT OR IGNORE INTO found VALUES (?)", (found[0],))
            for place, refused in enumerate(row.get("refused", ())):
                self._reject(refused, offset, place)
            if row.get("done"):
                self._settle(Item.from_record(row["item"]), row, offset)

    def add_rejection(self, row: dict[str, Any]) -> None:
        """One that stands in no journal."""
        self._base.execute(
            "INSERT INTO rejection VALUES (?, ?, -1, 0, ?)",
            (row["url"], row["reason"], json.dumps(row)),
        )

    def documents(self) -> Iterator[StoredDocument]:
        """Those that stand, by id."""
        rows = self._base.execute(
            "SELECT at, version, replaces FROM outcome WHERE document != '' ORDER BY document, at"
        )
        return (StoredDocument(*row) for row in rows)

    def rejections(self, journal: BinaryIO) -> Iterator[dict[str, Any]]:
        """Rows of rejected.jsonl, by address and reason."""
        self._base.execute(
            "INSERT INTO rejection SELECT told, reason, rejected, -1, NULL FROM outcome WHERE rejected >= 0"
        )
        rows = self._base.execute(
            "SELECT at, place, row FROM rejection ORDER BY url, reason, at, place"
        )
        for offset, place, text in rows:
            if text is not None:
                yield json.loads(text)
            else:
                row = row_at(journal, offset)
                yield row["rejected"] if place < 0 else row["refused"][place]

    def open(self) -> int:
        """Addresses that were found and have no outcome."""
        return self._count("SELECT COUNT(*) FROM found WHERE url NOT IN (SELECT url FROM outcome)")

    def again(self) -> dict[str, int] | None:
        """What the last crawl again made of the documents there were; None where there was none."""
        if not self._round:
            return None
        names = ("unchanged", "changed", "gone", "failed", "withdrawn", "new")
        found = dict(
            self._base.execute(
                "SELECT again, COUNT(*) FROM outcome WHERE again != '' GROUP BY again"
            )
        )
        return {name: found.get(name, 0) for name in names}

    def _begin_again(self) -> None:
        self._round += 1
        self._base.execute("DELETE FROM found")
        self._base.execute("DELETE FROM rejection")
        self._base.execute("DELETE FROM outcome WHERE document = ''")
        self._base.execute("UPDATE outcome SET again = '', rejected = -1")
        self._base.execute("CREATE INDEX IF NOT EXISTS by_asked ON outcome (asked)")
        self._base.execute("INSERT OR IGNORE INTO found SELECT url FROM outcome")

    def _settle(self, item: Item, row: dict[str, Any], offset: int) -> None:
        known = self._base.execute(
            "SELECT document, sha, at, version FROM outcome WHERE url = ?", (item.url,)
        ).fetchone()
        document, sha, at, version = known if known is not None else ("", "", -1, 0)
        if "document" in row:
            self._document(item, row["document"], offset, document, sha, at, version)
            return
        told = row.get("rejected", {})
        reason = told.get("reason", "")
        if document and "same" in row:
            self._mark(item.url, "unchanged")
        elif document and reason not in OPT_OUTS:
            status = told.get("status") or 0
            moved = 300 <= status < 400 and status != 304
            elsewhere = not reason or status in GONE or moved
            self._mark(item.url, "gone" if elsewhere else "failed")
        else:
            if (
                reason in OPT_OUTS and self._round
            ):  # also where the document stands behind a redirect
                self._base.execute(
                    "UPDATE outcome SET document = '', again = 'withdrawn'"
                    " WHERE asked = ? AND document != ''",
                    (item.first,),
                )
            again = "withdrawn" if document else ""
            rejected = offset if reason else -1
            self._put(
                *(item.url, "", "", offset, 0, -1, item.first),
                *(again, rejected, told.get("url", ""), reason),
            )

    def _document(
        self,
        item: Item,
        record: dict[str, Any],
        offset: int,
        document: str,
        sha: str,
        at: int,
        version: int,
    ) -> None:
        found = record["meta"]["text_sha256"]
        if document and found == sha:  # the page changed around its text
            self._mark(item.url, "unchanged" if self._round else "")
            return
        again = ("changed" if document else "new") if self._round else ""
        replaces = at if document else -1
        self._put(
            *(item.url, record["id"], found, offset, version + 1, replaces, item.first),
            *(again, -1, "", ""),
        )

    def _mark(self, url: str, again: str) -> None:
        self._base.execute("UPDATE outcome SET again = ? WHERE url = ?", (again, url))

    def _put(self, *values: str | int) -> None:
        self._base.execute("REPLACE INTO outcome VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)

    def _reject(self, row: dict[str, Any], offset: int, place: int) -> None:
        self._base.execute(
            "INSERT INTO rejection VALUES (?, ?, ?, ?, NULL)",
            (row["url"], row["reason"], offset, place),
        )

    def _count(self, question: str) -> int:
        return int(self._base.execute(question).fetchone()[0])
