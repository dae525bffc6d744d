"""Jobs that take too long, too much, or the process with them."""

from __future__ import annotations

import operator
import os
import time

import pytest

from gonerd_scraper.running.workers import JobError, WorkerPool


@pytest.fixture(scope="module")
def pool():
    with WorkerPool(1, seconds=1.0, memory=1_000_000_000) as made:
        yield made


def test_a_job_gives_its_result(pool):
    assert pool.run(operator.add, 2, 3) == 5


@pytest.mark.parametrize(
    ("job", "argument", "reason"),
    [
        (time.sleep, 60, "time_limit"),
        (bytearray, 5_000_000_000, "memory_limit"),
        (os._exit, 7, "worker_crash"),
        (os.abort, None, "worker_crash"),
        (int, "seven", "job_error"),
    ],
)
def test_a_job_that_goes_wrong_has_its_reason_and_the_next_one_works(pool, job, argument, reason):
    arguments = () if argument is None else (argument,)
    with pytest.raises(JobError) as caught:
        pool.run(job, *arguments)
    assert caught.value.reason == reason
    assert pool.run(operator.add, 2, 3) == 5


def test_a_page_that_takes_for_ever_costs_its_time_limit(pool):
    begin = time.monotonic()
    with pytest.raises(JobError, match="not done after 1 s"):
        pool.run(time.sleep, 60)
    assert time.monotonic() - begin < 3


def test_workers_end_when_the_pool_is_closed():
    with WorkerPool(1, seconds=5, memory=1_000_000_000) as made:
        process = made.run(os.getpid)
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
