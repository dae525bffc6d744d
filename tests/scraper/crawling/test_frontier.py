"""What waits, as far as the limits leave room for it."""

from __future__ import annotations

import asyncio

import pytest

from gonerd_scraper.config import CrawlConfig
from gonerd_scraper.crawling.frontier import Frontier
from gonerd_scraper.crawling.items import Item

A, B = "a.example", "b.example"


@pytest.mark.parametrize(
    ("settings", "weights", "waiting"),
    [
        ({"max_pages_per_host": None}, {}, (9, 19)),
        ({}, {}, (9, 19)),
        ({"max_pages_per_host": 4}, {}, (3, 19)),
        ({"max_pages": 6}, {}, (5, 5)),
        ({"max_pages": 6}, {A: 0.5, B: 0.5}, (2, 5)),
        ({"max_pages": 1}, {}, (0, 0)),
        ({"max_pages_per_host": 1}, {}, (0, 19)),
    ],
)
def test_only_what_the_limits_leave_room_for_counts_as_waiting(settings, weights, waiting):
    async def take() -> tuple[int, int]:
        frontier = Frontier(CrawlConfig(**settings), weights=weights, on_host=lambda _: None)
        frontier.push(
            Item(f"http://{host}/{number}", "page", 0, host)
            for host in (A, B)
            for number in range(10)
        )
        return frontier.waiting_beside(await frontier.take(A))

    assert asyncio.run(take()) == waiting
