"""A small web on loopback for the tests: pages by host and path, served as badly as a test asks for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gonerd.newsroom.response import Response, html_response
from gonerd.takedown import Takedown
from gonerd_scraper.config import CrawlConfig
from gonerd_scraper.crawling.scrape import scrape_sources
from gonerd_scraper.crawling.sources import sources_from_arguments
from gonerd_scraper.running.workers import WorkerPool

Answer = Response | Callable[[int], Response]

workers: WorkerPool | None = None
"""Set by conftest.py."""

SENTENCES = (
    "The council of {name} met on Monday evening to discuss the new bridge over the river.",
    "Mayor Ada Lindqvist said that the work would begin in March and take about two years.",
    "Several residents asked whether the old ferry could be kept until the bridge is open.",
    "The {name} Shipping Company, which runs the ferry, declined to comment on the plan.",
    "A report by engineers from Port Ellery puts the cost of the project at 41 million dollars.",
    "The vote was seven to two, with one member of the council not present for the count.",
)


def article(name: str, *, links: tuple[str, ...] = (), head: str = "") -> str:
    """A news page whose text tells it from every other."""
    paragraphs = "".join(
        f"<p>{sentence.format(name=name)} This is part {number} of the story of {name}.</p>\n"
        for number, sentence in enumerate(SENTENCES)
    )
    more = "".join(f'<li><a href="{link}">{link}</a></li>' for link in links)
    return (
        f'<!DOCTYPE html><html lang="en"><head><title>{name} votes</title>{head}</head><body>'
        f"<main><article><h1>{name} votes</h1>\n{paragraphs}</article></main><ul>{more}</ul></body></html>"
    )


def page(name: str, *, links: tuple[str, ...] = (), head: str = "") -> Response:
    """`article` as an answer."""
    return html_response(article(name, links=links, head=head))


def listing(*links: str) -> Response:
    """A page that is a list of links, without a word that could be taken for an article."""
    items = "".join(f'<li><a href="{link}"></a></li>' for link in links)
    return html_response(
        f"<html><head><title>List</title></head><body><ul>{items}</ul></body></html>"
    )


def plain(text: str, *, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Response:
    """A text file."""
    return Response(
        status=status, headers=(("Content-Type", "text/plain"), *headers), body=text.encode()
    )


@dataclass
class Pages:
    """Hosts with their paths; what is not there answers 404."""

    hosts: Mapping[str, Mapping[str, Answer]]
    asked: list[str] = field(default_factory=list)

    def respond(
        self, host: str, target: str, *, headers: Mapping[str, str] | None = None, attempt: int = 0
    ) -> Response:
        self.asked.append(f"http://{host}{target}")
        found = self.hosts.get(host, {}).get(target)
        if found is None:
            return plain("not here", status=404)
        return found(attempt) if callable(found) else found


def crawl(
    address: str,
    out: Path,
    *urls: str,
    force: bool = False,
    again: bool = False,
    takedown: Takedown | None = None,
    **settings: Any,
) -> dict[str, Any]:
    """Crawl from `urls` with every connection going to `address`, without pauses."""
    config = CrawlConfig(
        **{"connect_to": address, "delay": 0.0, "backoff": 0.01, "workers": 1, **settings}
    )
    return scrape_sources(
        sources_from_arguments(urls),
        out,
        config,
        force=force,
        again=again,
        takedown=takedown,
        pool=workers,
    )


def rows(path: Path) -> list[dict[str, Any]]:
    """The lines of a JSON Lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def reasons(out: Path) -> dict[str, str]:
    """Address to reason of each rejected page."""
    return {row["url"]: row["reason"] for row in rows(out / "rejected.jsonl")}


def texts(out: Path) -> dict[str, str]:
    """Address to text of each document that is a story of `article`, and not the words of a list."""
    found = {row["meta"]["url"]: row["text"] for row in rows(out / "documents.jsonl")}
    return {url: text for url, text in found.items() if text.startswith("The council of")}
