"""What an earlier crawl got from an address: what a server can be asked to compare with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gonerd_scraper.crawling.items import Item
from gonerd_scraper.crawling.journal import row_at
from gonerd_scraper.warc.archive import RecordPlace, Revisit
from gonerd_scraper.web.response import Headers, Response

__all__ = ["NOT_MODIFIED", "SAME_PAYLOAD", "Visit", "Visits", "renewed_headers", "validators"]

NOT_MODIFIED, SAME_PAYLOAD = "not_modified", "same_payload"

PROFILES = {NOT_MODIFIED: "server-not-modified", SAME_PAYLOAD: "identical-payload-digest"}


def validators(response: Response, record_id: str, payload: str) -> dict[str, str]:
    """What a fetched row keeps of a whole answer, so that a later crawl can ask whether it changed."""
    found = {"id": record_id, "payload": payload}
    for name, header in (("etag", "ETag"), ("modified", "Last-Modified")):
        if value := response.header(header):
            found[name] = value
    return found


def renewed_headers(stored: Response, latest: Response) -> Headers:
    """The headers of an answer that said nothing new: what it says about use counts from now on.

    Those of a 304 stand for all that it does not repeat (RFC 9111, 3.2), except for what tells of the
    bytes, which are those that were stored.
    """
    of_body = [pair for pair in stored.headers if pair[0].lower().startswith("content-")]
    latest_only = [pair for pair in latest.headers if not pair[0].lower().startswith("content-")]
    if latest.status != 304:
        return (*of_body, *latest_only)
    named = {name.lower() for name, _ in latest_only}
    return (*(pair for pair in stored.headers if pair[0].lower() not in named), *latest_only)


@dataclass(frozen=True, slots=True)
class Visit:
    """One answer of an earlier crawl: when it came, where it lies, how to ask for it again."""

    url: str
    at: str
    place: RecordPlace
    validators: Mapping[str, str]

    @property
    def conditions(self) -> Headers:
        """Request headers under which a server may answer 304."""
        pairs = (("If-None-Match", "etag"), ("If-Modified-Since", "modified"))
        return tuple(
            (header, self.validators[name]) for header, name in pairs if name in self.validators
        )

    def sameness(self, response: Response, payload: str) -> str:
        """Why `response` says nothing new, empty where it does."""
        if response.status == 304 and self.conditions:
            return NOT_MODIFIED
        same = response.status == 200 and payload == self.validators["payload"]
        return SAME_PAYLOAD if same else ""

    def revisit(self, same: str) -> Revisit:
        """What the archive writes in place of a second copy."""
        return Revisit(
            PROFILES[same], self.validators["id"], self.url, self.at, self.validators["payload"]
        )


class Visits:
    """The answers of earlier crawls by address; only the place of each row is kept in memory."""

    def __init__(self, journal: Path, offsets: Mapping[str, int]) -> None:
        self._journal = journal
        self._offsets = offsets

    def of(self, item: Item) -> Visit | None:
        """What the address of `item` gave before."""
        offset = self._offsets.get(item.url)
        if offset is None:
            return None
        with self._journal.open("rb") as file:
            row = row_at(file, offset)
        place = RecordPlace.from_record(row["warc"])
        return Visit(item.url, row["at"], place, row["validators"])
