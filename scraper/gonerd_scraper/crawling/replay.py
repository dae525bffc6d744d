"""The state of a crawl, as its journal tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gonerd_scraper.crawling.items import Item
from gonerd_scraper.crawling.journal import read_rows
from gonerd_scraper.warc.archive import RecordPlace
from gonerd_scraper.web.policies import OPT_OUTS

__all__ = ["CrawlState", "state_from_journal"]


@dataclass(slots=True)
class CrawlState:
    """What earlier runs found and did; all of it is about addresses as they were first asked for.

    `open` are found items without an outcome, in the order they were found; one whose answer is in
    the archive already has its place. `linked` are the addresses that links in pages led to: those that
    a crawl can be trapped by. `fetched` counts towards the limits. `committed` is the length
    of each archive file. `rounds` counts how often the whole was begun again; in a later round,
    `visits` has the place in the journal of the last whole answer of each address. `taken` are
    redirects that other shards handed over. `finished`: the last run came to its end.
    """

    known: list[str] = field(default_factory=list)
    linked: list[str] = field(default_factory=list)
    open: dict[str, Item] = field(default_factory=dict)
    fetched: list[Item] = field(default_factory=list)
    committed: dict[str, int] = field(default_factory=dict)
    visits: Mapping[str, int] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    rounds: int = 0
    finished: bool = False


def state_from_journal(path: Path) -> CrawlState:
    """Read a journal once, from its first row to its last.

    Outcomes that another try may change (a network error, a 5xx) leave their item open: the next
    run tries again.
    """
    state = CrawlState()
    if not path.exists():
        return state
    documents: dict[str, Item] = {}
    visits: dict[str, int] = {}
    for offset, row in read_rows(path):
        state.finished = row["event"] == "end"
        if row["event"] == "again":
            _begin_again(state, documents)
        if "archived" in row:
            file = row["warc"]["file"]
            state.committed[file] = max(state.committed.get(file, 0), row["archived"])
        if "item" in row:
            item = Item.from_record(row["item"])
            if row["event"] == "fetched":
                state.fetched.append(item)
                if "validators" in row and "same" not in row:
                    visits[item.url] = offset
                if not row.get("done"):
                    state.open[item.url] = _unread(item, row)
            if row.get("done"):
                state.open.pop(item.url, None)
                if row.get("transient"):
                    state.open[item.url] = item
                if row.get("rejected", {}).get("reason") in OPT_OUTS:
                    visits.pop(item.url, None)  # once that is lifted, the page itself is needed
            if "document" in row:
                documents[item.url] = replace(item, url=item.first, chain=())
        for found in row.get("found", ()):
            item = Item.from_record(found)
            state.known.append(item.url)
            state.open[item.url] = item
            if row["event"] == "read" and row["item"][1] == "page":
                state.linked.append(item.url)
        if "taken" in row:
            state.taken.add(row["taken"])
        state.known += [refused["url"] for refused in row.get("refused", ())]
    if state.rounds:
        state.visits = visits
    return state


def _unread(item: Item, row: dict[str, Any]) -> Item:
    """An item whose answer was archived and not read; a repeated one is read where it lay before."""
    answer = RecordPlace.from_record(row["warc"])
    repeats = "reads" in row
    return replace(
        item,
        place=RecordPlace.from_record(row["reads"]) if repeats else answer,
        robots=row.get("robots", ""),
        same=row.get("same", ""),
        revisit=answer if repeats else None,
    )


def _begin_again(state: CrawlState, documents: dict[str, Item]) -> None:
    """Forget what was met; what gave a document is asked for again, whether links lead there or not."""
    state.rounds += 1
    state.fetched.clear()
    state.linked.clear()
    state.taken.clear()
    state.open = {item.url: item for item in documents.values()}
    state.known = list(state.open)
