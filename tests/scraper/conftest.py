"""One pool of workers for all crawls of a test session: starting one takes longer than a small crawl."""

from __future__ import annotations

import pytest

from gonerd_scraper.workers import WorkerPool
from tests.scraper import web


@pytest.fixture(scope="session", autouse=True)
def shared_workers():
    with WorkerPool(1, seconds=20, memory=1_500_000_000) as pool:
        web.workers = pool
        yield
        web.workers = None
