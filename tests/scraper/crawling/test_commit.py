"""Rows and answers reach the disk together, or none behind a failure does."""

from __future__ import annotations

import asyncio

import pytest

from gonerd_scraper.crawling.commit import Committer
from gonerd_scraper.crawling.journal import Journal, read_rows
from gonerd_scraper.warc.archive import ArchiveWriter


def test_behind_a_failure_nothing_more_is_written(tmp_path):
    journal = Journal(tmp_path)
    archive = ArchiveWriter(tmp_path, max_bytes=1000, committed={})

    async def write() -> None:
        committer = Committer(archive, journal)
        await committer.commit({"event": "start"})
        with pytest.raises(ValueError, match="JSON"):
            await committer.commit({"event": "found", "at": float("nan")})
        with pytest.raises(ValueError, match="JSON"):
            await committer.commit({"event": "end"})
        await committer.finish()

    asyncio.run(write())
    journal.close()
    archive.close()
    assert [row["event"] for _, row in read_rows(journal.path)] == ["start"]
