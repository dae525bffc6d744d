"""A board of a few runs, its page, and a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gonerd_leaderboard.card import Card
from gonerd_leaderboard.page import build_page
from gonerd_leaderboard.submission import submit
from tests.browsing import browser  # noqa: F401 - a fixture
from tests.leaderboard.factory import change_result, make_run

HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=2</script>&amp;"\''
LONG = "longest" * 28 + "name"
TIMINGS = [
    {
        "len": length,
        "batch": 1,
        "n": 20,
        "p50_ms": 1234.5,
        "p95_ms": 1300.0,
        "tok_s": 3317.0,
        "oom": False,
    }
    | {"peak_rss_mib": 20_480.0, "peak_allocated_mib": None, "peak_reserved_mib": None}
    for length in (512, 4096)
]
RIGHT_TO_LEFT = "‮نموذج التعرف על שמות"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """One run folder as `gonerd eval` leaves it."""
    return make_run(tmp_path / "run")


@pytest.fixture(scope="session")
def submissions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven entries on two boards, some with names that break careless pages."""
    folder = tmp_path_factory.mktemp("leaderboard")
    runs: dict[str, dict[str, Any]] = {
        "Alpha base": {"model": "acme/alpha", "error": 0.1, "params": 150_000_000},
        "Beta base": {"model": "acme/beta", "error": 0.12, "params": None},
        "Beta cut": {"model": "acme/beta", "error": 0.12, "reads": 200, "licence": "MIT"},
        HOSTILE: {"model": "evil/<b>bold<i>", "error": 0.5},
        LONG: {"model": "long/" + "x" * 195, "error": 0.55},
        RIGHT_TO_LEFT: {"model": "rtl/نموذج", "error": 0.6, "licence": None},
        "Alpha on the sample": {"model": "acme/alpha", "dataset": "sample", "host": "a.example"},
    }
    for number, (name, options) in enumerate(runs.items()):
        run = make_run(folder / f"run-{number}", seed=number, **options)
        if name == "Beta base":
            change_result(run, "efficiency.by_length", TIMINGS)
        submit(run, folder / "submissions", card=Card(name))
    return folder / "submissions"


@pytest.fixture(scope="session")
def page_folder(submissions: Path) -> Path:
    """The built page of `submissions`."""
    return build_page(submissions, submissions.parent / "page").path
