"""One pool of workers for all crawls of a test session: starting one takes longer than a small crawl."""

from __future__ import annotations

import pytest

from gonerd_scraper.running.workers import WorkerPool
from tests.scraper import small_web


@pytest.fixture(scope="session", autouse=True)
def shared_workers():
    with WorkerPool(1, seconds=20, memory=1_500_000_000) as pool:
        small_web.workers = pool
        yield
        small_web.workers = None
