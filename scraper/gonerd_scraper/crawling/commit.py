"""Group commits: the answers and rows of many pages reach the disk with two syncs, in the right order."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from gonerd_scraper.crawling.journal import Journal
from gonerd_scraper.warc.archive import ArchiveWriter, RecordPlace, Revisit
from gonerd_scraper.web.response import Response

__all__ = ["Committer", "Stored"]


@dataclass(frozen=True, slots=True)
class Stored:
    """An answer for the archive, under the name its record gets, and what it repeats, if it does."""

    response: Response
    record_id: str
    revisit: Revisit | None = None


LINGER = 0.02
"""Seconds that the first of a round waits for others: a sync costs the same for one as for many."""

Entry = tuple[dict[str, Any], Stored | None]


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
        self._problem: BaseException | None = None

    async def commit(self, row: dict[str, Any], stored: Stored | None = None) -> RecordPlace | None:
        """Return once `row`, and before it `stored`, are on the disk; with the place of the record.

        Raises:
            OSError: they could not be written; so does every later call, as no row may stand behind a gap.
        """
        if self._problem is not None:
            raise self._problem
        done: asyncio.Future[RecordPlace | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(((row, stored), done))
        if self._round is None or self._round.done():
            self._round = asyncio.create_task(self._rounds())
        return await done

    async def finish(self) -> None:
        """Wait for what is still waiting."""
        if self._round is not None:
            await asyncio.shield(self._round)

    async def _rounds(self) -> None:
        while self._waiting:
            await asyncio.sleep(LINGER)
            batch, self._waiting = self._waiting, []
            try:
                places = await asyncio.to_thread(self._write, [entry for entry, _ in batch])
            except BaseException as problem:
                self._problem = problem
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
        for row, stored in entries:
            place = None
            if stored is not None:
                place = self._archive.append(
                    stored.response, record_id=stored.record_id, revisit=stored.revisit
                )
                row.update({"warc": place.record(), "archived": place.end})
            places.append(place)
        if any(stored is not None for _, stored in entries):
            self._archive.sync()
        self._journal.append([row for row, _ in entries])
        return places
