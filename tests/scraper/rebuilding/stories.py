"""Two stories, and rebuilds of them with what was said."""

from __future__ import annotations

import json
from pathlib import Path

from gonerd.takedown import Takedown
from gonerd_scraper.rebuilding.rebuild import rebuild_documents
from tests.scraper import small_web
from tests.scraper.rebuilding.archives import settings
from tests.scraper.small_web import Pages, article, listing, page, rows

HOST = "www.town.example"
URLS = [f"http://{HOST}/{name}" for name in ("north", "south")]
BODIES = {url: article(f"Port {url.rpartition('/')[2]}").encode() for url in URLS}
NOWHERE = "127.0.0.1:9"


def stories() -> Pages:
    answers = {f"/{name}": page(f"Port {name}") for name in ("north", "south")}
    return Pages({HOST: {"/": listing("/north", "/south"), **answers}})


def rebuilt(source: Path, out: Path, address: str = NOWHERE, *, archives=(), listed=(), **more):
    """Report, outcomes by address, and what was said."""
    told: list[str] = []
    takedown = Takedown.read(listed)
    report = rebuild_documents(
        source,
        out,
        settings(address, **more),
        archives=archives,
        takedown=takedown,
        pool=small_web.workers,
        note=told.append,
    )
    return report, {row["url"]: row for row in rows(out / "rebuild.jsonl")}, told


def tried(outcome) -> list[tuple[str, str]]:
    return [(entry["step"], entry["reason"]) for entry in outcome["tried"]]


def changed(path: Path, **values) -> None:
    """Other values in every row of a manifest."""
    path.write_text("".join(json.dumps(row | values) + "\n" for row in rows(path)))
