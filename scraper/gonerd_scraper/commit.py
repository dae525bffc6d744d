"""Group commits: the answers and rows of many pages reach the disk with two syncs, in the right order."""

from __future__ import annotations

import asyncio
from typing import Any

from gonerd_scraper.archive import ArchiveWriter, RecordPlace
from gonerd_scraper.journal import Journal
from gonerd_scraper.response import Response

__all__ = ["Committer"]

Entry = tuple[dict[str, Any], Response | None]


class Committer:
    """Writes answers to the archive, syncs, writes their rows to the journal, syncs.

    That happens in a thread and in the order given. What was waiting while the disk was busy goes
    together in the next round.
    """

    def __init__(self, archive: ArchiveWriter, journal: Journal) -> None:
        self._archive = archive
        self._journal = journal
        self._waiting: list[tuple[Entry, asyncio.Future[RecordPlace | None]]] = []
        self._round: asyncio.Task[None] | None = None

    async def commit(
        self, row: dict[str, Any], response: Response | None = None
    ) -> RecordPlace | None:
        """Return once `row`, and before it `response`, are on the disk; with the place of the response."""
        done: asyncio.Future[RecordPlace | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(((row, response), done))
        if self._round is None or self._round.done():
            self._round = asyncio.create_task(self._rounds())
        return await done

    async def finish(self) -> None:
        """Wait for what is still waiting."""
        if self._round is not None:
            await asyncio.shield(self._round)

    async def _rounds(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                places = await asyncio.to_thread(self._write, [entry for entry, _ in batch])
            except BaseException as problem:
                for _, done in batch + self._waiting:
                    if not done.done():
                        done.set_exception(problem)
                self._waiting = []
                return
            for (_, done), place in zip(batch, places, strict=True):
                if not done.done():
                    done.set_result(place)

    def _write(self, entries: list[Entry]) -> list[RecordPlace | None]:
        places: list[RecordPlace | None] = []
        for row, response in entries:
            place = self._archive.append(response) if response is not None else None
            if place is not None:
                row.update({"warc": place.record(), "archived": place.end})
            places.append(place)
        self._archive.sync()
        self._journal.append([row for row, _ in entries])
        return places
