"""Addresses as a crawl deals with them: those to be fetched, and those that are not followed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gonerd_scraper.urls import host_of
from gonerd_scraper.warc.archive import RecordPlace

__all__ = ["Item", "Refusal"]


@dataclass(frozen=True, slots=True)
class Item:
    """An address to fetch: what is expected there, how it was come by, and which source it belongs to.

    `chain` holds the addresses that redirected here, the first one first. `place` is set where the
    answer lies in the archive already and only its reading is to be done; then `robots` is what
    robots.txt said, and `same` why the answer is that of an earlier crawl, empty where it is new.
    """

    url: str
    kind: str
    depth: int
    source: str
    chain: tuple[str, ...] = ()
    place: RecordPlace | None = field(default=None, compare=False)
    robots: str = field(default="", compare=False)
    same: str = field(default="", compare=False)
    revisit: RecordPlace | None = field(default=None, compare=False)

    @property
    def first(self) -> str:
        """The address that was asked for, before any redirect."""
        return self.chain[0] if self.chain else self.url

    @property
    def host(self) -> str:
        """The host that owns the item."""
        return host_of(self.url)

    def record(self) -> list[Any]:
        """The form that stands in the journal; `from_record` is its inverse."""
        return [self.url, self.kind, self.depth, self.source, list(self.chain)]

    @classmethod
    def from_record(cls, record: list[Any]) -> Item:
        """The item that `record` describes."""
        url, kind, depth, source, chain = record
        return cls(url, kind, depth, source, tuple(chain))


@dataclass(frozen=True, slots=True)
class Refusal:
    """A link that is not followed, and why."""

    url: str
    reason: str
    detail: str
