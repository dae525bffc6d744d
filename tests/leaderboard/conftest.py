"""A board of a few runs, its page, and a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from gonerd_leaderboard.card import Card
from gonerd_leaderboard.page import build_page
from gonerd_leaderboard.submission import submit
from tests.browsing import browser  # noqa: F401 - a fixture
from tests.leaderboard.factory import change_result, make_run

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 375, "height": 812}
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
            change_result(run, "model.teacher_id", "acme/alpha")
        submit(run, folder / "submissions", card=Card(name))
    return folder / "submissions"


@pytest.fixture(scope="session")
def page_folder(submissions: Path) -> Path:
    """The built page of `submissions`, as one builds it who has none of the datasets."""
    return build_page(submissions, submissions.parent / "page").path


@pytest.fixture(scope="session")
def gold_page(submissions: Path) -> Path:
    """The same with gold and tests of pairs, and with the texts that are invented."""
    corpora = [str(submissions.parent / f"{name}.jsonl") for name in ("invented", "sample")]
    return build_page(submissions, submissions.parent / "gold-page", datasets=corpora).path


@pytest.fixture
def open_page(browser: Browser, gold_page: Path) -> Iterator:  # noqa: F811
    """Opens a page; at the end nothing may stand on the console or have left the folder."""
    faults, contexts = [], []

    def open_(
        fragment: str = "",
        *,
        size=DESKTOP,
        scheme="light",
        script=True,
        home=None,
        file="index.html",
    ) -> Page:
        context = browser.new_context(
            viewport=size, color_scheme=scheme, java_script_enabled=script
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(5_000)
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: faults.append(dialog.message))
        home = home or gold_page.as_uri()
        own = (home, "data:,", "blob:")
        page.on("request", lambda r: None if r.url.startswith(own) else faults.append(r.url))
        page.goto(f"{home}/{file}{fragment}")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert faults == []
