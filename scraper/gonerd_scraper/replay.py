"""The state of a crawl, as its journal tells it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from gonerd_scraper.archive import RecordPlace
from gonerd_scraper.frontier import Item
from gonerd_scraper.journal import read_rows

__all__ = ["CrawlState", "state_from_journal"]


@dataclass(slots=True)
class CrawlState:
    """What earlier runs found and did; all of it is about addresses as they were first asked for.

    `open` are found items without an outcome, in the order they were found; `unread` those among
    them whose answer is in the archive already. `fetched` counts towards the limits. `committed` is
    the length of each archive file.
    """

    known: list[str] = field(default_factory=list)
    open: dict[str, Item] = field(default_factory=dict)
    fetched: list[Item] = field(default_factory=list)
    committed: dict[str, int] = field(default_factory=dict)
    runs: int = 0


def state_from_journal(path: Path) -> CrawlState:
    """Read a journal once, from its first row to its last.

    Outcomes that another try may change (a network error, a 5xx) leave their item open: the next
    run tries again.
    """
    state = CrawlState()
    if not path.exists():
        return state
    for _, row in read_rows(path):
        if row["event"] == "start":
            state.runs += 1
        place = row.get("warc")
        if place is not None:
            state.committed[place["file"]] = max(
                state.committed.get(place["file"], 0), row["archived"]
            )
        if "item" in row:
            item = Item.from_record(row["item"])
            if row["event"] == "fetched":
                state.fetched.append(item)
                if not row.get("done") and place is not None:
                    state.open[item.url] = Item(
                        item.url,
                        item.kind,
                        item.depth,
                        item.source,
                        item.chain,
                        RecordPlace(
                            place["file"], place["offset"], place["length"], place["sha256"]
                        ),
                    )
            if row.get("done"):
                state.open.pop(item.url, None)
                if row.get("transient"):
                    state.open[item.url] = item
        for found in row.get("found", ()):
            item = Item.from_record(found)
            state.known.append(item.url)
            state.open[item.url] = item
        state.known += [refused["url"] for refused in row.get("refused", ())]
    return state
