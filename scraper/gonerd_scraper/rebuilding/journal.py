"""The log of a rebuild: an outcome a line, from which an interrupted one goes on."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gonerd.errors import OutputError
from gonerd.takedown import Takedown
from gonerd_scraper.crawling.journal import read_rows, row_at
from gonerd_scraper.extraction.documents import document_id
from gonerd_scraper.rebuilding.outcomes import REBUILT

__all__ = ["JOURNAL", "RebuildState", "rows_at", "state_of_rebuild"]

JOURNAL = "rebuild.log.jsonl"


@dataclass(slots=True)
class RebuildState:
    """Where the last outcome of each id stands in the log, and which of them need no further try."""

    offsets: dict[str, int] = field(default_factory=dict)
    settled: set[str] = field(default_factory=set)
    runs: int = 0
    seconds: float = 0.0


def state_of_rebuild(path: Path, start: dict[str, Any], takedown: Takedown) -> RebuildState:
    """What earlier runs of the same rebuild came to.

    A document that came back stays. Everything else is tried again once a run came to its end, or
    where `start` (settings, extractor) is another: the user asks again because something changed. A
    document that is on the take-down list by now is overwritten in the log.

    Raises:
        OutputError: the log is of another manifest.
    """
    state = RebuildState()
    if not path.exists():
        return state
    kinds: dict[str, str] = {}
    taken: list[int] = []
    for offset, row in read_rows(path):
        if row["event"] == "start":
            state.runs += 1
            if row["manifest"] != start["manifest"]:
                raise OutputError(
                    f"{path.parent} holds a rebuild of another manifest; give another --out, or --force"
                )
            if row["settings"] != start["settings"]:
                state.settled = {name for name in state.settled if kinds[name] == REBUILT}
        elif row["event"] == "end":
            state.seconds += row["seconds"]
            state.settled = {name for name in state.settled if kinds[name] == REBUILT}
        elif row["event"] == "outcome":
            document = row.get("document")
            if document is not None and _taken_down(row, takedown):
                taken.append(offset)
                state.settled.discard(row["id"])
                continue
            state.offsets[row["id"]] = offset
            state.settled.add(row["id"])
            kinds[row["id"]] = row["outcome"]
    _overwrite(path, taken)
    return state


def rows_at(path: Path, offsets: Iterable[int]) -> Iterator[dict[str, Any]]:
    """Yield the rows that begin at `offsets`."""
    with path.open("rb") as file:
        for offset in offsets:
            yield row_at(file, offset)


def _taken_down(row: dict[str, Any], takedown: Takedown) -> bool:
    meta = row["document"]["meta"]
    found = [meta.get("url"), meta.get("final_url"), meta.get("canonical"), row.get("archived_url")]
    urls = [url for url in found if url]
    return any(
        takedown.reason(id=name, urls=urls) is not None
        for name in (row["id"], document_id(row.get("archived_url", "")))
    )


def _overwrite(path: Path, offsets: list[int]) -> None:
    """Put a row that says nothing, of the same length, in the place of each row at `offsets`."""
    if not offsets:
        return
    with path.open("r+b") as file:
        for offset in offsets:
            file.seek(offset)
            size = len(file.readline()) - 1
            row = json.dumps({"event": "removed", "was": ""})
            file.seek(offset)
            file.write((row[:-2] + "x" * (size - len(row)) + row[-2:]).encode("ascii"))
        file.flush()
        os.fsync(file.fileno())
